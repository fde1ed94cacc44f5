//! Troubles: what staff is told of once when it begins and once when it ends.
//!
//! Promise: one row a key; whoever reads one by [`Tx::lock_trouble`] is alone with it until the commit.

use std::collections::BTreeSet;

use crate::clock::Timestamp;
use crate::domain::id::AgencyId;
use crate::store::StoreError;
use crate::store::tx::{Insert, Tx};
use crate::store::value::{Reader, Sql, Value};

/// A trouble, under way or ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// What is in trouble.
    pub key: String,
    /// About what.
    pub topic: String,
    /// `info`, `warning` or `critical`.
    pub severity: String,
    /// Whose, if it is of one agency.
    pub agency: Option<AgencyId>,
    /// JSON: what a notice may show, as of the last time it happened.
    pub facts: String,
    /// How often it happened since it began.
    pub times: u64,
    /// When it began.
    pub since: Timestamp,
    /// When it last happened.
    pub last_at: Timestamp,
    /// When it ended; absent while it is under way.
    pub ended_at: Option<Timestamp>,
}

macro_rules! columns {
    () => {
        "key, topic, severity, agency_id, facts, times, since, last_at, ended_at"
    };
}

const BY_KEY: Sql =
    Sql::both(concat!("-- trouble.by_key\nSELECT ", columns!(), " FROM troubles WHERE key = $1"));

// An update that changes nothing: it keeps the row for this transaction on both databases.
const LOCK: Sql = Sql::both(concat!(
    "-- trouble.lock\nUPDATE troubles SET times = times WHERE key = $1 RETURNING ",
    columns!()
));

const PUT: Sql = Sql::both(
    "-- trouble.put\n\
    INSERT INTO troubles (key, topic, severity, agency_id, facts, times, since, last_at, ended_at) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (key) DO UPDATE SET topic = excluded.topic, \
    severity = excluded.severity, agency_id = excluded.agency_id, facts = excluded.facts, times = excluded.times, \
    since = excluded.since, last_at = excluded.last_at, ended_at = excluded.ended_at",
);

const INSERT: Insert = Insert {
    head: "-- trouble.insert\n\
        INSERT INTO troubles (key, topic, severity, agency_id, facts, times, since, last_at, ended_at)",
    types: &["text", "text", "text", "text", "text", "bigint", "bigint", "bigint", "bigint"],
    tail: "",
};

const KNOWN: Sql = Sql {
    sqlite: "-- trouble.known\n\
        SELECT t.key FROM json_each($1) AS k CROSS JOIN troubles AS t WHERE t.key = k.value ->> 0",
    postgres: "-- trouble.known\nSELECT key FROM troubles WHERE key = ANY($1::text[])",
};

const UNDER_WAY: Sql = Sql::both(concat!(
    "-- trouble.under_way\nSELECT ",
    columns!(),
    " FROM troubles WHERE ended_at IS NULL ORDER BY since, key LIMIT $1"
));

const COUNTS: Sql = Sql::both(
    "-- trouble.counts\n\
    SELECT topic, agency_id, count(*) FROM troubles WHERE ended_at IS NULL GROUP BY topic, agency_id",
);

impl Tx {
    /// A trouble, for reading only.
    pub async fn trouble(&mut self, key: &str) -> Result<Option<Trouble>, StoreError> {
        let row = self.fetch_one(BY_KEY, &[key.into()]).await?;
        row.map(|row| read(&mut row.reader())).transpose()
    }

    /// A trouble that nobody else changes until the commit.
    pub async fn lock_trouble(&mut self, key: &str) -> Result<Option<Trouble>, StoreError> {
        let row = self.fetch_one(LOCK, &[key.into()]).await?;
        row.map(|row| read(&mut row.reader())).transpose()
    }

    /// Writes a trouble down as it stands now.
    pub async fn put_trouble(&mut self, trouble: &Trouble) -> Result<(), StoreError> {
        self.execute(PUT, &values(trouble)).await.map(drop)
    }

    /// Those of the keys under which there is a trouble, under way or ended.
    pub async fn known_troubles(&mut self, keys: &[&str]) -> Result<BTreeSet<String>, StoreError> {
        let rows = self.fetch_by_keys(KNOWN, keys, 1).await?;
        rows.iter().map(|row| row.reader().text()).collect()
    }

    /// Writes new ones down; a key that is taken is an error.
    pub async fn insert_troubles<'a>(
        &mut self,
        troubles: impl Iterator<Item = &'a Trouble>,
    ) -> Result<(), StoreError> {
        let values: Vec<Value<'a>> = troubles.flat_map(values).collect();
        self.insert(INSERT, &values).await.map(drop)
    }

    /// At most `limit` troubles that are under way, the oldest first.
    pub async fn troubles_under_way(&mut self, limit: u32) -> Result<Vec<Trouble>, StoreError> {
        let rows = self.fetch(UNDER_WAY, &[limit.into()]).await?;
        rows.iter().map(|row| read(&mut row.reader())).collect()
    }

    /// How many are under way, by topic and agency.
    pub async fn count_troubles(&mut self) -> Result<Vec<(String, Option<AgencyId>, u64)>, StoreError> {
        let rows = self.fetch(COUNTS, &[]).await?;
        rows.iter()
            .map(|row| {
                let mut row = row.reader();
                Ok((row.text()?, row.maybe_parsed(AgencyId::parse)?, row.count()?))
            })
            .collect()
    }
}

fn values(trouble: &Trouble) -> [Value<'_>; 9] {
    [
        Value::from(trouble.key.as_str()),
        Value::from(trouble.topic.as_str()),
        Value::from(trouble.severity.as_str()),
        Value::from(trouble.agency.as_ref().map(AgencyId::as_str)),
        Value::from(trouble.facts.as_str()),
        Value::from(trouble.times),
        Value::from(trouble.since),
        Value::from(trouble.last_at),
        Value::from(trouble.ended_at),
    ]
}

fn read(row: &mut Reader<'_>) -> Result<Trouble, StoreError> {
    Ok(Trouble {
        key: row.text()?,
        topic: row.text()?,
        severity: row.text()?,
        agency: row.maybe_parsed(AgencyId::parse)?,
        facts: row.text()?,
        times: row.count()?,
        since: row.time()?,
        last_at: row.time()?,
        ended_at: row.maybe_time()?,
    })
}
