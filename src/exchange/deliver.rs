//! Sending what is due: lease, send elsewhere, settle.

use std::sync::Arc;

use crate::domain::id::DeliveryId;
use crate::exchange::backoff;
use crate::exchange::delivery::{Destination, Leased, Outcome};
use crate::exchange::entry::{self, Fact};
use crate::exchange::gateway::Gateway;
use crate::exchange::journal::inclusion;
use crate::exchange::refused::{Failed, Refused};
use crate::store::lease::{LeasedDelivery, Next, Settlement};
use crate::store::{StoreError, Tx};
use crate::tlog::Proof;

impl Gateway {
    /// Leases at most `limit` deliveries that are due to `holder` for `seconds`: of each case and destination only
    /// the oldest that is not settled, so that a case is told in order.
    ///
    /// # Errors
    /// [`Refused::Unavailable`] when the store cannot be asked.
    pub async fn lease_deliveries(
        &self,
        holder: &str,
        seconds: u32,
        limit: u32,
    ) -> Result<Vec<Leased>, Refused> {
        let now = self.world.clock.now();
        let until = now.plus_millis(i64::from(seconds) * 1000);
        let token = hex::encode(self.world.chance.thirty_two());
        let (holder, key) = (holder.to_owned(), token.clone());
        let lease = async |mut tx: Tx| tx.lease_deliveries(now, until, &holder, &key, limit).await;
        let leased = self.world.store.run_tx("delivery.lease", lease).await?;
        leased
            .into_iter()
            .map(|delivery| {
                let destination = Destination::parse(&delivery.destination).ok_or_else(|| {
                    Refused::Unavailable(format!("delivery {} goes to nowhere known", delivery.id))
                })?;
                let LeasedDelivery {
                    id, case, kind, message, body, content_type, attempt, created_at, ..
                } = delivery;
                let token = token.clone();
                Ok(Leased {
                    id,
                    destination,
                    case,
                    kind,
                    message,
                    body,
                    content_type,
                    attempt,
                    created_at,
                    token,
                    leased_at: now,
                    until,
                })
            })
            .collect()
    }

    /// Takes back what a process that was killed had leased, so that it goes out now and not when the leases run out.
    /// Only for the sole server of a store ([`Claim::is_sole`](crate::store::Claim::is_sole)), before it leases itself.
    ///
    /// # Errors
    /// [`Refused::Unavailable`] when the store cannot be asked.
    pub async fn release_leases(&self) -> Result<u64, Refused> {
        let release = async |mut tx: Tx| tx.release_leases().await;
        Ok(self.world.store.run_tx("lease.release_all", release).await?)
    }

    /// Writes down how an attempt ended, and when the next one is; `false` when the lease had passed to another.
    ///
    /// # Errors
    /// [`Refused::Unavailable`] when the store cannot be asked: the lease will run out and the delivery be sent again.
    pub async fn settle(&self, leased: &Leased, outcome: Outcome) -> Result<bool, Refused> {
        let world = Arc::clone(&self.world);
        let now = world.clock.now();
        let (next, outcome, status, detail) = match outcome {
            Outcome::Done { status, detail } => (Next::Received, "done", status, detail),
            Outcome::GiveUp { status, detail } => (Next::Refused, "give-up", status, detail),
            Outcome::RetryAfter { millis, status, detail } => {
                let next = backoff::next(leased.created_at, leased.attempt, now, millis, &*world.chance);
                (next.map_or(Next::GivenUp, Next::Retry), "retry", status, detail)
            }
        };
        let state = match next {
            Next::Received => "received",
            Next::Accepted => "accepted",
            Next::Retry(_) => "queued",
            Next::Refused => "refused",
            Next::GivenUp => "given_up",
        };
        let fact = Fact::Delivery {
            delivery: leased.id.clone(),
            destination: leased.destination.to_text(),
            attempt: leased.attempt,
            outcome,
            status,
            state: state.to_owned(),
        };
        let entry = entry::bytes(&fact, now);
        let (id, token, started_at) = (leased.id.clone(), leased.token.clone(), leased.leased_at);
        let settle = async |mut tx: Tx| {
            let head = tx.journal_lock().await?;
            let end = Settlement {
                id: &id,
                token: &token,
                started_at,
                finished_at: now,
                next,
                status,
                detail: &detail,
                by: "worker",
            };
            if !tx.settle_delivery(&end).await? {
                return Ok::<_, StoreError>(false);
            }
            world.journal.grow(&head, vec![entry.clone()], now)?.write(&mut tx).await?;
            Ok(true)
        };
        let settled = self.world.store.run_tx("delivery.settle", settle).await?;
        // What follows in the same case may go now.
        self.world.bells.ring_for_deliveries();
        Ok(settled)
    }

    /// The proof of what was sent: a `.tlog-proof` of the journal entry that holds the salted digest of the message,
    /// with the entry and the salt in its `extra` line, and the message itself.
    ///
    /// # Errors
    /// [`Refused::NotFound`] without such a delivery, or for one to a webhook: those carry ids only.
    pub async fn delivery_proof(&self, id: &DeliveryId) -> Result<(String, Vec<u8>), Refused> {
        let read = async |mut tx: Tx| {
            let delivery = tx.delivery(id).await?.ok_or(Refused::NotFound)?;
            let salt = delivery.salt.ok_or(Refused::NotFound)?;
            let body = tx.delivery_body(id).await?.ok_or(Refused::NotFound)?;
            let index = delivery.journal_index;
            let entry = tx.journal_entries(index..index + 1).await?.pop().ok_or(Refused::NotFound)?;
            let proof = inclusion(&mut tx, index).await?;
            let proof = Proof { extra: Some(super::journal::extra(&entry, &salt)), ..proof };
            Ok::<_, Failed>((proof.to_string(), body))
        };
        self.world.store.read("delivery.proof", read).await.map_err(Failed::into_refused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The worker's tasks run on any thread.
    #[test]
    fn leasing_and_settling_may_cross_threads() {
        fn crosses<T: Send>(_: impl Fn(&'static Gateway, &'static Leased) -> T) {}
        crosses(|gateway, _| gateway.lease_deliveries("one", 30, 8));
        crosses(|gateway, leased| {
            gateway.settle(leased, Outcome::Done { status: Some(200), detail: String::new() })
        });
    }
}
