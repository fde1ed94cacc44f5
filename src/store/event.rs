//! Events: the platform's feed, one for each journal entry that the platform should hear of.

use crate::clock::Timestamp;
use crate::domain::id::{AgencyId, CaseId};
use crate::domain::kind::Kind;
use crate::store::StoreError;
use crate::store::tx::{Insert, Tx};
use crate::store::value::{Reader, Sql, Value};

/// An event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The cursor: the index of its journal entry. Events become visible in this order.
    pub journal_index: u64,
    /// Its id, the same on every road.
    pub id: String,
    /// Its type, for example `regbridge.complaint-order.received`.
    pub event_type: String,
    /// The case.
    pub case: CaseId,
    /// The agency.
    pub agency: AgencyId,
    /// The kind of the record it is about.
    pub kind: Kind,
    /// When.
    pub at: Timestamp,
    /// Canonical JSON.
    pub data: String,
}

const INSERT: Insert = Insert {
    head: "-- event.insert\nINSERT INTO events (journal_index, id, type, case_id, agency_id, kind, at, data)",
    types: &["bigint", "text", "text", "text", "text", "text", "bigint", "text"],
    tail: "",
};

const AFTER: Sql = Sql::both(
    "-- event.after\n\
    SELECT journal_index, id, type, case_id, agency_id, kind, at, data FROM events \
    WHERE journal_index > $1 ORDER BY journal_index LIMIT $2",
);

impl Tx {
    /// Stores events. The journal must be locked, so that they become visible in order.
    pub async fn insert_events(&mut self, new: &[Event]) -> Result<(), StoreError> {
        let mut values = Vec::with_capacity(new.len() * INSERT.types.len());
        for e in new {
            values.extend([
                Value::from(e.journal_index),
                Value::from(e.id.as_str()),
                Value::from(e.event_type.as_str()),
                Value::from(e.case.as_str()),
                Value::from(e.agency.as_str()),
                Value::from(e.kind.as_str()),
                Value::from(e.at),
                Value::from(e.data.as_str()),
            ]);
        }
        self.insert(INSERT, &values).await.map(drop)
    }

    /// At most `limit` events after a cursor, or from the first on.
    pub async fn events_after(&mut self, cursor: Option<u64>, limit: u32) -> Result<Vec<Event>, StoreError> {
        // Indexes begin at 0, so "before the first" is one less.
        let cursor = cursor.map_or(Value::from(-1_i64), Value::from);
        let rows = self.fetch(AFTER, &[cursor, limit.into()]).await?;
        rows.iter().map(|row| read(&mut row.reader())).collect()
    }
}

fn read(row: &mut Reader<'_>) -> Result<Event, StoreError> {
    Ok(Event {
        journal_index: row.count()?,
        id: row.text()?,
        event_type: row.text()?,
        case: row.parsed(CaseId::parse)?,
        agency: row.parsed(AgencyId::parse)?,
        kind: row.parsed(Kind::parse)?,
        at: row.time()?,
        data: row.text()?,
    })
}
