//! The journal's formats against the standards' own examples and three libraries that nobody here wrote.

#![expect(clippy::unwrap_used, reason = "a helper that cannot set up its world must fail the test")]

mod checkpoint;
mod cosignature;
mod judge;
mod note;
mod proof;
mod published;
mod tile;
mod tree;

use regbridge::tlog::{Ed25519Signer, Frontier, Hash, Tiles, leaf_hash};

/// The entry that every test means by a number.
fn entry(index: u64) -> Vec<u8> {
    format!("entry {index}").into_bytes()
}

fn leaves(range: std::ops::Range<u64>) -> Vec<Hash> {
    range.map(|index| leaf_hash(&entry(index))).collect()
}

/// A log as a store keeps it: the frontier, and tiles that only ever grow.
#[derive(Default)]
struct Log {
    frontier: Frontier,
    tiles: std::collections::BTreeMap<(u8, u64), Vec<u8>>,
}

impl Log {
    fn append(&mut self, count: u64) -> regbridge::tlog::Batch {
        let size = self.frontier.size();
        let batch = self.frontier.append(&leaves(size..size + count));
        for growth in batch.growth() {
            let tile = self.tiles.entry((growth.level, growth.number)).or_default();
            assert_eq!(tile.len(), usize::from(growth.from) * 32, "growth begins where the tile ended");
            tile.extend_from_slice(&growth.hashes);
            assert_eq!(tile.len(), usize::from(growth.width) * 32);
            assert_eq!(growth.is_full(), tile.len() == 8192);
        }
        self.frontier = batch.frontier().clone();
        batch
    }

    /// Only the tiles listed, as a caller would have loaded them.
    fn loaded(&self, wanted: &[regbridge::tlog::Tile]) -> Tiles {
        let mut tiles = Tiles::default();
        for tile in wanted {
            let regbridge::tlog::Row::Hashes(level) = tile.row else { panic!("a proof needs no bundle") };
            let bytes = &self.tiles[&(level, tile.number)];
            tiles.insert(level, tile.number, bytes[..usize::from(tile.width) * 32].to_vec());
        }
        tiles
    }
}

fn signer() -> Ed25519Signer {
    Ed25519Signer::from_seed("log.example/journal", &[7; 32]).unwrap()
}
