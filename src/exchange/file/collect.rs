//! Deliveries in a folder: sent while they lie there, received when they were taken away.

use std::sync::Arc;

use crate::domain::agency::Agency;
use crate::exchange::delivery::Destination;
use crate::exchange::entry::{self, Fact};
use crate::exchange::gateway::{Gateway, World};
use crate::exchange::refused::Refused;
use crate::store::delivery::DeliveryState;
use crate::store::folder::Placed;
use crate::store::{StoreError, Tx};

/// Deliveries that are looked at, and settled, at once: a transaction of 64 entries takes some milliseconds.
const PAGE: u32 = 64;

impl Gateway {
    /// Looks which of the deliveries in an agency's folder are not `there` any more: the agency has them. How many.
    ///
    /// # Errors
    /// [`Refused::Busy`] and [`Refused::Unavailable`] when the store cannot be asked.
    pub async fn collect(
        &self,
        agency: &Agency,
        there: impl Fn(&Placed) -> bool + Send + Sync + 'static,
    ) -> Result<u64, Refused> {
        let world = &*self.world;
        let (there, destination) = (Arc::new(there), Destination::Agency(agency.id.clone()).to_text());
        let (mut after, mut collected) = (0, 0);
        loop {
            let page = async |mut tx: Tx| tx.placed_deliveries(&destination, after, PAGE).await;
            let page = world.store.read("folder.placed", page).await?;
            let Some(last) = page.last() else { return Ok(collected) };
            after = last.sequence;
            let there = Arc::clone(&there);
            let look = move || page.into_iter().filter(|placed| !there(placed)).collect::<Vec<Placed>>();
            let gone = tokio::task::spawn_blocking(look).await;
            let gone = gone.map_err(|error| Refused::Unavailable(format!("looking failed: {error}")))?;
            if gone.is_empty() {
                continue;
            }
            let settle = async |mut tx: Tx| settle(world, agency, &gone, &mut tx).await;
            collected += world.store.run_tx("folder.collect", settle).await?;
        }
    }
}

async fn settle(world: &World, agency: &Agency, gone: &[Placed], tx: &mut Tx) -> Result<u64, StoreError> {
    let head = tx.journal_lock().await?;
    let now = world.clock.now();
    let mut entries = Vec::new();
    for placed in gone {
        if tx.collect_delivery(&placed.id, now).await? {
            let fact = Fact::Collected {
                delivery: placed.id.clone(),
                case: placed.case.clone(),
                agency: agency.id.clone(),
                state: DeliveryState::Received.as_str(),
            };
            entries.push(entry::bytes(&fact, now));
        }
    }
    let count = entries.len() as u64;
    if count > 0 {
        world.journal.grow(&head, entries, now)?.write(tx).await?;
    }
    Ok(count)
}
