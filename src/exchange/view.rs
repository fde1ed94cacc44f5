//! What the platform and the commands may look at.

use serde::Serialize;
use serde_json::Value;

use crate::clock::Timestamp;
use crate::domain::deadline::Standing;
use crate::domain::digest::Digest;
use crate::domain::id::{AgencyId, CaseId, DeliveryId, ImportId, RecordId, SubmissionId};
use crate::domain::kind::Kind;
use crate::exchange::deadline::radar::DeadlineView;
use crate::exchange::delivery::Destination;
use crate::exchange::intake::desk::topic;
use crate::exchange::keep::HoldView;
use crate::store::breaker::Breaker;
pub use crate::store::delivery::DeliveryState;

/// Who acts on the platform's side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The token's name, as the journal states it.
    pub name: String,
    /// Whether it may write.
    pub may_write: bool,
}

/// What cases may be about, each once.
#[must_use]
pub fn topics() -> Vec<&'static str> {
    let mut topics: Vec<&'static str> = Vec::new();
    for kind in Kind::ALL {
        let topic = topic(*kind);
        if !topics.contains(&topic) {
            topics.push(topic);
        }
    }
    topics
}

/// Which cases to list.
#[derive(Clone, Debug, Default)]
pub struct CaseFilter {
    /// In this state.
    pub state: Option<String>,
    /// Of this agency.
    pub agency: Option<AgencyId>,
    /// About this topic, for example `complaint` or `certificate`.
    pub topic: Option<String>,
    /// With this registration number.
    pub registration_number: Option<String>,
    /// With a deadline that stands so now: overdue or due soon; of other standings none is found.
    pub due: Option<Standing>,
    /// Opened after this case (its id sorts by time).
    pub after: Option<CaseId>,
    /// At most so many, 1 to 200.
    pub limit: u32,
}

/// A case in a list.
#[derive(Clone, Debug, Serialize)]
pub struct CaseSummary {
    /// Its id.
    pub id: CaseId,
    /// Whose.
    pub agency: AgencyId,
    /// About what, for example `complaint` or `certificate`.
    pub topic: String,
    /// The agency's registration number.
    pub registration_number: String,
    /// Its state.
    pub state: String,
    /// The division it belongs to.
    pub region: String,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// A case with everything exchanged about it.
#[derive(Clone, Debug, Serialize)]
pub struct CaseDetail {
    /// The case.
    pub case: CaseSummary,
    /// The legal hold it is under.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hold: Option<HoldView>,
    /// Its records, oldest first.
    pub records: Vec<RecordView>,
    /// The messages that brought some of them.
    pub submissions: Vec<SubmissionView>,
    /// What was sent about it, oldest first.
    pub deliveries: Vec<DeliveryView>,
    /// Until when what must be done, in the order they began.
    pub deadlines: Vec<DeadlineView>,
}

/// A record of a case.
#[derive(Clone, Debug, Serialize)]
pub struct RecordView {
    /// Its id.
    pub id: RecordId,
    /// Its kind.
    pub kind: String,
    /// The submission that brought it, if one did.
    pub submission: Option<SubmissionId>,
    /// The import that brought it, if one did.
    pub import: Option<ImportId>,
    /// Who posted it, if the platform did.
    pub actor: Option<String>,
    /// When.
    pub recorded_at: Timestamp,
    /// The journal entry.
    pub journal_index: u64,
    /// The canonical record.
    pub record: Value,
}

/// A submission without its body.
#[derive(Clone, Debug, Serialize)]
pub struct SubmissionView {
    /// Its id.
    pub id: SubmissionId,
    /// The sender.
    pub agency: AgencyId,
    /// The sender's message id.
    pub message_id: String,
    /// The record kind.
    pub kind: String,
    /// When it came.
    pub received_at: Timestamp,
    /// SHA-256 of the body.
    pub body_sha256: Digest,
    /// Its media type.
    pub content_type: String,
    /// Profile and its digest.
    pub profile: String,
    /// SHA-256 over the profile's files.
    pub profile_sha256: Digest,
    /// The journal entry.
    pub journal_index: u64,
}

/// A delivery and its attempts.
#[derive(Clone, Debug, Serialize)]
pub struct DeliveryView {
    /// Its id.
    pub id: DeliveryId,
    /// Where it goes: `agency:…` or `webhook:…`.
    pub destination: String,
    /// The case it is about.
    pub case: CaseId,
    /// What it carries.
    pub kind: String,
    /// The id that the message bears; absent for a webhook.
    pub message_id: Option<String>,
    /// `queued`, `sent`, `received`, `accepted`, `refused` or `given_up`.
    pub state: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it is tried next, if it is to be.
    pub next_at: Option<Timestamp>,
    /// When it was settled.
    pub settled_at: Option<Timestamp>,
    /// By whom: `worker`, `pull`, `receipt`, `superseded` or `operator`.
    pub settled_by: Option<String>,
    /// The journal entry of its making.
    pub journal_index: u64,
    /// The attempts, oldest first.
    pub attempts: Vec<AttemptView>,
    /// What its agency said of it, oldest first.
    pub receipts: Vec<ReceiptView>,
}

/// What an agency said of a delivery.
#[derive(Clone, Debug, Serialize)]
pub struct ReceiptView {
    /// The journal entry.
    pub journal_index: u64,
    /// `push` (in the answer to our call), `api` or `file`.
    pub channel: String,
    /// `accepted`, `duplicate` or `refused`; absent where it says only that it has it.
    pub outcome: Option<String>,
    /// The agency's own number.
    pub number: Option<String>,
    /// The agency's sentence.
    pub message: Option<String>,
    /// What is wrong; `path` is a place of our record where theirs led to one.
    pub problems: Value,
    /// When it came.
    pub at: Timestamp,
}

/// A destination that fails.
#[derive(Clone, Debug, Serialize)]
pub struct BreakerView {
    /// `agency:…` or `webhook:…`.
    pub destination: String,
    /// Failures in a row.
    pub failures: u32,
    /// Since when.
    pub failing_since: Option<Timestamp>,
    /// Until when nothing goes there, and from when on one delivery goes as a trial; absent while all may go.
    pub open_until: Option<Timestamp>,
    /// What was said of the last failure.
    pub detail: Option<String>,
}

impl From<Breaker> for BreakerView {
    fn from(breaker: Breaker) -> Self {
        let Breaker { destination, failures, failing_since, open_until, openings: _, trial: _, detail } =
            breaker;
        Self { destination, failures, failing_since, open_until, detail }
    }
}

/// Which deliveries to list.
#[derive(Clone, Debug, Default)]
pub struct DeliveryFilter {
    /// In this state.
    pub state: Option<DeliveryState>,
    /// To this destination.
    pub destination: Option<Destination>,
    /// About this case.
    pub case: Option<CaseId>,
    /// Made after this delivery (its id sorts by time).
    pub after: Option<DeliveryId>,
    /// At most so many.
    pub limit: u32,
}

/// One attempt at a delivery.
#[derive(Clone, Debug, Serialize)]
pub struct AttemptView {
    /// From 1.
    pub number: u32,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Timestamp,
    /// `done`, `retry` or `give_up`.
    pub outcome: String,
    /// HTTP status.
    pub status: Option<u16>,
    /// What was said.
    pub detail: String,
}

/// An event of the platform's feed.
#[derive(Clone, Debug, Serialize)]
pub struct Event {
    /// The cursor to go on with: one more than the index of its journal entry.
    pub cursor: u64,
    /// Its id, the same in every webhook attempt.
    pub id: String,
    /// Its type, for example `regbridge.complaint-order.received`.
    #[serde(rename = "type")]
    pub event_type: String,
    /// The case.
    pub case: CaseId,
    /// The agency.
    pub agency: AgencyId,
    /// When.
    pub at: Timestamp,
    /// What happened: ids and states; the record itself is read from the case.
    pub data: Value,
}
