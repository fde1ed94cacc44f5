//! The growing edge of the tree.
//!
//! Promise: a [`Frontier`] is all that must be kept to append (at most 64 hashes), and a [`Batch`] gives the new
//! root, the inclusion proof of each entry it appended, the consistency proof from the old tree and what to add to
//! which tile, without one older tile being read. Why that can be: whatever stands left of an appended leaf on its
//! way to the root is a complete subtree that ended exactly where the old tree was split, so it is on the old
//! frontier, or it holds an appended leaf, so the batch computed it.

use crate::tlog::hash::{Hash, node_hash};
use crate::tlog::tile::FULL;
use crate::tlog::walk::{self, Node, WalkError};

/// The roots of the complete subtrees of which the tree is made, left to right: one for each bit set in its size,
/// the highest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    hashes: Vec<Hash>,
}

/// Why a frontier could not be read back.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a frontier of {size} entries has {expected} hashes; {found} bytes of them were found")]
pub struct BadFrontier {
    /// The size it was to have.
    pub size: u64,
    /// How many hashes belong to that size.
    pub expected: u32,
    /// How many bytes there were.
    pub found: usize,
}

impl Frontier {
    /// The tree without entries.
    #[must_use]
    pub const fn empty() -> Self {
        Self { size: 0, hashes: Vec::new() }
    }

    /// From the tree's size and the hashes as [`Self::to_bytes`] gave them.
    pub fn from_bytes(size: u64, bytes: &[u8]) -> Result<Self, BadFrontier> {
        let (hashes, rest) = bytes.as_chunks::<32>();
        if !rest.is_empty() || hashes.len() != size.count_ones() as usize {
            return Err(BadFrontier { size, expected: size.count_ones(), found: bytes.len() });
        }
        Ok(Self { size, hashes: hashes.to_vec() })
    }

    /// The hashes one after the other; the size is kept beside them.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.hashes.as_flattened().to_vec()
    }

    /// How many entries the tree has.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The hashes, left to right.
    #[must_use]
    pub fn hashes(&self) -> &[Hash] {
        &self.hashes
    }

    /// The tree's root.
    #[must_use]
    #[expect(clippy::missing_panics_doc, reason = "the root is folded from just what a frontier holds")]
    pub fn root(&self) -> Hash {
        walk::root(self.size, &|node| self.node(node)).expect("the frontier is what the root is folded from")
    }

    /// The tree with `leaves` (leaf hashes, in order) added.
    ///
    /// # Panics
    /// When the tree would pass 2^64 entries: at a million a second that is in 580,000 years.
    #[must_use]
    pub fn append(&self, leaves: &[Hash]) -> Batch {
        let size = self.size.checked_add(leaves.len() as u64).expect("a tree has less than 2^64 entries");
        let mut rows = vec![leaves.to_vec()];
        for level in 1..64 {
            let below = Below { old: self, level: level - 1, hashes: &rows[usize::from(level) - 1] };
            let row: Vec<Hash> =
                (self.size >> level..size >> level).map(|index| below.parent(index)).collect();
            if row.is_empty() {
                break;
            }
            rows.push(row);
        }
        let mut batch = Batch { old: self.clone(), rows, frontier: Self { size, hashes: Vec::new() } };
        batch.frontier.hashes = parts(size)
            .map(|node| {
                batch.node(node).expect("a part of the new tree is on the old frontier or in the batch")
            })
            .collect();
        batch
    }

    /// The hash of a subtree that is one of the frontier's own.
    fn node(&self, node: Node) -> Option<Hash> {
        let place = parts(self.size).position(|part| part == node)?;
        self.hashes.get(place).copied()
    }
}

/// The complete subtrees of which a tree of `size` entries is made, left to right.
fn parts(size: u64) -> impl Iterator<Item = Node> {
    (0..64u8).rev().filter(move |level| size >> level & 1 == 1).map(move |level| {
        // The last subtree of a level whose bit is set stands right before the end.
        Node { level, index: (size >> level) - 1 }
    })
}

/// The level below one that is being computed: the batch's row of it, and the old frontier's hash left of that.
struct Below<'a> {
    old: &'a Frontier,
    level: u8,
    hashes: &'a [Hash],
}

impl Below<'_> {
    fn parent(&self, index: u64) -> Hash {
        node_hash(&self.child(2 * index), &self.child(2 * index + 1))
    }

    fn child(&self, index: u64) -> Hash {
        let first = self.old.size >> self.level;
        match index.checked_sub(first) {
            Some(place) => self.hashes[usize::try_from(place).expect("a place in a row held in memory")],
            None => self
                .old
                .node(Node { level: self.level, index })
                .expect("left of the row stands only the old frontier's subtree of this level"),
        }
    }
}

/// What appending some leaves to a tree made.
#[derive(Clone, Debug)]
pub struct Batch {
    old: Frontier,
    /// By level, the complete subtrees that the leaves completed, from index `old size >> level` on.
    rows: Vec<Vec<Hash>>,
    frontier: Frontier,
}

/// What a batch adds to one tile: the caller appends `hashes` to what it keeps of that tile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Growth {
    /// The tile's level; 0 holds leaves.
    pub level: u8,
    /// The tile's number in its level.
    pub number: u64,
    /// How many hashes the tile had before: 0 for a new one.
    pub from: u16,
    /// The hashes to add, 32 bytes each.
    pub hashes: Vec<u8>,
    /// How many hashes the tile has then; it is full at 256.
    pub width: u16,
}

impl Growth {
    /// Whether the tile is full now and will never change again.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        self.width == FULL
    }
}

impl Batch {
    /// The tree's new edge, to be kept.
    #[must_use]
    pub const fn frontier(&self) -> &Frontier {
        &self.frontier
    }

    /// The index of the first entry appended.
    #[must_use]
    pub const fn first(&self) -> u64 {
        self.old.size
    }

    /// The new tree's size.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.frontier.size
    }

    /// The new tree's root.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.frontier.root()
    }

    /// The proof that entry `index` is in the new tree, for an entry of this batch; of another it has not the hashes.
    pub fn proof(&self, index: u64) -> Result<Vec<Hash>, WalkError> {
        if index < self.old.size {
            return Err(WalkError::Missing { level: 0, index });
        }
        walk::inclusion(index, self.frontier.size, &|node| self.node(node))
    }

    /// The proof that the new tree begins with the old one, for witnesses.
    #[must_use]
    #[expect(
        clippy::missing_panics_doc,
        reason = "every subtree of that proof is on the frontier or in the batch"
    )]
    pub fn consistency(&self) -> Vec<Hash> {
        walk::consistency(self.old.size, self.frontier.size, &|node| self.node(node))
            .expect("between the old frontier and the batch stands every subtree that the proof names")
    }

    /// What is to be added to which tiles (`tlog-tiles`, "Merkle Tree"), level 0 first, each level left to right.
    #[must_use]
    #[expect(clippy::missing_panics_doc, reason = "each number is a remainder of 256 or what is left to it")]
    pub fn growth(&self) -> Vec<Growth> {
        let mut all = Vec::new();
        for (level, row) in (0u8..).zip(self.rows.iter().step_by(8)) {
            let mut index = self.old.size >> (8 * u32::from(level));
            let mut left = row.as_slice();
            while !left.is_empty() {
                let from = index % u64::from(FULL);
                let room = usize::try_from(u64::from(FULL) - from).expect("at most 256");
                let (these, rest) = left.split_at(room.min(left.len()));
                let from = u16::try_from(from).expect("below 256");
                all.push(Growth {
                    level,
                    number: index / u64::from(FULL),
                    from,
                    hashes: these.as_flattened().to_vec(),
                    width: from + u16::try_from(these.len()).expect("at most 256"),
                });
                index += these.len() as u64;
                left = rest;
            }
        }
        all
    }

    fn node(&self, node: Node) -> Option<Hash> {
        match node.index.checked_sub(self.old.size >> node.level) {
            Some(place) => self.rows.get(usize::from(node.level))?.get(usize::try_from(place).ok()?).copied(),
            None => self.old.node(node),
        }
    }
}
