//! When something is due: a cron expression on the clock of a time zone, without quiet hours and days off.
//!
//! Promise: pure. What is due between two moments does not depend on when or how often that is asked; a time that a clock
//! has twice, or not at all, is due once (the rules of `croner`); and a day whose calendar is missing is no day off and no
//! working day, but [`MissingYear`].

use std::str::FromStr as _;

use chrono::{DateTime, NaiveTime, TimeDelta, TimeZone as _, Timelike as _, Utc};
use chrono_tz::Tz;
use croner::Cron;
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::domain::calendar::{Calendar, MissingYear};

/// The zone where none is named.
pub const ZONE: &str = "Asia/Shanghai";

/// What becomes of times at which nobody was there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Missed {
    /// One run for all of them, for the last.
    #[default]
    Latest,
    /// A run for each.
    Each,
    /// None: the next time is soon enough.
    Skip,
}

impl Missed {
    /// Its word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Latest => "latest",
            Self::Each => "each",
            Self::Skip => "skip",
        }
    }
}

/// When something is due.
#[derive(Clone, Debug)]
pub struct Schedule {
    cron: Cron,
    zone: Tz,
    quiet: Option<Quiet>,
    working_days: bool,
}

/// Hours of the day in which nothing begins: from the first to the second, perhaps over midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Quiet(NaiveTime, NaiveTime);

/// A schedule in words, as a file states it.
#[derive(Clone, Copy, Debug)]
pub struct Words<'a> {
    /// Minute, hour, day of the month, month, day of the week; with seconds before them, if there are six.
    pub cron: &'a str,
    /// The time zone's name in the IANA database.
    pub zone: &'a str,
    /// `22:00-06:00`: what is due then begins when they are over.
    pub quiet: Option<&'a str>,
    /// On other days nothing is due.
    pub working_days: bool,
}

impl Schedule {
    /// From words.
    ///
    /// # Errors
    /// Which of them is wrong, as the name of the setting, and what would be right.
    pub fn parse(words: Words<'_>) -> Result<Self, (&'static str, String)> {
        let cron = Cron::from_str(words.cron).map_err(|why| {
            let what =
                format!("{:?}: {why}; five fields are wanted, such as \"*/10 8-18 * * 1-5\"", words.cron);
            ("cron", what)
        })?;
        let zone = Tz::from_str(words.zone)
            .map_err(|_| ("zone", format!("{:?} is no time zone; Asia/Shanghai is one", words.zone)))?;
        let quiet = words.quiet.map(quiet).transpose().map_err(|what| ("quiet", what))?;
        Ok(Self { cron, zone, quiet, working_days: words.working_days })
    }

    /// The moments after `from`, up to and with `until`, at which it is due; the first `most` of them.
    ///
    /// # Errors
    /// [`MissingYear`] where only working days count and a day's year has no calendar.
    pub fn between(
        &self,
        from: Timestamp,
        until: Timestamp,
        most: usize,
        calendar: Option<&Calendar>,
    ) -> Result<Vec<Timestamp>, MissingYear> {
        let mut found = Vec::new();
        let mut at = from;
        while found.len() < most {
            let Some(next) = self.next(at, calendar)?.filter(|next| *next <= until) else { break };
            found.push(next);
            at = next;
        }
        Ok(found)
    }

    /// The next moment after `from` at which it is due; `None` if that never comes.
    ///
    /// # Errors
    /// [`MissingYear`] as [`Self::between`].
    pub fn next(
        &self,
        from: Timestamp,
        calendar: Option<&Calendar>,
    ) -> Result<Option<Timestamp>, MissingYear> {
        // The search keeps a fraction of a second: a time would be another one for each moment at which it is asked for.
        let whole = Timestamp::from_micros(from.seconds() * 1_000_000);
        let Some(mut at) = self.local(whole) else { return Ok(None) };
        loop {
            let Ok(next) = self.cron.find_next_occurrence(&at, false) else { return Ok(None) };
            let works = !self.working_days
                || calendar.map_or(Ok(true), |calendar| calendar.is_working(next.date_naive()))?;
            if works {
                return Ok(Some(Timestamp::from_micros(next.timestamp_micros())));
            }
            at = next;
        }
    }

    /// When what is due at this moment may begin: then, or when the quiet hours are over.
    #[must_use]
    pub fn begins(&self, due: Timestamp) -> Timestamp {
        let (Some(Quiet(from, to)), Some(at)) = (self.quiet, self.local(due)) else { return due };
        let time = at.time();
        let within = if from <= to { (from..to).contains(&time) } else { time >= from || time < to };
        if !within {
            return due;
        }
        let day = if time < to { at.date_naive() } else { at.date_naive() + TimeDelta::days(1) };
        let over = self.zone.from_local_datetime(&day.and_time(to)).earliest();
        over.map_or(due, |over| Timestamp::from_micros(over.timestamp_micros()))
    }

    /// A moment on the zone's clock, in a form of `chrono`'s.
    #[must_use]
    pub fn clock_time(&self, at: Timestamp, form: &str) -> String {
        self.local(at).map_or_else(|| at.to_string(), |at| at.format(form).to_string())
    }

    /// The expression.
    #[must_use]
    pub fn cron(&self) -> &str {
        self.cron.as_str()
    }

    /// The zone's name.
    #[must_use]
    pub fn zone(&self) -> &'static str {
        self.zone.name()
    }

    fn local(&self, at: Timestamp) -> Option<DateTime<Tz>> {
        Some(DateTime::<Utc>::from_timestamp_micros(at.micros())?.with_timezone(&self.zone))
    }
}

fn quiet(text: &str) -> Result<Quiet, String> {
    let time = |text: &str| NaiveTime::parse_from_str(text.trim(), "%H:%M").ok();
    let hours = text.split_once('-').and_then(|(from, to)| Some(Quiet(time(from)?, time(to)?)));
    let hours = hours.filter(|Quiet(from, to)| from != to && from.second() == 0);
    hours.ok_or_else(|| format!("{text:?}: two times of the day are wanted, such as \"22:00-06:00\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::{CN, Calendars};

    fn schedule(cron: &str, quiet: Option<&str>, working_days: bool) -> Schedule {
        Schedule::parse(Words { cron, zone: ZONE, quiet, working_days }).unwrap()
    }

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    fn shown(times: &[Timestamp]) -> Vec<String> {
        times.iter().map(|at| at.at_offset(8 * 3600)).collect()
    }

    #[test]
    fn what_is_due_stands_on_the_zones_clock() {
        let nightly = schedule("30 1 * * *", None, false);
        let from = at("2026-12-30T17:30:00Z");
        let due = nightly.between(from, at("2027-01-02T00:00:00Z"), 9, None).unwrap();
        assert_eq!(shown(&due), ["2027-01-01T01:30:00+08:00", "2027-01-02T01:30:00+08:00"]);
        assert_eq!(nightly.between(from, from.plus_millis(86_399_999), 9, None).unwrap(), []);
        assert_eq!(nightly.between(from, from.plus_millis(86_400_000), 9, None).unwrap().len(), 1);
        assert_eq!(
            schedule("* * * * *", None, false)
                .between(from, at("2027-01-02T00:00:00Z"), 3, None)
                .unwrap()
                .len(),
            3
        );
        assert_eq!(schedule("0 0 30 2 *", None, false).next(from, None), Ok(None), "it never comes");
    }

    #[test]
    fn a_time_is_the_same_whenever_it_is_asked_for() {
        let hourly = schedule("0 * * * *", None, false);
        let noon = at("2026-11-23T12:00:00+08:00");
        for micros in [-1, -1_000_000, -300_000, -1_700_001, -3_599_999_999] {
            let from = Timestamp::from_micros(noon.micros() + micros);
            assert_eq!(hourly.next(from, None), Ok(Some(noon)), "{micros}");
        }
        for micros in [0, 1, 999_999, 1_000_000] {
            let from = Timestamp::from_micros(noon.micros() + micros);
            assert_eq!(hourly.next(from, None), Ok(Some(noon.plus_millis(3_600_000))), "{micros}");
        }
    }

    #[test]
    fn days_off_are_passed_over_and_make_up_days_are_not() {
        let calendars = Calendars::shipped();
        let morning = schedule("0 9 * * *", None, true);
        let due = morning.between(
            at("2026-09-30T12:00:00+08:00"),
            at("2026-10-12T00:00:00+08:00"),
            99,
            calendars.named(CN),
        );
        // National Day 2026: off from the first to the seventh, and the tenth, a Saturday, is worked.
        let days: Vec<String> = shown(&due.unwrap()).iter().map(|day| day[5..10].to_owned()).collect();
        assert_eq!(days, ["10-08", "10-09", "10-10"]);
        let beyond = morning.next(at("2040-01-01T00:00:00Z"), calendars.named(CN));
        assert_eq!(beyond, Err(MissingYear { year: 2040 }));
    }

    #[test]
    fn quiet_hours_put_off_to_their_end() {
        let night = schedule("0 * * * *", Some("22:00-06:00"), false);
        for (due, begins) in [
            ("2026-11-28T21:59:59+08:00", "2026-11-28T21:59:59+08:00"),
            ("2026-11-28T22:00:00+08:00", "2026-11-29T06:00:00+08:00"),
            ("2026-11-29T05:59:59+08:00", "2026-11-29T06:00:00+08:00"),
            ("2026-11-29T06:00:00+08:00", "2026-11-29T06:00:00+08:00"),
        ] {
            assert_eq!(night.begins(at(due)), at(begins), "{due}");
        }
        let noon = schedule("0 * * * *", Some("12:00-13:00"), false);
        assert_eq!(noon.begins(at("2026-11-29T12:30:00+08:00")), at("2026-11-29T13:00:00+08:00"));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let words = Words { cron: "0 9 * * *", zone: ZONE, quiet: None, working_days: false };
        let named = |words: Words<'_>| Schedule::parse(words).unwrap_err().0;
        assert_eq!(named(Words { cron: "0 25 * * *", ..words }), "cron");
        assert_eq!(named(Words { zone: "Asia/Peking", ..words }), "zone");
        assert_eq!(named(Words { quiet: Some("22-6"), ..words }), "quiet");
    }
}
