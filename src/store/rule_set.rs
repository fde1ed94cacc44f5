//! The texts of rule sets that cases began with, as they were. Written once.

use crate::clock::Timestamp;
use crate::domain::digest::Digest;
use crate::store::StoreError;
use crate::store::tx::{Insert, Tx};
use crate::store::value::{Sql, Value};

const INSERT: Insert = Insert {
    head: "-- rule_set.insert\nINSERT INTO rule_sets (digest, id, text, known_at)",
    types: &["bytea", "text", "text", "bigint"],
    tail: "ON CONFLICT (digest) DO NOTHING",
};

const ALL: Sql = Sql::both("-- rule_set.all\nSELECT id, text FROM rule_sets ORDER BY known_at, id");

impl Tx {
    /// Keeps the texts of rule sets, each digest once.
    pub async fn know_rule_sets(
        &mut self,
        sets: &[(Digest, &str, &str)],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let values: Vec<Value<'_>> = sets
            .iter()
            .flat_map(|(digest, id, text)| [digest.into(), (*id).into(), (*text).into(), now.into()])
            .collect();
        self.insert(INSERT, &values).await.map(drop)
    }

    /// The texts that are kept, as id and text, oldest first.
    pub async fn rule_sets(&mut self) -> Result<Vec<(String, String)>, StoreError> {
        let rows = self.fetch(ALL, &[]).await?;
        rows.iter()
            .map(|row| {
                let mut row = row.reader();
                Ok((row.text()?, row.text()?))
            })
            .collect()
    }
}
