//! What was exchanged with an agency on a day, as its rows say: the ground of a manifest.
//!
//! Promise: what an agency sent is told by when it was received, what was made for it by when it was made; both never
//! change. Bodies of deliveries are read some at a time, so that a day of any size needs no more memory than its lines.

use crate::clock::Timestamp;
use crate::domain::digest::Digest;
use crate::domain::id::{AgencyId, DeliveryId};
use crate::domain::kind::Kind;
use crate::store::StoreError;
use crate::store::delivery::DeliveryState;
use crate::store::tx::Tx;
use crate::store::value::{Reader, Sql};

/// A message or a file that an agency sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookedIn {
    /// The message's id; none for a file of an import.
    pub message_id: Option<String>,
    /// What it holds.
    pub kind: Kind,
    /// SHA-256 of its bytes.
    pub digest: Digest,
    /// When it was received.
    pub at: Timestamp,
    /// Whether its bytes were erased.
    pub erased: bool,
}

/// A message that was made for an agency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookedOut {
    /// The delivery.
    pub id: DeliveryId,
    /// Its number.
    pub sequence: u64,
    /// What it carries.
    pub kind: Kind,
    /// The id that the message bears; where it has none, the case's registration number.
    pub name: String,
    /// The bytes; empty where they were erased.
    pub body: Vec<u8>,
    /// How far it has come.
    pub state: DeliveryState,
    /// By whom it was settled.
    pub settled_by: Option<String>,
    /// When it was made.
    pub at: Timestamp,
}

const SUBMISSIONS: Sql = Sql::both(
    "-- booked.submissions\n\
    SELECT message_id, kind, body_digest, received_at, CAST(CASE WHEN length(body) = 0 THEN 1 ELSE 0 END AS bigint) \
    FROM submissions WHERE agency_id = $1 AND received_at >= $2 AND received_at < $3 ORDER BY received_at, id",
);

const IMPORTS: Sql = Sql::both(
    "-- booked.imports\n\
    SELECT CAST(NULL AS text), kind, file_digest, started_at, CAST(0 AS bigint) FROM imports \
    WHERE agency_id = $1 AND started_at >= $2 AND started_at < $3 ORDER BY started_at, id",
);

macro_rules! deliveries {
    ($name:literal, $rest:literal) => {
        concat!(
            $name,
            "\nSELECT d.id, d.sequence, d.kind, COALESCE(d.message_id, c.registration_number), d.body, d.state, \
             d.settled_by, d.created_at FROM deliveries AS d JOIN cases AS c ON c.id = d.case_id \
             WHERE d.destination = $1 ",
            $rest
        )
    };
}

const DELIVERIES: Sql = Sql::both(deliveries!(
    "-- booked.deliveries",
    "AND d.created_at < $2 AND (d.created_at, d.sequence) > ($3, $4) ORDER BY d.created_at, d.sequence LIMIT $5"
));

const NAMED: Sql =
    Sql::both(deliveries!("-- booked.named", "AND d.message_id = $2 ORDER BY d.sequence LIMIT 10"));

impl Tx {
    /// What an agency sent from one moment on until before another: messages, then files.
    pub async fn booked_in(
        &mut self,
        agency: &AgencyId,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<BookedIn>, StoreError> {
        let values = [agency.as_str().into(), from.into(), until.into()];
        let mut rows = self.fetch(SUBMISSIONS, &values).await?;
        rows.extend(self.fetch(IMPORTS, &values).await?);
        rows.iter().map(|row| read_in(&mut row.reader())).collect()
    }

    /// At most `limit` messages that were made for a destination before `until`, behind that moment and number, in order.
    pub async fn booked_out(
        &mut self,
        destination: &str,
        (at, sequence): (Timestamp, u64),
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<BookedOut>, StoreError> {
        let values = [destination.into(), until.into(), at.into(), sequence.into(), limit.into()];
        let rows = self.fetch(DELIVERIES, &values).await?;
        rows.iter().map(|row| read_out(&mut row.reader())).collect()
    }

    /// The messages for a destination that bear this id, whenever they were made.
    pub async fn booked_named(&mut self, destination: &str, id: &str) -> Result<Vec<BookedOut>, StoreError> {
        let rows = self.fetch(NAMED, &[destination.into(), id.into()]).await?;
        rows.iter().map(|row| read_out(&mut row.reader())).collect()
    }
}

fn read_in(row: &mut Reader<'_>) -> Result<BookedIn, StoreError> {
    Ok(BookedIn {
        message_id: row.maybe_text()?,
        kind: row.parsed(Kind::parse)?,
        digest: row.digest()?,
        at: row.time()?,
        erased: row.count()? == 1,
    })
}

fn read_out(row: &mut Reader<'_>) -> Result<BookedOut, StoreError> {
    Ok(BookedOut {
        id: row.parsed(DeliveryId::parse)?,
        sequence: row.count()?,
        kind: row.parsed(Kind::parse)?,
        name: row.text()?,
        body: row.blob()?,
        state: row.parsed(DeliveryState::parse)?,
        settled_by: row.maybe_text()?,
        at: row.time()?,
    })
}
