//! Which days are worked: calendars by the State Council's yearly notices, make-up days included.
//!
//! Promise: pure, and never a guess. Every answer stands on a file for the year it speaks of; a year without one is
//! [`MissingYear`], which names it. A day begins and ends on China's clock. What is counted by these days is left to
//! [`crate::domain::deadline`].

mod china;
mod file;
mod shelf;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike as _, Days, NaiveDate, Weekday};

use crate::domain::digest::Digest;

pub use china::{CHINA, begin_of, day_of, end_of};
pub use file::FileFault;
pub(in crate::domain) use file::{fault_of, line_of};
pub use shelf::Calendars;

/// The calendar of the People's Republic.
pub const CN: &str = "cn";

/// A day was asked about whose year has no calendar. The operator adds the year's notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[error("there is no working-day calendar for {year}")]
pub struct MissingYear {
    /// The year.
    pub year: i32,
}

/// The working days of one country, over the years that are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// Its name, for example `cn`.
    pub id: String,
    years: BTreeMap<i32, Year>,
    off: BTreeSet<NaiveDate>,
    work: BTreeSet<NaiveDate>,
}

/// One year's notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Year {
    /// The year.
    pub year: i32,
    /// The notice's title.
    pub source: String,
    /// Its number (文号).
    pub number: String,
    /// When it was issued.
    pub issued_on: NaiveDate,
    /// Whether somebody has held every day against the notice's text.
    pub checked: bool,
    /// How, or what is doubtful.
    pub note: String,
    /// The holidays, in order.
    pub holidays: Vec<Holiday>,
    /// The file it stands in.
    pub file: String,
    /// SHA-256 of that file.
    pub digest: Digest,
}

/// Days off that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holiday {
    /// What is celebrated.
    pub name: String,
    /// The first day off.
    pub from: NaiveDate,
    /// The last.
    pub to: NaiveDate,
    /// The weekend's days that are worked for it.
    pub work: Vec<NaiveDate>,
}

impl Calendar {
    /// A calendar of these years.
    #[must_use]
    pub fn new(id: &str, years: impl IntoIterator<Item = Year>) -> Self {
        let years: BTreeMap<i32, Year> = years.into_iter().map(|year| (year.year, year)).collect();
        let holidays = || years.values().flat_map(|year| &year.holidays);
        let off = holidays().flat_map(Holiday::days).collect();
        let work = holidays().flat_map(|holiday| holiday.work.iter().copied()).collect();
        Self { id: id.to_owned(), off, work, years }
    }

    /// The notices it stands on, oldest first.
    #[must_use]
    pub fn years(&self) -> impl DoubleEndedIterator<Item = &Year> {
        self.years.values()
    }

    /// One year's notice.
    #[must_use]
    pub fn year(&self, year: i32) -> Option<&Year> {
        self.years.get(&year)
    }

    /// Whether that day is worked.
    ///
    /// # Errors
    /// [`MissingYear`] if the notice that settles it is not there.
    pub fn is_working(&self, day: NaiveDate) -> Result<bool, MissingYear> {
        self.has(day.year())?;
        if settled_by_the_next_notice(day) {
            self.has(day.year() + 1)?;
        }
        if self.work.contains(&day) {
            return Ok(true);
        }
        Ok(!self.off.contains(&day) && !matches!(day.weekday(), Weekday::Sat | Weekday::Sun))
    }

    /// The working day that is the `count`-th after `day`, which is not counted itself; `day` for none.
    ///
    /// # Errors
    /// [`MissingYear`] if the count leads into a year that is not known.
    pub fn add_working_days(&self, day: NaiveDate, count: u32) -> Result<NaiveDate, MissingYear> {
        self.count_on(day, count, |_| true)
    }

    /// The same, where only working days that `counts` lets through are counted.
    ///
    /// # Errors
    /// [`MissingYear`].
    pub fn count_on(
        &self,
        mut day: NaiveDate,
        count: u32,
        counts: impl Fn(NaiveDate) -> bool,
    ) -> Result<NaiveDate, MissingYear> {
        let mut left = count;
        while left > 0 {
            day = next(day)?;
            left -= u32::from(self.is_working(day)? && counts(day));
        }
        Ok(day)
    }

    /// The working day that is the `count`-th before `day`; `day` for none.
    ///
    /// # Errors
    /// [`MissingYear`].
    pub fn back_working_days(&self, mut day: NaiveDate, count: u32) -> Result<NaiveDate, MissingYear> {
        let mut left = count;
        while left > 0 {
            day = day.pred_opt().ok_or(MissingYear { year: day.year() - 1 })?;
            left -= u32::from(self.is_working(day)?);
        }
        Ok(day)
    }

    /// `day` itself if it is worked, else the first worked day after it: where a period's last day is one off, it ends on
    /// that day (民法典, art. 203).
    ///
    /// # Errors
    /// [`MissingYear`].
    pub fn working_from(&self, mut day: NaiveDate) -> Result<NaiveDate, MissingYear> {
        while !self.is_working(day)? {
            day = next(day)?;
        }
        Ok(day)
    }

    /// The first year that is missing between two days, both asked about.
    #[must_use]
    pub fn missing_between(&self, from: NaiveDate, to: NaiveDate) -> Option<MissingYear> {
        (from.year()..=to.year()).find_map(|year| self.has(year).err())
    }

    fn has(&self, year: i32) -> Result<(), MissingYear> {
        if self.years.contains_key(&year) { Ok(()) } else { Err(MissingYear { year }) }
    }
}

impl Holiday {
    /// Its days off.
    pub fn days(&self) -> impl Iterator<Item = NaiveDate> + use<> {
        let to = self.to;
        self.from.iter_days().take_while(move |day| *day <= to)
    }
}

/// The day after; chrono's calendar ends in the year 262142.
fn next(day: NaiveDate) -> Result<NaiveDate, MissingYear> {
    day.checked_add_days(Days::new(1)).ok_or(MissingYear { year: day.year() + 1 })
}

/// Where the first of January is a Tuesday, the notice for that year moves the days before it: of 2018, 29 December was
/// worked, and 30 and 31 were off. On no other weekday does a notice of the last twenty years move a December's weekday.
fn settled_by_the_next_notice(day: NaiveDate) -> bool {
    day.month() == 12
        && day.day() >= 29
        && NaiveDate::from_ymd_opt(day.year() + 1, 1, 1).is_some_and(|first| first.weekday() == Weekday::Tue)
}

#[cfg(test)]
mod tests;
