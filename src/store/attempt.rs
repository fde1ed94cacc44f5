//! Attempts at deliveries: written under a [`lease`](crate::store::lease) when they end, read with their delivery.

use std::collections::BTreeMap;

use crate::clock::Timestamp;
use crate::domain::id::DeliveryId;
use crate::store::StoreError;
use crate::store::delivery::Delivery;
use crate::store::tx::Tx;
use crate::store::value::{Reader, Sql};

/// An attempt that ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// From 1; a gap is an attempt whose worker died.
    pub number: u32,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Timestamp,
    /// `done`, `retry` or `give_up`.
    pub outcome: String,
    /// HTTP status, if it came so far.
    pub status: Option<u16>,
    /// What was said.
    pub detail: String,
}

const OF_DELIVERIES: Sql = Sql {
    sqlite: "-- attempt.of_deliveries\n\
        SELECT a.delivery_id, a.number, a.started_at, a.finished_at, a.outcome, a.status, a.detail \
        FROM json_each($1) AS k CROSS JOIN attempts AS a ON a.delivery_id = k.value ->> 0 \
        ORDER BY a.delivery_id, a.number",
    postgres: "-- attempt.of_deliveries\n\
        SELECT a.delivery_id, a.number, a.started_at, a.finished_at, a.outcome, a.status, a.detail \
        FROM attempts AS a WHERE a.delivery_id = ANY ($1) ORDER BY a.delivery_id, a.number",
};

impl Tx {
    /// Adds to these deliveries their attempts.
    pub(super) async fn add_attempts(&mut self, deliveries: &mut [Delivery]) -> Result<(), StoreError> {
        if deliveries.is_empty() {
            return Ok(());
        }
        let ids: Vec<&str> = deliveries.iter().map(|delivery| delivery.id.as_str()).collect();
        let rows = self.fetch_by_keys(OF_DELIVERIES, &ids, 1).await?;
        let mut attempts: BTreeMap<DeliveryId, Vec<Attempt>> = BTreeMap::new();
        for row in &rows {
            let mut row = row.reader();
            attempts.entry(row.parsed(DeliveryId::parse)?).or_default().push(read(&mut row)?);
        }
        for delivery in deliveries {
            delivery.attempts = attempts.remove(&delivery.id).unwrap_or_default();
        }
        Ok(())
    }
}

fn read(row: &mut Reader<'_>) -> Result<Attempt, StoreError> {
    Ok(Attempt {
        number: row.small()?,
        started_at: row.time()?,
        finished_at: row.time()?,
        outcome: row.text()?,
        status: row.status()?,
        detail: row.text()?,
    })
}
