//! What staff is told of deadlines and calendars: one trouble each, that begins and ends.
//!
//! Promise: everything here stands behind the last entry of its transaction, since each trouble has one of its own. A
//! deadline is named by its case, its name and its round, so that what is given back and late again is a trouble anew.

use chrono::{Datelike as _, Days, NaiveDate};

use crate::clock::Timestamp;
use crate::domain::calendar::{CN, day_of};
use crate::domain::case::{CaseState, Turn};
use crate::domain::deadline::{Deadline, Laws, Who};
use crate::exchange::deadline::watch::MissingCalendar;
use crate::exchange::gateway::World;
use crate::exchange::intake::desk::opener;
use crate::exchange::notice::{self, Facts, Severity, Topic, Trouble, when};
use crate::store::case::Case;
use crate::store::{StoreError, Tx};

/// The longest shipped deadline in days of the calendar: so long before a year new deadlines begin to reach into it.
const REACH_DAYS: u64 = 60;

/// A deadline is due soon.
pub(super) async fn soon(
    tx: &mut Tx,
    world: &World,
    (case, one): (&Case, &Deadline),
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut facts = facts(world, case, one);
    if let Some(due) = one.due_at {
        facts.insert("left".to_owned(), span(due.millis_since(now)));
    }
    let severity = if one.who == Who::Platform { Severity::Warning } else { Severity::Info };
    begin(tx, world, Topic::DueSoon, severity, case, one, facts).await
}

/// The last moment of a deadline has passed; that it was due soon is over with it.
pub(super) async fn overdue(
    tx: &mut Tx,
    world: &World,
    (case, one): (&Case, &Deadline),
    now: Timestamp,
) -> Result<(), StoreError> {
    notice::end(tx, world, &key(Topic::DueSoon, case, one), &Facts::new()).await?;
    let mut facts = facts(world, case, one);
    if let Some(due) = one.due_at {
        facts.insert("late".to_owned(), span(now.millis_since(due)));
    }
    let waiting = match CaseState::parse(&case.state).map_or(Turn::Nobody, CaseState::turn) {
        Turn::Platform => "平台 platform",
        Turn::Agency => "机关 agency",
        Turn::Nobody => "— nobody",
    };
    facts.insert("waiting_on".to_owned(), waiting.to_owned());
    let severity = if one.who == Who::Platform { Severity::Critical } else { Severity::Warning };
    begin(tx, world, Topic::Overdue, severity, case, one, facts).await
}

/// Deadlines that pressed do so no more: they ended, are paused, or have another day.
pub(in crate::exchange) async fn settle(
    tx: &mut Tx,
    world: &World,
    case: &Case,
    settled: &[Deadline],
) -> Result<(), StoreError> {
    for one in settled {
        for topic in [Topic::DueSoon, Topic::Overdue] {
            notice::end(tx, world, &key(topic, case, one), &Facts::new()).await?;
        }
    }
    Ok(())
}

/// Years that are wanted, and years that are there.
pub(super) async fn calendars(
    tx: &mut Tx,
    world: &World,
    laws: &Laws,
    missing: &[MissingCalendar],
    now: Timestamp,
) -> Result<(), StoreError> {
    let today = day_of(now);
    for MissingCalendar { year, deadlines } in missing {
        let first = NaiveDate::from_ymd_opt(*year, 1, 1).unwrap_or(today);
        let reach = first.checked_sub_days(Days::new(REACH_DAYS)).unwrap_or(first);
        let trouble = Trouble {
            key: calendar_key(*year),
            topic: Topic::CalendarMissing,
            severity: if *deadlines > 0 { Severity::Critical } else { Severity::Warning },
            agency: None,
            facts: Facts::from([
                ("calendar".to_owned(), CN.to_owned()),
                ("year".to_owned(), year.to_string()),
                ("days".to_owned(), (first - today).num_days().max(0).to_string()),
                ("needed_from".to_owned(), reach.to_string()),
                ("file".to_owned(), format!("calendars/{CN}-{year}.toml")),
            ]),
        };
        notice::begin(tx, world, &trouble).await?;
    }
    for year in today.year()..=today.year() + 1 {
        if laws.calendars().named(CN).is_some_and(|cn| cn.year(year).is_some()) {
            notice::end(tx, world, &calendar_key(year), &Facts::new()).await?;
        }
    }
    Ok(())
}

fn calendar_key(year: i32) -> String {
    format!("calendar:{CN}:{year}")
}

fn key(topic: Topic, case: &Case, one: &Deadline) -> String {
    match one.round {
        1 => format!("{topic}:{}:{}", case.id, one.name),
        round => format!("{topic}:{}:{}:{round}", case.id, one.name),
    }
}

async fn begin(
    tx: &mut Tx,
    world: &World,
    topic: Topic,
    severity: Severity,
    case: &Case,
    one: &Deadline,
    facts: Facts,
) -> Result<(), StoreError> {
    let trouble =
        Trouble { key: key(topic, case, one), topic, severity, agency: Some(case.agency.clone()), facts };
    notice::begin(tx, world, &trouble).await.map(drop)
}

fn facts(world: &World, case: &Case, one: &Deadline) -> Facts {
    let teams = world.teams.load();
    let teams: Vec<&str> = teams
        .iter()
        .filter(|team| team.has(&case.agency, &case.topic))
        .map(|team| team.name.as_str())
        .collect();
    let (zh, en) = {
        let laws = world.laws.load();
        let (zh, en) = laws.title(one);
        (zh.to_owned(), en.to_owned())
    };
    let mut facts = Facts::from([
        ("case".to_owned(), case.id.to_string()),
        ("registration_number".to_owned(), case.registration_number.clone()),
        ("kind".to_owned(), opener(&case.topic).zh().to_owned()),
        ("deadline".to_owned(), format!("{zh} {en}")),
        ("rule_set".to_owned(), one.rule_set().unwrap_or("来文 stated by the agency").to_owned()),
    ]);
    if !teams.is_empty() {
        facts.insert("team".to_owned(), teams.join("、"));
    }
    if let Some(due) = one.due_at {
        facts.insert("due".to_owned(), when(due));
    }
    facts
}

/// A span of time as one says it.
fn span(millis: i64) -> String {
    let minutes = millis.max(0) / 60_000;
    match (minutes / 1440, minutes % 1440 / 60) {
        (0, 0) => format!("{minutes} 分钟"),
        (0, hours) => format!("{hours} 小时"),
        (days, hours) => format!("{days} 天 {hours} 小时"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_said_in_two_words_at_most() {
        assert_eq!(span(59 * 60_000), "59 分钟");
        assert_eq!(span(-5), "0 分钟");
        assert_eq!(span(3 * 3_600_000 + 60_000), "3 小时");
        assert_eq!(span(50 * 3_600_000), "2 天 2 小时");
    }
}
