//! Feeds: windows that agencies were given, and what becomes of records that the platform posts by itself.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::domain::digest::Digest;
use crate::exchange::answer;
use crate::http::platform::view::{AnyObject, PostedRecord};
use crate::store::feed;

/// A record of the platform's, with whom it is for.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is described here and read member by member")]
pub struct OpenPosting {
    /// The canonical record. `registration_number` is the platform's number of the matter.
    #[schema(value_type = PostedRecord)]
    record: Value,
    /// The agencies it is for; without it the scopes decide.
    to: Option<Vec<String>>,
    /// Makes a repetition harmless; 1 to 255 visible ASCII characters.
    idempotency_key: Option<String>,
    /// Of a lead that names no division: one for each division that its respondents belong to, by their registration
    /// numbers or their seats, under the number `NUMBER-DIVISION`.
    split: Option<bool>,
}

/// What became of it.
#[derive(Serialize, ToSchema)]
pub struct OpenPosted {
    /// At each agency it is for.
    posted: Vec<AtAgency>,
    /// Whether the same had been posted before under the same key.
    duplicate: bool,
}

/// What became of it at one agency.
#[derive(Serialize, ToSchema)]
pub struct AtAgency {
    /// The agency.
    agency: String,
    /// The number under which it went there: the record's, or that of its part.
    registration_number: String,
    /// The case it opened or belongs to.
    #[schema(format = "uuid")]
    case: String,
    /// Whether it opened it.
    opened: bool,
    /// The record's id.
    #[schema(format = "uuid")]
    record: String,
    /// The case's state after it.
    state: String,
    /// The delivery that carries it, or its first message.
    #[schema(format = "uuid")]
    delivery: String,
    /// Where the agency's format takes several messages for it: the deliveries of all of them, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    deliveries: Vec<String>,
    /// The journal entry that says so.
    journal_index: u64,
    /// SHA-256 of that message as it leaves for the agency.
    body_sha256: String,
}

/// What became of many items.
#[derive(Serialize, ToSchema)]
pub struct OpenPostedMany {
    /// Of each, in order.
    pub items: Vec<PostedItem>,
}

/// What became of one item among many.
#[derive(Serialize, ToSchema)]
pub struct PostedItem {
    /// Its place, from 1.
    pub index: u32,
    /// The status it would have been answered with alone.
    pub status: u16,
    /// What became of it, if it was taken.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    #[schema(inline)]
    pub answer: Option<OpenPosted>,
    /// Why it was not: an RFC 9457 document.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = AnyObject)]
    pub problem: Option<Value>,
}

/// A window that an agency was given, or a report that was made for it.
#[derive(Serialize, ToSchema)]
pub struct FeedWindow {
    /// Its journal entry.
    journal_index: u64,
    /// `page` or `report`.
    purpose: String,
    /// The division it was limited to.
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<String>,
    /// The category it was limited to.
    #[serde(skip_serializing_if = "Option::is_none")]
    category: Option<String>,
    /// Its place in its chain, from 1.
    number: u64,
    /// The sequence it begins behind.
    from: u64,
    /// The last sequence on it.
    to: u64,
    /// How many records.
    count: u64,
    /// The root over them, hexadecimal.
    root: String,
    /// The root of the window before.
    previous: String,
    /// The signed note.
    note: String,
    /// When.
    #[schema(format = "date-time")]
    at: String,
}

/// A page of windows, oldest first.
#[derive(Serialize, ToSchema)]
pub struct FeedWindowPage {
    /// The windows.
    pub windows: Vec<FeedWindow>,
    /// What to pass as `after` for the next page; absent on an empty one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

impl OpenPosted {
    /// Of a posting.
    #[must_use]
    pub fn new(posted: Vec<answer::Posted>, duplicate: bool) -> Self {
        Self { posted: posted.into_iter().map(AtAgency::from).collect(), duplicate }
    }
}

impl From<answer::Posted> for AtAgency {
    fn from(posted: answer::Posted) -> Self {
        Self {
            agency: posted.agency.to_string(),
            registration_number: posted.registration_number,
            case: posted.case.to_string(),
            opened: posted.opened,
            record: posted.record.to_string(),
            state: posted.state,
            delivery: posted.delivery.to_string(),
            deliveries: posted.deliveries.iter().map(ToString::to_string).collect(),
            journal_index: posted.journal_index,
            body_sha256: posted.body_sha256.to_string(),
        }
    }
}

impl From<feed::FeedWindow> for FeedWindow {
    fn from(window: feed::FeedWindow) -> Self {
        Self {
            journal_index: window.journal_index,
            purpose: window.purpose,
            region: window.region,
            category: window.category,
            number: window.number,
            from: window.from,
            to: window.to,
            count: window.count,
            root: Digest::from_bytes(window.root).to_string(),
            previous: Digest::from_bytes(window.previous).to_string(),
            note: window.note,
            at: window.at.to_string(),
        }
    }
}
