//! Sending what is due: lease, send elsewhere, settle.

use std::sync::Arc;

use crate::clock::Timestamp;
use crate::domain::id::DeliveryId;
use crate::exchange::delivery::{Destination, Leased, Outcome, Said};
use crate::exchange::entry::{self, Fact};
use crate::exchange::gateway::{Gateway, World};
use crate::exchange::hours;
use crate::exchange::journal::inclusion;
use crate::exchange::receipts::heard::{Heard, Subject, tell};
use crate::exchange::receipts::overheard;
use crate::exchange::refused::{Failed, Refused};
use crate::exchange::{backoff, breaker, notice};
use crate::store::breaker::Breaker;
use crate::store::delivery::DeliveryState;
use crate::store::lease::{Lease, LeasedDelivery, Next, Settlement};
use crate::store::{StoreError, Tx};
use crate::tlog::Proof;

impl Gateway {
    /// Leases at most `limit` deliveries that are due to `holder` for `seconds`, what waits longest first: of each case
    /// and destination only the oldest that is not settled, so that a case is told in order; of each destination so many
    /// that the holder has at most `share` of it in hand, that its rate is kept, and that one which fails is left alone
    /// but for a trial.
    ///
    /// # Errors
    /// [`Refused::Unavailable`] when the store cannot be asked.
    pub async fn lease_deliveries(
        &self,
        holder: &str,
        seconds: u32,
        limit: u32,
        share: u32,
    ) -> Result<Vec<Leased>, Refused> {
        let world = &*self.world;
        let now = world.clock.now();
        let until = now.plus_millis(i64::from(seconds) * 1000);
        let token = hex::encode(world.chance.thirty_two());
        let lease = Lease { now, until, holder, token: &token };
        let take = async |mut tx: Tx| take(world, &lease, (limit, share), &mut tx).await;
        let leased = world.store.run_tx("delivery.lease", take).await?;
        leased
            .into_iter()
            .map(|delivery| {
                let destination = Destination::parse(&delivery.destination).ok_or_else(|| {
                    Refused::Unavailable(format!("delivery {} goes to nowhere known", delivery.id))
                })?;
                let LeasedDelivery { id, sequence, case, kind, message, body, content_type, attempt, .. } =
                    delivery;
                let token = token.clone();
                // Its 72 hours begin when it may first go.
                let since = match &destination {
                    Destination::Agency(id) => world.registry.load().by_id(id),
                    Destination::Webhook(_) => None,
                };
                let since = since.map_or(delivery.since, |agency| hours::due(world, &agency, delivery.since));
                Ok(Leased {
                    id,
                    destination,
                    sequence,
                    case,
                    kind,
                    message,
                    body,
                    content_type,
                    attempt,
                    created_at: delivery.created_at,
                    since,
                    tried: delivery.tried,
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

    /// Writes down how an attempt ended, what its peer said of the delivery, how the destination fares, and when the next
    /// attempt is; `false`, and nothing is written, when the lease had passed to another.
    ///
    /// # Errors
    /// [`Refused::Unavailable`] when the store cannot be asked: the lease will run out and the delivery be sent again.
    pub async fn settle(&self, leased: &Leased, outcome: Outcome) -> Result<bool, Refused> {
        let world = Arc::clone(&self.world);
        let ended = Ended::of(&world, leased, outcome);
        let settle = async |mut tx: Tx| settle(&world, leased, &ended, &mut tx).await;
        let settled = self.world.store.run_tx("delivery.settle", settle).await?;
        // What follows in the same case may go now.
        self.world.bells.ring_for_deliveries();
        if settled && ended.next.is_news() {
            self.world.bells.ring_for_events();
        }
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

/// Leases what may go, destination by destination.
async fn take(
    world: &World,
    lease: &Lease<'_>,
    (mut left, share): (u32, u32),
    tx: &mut Tx,
) -> Result<Vec<LeasedDelivery>, StoreError> {
    let registry = world.registry.load_full();
    let rate = |name: &str| match Destination::parse(name)? {
        Destination::Agency(id) => registry.by_id(&id)?.deliveries_per_minute,
        Destination::Webhook(_) => None,
    };
    let now = lease.now;
    let mut leased = Vec::new();
    for destination in tx.due_destinations(now, lease.holder).await? {
        let name = destination.name.as_str();
        let mut room = share.saturating_sub(destination.held).min(left);
        let paced = match rate(name) {
            Some(rate) if room > 0 => {
                let until = tx.paced_until(name, now).await?;
                room = room.min(breaker::allowed(rate, until, now));
                Some((rate, until))
            }
            _ => None,
        };
        if room > 0 && destination.on_trial {
            // Another gateway may be trying it at this moment.
            room = u32::from(tx.try_breaker(name, now, lease.until, lease.token).await?);
        }
        if room == 0 {
            continue;
        }
        let taken = tx.lease_deliveries(name, lease, room).await?;
        let count = u32::try_from(taken.len()).unwrap_or(u32::MAX);
        if let Some((rate, until)) = paced {
            tx.pace(name, breaker::paced(rate, until, now, count)).await?;
        }
        left = left.saturating_sub(count);
        leased.extend(taken);
        if left == 0 {
            break;
        }
    }
    Ok(leased)
}

/// How an attempt ended, and what follows.
struct Ended {
    now: Timestamp,
    next: Next,
    outcome: &'static str,
    status: Option<u16>,
    detail: String,
    /// Where it is the peer that failed.
    failed: Option<Asked>,
    heard: Option<Heard>,
    /// The mark of the folder that it was laid into.
    placed_in: Option<String>,
}

/// For how long a peer asked to be left alone, in milliseconds.
#[derive(Clone, Copy)]
struct Asked(Option<i64>);

/// A message that the peer is still busy with: it is well.
const CONFLICT: u16 = 409;

impl Ended {
    const fn plain(now: Timestamp, next: Next, outcome: &'static str, detail: String) -> Self {
        Self { now, next, outcome, status: None, detail, failed: None, heard: None, placed_in: None }
    }

    fn of(world: &World, leased: &Leased, outcome: Outcome) -> Self {
        let now = world.clock.now();
        let heard = |said: Option<Said>| said.and_then(|said| overheard(world, leased, &said));
        match outcome {
            Outcome::Done { status, detail, said } => {
                let heard = heard(said);
                let state = heard.as_ref().map(|heard| heard.statement.state());
                let next = match state {
                    Some(DeliveryState::Accepted) => Next::Accepted,
                    Some(DeliveryState::Refused) => Next::Refused,
                    _ => Next::Received,
                };
                Self { status, heard, ..Self::plain(now, next, "done", detail) }
            }
            Outcome::Placed { detail, mark } => {
                let ended = Self::plain(now, Next::Placed, "done", detail);
                Self { placed_in: Some(mark), ..ended }
            }
            Outcome::GiveUp { status, detail, said } => {
                let heard = heard(said);
                // Its document's word counts, whatever the status: who has it already may say so with a 4xx.
                let taken =
                    heard.as_ref().map(|heard| heard.statement.state()) == Some(DeliveryState::Accepted);
                let (next, outcome) =
                    if taken { (Next::Accepted, "done") } else { (Next::Refused, "give-up") };
                Self { status, heard, ..Self::plain(now, next, outcome, detail) }
            }
            Outcome::RetryAfter { millis, status, detail } => {
                let next = backoff::next(leased.since, leased.tried, now, millis, &*world.chance);
                let next = next.map_or(Next::GivenUp, Next::Retry);
                let failed = (status != Some(CONFLICT)).then_some(Asked(millis));
                Self { status, failed, ..Self::plain(now, next, "retry", detail) }
            }
        }
    }
}

async fn settle(world: &World, leased: &Leased, ended: &Ended, tx: &mut Tx) -> Result<bool, StoreError> {
    let head = tx.journal_lock().await?;
    let end = Settlement {
        id: &leased.id,
        token: &leased.token,
        started_at: leased.leased_at,
        finished_at: ended.now,
        next: ended.next,
        status: ended.status,
        detail: &ended.detail,
        by: "worker",
        placed_in: ended.placed_in.as_deref(),
    };
    if !tx.settle_delivery(&end).await? {
        return Ok(false);
    }
    let state = ended.next.state();
    let destination = leased.destination.to_text();
    let fact = Fact::Delivery {
        delivery: leased.id.clone(),
        destination: destination.clone(),
        attempt: leased.attempt,
        outcome: ended.outcome,
        status: ended.status,
        state: state.as_str().to_owned(),
    };
    let mut entries = vec![entry::bytes(&fact, ended.now)];
    let case = tx.case(&leased.case).await?;
    let subject = match (&leased.destination, &case) {
        (Destination::Agency(agency), Some(case)) => {
            Some(Subject { delivery: &leased.id, agency, case, kind: &leased.kind, state })
        }
        _ => None,
    };
    let words = subject.as_ref().zip(ended.heard.as_ref());
    entries.extend(words.map(|(of, words)| entry::bytes(&words.fact(of), ended.now)));
    let last = head.size + entries.len() as u64 - 1;
    let grown = world.journal.grow(&head, entries, ended.now)?;
    if let Some((of, words)) = words {
        tx.insert_receipt(&words.row(of, &grown, last, ended.now)?, words.body()).await?;
    }
    if let Some(of) = &subject {
        let problems = ended.heard.as_ref().map_or(0, |heard| heard.statement.problems.len());
        tell(world, of, problems, (last, ended.now), tx).await?;
    }
    grown.write(tx).await?;
    fares(world, &destination, leased, ended, tx).await?;
    if ended.next == Next::GivenUp {
        notice::given_up(tx, world, leased, ended.now).await?;
    }
    Ok(true)
}

/// Writes down how a destination fares after an attempt.
async fn fares(
    world: &World,
    destination: &str,
    leased: &Leased,
    ended: &Ended,
    tx: &mut Tx,
) -> Result<(), StoreError> {
    let Some(Asked(asked)) = ended.failed else {
        if tx.close_breaker(destination).await? {
            tracing::info!(destination, "it answers again");
            notice::well(tx, world, destination).await?;
        }
        return Ok(());
    };
    let before = tx.breaker(destination).await?;
    let open = before.as_ref().is_some_and(|before| before.openings > 0);
    let failure = breaker::Failure { token: &leased.token, asked, detail: &ended.detail };
    let after = breaker::failed(before, failure, ended.now, &*world.chance);
    let after = Breaker { destination: destination.to_owned(), ..after };
    if let Some(until) = after.open_until.filter(|_| !open) {
        tracing::warn!(destination, failures = after.failures, %until, "nothing goes there for a while");
    }
    tx.put_breaker(&after).await?;
    notice::failing(tx, world, &after, ended.now).await
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The worker's tasks run on any thread.
    #[test]
    fn leasing_and_settling_may_cross_threads() {
        fn crosses<T: Send>(_: impl Fn(&'static Gateway, &'static Leased) -> T) {}
        crosses(|gateway, _| gateway.lease_deliveries("one", 30, 8, 2));
        crosses(|gateway, leased| {
            gateway.settle(leased, Outcome::Done { status: Some(200), detail: String::new(), said: None })
        });
    }
}
