//! Walking the tree: which hashes make a root, an inclusion proof or a consistency proof.
//!
//! Promise: the paths of RFC 6962, sections 2.1.1 and 2.1.2, computed from complete subtrees only, so that they
//! can be read from tiles, from memory or from a batch just appended. A walk is synchronous; who must load its
//! hashes first asks [`inclusion_nodes`] or [`consistency_nodes`] for the list.

use std::cell::RefCell;

use crate::tlog::hash::{EMPTY_ROOT, Hash, node_hash};

/// A complete subtree: the `2^level` leaves from `index * 2^level` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node {
    /// How many levels above the leaves; 0 is a leaf.
    pub level: u8,
    /// How many subtrees of this level stand left of it.
    pub index: u64,
}

/// Why a walk came to no end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WalkError {
    /// The caller asks for an entry that the tree does not have.
    #[error("entry {index} is not in a tree of {size} entries")]
    NoSuchEntry {
        /// The entry asked for.
        index: u64,
        /// The tree's size.
        size: u64,
    },
    /// The caller asks to go from a larger tree to a smaller one.
    #[error("a tree of {old} entries cannot grow to one of {new}")]
    Shrinks {
        /// The size to start from.
        old: u64,
        /// The size to arrive at.
        new: u64,
    },
    /// The source lacks a hash that it should have: its tiles are incomplete.
    #[error("the hash of subtree {index} at level {level} is missing")]
    Missing {
        /// The subtree's level.
        level: u8,
        /// The subtree's index.
        index: u64,
    },
}

/// The root of the tree of `size` entries.
pub(crate) fn root(size: u64, source: &impl Fn(Node) -> Option<Hash>) -> Result<Hash, WalkError> {
    if size == 0 {
        return Ok(EMPTY_ROOT);
    }
    Walk(source).range(0, size)
}

/// The proof that entry `index` is in the tree of `size` entries: the sibling hashes from the leaf up.
pub fn inclusion(
    index: u64,
    size: u64,
    source: &impl Fn(Node) -> Option<Hash>,
) -> Result<Vec<Hash>, WalkError> {
    if index >= size {
        return Err(WalkError::NoSuchEntry { index, size });
    }
    let walk = Walk(source);
    let mut proof = Vec::new();
    let (mut low, mut high) = (0, size);
    while high - low > 1 {
        let middle = low + split(high - low);
        if index < middle {
            proof.push(walk.range(middle, high)?);
            high = middle;
        } else {
            proof.push(walk.range(low, middle)?);
            low = middle;
        }
    }
    proof.reverse();
    Ok(proof)
}

/// The proof that the tree of `new` entries begins with the tree of `old` entries. Empty when both are equal or
/// the old one has none: then there is nothing to prove.
pub fn consistency(
    old: u64,
    new: u64,
    source: &impl Fn(Node) -> Option<Hash>,
) -> Result<Vec<Hash>, WalkError> {
    if old > new {
        return Err(WalkError::Shrinks { old, new });
    }
    if old == 0 || old == new {
        return Ok(Vec::new());
    }
    let walk = Walk(source);
    let mut proof = Vec::new();
    let (mut low, mut high) = (0, new);
    while high != old {
        let middle = low + split(high - low);
        if old <= middle {
            proof.push(walk.range(middle, high)?);
            high = middle;
        } else {
            proof.push(walk.range(low, middle)?);
            low = middle;
        }
    }
    // A subtree that is the whole old tree is known to who verifies; any other must be told.
    if low != 0 {
        proof.push(walk.range(low, high)?);
    }
    proof.reverse();
    Ok(proof)
}

/// The hashes that [`inclusion`] will ask for.
pub fn inclusion_nodes(index: u64, size: u64) -> Result<Vec<Node>, WalkError> {
    recorded(|source| inclusion(index, size, &source))
}

/// The hashes that [`consistency`] will ask for.
pub fn consistency_nodes(old: u64, new: u64) -> Result<Vec<Node>, WalkError> {
    recorded(|source| consistency(old, new, &source))
}

fn recorded(
    walk: impl FnOnce(&dyn Fn(Node) -> Option<Hash>) -> Result<Vec<Hash>, WalkError>,
) -> Result<Vec<Node>, WalkError> {
    let asked = RefCell::new(Vec::new());
    walk(&|node| {
        asked.borrow_mut().push(node);
        Some([0; 32])
    })?;
    Ok(asked.into_inner())
}

/// The largest power of two smaller than `count`, which is at least 2: where RFC 6962 splits a tree.
fn split(count: u64) -> u64 {
    1 << (count - 1).ilog2()
}

struct Walk<'a, S>(&'a S);

impl<S: Fn(Node) -> Option<Hash>> Walk<'_, S> {
    /// The hash over the leaves `low..high`, where `low` is a multiple of the largest complete subtree inside.
    fn range(&self, low: u64, high: u64) -> Result<Hash, WalkError> {
        let count = high - low;
        if count.is_power_of_two() {
            return self.node(count.ilog2(), low);
        }
        let middle = low + split(count);
        let left = self.range(low, middle)?;
        Ok(node_hash(&left, &self.range(middle, high)?))
    }

    fn node(&self, level: u32, low: u64) -> Result<Hash, WalkError> {
        let node = Node { level: u8::try_from(level).unwrap_or(u8::MAX), index: low >> level };
        (self.0)(node).ok_or(WalkError::Missing { level: node.level, index: node.index })
    }
}
