//! Tiles: which part of the tree each file holds, and its path.
//!
//! Promise: the paths of `tlog-tiles` v0.1.0, "Parameters" and "Merkle Tree", printed and read strictly: one tile,
//! one path. Left to others: what is in the file.

use std::fmt;

/// How many hashes or entries a full tile holds.
pub const FULL: u16 = 256;

/// One tile or entry bundle, at one width.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tile {
    /// What it holds.
    pub row: Row,
    /// Its number in its row.
    pub number: u64,
    /// How many hashes or entries it has: 1 to 255 for a partial one, [`FULL`] for a full one.
    pub width: u16,
}

/// What a tile holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Row {
    /// Entries: a bundle.
    Entries,
    /// Hashes of complete subtrees of `256^level` leaves; level 0 is the leaves.
    Hashes(u8),
}

/// Text that is not the path of a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "not the path of a tile: expected tile/<level>/<number>[.p/<width>] or tile/entries/<number>[.p/<width>]"
)]
pub struct BadPath;

impl Tile {
    /// The tile's path below the log's prefix, for example `tile/0/x001/x234/067` or `tile/entries/273.p/112`.
    #[must_use]
    pub fn path(&self) -> String {
        self.to_string()
    }

    /// The tile of a path.
    pub fn parse(path: &str) -> Result<Self, BadPath> {
        let rest = path.strip_prefix("tile/").ok_or(BadPath)?;
        let (row, rest) = rest.split_once('/').ok_or(BadPath)?;
        let row = match row {
            "entries" => Row::Entries,
            level => Row::Hashes(small(level, 63)?.try_into().map_err(|_| BadPath)?),
        };
        let (number, width) = match rest.split_once(".p/") {
            Some((number, width)) => (number, small(width, FULL - 1)?),
            None => (rest, FULL),
        };
        let tile = Self { row, number: parse_number(number)?, width };
        // One tile, one path: groups too many or a width of 0 read well and print differently.
        if width == 0 || tile.path() != path { Err(BadPath) } else { Ok(tile) }
    }

    /// The same tile when it is full.
    #[must_use]
    pub const fn full(&self) -> Self {
        Self { row: self.row, number: self.number, width: FULL }
    }

    /// Whether it is full and will never change again.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        self.width == FULL
    }
}

impl fmt::Display for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.row {
            Row::Entries => f.write_str("tile/entries/")?,
            Row::Hashes(level) => write!(f, "tile/{level}/")?,
        }
        // 1234067 is x001/x234/067; a u64 has at most seven groups.
        for group in (1..7).rev() {
            let above = self.number / 1000u64.pow(group);
            if above > 0 {
                write!(f, "x{:03}/", above % 1000)?;
            }
        }
        write!(f, "{:03}", self.number % 1000)?;
        if self.width < FULL {
            write!(f, ".p/{}", self.width)?;
        }
        Ok(())
    }
}

/// The tiles that a tree of `new` entries has and one of `old` entries had not, bundles included: what is to be
/// published, partial ones at their new width. From 0, all of the tree's tiles.
pub fn tiles_between(old: u64, new: u64) -> impl Iterator<Item = Tile> {
    let bundles = row_between(Row::Entries, old, new);
    // Level 8 would hold subtrees of 2^64 leaves.
    let hashes = (0u8..8).flat_map(move |level| {
        let shift = 8 * u32::from(level);
        row_between(Row::Hashes(level), old >> shift, new >> shift)
    });
    bundles.chain(hashes)
}

fn row_between(row: Row, old: u64, new: u64) -> impl Iterator<Item = Tile> {
    let full = u64::from(FULL);
    let numbers = if old < new { old / full..new.div_ceil(full) } else { 0..0 };
    numbers.map(move |number| {
        let width = u16::try_from((new - number * full).min(full)).unwrap_or(FULL);
        Tile { row, number, width }
    })
}

/// A decimal number without leading zeros, up to `limit`.
fn small(text: &str, limit: u16) -> Result<u16, BadPath> {
    let plain = text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    let value = text.parse().map_err(|_| BadPath)?;
    if plain && value <= limit { Ok(value) } else { Err(BadPath) }
}

fn parse_number(text: &str) -> Result<u64, BadPath> {
    let mut number = 0u64;
    let mut groups = text.split('/').peekable();
    while let Some(group) = groups.next() {
        let digits = if groups.peek().is_some() { group.strip_prefix('x').ok_or(BadPath)? } else { group };
        if digits.len() != 3 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(BadPath);
        }
        let value: u64 = digits.parse().map_err(|_| BadPath)?;
        number = number.checked_mul(1000).and_then(|n| n.checked_add(value)).ok_or(BadPath)?;
    }
    Ok(number)
}
