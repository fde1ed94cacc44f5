//! Feeds: which deliveries to an agency make a page, and what takes the place of what. The windows that were handed out
//! are in [`crate::store::window`].
//!
//! Promise: what another record has taken the place of, an operator stopped, or was removed, is never among the keys of a page. Pages
//! are read in two steps, keys first and bodies then, because who may have what is decided above.

use crate::clock::Timestamp;
use crate::domain::id::{CaseId, DeliveryId, RecordId};
use crate::domain::region::Region;
use crate::store::StoreError;
use crate::store::tx::{Insert, Tx};
use crate::store::value::{Reader, Sql, Value};
pub use crate::store::window::FeedWindow;

/// What a delivery to an agency carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedItem {
    /// The delivery.
    pub delivery: DeliveryId,
    /// Its record.
    pub record: RecordId,
    /// The delivery's destination.
    pub destination: String,
    /// The record's categories.
    pub categories: Vec<String>,
    /// The report's number, where it is one.
    pub number: Option<String>,
    /// The number of the report it takes the place of.
    pub supersedes: Option<String>,
}

/// Where in a feed to look.
#[derive(Clone, Copy, Debug)]
pub struct Stretch<'a> {
    /// `agency:<id>`.
    pub destination: &'a str,
    /// A record kind.
    pub kind: &'a str,
    /// Numbered above this.
    pub after: u64,
    /// Up to this.
    pub through: u64,
    /// Digits that the division begins with; empty for all.
    pub region: &'a str,
    /// Also what another has taken the place of, and what an operator stopped.
    pub superseded: bool,
}

/// A delivery in a feed, without its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedKey {
    /// The delivery.
    pub id: DeliveryId,
    /// Its number.
    pub sequence: u64,
    /// The division of its case.
    pub region: Region,
    /// The record's categories.
    pub categories: Vec<String>,
    /// How many bytes its message has.
    pub size: u64,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A delivery in a feed, as it is handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedBody {
    /// The delivery.
    pub id: DeliveryId,
    /// Its number.
    pub sequence: u64,
    /// Its case.
    pub case: CaseId,
    /// The message.
    pub body: Vec<u8>,
    /// Its media type.
    pub content_type: String,
    /// The salt of its digest in the journal; empty where the entry has none.
    pub salt: Vec<u8>,
    /// When it was made.
    pub created_at: Timestamp,
    /// The number of the report it takes the place of.
    pub supersedes: Option<String>,
    /// The canonical record, JSON.
    pub record: Option<String>,
}

const INSERT_ITEMS: Insert = Insert {
    head: "-- feed.insert_items\n\
        INSERT INTO feed_items (delivery_id, record_id, destination, categories, number, supersedes)",
    types: &["text", "text", "text", "text", "text", "text"],
    tail: "",
};

const SUPERSEDE: Sql = Sql::both(
    "-- feed.supersede\n\
    UPDATE feed_items SET superseded_by = $3 \
    WHERE destination = $1 AND number = $2 AND superseded_by IS NULL AND delivery_id <> $3 \
    AND record_id <> (SELECT n.record_id FROM feed_items AS n WHERE n.delivery_id = $3)",
);

// What came late: a newer one that takes its place is there already.
const SUPERSEDE_LATE: Sql = Sql::both(
    "-- feed.supersede_late\n\
    UPDATE feed_items SET superseded_by = (SELECT n.delivery_id FROM feed_items AS n \
    WHERE n.destination = $1 AND n.supersedes = $2 AND n.delivery_id <> $3 \
    AND n.record_id <> feed_items.record_id ORDER BY n.delivery_id LIMIT 1) \
    WHERE delivery_id = $3 AND superseded_by IS NULL",
);

// What a worker is sending at this moment it sends.
const SET_ASIDE: Sql = Sql::both(
    "-- feed.set_aside\n\
    UPDATE deliveries SET state = 'given_up', next_at = NULL, settled_at = $2, settled_by = 'superseded' \
    WHERE state = 'queued' AND lease_token IS NULL AND destination = $1 \
    AND id IN (SELECT delivery_id FROM feed_items WHERE destination = $1 AND superseded_by IS NOT NULL \
    AND (number = $3 OR number = $4))",
);

const KEYS: Sql = Sql::both(
    "-- feed.keys\n\
    SELECT d.id, d.sequence, c.region, COALESCE(i.categories, '[]'), CAST(length(d.body) AS bigint), d.created_at \
    FROM deliveries AS d JOIN cases AS c ON c.id = d.case_id LEFT JOIN feed_items AS i ON i.delivery_id = d.id \
    WHERE d.destination = $1 AND d.kind = $2 AND d.sequence > $3 AND d.sequence <= $4 AND length(d.body) > 0 \
    AND substr(c.region, 1, length(CAST($5 AS text))) = $5 \
    AND (CAST($6 AS bigint) = 1 OR (i.superseded_by IS NULL \
    AND NOT (d.state = 'given_up' AND COALESCE(d.settled_by, '') = 'operator'))) ORDER BY d.sequence LIMIT $7",
);

macro_rules! bodies {
    ($from:literal) => {
        concat!(
            "-- feed.bodies\n\
             SELECT d.id, d.sequence, d.case_id, d.body, d.content_type, d.salt, d.created_at, i.supersedes, r.body FROM ",
            $from,
            " LEFT JOIN feed_items AS i ON i.delivery_id = d.id LEFT JOIN records AS r ON r.case_id = d.case_id \
              AND r.journal_index = d.journal_index ORDER BY d.sequence"
        )
    };
}

const BODIES: Sql = Sql {
    sqlite: bodies!("json_each($1) AS k CROSS JOIN deliveries AS d ON d.id = k.value ->> 0"),
    postgres: bodies!("unnest($1::text[]) AS k (id) JOIN deliveries AS d ON d.id = k.id"),
};

const SINCE: Sql = Sql::both(
    "-- feed.since\n\
    SELECT COALESCE(min(sequence) - 1, (SELECT COALESCE(max(sequence), 0) FROM deliveries \
    WHERE destination = $1 AND kind = $2)) \
    FROM deliveries WHERE destination = $1 AND kind = $2 AND created_at >= $3",
);

const END: Sql = Sql::both(
    "-- feed.end\nSELECT COALESCE(max(sequence), 0) FROM deliveries WHERE destination = $1 AND kind = $2",
);

// $1 is a JSON array of ids on both.
const HAND_OVER: Sql = Sql {
    sqlite: "-- feed.hand_over\n\
        UPDATE deliveries SET state = 'sent' WHERE state = 'queued' \
        AND id IN (SELECT value FROM json_each($1))",
    postgres: "-- feed.hand_over\n\
        UPDATE deliveries SET state = 'sent' WHERE state = 'queued' \
        AND id IN (SELECT json_array_elements_text(CAST($1 AS json)))",
};

// As when a numeric cursor confirms: a worker that is pushing one of these loses its lease.
const CONFIRM: Sql = Sql {
    sqlite: "-- feed.confirm\n\
        UPDATE deliveries SET state = 'received', next_at = NULL, lease_token = NULL, lease_holder = NULL, \
        lease_until = NULL, settled_at = $2, settled_by = 'pull' \
        WHERE state = 'sent' AND id IN (SELECT value FROM json_each($1))",
    postgres: "-- feed.confirm\n\
        UPDATE deliveries SET state = 'received', next_at = NULL, lease_token = NULL, lease_holder = NULL, \
        lease_until = NULL, settled_at = $2, settled_by = 'pull' \
        WHERE state = 'sent' AND id IN (SELECT json_array_elements_text(CAST($1 AS json)))",
};

impl Tx {
    /// Says what deliveries carry, which must be there already; what they take the place of is served no more, and is
    /// set aside where nobody has it yet.
    pub async fn insert_feed_items(&mut self, new: &[FeedItem], at: Timestamp) -> Result<(), StoreError> {
        let categories: Vec<String> =
            new.iter().map(|item| serde_json::Value::from(item.categories.clone()).to_string()).collect();
        let mut values = Vec::with_capacity(new.len() * INSERT_ITEMS.types.len());
        for (item, categories) in new.iter().zip(&categories) {
            values.extend([
                Value::from(item.delivery.as_str()),
                Value::from(item.record.as_str()),
                Value::from(item.destination.as_str()),
                Value::from(categories.as_str()),
                Value::from(item.number.as_deref()),
                Value::from(item.supersedes.as_deref()),
            ]);
        }
        self.insert(INSERT_ITEMS, &values).await?;
        for item in new {
            let (to, id) = (Value::from(item.destination.as_str()), Value::from(item.delivery.as_str()));
            if let Some(number) = item.supersedes.as_deref() {
                self.execute(SUPERSEDE, &[to, number.into(), id]).await?;
            }
            if let Some(number) = item.number.as_deref() {
                self.execute(SUPERSEDE_LATE, &[to, number.into(), id]).await?;
            }
            if item.supersedes.is_some() || item.number.is_some() {
                let numbers = [item.supersedes.as_deref().into(), item.number.as_deref().into()];
                self.execute(SET_ASIDE, &[to, at.into(), numbers[0], numbers[1]]).await?;
            }
        }
        Ok(())
    }

    /// At most `limit` deliveries of a stretch, in order.
    pub async fn feed_keys(&mut self, of: Stretch<'_>, limit: u32) -> Result<Vec<FeedKey>, StoreError> {
        let values = [
            of.destination.into(),
            of.kind.into(),
            of.after.into(),
            of.through.into(),
            of.region.into(),
            Value::from(i64::from(of.superseded)),
            limit.into(),
        ];
        let rows = self.fetch(KEYS, &values).await?;
        rows.iter().map(|row| key(&mut row.reader())).collect()
    }

    /// These deliveries as they are handed over, in order.
    pub async fn feed_bodies(&mut self, ids: &[DeliveryId]) -> Result<Vec<FeedBody>, StoreError> {
        let ids: Vec<&str> = ids.iter().map(DeliveryId::as_str).collect();
        let rows = self.fetch_by_keys(BODIES, &ids, 1).await?;
        rows.iter().map(|row| body(&mut row.reader())).collect()
    }

    /// The number before the first delivery that was made at `since` or later; without one, the last number.
    pub async fn feed_since(
        &mut self,
        destination: &str,
        kind: &str,
        since: Timestamp,
    ) -> Result<u64, StoreError> {
        let row = self.fetch_one(SINCE, &[destination.into(), kind.into(), since.into()]).await?;
        row.map_or(Ok(0), |row| row.reader().count())
    }

    /// The last number of a kind.
    pub async fn feed_end(&mut self, destination: &str, kind: &str) -> Result<u64, StoreError> {
        let row = self.fetch_one(END, &[destination.into(), kind.into()]).await?;
        row.map_or(Ok(0), |row| row.reader().count())
    }

    /// These deliveries were handed over.
    pub async fn hand_over(&mut self, ids: &[DeliveryId]) -> Result<u64, StoreError> {
        let ids = json(ids);
        self.execute(HAND_OVER, &[ids.as_str().into()]).await
    }

    /// Their destination says that it has these; how many of them it had not said so before.
    pub async fn confirm(&mut self, ids: &[DeliveryId], at: Timestamp) -> Result<u64, StoreError> {
        let ids = json(ids);
        self.execute(CONFIRM, &[ids.as_str().into(), at.into()]).await
    }
}

fn json(ids: &[DeliveryId]) -> String {
    serde_json::to_string(ids).expect("texts are always JSON")
}

fn key(row: &mut Reader<'_>) -> Result<FeedKey, StoreError> {
    Ok(FeedKey {
        id: row.parsed(DeliveryId::parse)?,
        sequence: row.count()?,
        region: row.parsed(Region::parse)?,
        categories: row.parsed(|text| serde_json::from_str(text))?,
        size: row.small().map(u64::from)?,
        created_at: row.time()?,
    })
}

fn body(row: &mut Reader<'_>) -> Result<FeedBody, StoreError> {
    Ok(FeedBody {
        id: row.parsed(DeliveryId::parse)?,
        sequence: row.count()?,
        case: row.parsed(CaseId::parse)?,
        body: row.blob()?,
        content_type: row.text()?,
        salt: row.blob()?,
        created_at: row.time()?,
        supersedes: row.maybe_text()?,
        record: row.maybe_text()?,
    })
}
