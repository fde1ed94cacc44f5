//! What witnesses cosigned of the journal.

use crate::clock::Timestamp;
use crate::store::StoreError;
use crate::store::tx::Tx;
use crate::store::value::{Row, Sql};

/// A witness's cosignature of a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CosignatureRow {
    /// How many entries the checkpoint has.
    pub size: u64,
    /// The witness's verifier key.
    pub witness: String,
    /// The checkpoint under the journal's own signature.
    pub checkpoint: String,
    /// The cosignature's line, with its newline.
    pub line: String,
    /// When it came.
    pub at: Timestamp,
}

const ALL: Sql = Sql::both(
    "-- witness.all\nSELECT size, witness, checkpoint, line, at FROM cosignatures ORDER BY size DESC, witness",
);

const PUT: Sql = Sql::both(
    "-- witness.put\nINSERT INTO cosignatures (size, witness, checkpoint, line, at) VALUES ($1, $2, $3, $4, $5) \
    ON CONFLICT (size, witness) DO UPDATE SET checkpoint = excluded.checkpoint, line = excluded.line, at = excluded.at",
);

const FORGET: Sql = Sql::both("-- witness.forget\nDELETE FROM cosignatures WHERE size <> $1 AND size <> $2");

impl Tx {
    /// All that are kept, those of the newest checkpoint first.
    pub async fn cosignatures(&mut self) -> Result<Vec<CosignatureRow>, StoreError> {
        let rows = self.fetch(ALL, &[]).await?;
        rows.iter().map(cosignature).collect()
    }

    /// Keeps one, in place of an earlier one by the same witness of the same checkpoint.
    pub async fn put_cosignature(&mut self, row: &CosignatureRow) -> Result<(), StoreError> {
        let CosignatureRow { size, witness, checkpoint, line, at } = row;
        let values = [
            (*size).into(),
            witness.as_str().into(),
            checkpoint.as_str().into(),
            line.as_str().into(),
            (*at).into(),
        ];
        self.execute(PUT, &values).await.map(drop)
    }

    /// Forgets those of checkpoints of any other size than these two.
    pub async fn forget_cosignatures(&mut self, but: [u64; 2]) -> Result<(), StoreError> {
        self.execute(FORGET, &[but[0].into(), but[1].into()]).await.map(drop)
    }
}

fn cosignature(row: &Row) -> Result<CosignatureRow, StoreError> {
    let mut row = row.reader();
    Ok(CosignatureRow {
        size: row.count()?,
        witness: row.text()?,
        checkpoint: row.text()?,
        line: row.text()?,
        at: row.time()?,
    })
}
