//! `Retry-After` (RFC 9110, section 10.2.3): when the peer wishes to be asked again.
//!
//! Promise: both forms are read, delay seconds and an HTTP date in any of the three spellings of section 5.6.7;
//! a date in the past is no delay; what is neither is passed over as if it were not there.

use std::time::Duration;

use chrono::{DateTime, NaiveDateTime, Utc};

use crate::clock::Timestamp;

/// The longest that a peer can make us wait: a day. Longer would let one wrong header use up the 72 hours in
/// which a delivery must have its chances.
pub const LONGEST: Duration = Duration::from_hours(24);

/// The delay that `value` asks for at `now`, at most [`LONGEST`].
#[must_use]
pub fn read(value: &str, now: Timestamp) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) {
        // More digits than a u64 holds is still "very long".
        let seconds = value.parse().unwrap_or(u64::MAX);
        return Some(Duration::from_secs(seconds).min(LONGEST));
    }
    let millis = date(value)?.millis_since(now);
    Some(Duration::from_millis(u64::try_from(millis).unwrap_or(0)).min(LONGEST))
}

fn date(value: &str) -> Option<Timestamp> {
    // IMF-fixdate, then the two obsolete forms that a recipient must still read: RFC 850 and asctime.
    const FORMS: [&str; 3] =
        ["%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"];
    let read = FORMS.iter().find_map(|form| NaiveDateTime::parse_from_str(value, form).ok())?;
    let at: DateTime<Utc> = read.and_utc();
    Some(Timestamp::from_micros(at.timestamp_micros()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(value: &str) -> Option<u64> {
        // 1994-11-06T08:49:37Z is the RFC's own example; "now" stands 23 seconds before it.
        let now = Timestamp::parse("1994-11-06T08:49:14Z").unwrap();
        read(value, now).map(|d| d.as_secs())
    }

    #[test]
    fn seconds_and_the_three_dates_of_the_rfc() {
        assert_eq!(at("120"), Some(120));
        assert_eq!(at(" 0 "), Some(0));
        assert_eq!(at("Sun, 06 Nov 1994 08:49:37 GMT"), Some(23));
        assert_eq!(at("Sunday, 06-Nov-94 08:49:37 GMT"), Some(23));
        assert_eq!(at("Sun Nov  6 08:49:37 1994"), Some(23));
    }

    #[test]
    fn the_past_is_no_delay_and_a_day_is_the_most() {
        assert_eq!(at("Sun, 06 Nov 1994 08:00:00 GMT"), Some(0));
        assert_eq!(at("999999999999999999999999"), Some(24 * 60 * 60));
        assert_eq!(at("Mon, 06 Nov 2034 08:49:37 GMT"), Some(24 * 60 * 60));
    }

    #[test]
    fn nonsense_is_passed_over() {
        for value in ["", "soon", "-3", "1.5", "Sun, 06 Nov 1994"] {
            assert_eq!(at(value), None, "{value}");
        }
    }
}
