//! Checking the tree's proofs.
//!
//! Promise: RFC 9162, sections 2.1.3.2 and 2.1.4.2, which are the checks of RFC 6962's proofs written out. A proof
//! of the wrong length is refused, never padded or cut.

use crate::tlog::hash::{EMPTY_ROOT, Hash, node_hash};

/// Why a proof does not hold. Whoever sent the proof, the entry or the checkpoint must answer for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The entry's index is not below the tree's size.
    #[error("entry {index} is not in a tree of {size} entries")]
    NoSuchEntry {
        /// The index.
        index: u64,
        /// The tree's size.
        size: u64,
    },
    /// The later tree is smaller than the earlier one.
    #[error("a tree of {old} entries cannot have become one of {new}")]
    Shrinks {
        /// The earlier size.
        old: u64,
        /// The later size.
        new: u64,
    },
    /// The proof has too few or too many hashes.
    #[error("the proof has {found} hashes, which is not what these sizes need")]
    WrongLength {
        /// How many it has.
        found: usize,
    },
    /// The hashes lead to another root than the (later) tree's.
    #[error("the proof leads to another root hash than the checkpoint's")]
    WrongRoot,
    /// The hashes lead to another root than the earlier tree's.
    #[error("the proof leads to another root hash than the earlier checkpoint's")]
    WrongOldRoot,
}

/// Checks that `leaf` is entry `index` of the tree of `size` entries that has this `root`.
pub fn verify_inclusion(
    leaf: &Hash,
    index: u64,
    size: u64,
    proof: &[Hash],
    root: &Hash,
) -> Result<(), ProofError> {
    if index >= size {
        return Err(ProofError::NoSuchEntry { index, size });
    }
    let wrong_length = ProofError::WrongLength { found: proof.len() };
    let (mut place, mut last) = (index, size - 1);
    let mut hash = *leaf;
    for sibling in proof {
        if last == 0 {
            return Err(wrong_length);
        }
        if place & 1 == 1 || place == last {
            hash = node_hash(sibling, &hash);
            // Levels at which the right edge has no sibling are passed over.
            while place & 1 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        place >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(wrong_length);
    }
    if hash == *root { Ok(()) } else { Err(ProofError::WrongRoot) }
}

/// Checks that the tree of `new` entries with root `new_root` begins with the tree of `old` entries that has
/// `old_root`.
pub fn verify_consistency(
    old: u64,
    old_root: &Hash,
    new: u64,
    new_root: &Hash,
    proof: &[Hash],
) -> Result<(), ProofError> {
    let wrong_length = ProofError::WrongLength { found: proof.len() };
    if old > new {
        return Err(ProofError::Shrinks { old, new });
    }
    if old == 0 && *old_root != EMPTY_ROOT {
        return Err(ProofError::WrongOldRoot);
    }
    if old == 0 || old == new {
        return match proof {
            [] if old == 0 || old_root == new_root => Ok(()),
            [] => Err(ProofError::WrongRoot),
            _ => Err(wrong_length),
        };
    }
    let (mut place, mut last) = (old - 1, new - 1);
    while place & 1 == 1 {
        place >>= 1;
        last >>= 1;
    }
    let mut rest = proof.iter();
    // The old tree, when it is one complete subtree, is where the proof starts and is not repeated in it.
    let first = if old.is_power_of_two() { old_root } else { rest.next().ok_or(wrong_length)? };
    let (mut old_hash, mut new_hash) = (*first, *first);
    for sibling in rest {
        if last == 0 {
            return Err(wrong_length);
        }
        if place & 1 == 1 || place == last {
            old_hash = node_hash(sibling, &old_hash);
            new_hash = node_hash(sibling, &new_hash);
            while place & 1 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            new_hash = node_hash(&new_hash, sibling);
        }
        place >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(wrong_length);
    }
    if old_hash != *old_root {
        return Err(ProofError::WrongOldRoot);
    }
    if new_hash == *new_root { Ok(()) } else { Err(ProofError::WrongRoot) }
}
