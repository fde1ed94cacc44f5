//! The feed's events.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::exchange::view;

/// An event of the feed; the webhooks tell the same.
#[derive(Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "`type` is a word of the language")]
pub struct Event {
    /// What to pass as `after` to go on behind it.
    cursor: u64,
    /// Its id.
    id: String,
    /// Its type: `regbridge.KIND.received` for a record of an agency's, `….queued` for one of the platform's; and what became
    /// of that at its agency, `….accepted`, `….refused` or `….given_up`; `regbridge.certificate-status.lapsed` when the last
    /// day of a certificate has passed.
    #[serde(rename = "type")]
    event_type: String,
    /// The case it is about.
    #[schema(format = "uuid")]
    case: String,
    /// The agency whose case it is.
    agency: String,
    /// When it happened.
    #[schema(format = "date-time")]
    at: String,
    /// Ids and states; the record itself is read from the case.
    #[schema(value_type = Object)]
    data: Value,
}

/// A page of the feed.
#[derive(Serialize, ToSchema)]
pub struct EventPage {
    /// The events, oldest first; empty when nothing happened while the request waited.
    pub events: Vec<Event>,
    /// What to pass as `after` next time.
    pub next: u64,
}

impl From<view::Event> for Event {
    fn from(event: view::Event) -> Self {
        Self {
            cursor: event.cursor,
            id: event.id,
            event_type: event.event_type,
            case: event.case.to_string(),
            agency: event.agency.to_string(),
            at: event.at.to_string(),
            data: event.data,
        }
    }
}
