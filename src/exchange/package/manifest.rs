//! `manifest.json` of a package: what is in it, and what each journal entry says of it.
//!
//! Promise: it names every other member with size and SHA-256, and is itself named by `manifest.note`, a C2SP signed note under
//! the journal's key: so that records, explanations and the report, which no entry names, are signed too.

use serde::{Deserialize, Serialize};

use crate::domain::digest::Digest;

/// The format, as manifest and note name it.
pub const FORMAT: &str = "regbridge-package@v1";

/// The manifest's own path.
pub const MANIFEST: &str = "manifest.json";

/// The path of the note that signs it.
pub const NOTE: &str = "manifest.note";

/// The path of the signed checkpoint.
pub const CHECKPOINT: &str = "checkpoint";

/// What is in a package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: String,
    /// What it is about.
    pub case: About,
    /// What it is proved by.
    pub journal: Basis,
    /// Every member but the manifest and its note, sorted.
    pub files: Vec<File>,
    /// Every journal entry about the case, oldest first.
    pub entries: Vec<Entry>,
    /// What entries tell of and is not here.
    pub left_out: Vec<LeftOut>,
}

/// The case, as it was opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// Its id.
    pub id: String,
    /// Whose.
    pub agency: String,
    /// About what.
    pub topic: String,
    /// The agency's registration number.
    pub registration_number: String,
}

/// The journal and the checkpoint that covers the entries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Basis {
    /// The journal's name.
    pub origin: String,
    /// Its verifier key.
    pub vkey: String,
    /// How many entries the checkpoint covers.
    pub size: u64,
}

/// A member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// Its path.
    pub path: String,
    /// Its size in bytes.
    pub size: u64,
    /// Its SHA-256.
    pub sha256: Digest,
}

/// A journal entry, and the members that belong to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its place in the journal, from 0.
    pub index: u64,
    /// When it was appended.
    pub at: String,
    /// What happened.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its `.tlog-proof`, which holds the entry, and the salt where a body is here.
    pub proof: String,
    /// The bytes of which its `body` is the salted digest.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub body: Option<String>,
    /// The file of whose SHA-256 its `file` is the salted digest.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub file: Option<String>,
    /// The records that it brought.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub records: Vec<String>,
    /// The receipt that was given for it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub receipt: Option<String>,
    /// Where each value of the body came from, or went.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub explained: Option<String>,
}

/// A body or file that is not here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeftOut {
    /// The entry that tells of it.
    pub index: u64,
    /// Why it is not here, in Chinese.
    pub zh: String,
    /// Why it is not here.
    pub en: String,
}

/// The text of the note that signs a manifest of these bytes.
#[must_use]
pub fn note(case: &str, manifest: &[u8]) -> String {
    format!("{FORMAT}\n{case}\n{}\n", Digest::of(manifest))
}
