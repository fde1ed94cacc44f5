//! One checkpoint for all entries of a case, and the proof that each is in it.

use std::collections::{BTreeMap, BTreeSet};

use crate::exchange::gateway::World;
use crate::exchange::journal::{broken, tile};
use crate::exchange::package::trail::Told;
use crate::exchange::refused::{Failed, Refused};
use crate::store::Tx;
use crate::tlog::{Hash, Row, Tile, Tiles};

/// What proves a trail.
pub(super) struct Proven {
    /// How many entries the checkpoint covers: up to the last of the case.
    pub(super) size: u64,
    /// The signed checkpoint.
    pub(super) checkpoint: String,
    /// The hashes of each entry's proof.
    pub(super) hashes: BTreeMap<u64, Vec<Hash>>,
}

/// Proves the entries of a trail in the smallest journal that has them all.
pub(super) async fn prove(world: &World, trail: &[Told]) -> Result<Proven, Refused> {
    let size = trail.last().map_or(0, |last| last.index + 1);
    let read = async |mut tx: Tx| {
        let mut wanted: BTreeSet<(u8, u64, u16)> = BTreeSet::new();
        let mut want = |tiles: Vec<Tile>| {
            for tile in tiles {
                if let Row::Hashes(level) = tile.row {
                    wanted.insert((level, tile.number, tile.width));
                }
            }
        };
        want(Tiles::for_root(size));
        for told in trail {
            want(Tiles::for_inclusion(told.index, size).map_err(broken)?);
        }
        let mut tiles = Tiles::default();
        for (level, number, width) in wanted {
            let one = Tile { row: Row::Hashes(level), number, width };
            let bytes = tile(&mut tx, &one).await?.ok_or_else(|| broken("a tile is missing"))?;
            tiles.insert(level, number, bytes);
        }
        let mut hashes = BTreeMap::new();
        for told in trail {
            hashes.insert(told.index, tiles.inclusion(told.index, size).map_err(broken)?);
        }
        let checkpoint = world.journal.checkpoint(size, tiles.root(size).map_err(broken)?)?;
        Ok::<_, Failed>(Proven { size, checkpoint, hashes })
    };
    world.store.read("package.prove", read).await.map_err(Failed::into_refused)
}
