//! The journal's rows: entries, full tiles, the head.
//!
//! Promise: indexes have no gaps and the head never goes back, because whoever appends holds the head from
//! [`Tx::journal_lock`] to the commit. Hashes are computed by others and arrive as plain bytes.

use std::ops::Range;

use crate::clock::Timestamp;
use crate::store::StoreError;
use crate::store::tx::{Insert, Tx};
use crate::store::value::{Reader, Row, Sql, Value};

/// The head of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalHead {
    /// How many entries; also the index of the next one.
    pub size: u64,
    /// The hashes of the complete subtrees, left to right.
    pub frontier: Vec<u8>,
    /// The root hash.
    pub root: [u8; 32],
    /// The signed checkpoint; empty before the first entry.
    pub checkpoint: String,
    /// When it was signed.
    pub at: Timestamp,
}

/// A full tile: 256 hashes of one level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalTile {
    /// Its level; 0 holds the leaves.
    pub level: u8,
    /// Its number within the level.
    pub number: u64,
    /// 8,192 bytes.
    pub hashes: Vec<u8>,
}

const HEAD: Sql =
    Sql::both("-- journal.head\nSELECT size, frontier, root, checkpoint, at FROM journal_head WHERE one = 1");

// On SQLite the transaction itself is the lock.
const LOCK: Sql = Sql {
    sqlite: "-- journal.lock\nSELECT size, frontier, root, checkpoint, at FROM journal_head WHERE one = 1",
    postgres: "-- journal.lock\n\
        SELECT size, frontier, root, checkpoint, at FROM journal_head WHERE one = 1 FOR UPDATE",
};

const INSERT_ENTRIES: Insert = Insert {
    head: "-- journal.insert_entries\nINSERT INTO journal_entries (idx, entry, at)",
    types: &["bigint", "bytea", "bigint"],
    tail: "",
};

const INSERT_TILES: Insert = Insert {
    head: "-- journal.insert_tiles\nINSERT INTO journal_tiles (level, number, hashes)",
    types: &["bigint", "bigint", "bytea"],
    tail: "",
};

const MOVE_HEAD: Sql = Sql {
    sqlite: "-- journal.move_head\n\
        UPDATE journal_head SET size = ?, frontier = ?, root = ?, checkpoint = ?, at = ? WHERE one = 1 AND size = ?",
    postgres: "-- journal.move_head\n\
        UPDATE journal_head SET size = $1, frontier = $2, root = $3, checkpoint = $4, at = $5 \
        WHERE one = 1 AND size = $6",
};

const ENTRIES: Sql = Sql::both(
    "-- journal.entries\n\
    SELECT entry FROM journal_entries WHERE idx >= $1 AND idx < $2 ORDER BY idx",
);

const TILE: Sql =
    Sql::both("-- journal.tile\nSELECT hashes FROM journal_tiles WHERE level = $1 AND number = $2");

impl Tx {
    /// The head as of this transaction; for reading only.
    pub async fn journal_head(&mut self) -> Result<JournalHead, StoreError> {
        let row = self.fetch_one(HEAD, &[]).await?;
        head(row.as_ref().map(Row::reader).as_mut())
    }

    /// The head, held until the transaction ends: the one way to append. Take it before the rows of cases, so that
    /// no two writers wait for each other.
    pub async fn journal_lock(&mut self) -> Result<JournalHead, StoreError> {
        let row = self.fetch_one(LOCK, &[]).await?;
        head(row.as_ref().map(Row::reader).as_mut())
    }

    /// Appends entries after the first `size` ones, with the tiles they completed and the new head, whose `at` is
    /// also theirs.
    ///
    /// # Errors
    /// [`StoreError::Moved`] if the journal has not `size` entries; the transaction is run again.
    pub async fn journal_append(
        &mut self,
        size: u64,
        entries: &[Vec<u8>],
        tiles: &[JournalTile],
        head: &JournalHead,
    ) -> Result<(), StoreError> {
        debug_assert_eq!(size + entries.len() as u64, head.size, "the head counts what is appended");
        let moved = [
            Value::from(head.size),
            Value::from(head.frontier.as_slice()),
            Value::from(&head.root),
            Value::from(head.checkpoint.as_str()),
            Value::from(head.at),
            Value::from(size),
        ];
        self.change(MOVE_HEAD, &moved, 1, "journal").await?;
        let rows: Vec<Value<'_>> = entries
            .iter()
            .zip(size..)
            .flat_map(|(entry, index)| [index.into(), entry.as_slice().into(), head.at.into()])
            .collect();
        self.insert(INSERT_ENTRIES, &rows).await?;
        let rows: Vec<Value<'_>> = tiles
            .iter()
            .flat_map(|tile| {
                [i64::from(tile.level).into(), tile.number.into(), tile.hashes.as_slice().into()]
            })
            .collect();
        self.insert(INSERT_TILES, &rows).await.map(drop)
    }

    /// The entries with these indexes, in order; fewer if the journal ends before.
    pub async fn journal_entries(&mut self, indexes: Range<u64>) -> Result<Vec<Vec<u8>>, StoreError> {
        let rows = self.fetch(ENTRIES, &[indexes.start.into(), indexes.end.into()]).await?;
        rows.iter().map(|row| row.reader().blob()).collect()
    }

    /// A full tile's 8,192 bytes.
    pub async fn journal_tile(&mut self, level: u8, number: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let row = self.fetch_one(TILE, &[i64::from(level).into(), number.into()]).await?;
        row.map(|row| row.reader().blob()).transpose()
    }
}

/// The head from the first five columns of a row.
pub(super) fn head(row: Option<&mut Reader<'_>>) -> Result<JournalHead, StoreError> {
    let row = row.ok_or_else(|| StoreError::corrupt(0, "the journal has no head"))?;
    Ok(JournalHead {
        size: row.count()?,
        frontier: row.blob()?,
        root: row.thirty_two()?,
        checkpoint: row.text()?,
        at: row.time()?,
    })
}
