//! Counting: from a beginning, a length and pauses to the last moment.
//!
//! Promise: 民法典 art. 201 (the day of the beginning is not counted), art. 203 (a last day off moves to the next working
//! day; the last day ends at 24:00). Of a pause the day it begins on counts and the day it ends on does not, by the same
//! art. 201: what is paused is itself a period. Hours run from the moment on, and a pause stops them to the microsecond.

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::domain::calendar::{Calendar, MissingYear, begin_of, day_of, end_of};
use crate::domain::deadline::rule::{Length, Warn};

/// What does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// From when.
    pub from: Timestamp,
    /// Until when; absent while it goes on.
    pub to: Option<Timestamp>,
}

/// Why there is no last moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Uncounted {
    /// It is paused.
    Paused,
    /// The calendar lacks a year.
    Missing(MissingYear),
}

impl From<MissingYear> for Uncounted {
    fn from(missing: MissingYear) -> Self {
        Self::Missing(missing)
    }
}

/// Nine in the morning, from 00:00 on, in microseconds: when people are there to be warned.
const NINE: i64 = 9 * 3600 * 1_000_000;

/// The last moment of a period.
///
/// # Errors
/// [`Uncounted`] while it is paused, or where the calendar has no answer.
pub fn last_moment(
    calendar: &Calendar,
    started_at: Timestamp,
    length: Length,
    pauses: &[Span],
) -> Result<Timestamp, Uncounted> {
    if pauses.iter().any(|span| span.to.is_none()) {
        return Err(Uncounted::Paused);
    }
    let began = day_of(started_at);
    match length {
        Length::Hours(hours) => Ok(after_hours(started_at, hours, pauses)),
        Length::WorkingDays(days) => {
            Ok(end_of(calendar.count_on(began, days, |day| !is_paused(day, pauses))?))
        }
        Length::Days(days) => {
            let mut day = began;
            let mut left = days;
            while left > 0 {
                day = day.checked_add_days(Days::new(1)).ok_or(MissingYear { year: i32::MAX })?;
                left -= u32::from(!is_paused(day, pauses));
            }
            Ok(end_of(calendar.working_from(day)?))
        }
    }
}

/// From when on a period that ends at `due` is due soon.
///
/// # Errors
/// [`MissingYear`].
pub(super) fn warning(calendar: &Calendar, due: Timestamp, warn: Warn) -> Result<Timestamp, MissingYear> {
    match warn {
        Warn::Hours(hours) => Ok(due.plus_millis(-i64::from(hours) * 3_600_000)),
        Warn::WorkingDays(days) => {
            let day = calendar.back_working_days(day_of(due), days)?;
            Ok(Timestamp::from_micros(begin_of(day).micros() + NINE))
        }
    }
}

fn is_paused(day: NaiveDate, pauses: &[Span]) -> bool {
    pauses.iter().any(|span| span.to.is_some_and(|to| day_of(span.from) < day && day <= day_of(to)))
}

fn after_hours(started_at: Timestamp, hours: u32, pauses: &[Span]) -> Timestamp {
    let mut end = started_at.micros() + i64::from(hours) * 3_600_000_000;
    // In order, and none over another: they come from one course of events.
    for span in pauses {
        let (from, to) = (span.from.max(started_at), span.to.unwrap_or(span.from));
        if from.micros() < end && to > from {
            end += to.micros() - from.micros();
        }
    }
    Timestamp::from_micros(end)
}
