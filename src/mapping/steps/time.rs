//! `time iso [local]`, `time 'P' …`, `time unix s|ms [quoted]` ↔ RFC 3339 with an offset.
//!
//! A time without an offset is local to the profile's zone; writing a local form converts to that zone. A fraction
//! of a second that a pattern has no letters for is refused on writing, never dropped.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, SecondsFormat, TimeZone as _, Timelike};

use crate::mapping::codes::CodeLists;
use crate::mapping::steps::parse::{Arguments, HowFault, arguments};
use crate::mapping::steps::pattern_time::{Pattern, examples, patterns};
use crate::mapping::steps::{Around, Back, Item, Sort, Step, Taken, Type, Wrong};

#[derive(Debug)]
enum Time {
    Iso,
    Local,
    Patterns(Vec<Pattern>),
    Unix { millis: bool, sort: Sort },
}

/// From the arguments.
pub(super) fn make(words: Arguments<'_>, _: &CodeLists) -> Result<Box<dyn Step>, HowFault> {
    let usage = || arguments("time iso [local] | time 'yyyy-MM-dd HH:mm:ss' … | time unix s|ms [quoted]");
    let step = match words {
        [iso] if iso.is("iso") => Time::Iso,
        [iso, local] if iso.is("iso") && local.is("local") => Time::Local,
        [word, unit, rest @ ..] if word.is("unix") && (unit.is("s") || unit.is("ms")) => {
            let sort = match rest {
                [] => Sort::Number,
                [quoted] if quoted.is("quoted") => Sort::Text,
                _ => return Err(usage()),
            };
            Time::Unix { millis: unit.is("ms"), sort }
        }
        words => Time::Patterns(patterns(words).ok_or_else(usage)??),
    };
    Ok(Box::new(step))
}

/// RFC 3339 as the records have it: seconds, a fraction only if there is one, `+00:00` as `Z`.
fn record_form(at: &DateTime<FixedOffset>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// Whether a text is a time as [`record_form`] prints it, without a fraction: `2026-03-09T08:05:07+08:00`. What is not
/// told here, chrono tells.
fn as_recorded(text: &str) -> bool {
    let bytes = text.as_bytes();
    let number = |from: usize, to: usize| {
        let digits = bytes.get(from..to)?;
        digits.iter().try_fold(0_u32, |n, b| b.is_ascii_digit().then(|| n * 10 + u32::from(b - b'0')))
    };
    let below = |from: usize, most: u32| number(from, from + 2).is_some_and(|n| n < most);
    let signs = bytes.len() >= 20
        && [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')]
            .iter()
            .all(|(at, sign)| bytes[*at] == *sign);
    let zone = match &bytes[19.min(bytes.len())..] {
        b"Z" => true,
        [b'+' | b'-', _, _, b':', _, _] => {
            below(20, 24) && below(23, 60) && (number(20, 22), number(23, 25)) != (Some(0), Some(0))
        }
        _ => false,
    };
    let date = || {
        let year = number(0, 4).and_then(|year| i32::try_from(year).ok());
        NaiveDate::from_ymd_opt(year?, number(5, 7)?, number(8, 10)?)
    };
    signs && zone && below(11, 24) && below(14, 60) && below(17, 60) && date().is_some()
}

fn in_zone(at: NaiveDateTime, zone_seconds: i32) -> Option<DateTime<FixedOffset>> {
    FixedOffset::east_opt(zone_seconds)?.from_local_datetime(&at).single()
}

impl Time {
    fn wrong(&self) -> Wrong {
        let (zh, en) = match self {
            Self::Iso => (
                "带时区的时间，如 2026-03-09T08:05:07+08:00",
                "a time with an offset, such as 2026-03-09T08:05:07+08:00",
            ),
            Self::Local => ("时间，如 2026-03-09T08:05:07", "a time such as 2026-03-09T08:05:07"),
            Self::Patterns(patterns) => {
                let shown = patterns.iter().map(Pattern::shown).collect::<Vec<_>>().join(" / ");
                let example = examples(patterns);
                return Wrong::new(
                    "time",
                    format!("{shown} 格式的时间，如 {example}"),
                    format!("a time as {shown}, such as {example}"),
                );
            }
            Self::Unix { millis: false, .. } => ("Unix 秒数", "seconds since 1970"),
            Self::Unix { millis: true, .. } => ("Unix 毫秒数", "milliseconds since 1970"),
        };
        Wrong::new("time", zh, en)
    }

    fn parse(&self, text: &str, zone: i32) -> Option<DateTime<FixedOffset>> {
        match self {
            Self::Iso => DateTime::parse_from_rfc3339(text).ok(),
            Self::Local => match DateTime::parse_from_rfc3339(text) {
                Ok(at) => Some(at),
                Err(_) => in_zone(text.parse::<NaiveDateTime>().ok()?, zone),
            },
            Self::Patterns(patterns) => in_zone(patterns.iter().find_map(|p| p.read(text))?, zone),
            Self::Unix { millis, .. } => {
                let count: i64 = text.parse().ok()?;
                let at = if *millis {
                    DateTime::from_timestamp_millis(count)?
                } else {
                    DateTime::from_timestamp(count, 0)?
                };
                Some(at.with_timezone(&FixedOffset::east_opt(zone)?))
            }
        }
    }
}

impl Step for Time {
    fn read<'a>(&self, item: Item<'a>, around: &mut Around<'_>) -> Result<Item<'a>, Wrong> {
        let Item::Text(text, _) = &item else { return Ok(item) };
        if matches!(self, Self::Iso) && as_recorded(text) {
            return Ok(item);
        }
        let at = self.parse(text, around.zone_seconds).ok_or_else(|| self.wrong())?;
        Ok(Item::text(record_form(&at)))
    }

    fn write<'a>(&self, item: Item<'a>, around: &mut Around<'_>) -> Result<Item<'a>, Wrong> {
        let recorded = || item.as_text().is_some_and(as_recorded);
        if item == Item::None || (matches!(self, Self::Iso) && recorded()) {
            return Ok(item);
        }
        let rfc = || Wrong::type_of("RFC 3339 时间", "a time as RFC 3339 has it");
        let at = item.as_text().and_then(|text| DateTime::parse_from_rfc3339(text).ok()).ok_or_else(rfc)?;
        let zone = FixedOffset::east_opt(around.zone_seconds).ok_or_else(rfc)?;
        let local = at.with_timezone(&zone).naive_local();
        let finer = |wrong: Wrong| Wrong { code: "time-fraction", ..wrong };
        Ok(match self {
            Self::Iso => item,
            Self::Local => Item::text(local.format("%Y-%m-%dT%H:%M:%S%.f").to_string()),
            Self::Patterns(patterns) => {
                // A pattern without seconds or fraction must not lose them: then a later one that has them is written.
                let whole = |pattern: &Pattern| {
                    Some(pattern.print(&local)).filter(|text| pattern.read(text) == Some(local))
                };
                let text = patterns.iter().find_map(whole);
                Item::text(text.ok_or_else(|| finer(self.wrong()))?)
            }
            Self::Unix { millis, sort } => {
                let lost = if *millis { at.nanosecond() % 1_000_000 } else { at.nanosecond() };
                if lost != 0 {
                    return Err(finer(self.wrong()));
                }
                let count = if *millis { at.timestamp_millis() } else { at.timestamp() };
                Item::Text(count.to_string().into(), *sort)
            }
        })
    }

    fn takes(&self, given: &Type) -> Taken {
        let holds = match given {
            Type::Date => self.parse("2026-03-09", 0).is_some(),
            Type::Moment => self.parse("2026-03-09T08:05:07+08:00", 0).is_some(),
            other => *other == Type::Text,
        };
        Taken::when(holds, ("未转换的文本", "text that no step has turned into something else"))
    }

    fn back(&self, text: &str) -> Back {
        if matches!(self, Self::Iso) && as_recorded(text) { Back::Same } else { Back::Unknown }
    }

    fn gives(&self) -> Option<Type> {
        Some(Type::Moment)
    }

    fn lossy(&self) -> bool {
        match self {
            Self::Iso | Self::Local => true,
            Self::Patterns(patterns) => patterns.len() > 1,
            Self::Unix { .. } => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::{DateTime, as_recorded, record_form};
    use crate::mapping::steps::Sort;
    use crate::mapping::steps::testing::{both, read, write};

    #[test]
    fn every_form_of_time() {
        let at = json!("2026-03-09T08:05:07+08:00");
        both("time iso", "2026-03-09T08:05:07+08:00", &at);
        both("time iso local", "2026-03-09T08:05:07", &at);
        both("time 'yyyy-MM-dd HH:mm:ss'", "2026-03-09 08:05:07", &at);
        both("time 'yyyy/M/d' 'yyyy/M/d HH:mm:ss'", "2026/3/9 08:05:07", &at);
        both("time 'yyyy/M/d' 'yyyy/M/d HH:mm:ss'", "2026/3/9", &json!("2026-03-09T00:00:00+08:00"));
        both("time unix s", "1773014707", &at);
        both("time unix ms quoted", "1773014707000", &at);
        assert_eq!(write("time unix s", &at), Ok(Some(("1773014707".into(), Sort::Number))));
        assert_eq!(
            write("time iso local", &json!("2026-03-09T00:05:07Z")).map(|w| w.map(|w| w.0)),
            Ok(Some("2026-03-09T08:05:07".into()))
        );
    }

    proptest! {
        #[test]
        fn what_is_recorded_as_it_stands_is_what_chrono_prints(
            year in 0..10_000_u32, month in 0..14_u32, day in 0..33_u32, hour in 0..26_u32, second in 58..62_u32,
            zone in prop_oneof!["Z", "[+-][0-2][0-9]:[0-6][0-9]", "[+-]00:00", "z", ""], between in "[T t]",
        ) {
            let text = format!("{year:04}-{month:02}-{day:02}{between}{hour:02}:{second:02}:{second:02}{zone}");
            let parsed = DateTime::parse_from_rfc3339(&text);
            if as_recorded(&text) {
                prop_assert_eq!(record_form(&parsed.expect("a time")), text);
            } else if let Ok(at) = parsed {
                // Only leap seconds are left to chrono.
                prop_assert!(record_form(&at) != text || second == 60, "{}", text);
            }
        }
    }

    #[test]
    fn what_is_no_time_says_what_would_be() {
        assert_eq!(
            read("time 'yyyyMMddHHmmss'", "2026-03-09").map_err(|w| w.en),
            Err("a time as yyyyMMddHHmmss, such as 20260309080507".into())
        );
        assert_eq!(read("time iso", "2026-03-09T08:05:07").map_err(|w| w.code), Err("time"));
        assert_eq!(
            write("time 'yyyyMMddHHmmss'", &json!("2026-03-09T08:05:07.5+08:00")).map_err(|w| w.code),
            Err("time-fraction")
        );
    }
}
