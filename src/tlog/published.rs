//! Checking a published log from end to end.
//!
//! Promise: [`check`] recomputes every leaf from the entry bundles, every tile of every level, and the root, and
//! compares them with what is published under the signed checkpoint. It stops at the first thing wrong and names
//! the file and, where it can be known, the entry. It holds one tile of each level and one bundle at a time,
//! so that a log of any length can be checked.

use std::collections::BTreeMap;
use std::fmt;

use crate::tlog::bundle::{self, BadBundle};
use crate::tlog::checkpoint::{Checkpoint, CheckpointError};
use crate::tlog::hash::{Hash, leaf_hash};
use crate::tlog::tile::{FULL, Row, Tile, tiles_between};
use crate::tlog::tree::Frontier;
use crate::tlog::vkey::Verifier;

/// A log found whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whole {
    /// The checkpoint that all of it leads to.
    pub checkpoint: Checkpoint,
    /// How many bundles were read.
    pub bundles: u64,
    /// How many tiles of hashes were compared.
    pub tiles: u64,
}

/// The first thing wrong with a published log.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {fault}")]
pub struct Broken<E: fmt::Display> {
    /// The file, by its path below the log's prefix.
    pub file: String,
    /// What is wrong with it.
    pub fault: Fault<E>,
}

/// What is wrong with a file.
#[derive(Debug, thiserror::Error)]
pub enum Fault<E: fmt::Display> {
    /// It could not be read.
    #[error("cannot be read: {0}")]
    Unreadable(E),
    /// It is not there.
    #[error("is missing")]
    Missing,
    /// It is not text.
    #[error("is not UTF-8")]
    NotText,
    /// The checkpoint is not signed by the log, or malformed.
    #[error("{0}")]
    Checkpoint(CheckpointError),
    /// The bundle cannot be taken apart; `entry` is where it fails.
    #[error("entry {entry}: {cause}")]
    Bundle {
        /// The index of the entry at which it fails.
        entry: u64,
        /// How.
        cause: BadBundle,
    },
    /// The tile has not as many bytes as its width says.
    #[error("has {found} bytes; {expected} were expected")]
    Length {
        /// How many it should have.
        expected: usize,
        /// How many it has.
        found: usize,
    },
    /// A hash of the tile is not that of the entries below it: one of them, or the tile, was altered.
    #[error("hash {place} of the tile is not that of entries {first} to {last}")]
    Hash {
        /// The hash's place in the tile, from 0.
        place: usize,
        /// The first entry below it.
        first: u64,
        /// The last entry below it.
        last: u64,
    },
    /// Every tile fits the entries, but together they do not lead to the checkpoint's root.
    #[error("states root hash {stated}, but its {size} entries have {found}")]
    Root {
        /// The checkpoint's size.
        size: u64,
        /// The checkpoint's root, in hexadecimal.
        stated: String,
        /// The entries' root, in hexadecimal.
        found: String,
    },
}

/// Reads a file by its path below the log's prefix; `None` when there is none.
pub type Read<'a, E> = &'a dyn Fn(&str) -> Result<Option<Vec<u8>>, E>;

/// Checks the log that `read` reads, against the checkpoint signed by a key of `known`.
pub fn check<E: fmt::Display>(read: Read<'_, E>, known: &[Verifier]) -> Result<Whole, Broken<E>> {
    let checkpoint = read_checkpoint(read, known)?;
    let mut tiles = Edge { read, size: checkpoint.size, compared: 0, rows: BTreeMap::new() };
    let mut frontier = Frontier::empty();
    let mut bundles = 0;
    for tile in tiles_between(0, checkpoint.size).take_while(|tile| tile.row == Row::Entries) {
        let leaves = read_leaves(read, tile)?;
        let batch = frontier.append(&leaves);
        for growth in batch.growth() {
            tiles.add(growth.level, growth.number, &growth.hashes)?;
        }
        frontier = batch.frontier().clone();
        bundles += 1;
    }
    tiles.finish()?;
    if frontier.root() != checkpoint.root {
        let (stated, found) = (hex::encode(checkpoint.root), hex::encode(frontier.root()));
        let fault = Fault::Root { size: checkpoint.size, stated, found };
        return Err(Broken { file: "checkpoint".to_owned(), fault });
    }
    Ok(Whole { checkpoint, bundles, tiles: tiles.compared })
}

fn read_checkpoint<E: fmt::Display>(read: Read<'_, E>, known: &[Verifier]) -> Result<Checkpoint, Broken<E>> {
    let broken = |fault| Broken { file: "checkpoint".to_owned(), fault };
    let bytes = read("checkpoint").map_err(|e| broken(Fault::Unreadable(e)))?;
    let text = String::from_utf8(bytes.ok_or_else(|| broken(Fault::Missing))?)
        .map_err(|_| broken(Fault::NotText))?;
    Checkpoint::open(&text, known).map_err(|e| broken(Fault::Checkpoint(e)))
}

/// The leaf hashes of a bundle.
fn read_leaves<E: fmt::Display>(read: Read<'_, E>, tile: Tile) -> Result<Vec<Hash>, Broken<E>> {
    let found = read_tile(read, tile)?;
    let parts = bundle::split(&found.bytes, tile.width).and_then(|(entries, rest)| {
        // Only in a bundle that has grown past the checkpoint may more follow.
        if rest.is_empty() || found.grown {
            Ok(entries)
        } else {
            Err(BadBundle::Surplus { surplus: rest.len() })
        }
    });
    match parts {
        Ok(entries) => Ok(entries.into_iter().map(leaf_hash).collect()),
        Err(cause) => {
            let place = match cause {
                BadBundle::CutShort { place, .. } | BadBundle::TooLong { place, .. } => place as u64,
                BadBundle::Surplus { .. } => u64::from(tile.width),
            };
            let entry = tile.number * u64::from(FULL) + place;
            Err(Broken { file: found.path, fault: Fault::Bundle { entry, cause } })
        }
    }
}

/// A file that was read for a tile.
struct Found {
    path: String,
    bytes: Vec<u8>,
    /// Whether it is the full tile instead of the partial one that the checkpoint's size names.
    grown: bool,
}

/// A tile's file. A partial one may have been removed when the full one came to stand beside it.
fn read_tile<E: fmt::Display>(read: Read<'_, E>, tile: Tile) -> Result<Found, Broken<E>> {
    for (candidate, grown) in [(tile, false), (tile.full(), !tile.is_full())] {
        let path = candidate.path();
        match read(&path) {
            Ok(Some(bytes)) => return Ok(Found { path, bytes, grown }),
            Ok(None) => {}
            Err(e) => return Err(Broken { file: path, fault: Fault::Unreadable(e) }),
        }
    }
    Err(Broken { file: tile.path(), fault: Fault::Missing })
}

/// The rightmost tile of each level, as computed; compared with the published one when it is complete.
struct Edge<'a, E> {
    read: Read<'a, E>,
    size: u64,
    compared: u64,
    rows: BTreeMap<u8, (u64, Vec<u8>)>,
}

impl<E: fmt::Display> Edge<'_, E> {
    fn add(&mut self, level: u8, number: u64, hashes: &[u8]) -> Result<(), Broken<E>> {
        let row = self.rows.entry(level).or_default();
        row.0 = number;
        row.1.extend_from_slice(hashes);
        if row.1.len() == usize::from(FULL) * 32 {
            let bytes = std::mem::take(&mut row.1);
            self.compare(level, number, &bytes)?;
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), Broken<E>> {
        for (level, (number, bytes)) in std::mem::take(&mut self.rows) {
            if !bytes.is_empty() {
                self.compare(level, number, &bytes)?;
            }
        }
        Ok(())
    }

    fn compare(&mut self, level: u8, number: u64, computed: &[u8]) -> Result<(), Broken<E>> {
        let width = u16::try_from(computed.len() / 32).unwrap_or(FULL);
        let found = read_tile(self.read, Tile { row: Row::Hashes(level), number, width })?;
        let expected = if found.grown { usize::from(FULL) * 32 } else { computed.len() };
        if found.bytes.len() != expected {
            let fault = Fault::Length { expected, found: found.bytes.len() };
            return Err(Broken { file: found.path, fault });
        }
        let differs = computed.chunks(32).zip(found.bytes.chunks(32)).position(|(a, b)| a != b);
        if let Some(place) = differs {
            let below = 1 << (8 * u32::from(level));
            let first = (number * u64::from(FULL) + place as u64) * below;
            let last = (first + below).min(self.size) - 1;
            return Err(Broken { file: found.path, fault: Fault::Hash { place, first, last } });
        }
        self.compared += 1;
        Ok(())
    }
}
