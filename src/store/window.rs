//! Windows of feeds as they were handed out, and the answers that postings got. Written once.

use crate::clock::Timestamp;
use crate::domain::id::AgencyId;
use crate::domain::kind::Kind;
use crate::store::StoreError;
use crate::store::tx::{Insert, Tx};
use crate::store::value::{Reader, Sql, Value};

/// A window that was handed out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedWindow {
    /// Its journal entry.
    pub journal_index: u64,
    /// To whom.
    pub agency: AgencyId,
    /// Of which kind.
    pub kind: Kind,
    /// `page` or `report`.
    pub purpose: String,
    /// The division it was limited to.
    pub region: Option<String>,
    /// The category it was limited to.
    pub category: Option<String>,
    /// Its place in its chain, from 1.
    pub number: u64,
    /// The sequence that the chain had come to.
    pub from: u64,
    /// The last sequence on it.
    pub to: u64,
    /// How many records.
    pub count: u64,
    /// The root over them.
    pub root: [u8; 32],
    /// The root of the window before.
    pub previous: [u8; 32],
    /// The signed note.
    pub note: String,
    /// When.
    pub at: Timestamp,
}

const INSERT_WINDOW: Insert = Insert {
    head: "-- window.insert_window\n\
        INSERT INTO feed_windows (journal_index, agency_id, kind, purpose, region, category, number, position_from, \
        position_to, count, root, previous, note, at)",
    types: &[
        "bigint", "text", "text", "text", "text", "text", "bigint", "bigint", "bigint", "bigint", "bytea",
        "bytea", "text", "bigint",
    ],
    tail: "",
};

macro_rules! windows {
    ($name:literal, $rest:literal) => {
        concat!(
            $name,
            "\nSELECT journal_index, agency_id, kind, purpose, region, category, number, position_from, position_to, \
             count, root, previous, note, at FROM feed_windows WHERE agency_id = $1 AND kind = $2 ",
            $rest
        )
    };
}

const WINDOWS: Sql =
    Sql::both(windows!("-- window.windows", "AND journal_index > $3 ORDER BY journal_index LIMIT $4"));

const LAST_REPORT: Sql = Sql::both(windows!(
    "-- window.last_report",
    "AND purpose = 'report' ORDER BY journal_index DESC LIMIT 1"
));

const POSTING: Sql =
    Sql::both("-- window.posting\nSELECT digest, answer FROM postings WHERE idempotency_key = $1");

const INSERT_POSTING: Insert = Insert {
    head: "-- window.insert_posting\nINSERT INTO postings (idempotency_key, digest, answer, at)",
    types: &["text", "bytea", "text", "bigint"],
    tail: "",
};

impl Tx {
    /// Keeps a window.
    pub async fn insert_feed_window(&mut self, window: &FeedWindow) -> Result<(), StoreError> {
        let values = [
            window.journal_index.into(),
            window.agency.as_str().into(),
            window.kind.as_str().into(),
            window.purpose.as_str().into(),
            window.region.as_deref().into(),
            window.category.as_deref().into(),
            window.number.into(),
            window.from.into(),
            window.to.into(),
            window.count.into(),
            Value::from(&window.root),
            Value::from(&window.previous),
            window.note.as_str().into(),
            window.at.into(),
        ];
        self.insert(INSERT_WINDOW, &values).await.map(drop)
    }

    /// At most `limit` windows of a feed, journalled after the entry `after`, oldest first.
    pub async fn feed_windows(
        &mut self,
        agency: &AgencyId,
        kind: Kind,
        after: Option<u64>,
        limit: u32,
    ) -> Result<Vec<FeedWindow>, StoreError> {
        // Indexes begin at 0, so "before the first" is one less.
        let after = after.map_or(Value::from(-1_i64), Value::from);
        let rows =
            self.fetch(WINDOWS, &[agency.as_str().into(), kind.as_str().into(), after, limit.into()]).await?;
        rows.iter().map(|row| window(&mut row.reader())).collect()
    }

    /// The last report of a feed.
    pub async fn last_report(
        &mut self,
        agency: &AgencyId,
        kind: Kind,
    ) -> Result<Option<FeedWindow>, StoreError> {
        let row = self.fetch_one(LAST_REPORT, &[agency.as_str().into(), kind.as_str().into()]).await?;
        row.map(|row| window(&mut row.reader())).transpose()
    }

    /// What was posted under a key: its digest, and the answer.
    pub async fn posting(&mut self, key: &str) -> Result<Option<([u8; 32], String)>, StoreError> {
        let row = self.fetch_one(POSTING, &[key.into()]).await?;
        row.map(|row| {
            let mut row = row.reader();
            Ok((row.thirty_two()?, row.text()?))
        })
        .transpose()
    }

    /// Keeps the answer to what was posted under a key.
    ///
    /// # Errors
    /// [`StoreError::Taken`] if the key was used.
    pub async fn insert_posting(
        &mut self,
        key: &str,
        digest: &[u8; 32],
        answer: &str,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.insert(INSERT_POSTING, &[key.into(), digest.into(), answer.into(), at.into()]).await.map(drop)
    }
}

fn window(row: &mut Reader<'_>) -> Result<FeedWindow, StoreError> {
    Ok(FeedWindow {
        journal_index: row.count()?,
        agency: row.parsed(AgencyId::parse)?,
        kind: row.parsed(Kind::parse)?,
        purpose: row.text()?,
        region: row.maybe_text()?,
        category: row.maybe_text()?,
        number: row.count()?,
        from: row.count()?,
        to: row.count()?,
        count: row.count()?,
        root: row.thirty_two()?,
        previous: row.thirty_two()?,
        note: row.text()?,
        at: row.time()?,
    })
}
