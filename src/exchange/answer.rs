//! What a sender gets back.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::digest::Digest;
use crate::domain::id::{AgencyId, CaseId, DeliveryId, RecordId, SubmissionId};

/// The answer to a submission: its receipt, the same bytes for ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The stored receipt.
    pub receipt: Vec<u8>,
    /// Its media type.
    pub content_type: String,
    /// The submission it is for.
    pub submission: SubmissionId,
    /// Whether the same message had been accepted before.
    pub duplicate: bool,
}

/// What waits next for an agency that counts by numbers: one message in its own format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The message; absent when nothing waits.
    pub body: Option<Vec<u8>>,
    /// Its media type.
    pub content_type: String,
    /// The delivery that it is.
    pub delivery: Option<DeliveryId>,
    /// The cursor to ask with next; asking with it says that this message was received.
    pub next: u64,
}

/// What became of a record that the platform posted by itself, at one agency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posted {
    /// The agency.
    pub agency: AgencyId,
    /// The number under which it went there: the record's, or that of its part.
    #[serde(default)]
    pub registration_number: String,
    /// The case it opened, or belongs to.
    pub case: CaseId,
    /// Whether it opened it.
    pub opened: bool,
    /// The record's id.
    pub record: RecordId,
    /// The case's state after it.
    pub state: String,
    /// The delivery that carries it, or its first message.
    pub delivery: DeliveryId,
    /// Where the agency's format takes several messages for it: the deliveries of all of them, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deliveries: Vec<DeliveryId>,
    /// The journal entry that says so.
    pub journal_index: u64,
    /// SHA-256 of that message as it leaves.
    pub body_sha256: Digest,
}

/// Where a matter stands, for the old open platform's queries.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// The id that was asked for.
    pub key: String,
    /// The case, if there is one of this agency.
    pub case: Option<CaseId>,
    /// The result that is asked for, if there is one.
    pub result: Option<Value>,
}

/// What the platform gets back for a record it posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replied {
    /// The record's id.
    pub record: RecordId,
    /// The case's state after it.
    pub state: String,
    /// The delivery that carries it to the agency, or its first message.
    pub delivery: DeliveryId,
    /// Where the agency's format takes several messages for it: the deliveries of all of them, in order.
    pub deliveries: Vec<DeliveryId>,
    /// The journal entry that says so.
    pub journal_index: u64,
    /// Whether the same record had been posted before under the same key.
    pub duplicate: bool,
    /// SHA-256 of the message as it leaves for the agency.
    pub body: Digest,
}
