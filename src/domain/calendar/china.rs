//! China's clock: which day a moment falls on, and when a day ends.
//!
//! Promise: one offset for all of China (Asia/Shanghai, +08:00, no summer time since 1991), whatever offset a moment was
//! written with.

use chrono::{Days, NaiveDate, NaiveTime};

use crate::clock::Timestamp;

/// The offset of China Standard Time, in seconds.
pub const CHINA: i32 = 8 * 3600;

/// The day in China on which a moment falls.
///
/// ```
/// use regbridge::clock::Timestamp;
/// use regbridge::domain::calendar::day_of;
/// let at = |text| Timestamp::parse(text).expect("it is RFC 3339");
/// assert_eq!(day_of(at("2026-02-13T23:59:59+08:00")).to_string(), "2026-02-13");
/// assert_eq!(day_of(at("2026-02-13T16:00:00Z")).to_string(), "2026-02-14");
/// ```
#[must_use]
pub fn day_of(at: Timestamp) -> NaiveDate {
    at.plus_millis(i64::from(CHINA) * 1000).utc().date_naive()
}

/// The first moment of a day in China.
#[must_use]
pub fn begin_of(day: NaiveDate) -> Timestamp {
    let micros = day.and_time(NaiveTime::MIN).and_utc().timestamp_micros();
    Timestamp::from_micros(micros - i64::from(CHINA) * 1_000_000)
}

/// The last moment of a day in China: a microsecond before 24:00, at which a period's last day ends (民法典, art. 203).
#[must_use]
pub fn end_of(day: NaiveDate) -> Timestamp {
    let next = day.checked_add_days(Days::new(1)).unwrap_or(NaiveDate::MAX);
    Timestamp::from_micros(begin_of(next).micros() - 1)
}
