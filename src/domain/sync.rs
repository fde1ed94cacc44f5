//! A sync: what is fetched from an agency that only publishes, where, how, and when.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::domain::kind::Kind;
use crate::domain::schedule::{self, Missed, Schedule, Words};

/// `[[syncs]]` of an agency's registry file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sync {
    /// Its name, within the agency.
    pub name: String,
    /// What the records are; the agency must have the scope to submit them.
    pub kind: Kind,
    /// The `https` address of the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The directory that is the source, relative to the data directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<PathBuf>,
    /// Which format is asked for: `json` or `xml`.
    #[serde(default)]
    pub format: SourceFormat,
    /// When: minute, hour, day of the month, month, day of the week.
    pub cron: String,
    /// On the clock of this time zone.
    #[serde(default = "zone")]
    pub zone: String,
    /// What becomes of times at which nobody was there: `latest`, `each` or `skip`.
    #[serde(default)]
    pub missed: Missed,
    /// Hours in which nothing begins: `22:00-06:00`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quiet: Option<String>,
    /// Only on working days.
    #[serde(default)]
    pub working_days: bool,
    /// The parameter that says how many records a page holds, and how many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<PageSize>,
    /// Requests a minute at most.
    #[serde(default = "rate")]
    pub requests_per_minute: u32,
    /// The window of time that is asked for; without one the source is asked for all that it has, or for what follows a
    /// cursor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
    /// How it gives its pages; without it one answer is all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pages: Option<Pages>,
}

/// Which format a source is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SourceFormat {
    /// JSON.
    #[default]
    Json,
    /// XML.
    Xml,
}

/// How many records a page holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PageSize {
    /// The parameter.
    pub parameter: String,
    /// How many.
    pub records: u32,
}

/// A window of time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// The parameter of its beginning.
    pub from: String,
    /// The parameter of its end; without it the window is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// How times are written: `iso`, `unix`, `unix-millis`, `yyyy-MM-dd HH:mm:ss` or `yyyyMMddHHmmss`, on the sync's clock.
    #[serde(default)]
    pub form: TimeForm,
    /// By how many minutes a window begins before the last one ended: what agencies enter late is found all the same, and
    /// what comes twice is known.
    #[serde(default = "overlap")]
    pub overlap_minutes: u32,
    /// How many days before its first run the first window begins.
    #[serde(default = "first")]
    pub first_days: u32,
}

/// How a time is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum TimeForm {
    /// `2026-11-28T09:30:00+08:00`
    #[default]
    #[serde(rename = "iso")]
    Iso,
    /// Seconds since 1970.
    #[serde(rename = "unix")]
    Unix,
    /// Milliseconds since 1970.
    #[serde(rename = "unix-millis")]
    UnixMillis,
    /// `2026-11-28 09:30:00`
    #[serde(rename = "yyyy-MM-dd HH:mm:ss")]
    Spaced,
    /// `20261128093000`
    #[serde(rename = "yyyyMMddHHmmss")]
    Packed,
}

/// How a source gives its pages. What it says in an answer is read by the profile's map: a member of the message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Pages {
    /// Each page names the next.
    Cursor {
        /// The parameter that takes it.
        parameter: String,
        /// The message's member in which the page names it; absent or empty on the last.
        next: String,
    },
    /// By number, from 1 where nothing else is said.
    Number {
        /// The parameter.
        parameter: String,
        /// The first page's number.
        #[serde(default = "one")]
        first: u32,
        /// The message's member that says how many records there are in all; without it a page without records is the last.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        total: Option<String>,
    },
}

fn zone() -> String {
    schedule::ZONE.to_owned()
}

// A page a second: what a bureau's server answers without noticing.
const fn rate() -> u32 {
    60
}

// Longer than the clocks of two bureaus differ, and than a case takes from entry to publication.
const fn overlap() -> u32 {
    30
}

const fn first() -> u32 {
    7
}

const fn one() -> u32 {
    1
}

impl Sync {
    /// When it is due.
    ///
    /// # Errors
    /// Which setting is wrong, and what would be right.
    pub fn schedule(&self) -> Result<Schedule, (&'static str, String)> {
        Schedule::parse(Words {
            cron: &self.cron,
            zone: &self.zone,
            quiet: self.quiet.as_deref(),
            working_days: self.working_days,
        })
    }

    /// What is wrong with it, by the name of the setting.
    #[must_use]
    pub fn faults(&self) -> Vec<(&'static str, String)> {
        let mut faults: Vec<(&'static str, String)> = self.schedule().err().into_iter().collect();
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if self.name.is_empty() || !self.name.chars().all(plain) {
            faults.push((
                "name",
                format!("{:?}: lower-case letters, digits and hyphens are wanted", self.name),
            ));
        }
        match (&self.url, &self.path) {
            (Some(url), None) if !url.starts_with("https://") => {
                faults.push(("url", "an https address is wanted".to_owned()));
            }
            (Some(_), None) | (None, Some(_)) => {}
            _ => faults.push(("url", format!("sync {}: either url or path is wanted", self.name))),
        }
        if self.path.is_some() && (self.window.is_some() || self.pages.is_some()) {
            faults.push(("path", "a directory has neither windows nor pages".to_owned()));
        }
        if self.requests_per_minute == 0 {
            faults.push(("requests_per_minute", "0 would ask for nothing".to_owned()));
        }
        if self.size.as_ref().is_some_and(|size| size.records == 0) {
            faults.push(("size", "0 records would be no page".to_owned()));
        }
        faults
    }
}
