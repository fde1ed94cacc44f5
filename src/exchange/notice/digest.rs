//! Digests: what a day or a week brought, by agency.
//!
//! Promise: the numbers of one digest are of one moment; each recipient sees its own agencies alone; a period is told once
//! to each, however often its digest is asked for.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::domain::case::{CaseState, Turn};
use crate::domain::id::AgencyId;
use crate::exchange::delivery::Destination;
use crate::exchange::gateway::{Gateway, World};
use crate::exchange::notice::recipient::once;
use crate::exchange::notice::topic::{DIGEST, Severity, Topic};
use crate::exchange::notice::write::Facts;
use crate::exchange::notice::{CHINA, Period, when};
use crate::exchange::refused::Refused;
use crate::store::notice::NewNotice;
use crate::store::{StoreError, Tx};

/// Troubles that a digest lists; the table counts all.
const MOST_TROUBLES: u32 = 200;

/// What a period brought.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sums {
    /// The gateway's name.
    pub gateway: String,
    /// The first day, `YYYY-MM-DD`.
    pub from: String,
    /// The last day.
    pub to: String,
    /// By agency; what is of none stands last, without an id.
    pub rows: Vec<Row>,
    /// What is under way, the oldest first.
    pub troubles: Vec<UnderWay>,
}

/// What a period brought of an agency.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Whose; none for what is of no one agency.
    pub agency: Option<AgencyId>,
    /// Its name.
    pub name: String,
    /// Records that came from it.
    pub received: u64,
    /// And in the period before.
    pub received_before: u64,
    /// Records that the platform posted for it.
    pub replied: u64,
    /// And in the period before.
    pub replied_before: u64,
    /// Cases in which the platform must act next.
    pub waiting: u64,
    /// Deadlines that are near.
    pub due_soon: u64,
    /// Deadlines that have passed.
    pub overdue: u64,
    /// Deliveries that it has not got.
    pub deliveries_waiting: u64,
    /// Deliveries that were given up in the period.
    pub deliveries_given_up: u64,
    /// Troubles under way.
    pub troubles: u64,
}

/// A trouble under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnderWay {
    /// About what.
    pub topic: Topic,
    /// How grave.
    pub severity: Severity,
    /// Whose.
    pub agency: Option<AgencyId>,
    /// Since when.
    pub since: String,
    /// What is in trouble.
    pub key: String,
}

impl Sums {
    /// Those of the agencies that `sees` lets through; what is of no one agency is everybody's.
    #[must_use]
    pub fn of(&self, sees: impl Fn(&AgencyId) -> bool) -> Self {
        let kept = |agency: Option<&AgencyId>| agency.is_none_or(&sees);
        Self {
            rows: self.rows.iter().filter(|row| kept(row.agency.as_ref())).cloned().collect(),
            troubles: self.troubles.iter().filter(|one| kept(one.agency.as_ref())).cloned().collect(),
            ..self.clone()
        }
    }

    /// What its text may show.
    #[must_use]
    pub(super) fn facts(&self) -> Facts {
        let sum = |count: fn(&Row) -> u64| self.rows.iter().map(count).sum::<u64>().to_string();
        let facts = [
            ("gateway", self.gateway.clone()),
            ("from", self.from.clone()),
            ("to", self.to.clone()),
            ("agencies", self.rows.iter().filter(|row| row.agency.is_some()).count().to_string()),
            ("received", sum(|row| row.received)),
            ("replied", sum(|row| row.replied)),
            ("waiting", sum(|row| row.waiting)),
            ("due_soon", sum(|row| row.due_soon)),
            ("overdue", sum(|row| row.overdue)),
            ("deliveries_waiting", sum(|row| row.deliveries_waiting)),
            ("deliveries_given_up", sum(|row| row.deliveries_given_up)),
            ("troubles", sum(|row| row.troubles)),
        ];
        facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

impl Gateway {
    /// Queues the digest of the period that ended with the day before `scheduled`, for each recipient who wants it; what
    /// was done, in a line. Asked again for the same period it queues nothing more.
    ///
    /// # Errors
    /// [`Refused::Unavailable`] when the store cannot be asked.
    pub async fn digest(&self, period: Period, scheduled: Timestamp) -> Result<String, Refused> {
        let world = &*self.world;
        let work = async |mut tx: Tx| queue(world, period, scheduled, &mut tx).await;
        Ok(world.store.run_tx("notice.digest", work).await?)
    }
}

async fn queue(
    world: &World,
    period: Period,
    scheduled: Timestamp,
    tx: &mut Tx,
) -> Result<String, StoreError> {
    let notices = world.notices.load_full();
    let recipients = once(notices.recipients.iter().filter(|one| one.digest.contains(&period)));
    let (from, to) = span(period, scheduled);
    let edge = period.edge().as_str();
    if recipients.is_empty() {
        return Ok(format!("{edge} digest of {}: nobody wants it", day(from)));
    }
    let sums = sums(world, from, to, tx).await?;
    let now = world.clock.now();
    let mut new = Vec::new();
    for recipient in recipients {
        let own = sums.of(|agency| recipient.sees(agency));
        let severity = if own.troubles.is_empty() { Severity::Info } else { Severity::Warning };
        new.push(NewNotice {
            id: world.chance.uuid(now).to_string(),
            recipient: recipient.address.clone(),
            role: recipient.role.clone(),
            topic: DIGEST.to_owned(),
            edge,
            severity: severity.as_str().to_owned(),
            items: serde_json::to_string(&own).expect("numbers and texts always serialise"),
            once: Some(format!("{edge}:{}:{}", day(from), recipient.address.to_ascii_lowercase())),
            next_at: now,
            created_at: now,
        });
    }
    let queued = tx.insert_notices(&new).await?.len();
    Ok(format!(
        "{edge} digest of {} to {}: {queued} queued, {} before",
        sums.from,
        sums.to,
        new.len() - queued
    ))
}

/// The period's days in China: from the first midnight to the last.
fn span(period: Period, scheduled: Timestamp) -> (Timestamp, Timestamp) {
    const DAY: i64 = 86_400_000_000;
    let shift = i64::from(CHINA) * 1_000_000;
    let midnight = (scheduled.micros() + shift).div_euclid(DAY) * DAY - shift;
    (Timestamp::from_micros(midnight - period.days() * DAY), Timestamp::from_micros(midnight))
}

fn day(at: Timestamp) -> String {
    at.at_offset(CHINA).chars().take(10).collect()
}

/// The numbers of a period, of all agencies.
async fn sums(world: &World, from: Timestamp, to: Timestamp, tx: &mut Tx) -> Result<Sums, StoreError> {
    let registry = world.registry.load_full();
    let mut rows: BTreeMap<Option<AgencyId>, Row> = registry
        .agencies()
        .map(|agency| (Some(agency.id.clone()), Row { name: agency.name.clone(), ..Row::default() }))
        .collect();
    let mut of =
        |agency: Option<AgencyId>, change: &dyn Fn(&mut Row)| change(rows.entry(agency).or_default());
    for one in tx.exchanged(from, to).await? {
        of(Some(one.agency), &|row| (row.received, row.replied) = (one.received, one.posted));
    }
    let length = to.micros() - from.micros();
    for one in tx.exchanged(Timestamp::from_micros(from.micros() - length), from).await? {
        of(Some(one.agency), &|row| {
            (row.received_before, row.replied_before) = (one.received, one.posted);
        });
    }
    for (agency, state, count) in tx.count_cases().await? {
        if CaseState::parse(&state).is_some_and(|state| state.turn() == Turn::Platform) {
            of(Some(agency), &|row| row.waiting += count);
        }
    }
    for (destination, count) in tx.count_waiting().await? {
        of(agency_of(&destination), &|row| row.deliveries_waiting += count);
    }
    for (destination, count) in tx.count_given_up(from, to).await? {
        of(agency_of(&destination), &|row| row.deliveries_given_up += count);
    }
    for (topic, agency, count) in tx.count_troubles().await? {
        of(agency, &|row| match Topic::parse(&topic) {
            Ok(Topic::DueSoon) => row.due_soon += count,
            Ok(Topic::Overdue) => row.overdue += count,
            _ => row.troubles += count,
        });
    }
    let troubles = tx.troubles_under_way(MOST_TROUBLES).await?;
    // What is of no agency sorts first and stands last.
    let none = rows.remove(&None);
    let rows = rows.into_iter().map(|(agency, row)| {
        let name = if row.name.is_empty() {
            agency.as_ref().map_or_else(String::new, ToString::to_string)
        } else {
            row.name.clone()
        };
        Row { agency, name, ..row }
    });
    Ok(Sums {
        gateway: world.journal.origin().to_string(),
        from: day(from),
        to: day(Timestamp::from_micros(to.micros() - 1)),
        rows: rows.chain(none).collect(),
        troubles: troubles.into_iter().filter_map(under_way).collect(),
    })
}

fn agency_of(destination: &str) -> Option<AgencyId> {
    match Destination::parse(destination) {
        Some(Destination::Agency(agency)) => Some(agency),
        Some(Destination::Webhook(_)) | None => None,
    }
}

fn under_way(trouble: crate::store::trouble::Trouble) -> Option<UnderWay> {
    let topic = Topic::parse(&trouble.topic).ok()?;
    // Deadlines are in the table, by number.
    if matches!(topic, Topic::DueSoon | Topic::Overdue) {
        return None;
    }
    Some(UnderWay {
        topic,
        severity: Severity::parse(&trouble.severity).ok()?,
        agency: trouble.agency,
        since: when(trouble.since),
        key: trouble.key,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_ends_with_the_day_before_in_china() {
        let at = |text: &str| Timestamp::parse(text).unwrap();
        let days = |period, scheduled: &str| {
            let (from, to) = span(period, at(scheduled));
            (day(from), to)
        };
        let midnight = at("2026-11-23T00:00:00+08:00");
        assert_eq!(days(Period::Daily, "2026-11-23T08:00:00+08:00"), ("2026-11-22".to_owned(), midnight));
        // Still Sunday in Greenwich.
        assert_eq!(days(Period::Daily, "2026-11-23T00:00:00+08:00"), ("2026-11-22".to_owned(), midnight));
        assert_eq!(days(Period::Daily, "2026-11-22T23:59:59+08:00").0, "2026-11-21");
        assert_eq!(days(Period::Weekly, "2026-11-23T08:00:00+08:00"), ("2026-11-16".to_owned(), midnight));
    }
}
