//! Notices: e-mails to staff, one row a recipient; queued with what they tell of, sent under a lease.
//!
//! Promise: a notice is held by at most one lease, and who lost it cannot settle any more. One whose sender dies is
//! leased again when the lease has run out, so it may be sent twice, under the same id, and never not at all.

use crate::clock::Timestamp;
use crate::store::StoreError;
use crate::store::tx::{Insert, Tx};
use crate::store::value::{Reader, Sql, Value};

/// How far a notice has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeState {
    /// It is to be sent.
    Queued,
    /// The mail server has it.
    Sent,
    /// The mail server refused its recipient for good.
    Refused,
    /// The last attempt failed.
    GivenUp,
}

impl NoticeState {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Queued, Self::Sent, Self::Refused, Self::GivenUp];

    /// The text form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Refused => "refused",
            Self::GivenUp => "given_up",
        }
    }

    /// From the text form.
    pub fn parse(text: &str) -> Result<Self, crate::domain::id::BadId> {
        Self::ALL.into_iter().find(|state| state.as_str() == text).ok_or(crate::domain::id::BadId {
            what: "notice state",
            expected: "queued, sent, refused or given_up",
        })
    }
}

/// A notice to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewNotice {
    /// `UUIDv7`.
    pub id: String,
    /// The address.
    pub recipient: String,
    /// What the recipient is.
    pub role: String,
    /// Of its troubles, or `digest`.
    pub topic: String,
    /// `begins`, `ends`, `daily` or `weekly`.
    pub edge: &'static str,
    /// `info`, `warning` or `critical`.
    pub severity: String,
    /// JSON: what it tells of.
    pub items: String,
    /// Of what there may be but one.
    pub once: Option<String>,
    /// Not sent before.
    pub next_at: Timestamp,
    /// When it was queued.
    pub created_at: Timestamp,
}

/// A notice as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// `UUIDv7`.
    pub id: String,
    /// The address.
    pub recipient: String,
    /// What the recipient is.
    pub role: String,
    /// Of its troubles, or `digest`.
    pub topic: String,
    /// `begins`, `ends`, `daily` or `weekly`.
    pub edge: String,
    /// `info`, `warning` or `critical`.
    pub severity: String,
    /// JSON: what it tells of.
    pub items: String,
    /// How far it has come.
    pub state: NoticeState,
    /// Attempts begun.
    pub attempts: u32,
    /// When it is tried next, if it is to be.
    pub next_at: Option<Timestamp>,
    /// The mail server's last reply code.
    pub last_status: Option<u16>,
    /// And its words, cut short.
    pub last_detail: Option<String>,
    /// When it was queued.
    pub created_at: Timestamp,
    /// When it was settled.
    pub settled_at: Option<Timestamp>,
}

/// How an attempt under lease ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeSettlement<'a> {
    /// The notice.
    pub id: &'a str,
    /// The token of the lease.
    pub token: &'a str,
    /// Its state from now on.
    pub state: NoticeState,
    /// When to try again, where it stays queued.
    pub next_at: Option<Timestamp>,
    /// The mail server's reply code, if it came so far.
    pub status: Option<u16>,
    /// What was said, cut short.
    pub detail: &'a str,
    /// When.
    pub at: Timestamp,
}

macro_rules! columns {
    () => {
        "id, recipient, role, topic, edge, severity, items, state, attempts, next_at, last_status, last_detail, \
         created_at, settled_at"
    };
}

const INSERT: Insert = Insert {
    head: "-- notice.insert\n\
        INSERT INTO notices (id, recipient, role, topic, edge, severity, items, once, state, attempts, next_at, \
        created_at)",
    types: &[
        "text", "text", "text", "text", "text", "text", "text", "text", "text", "bigint", "bigint", "bigint",
    ],
    tail: "ON CONFLICT (once) DO NOTHING RETURNING id",
};

// FOR UPDATE by an update that changes nothing: nobody leases them meanwhile.
const WAITING: Sql = Sql::both(concat!(
    "-- notice.waiting\n\
    UPDATE notices SET attempts = 0 WHERE topic = $1 AND edge = $2 AND state = 'queued' AND attempts = 0 \
    AND lease_until IS NULL RETURNING ",
    columns!()
));

const REWRITE: Sql =
    Sql::both("-- notice.rewrite\nUPDATE notices SET items = $2, severity = $3 WHERE id = $1");

const POSTPONE: Sql =
    Sql::both("-- notice.postpone\nUPDATE notices SET next_at = $2 WHERE id = $1 AND state = 'queued'");

const RECALL: Sql = Sql::both("-- notice.recall\nDELETE FROM notices WHERE id = $1 AND attempts = 0");

macro_rules! due {
    () => {
        "SELECT id FROM notices WHERE state = 'queued' AND next_at <= $1 \
         AND (lease_until IS NULL OR lease_until <= $1) ORDER BY next_at, id LIMIT $4"
    };
}

macro_rules! take {
    () => {
        concat!(
            "UPDATE notices SET attempts = attempts + 1, lease_until = $2, lease_token = $3 \
             WHERE id IN (SELECT id FROM due) RETURNING ",
            columns!()
        )
    };
}

// MATERIALIZED: PostgreSQL must choose the rows once, not once per candidate.
const LEASE: Sql = Sql {
    sqlite: concat!("-- notice.lease\nWITH due AS MATERIALIZED (", due!(), ") ", take!()),
    postgres: concat!(
        "-- notice.lease\nWITH due AS MATERIALIZED (",
        due!(),
        " FOR UPDATE SKIP LOCKED) ",
        take!()
    ),
};

const SETTLE: Sql = Sql::both(
    "-- notice.settle\n\
    UPDATE notices SET state = $3, next_at = $4, last_status = $5, last_detail = $6, settled_at = $7, \
    lease_token = NULL, lease_until = NULL WHERE id = $1 AND lease_token = $2",
);

const PAGE: Sql = Sql::both(concat!(
    "-- notice.page\nSELECT ",
    columns!(),
    " FROM notices WHERE (CAST($1 AS text) IS NULL OR state = $1) AND (CAST($2 AS text) IS NULL OR id < $2) \
      ORDER BY id DESC LIMIT $3"
));

const BY_ID: Sql = Sql::both(concat!("-- notice.by_id\nSELECT ", columns!(), " FROM notices WHERE id = $1"));

// Of each address the last notice that was settled, where it was refused.
const REFUSED: Sql = Sql::both(concat!(
    "-- notice.refused\nSELECT ",
    columns!(),
    " FROM notices AS n WHERE n.state = 'refused' AND NOT EXISTS (SELECT 1 FROM notices AS o \
      WHERE o.recipient = n.recipient AND o.state IN ('sent', 'refused') AND (o.settled_at > n.settled_at \
      OR (o.settled_at = n.settled_at AND o.id > n.id))) ORDER BY n.recipient"
));

const FORGET: Sql =
    Sql::both("-- notice.forget\nDELETE FROM notices WHERE state <> 'queued' AND settled_at < $1");

impl Tx {
    /// Queues notices; the ids of those that are new.
    pub async fn insert_notices(&mut self, new: &[NewNotice]) -> Result<Vec<String>, StoreError> {
        let mut values = Vec::with_capacity(new.len() * INSERT.types.len());
        for notice in new {
            values.extend([
                Value::from(notice.id.as_str()),
                Value::from(notice.recipient.as_str()),
                Value::from(notice.role.as_str()),
                Value::from(notice.topic.as_str()),
                Value::from(notice.edge),
                Value::from(notice.severity.as_str()),
                Value::from(notice.items.as_str()),
                Value::from(notice.once.as_deref()),
                Value::from(NoticeState::Queued.as_str()),
                Value::from(0_i64),
                Value::from(notice.next_at),
                Value::from(notice.created_at),
            ]);
        }
        let rows = self.insert(INSERT, &values).await?;
        rows.iter().map(|row| row.reader().text()).collect()
    }

    /// The notices of a topic's edge that nobody has tried to send yet; nobody else changes them until the commit.
    pub async fn waiting_notices(&mut self, topic: &str, edge: &str) -> Result<Vec<Notice>, StoreError> {
        let rows = self.fetch(WAITING, &[topic.into(), edge.into()]).await?;
        let mut waiting: Vec<Notice> =
            rows.iter().map(|row| read(&mut row.reader())).collect::<Result<_, _>>()?;
        waiting.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(waiting)
    }

    /// Has a waiting notice tell of something else.
    pub async fn rewrite_notice(&mut self, id: &str, items: &str, severity: &str) -> Result<(), StoreError> {
        self.execute(REWRITE, &[id.into(), items.into(), severity.into()]).await.map(drop)
    }

    /// Has a waiting notice sent later.
    pub async fn postpone_notice(&mut self, id: &str, until: Timestamp) -> Result<(), StoreError> {
        self.execute(POSTPONE, &[id.into(), until.into()]).await.map(drop)
    }

    /// Takes a waiting notice back.
    pub async fn recall_notice(&mut self, id: &str) -> Result<(), StoreError> {
        self.execute(RECALL, &[id.into()]).await.map(drop)
    }

    /// Leases at most `limit` notices that are due and begins an attempt of each; oldest first.
    pub async fn lease_notices(
        &mut self,
        now: Timestamp,
        until: Timestamp,
        token: &str,
        limit: u32,
    ) -> Result<Vec<Notice>, StoreError> {
        let rows = self.fetch(LEASE, &[now.into(), until.into(), token.into(), limit.into()]).await?;
        let mut leased: Vec<Notice> =
            rows.iter().map(|row| read(&mut row.reader())).collect::<Result<_, _>>()?;
        leased.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(leased)
    }

    /// Ends an attempt; false, and nothing changed, if the lease is no longer this one's.
    pub async fn settle_notice(&mut self, end: &NoticeSettlement<'_>) -> Result<bool, StoreError> {
        let settled = end.state != NoticeState::Queued;
        let values = [
            Value::from(end.id),
            Value::from(end.token),
            Value::from(end.state.as_str()),
            Value::from(end.next_at),
            Value::from(end.status),
            Value::from(end.detail),
            Value::from(settled.then_some(end.at)),
        ];
        Ok(self.execute(SETTLE, &values).await? == 1)
    }

    /// At most `limit` notices, the newest first, from the one before `before` on.
    pub async fn notice_page(
        &mut self,
        state: Option<NoticeState>,
        before: Option<&str>,
        limit: u32,
    ) -> Result<Vec<Notice>, StoreError> {
        let values = [Value::from(state.map(NoticeState::as_str)), Value::from(before), Value::from(limit)];
        let rows = self.fetch(PAGE, &values).await?;
        rows.iter().map(|row| read(&mut row.reader())).collect()
    }

    /// One notice.
    pub async fn notice(&mut self, id: &str) -> Result<Option<Notice>, StoreError> {
        let row = self.fetch_one(BY_ID, &[id.into()]).await?;
        row.map(|row| read(&mut row.reader())).transpose()
    }

    /// Of each address whose last notice was refused, that notice.
    pub async fn refused_notices(&mut self) -> Result<Vec<Notice>, StoreError> {
        let rows = self.fetch(REFUSED, &[]).await?;
        rows.iter().map(|row| read(&mut row.reader())).collect()
    }

    /// Removes notices that were settled before; how many.
    pub async fn forget_notices(&mut self, before: Timestamp) -> Result<u64, StoreError> {
        self.execute(FORGET, &[before.into()]).await
    }
}

fn read(row: &mut Reader<'_>) -> Result<Notice, StoreError> {
    Ok(Notice {
        id: row.text()?,
        recipient: row.text()?,
        role: row.text()?,
        topic: row.text()?,
        edge: row.text()?,
        severity: row.text()?,
        items: row.text()?,
        state: row.parsed(NoticeState::parse)?,
        attempts: row.small()?,
        next_at: row.maybe_time()?,
        last_status: row.status()?,
        last_detail: row.maybe_text()?,
        created_at: row.time()?,
        settled_at: row.maybe_time()?,
    })
}
