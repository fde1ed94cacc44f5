//! What the journal says of reconciliation. Texts of manifests are there as salted digests: a line's SHA-256 would tell
//! of a message after it was erased.

use serde::Serialize;

use crate::domain::digest::{Digest, Fingerprint};
use crate::domain::id::{AgencyId, DeliveryId};

/// A manifest was made.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ManifestFact {
    /// Whose exchanges.
    pub agency: AgencyId,
    /// The day in China.
    pub day: String,
    /// How many.
    pub lines: u64,
    /// Salted digest of the manifest's bytes.
    pub manifest: Digest,
}

/// A manifest of the other side was compared.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ReconciliationFact {
    /// Whose.
    pub agency: AgencyId,
    /// The day in China.
    pub day: String,
    /// The road it came by: `api` (over mutual TLS, sent or fetched) or `file`.
    pub channel: String,
    /// The certificate, where the agency called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate: Option<Fingerprint>,
    /// Salted digest of its bytes.
    pub theirs: Digest,
    /// How many lines theirs has.
    pub lines: u64,
    /// How many ours had.
    pub own_lines: u64,
    /// How many differences were found that were not known.
    pub found: u64,
    /// How many that were known are no more.
    pub settled: u64,
    /// How many are left.
    pub left: u64,
}

/// A difference was acted on.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DifferenceFact {
    /// Its id.
    pub difference: String,
    /// Whose day.
    pub agency: AgencyId,
    /// The day in China.
    pub day: String,
    /// How the sides differ.
    pub what: String,
    /// `resend`, `re-pull` or `ask`.
    pub action: String,
    /// The delivery that was queued again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery: Option<DeliveryId>,
    /// The run that fetches it again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// Who.
    pub who: String,
    /// Why, in their words.
    pub why: String,
}
