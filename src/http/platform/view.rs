//! What the platform listener answers with: the exchange's views as JSON.
//!
//! Promise: times are RFC 3339 in UTC, ids and digests strings, an absent value an absent member, cursors numbers.
//! These shapes are the published interface: a member is added, never renamed.

use serde::Serialize;
use serde_json::Value;
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, OneOfBuilder, Schema};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

use crate::domain::kind::{Direction, Kind};
use crate::exchange::answer::Replied;
use crate::exchange::view;

/// A case: the thread of everything exchanged about one matter.
#[derive(Serialize, ToSchema)]
pub struct Case {
    /// Its id.
    #[schema(format = "uuid")]
    id: String,
    /// The agency whose case it is.
    agency: String,
    /// What it is about: `complaint` or `disposal`.
    topic: String,
    /// The agency's registration number.
    registration_number: String,
    /// Where it stands: `received`, `acknowledged`, `replied`, `closed`, `returned` or `withdrawn`.
    state: String,
    /// The division it belongs to, GB/T 2260.
    region: String,
    /// When it was opened.
    #[schema(format = "date-time")]
    opened_at: String,
    /// When it last changed.
    #[schema(format = "date-time")]
    updated_at: String,
}

/// A page of cases, oldest first.
#[derive(Serialize, ToSchema)]
pub struct CasePage {
    /// The cases.
    pub cases: Vec<Case>,
    /// What to pass as `after` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A case with everything exchanged about it.
#[derive(Serialize, ToSchema)]
pub struct CaseDetail {
    #[serde(flatten)]
    case: Case,
    /// Its records, oldest first.
    records: Vec<Record>,
    /// The submissions that brought some of them.
    submissions: Vec<Submission>,
    /// What was sent about it, oldest first.
    deliveries: Vec<Delivery>,
}

/// A record of a case.
#[derive(Serialize, ToSchema)]
pub struct Record {
    /// Its id.
    #[schema(format = "uuid")]
    id: String,
    /// Its kind.
    kind: String,
    /// The submission that brought it, if an agency did.
    #[serde(skip_serializing_if = "Option::is_none")]
    submission: Option<String>,
    /// The token's name under which it was posted, if the platform did.
    #[serde(skip_serializing_if = "Option::is_none")]
    actor: Option<String>,
    /// When.
    #[schema(format = "date-time")]
    recorded_at: String,
    /// The journal entry that says so.
    journal_index: u64,
    /// The canonical record, as its kind's schema describes it.
    #[schema(value_type = AnyRecord)]
    record: Value,
}

/// A submission without its body.
#[derive(Serialize, ToSchema)]
pub struct Submission {
    /// Its id.
    #[schema(format = "uuid")]
    id: String,
    /// The sender.
    agency: String,
    /// The sender's message id.
    message_id: String,
    /// The record kind.
    kind: String,
    /// When it came.
    #[schema(format = "date-time")]
    received_at: String,
    /// SHA-256 of the body.
    body_sha256: String,
    /// The body's media type.
    content_type: String,
    /// The profile that read it.
    profile: String,
    /// SHA-256 over that profile's files.
    profile_sha256: String,
    /// The journal entry.
    journal_index: u64,
}

/// One outbound message with its attempts.
#[derive(Serialize, ToSchema)]
pub struct Delivery {
    /// Its id: `Regbridge-Delivery` towards an agency, `webhook-id` towards a webhook.
    #[schema(format = "uuid")]
    id: String,
    /// Where it goes: `agency:…` or `webhook:…`.
    destination: String,
    /// What it carries: a record kind, or an event's type.
    kind: String,
    /// `queued`, `sent`, `received`, `accepted`, `refused` or `given_up`.
    state: String,
    /// When it was made.
    #[schema(format = "date-time")]
    created_at: String,
    /// When it is tried next, if it is to be.
    #[schema(format = "date-time")]
    #[serde(skip_serializing_if = "Option::is_none")]
    next_at: Option<String>,
    /// The journal entry of its making.
    journal_index: u64,
    /// The attempts, oldest first.
    attempts: Vec<Attempt>,
}

/// One attempt at a delivery.
#[derive(Serialize, ToSchema)]
pub struct Attempt {
    /// From 1.
    number: u32,
    /// When it began.
    #[schema(format = "date-time")]
    started_at: String,
    /// When it ended.
    #[schema(format = "date-time")]
    finished_at: String,
    /// `done`, `retry` or `give_up`.
    outcome: String,
    /// HTTP status, if there was an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    /// What was said, in short.
    detail: String,
}

/// An event of the feed; the webhooks tell the same.
#[derive(Serialize, ToSchema)]
pub struct Event {
    /// What to pass as `after` to go on behind it.
    cursor: u64,
    /// Its id.
    id: String,
    /// Its type, for example `regbridge.complaint-order.received`.
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

/// What became of a posted record.
#[derive(Serialize, ToSchema)]
pub struct Posted {
    /// The record's id.
    #[schema(format = "uuid")]
    record: String,
    /// The case's state after it.
    state: String,
    /// The delivery that carries it to the agency.
    #[schema(format = "uuid")]
    delivery: String,
    /// The journal entry that says so.
    journal_index: u64,
    /// Whether the same record had been posted before under the same `Idempotency-Key`.
    duplicate: bool,
    /// SHA-256 of the message as it leaves for the agency.
    body_sha256: String,
}

/// A refusal (RFC 9457). It may have further members: ids, digests, states.
#[derive(ToSchema)]
#[schema(as = Problem)]
#[expect(dead_code, reason = "describes what http::problem writes")]
pub struct ProblemShape {
    /// What kind of refusal, for programs: `urn:regbridge:problem:…`.
    #[schema(rename = "type")]
    problem_type: String,
    /// The HTTP status.
    status: u16,
    /// The kind in English.
    title: String,
    /// The kind in Chinese.
    title_zh: String,
    /// What happened this time, in English.
    detail: String,
    /// What happened this time, in Chinese.
    detail_zh: String,
    /// After how many seconds to ask again.
    retry_after: Option<u32>,
    /// What is wrong in the document, place by place.
    problems: Option<Vec<Place>>,
}

/// One thing wrong in a document.
#[derive(ToSchema)]
#[schema(as = ProblemPlace)]
#[expect(dead_code, reason = "describes what domain::problem writes")]
pub struct Place {
    /// What is wrong, for programs.
    code: String,
    /// Line, from 1.
    line: Option<u32>,
    /// Column in characters, from 1.
    column: Option<u32>,
    /// The path in the document.
    path: Option<String>,
    /// What stood there.
    found: Option<String>,
    /// What would be right.
    expected: Option<String>,
    /// The rule that says so.
    rule: Option<String>,
    /// The whole in Chinese.
    zh: String,
    /// The whole in English.
    en: String,
}

/// A canonical record of any kind: one of the published schemas.
pub struct AnyRecord;

/// A canonical record that the platform posts: those that agencies receive.
pub struct PostedRecord;

impl PartialSchema for AnyRecord {
    fn schema() -> RefOr<Schema> {
        one_of(|_| true)
    }
}

impl ToSchema for AnyRecord {}

impl PartialSchema for PostedRecord {
    fn schema() -> RefOr<Schema> {
        one_of(|kind| kind.direction() == Direction::Receive)
    }
}

impl ToSchema for PostedRecord {}

/// A JSON object of whatever members, for operations that answer with a document that describes itself.
pub struct AnyObject;

impl PartialSchema for AnyObject {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().additional_properties(Some(AdditionalProperties::FreeForm(true))).into()
    }
}

impl ToSchema for AnyObject {}

fn one_of(wanted: impl Fn(Kind) -> bool) -> RefOr<Schema> {
    let kinds = Kind::ALL.iter().filter(|kind| wanted(**kind));
    kinds.fold(OneOfBuilder::new(), |all, kind| all.item(Ref::from_schema_name(kind.as_str()))).into()
}

impl From<view::CaseSummary> for Case {
    fn from(case: view::CaseSummary) -> Self {
        Self {
            id: case.id.to_string(),
            agency: case.agency.to_string(),
            topic: case.topic,
            registration_number: case.registration_number,
            state: case.state,
            region: case.region,
            opened_at: case.opened_at.to_string(),
            updated_at: case.updated_at.to_string(),
        }
    }
}

impl From<view::CaseDetail> for CaseDetail {
    fn from(detail: view::CaseDetail) -> Self {
        Self {
            case: detail.case.into(),
            records: detail.records.into_iter().map(Into::into).collect(),
            submissions: detail.submissions.into_iter().map(Into::into).collect(),
            deliveries: detail.deliveries.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<view::RecordView> for Record {
    fn from(record: view::RecordView) -> Self {
        Self {
            id: record.id.to_string(),
            kind: record.kind,
            submission: record.submission.map(|id| id.to_string()),
            actor: record.actor,
            recorded_at: record.recorded_at.to_string(),
            journal_index: record.journal_index,
            record: record.record,
        }
    }
}

impl From<view::SubmissionView> for Submission {
    fn from(submission: view::SubmissionView) -> Self {
        Self {
            id: submission.id.to_string(),
            agency: submission.agency.to_string(),
            message_id: submission.message_id,
            kind: submission.kind,
            received_at: submission.received_at.to_string(),
            body_sha256: submission.body_sha256.to_string(),
            content_type: submission.content_type,
            profile: submission.profile,
            profile_sha256: submission.profile_sha256.to_string(),
            journal_index: submission.journal_index,
        }
    }
}

impl From<view::DeliveryView> for Delivery {
    fn from(delivery: view::DeliveryView) -> Self {
        Self {
            id: delivery.id.to_string(),
            destination: delivery.destination,
            kind: delivery.kind,
            state: delivery.state,
            created_at: delivery.created_at.to_string(),
            next_at: delivery.next_at.map(|at| at.to_string()),
            journal_index: delivery.journal_index,
            attempts: delivery.attempts.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<view::AttemptView> for Attempt {
    fn from(attempt: view::AttemptView) -> Self {
        Self {
            number: attempt.number,
            started_at: attempt.started_at.to_string(),
            finished_at: attempt.finished_at.to_string(),
            outcome: attempt.outcome,
            status: attempt.status,
            detail: attempt.detail,
        }
    }
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

impl From<Replied> for Posted {
    fn from(replied: Replied) -> Self {
        Self {
            record: replied.record.to_string(),
            state: replied.state.to_string(),
            delivery: replied.delivery.to_string(),
            journal_index: replied.journal_index,
            duplicate: replied.duplicate,
            body_sha256: replied.body.to_string(),
        }
    }
}
