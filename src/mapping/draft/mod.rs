//! A first draft of a profile, from an agency's schema and samples of its documents.
//!
//! Promise: what is drafted loads, and its samples come back equal: a guess that the schema or a sample refutes is taken
//! back ([`mend`]). One row per leaf, in document order: what has the name of a member of our record, and its type, is
//! mapped; the rest stands there as a row that waits for its record path, with the nearest ones beside it, and is kept
//! meanwhile. Names are compared as sets of meanings ([`lexicon`]), so that `dingdanhao`, 订单号 and `orderNo` are one.
//! Pure: files come and go as bytes.

mod activate;
mod codes;
mod convert;
mod entry;
mod files;
mod hints;
mod lexicon;
mod matching;
mod mend;
mod outline;
mod plan;
mod print;
mod records;
mod references;
mod required;
mod sample;
mod schema;
mod score;
mod target;
mod values;

use std::collections::BTreeMap;

pub use references::{Reference, references};

use crate::domain::problem::Problem;
use crate::mapping::canonical::Canonical;
use crate::mapping::fault::near;
use crate::mapping::files::ProfileFiles;
use crate::mapping::manifest::Format;

/// What a draft is made of.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// The profile's id.
    pub id: String,
    /// The record kind of its message.
    pub kind: String,
    /// The main schema file among [`Self::schemas`].
    pub schema: Option<String>,
    /// The schema and what it imports: file name → bytes.
    pub schemas: BTreeMap<String, Vec<u8>>,
    /// Addresses that the schema imports, and the file that each is.
    pub catalogue: BTreeMap<String, String>,
    /// Samples: file name and bytes.
    pub samples: Vec<(String, Vec<u8>)>,
    /// The root element, where the schema has several, or the member of a JSON document that holds the message.
    pub root: Option<String>,
    /// The path to the records, where it is not to be guessed.
    pub records: Option<String>,
}

/// A drafted profile.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Its files.
    pub files: ProfileFiles,
    /// Fields with a place in the record: wire path and record path.
    pub matched: Vec<(String, String)>,
    /// Fields without: wire path, and the nearest record paths.
    pub unmatched: Vec<(String, String)>,
    /// What the drafter had to guess, and must be looked at first.
    pub doubts: Vec<String>,
    /// What is wrong with samples that were left out.
    pub refused: Vec<Problem>,
}

/// Drafts a profile.
///
/// # Errors
///
/// What keeps the schema or a sample from being read, or a kind that there is not.
pub fn draft(source: &Source, canonical: &Canonical) -> Result<Draft, Vec<Problem>> {
    let Some(kind) = canonical.0.get(&source.kind) else {
        let (zh, en) = near(&source.kind, canonical.kinds());
        let known = canonical.kinds().collect::<Vec<_>>().join(", ");
        return Err(vec![Problem::new(
            "unknown-kind",
            format!("没有记录种类“{}”{zh}；有 {known}", source.kind),
            format!("there is no record kind \"{}\"{en}; there are {known}", source.kind),
        )]);
    };
    let outline = outline::of(source)?;
    let plan = plan::plan(source, &outline, kind)?;
    mend::mend(source, &outline, plan, canonical)
}

/// The format that a sample is in, by its ending, else by its first character.
#[must_use]
pub fn format_of(name: &str, bytes: &[u8]) -> Format {
    let ending = name.rsplit_once('.').and_then(|(_, ending)| Format::parse(&ending.to_ascii_lowercase()));
    ending.unwrap_or_else(|| match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'{' | b'[') => Format::Json,
        Some(byte) if byte.is_ascii_alphanumeric() => Format::Form,
        _ => Format::Xml,
    })
}
