//! Pulling by number: a destination says that it has all up to a number by asking for what follows. What is on a page
//! is told by [`crate::store::feed`].

use crate::clock::Timestamp;
use crate::domain::id::DeliveryId;
use crate::store::StoreError;
use crate::store::tx::Tx;
use crate::store::value::Sql;

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
}
