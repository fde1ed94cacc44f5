//! The journal's one way to grow, and its published form.
//!
//! Promise: entries are appended in the transaction of the thing they record, by whoever holds the head; the new
//! checkpoint is signed before the commit and seen by nobody until after it. Formats are C2SP's ([`crate::tlog`]);
//! this file says what is loaded from the store to make them.

use serde_json::json;

use crate::clock::Timestamp;
use crate::store::journal::{JournalHead, JournalTile};
use crate::store::{StoreError, Tx};
use crate::tlog::{
    Batch, Checkpoint, Ed25519Signer, Frontier, Growth, Hash, Origin, Proof, Row, Tile, Tiles, Verifier,
    encode_bundle, leaf_hash,
};

/// The journal's name and key.
pub struct Journal {
    origin: Origin,
    signer: Ed25519Signer,
}

/// What appending would make: computed before anything is written, so that receipts can hold its proofs.
pub(in crate::exchange) struct Grown {
    before: u64,
    entries: Vec<Vec<u8>>,
    batch: Batch,
    checkpoint: String,
    at: Timestamp,
}

impl Journal {
    /// The journal of this name (`example.com/regbridge`) under this Ed25519 seed. The key bears the journal's name.
    pub fn new(origin: Origin, seed: &[u8; 32]) -> Result<Self, crate::tlog::BadKey> {
        let signer = Ed25519Signer::from_seed(origin.as_str(), seed)?;
        Ok(Self { origin, signer })
    }

    /// Its name.
    #[must_use]
    pub const fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The key that everybody verifies with.
    #[must_use]
    pub const fn verifier(&self) -> &Verifier {
        self.signer.verifier()
    }

    /// A C2SP signed note of this text, under the journal's key. The text ends in a newline.
    pub(in crate::exchange) fn sign_note(&self, text: &str) -> Result<String, StoreError> {
        crate::tlog::sign(text, &[&self.signer])
            .map_err(|error| StoreError::Unfit(format!("the note cannot be signed: {error}")))
    }

    /// The signed checkpoint of the journal's first `size` entries, whose root this is: the same bytes each time, for
    /// Ed25519 leaves nothing to chance (RFC 8032, section 5.1.6).
    pub(in crate::exchange) fn checkpoint(&self, size: u64, root: Hash) -> Result<String, StoreError> {
        Checkpoint { origin: self.origin.clone(), size, root }
            .sign(&[&self.signer])
            .map_err(|error| StoreError::Unfit(format!("the checkpoint cannot be signed: {error}")))
    }

    /// Computes the journal with `entries` after `head`, and signs its checkpoint.
    pub(in crate::exchange) fn grow(
        &self,
        head: &JournalHead,
        entries: Vec<Vec<u8>>,
        at: Timestamp,
    ) -> Result<Grown, StoreError> {
        let old = frontier(head)?;
        let leaves: Vec<Hash> = entries.iter().map(|entry| leaf_hash(entry)).collect();
        let batch = old.append(&leaves);
        let checkpoint = self.checkpoint(batch.size(), batch.root())?;
        Ok(Grown { before: head.size, entries, batch, checkpoint, at })
    }

    /// Appends facts alone: for things that need no receipt. The index of the first.
    pub(in crate::exchange) async fn note(
        &self,
        tx: &mut Tx,
        entries: Vec<Vec<u8>>,
        at: Timestamp,
    ) -> Result<u64, StoreError> {
        let head = tx.journal_lock().await?;
        let grown = self.grow(&head, entries, at)?;
        grown.write(tx).await?;
        Ok(grown.first())
    }
}

impl Grown {
    /// The index of the first entry appended.
    pub(in crate::exchange) const fn first(&self) -> u64 {
        self.before
    }

    /// The `.tlog-proof` of entry `index` of this batch. Its `extra` line holds the entry itself and the salt of the
    /// body's digest, so that the text and the body are all that a verifier needs.
    pub(in crate::exchange) fn proof(&self, index: u64, salt: &[u8; 32]) -> Result<String, StoreError> {
        let hashes = self.batch.proof(index).map_err(broken)?;
        let place = usize::try_from(index - self.before).unwrap_or(usize::MAX);
        let entry = self.entries.get(place).ok_or_else(|| broken("an index outside the batch"))?;
        let proof =
            Proof { extra: Some(extra(entry, salt)), index, hashes, checkpoint: self.checkpoint.clone() };
        Ok(proof.to_string())
    }

    /// Writes it: entries, tiles that became full, the head.
    pub(in crate::exchange) async fn write(&self, tx: &mut Tx) -> Result<(), StoreError> {
        let mut tiles = Vec::new();
        for growth in self.batch.growth().into_iter().filter(Growth::is_full) {
            tiles.push(full_tile(tx, growth).await?);
        }
        let frontier = self.batch.frontier();
        let head = JournalHead {
            size: self.batch.size(),
            frontier: frontier.to_bytes(),
            root: self.batch.root(),
            checkpoint: self.checkpoint.clone(),
            at: self.at,
        };
        tx.journal_append(self.before, &self.entries, &tiles, &head).await
    }
}

/// A tile that a batch completed, with the hashes it had before the batch.
async fn full_tile(tx: &mut Tx, growth: Growth) -> Result<JournalTile, StoreError> {
    let Growth { level, number, from, hashes: added, .. } = growth;
    let mut hashes = row(tx, level, number, from).await?;
    hashes.extend_from_slice(&added);
    Ok(JournalTile { level, number, hashes })
}

/// The first `width` hashes of a tile that is not stored, from what is: entries at level 0, full tiles above.
async fn row(tx: &mut Tx, level: u8, number: u64, width: u16) -> Result<Vec<u8>, StoreError> {
    let first = number * 256;
    let mut hashes = Vec::with_capacity(usize::from(width) * 32);
    if level == 0 {
        for entry in tx.journal_entries(first..first + u64::from(width)).await? {
            hashes.extend_from_slice(&leaf_hash(&entry));
        }
    } else {
        for below in first..first + u64::from(width) {
            let tile =
                tx.journal_tile(level - 1, below).await?.ok_or_else(|| broken("a full tile is missing"))?;
            hashes.extend_from_slice(&root_of(&tile));
        }
    }
    if hashes.len() != usize::from(width) * 32 {
        return Err(broken("fewer entries than the head says"));
    }
    Ok(hashes)
}

fn root_of(tile: &[u8]) -> Hash {
    let leaves: Vec<Hash> = tile.as_chunks::<32>().0.to_vec();
    Frontier::empty().append(&leaves).root()
}

/// A tile or bundle of the published tree, as `tlog-tiles` lays it out; `None` if the journal does not reach so far.
pub(in crate::exchange) async fn tile(tx: &mut Tx, tile: &Tile) -> Result<Option<Vec<u8>>, StoreError> {
    let head = tx.journal_head().await?;
    let (level, width) = match tile.row {
        Row::Entries => (0, u64::from(tile.width)),
        Row::Hashes(level) => (level, u64::from(tile.width)),
    };
    // Above level 7 a hash would stand for more entries than can be counted: nothing is there.
    let there = head.size.checked_shr(8 * u32::from(level)).unwrap_or(0);
    if tile.number.saturating_mul(256).saturating_add(width) > there {
        return Ok(None);
    }
    let first = tile.number * 256;
    if tile.row == Row::Entries {
        let entries = tx.journal_entries(first..first + width).await?;
        return encode_bundle(&entries).map(Some).map_err(broken);
    }
    if tile.is_full()
        && let Some(stored) = tx.journal_tile(level, tile.number).await?
    {
        return Ok(Some(stored));
    }
    row(tx, level, tile.number, tile.width).await.map(Some)
}

/// The proof that a stored entry is in the journal as it stands now.
pub(in crate::exchange) async fn inclusion(tx: &mut Tx, index: u64) -> Result<Proof, StoreError> {
    let head = tx.journal_head().await?;
    let tiles = loaded(tx, Tiles::for_inclusion(index, head.size).map_err(broken)?).await?;
    let hashes = tiles.inclusion(index, head.size).map_err(broken)?;
    Ok(Proof { extra: None, index, hashes, checkpoint: head.checkpoint })
}

/// The proof that the first `new` entries begin with the first `old` ones.
pub(in crate::exchange) async fn consistency(
    tx: &mut Tx,
    old: u64,
    new: u64,
) -> Result<Vec<Hash>, StoreError> {
    let tiles = loaded(tx, Tiles::for_consistency(old, new).map_err(broken)?).await?;
    tiles.consistency(old, new).map_err(broken)
}

async fn loaded(tx: &mut Tx, wanted: Vec<Tile>) -> Result<Tiles, StoreError> {
    let mut tiles = Tiles::default();
    for wanted in wanted {
        let bytes = tile(tx, &wanted).await?.ok_or_else(|| broken("a tile is missing"))?;
        if let Row::Hashes(level) = wanted.row {
            tiles.insert(level, wanted.number, bytes);
        }
    }
    Ok(tiles)
}

fn frontier(head: &JournalHead) -> Result<Frontier, StoreError> {
    let frontier = Frontier::from_bytes(head.size, &head.frontier).map_err(broken)?;
    if head.size > 0 && frontier.root() != head.root {
        return Err(broken("the head's root is not that of its frontier"));
    }
    Ok(frontier)
}

pub(in crate::exchange) fn broken(why: impl std::fmt::Display) -> StoreError {
    StoreError::Unfit(format!("the journal in the database is damaged: {why}"))
}

/// What a proof's `extra` line holds: the entry, and the salt of the body's digest in it.
pub(in crate::exchange) fn extra(entry: &[u8], salt: &[u8; 32]) -> Vec<u8> {
    json!({"entry": String::from_utf8_lossy(entry), "salt": hex::encode(salt)}).to_string().into_bytes()
}
