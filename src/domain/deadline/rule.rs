//! A rule set: a law's deadlines as data.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::domain::digest::Digest;

/// A law's deadlines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleSet {
    /// Its id.
    pub id: String,
    /// The law's title.
    pub title: String,
    /// The same in English.
    pub title_en: String,
    /// The law's number, and where it stands.
    pub source: String,
    /// The first day of receipt it covers.
    pub from: NaiveDate,
    /// The last; absent until further notice.
    pub until: Option<NaiveDate>,
    /// The calendar it counts by.
    pub calendar: String,
    /// What cases it is for.
    pub topics: Vec<String>,
    /// Whose; empty: everybody's.
    pub agencies: Vec<String>,
    /// Of agencies that speak which profiles; empty: any.
    pub profiles: Vec<String>,
    /// Whether somebody has held it against the official text.
    pub confirmed: bool,
    /// What is to be known of it.
    pub note: String,
    /// Its deadlines.
    pub rules: Vec<Rule>,
    /// The file it stands in.
    pub file: String,
    /// That file's text.
    pub text: String,
    /// SHA-256 of that text.
    pub digest: Digest,
}

/// One deadline of a law.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its name, one word.
    pub name: String,
    /// What is to be done.
    pub title: String,
    /// The same in English.
    pub title_en: String,
    /// The article.
    pub article: String,
    /// Who must act.
    pub who: Who,
    /// What begins it.
    pub start: Vec<String>,
    /// What begins it anew once it has ended.
    pub again: Vec<String>,
    /// What ends it.
    pub ends: Vec<String>,
    /// How long it is.
    pub length: Length,
    /// Whether a day that the agency states stands in its place.
    pub gives_way: bool,
    /// How long before its end it is due soon.
    pub warn: Warn,
    /// What does not count.
    pub pauses: Vec<Pause>,
    /// What makes it longer.
    pub extension: Option<Extension>,
    /// Whether somebody has held it against the official text.
    pub confirmed: bool,
    /// What is to be known of it.
    pub note: String,
}

/// Who must act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Who {
    /// The platform.
    Platform,
    /// The agency.
    Agency,
}

/// How long a deadline is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// Hours from the moment on.
    Hours(u32),
    /// Days of the calendar; a last day off moves to the next working day.
    Days(u32),
    /// Working days.
    WorkingDays(u32),
}

/// How long before its end a deadline is due soon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Warn {
    /// So many hours before.
    Hours(u32),
    /// From 09:00 of the working day that is so many before the last.
    WorkingDays(u32),
}

/// What does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pause {
    /// What it is.
    pub title: String,
    /// What begins it.
    pub begin: Vec<String>,
    /// What ends it.
    pub end: Vec<String>,
}

/// What makes a deadline longer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension {
    /// By what.
    pub by: Vec<String>,
    /// By how much, in the deadline's own unit.
    pub length: u32,
    /// How often at most.
    pub most: u32,
}

impl RuleSet {
    /// Whether it covers what is received on that day.
    #[must_use]
    pub fn covers(&self, day: NaiveDate) -> bool {
        self.from <= day && self.until.is_none_or(|until| day <= until)
    }

    /// Whether it is for some agencies only.
    #[must_use]
    pub const fn is_special(&self) -> bool {
        !self.agencies.is_empty() || !self.profiles.is_empty()
    }

    /// Its deadline of this name.
    #[must_use]
    pub fn rule(&self, name: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.name == name)
    }
}

impl Who {
    /// Its word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Platform => "platform",
            Self::Agency => "agency",
        }
    }

    /// Its Chinese term.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Platform => "平台",
            Self::Agency => "机关",
        }
    }

    /// From its word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Platform, Self::Agency].into_iter().find(|who| who.as_str() == word)
    }
}

impl Length {
    /// The length after so many extensions of `more` each.
    #[must_use]
    pub const fn longer(self, times: u32, more: u32) -> Self {
        let more = times.saturating_mul(more);
        match self {
            Self::Hours(n) => Self::Hours(n.saturating_add(more)),
            Self::Days(n) => Self::Days(n.saturating_add(more)),
            Self::WorkingDays(n) => Self::WorkingDays(n.saturating_add(more)),
        }
    }

    /// In words, Chinese and English.
    #[must_use]
    pub fn words(self) -> (String, String) {
        match self {
            Self::Hours(n) => (format!("{n} 小时"), format!("{n} hours")),
            Self::Days(n) => (format!("{n} 日"), format!("{n} days")),
            Self::WorkingDays(n) => (format!("{n} 个工作日"), format!("{n} working days")),
        }
    }
}
