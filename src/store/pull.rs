//! Pulling: a destination fetches its deliveries by cursor, and by asking for the next page says that it has the
//! one before.

use crate::clock::Timestamp;
use crate::domain::id::{CaseId, DeliveryId};
use crate::store::StoreError;
use crate::store::delivery::DeliveryState;
use crate::store::tx::Tx;
use crate::store::value::{Reader, Sql};

/// A delivery as its destination pulls it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pulled {
    /// Its id.
    pub id: DeliveryId,
    /// The cursor.
    pub sequence: u64,
    /// The case it is about.
    pub case: CaseId,
    /// A record kind.
    pub kind: String,
    /// The profile's message.
    pub message: String,
    /// The bytes.
    pub body: Vec<u8>,
    /// Their media type.
    pub content_type: String,
    /// Its journal entry.
    pub journal_index: u64,
    /// How far it had come.
    pub state: DeliveryState,
    /// When it was made.
    pub created_at: Timestamp,
}

const PAGE: Sql = Sql::both(
    "-- pull.page\n\
    SELECT id, sequence, case_id, kind, message, body, content_type, journal_index, state, created_at \
    FROM deliveries WHERE destination = $1 AND kind = $2 AND sequence > $3 ORDER BY sequence LIMIT $4",
);

const MARK_SENT: Sql = Sql::both(
    "-- pull.mark_sent\n\
    UPDATE deliveries SET state = 'sent' \
    WHERE destination = $1 AND kind = $2 AND sequence > $3 AND sequence <= $4 AND state = 'queued'",
);

// A worker that is pushing one of these loses its lease: the destination already has it.
const MARK_RECEIVED: Sql = Sql::both(
    "-- pull.mark_received\n\
    UPDATE deliveries SET state = 'received', next_at = NULL, lease_token = NULL, lease_holder = NULL, \
    lease_until = NULL, settled_at = $4, settled_by = 'pull' \
    WHERE destination = $1 AND kind = $2 AND sequence <= $3 AND state = 'sent'",
);

const MARK_HANDED_OVER: Sql = Sql::both(
    "-- pull.mark_handed_over\nUPDATE deliveries SET state = 'sent' WHERE id = $1 AND state = 'queued'",
);

impl Tx {
    /// A delivery was handed over in the answer to a question about it; false if it had been before.
    pub async fn mark_handed_over(&mut self, id: &DeliveryId) -> Result<bool, StoreError> {
        Ok(self.execute(MARK_HANDED_OVER, &[id.as_str().into()]).await? == 1)
    }

    /// At most `limit` deliveries of a kind to a destination, settled or not, numbered above `after`.
    pub async fn pull_page(
        &mut self,
        destination: &str,
        kind: &str,
        after: u64,
        limit: u32,
    ) -> Result<Vec<Pulled>, StoreError> {
        let rows = self.fetch(PAGE, &[destination.into(), kind.into(), after.into(), limit.into()]).await?;
        rows.iter().map(|row| read(&mut row.reader())).collect()
    }

    /// A destination has asked for what follows `after`: what it was given up to there it has. How many were newly
    /// received.
    pub async fn mark_received(
        &mut self,
        destination: &str,
        kind: &str,
        after: u64,
        at: Timestamp,
    ) -> Result<u64, StoreError> {
        self.execute(MARK_RECEIVED, &[destination.into(), kind.into(), after.into(), at.into()]).await
    }

    /// A destination has asked for what follows `after` and is given everything up to `through`: what it was given
    /// earlier it has, by its own cursor; what it is given now is sent. What it skipped stays queued. How many were
    /// newly received.
    pub async fn mark_pulled(
        &mut self,
        destination: &str,
        kind: &str,
        after: u64,
        through: u64,
        at: Timestamp,
    ) -> Result<u64, StoreError> {
        let received = self.mark_received(destination, kind, after, at).await?;
        let values = [destination.into(), kind.into(), after.into(), through.into()];
        self.execute(MARK_SENT, &values).await?;
        Ok(received)
    }
}

fn read(row: &mut Reader<'_>) -> Result<Pulled, StoreError> {
    Ok(Pulled {
        id: row.parsed(DeliveryId::parse)?,
        sequence: row.count()?,
        case: row.parsed(CaseId::parse)?,
        kind: row.text()?,
        message: row.text()?,
        body: row.blob()?,
        content_type: row.text()?,
        journal_index: row.count()?,
        state: row.parsed(DeliveryState::parse)?,
        created_at: row.time()?,
    })
}
