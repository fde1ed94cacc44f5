//! An operator's hand on a delivery: stopped, or tried again.

use crate::clock::Timestamp;
use crate::domain::id::DeliveryId;
use crate::store::StoreError;
use crate::store::tx::Tx;
use crate::store::value::Sql;

// Who holds it loses its lease: what it is still sending it cannot settle any more.
const REQUEUE: Sql = Sql::both(
    "-- intervene.requeue\n\
    UPDATE deliveries SET state = 'queued', next_at = $3, requeued_at = $2, tried_before = attempts, placed_at = NULL, \
    lease_token = NULL, lease_holder = NULL, lease_until = NULL, settled_at = NULL, settled_by = NULL WHERE id = $1",
);

const HELD: Sql =
    Sql::both("-- intervene.held\nSELECT id FROM deliveries WHERE id = $1 AND lease_until > $2");

const HURRY: Sql = Sql::both(
    "-- intervene.hurry\n\
    UPDATE deliveries SET next_at = $2 WHERE id = $1 AND state = 'queued' AND next_at IS NOT NULL \
    AND (lease_until IS NULL OR lease_until <= $2)",
);

const STOP: Sql = Sql::both(
    "-- intervene.stop\n\
    UPDATE deliveries SET state = 'given_up', next_at = NULL, lease_token = NULL, lease_holder = NULL, \
    lease_until = NULL, settled_at = $2, settled_by = $3 WHERE id = $1 AND state IN ('queued', 'sent')",
);

impl Tx {
    /// Queues a delivery again, settled or not, as if it were made at `at`; false if there is none.
    pub async fn requeue_delivery(
        &mut self,
        id: &DeliveryId,
        at: Timestamp,
        next_at: Option<Timestamp>,
    ) -> Result<bool, StoreError> {
        Ok(self.execute(REQUEUE, &[id.as_str().into(), at.into(), next_at.into()]).await? == 1)
    }

    /// Whether somebody is sending it at `at`.
    pub async fn is_held(&mut self, id: &DeliveryId, at: Timestamp) -> Result<bool, StoreError> {
        Ok(self.fetch_one(HELD, &[id.as_str().into(), at.into()]).await?.is_some())
    }

    /// Has a delivery that waits for its next attempt tried at `at`; false if it does not wait.
    pub async fn hurry_delivery(&mut self, id: &DeliveryId, at: Timestamp) -> Result<bool, StoreError> {
        Ok(self.execute(HURRY, &[id.as_str().into(), at.into()]).await? == 1)
    }

    /// Gives a delivery up; false if there is none or it is settled.
    pub async fn stop_delivery(
        &mut self,
        id: &DeliveryId,
        at: Timestamp,
        by: &str,
    ) -> Result<bool, StoreError> {
        Ok(self.execute(STOP, &[id.as_str().into(), at.into(), by.into()]).await? == 1)
    }
}
