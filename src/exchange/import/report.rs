//! What came of an import.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::digest::Digest;
use crate::domain::id::{AgencyId, ImportId};
use crate::domain::kind::Kind;
use crate::domain::problem::Problem;
use crate::domain::receipt::ReceiptProof;
use crate::store::import::Import;

/// What came of an import: what its sender keeps, as a receipt of all its records.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImportReport {
    /// The import.
    pub import: ImportId,
    /// Whose file.
    pub agency: AgencyId,
    /// `finished`; or `broken` where the file cannot be read further, or the message around its records is refused.
    pub state: String,
    /// SHA-256 of the file.
    pub file_sha256: Digest,
    /// Its length in bytes.
    pub file_size: u64,
    /// The kind of its records.
    pub kind: Kind,
    /// How many records it holds, or held up to where it is broken.
    pub records: u64,
    /// How many of them were taken.
    pub accepted: u64,
    /// How many were there already, word for word.
    pub duplicate: u64,
    /// How many were refused.
    pub refused: u64,
    /// When it was begun.
    pub started_at: String,
    /// When it came to its end.
    pub ended_at: String,
    /// Why it is broken.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<Problem>,
    /// The proof that the journal holds its end.
    pub proof: ReceiptProof,
}

/// A record of a file that was not taken.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RefusedRecord {
    /// Its place in the file, from 1.
    pub index: u64,
    /// The agency's number of the matter, where it could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registration_number: Option<String>,
    /// What is wrong with it.
    pub problems: Value,
}

/// The report that an import left.
pub(super) fn stored(import: &Import) -> Option<ImportReport> {
    serde_json::from_str(import.report.as_deref()?).ok()
}
