//! A calendar's file: one year of one calendar, read whole or refused with the line that is wrong.

use chrono::{Datelike as _, NaiveDate, Weekday};
use serde::Deserialize;

use crate::domain::calendar::{Holiday, Year};
use crate::domain::digest::Digest;

/// Why a calendar or a rule set is not taken. The operator mends the file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {what}")]
pub struct FileFault {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What was found, and what would be right.
    pub what: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    calendar: String,
    year: i32,
    source: String,
    number: String,
    issued_on: NaiveDate,
    checked: bool,
    #[serde(default)]
    note: String,
    #[serde(default)]
    holiday: Vec<HolidayText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HolidayText {
    name: String,
    from: NaiveDate,
    to: NaiveDate,
    #[serde(default)]
    work: Vec<NaiveDate>,
}

/// Reads a file: the calendar's name, and the year.
pub(super) fn read(file: &str, text: &str) -> Result<(String, Year), FileFault> {
    let read: Text = toml::from_str(text).map_err(|error| fault_of(file, text, &error))?;
    let wrong =
        |needle: &str, what: String| FileFault { file: file.to_owned(), line: line_of(text, needle), what };
    if read.calendar.is_empty() || !read.calendar.chars().all(|c| c.is_ascii_lowercase() || c == '-') {
        return Err(wrong("calendar", "calendar: small letters such as \"cn\" are wanted".to_owned()));
    }
    if read.holiday.is_empty() {
        return Err(wrong(
            "year",
            format!("{} has no [[holiday]]: a year without one is no notice", read.year),
        ));
    }
    let mut holidays: Vec<Holiday> = Vec::new();
    for HolidayText { name, from, to, work } in read.holiday {
        let holiday = Holiday { name, from, to, work };
        check(read.year, &holiday, &holidays).map_err(|(day, what)| wrong(&day.to_string(), what))?;
        holidays.push(holiday);
    }
    let year = Year {
        year: read.year,
        source: read.source,
        number: read.number,
        issued_on: read.issued_on,
        checked: read.checked,
        note: read.note,
        holidays,
        file: file.to_owned(),
        digest: Digest::of(text.as_bytes()),
    };
    Ok((read.calendar, year))
}

/// What a misprint looks like: a day of another year, a holiday of a month, a make-up day that is a working day anyway.
fn check(year: i32, holiday: &Holiday, before: &[Holiday]) -> Result<(), (NaiveDate, String)> {
    let Holiday { name, from, to, work } = holiday;
    // A notice may begin in the December before it.
    let belongs = |day: NaiveDate| day.year() == year || (day.year() == year - 1 && day.month() == 12);
    for day in [from, to].into_iter().chain(work) {
        if !belongs(*day) {
            return Err((*day, format!("{day} ({name}) is not of {year}")));
        }
    }
    // The longest so far had nine days; two weeks are a misprint.
    let days = (*to - *from).num_days() + 1;
    if !(1..=14).contains(&days) {
        return Err((*from, format!("{name} has {days} days: from {from} to {to}")));
    }
    for day in work {
        if !matches!(day.weekday(), Weekday::Sat | Weekday::Sun) {
            return Err((*day, format!("{day} ({name}) is worked anyway: make-up days are weekends")));
        }
        let earlier =
            before.iter().any(|other| other.days().any(|off| off == *day) || other.work.contains(day));
        if holiday.days().any(|off| off == *day) || earlier {
            return Err((*day, format!("{day} ({name}) is said to be both off and worked, or worked twice")));
        }
    }
    match before
        .iter()
        .find(|other| other.days().any(|day| (*from..=*to).contains(&day) || work.contains(&day)))
    {
        Some(other) => Err((*from, format!("{name} overlaps {}", other.name))),
        None => Ok(()),
    }
}

/// What the TOML reader says, with its line.
pub(in crate::domain) fn fault_of(file: &str, text: &str, error: &toml::de::Error) -> FileFault {
    let offset = error.span().map_or(0, |span| span.start.min(text.len()));
    let line = text.get(..offset).map_or(1, |before| before.matches('\n').count() + 1);
    FileFault { file: file.to_owned(), line, what: error.message().trim().replace('\n', "; ") }
}

/// The line, from 1, that holds `needle`; the first if none does.
pub(in crate::domain) fn line_of(text: &str, needle: &str) -> usize {
    text.lines().position(|line| line.contains(needle)).map_or(1, |index| index + 1)
}
