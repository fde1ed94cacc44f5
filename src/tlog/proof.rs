//! The offline proof that an entry is in the log: a `.tlog-proof` file (`c2sp.org/tlog-proof@v1`).
//!
//! Promise: printed as the standard shows it, and read strictly; [`Proof::verify`] needs nothing but the entry and
//! the log's verifier key. `extra` is signed by nobody: what stands there is believed only after the entry built
//! from it was verified.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::tlog::checkpoint::{Checkpoint, CheckpointError, parse_decimal, parse_hash};
use crate::tlog::hash::{Hash, leaf_hash};
use crate::tlog::verify::{ProofError, verify_inclusion};
use crate::tlog::vkey::Verifier;

const HEADER: &str = "c2sp.org/tlog-proof@v1";

/// The longest `extra` in bytes: an entry is at most 65,535, doubled if each character of it is escaped in JSON,
/// and as much for what else an application adds.
const MAX_EXTRA: usize = 256 * 1024;

/// The longest file: `extra` in base64 (4/3), 64 hash lines and a note of up to 1 MiB fit.
const MAX_FILE: usize = 2 << 20;

/// A tree of less than 2^64 entries has no longer path.
const MAX_HASHES: usize = 64;

/// An entry's proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// What the application adds; trusted by nobody as it stands.
    pub extra: Option<Vec<u8>>,
    /// The entry's index.
    pub index: u64,
    /// The sibling hashes from the leaf up.
    pub hashes: Vec<Hash>,
    /// The checkpoint with its signatures, verbatim.
    pub checkpoint: String,
}

/// Why text is not a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadProof {
    /// It is longer than 2 MiB.
    #[error("the proof has {length} bytes; 2097152 is the most")]
    TooLong {
        /// Its length.
        length: usize,
    },
    /// The first line is another.
    #[error("line 1: expected c2sp.org/tlog-proof@v1")]
    Header,
    /// The `extra` line is not base64, or too long.
    #[error("line 2: expected base64 of at most 262144 bytes after 'extra '")]
    Extra,
    /// The `index` line is missing or not a number.
    #[error("expected 'index ' and a decimal number without leading zeros")]
    Index,
    /// A line of the path is not a hash.
    #[error("hash {place} of the proof is not 32 bytes in base64")]
    Hash {
        /// Which one, from 1.
        place: usize,
    },
    /// The path has more than 64 hashes.
    #[error("the proof has more than 64 hashes")]
    TooManyHashes,
    /// There is no blank line with a checkpoint after it.
    #[error("expected an empty line and the checkpoint after the hashes")]
    NoCheckpoint,
}

/// Why a proof does not prove its entry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofRefused {
    /// The checkpoint is not one that we accept.
    #[error("the checkpoint: {0}")]
    Checkpoint(#[from] CheckpointError),
    /// The hashes do not lead from the entry to the checkpoint.
    #[error("the entry: {0}")]
    Entry(#[from] ProofError),
}

impl Proof {
    /// From the text of a `.tlog-proof` file.
    pub fn parse(text: &str) -> Result<Self, BadProof> {
        if text.len() > MAX_FILE {
            return Err(BadProof::TooLong { length: text.len() });
        }
        let rest = text.strip_prefix(HEADER).and_then(|r| r.strip_prefix('\n')).ok_or(BadProof::Header)?;
        let (extra, rest) = match rest.strip_prefix("extra ") {
            Some(rest) => {
                let (line, rest) = rest.split_once('\n').ok_or(BadProof::Extra)?;
                (Some(parse_extra(line)?), rest)
            }
            None => (None, rest),
        };
        let (line, mut rest) = rest.split_once('\n').ok_or(BadProof::Index)?;
        let index = line.strip_prefix("index ").and_then(parse_decimal).ok_or(BadProof::Index)?;
        let mut hashes = Vec::new();
        loop {
            let (line, after) = rest.split_once('\n').ok_or(BadProof::NoCheckpoint)?;
            rest = after;
            if line.is_empty() {
                break;
            }
            if hashes.len() == MAX_HASHES {
                return Err(BadProof::TooManyHashes);
            }
            hashes.push(parse_hash(line).ok_or(BadProof::Hash { place: hashes.len() + 1 })?);
        }
        if rest.is_empty() {
            return Err(BadProof::NoCheckpoint);
        }
        Ok(Self { extra, index, hashes, checkpoint: rest.to_owned() })
    }

    /// Checks that `entry` stands at this index under a checkpoint that the log signed, and gives that checkpoint.
    pub fn verify(&self, entry: &[u8], known: &[Verifier]) -> Result<Checkpoint, ProofRefused> {
        let checkpoint = Checkpoint::open(&self.checkpoint, known)?;
        let leaf = leaf_hash(entry);
        verify_inclusion(&leaf, self.index, checkpoint.size, &self.hashes, &checkpoint.root)?;
        Ok(checkpoint)
    }
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}")?;
        if let Some(extra) = &self.extra {
            writeln!(f, "extra {}", STANDARD.encode(extra))?;
        }
        writeln!(f, "index {}", self.index)?;
        for hash in &self.hashes {
            writeln!(f, "{}", STANDARD.encode(hash))?;
        }
        write!(f, "\n{}", self.checkpoint)
    }
}

fn parse_extra(line: &str) -> Result<Vec<u8>, BadProof> {
    if line.len() > MAX_EXTRA.div_ceil(3) * 4 {
        return Err(BadProof::Extra);
    }
    let extra = STANDARD.decode(line).map_err(|_| BadProof::Extra)?;
    if extra.len() > MAX_EXTRA { Err(BadProof::Extra) } else { Ok(extra) }
}
