//! Deadlines, and the radar over them.

use serde::Serialize;
use utoipa::ToSchema;

use crate::exchange::deadline::radar;

/// A deadline of a case.
#[derive(Serialize, ToSchema)]
pub struct Deadline {
    /// Its name: the rule's, or `stated` where the agency stated the day itself.
    name: String,
    /// What is to be done.
    title: String,
    /// The same in English.
    title_en: String,
    /// Which time it runs, from 1: a case that is given back begins some anew.
    round: u32,
    /// Who must act: `platform` or `agency`.
    who: &'static str,
    /// How it stands: `running`, `due-soon`, `overdue`, `paused`, `uncounted` (the calendar lacks a year), `kept` or `late`.
    standing: &'static str,
    /// The rule set it comes from; absent where the agency stated the day itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_set: Option<String>,
    /// SHA-256 of that set's file as it was when the case began.
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_set_sha256: Option<String>,
    /// Whether somebody has held the rule against the official text.
    #[serde(skip_serializing_if = "Option::is_none")]
    confirmed: Option<bool>,
    /// The calendar it is counted by.
    #[serde(skip_serializing_if = "Option::is_none")]
    calendar: Option<String>,
    /// When it began, on China's clock.
    #[schema(format = "date-time")]
    started_at: String,
    /// The last day, in China; absent while it is paused or uncounted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date")]
    due_on: Option<String>,
    /// The last moment, on China's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date-time")]
    due_at: Option<String>,
    /// The year that the calendar lacks.
    #[serde(skip_serializing_if = "Option::is_none")]
    missing_year: Option<i32>,
    /// What does not count.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pauses: Vec<Pause>,
    /// How often it was made longer.
    extensions: u32,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date-time")]
    ended_at: Option<String>,
    /// When it was noticed that its last moment had passed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date-time")]
    missed_at: Option<String>,
}

/// Time that does not count.
#[derive(Serialize, ToSchema)]
pub struct Pause {
    /// From when.
    #[schema(format = "date-time")]
    from: String,
    /// Until when; absent while it goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date-time")]
    to: Option<String>,
}

/// What presses.
#[derive(Serialize, ToSchema)]
pub struct Radar {
    /// When it was looked.
    #[schema(format = "date-time")]
    at: String,
    /// Of everybody.
    total: RadarCounts,
    /// By agency.
    agencies: Vec<RadarLine>,
    /// By team, as the settings say.
    teams: Vec<RadarLine>,
    /// What is overdue, the oldest first.
    overdue: Vec<RadarItem>,
    /// What is due soon, the most urgent first.
    due_soon: Vec<RadarItem>,
    /// Whether there is more than the lists show; the counts are of all.
    more: bool,
}

/// How many deadlines are open.
#[derive(Serialize, ToSchema)]
pub struct RadarCounts {
    /// Their last moment has passed.
    overdue: u64,
    /// They are due soon.
    due_soon: u64,
    /// They run besides.
    running: u64,
    /// They are paused.
    paused: u64,
    /// The calendar gives no day for them.
    uncounted: u64,
}

/// The counts of an agency or a team.
#[derive(Serialize, ToSchema)]
pub struct RadarLine {
    /// The agency's id or the team's name.
    name: String,
    #[serde(flatten)]
    counts: RadarCounts,
}

/// A deadline that presses.
#[derive(Serialize, ToSchema)]
pub struct RadarItem {
    /// The case.
    #[schema(format = "uuid")]
    case: String,
    /// Whose.
    agency: String,
    /// What it is about.
    topic: String,
    /// The agency's registration number.
    registration_number: String,
    /// The case's state.
    state: String,
    /// Whom the case waits for: `platform`, `agency` or `nobody`.
    waits_for: &'static str,
    /// The teams it belongs to.
    teams: Vec<String>,
    /// The deadline.
    deadline: Deadline,
    /// When somebody of the platform last did something in the case.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date-time")]
    last_action_at: Option<String>,
    /// Who that was: a token's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_action_by: Option<String>,
}

impl From<radar::DeadlineView> for Deadline {
    fn from(one: radar::DeadlineView) -> Self {
        Self {
            name: one.name,
            title: one.title,
            title_en: one.title_en,
            round: one.round,
            who: one.who.as_str(),
            standing: one.standing.as_str(),
            rule_set: one.rule_set,
            rule_set_sha256: one.rule_set_sha256.map(|digest| digest.to_string()),
            confirmed: one.confirmed,
            calendar: one.calendar,
            started_at: one.started_at,
            due_on: one.due_on,
            due_at: one.due_at,
            missing_year: one.missing_year,
            pauses: one
                .pauses
                .iter()
                .map(|span| Pause { from: span.from.to_string(), to: span.to.map(|to| to.to_string()) })
                .collect(),
            extensions: one.extensions,
            ended_at: one.ended_at.map(|at| at.to_string()),
            missed_at: one.missed_at.map(|at| at.to_string()),
        }
    }
}

impl From<radar::Counts> for RadarCounts {
    fn from(counts: radar::Counts) -> Self {
        let radar::Counts { overdue, due_soon, running, paused, uncounted } = counts;
        Self { overdue, due_soon, running, paused, uncounted }
    }
}

impl From<radar::RadarLine> for RadarLine {
    fn from(line: radar::RadarLine) -> Self {
        Self { name: line.name, counts: line.counts.into() }
    }
}

impl From<radar::RadarItem> for RadarItem {
    fn from(item: radar::RadarItem) -> Self {
        Self {
            case: item.case.to_string(),
            agency: item.agency.to_string(),
            topic: item.topic,
            registration_number: item.registration_number,
            state: item.state,
            waits_for: item.waits_for,
            teams: item.teams,
            deadline: item.deadline.into(),
            last_action_at: item.last_action_at.map(|at| at.to_string()),
            last_action_by: item.last_action_by,
        }
    }
}

impl From<radar::Radar> for Radar {
    fn from(radar: radar::Radar) -> Self {
        Self {
            at: radar.at.to_string(),
            total: radar.total.into(),
            agencies: radar.agencies.into_iter().map(Into::into).collect(),
            teams: radar.teams.into_iter().map(Into::into).collect(),
            overdue: radar.overdue.into_iter().map(Into::into).collect(),
            due_soon: radar.due_soon.into_iter().map(Into::into).collect(),
            more: radar.more,
        }
    }
}
