//! Deliveries: outbound messages, numbered per destination, [`pulled`](crate::store::pull) by cursor or pushed
//! under a [`lease`](crate::store::lease).

use std::collections::BTreeMap;

use crate::clock::Timestamp;
use crate::domain::id::{BadId, CaseId, DeliveryId};
use crate::store::StoreError;
pub use crate::store::attempt::Attempt;
use crate::store::tx::{Insert, Tx};
use crate::store::value::{Reader, Sql, Value};

/// How far a delivery has come. Nobody knows whether anybody has read it, so there is no "delivered".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeliveryState {
    /// Nobody has it yet.
    Queued,
    /// Handed over; the peer has not yet said that it has it.
    Sent,
    /// The peer has it.
    Received,
    /// The peer's case system took it.
    Accepted,
    /// The peer refused it for good.
    Refused,
    /// The last attempt failed, or an operator stopped it.
    GivenUp,
}

impl DeliveryState {
    /// The text form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Received => "received",
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::GivenUp => "given_up",
        }
    }

    /// From the text form.
    pub fn parse(text: &str) -> Result<Self, BadId> {
        Self::ALL.into_iter().find(|state| state.as_str() == text).ok_or(BadId {
            what: "delivery state",
            expected: "queued, sent, received, accepted, refused or given_up",
        })
    }

    /// All of them, in the order they are gone through.
    pub const ALL: [Self; 6] =
        [Self::Queued, Self::Sent, Self::Received, Self::Accepted, Self::Refused, Self::GivenUp];

    /// Whether nothing more happens to it by itself.
    #[must_use]
    pub const fn is_settled(self) -> bool {
        !matches!(self, Self::Queued | Self::Sent)
    }
}

/// A delivery to be stored; it is queued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDelivery {
    /// Its id.
    pub id: DeliveryId,
    /// `agency:<id>` or `webhook:<name>`.
    pub destination: String,
    /// The case it is about.
    pub case: CaseId,
    /// A record kind, or an event type for a webhook.
    pub kind: String,
    /// The profile's message, or the event's id for a webhook.
    pub message: String,
    /// The id that the message bears, by which an agency may answer it; absent for a webhook.
    pub message_id: Option<String>,
    /// The bytes.
    pub body: Vec<u8>,
    /// Their media type.
    pub content_type: String,
    /// The salt of the bytes' digest in the journal; absent where the entry has no such digest.
    pub salt: Option<[u8; 32]>,
    /// Its journal entry.
    pub journal_index: u64,
    /// When to push it; absent if it waits to be pulled.
    pub next_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A delivery without its body, and its attempts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Its id.
    pub id: DeliveryId,
    /// `agency:<id>` or `webhook:<name>`.
    pub destination: String,
    /// Its number within the destination, from 1.
    pub sequence: u64,
    /// The case it is about.
    pub case: CaseId,
    /// A record kind, or an event type for a webhook.
    pub kind: String,
    /// The profile's message, or the event's id for a webhook.
    pub message: String,
    /// The id that the message bears, by which an agency may answer it.
    pub message_id: Option<String>,
    /// The bytes' media type.
    pub content_type: String,
    /// The salt of the bytes' digest in the journal.
    pub salt: Option<[u8; 32]>,
    /// Its journal entry.
    pub journal_index: u64,
    /// How far it has come.
    pub state: DeliveryState,
    /// How many attempts have begun.
    pub begun: u32,
    /// When it is pushed next; absent if it waits to be pulled or is settled.
    pub next_at: Option<Timestamp>,
    /// HTTP status of the last attempt.
    pub last_status: Option<u16>,
    /// What was said of the last attempt.
    pub last_detail: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Since when it is tried, where an operator had it tried again.
    pub requeued_at: Option<Timestamp>,
    /// When it was settled.
    pub settled_at: Option<Timestamp>,
    /// By whom.
    pub settled_by: Option<String>,
    /// The attempts that ended, oldest first.
    pub attempts: Vec<Attempt>,
}

// The row stays locked until the commit: numbers become visible in order.
const NUMBER: Insert = Insert {
    head: "-- delivery.number\nINSERT INTO destinations (name, last_sequence)",
    types: &["text", "bigint"],
    tail: "ON CONFLICT (name) DO UPDATE SET last_sequence = destinations.last_sequence + excluded.last_sequence \
        RETURNING name, last_sequence",
};

const INSERT: Insert = Insert {
    head: "-- delivery.insert\n\
        INSERT INTO deliveries (id, destination, sequence, case_id, kind, message, body, content_type, \
        salt, journal_index, state, attempts, next_at, created_at, message_id)",
    types: &[
        "text", "text", "bigint", "text", "text", "text", "bytea", "text", "bytea", "bigint", "text",
        "bigint", "bigint", "bigint", "text",
    ],
    tail: "",
};

/// The columns of a delivery `d`, as [`read`] reads them.
macro_rules! columns {
    () => {
        "d.id, d.destination, d.sequence, d.case_id, d.kind, d.message, d.content_type, d.salt, d.journal_index, d.state, \
         d.attempts, d.next_at, d.last_status, d.last_detail, d.created_at, d.settled_at, d.settled_by, d.message_id, \
         d.requeued_at"
    };
}

pub(super) use columns;

const OF_CASE: Sql = Sql::both(concat!(
    "-- delivery.of_case\nSELECT ",
    columns!(),
    " FROM deliveries AS d WHERE d.case_id = $1 ORDER BY d.id"
));

const BY_ID: Sql =
    Sql::both(concat!("-- delivery.by_id\nSELECT ", columns!(), " FROM deliveries AS d WHERE d.id = $1"));

const BODY: Sql = Sql::both("-- delivery.body\nSELECT body FROM deliveries WHERE id = $1");

impl Tx {
    /// Stores deliveries and gives each the next number of its destination, in the order given; those numbers.
    pub async fn insert_deliveries(&mut self, new: &[NewDelivery]) -> Result<Vec<u64>, StoreError> {
        let mut next = self.number_deliveries(new).await?;
        let mut numbers = Vec::with_capacity(new.len());
        let mut values = Vec::with_capacity(new.len() * INSERT.types.len());
        for d in new {
            let sequence = next.entry(d.destination.clone()).or_default();
            values.extend([
                Value::from(d.id.as_str()),
                Value::from(d.destination.as_str()),
                Value::from(*sequence),
                Value::from(d.case.as_str()),
                Value::from(d.kind.as_str()),
                Value::from(d.message.as_str()),
                Value::from(d.body.as_slice()),
                Value::from(d.content_type.as_str()),
                Value::from(d.salt.as_ref().map_or(&[][..], |salt| &salt[..])),
                Value::from(d.journal_index),
                Value::from(DeliveryState::Queued.as_str()),
                Value::from(0_i64),
                Value::from(d.next_at),
                Value::from(d.created_at),
                Value::from(d.message_id.as_deref()),
            ]);
            numbers.push(*sequence);
            *sequence += 1;
        }
        self.insert(INSERT, &values).await?;
        Ok(numbers)
    }

    /// The deliveries about a case with their attempts, oldest first.
    pub async fn deliveries_of(&mut self, case: &CaseId) -> Result<Vec<Delivery>, StoreError> {
        let rows = self.fetch(OF_CASE, &[case.as_str().into()]).await?;
        let mut deliveries: Vec<Delivery> =
            rows.iter().map(|row| read(&mut row.reader())).collect::<Result<_, _>>()?;
        self.add_attempts(&mut deliveries).await?;
        Ok(deliveries)
    }

    /// One delivery with its attempts.
    pub async fn delivery(&mut self, id: &DeliveryId) -> Result<Option<Delivery>, StoreError> {
        let Some(row) = self.fetch_one(BY_ID, &[id.as_str().into()]).await? else { return Ok(None) };
        let mut delivery = [read(&mut row.reader())?];
        self.add_attempts(&mut delivery).await?;
        Ok(delivery.into_iter().next())
    }

    /// A delivery's bytes; none where they are gone: no message is empty, so an empty one was erased.
    pub async fn delivery_body(&mut self, id: &DeliveryId) -> Result<Option<Vec<u8>>, StoreError> {
        let row = self.fetch_one(BODY, &[id.as_str().into()]).await?;
        let body = row.map(|row| row.reader().blob()).transpose()?;
        Ok(body.filter(|body| !body.is_empty()))
    }

    /// Reserves numbers for these deliveries; the first one of each destination.
    async fn number_deliveries(&mut self, new: &[NewDelivery]) -> Result<BTreeMap<String, u64>, StoreError> {
        // Sorted by name, so that two writers lock the destinations in the same order.
        let mut counts = BTreeMap::new();
        for delivery in new {
            *counts.entry(delivery.destination.as_str()).or_insert(0_u64) += 1;
        }
        let values: Vec<Value<'_>> =
            counts.iter().flat_map(|(name, count)| [Value::from(*name), Value::from(*count)]).collect();
        let mut next = BTreeMap::new();
        for row in &self.insert(NUMBER, &values).await? {
            let mut row = row.reader();
            let (name, last) = (row.text()?, row.count()?);
            let count = counts.get(name.as_str()).copied().unwrap_or_default();
            next.insert(name, last - count + 1);
        }
        Ok(next)
    }
}

/// Reads `columns!`; the attempts are added by [`Tx::add_attempts`].
pub(super) fn read(row: &mut Reader<'_>) -> Result<Delivery, StoreError> {
    Ok(Delivery {
        id: row.parsed(DeliveryId::parse)?,
        destination: row.text()?,
        sequence: row.count()?,
        case: row.parsed(CaseId::parse)?,
        kind: row.text()?,
        message: row.text()?,
        content_type: row.text()?,
        salt: row.blob()?.try_into().ok(),
        journal_index: row.count()?,
        state: row.parsed(DeliveryState::parse)?,
        begun: row.small()?,
        next_at: row.maybe_time()?,
        last_status: row.status()?,
        last_detail: row.maybe_text()?,
        created_at: row.time()?,
        settled_at: row.maybe_time()?,
        settled_by: row.maybe_text()?,
        message_id: row.maybe_text()?,
        requeued_at: row.maybe_time()?,
        attempts: Vec::new(),
    })
}
