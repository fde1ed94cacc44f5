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
    /// Since when it is tried: when it was made, or when an operator had it tried again.
    pub since: Timestamp,
    /// Which attempt this is since then, from 1.
    pub tried: u32,
}

/// A lease to be.
#[derive(Clone, Copy, Debug)]
pub struct Lease<'a> {
    /// From now on.
    pub now: Timestamp,
    /// Until then.
    pub until: Timestamp,
    /// Whose.
    pub holder: &'a str,
    /// New for every lease: it is what fences it.
    pub token: &'a str,
}

/// A destination that something is due to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueDestination {
    /// `agency:<id>` or `webhook:<name>`.
    pub name: String,
    /// How much the one who asks has in hand of it.
    pub held: u32,
    /// It failed, and its time is over: one delivery may go, as a trial.
    pub on_trial: bool,
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
    /// The mark of the folder that it lies in, if it was laid into one.
    pub placed_in: Option<&'a str>,
}

/// What becomes of a delivery after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// It lies in the peer's folder, for the peer to take away.
    Placed,
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
    /// The delivery's state from then on.
    #[must_use]
    pub const fn state(self) -> DeliveryState {
        match self {
            Self::Placed => DeliveryState::Sent,
            Self::Received => DeliveryState::Received,
            Self::Accepted => DeliveryState::Accepted,
            Self::Retry(_) => DeliveryState::Queued,
            Self::Refused => DeliveryState::Refused,
            Self::GivenUp => DeliveryState::GivenUp,
        }
    }

    /// Whether it says what became of the delivery.
    #[must_use]
    pub const fn is_news(self) -> bool {
        matches!(self, Self::Accepted | Self::Refused | Self::GivenUp)
    }

    const fn outcome(self) -> &'static str {
        match self {
            Self::Placed | Self::Received | Self::Accepted => "done",
            Self::Retry(_) => "retry",
            Self::Refused | Self::GivenUp => "give_up",
        }
    }
}

// $1 now. Due, not held by anybody, and nothing older unsettled before it; files in a folder stand there side by side.
macro_rules! due {
    () => {
        "d.state IN ('queued', 'sent') AND d.next_at <= $1 \
         AND (d.lease_until IS NULL OR d.lease_until <= $1) \
         AND NOT EXISTS (SELECT 1 FROM deliveries AS o WHERE o.destination = d.destination \
         AND o.case_id = d.case_id AND o.state IN ('queued', 'sent') AND o.placed_at IS NULL \
         AND o.sequence < d.sequence)"
    };
}

// $2 the holder. By age: what waits longest is served first.
const DESTINATIONS: Sql = Sql::both(concat!(
    "-- lease.destinations\n\
     SELECT t.name, t.held, t.open_until FROM (SELECT n.name, b.open_until, \
     (SELECT count(*) FROM deliveries AS h WHERE h.destination = n.name AND h.lease_holder = $2 \
     AND h.lease_until > $1) AS held, \
     (SELECT d.next_at FROM deliveries AS d WHERE d.destination = n.name AND ",
    due!(),
    " ORDER BY d.next_at LIMIT 1) AS oldest FROM destinations AS n \
     LEFT JOIN breakers AS b ON b.destination = n.name \
     WHERE b.open_until IS NULL OR b.open_until <= $1) AS t \
     WHERE t.oldest IS NOT NULL ORDER BY t.oldest, t.name"
));

// $1 now, $2 until, $3 holder, $4 token, $5 limit, $6 destination.
macro_rules! oldest {
    () => {
        concat!(
            "SELECT d.id FROM deliveries AS d WHERE d.destination = $6 AND ",
            due!(),
            " ORDER BY d.next_at, d.sequence LIMIT $5"
        )
    };
}

macro_rules! take {
    () => {
        "UPDATE deliveries SET attempts = attempts + 1, lease_until = $2, lease_holder = $3, lease_token = $4 \
         WHERE id IN (SELECT id FROM due) \
         RETURNING id, destination, sequence, case_id, kind, message, body, content_type, journal_index, attempts, \
         created_at, COALESCE(requeued_at, created_at), tried_before"
    };
}

// MATERIALIZED: PostgreSQL must choose the rows once, not once per candidate.
const LEASE: Sql = Sql {
    sqlite: concat!("-- lease.take\nWITH due AS MATERIALIZED (", oldest!(), ") ", take!()),
    postgres: concat!(
        "-- lease.take\nWITH due AS MATERIALIZED (",
        oldest!(),
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
    settled_by = $8, placed_at = COALESCE($9, placed_at), placed_in = COALESCE($10, placed_in), lease_token = NULL, lease_holder = NULL, lease_until = NULL \
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
    /// The destinations that something is due to and that may be called, with what waits longest first; of each, how
    /// much `holder` has in hand.
    pub async fn due_destinations(
        &mut self,
        now: Timestamp,
        holder: &str,
    ) -> Result<Vec<DueDestination>, StoreError> {
        let rows = self.fetch(DESTINATIONS, &[now.into(), holder.into()]).await?;
        let read = |mut row: Reader<'_>| {
            Ok(DueDestination {
                name: row.text()?,
                held: row.small()?,
                on_trial: row.maybe_time()?.is_some(),
            })
        };
        rows.iter().map(|row| read(row.reader())).collect()
    }

    /// Leases at most `limit` deliveries that are due to a destination and begins an attempt of each; oldest number first.
    pub async fn lease_deliveries(
        &mut self,
        destination: &str,
        lease: &Lease<'_>,
        limit: u32,
    ) -> Result<Vec<LeasedDelivery>, StoreError> {
        let values = [
            lease.now.into(),
            lease.until.into(),
            lease.holder.into(),
            lease.token.into(),
            limit.into(),
            destination.into(),
        ];
        let rows = self.fetch(LEASE, &values).await?;
        let mut leased: Vec<LeasedDelivery> =
            rows.iter().map(|row| read(&mut row.reader())).collect::<Result<_, _>>()?;
        leased.sort_by_key(|leased| leased.sequence);
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
            Value::from(end.placed_in.map(|_| end.finished_at)),
            Value::from(end.placed_in),
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
    let leased = LeasedDelivery {
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
        since: row.time()?,
        tried: 0,
    };
    let tried = leased.attempt.saturating_sub(row.small()?);
    Ok(LeasedDelivery { tried, ..leased })
}
