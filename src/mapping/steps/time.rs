//! `time iso [local]`, `time 'P'`, `time unix s|ms [quoted]` ↔ RFC 3339 with an offset.
//!
//! A time without an offset is local to the profile's zone; writing a local form converts to that zone. A fraction
//! of a second that a pattern has no letters for is refused on writing, never dropped.

use chrono::{DateTime, FixedOffset, NaiveDateTime, SecondsFormat, TimeZone as _, Timelike};

use crate::mapping::codes::CodeLists;
use crate::mapping::steps::parse::{Arguments, HowFault, arguments};
use crate::mapping::steps::pattern_time::Pattern;
use crate::mapping::steps::{Around, Item, Sort, Step, Type, Wrong};
use crate::mapping::words::Word;

#[derive(Debug)]
enum Time {
    Iso,
    Local,
    Pattern(Pattern),
    Unix { millis: bool, sort: Sort },
}

/// From the arguments.
pub(super) fn make(words: Arguments<'_>, _: &CodeLists) -> Result<Box<dyn Step>, HowFault> {
    let usage = || arguments("time iso [local] | time 'yyyy-MM-dd HH:mm:ss' | time unix s|ms [quoted]");
    let step = match words {
        [Word::Quoted(pattern)] => {
            Time::Pattern(Pattern::parse(pattern).ok_or_else(|| Pattern::fault(pattern))?)
        }
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
        _ => return Err(usage()),
    };
    Ok(Box::new(step))
}

/// RFC 3339 as the records have it: seconds, a fraction only if there is one, `+00:00` as `Z`.
fn record_form(at: &DateTime<FixedOffset>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
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
            Self::Pattern(pattern) => {
                let (shown, example) = (pattern.shown(), pattern.example());
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
            Self::Pattern(pattern) => in_zone(pattern.read(text)?, zone),
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
        let at = self.parse(text, around.zone_seconds).ok_or_else(|| self.wrong())?;
        Ok(Item::text(record_form(&at)))
    }

    fn write<'a>(&self, item: Item<'a>, around: &mut Around<'_>) -> Result<Item<'a>, Wrong> {
        if item == Item::None {
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
            Self::Pattern(pattern) => {
                let text = pattern.print(&local);
                // A pattern without seconds or fraction must not lose them.
                if pattern.read(&text) != Some(local) {
                    return Err(finer(self.wrong()));
                }
                Item::text(text)
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

    fn gives(&self) -> Option<Type> {
        Some(Type::Text)
    }

    fn lossy(&self) -> bool {
        matches!(self, Self::Iso | Self::Local)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::mapping::steps::Sort;
    use crate::mapping::steps::testing::{both, read, write};

    #[test]
    fn every_form_of_time() {
        let at = json!("2026-03-09T08:05:07+08:00");
        both("time iso", "2026-03-09T08:05:07+08:00", &at);
        both("time iso local", "2026-03-09T08:05:07", &at);
        both("time 'yyyy-MM-dd HH:mm:ss'", "2026-03-09 08:05:07", &at);
        both("time unix s", "1773014707", &at);
        both("time unix ms quoted", "1773014707000", &at);
        assert_eq!(write("time unix s", &at), Ok(Some(("1773014707".into(), Sort::Number))));
        assert_eq!(
            write("time iso local", &json!("2026-03-09T00:05:07Z")).map(|w| w.map(|w| w.0)),
            Ok(Some("2026-03-09T08:05:07".into()))
        );
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
