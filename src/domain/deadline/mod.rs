//! Deadlines by law: until when a case's next step must be taken, by which rule set, counted by which calendar.
//!
//! Promise: pure. A due date follows from a rule set's file, the calendar's files and what happened, and from nothing else;
//! where the calendar has no answer there is no date. A case keeps the set it began with ([`Basis`]). How rule sets are
//! written is in `schemas/rules/README.md`; keeping deadlines and raising what is overdue is left to `exchange`.
//!
//! | file | idea |
//! |---|---|
//! | `rule`, `file` | a rule set, and its file |
//! | `laws` | all sets and calendars there are, old texts included; which ones a case is given |
//! | `count` | from a beginning, a length and pauses to the last moment |
//! | `course` | what happens to a case's deadlines: begun, paused, met, begun anew |
//! | `happening` | what a record means for them |

mod count;
mod course;
mod file;
mod happening;
mod laws;
mod rule;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::domain::digest::Digest;

pub use count::{Span, Uncounted, last_moment};
pub use happening::{Happening, Opening, stated_due};
pub use laws::{AHEAD_DAYS, Laws};
pub use rule::{Extension, Length, Pause, Rule, RuleSet, Warn, Who};

/// The name of a deadline whose day the agency stated itself.
pub const STATED: &str = "stated";

/// One deadline of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// Its name: the rule's, or [`STATED`].
    pub name: String,
    /// Which time it runs, from 1: a case that is given back begins some anew.
    pub round: u32,
    /// Who must act.
    pub who: Who,
    /// Where it comes from.
    pub basis: Basis,
    /// When it began.
    pub started_at: Timestamp,
    /// The last moment; absent while it is paused, or while the calendar lacks a year.
    pub due_at: Option<Timestamp>,
    /// The year that the calendar lacks.
    pub missing_year: Option<i32>,
    /// From when on it is due soon.
    pub warn_at: Option<Timestamp>,
    /// What does not count; the last may be open.
    pub pauses: Vec<Span>,
    /// How often it was made longer.
    pub extensions: u32,
    /// When it ended: what was to be done was done, or the case is over.
    pub ended_at: Option<Timestamp>,
    /// When its last moment passed, as it was noticed.
    pub missed_at: Option<Timestamp>,
    /// When it was told that it is due soon.
    pub warned_at: Option<Timestamp>,
}

/// Where a deadline comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Basis {
    /// A rule set.
    Rule {
        /// Its id.
        set: String,
        /// SHA-256 of its file as it was when the case began.
        digest: Digest,
        /// The calendar it is counted by.
        calendar: String,
    },
    /// The agency stated the day itself.
    Stated,
}

/// How a deadline stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Its last moment has passed.
    Overdue,
    /// It is due soon.
    DueSoon,
    /// It runs.
    Running,
    /// It is paused.
    Paused,
    /// The calendar lacks a year: nobody knows the day.
    Uncounted,
    /// It was kept.
    Kept,
    /// It ended too late.
    Late,
}

impl Deadline {
    /// How it stands at a moment.
    #[must_use]
    pub fn standing(&self, now: Timestamp) -> Standing {
        match (self.ended_at, self.due_at) {
            (Some(_), _) if self.missed_at.is_some() => Standing::Late,
            (Some(_), _) => Standing::Kept,
            (None, Some(due)) if now > due => Standing::Overdue,
            (None, Some(_)) if self.warn_at.is_some_and(|warn| now >= warn) => Standing::DueSoon,
            (None, Some(_)) => Standing::Running,
            (None, None) if self.missing_year.is_some() => Standing::Uncounted,
            (None, None) => Standing::Paused,
        }
    }

    /// Whether it still runs or is paused.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.ended_at.is_none()
    }

    /// Whether it is paused.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.pauses.last().is_some_and(|span| span.to.is_none())
    }

    /// The rule set it comes from, if one it is.
    #[must_use]
    pub fn rule_set(&self) -> Option<&str> {
        match &self.basis {
            Basis::Rule { set, .. } => Some(set),
            Basis::Stated => None,
        }
    }

    /// The calendar it is counted by, if one it is.
    #[must_use]
    pub fn calendar(&self) -> Option<&str> {
        match &self.basis {
            Basis::Rule { calendar, .. } => Some(calendar),
            Basis::Stated => None,
        }
    }
}

impl Standing {
    /// Its word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Overdue => "overdue",
            Self::DueSoon => "due-soon",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Uncounted => "uncounted",
            Self::Kept => "kept",
            Self::Late => "late",
        }
    }

    /// Its Chinese term.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Overdue => "已逾期",
            Self::DueSoon => "即将到期",
            Self::Running => "计时中",
            Self::Paused => "中止计时",
            Self::Uncounted => "缺工作日历",
            Self::Kept => "按期",
            Self::Late => "逾期完成",
        }
    }
}

#[cfg(test)]
mod tests;
