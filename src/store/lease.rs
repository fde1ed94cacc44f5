//! Leases: which worker is sending a delivery right now.
//!
//! Promise: a delivery is held by at most one lease; of a destination's deliveries about one case only the oldest
//! unsettled one is ever leased, so that order is kept; and who lost the lease cannot settle any more. A worker
//! that dies simply lets its lease run out; where it is known to be dead, its lease can be taken from it.

use crate::clock::Timestamp;
use crate::domain::id::{CaseId, DeliveryId};
use crate::store::StoreError;
use crate::store::delivery::DeliveryState;
use crate::store::tx::Tx;
use crate::store::value::{Reader, Sql, Value};

/// A delivery under lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeasedDelivery {
    /// Its id.
    pub id: DeliveryId,
    /// `agency:<id>` or `webhook:<name>`.
    pub destination: String,
    /// Its number within the destination.
    pub sequence: u64,
    /// The case it is about.
    pub case: CaseId,
    /// A record kind, or an event type for a webhook.
    pub kind: String,
    /// The profile's message, or the event's id for a webhook.
    pub message: String,
    /// The bytes.
    pub body: Vec<u8>,
    /// Their media type.
    pub content_type: String,
    /// Its journal entry.
    pub journal_index: u64,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// When it was made.
    pub created_at: Timestamp,
}

/// How an attempt under lease ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settlement<'a> {
    /// The delivery.
    pub id: &'a DeliveryId,
    /// The token of the lease.
    pub token: &'a str,
    /// When the attempt began.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Timestamp,
    /// What becomes of the delivery.
    pub next: Next,
    /// HTTP status, if it came so far.
    pub status: Option<u16>,
    /// What was said, cut short.
    pub detail: &'a str,
    /// Who says so: the worker's name.
    pub by: &'a str,
}

/// What becomes of a delivery after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// The peer has it.
    Received,
    /// The peer's case system took it.
    Accepted,
    /// Again at this time.
    Retry(Timestamp),
    /// The peer refused it for good.
    Refused,
    /// No further attempt.
    GivenUp,
}

impl Next {
    const fn state(self) -> DeliveryState {
        match self {
            Self::Received => DeliveryState::Received,
            Self::Accepted => DeliveryState::Accepted,
            Self::Retry(_) => DeliveryState::Queued,
            Self::Refused => DeliveryState::Refused,
            Self::GivenUp => DeliveryState::GivenUp,
        }
    }

    const fn outcome(self) -> &'static str {
        match self {
            Self::Received | Self::Accepted => "done",
            Self::Retry(_) => "retry",
            Self::Refused | Self::GivenUp => "give_up",
        }
    }
}

// $1 now, $2 until, $3 holder, $4 token, $5 limit. Due, not held by anybody, and nothing older unsettled before it.
macro_rules! due {
    () => {
        "SELECT d.id FROM deliveries AS d \
         WHERE d.state IN ('queued', 'sent') AND d.next_at <= $1 \
         AND (d.lease_until IS NULL OR d.lease_until <= $1) \
         AND NOT EXISTS (SELECT 1 FROM deliveries AS o WHERE o.destination = d.destination \
         AND o.case_id = d.case_id AND o.state IN ('queued', 'sent') AND o.sequence < d.sequence) \
         ORDER BY d.next_at, d.sequence LIMIT $5"
    };
}

macro_rules! take {
    () => {
        "UPDATE deliveries SET attempts = attempts + 1, lease_until = $2, lease_holder = $3, lease_token = $4 \
         WHERE id IN (SELECT id FROM due) \
         RETURNING id, destination, sequence, case_id, kind, message, body, content_type, journal_index, attempts, \
         created_at"
    };
}

// MATERIALIZED: PostgreSQL must choose the rows once, not once per candidate.
const LEASE: Sql = Sql {
    sqlite: concat!("-- lease.take\nWITH due AS MATERIALIZED (", due!(), ") ", take!()),
    postgres: concat!(
        "-- lease.take\nWITH due AS MATERIALIZED (",
        due!(),
        " FOR UPDATE OF d SKIP LOCKED) ",
        take!()
    ),
};

const NEXT_DUE: Sql = Sql::both(
    "-- lease.next_due\n\
    SELECT min(CASE WHEN lease_until > next_at THEN lease_until ELSE next_at END) FROM deliveries \
    WHERE next_at IS NOT NULL AND state IN ('queued', 'sent')",
);

const SETTLE: Sql = Sql::both(
    "-- lease.settle\n\
    UPDATE deliveries SET state = $3, next_at = $4, last_status = $5, last_detail = $6, settled_at = $7, \
    settled_by = $8, lease_token = NULL, lease_holder = NULL, lease_until = NULL \
    WHERE id = $1 AND lease_token = $2 RETURNING attempts",
);

const RELEASE: Sql = Sql::both(
    "-- lease.release_all\n\
    UPDATE deliveries SET lease_token = NULL, lease_holder = NULL, lease_until = NULL WHERE lease_until IS NOT NULL",
);

const ATTEMPT: Sql = Sql::both(
    "-- lease.attempt\n\
    INSERT INTO attempts (delivery_id, number, started_at, finished_at, outcome, status, detail) \
    VALUES ($1, $2, $3, $4, $5, $6, $7)",
);

impl Tx {
    /// Leases at most `limit` due deliveries until `until` and begins an attempt of each; oldest number first.
    /// `token` must be new for every call: it is what fences the lease.
    pub async fn lease_deliveries(
        &mut self,
        now: Timestamp,
        until: Timestamp,
        holder: &str,
        token: &str,
        limit: u32,
    ) -> Result<Vec<LeasedDelivery>, StoreError> {
        let values = [now.into(), until.into(), holder.into(), token.into(), limit.into()];
        let rows = self.fetch(LEASE, &values).await?;
        let mut leased: Vec<LeasedDelivery> =
            rows.iter().map(|row| read(&mut row.reader())).collect::<Result<_, _>>()?;
        leased.sort_by(|a, b| (&a.destination, a.sequence).cmp(&(&b.destination, b.sequence)));
        Ok(leased)
    }

    /// Takes every lease from its holder; how many. Only for who knows that all holders are gone: what one of them is
    /// still sending would be sent twice.
    pub async fn release_leases(&mut self) -> Result<u64, StoreError> {
        self.execute(RELEASE, &[]).await
    }

    /// When something may next be leased: a due time, or the end of a lease that nobody settled.
    pub async fn next_due(&mut self) -> Result<Option<Timestamp>, StoreError> {
        let row = self.fetch_one(NEXT_DUE, &[]).await?;
        row.map_or(Ok(None), |row| row.reader().maybe_time())
    }

    /// Ends an attempt and says what becomes of the delivery; false, and nothing changed, if the lease is no longer
    /// this one's (it ran out and another worker took over, or the destination pulled the delivery meanwhile).
    pub async fn settle_delivery(&mut self, end: &Settlement<'_>) -> Result<bool, StoreError> {
        let settled = end.next.state().is_settled();
        let retry_at = if let Next::Retry(at) = end.next { Some(at) } else { None };
        let values = [
            Value::from(end.id.as_str()),
            Value::from(end.token),
            Value::from(end.next.state().as_str()),
            Value::from(retry_at),
            Value::from(end.status),
            Value::from(end.detail),
            Value::from(settled.then_some(end.finished_at)),
            Value::from(settled.then_some(end.by)),
        ];
        let Some(row) = self.fetch_one(SETTLE, &values).await? else { return Ok(false) };
        let values = [
            Value::from(end.id.as_str()),
            Value::from(row.reader().count()?),
            Value::from(end.started_at),
            Value::from(end.finished_at),
            Value::from(end.next.outcome()),
            Value::from(end.status),
            Value::from(end.detail),
        ];
        self.execute(ATTEMPT, &values).await?;
        Ok(true)
    }
}

fn read(row: &mut Reader<'_>) -> Result<LeasedDelivery, StoreError> {
    Ok(LeasedDelivery {
        id: row.parsed(DeliveryId::parse)?,
        destination: row.text()?,
        sequence: row.count()?,
        case: row.parsed(CaseId::parse)?,
        kind: row.text()?,
        message: row.text()?,
        body: row.blob()?,
        content_type: row.text()?,
        journal_index: row.count()?,
        attempt: row.small()?,
        created_at: row.time()?,
    })
}
