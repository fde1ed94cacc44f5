//! Looking at what goes out: deliveries with their attempts and receipts, and the destinations that fail.

use crate::domain::id::DeliveryId;
use crate::exchange::delivery::Destination;
use crate::exchange::gateway::Gateway;
use crate::exchange::look::parsed;
use crate::exchange::refused::Refused;
use crate::exchange::view::{AttemptView, BreakerView, DeliveryFilter, DeliveryView, ReceiptView};
use crate::store::delivery::{Attempt, Delivery};
use crate::store::receipt::Receipt;
use crate::store::{StoreError, Tx, outbox};

impl Gateway {
    /// A page of deliveries, oldest first.
    ///
    /// # Errors
    /// [`Refused::Unavailable`] when the store cannot be asked.
    pub async fn deliveries(&self, filter: &DeliveryFilter) -> Result<Vec<DeliveryView>, Refused> {
        let wanted = outbox::DeliveryFilter {
            state: filter.state,
            destination: filter.destination.as_ref().map(Destination::to_text),
            case: filter.case.clone(),
        };
        let page = async |mut tx: Tx| {
            let page = tx.delivery_page(&wanted, filter.after.as_ref(), filter.limit).await?;
            with_receipts(page, &mut tx).await
        };
        Ok(self.world.store.read("outbox.page", page).await?)
    }

    /// One delivery.
    ///
    /// # Errors
    /// [`Refused::NotFound`] without such a delivery.
    pub async fn delivery(&self, id: &DeliveryId) -> Result<DeliveryView, Refused> {
        let read = async |mut tx: Tx| {
            let found = tx.delivery(id).await?;
            with_receipts(found.into_iter().collect(), &mut tx).await
        };
        self.world.store.read("delivery.show", read).await?.pop().ok_or(Refused::NotFound)
    }

    /// The destinations that fail at present.
    ///
    /// # Errors
    /// [`Refused::Unavailable`] when the store cannot be asked.
    pub async fn breakers(&self) -> Result<Vec<BreakerView>, Refused> {
        let read = async |mut tx: Tx| tx.breakers().await;
        let found = self.world.store.read::<_, StoreError, _>("breaker.all", read).await?;
        Ok(found.into_iter().map(BreakerView::from).collect())
    }
}

/// Deliveries as they are shown.
pub(super) async fn with_receipts(
    deliveries: Vec<Delivery>,
    tx: &mut Tx,
) -> Result<Vec<DeliveryView>, StoreError> {
    let ids: Vec<&DeliveryId> = deliveries.iter().map(|delivery| &delivery.id).collect();
    let receipts = tx.receipts_of(&ids).await?;
    Ok(deliveries.into_iter().map(|one| delivery(one, &receipts)).collect())
}

fn delivery(delivery: Delivery, receipts: &[Receipt]) -> DeliveryView {
    let receipts = receipts.iter().filter(|receipt| receipt.delivery == delivery.id).map(receipt);
    DeliveryView {
        receipts: receipts.collect(),
        id: delivery.id,
        destination: delivery.destination,
        case: delivery.case,
        kind: delivery.kind,
        message_id: delivery.message_id,
        state: delivery.state.as_str().to_owned(),
        created_at: delivery.created_at,
        next_at: delivery.next_at,
        settled_at: delivery.settled_at,
        settled_by: delivery.settled_by,
        journal_index: delivery.journal_index,
        attempts: delivery.attempts.into_iter().map(attempt).collect(),
    }
}

fn attempt(attempt: Attempt) -> AttemptView {
    AttemptView {
        number: attempt.number,
        started_at: attempt.started_at,
        finished_at: attempt.finished_at,
        outcome: attempt.outcome,
        status: attempt.status,
        detail: attempt.detail,
    }
}

fn receipt(receipt: &Receipt) -> ReceiptView {
    ReceiptView {
        journal_index: receipt.journal_index,
        channel: receipt.channel.clone(),
        outcome: receipt.outcome.clone(),
        number: receipt.number.clone(),
        message: receipt.message.clone(),
        problems: parsed(&receipt.problems),
        at: receipt.at,
    }
}
