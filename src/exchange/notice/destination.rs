//! Destinations that do not answer, and what was given up because of it.
//!
//! Promise: an outage of hours, however many deliveries fail in it, is told twice: when nothing went there for
//! [`PATIENCE_MILLIS`], and when something goes there again. What was given up meanwhile is one mail with the number, and
//! the mail of the end says the number again.

use crate::clock::Timestamp;
use crate::exchange::delivery::{Destination, Leased};
use crate::exchange::gateway::World;
use crate::exchange::notice::{Facts, Severity, Topic, Trouble, begin, end, when};
use crate::store::breaker::Breaker;
use crate::store::{StoreError, Tx};

/// For how long a destination must have failed without a break before anybody is told: a restart of a bureau's server, or of
/// the router before it, takes less.
pub(super) const PATIENCE_MILLIS: i64 = 300_000;

fn unreachable_key(destination: &str) -> String {
    format!("unreachable:{destination}")
}

fn given_up_key(destination: &str) -> String {
    format!("given-up:{destination}")
}

/// A destination failed once more. It is told when it is left alone already, and has failed for long enough.
pub(in crate::exchange) async fn failing(
    tx: &mut Tx,
    world: &World,
    breaker: &Breaker,
    now: Timestamp,
) -> Result<(), StoreError> {
    let Some(since) = breaker.failing_since else { return Ok(()) };
    if breaker.openings == 0 || now.millis_since(since) < PATIENCE_MILLIS {
        return Ok(());
    }
    let mut facts = waiting(tx, &breaker.destination).await?;
    facts.insert("failing_since".to_owned(), when(since));
    facts.insert("failures".to_owned(), breaker.failures.to_string());
    let trouble = trouble(world, &breaker.destination, Topic::AgencyUnreachable, facts);
    begin(tx, world, &trouble).await.map(drop)
}

/// A destination that failed is well.
pub(in crate::exchange) async fn well(
    tx: &mut Tx,
    world: &World,
    destination: &str,
) -> Result<(), StoreError> {
    let mut facts = waiting(tx, destination).await?;
    let key = given_up_key(destination);
    if let Some(given_up) = tx.trouble(&key).await?.filter(|known| known.ended_at.is_none()) {
        facts.insert("given_up".to_owned(), given_up.times.to_string());
        end(tx, world, &key, &Facts::new()).await?;
    }
    end(tx, world, &unreachable_key(destination), &facts).await.map(drop)
}

/// A delivery was given up after all its attempts.
pub(in crate::exchange) async fn given_up(
    tx: &mut Tx,
    world: &World,
    leased: &Leased,
    now: Timestamp,
) -> Result<(), StoreError> {
    let destination = leased.destination.to_text();
    let known = tx.trouble(&given_up_key(&destination)).await?.filter(|known| known.ended_at.is_none());
    let count = known.as_ref().map_or(0, |known| known.times) + 1;
    let first = known.map_or(now, |known| known.since);
    let facts = [
        ("destination", destination.clone()),
        ("deliveries", count.to_string()),
        ("first", when(first)),
        ("last", when(now)),
        ("delivery", leased.id.to_string()),
    ];
    let facts = facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    begin(tx, world, &trouble(world, &destination, Topic::DeliveryGivenUp, facts)).await.map(drop)
}

fn trouble(world: &World, destination: &str, topic: Topic, mut facts: Facts) -> Trouble {
    let (agency, peer) = match Destination::parse(destination) {
        Some(Destination::Agency(agency)) => {
            let known = world.registry.load().by_id(&agency);
            let name = known.map_or_else(|| agency.to_string(), |agency| agency.name.clone());
            (Some(agency), name)
        }
        Some(Destination::Webhook(name)) => (None, format!("平台接口 webhook {name}")),
        None => (None, destination.to_owned()),
    };
    facts.insert("peer".to_owned(), peer);
    let key = match topic {
        Topic::DeliveryGivenUp => given_up_key(destination),
        _ => unreachable_key(destination),
    };
    Trouble { key, topic, severity: Severity::Warning, agency, facts }
}

/// What waits for a destination.
async fn waiting(tx: &mut Tx, destination: &str) -> Result<Facts, StoreError> {
    let (count, oldest) = tx.deliveries_waiting(destination).await?;
    let mut facts = Facts::from([
        ("destination".to_owned(), destination.to_owned()),
        ("waiting".to_owned(), count.to_string()),
    ]);
    facts.extend(oldest.map(|at| ("oldest".to_owned(), when(at))));
    Ok(facts)
}
