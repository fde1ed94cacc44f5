//! What the platform and the commands may look at.

use serde::Serialize;
use serde_json::Value;

use crate::clock::Timestamp;
use crate::domain::digest::Digest;
use crate::domain::id::{AgencyId, CaseId, DeliveryId, ImportId, RecordId, SubmissionId};

/// Who acts on the platform's side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The token's name, as the journal states it.
    pub name: String,
    /// Whether it may write.
    pub may_write: bool,
}

/// Which cases to list.
#[derive(Clone, Debug, Default)]
pub struct CaseFilter {
    /// In this state.
    pub state: Option<String>,
    /// Of this agency.
    pub agency: Option<AgencyId>,
    /// About this: `complaint`, `disposal` or `inspection`.
    pub topic: Option<String>,
    /// With this registration number.
    pub registration_number: Option<String>,
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
    /// About what: `complaint`, `disposal` or `inspection`.
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
    /// Its records, oldest first.
    pub records: Vec<RecordView>,
    /// The messages that brought some of them.
    pub submissions: Vec<SubmissionView>,
    /// What was sent about it, oldest first.
    pub deliveries: Vec<DeliveryView>,
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
    /// What it carries.
    pub kind: String,
    /// `queued`, `sent`, `received`, `accepted`, `refused` or `given_up`.
    pub state: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it is tried next, if it is to be.
    pub next_at: Option<Timestamp>,
    /// The journal entry of its making.
    pub journal_index: u64,
    /// The attempts, oldest first.
    pub attempts: Vec<AttemptView>,
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
