//! At which hours an agency is pushed to: `[deliver]` of its registry file.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::domain::calendar::{Calendar, MissingYear};
use crate::domain::schedule::{Schedule, Words, ZONE};

/// `[deliver]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// When what waits becomes due: minute, hour, day of the month, month, day of the week.
    pub at: String,
    /// On the clock of this time zone.
    #[serde(default = "zone")]
    pub zone: String,
    /// Only on working days.
    #[serde(default)]
    pub working_days: bool,
    /// Hours in which nothing begins: `22:00-06:00`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quiet: Option<String>,
    /// What is urgent does not wait.
    #[serde(default)]
    pub urgent: bool,
}

fn zone() -> String {
    ZONE.to_owned()
}

impl Hours {
    /// When what is made now becomes due; `None` if that never comes.
    ///
    /// # Errors
    /// [`MissingYear`] where only working days count and a day's year has no calendar.
    pub fn due(&self, now: Timestamp, calendar: Option<&Calendar>) -> Result<Option<Timestamp>, MissingYear> {
        let Ok(schedule) = self.schedule() else { return Ok(None) };
        Ok(schedule.next(now, calendar)?.map(|at| schedule.begins(at)))
    }

    /// What is wrong with it, by the name of the setting.
    #[must_use]
    pub fn fault(&self) -> Option<(&'static str, String)> {
        self.schedule().err().map(|(key, what)| (if key == "cron" { "at" } else { key }, what))
    }

    fn schedule(&self) -> Result<Schedule, (&'static str, String)> {
        Schedule::parse(Words {
            cron: &self.at,
            zone: &self.zone,
            quiet: self.quiet.as_deref(),
            working_days: self.working_days,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::{CN, Calendars};

    fn hours(text: &str) -> Hours {
        toml::from_str(text).unwrap()
    }

    fn due(hours: &Hours, now: &str) -> String {
        let calendars = Calendars::shipped();
        let now = Timestamp::parse(now).unwrap();
        hours.due(now, calendars.named(CN)).unwrap().unwrap().at_offset(8 * 3600)
    }

    #[test]
    fn what_waits_is_due_at_the_next_hour_of_a_working_day() {
        let evening = hours("at = '0 17 * * *'\nworking_days = true");
        assert_eq!(due(&evening, "2026-11-23T16:59:59.999+08:00"), "2026-11-23T17:00:00+08:00");
        assert_eq!(due(&evening, "2026-11-23T17:00:00+08:00"), "2026-11-24T17:00:00+08:00");
        // A Friday; and the seven days of October.
        assert_eq!(due(&evening, "2026-11-27T18:00:00+08:00"), "2026-11-30T17:00:00+08:00");
        assert_eq!(due(&evening, "2026-09-30T18:00:00+08:00"), "2026-10-08T17:00:00+08:00");
        let quiet = hours("at = '30 * * * *'\nquiet = '22:00-06:00'");
        assert_eq!(due(&quiet, "2026-11-23T22:00:00+08:00"), "2026-11-24T06:00:00+08:00");
        let urumqi = hours("at = '0 9 * * *'\nzone = 'Asia/Urumqi'");
        assert_eq!(due(&urumqi, "2026-11-23T10:00:00+08:00"), "2026-11-23T11:00:00+08:00");
    }

    #[test]
    fn what_is_wrong_bears_the_name_of_its_setting() {
        for (text, key) in [
            ("at = 'evening'", "at"),
            ("at = '0 17 * * *'\nzone = 'Peking'", "zone"),
            ("at = '0 17 * * *'\nquiet = 'night'", "quiet"),
        ] {
            assert_eq!(hours(text).fault().map(|(key, _)| key), Some(key), "{text}");
        }
        assert_eq!(hours("at = '0 17 * * 1-5'").fault(), None);
    }
}
