//! Proofs from tiles that were loaded before.
//!
//! Promise: says which tiles a proof needs ([`Tiles::for_inclusion`], [`Tiles::for_consistency`]), takes them, and
//! then computes without waiting for anybody: the caller may load them as it likes. A stored tile may have grown
//! past the tree that is proved; its beginning never changes, so the proof is the same.

use std::collections::{BTreeMap, BTreeSet};

use crate::tlog::hash::{Hash, node_hash};
use crate::tlog::tile::{FULL, Row, Tile};
use crate::tlog::walk::{self, Node, WalkError};

/// Loaded tiles of hashes, by level and number.
#[derive(Clone, Debug, Default)]
pub struct Tiles(BTreeMap<(u8, u64), Vec<u8>>);

impl Tiles {
    /// The tiles needed to prove entry `index` in the tree of `size` entries, each at its width in that tree.
    pub fn for_inclusion(index: u64, size: u64) -> Result<Vec<Tile>, WalkError> {
        Ok(tiles_of(&walk::inclusion_nodes(index, size)?, size))
    }

    /// The tiles needed to prove that the tree of `new` entries begins with that of `old`.
    pub fn for_consistency(old: u64, new: u64) -> Result<Vec<Tile>, WalkError> {
        Ok(tiles_of(&walk::consistency_nodes(old, new)?, new))
    }

    /// The tiles needed to compute the root of the tree of `size` entries: those of its complete subtrees.
    #[must_use]
    pub fn for_root(size: u64) -> Vec<Tile> {
        let mut nodes = Vec::new();
        let mut first = 0;
        for level in (0..u64::BITS).rev().filter(|level| size >> level & 1 == 1) {
            nodes.push(Node { level: u8::try_from(level).unwrap_or(u8::MAX), index: first >> level });
            first += 1 << level;
        }
        tiles_of(&nodes, size)
    }

    /// Adds a tile's bytes: its hashes, one after the other.
    pub fn insert(&mut self, level: u8, number: u64, bytes: Vec<u8>) {
        self.0.insert((level, number), bytes);
    }

    /// The proof that entry `index` is in the tree of `size` entries.
    pub fn inclusion(&self, index: u64, size: u64) -> Result<Vec<Hash>, WalkError> {
        walk::inclusion(index, size, &|node| self.node(node))
    }

    /// The proof that the tree of `new` entries begins with that of `old`.
    pub fn consistency(&self, old: u64, new: u64) -> Result<Vec<Hash>, WalkError> {
        walk::consistency(old, new, &|node| self.node(node))
    }

    /// The root of the tree of `size` entries, from all of its tiles or at least those of its right edge.
    pub fn root(&self, size: u64) -> Result<Hash, WalkError> {
        walk::root(size, &|node| self.node(node))
    }

    fn node(&self, node: Node) -> Option<Hash> {
        let (level, first, count) = place(node);
        let bytes = self.0.get(&(level, first / u64::from(FULL)))?;
        let from = usize::try_from(first % u64::from(FULL)).ok()?;
        let (hashes, _) = bytes.as_chunks::<32>();
        Some(fold(hashes.get(from..from + count)?))
    }
}

/// Where a subtree stands: the level of its tile, its first hash in that level's row, and how many belong to it.
fn place(node: Node) -> (u8, u64, usize) {
    let above = node.level % 8;
    (node.level / 8, node.index << above, 1 << above)
}

/// The root over the hashes of a complete subtree; their number is a power of two.
fn fold(hashes: &[Hash]) -> Hash {
    if let [one] = hashes {
        return *one;
    }
    let (left, right) = hashes.split_at(hashes.len() / 2);
    node_hash(&fold(left), &fold(right))
}

fn tiles_of(nodes: &[Node], size: u64) -> Vec<Tile> {
    let full = u64::from(FULL);
    let places: BTreeSet<(u8, u64)> = nodes
        .iter()
        .map(|node| {
            let (level, first, _) = place(*node);
            (level, first / full)
        })
        .collect();
    let tile = |(level, number): (u8, u64)| {
        let hashes = size >> (8 * u32::from(level));
        let width = u16::try_from((hashes - number * full).min(full)).unwrap_or(FULL);
        Tile { row: Row::Hashes(level), number, width }
    };
    places.into_iter().map(tile).collect()
}
