//! `[deadlines]` and `[[teams]]`: what is done without a calendar, and who belongs together.

use serde::Deserialize;

use crate::domain::id::AgencyId;
use crate::exchange::deadline::radar;
use crate::exchange::view::topics;

/// `[deadlines]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Deadlines {
    /// What the start does when running deadlines want a year that no calendar has.
    pub missing_calendar: MissingCalendar,
}

/// What the start does without a calendar that is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum MissingCalendar {
    /// It says so as an error, and serves: those deadlines have no day.
    #[default]
    Report,
    /// It ends.
    Refuse,
}

/// `[[teams]]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Team {
    /// Its name in the radar.
    pub name: String,
    /// Its agencies; left out: all.
    #[serde(default)]
    pub agencies: Vec<String>,
    /// Its topics; left out: all.
    #[serde(default)]
    pub topics: Vec<String>,
}

impl Team {
    /// What is wrong with these teams: the key, and what would be right.
    pub(super) fn check(teams: &[Self]) -> Result<(), (String, String)> {
        let wrong = |key: &str, message: String| Err((format!("teams.{key}"), message));
        let known = topics();
        for (place, team) in teams.iter().enumerate() {
            if team.name.trim().is_empty() || teams[..place].iter().any(|other| other.name == team.name) {
                return wrong("name", format!("{:?}: every team has a name of its own", team.name));
            }
            if let Some(id) = team.agencies.iter().find(|id| AgencyId::parse(id).is_err()) {
                return wrong("agencies", format!("{id:?} is no agency's id"));
            }
            if let Some(topic) = team.topics.iter().find(|topic| !known.contains(&topic.as_str())) {
                return wrong("topics", format!("{topic:?}: one of {} is wanted", known.join(", ")));
            }
        }
        Ok(())
    }

    /// The team as the radar knows it.
    #[must_use]
    pub fn made(&self) -> radar::Team {
        radar::Team {
            name: self.name.clone(),
            agencies: self.agencies.iter().filter_map(|id| AgencyId::parse(id).ok()).collect(),
            topics: self.topics.clone(),
        }
    }
}
