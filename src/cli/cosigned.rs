//! What the witnesses say of a journal: the checkpoint that they cosigned, and the journal's files under it.
//!
//! Promise: needs nothing but the files and the keys that one was given. Which witnesses count, and how many, is for whoever
//! asks, never for the files.

use std::io;
use std::path::Path;

use anyhow::{Context as _, ensure};

use crate::tlog::{
    Checkpoint, Cosignature, Hash, Quorum, Row, Tile, Tiles, Verifier, WitnessKey, verify_consistency,
    verify_inclusion,
};

/// The file in which `journal export` writes it.
pub(super) const FILE: &str = "checkpoint.cosigned";

/// The witnesses that somebody relies on.
#[derive(clap::Args)]
pub(super) struct Wanted {
    /// A witness's verifier key, its text or a file that holds it: its cosignature counts. May be repeated.
    #[arg(long = "witness", value_name = "KEY|FILE")]
    witnesses: Vec<String>,
    /// How many of them must have cosigned; all if nothing is said.
    #[arg(long, value_name = "N", requires = "witnesses")]
    quorum: Option<usize>,
}

impl Wanted {
    /// Them, and how many; none where nobody was named.
    pub(super) fn quorum(&self) -> anyhow::Result<Option<Quorum>> {
        if self.witnesses.is_empty() {
            return Ok(None);
        }
        let parse = |given: &String| {
            let file = Path::new(given);
            let text = if file.is_file() { std::fs::read_to_string(file)? } else { given.clone() };
            WitnessKey::parse(text.trim()).with_context(|| format!("the witness's key {}", text.trim()))
        };
        let witnesses = self.witnesses.iter().map(parse).collect::<anyhow::Result<Vec<_>>>()?;
        let needed = self.quorum.unwrap_or(witnesses.len());
        ensure!(needed > 0, "--quorum 0 would ask for nothing: leave the witnesses out");
        ensure!(
            needed <= witnesses.len(),
            "{} witnesses can never make a quorum of {needed}",
            witnesses.len()
        );
        Ok(Some(Quorum { witnesses, needed }))
    }
}

/// What was found, for a person.
pub(super) fn say((checkpoint, cosignatures): &(Checkpoint, Vec<Cosignature>)) -> String {
    let names: Vec<&str> = cosignatures.iter().map(|one| one.witness.as_str()).collect();
    format!("OK  {} entries are cosigned by {}", checkpoint.size, names.join(", "))
}

/// Checks that a journal which was found whole begins with what enough witnesses cosigned.
pub(super) fn is_beginning(
    out: &Path,
    known: &[Verifier],
    quorum: &Quorum,
    whole: &Checkpoint,
) -> anyhow::Result<String> {
    let opened = open(out, known, quorum)?;
    let (old, new) = (&opened.0, whole);
    ensure!(
        old.size <= new.size,
        "the witnesses cosigned {} entries, here are {}: the journal was rolled back",
        old.size,
        new.size
    );
    let tiles = load(out, Tiles::for_consistency(old.size, new.size)?)?;
    let proof = tiles.consistency(old.size, new.size)?;
    verify_consistency(old.size, &old.root, new.size, &new.root, &proof).with_context(|| {
        format!("the {} entries that the witnesses cosigned are not those here", old.size)
    })?;
    Ok(say(&opened))
}

/// Checks that an entry stands at its index in what enough witnesses cosigned.
pub(super) fn holds_entry(
    out: &Path,
    known: &[Verifier],
    quorum: &Quorum,
    index: u64,
    leaf: &Hash,
) -> anyhow::Result<String> {
    let opened = open(out, known, quorum)?;
    let (size, root) = (opened.0.size, opened.0.root);
    ensure!(index < size, "the witnesses cosigned {size} entries: entry {index} came later, ask again");
    let proof = load(out, Tiles::for_inclusion(index, size)?)?.inclusion(index, size)?;
    verify_inclusion(leaf, index, size, &proof, &root)
        .with_context(|| format!("entry {index} of what the witnesses cosigned is another one"))?;
    Ok(format!("{}\nOK  entry {index} is among them", say(&opened)))
}

fn open(out: &Path, known: &[Verifier], quorum: &Quorum) -> anyhow::Result<(Checkpoint, Vec<Cosignature>)> {
    let file = out.join(FILE);
    let note = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
    quorum.open(&note, known).with_context(|| file.display().to_string())
}

/// The tiles of hashes that are wanted; the full one serves for one that has grown.
fn load(out: &Path, wanted: Vec<Tile>) -> anyhow::Result<Tiles> {
    let mut tiles = Tiles::default();
    for tile in wanted {
        let Row::Hashes(level) = tile.row else { continue };
        let bytes = read(out, &tile)?;
        tiles.insert(level, tile.number, bytes);
    }
    Ok(tiles)
}

fn read(out: &Path, tile: &Tile) -> anyhow::Result<Vec<u8>> {
    let partial = out.join(tile.path());
    match std::fs::read(&partial) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let full = out.join(tile.full().path());
            std::fs::read(&full)
                .or_else(|_| larger(&partial).ok_or(error))
                .with_context(|| partial.display().to_string())
        }
        other => other.with_context(|| partial.display().to_string()),
    }
}

/// A wider one of the same partial tile: the journal grew past the checkpoint before it was exported.
fn larger(partial: &Path) -> Option<Vec<u8>> {
    let width = |path: &Path| path.file_name()?.to_str()?.parse::<u16>().ok();
    let wanted = width(partial)?;
    let beside = std::fs::read_dir(partial.parent()?).ok()?;
    let mut paths = beside.filter_map(|entry| Some(entry.ok()?.path()));
    let path = paths.find(|path| width(path).is_some_and(|found| found > wanted))?;
    std::fs::read(path).ok()
}
