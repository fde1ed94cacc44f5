//! Checkpoints: the signed head of the journal (`tlog-checkpoint` v1.0.0).
//!
//! Promise: one checkpoint, one text; what is read back is refused for a leading zero, a short hash or an empty
//! line. [`Checkpoint::open`] also demands that the signer bear the checkpoint's origin as its name, so that a
//! witness's signature alone never vouches for a log.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::tlog::hash::Hash;
use crate::tlog::note::{self, NoteError, Signer};
use crate::tlog::vkey::{Verifier, is_key_name};

/// A log's lasting name, for example `example.com/log`: the first line of each of its checkpoints, and the name of
/// its key. Never empty; without spaces, control characters and '+'.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin(String);

/// Text that cannot be a log's origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "not an origin: it must not be empty nor hold a space, a control character or '+'; example.com/log is one"
)]
pub struct BadOrigin;

impl Origin {
    /// From its text. The standard only recommends what is demanded here, but a key must bear the same name, and
    /// for key names it is the rule.
    pub fn parse(text: &str) -> Result<Self, BadOrigin> {
        if is_key_name(text) { Ok(Self(text.to_owned())) } else { Err(BadOrigin) }
    }

    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The head of a log: its tree's size and root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log.
    pub origin: Origin,
    /// How many entries it has.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
}

/// Why text is not a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadCheckpoint {
    /// A line is missing or empty, or the last one does not end.
    #[error("a checkpoint has three non-empty lines, each with its newline: origin, size, root hash")]
    Lines,
    /// The first line cannot be an origin.
    #[error("line 1: {0}")]
    Origin(#[from] BadOrigin),
    /// The second line is not a size.
    #[error("line 2: expected the tree's size in decimal, without leading zeros, below 2^64")]
    Size,
    /// The third line is not a hash.
    #[error("line 3: expected the root hash, 32 bytes in base64")]
    Root,
}

/// Why a signed checkpoint was not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// The signature or the note's form is wrong.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The text under the signature is not a checkpoint.
    #[error(transparent)]
    Text(#[from] BadCheckpoint),
    /// Nobody of the origin's name signed it.
    #[error("the checkpoint is of {origin}, but no known key of that name signed it")]
    OriginUnsigned {
        /// The origin it states.
        origin: Origin,
    },
}

impl Checkpoint {
    /// The note's text: three lines.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, STANDARD.encode(self.root))
    }

    /// From the note's text. Extension lines are allowed and passed over.
    pub fn parse(text: &str) -> Result<Self, BadCheckpoint> {
        let body = text.strip_suffix('\n').ok_or(BadCheckpoint::Lines)?;
        if body.split('\n').any(str::is_empty) {
            return Err(BadCheckpoint::Lines);
        }
        let mut lines = body.split('\n');
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next()) else {
            return Err(BadCheckpoint::Lines);
        };
        let origin = Origin::parse(origin)?;
        let size = parse_decimal(size).ok_or(BadCheckpoint::Size)?;
        let root = parse_hash(root).ok_or(BadCheckpoint::Root)?;
        Ok(Self { origin, size, root })
    }

    /// The checkpoint as a note under `signers`' signatures; the first should be the log's own.
    pub fn sign(&self, signers: &[&dyn Signer]) -> Result<String, NoteError> {
        note::sign(&self.text(), signers)
    }

    /// The checkpoint of a note that a key of `known` named like its origin signed.
    pub fn open(note: &str, known: &[Verifier]) -> Result<Self, CheckpointError> {
        let opened = note::open(note, known)?;
        let checkpoint = Self::parse(&opened.text)?;
        if opened.signed_by.iter().any(|(name, _)| name == checkpoint.origin.as_str()) {
            return Ok(checkpoint);
        }
        Err(CheckpointError::OriginUnsigned { origin: checkpoint.origin })
    }
}

/// A decimal number in the one way it can be written.
pub(crate) fn parse_decimal(text: &str) -> Option<u64> {
    let canonical = text == "0" || !text.starts_with('0');
    let plain = text.bytes().all(|b| b.is_ascii_digit());
    if canonical && plain { text.parse().ok() } else { None }
}

/// A hash in base64.
pub(crate) fn parse_hash(text: &str) -> Option<Hash> {
    // 32 bytes are 44 characters; a longer line is not even decoded.
    if text.len() != 44 {
        return None;
    }
    STANDARD.decode(text).ok()?.try_into().ok()
}
