//! Values that are text with a form: a moment, a date, a decimal number, a currency.
//!
//! Promise: each can only be parsed, and prints exactly as it was written, so that nothing changes on its way
//! through: `3.00` stays `3.00`, `+08:00` stays `+08:00`. Moments follow RFC 3339 with an offset, dates ISO 8601,
//! currencies ISO 4217. The form of the schema's `pattern` is checked first, then whether such a day exists.

use chrono::{DateTime, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::domain::id::BadId;

macro_rules! text {
    ($(#[$doc:meta])* $name:ident, $pattern:literal, $format:expr, $example:literal, $expected:literal, $holds:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// From its text.
            pub fn parse(text: &str) -> Result<Self, BadId> {
                let holds: fn(&str) -> bool = $holds;
                if holds(text) {
                    return Ok(Self(text.to_owned()));
                }
                Err(BadId { what: stringify!($name), expected: $expected })
            }

            /// Its text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        crate::domain::id::printed!($name);

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn inline_schema() -> bool {
                true
            }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                let mut schema = schemars::json_schema!({ "type": "string", "pattern": $pattern, "examples": [$example] });
                let format: Option<&str> = $format;
                if let Some(format) = format {
                    schema.insert("format".to_owned(), format.into());
                }
                schema
            }
        }
    };
}

text! {
    /// A moment: RFC 3339 with its offset, as it was written.
    ///
    /// ```
    /// use regbridge::domain::record::text::Moment;
    /// assert_eq!(Moment::parse("2026-11-23T09:30:00+08:00").expect("it has an offset").as_str(), "2026-11-23T09:30:00+08:00");
    /// assert!(Moment::parse("2026-11-23T09:30:00").is_err());
    /// ```
    Moment, "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})$",
    Some("date-time"), "2026-11-23T09:30:00+08:00", "RFC 3339 with an offset, such as 2026-11-23T09:30:00+08:00",
    |text| {
        // chrono would also read a space or a small `t` and `z`, and any number of fraction digits.
        let separated = text.as_bytes().get(10) == Some(&b'T') && !text.ends_with('z');
        let fraction = text.split_once('.').map_or(0, |(_, rest)| rest.bytes().take_while(u8::is_ascii_digit).count());
        separated && fraction <= 9 && DateTime::parse_from_rfc3339(text).is_ok()
    }
}

impl Moment {
    /// The instant, wherever its clock stood.
    #[must_use]
    #[expect(clippy::missing_panics_doc, reason = "it does not panic, as it says")]
    pub fn timestamp(&self) -> Timestamp {
        Timestamp::parse(&self.0).expect("parse() let in only what RFC 3339 reads")
    }

    /// An instant on the clock `offset_seconds` east of Greenwich.
    #[must_use]
    pub fn of(at: Timestamp, offset_seconds: i32) -> Self {
        Self(at.at_offset(offset_seconds))
    }
}

text! {
    /// A day of the calendar, `2026-11-23`.
    Date, "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", Some("date"), "2026-11-23", "a date, such as 2026-11-23",
    |text| text.len() == 10 && text.is_ascii() && NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok_and(|day| day.to_string() == text)
}

text! {
    /// A decimal number as written: never a float, never rounded.
    Decimal, "^-?[0-9]+([.][0-9]+)?$", None, "0.050", "a decimal number, such as 0.050",
    |text| {
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        match unsigned.split_once('.') {
            Some((whole, fraction)) => digits(whole) && digits(fraction),
            None => digits(unsigned),
        }
    }
}

text! {
    /// A currency: three letters of ISO 4217.
    Currency, "^[A-Z]{3}$", None, "CNY", "three letters of ISO 4217, such as CNY",
    |text| text.len() == 3 && text.bytes().all(|b| b.is_ascii_uppercase())
}

#[cfg(test)]
impl crate::domain::record::any::Any for Moment {
    fn any(from: &mut crate::domain::record::any::Source) -> Self {
        let offset = from.pick(&[0, 8 * 3600, -5 * 3600, 20_700]);
        Self::of(Timestamp::from_micros(from.below(4_000_000_000_000_000).cast_signed()), offset)
    }
}

#[cfg(test)]
impl crate::domain::record::any::Any for Date {
    fn any(from: &mut crate::domain::record::any::Source) -> Self {
        let at = Timestamp::from_micros(from.below(4_000_000_000_000_000).cast_signed());
        Self(at.to_string()[..10].to_owned())
    }
}

#[cfg(test)]
impl crate::domain::record::any::Any for Decimal {
    fn any(from: &mut crate::domain::record::any::Source) -> Self {
        Self(format!("{}.{:03}", from.below(1000), from.below(1000)))
    }
}

#[cfg(test)]
impl crate::domain::record::any::Any for Currency {
    fn any(from: &mut crate::domain::record::any::Source) -> Self {
        Self(from.pick(&["CNY", "USD", "JPY"]).to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_need_an_offset_and_a_day_that_exists() {
        for good in [
            "2026-11-23T09:30:00+08:00",
            "2026-11-23T01:30:00Z",
            "2026-11-23T01:30:00.5Z",
            "2024-02-29T00:00:00-05:45",
        ] {
            assert_eq!(Moment::parse(good).unwrap().as_str(), good);
        }
        for bad in [
            "",
            "2026-11-23",
            "2026-11-23T09:30:00",
            "2026-11-23 09:30:00+08:00",
            "2026-11-23t09:30:00Z",
            "2026-11-23T09:30:00z",
            "2026-02-30T00:00:00Z",
            "2026-11-23T25:00:00Z",
            "2026-11-23T09:30:00.1234567890Z",
            "2026-11-23T09:30:00+0800",
            "٢026-11-23T09:30:00Z",
        ] {
            assert!(Moment::parse(bad).is_err(), "{bad}");
        }
        let moment = Moment::parse("2026-11-23T09:30:00+08:00").unwrap();
        assert_eq!(moment.timestamp().to_string(), "2026-11-23T01:30:00.000000Z");
        assert_eq!(Moment::of(moment.timestamp(), 8 * 3600), moment);
    }

    #[test]
    fn dates_are_days_that_exist() {
        assert_eq!(Date::parse("2024-02-29").unwrap().as_str(), "2024-02-29");
        for bad in ["2023-02-29", "2026-1-5", "20260105", "2026-01-05 ", "+2026-01-05", "2026/01/05"] {
            assert!(Date::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn decimals_and_currencies_keep_their_text() {
        assert_eq!(Decimal::parse("003.00").unwrap().as_str(), "003.00");
        for bad in ["", "-", ".5", "5.", "1e3", "１", "1,000", "+1", "1.2.3"] {
            assert!(Decimal::parse(bad).is_err(), "{bad}");
        }
        assert!(Currency::parse("CNY").is_ok());
        assert!(
            Currency::parse("cny").is_err()
                && Currency::parse("元").is_err()
                && Currency::parse("CNYX").is_err()
        );
    }
}
