//! What a log asks of its witness, and whether the witness may cosign (`tlog-witness` v1.0.0, `add-checkpoint`).
//!
//! Promise: [`judge`] lets a checkpoint through only if the log signed it, it is not smaller than the one cosigned before,
//! and the proof shows that it begins with all of that one; of one size only one root is ever let through. It remembers
//! nothing: whoever calls must have written the checkpoint down, for good, before the cosignature leaves the house.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::tlog::checkpoint::{Checkpoint, CheckpointError, parse_decimal, parse_hash};
use crate::tlog::hash::{EMPTY_ROOT, Hash};
use crate::tlog::note;
use crate::tlog::verify::verify_consistency;
use crate::tlog::vkey::Verifier;

/// The most lines of proof that may be sent: a tree of 2^64 entries has no longer one.
pub const MAX_PROOF: usize = 63;

/// The body of `add-checkpoint`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddCheckpoint {
    /// The size of the checkpoint that the witness cosigned last, or is believed to have.
    pub old: u64,
    /// That the new tree begins with the old one.
    pub proof: Vec<Hash>,
    /// The new checkpoint, a note under the log's signature.
    pub checkpoint: String,
}

/// A body that is none of `add-checkpoint`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadRequest {
    /// The first line is not the old size.
    #[error("line 1: expected `old`, a space and a size in decimal, without leading zeros")]
    Old,
    /// A line of the proof is no hash.
    #[error("line {line}: expected a hash of the proof, 32 bytes in base64, or the empty line that ends it")]
    Proof {
        /// Which line, from 1.
        line: usize,
    },
    /// The proof is too long, or nothing ends it.
    #[error("expected at most 63 lines of proof, an empty line, and the checkpoint")]
    TooLong,
}

impl AddCheckpoint {
    /// From a body.
    pub fn parse(body: &str) -> Result<Self, BadRequest> {
        let (first, mut rest) = body.split_once('\n').ok_or(BadRequest::Old)?;
        let old = first.strip_prefix("old ").and_then(parse_decimal).ok_or(BadRequest::Old)?;
        let mut proof = Vec::new();
        loop {
            let (line, after) = rest.split_once('\n').ok_or(BadRequest::TooLong)?;
            rest = after;
            if line.is_empty() {
                return Ok(Self { old, proof, checkpoint: rest.to_owned() });
            }
            if proof.len() == MAX_PROOF {
                return Err(BadRequest::TooLong);
            }
            proof.push(parse_hash(line).ok_or(BadRequest::Proof { line: proof.len() + 2 })?);
        }
    }
}

impl fmt::Display for AddCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "old {}", self.old)?;
        for hash in &self.proof {
            writeln!(f, "{}", STANDARD.encode(hash))?;
        }
        write!(f, "\n{}", self.checkpoint)
    }
}

/// Why a witness does not cosign.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotCosigned {
    /// The checkpoint is malformed, or of a size smaller than the old one: 400.
    #[error("{0}")]
    Malformed(String),
    /// The witness knows no log of that origin: 404.
    #[error("no log of origin {origin} is known here")]
    UnknownLog {
        /// The origin asked about.
        origin: String,
    },
    /// No key that is known of the log signed it: 403.
    #[error("{0}")]
    Unsigned(CheckpointError),
    /// The old size is not what the witness cosigned last, or the same size has another root: 409.
    #[error("the checkpoint cosigned last has {size} entries")]
    Conflict {
        /// What the witness cosigned last.
        size: u64,
    },
    /// The proof does not hold: 422.
    #[error("the proof does not show that the tree of {new} entries begins with that of {old}: {why}")]
    Inconsistent {
        /// The size cosigned last.
        old: u64,
        /// The size asked for.
        new: u64,
        /// How it fails.
        why: String,
    },
}

/// The origin that the checkpoint of a request states, for finding what is known of that log.
pub fn origin_of(request: &AddCheckpoint) -> Result<String, NotCosigned> {
    Ok(stated(request)?.origin.as_str().to_owned())
}

/// The checkpoint to cosign, and the text to cosign it by. `known` are the log's keys, `last` what was cosigned before.
pub fn judge(
    request: &AddCheckpoint,
    known: &[Verifier],
    last: Option<&Checkpoint>,
) -> Result<(Checkpoint, String), NotCosigned> {
    let stated = stated(request)?;
    let new = Checkpoint::open(&request.checkpoint, known).map_err(NotCosigned::Unsigned)?;
    if request.old > new.size {
        let why = format!("the old size {} is larger than the checkpoint's {}", request.old, new.size);
        return Err(NotCosigned::Malformed(why));
    }
    debug_assert_eq!(stated, new, "one text was read twice");
    let (size, root) = last.map_or((0, EMPTY_ROOT), |last| (last.size, last.root));
    if request.old != size || (new.size == size && new.root != root) {
        return Err(NotCosigned::Conflict { size });
    }
    verify_consistency(size, &root, new.size, &new.root, &request.proof)
        .map_err(|why| NotCosigned::Inconsistent { old: size, new: new.size, why: why.to_string() })?;
    let (text, _) =
        note::take_apart(&request.checkpoint).map_err(|why| NotCosigned::Malformed(why.to_string()))?;
    Ok((new, text.to_owned()))
}

fn stated(request: &AddCheckpoint) -> Result<Checkpoint, NotCosigned> {
    let malformed = |why: &dyn fmt::Display| NotCosigned::Malformed(why.to_string());
    let (text, _) = note::take_apart(&request.checkpoint).map_err(|why| malformed(&why))?;
    Checkpoint::parse(text).map_err(|why| malformed(&why))
}
