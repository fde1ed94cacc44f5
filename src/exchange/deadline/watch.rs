//! The watch: what is due soon and what is overdue is told once; what could not be counted is counted when its year is there.
//!
//! Promise: mark, journal entry, event and webhooks are written in one transaction, so that of several replicas one tells,
//! and of two looks the first. Nothing is told late for being many: each transaction takes some and the next goes on.

use serde_json::json;

use crate::clock::Timestamp;
use crate::domain::calendar::CHINA;
use crate::domain::deadline::{Deadline, Standing};
use crate::exchange::deadline::alarm;
use crate::exchange::deadline::told::DeadlineFact;
use crate::exchange::entry::{self, Fact};
use crate::exchange::gateway::{Gateway, World};
use crate::exchange::intake::announcements;
use crate::exchange::intake::desk::opener;
use crate::exchange::refused::Refused;
use crate::store::case::Case;
use crate::store::deadline::CaseDeadline;
use crate::store::event::Event;
use crate::store::{StoreError, Tx};

/// Deadlines in one transaction: an entry, an event and a row each, some 20 ms at 0.3 ms each.
const AT_ONCE: u32 = 64;

/// What a look found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Watched {
    /// How many were told as due soon.
    pub soon: usize,
    /// How many were told as overdue.
    pub overdue: usize,
    /// How many could be counted at last.
    pub counted: usize,
    /// The years that are missing.
    pub missing: Vec<MissingCalendar>,
}

/// A year without a calendar that is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MissingCalendar {
    /// The year.
    pub year: i32,
    /// How many running deadlines have no day for want of it; 0 while it only comes near.
    pub deadlines: u64,
}

impl std::fmt::Display for Watched {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { soon, overdue, counted, missing } = self;
        write!(f, "{soon} due soon, {overdue} overdue, {counted} counted")?;
        for MissingCalendar { year, deadlines } in missing {
            write!(f, "; no calendar for {year}, which {deadlines} running deadlines want")?;
        }
        Ok(())
    }
}

/// What is told of a deadline.
#[derive(Clone, Copy, PartialEq, Eq)]
enum News {
    Soon,
    Overdue,
    Counted,
}

impl News {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Soon => Standing::DueSoon.as_str(),
            Self::Overdue => Standing::Overdue.as_str(),
            Self::Counted => "counted",
        }
    }
}

impl Gateway {
    /// Tells what became due soon or overdue until `now`, each once, and counts what waited for a calendar that is there
    /// now.
    ///
    /// # Errors
    /// [`Refused::Busy`] and [`Refused::Unavailable`] when the store cannot be asked.
    pub async fn watch_deadlines(&self, now: Timestamp) -> Result<Watched, Refused> {
        let world = &*self.world;
        let mut watched = Watched { missing: self.missing_calendars(now).await?, ..Watched::default() };
        for missing in watched.missing.iter().filter(|missing| missing.deadlines > 0) {
            watched.counted += self.count_at_last(missing.year, now).await?;
        }
        if watched.counted > 0 {
            watched.missing = self.missing_calendars(now).await?;
        }
        let (laws, missing) = (world.laws.load_full(), &watched.missing);
        let tell = async |mut tx: Tx| alarm::calendars(&mut tx, world, &laws, missing, now).await;
        world.store.run_tx::<(), StoreError, _>("deadline.calendars", tell).await?;
        // What is overdue first: a deadline whose both moments have passed is told as overdue alone.
        for news in [News::Overdue, News::Soon] {
            loop {
                let look = async |mut tx: Tx| look(world, news, now, &mut tx).await;
                let told = world.store.run_tx("deadline.watch", look).await?;
                match news {
                    News::Overdue => watched.overdue += told,
                    News::Soon | News::Counted => watched.soon += told,
                }
                if told == 0 {
                    break;
                }
                world.bells.ring_for_events();
                world.bells.ring_for_deliveries();
            }
        }
        Ok(watched)
    }

    /// The years that running deadlines want, and the one that comes near.
    ///
    /// # Errors
    /// [`Refused::Unavailable`] when the store cannot be asked.
    pub async fn missing_calendars(&self, now: Timestamp) -> Result<Vec<MissingCalendar>, Refused> {
        let years = async |mut tx: Tx| tx.missing_years().await;
        let years = self.world.store.read::<_, StoreError, _>("deadline.missing_years", years).await?;
        let mut missing: Vec<MissingCalendar> =
            years.into_iter().map(|(year, deadlines)| MissingCalendar { year, deadlines }).collect();
        if let Some(ahead) = self.world.laws.load().missing_ahead(now)
            && missing.iter().all(|one| one.year != ahead.year)
        {
            missing.push(MissingCalendar { year: ahead.year, deadlines: 0 });
        }
        missing.sort_by_key(|one| one.year);
        Ok(missing)
    }

    /// Counts what waited for a year, if it is there now.
    async fn count_at_last(&self, year: i32, now: Timestamp) -> Result<usize, Refused> {
        let world = &*self.world;
        let mut all = 0;
        loop {
            let count = async |mut tx: Tx| {
                let head = tx.journal_lock().await?;
                let laws = world.laws.load();
                let mut waiting = tx.deadlines_uncounted(year, AT_ONCE).await?;
                waiting.retain_mut(|one| laws.recount(&mut one.deadline));
                if waiting.is_empty() {
                    return Ok(0);
                }
                tell(world, News::Counted, waiting, (head, now), &mut tx).await
            };
            match world.store.run_tx::<_, StoreError, _>("deadline.count", count).await? {
                0 => return Ok(all),
                counted => all += counted,
            }
        }
    }
}

/// Tells some of what pressed until `now`; how many.
async fn look(world: &World, news: News, now: Timestamp, tx: &mut Tx) -> Result<usize, StoreError> {
    let pressing = async |tx: &mut Tx| match news {
        News::Overdue => tx.deadlines_passed(now, AT_ONCE).await,
        News::Soon | News::Counted => tx.deadlines_to_warn(now, AT_ONCE).await,
    };
    // Mostly there is nothing, and nobody need wait for that.
    if pressing(tx).await?.is_empty() {
        return Ok(0);
    }
    let head = tx.journal_lock().await?;
    let mut all = pressing(tx).await?;
    for one in &mut all {
        match news {
            News::Overdue => one.deadline.missed_at = Some(now),
            News::Soon | News::Counted => one.deadline.warned_at = Some(now),
        }
    }
    tell(world, news, all, (head, now), tx).await
}

/// Writes deadlines with entries, events and webhooks.
async fn tell(
    world: &World,
    news: News,
    all: Vec<CaseDeadline>,
    (head, now): (crate::store::journal::JournalHead, Timestamp),
    tx: &mut Tx,
) -> Result<usize, StoreError> {
    let (mut entries, mut events, mut cases) = (Vec::new(), Vec::new(), Vec::new());
    for CaseDeadline { case, deadline } in &all {
        let Some(case) = tx.case(case).await? else { continue };
        let journal_index = head.size + entries.len() as u64;
        entries.push(entry::bytes(&fact(news, &case, deadline, now), now));
        if news != News::Counted {
            events.push(event(world, news, &case, deadline, (journal_index, now)));
        }
        cases.push((case, deadline));
    }
    tx.put_deadlines(&all).await?;
    let told: Vec<_> = events.iter().flat_map(|event| announcements(world, event)).collect();
    tx.insert_deliveries(&told).await?;
    tx.insert_events(&events).await?;
    if !entries.is_empty() {
        world.journal.grow(&head, entries, now)?.write(tx).await?;
    }
    for (case, deadline) in &cases {
        match news {
            News::Soon => alarm::soon(tx, world, (case, *deadline), now).await?,
            News::Overdue => alarm::overdue(tx, world, (case, *deadline), now).await?,
            News::Counted => {}
        }
    }
    Ok(all.len())
}

fn fact(news: News, case: &Case, deadline: &Deadline, now: Timestamp) -> Fact {
    Fact::Deadline {
        case: case.id.clone(),
        agency: case.agency.clone(),
        news: news.as_str(),
        deadline: DeadlineFact::of(deadline, now),
    }
}

fn event(
    world: &World,
    news: News,
    case: &Case,
    deadline: &Deadline,
    (journal_index, now): (u64, Timestamp),
) -> Event {
    let kind = opener(&case.topic);
    let laws = world.laws.load();
    Event {
        journal_index,
        id: world.chance.uuid(now).to_string(),
        event_type: format!("regbridge.deadline.{}", news.as_str()),
        case: case.id.clone(),
        agency: case.agency.clone(),
        kind,
        at: now,
        data: json!({
            "agency": case.agency,
            "calendar": deadline.calendar(),
            "case": case.id,
            "deadline": deadline.name,
            "due": deadline.due_at.map(|due| due.at_offset(CHINA)),
            "kind": kind,
            "registration_number": case.registration_number,
            "round": deadline.round,
            "rule_set": deadline.rule_set(),
            "state": case.state,
            "title": laws.title(deadline).0,
            "who": deadline.who,
        })
        .to_string(),
    }
}
