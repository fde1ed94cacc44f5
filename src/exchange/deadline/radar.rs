//! The radar: what presses, whom it waits for, and who last did something about it.
//!
//! Promise: it only looks. Counts are of all open deadlines; the lists hold the most urgent, and say when there are more.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::clock::Timestamp;
use crate::domain::calendar::{CHINA, day_of};
use crate::domain::case::{CaseState, Turn};
use crate::domain::deadline::{Basis, Deadline, Laws, Span, Standing, Who};
use crate::domain::digest::Digest;
use crate::domain::id::{AgencyId, CaseId};
use crate::exchange::gateway::Gateway;
use crate::exchange::refused::Refused;
use crate::store::radar::{Load, Pressing};
use crate::store::{StoreError, Tx};

/// The longest list: five screens of a console; whoever has more goes by the counts.
pub const MOST: u32 = 500;

/// Which agencies and topics belong together; a setting.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Team {
    /// Its name.
    pub name: String,
    /// Its agencies; empty: all.
    pub agencies: Vec<AgencyId>,
    /// Its topics; empty: all.
    pub topics: Vec<String>,
}

/// A deadline as it is shown.
#[derive(Clone, Debug, Serialize)]
pub struct DeadlineView {
    /// Its name.
    pub name: String,
    /// What is to be done.
    pub title: String,
    /// The same in English.
    pub title_en: String,
    /// Which time it runs, from 1.
    pub round: u32,
    /// Who must act.
    pub who: Who,
    /// How it stands.
    pub standing: Standing,
    /// The rule set it comes from; absent where the agency stated the day itself.
    pub rule_set: Option<String>,
    /// SHA-256 of that set's file as it was when the case began.
    pub rule_set_sha256: Option<Digest>,
    /// Whether that set, and this deadline of it, were held against the official text; absent without a set.
    pub confirmed: Option<bool>,
    /// The calendar it is counted by.
    pub calendar: Option<String>,
    /// When it began, on China's clock.
    pub started_at: String,
    /// The last day, in China; absent while it is paused, or while the calendar lacks a year.
    pub due_on: Option<String>,
    /// The last moment, on China's clock.
    pub due_at: Option<String>,
    /// The year that the calendar lacks.
    pub missing_year: Option<i32>,
    /// What does not count.
    pub pauses: Vec<Span>,
    /// How often it was made longer.
    pub extensions: u32,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// When it was noticed that it had passed.
    pub missed_at: Option<Timestamp>,
}

/// A deadline that presses.
#[derive(Clone, Debug, Serialize)]
pub struct RadarItem {
    /// The case.
    pub case: CaseId,
    /// Whose.
    pub agency: AgencyId,
    /// About what.
    pub topic: String,
    /// The agency's registration number.
    pub registration_number: String,
    /// The case's state.
    pub state: String,
    /// Whom the case waits for: `platform`, `agency` or `nobody`.
    pub waits_for: &'static str,
    /// The teams it belongs to.
    pub teams: Vec<String>,
    /// The deadline.
    pub deadline: DeadlineView,
    /// When somebody of the platform last did something in the case.
    pub last_action_at: Option<Timestamp>,
    /// Who that was: a token's name.
    pub last_action_by: Option<String>,
}

/// How many deadlines are open.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Their last moment has passed.
    pub overdue: u64,
    /// They are due soon.
    pub due_soon: u64,
    /// They run besides.
    pub running: u64,
    /// They are paused.
    pub paused: u64,
    /// The calendar gives no day for them.
    pub uncounted: u64,
}

/// The counts of an agency or a team.
#[derive(Clone, Debug, Serialize)]
pub struct RadarLine {
    /// The agency's id or the team's name.
    pub name: String,
    /// How many.
    #[serde(flatten)]
    pub counts: Counts,
}

/// What presses.
#[derive(Clone, Debug, Serialize)]
pub struct Radar {
    /// When it was looked.
    pub at: Timestamp,
    /// Of everybody.
    pub total: Counts,
    /// By agency.
    pub agencies: Vec<RadarLine>,
    /// By team.
    pub teams: Vec<RadarLine>,
    /// What is overdue, the oldest first.
    pub overdue: Vec<RadarItem>,
    /// What is due soon, the most urgent first.
    pub due_soon: Vec<RadarItem>,
    /// Whether a list is longer than it is shown.
    pub more: bool,
}

impl Team {
    /// Whether a case belongs to it.
    #[must_use]
    pub fn has(&self, agency: &AgencyId, topic: &str) -> bool {
        (self.agencies.is_empty() || self.agencies.contains(agency))
            && (self.topics.is_empty() || self.topics.iter().any(|one| one == topic))
    }
}

impl Counts {
    fn add(&mut self, load: &Load) {
        self.overdue += load.overdue;
        self.due_soon += load.soon;
        self.running += load.running;
        self.paused += load.paused;
        self.uncounted += load.uncounted;
    }
}

impl DeadlineView {
    /// A deadline as it stands at a moment.
    #[must_use]
    pub fn of(laws: &Laws, one: &Deadline, now: Timestamp) -> Self {
        let (title, title_en) = laws.title(one);
        let digest = match &one.basis {
            Basis::Rule { digest, .. } => Some(*digest),
            Basis::Stated => None,
        };
        let set = digest.and_then(|digest| laws.set_of(&digest));
        Self {
            name: one.name.clone(),
            title: title.to_owned(),
            title_en: title_en.to_owned(),
            round: one.round,
            who: one.who,
            standing: one.standing(now),
            rule_set: one.rule_set().map(str::to_owned),
            rule_set_sha256: digest,
            confirmed: set.map(|set| set.confirmed && set.rule(&one.name).is_some_and(|rule| rule.confirmed)),
            calendar: one.calendar().map(str::to_owned),
            started_at: one.started_at.at_offset(CHINA),
            due_on: one.due_at.map(|due| day_of(due).to_string()),
            due_at: one.due_at.map(|due| due.at_offset(CHINA)),
            missing_year: one.missing_year,
            pauses: one.pauses.clone(),
            extensions: one.extensions,
            ended_at: one.ended_at,
            missed_at: one.missed_at,
        }
    }
}

impl Gateway {
    /// Which agencies and topics belong together, from now on.
    pub fn replace_teams(&self, teams: Vec<Team>) {
        self.world.teams.store(std::sync::Arc::new(teams));
    }

    /// What presses now; of one agency or one team if one is named.
    ///
    /// # Errors
    /// [`Refused::NotFound`] for a team nobody knows; [`Refused::Unavailable`] when the store cannot be asked.
    pub async fn radar(&self, agency: Option<&AgencyId>, team: Option<&str>) -> Result<Radar, Refused> {
        let world = &*self.world;
        let (now, laws, teams) = (world.clock.now(), world.laws.load_full(), world.teams.load_full());
        let only = team
            .map(|name| teams.iter().find(|team| team.name == name).ok_or(Refused::NotFound))
            .transpose()?;
        let wanted = |of: &AgencyId, topic: &str| {
            agency.is_none_or(|agency| agency == of) && only.is_none_or(|team| team.has(of, topic))
        };
        let look = async |mut tx: Tx| {
            let loads = tx.radar_loads(now).await?;
            Ok::<_, StoreError>((loads, tx.radar_passed(now, MOST).await?, tx.radar_soon(now, MOST).await?))
        };
        let (mut loads, passed, soon) = world.store.read("radar.look", look).await?;
        loads.retain(|load| wanted(&load.agency, &load.topic));
        let item = |pressing: Pressing| item(&laws, &teams, pressing, now);
        let fits = |pressing: &Pressing| wanted(&pressing.agency, &pressing.topic);
        let more = passed.len() >= MOST as usize || soon.len() >= MOST as usize;
        Ok(Radar {
            at: now,
            total: counts(loads.iter()),
            agencies: loads
                .iter()
                .map(|load| &load.agency)
                .collect::<BTreeSet<_>>()
                .into_iter()
                .map(|id| RadarLine {
                    name: id.to_string(),
                    counts: counts(loads.iter().filter(|load| load.agency == *id)),
                })
                .collect(),
            teams: teams
                .iter()
                .map(|team| RadarLine {
                    name: team.name.clone(),
                    counts: counts(loads.iter().filter(|load| team.has(&load.agency, &load.topic))),
                })
                .collect(),
            overdue: passed.into_iter().filter(fits).map(item).collect(),
            due_soon: soon.into_iter().filter(fits).map(item).collect(),
            more,
        })
    }
}

fn counts<'a>(loads: impl Iterator<Item = &'a Load>) -> Counts {
    let mut counts = Counts::default();
    loads.for_each(|load| counts.add(load));
    counts
}

fn item(laws: &Laws, teams: &[Team], pressing: Pressing, now: Timestamp) -> RadarItem {
    let Pressing { deadline, agency, topic, registration_number, state, last_action } = pressing;
    let turn = CaseState::parse(&state).map_or(Turn::Nobody, CaseState::turn);
    let (last_action_at, last_action_by) = last_action.unzip();
    RadarItem {
        case: deadline.case,
        waits_for: match turn {
            Turn::Platform => "platform",
            Turn::Agency => "agency",
            Turn::Nobody => "nobody",
        },
        teams: teams.iter().filter(|team| team.has(&agency, &topic)).map(|team| team.name.clone()).collect(),
        deadline: DeadlineView::of(laws, &deadline.deadline, now),
        agency,
        topic,
        registration_number,
        state,
        last_action_at,
        last_action_by,
    }
}
