//! `date ['P' …]`, `date midnight` ↔ `2026-03-09`; `midnight` drops a time of day when reading. Of several patterns the
//! first is written.

use chrono::{DateTime, NaiveDate, NaiveDateTime};

use crate::mapping::codes::CodeLists;
use crate::mapping::steps::parse::{Arguments, HowFault, arguments};
use crate::mapping::steps::pattern_time::{Pattern, examples, patterns};
use crate::mapping::steps::{Around, Back, Item, Step, Taken, Type, Wrong};

#[derive(Debug)]
enum Date {
    Iso,
    Midnight,
    Patterns(Vec<Pattern>),
}

/// From the arguments.
pub(super) fn make(words: Arguments<'_>, _: &CodeLists) -> Result<Box<dyn Step>, HowFault> {
    let usage = || arguments("date ['yyyyMMdd' …] | date midnight");
    let step = match words {
        [] => Date::Iso,
        [word] if word.is("midnight") => Date::Midnight,
        words => Date::Patterns(patterns(words).ok_or_else(usage)??),
    };
    Ok(Box::new(step))
}

fn iso(text: &str) -> Option<NaiveDate> {
    // chrono reads one-digit months too; the calendar date of ISO 8601 has ten characters.
    (text.len() == 10).then(|| text.parse().ok()).flatten()
}

/// Whether a text that is a date looks as records have it: `2026-03-09`.
fn as_recorded(text: &str) -> bool {
    let sign = |at: usize, byte: u8| if matches!(at, 4 | 7) { byte == b'-' } else { byte.is_ascii_digit() };
    text.len() == 10 && text.bytes().enumerate().all(|(at, byte)| sign(at, byte))
}

impl Date {
    fn wrong(&self) -> Wrong {
        let example = match self {
            Self::Iso => "2026-03-09".to_owned(),
            Self::Midnight => "2026-03-09T00:00:00".to_owned(),
            Self::Patterns(patterns) => examples(patterns),
        };
        Wrong::new("date", format!("日期，如 {example}"), format!("a date such as {example}"))
    }

    fn parse(&self, text: &str) -> Option<NaiveDate> {
        match self {
            Self::Iso => iso(text),
            Self::Midnight => {
                let with_zone = DateTime::parse_from_rfc3339(text).ok().map(|at| at.date_naive());
                with_zone
                    .or_else(|| text.parse::<NaiveDateTime>().ok().map(|at| at.date()))
                    .or_else(|| iso(text))
            }
            Self::Patterns(patterns) => patterns.iter().find_map(|p| p.read(text)).map(|at| at.date()),
        }
    }
}

impl Step for Date {
    fn read<'a>(&self, item: Item<'a>, _: &mut Around<'_>) -> Result<Item<'a>, Wrong> {
        let Item::Text(text, _) = &item else { return Ok(item) };
        let date = self.parse(text).ok_or_else(|| self.wrong())?;
        if matches!(self, Self::Iso) && as_recorded(text) {
            return Ok(item);
        }
        Ok(Item::text(date.to_string()))
    }

    fn write<'a>(&self, item: Item<'a>, _: &mut Around<'_>) -> Result<Item<'a>, Wrong> {
        if item == Item::None {
            return Ok(item);
        }
        let date = item.as_text().and_then(iso);
        let date = date.ok_or_else(|| Wrong::type_of("日期", "a date as ISO 8601 has it"))?;
        Ok(match self {
            Self::Iso => item,
            Self::Midnight => Item::text(format!("{date}T00:00:00")),
            Self::Patterns(patterns) => Item::text(patterns[0].print(&date.and_time(chrono::NaiveTime::MIN))),
        })
    }

    fn takes(&self, given: &Type) -> Taken {
        // A moment would be written without its time of day, which no step before it could fill in.
        let holds = match given {
            Type::Date => self.parse("2026-03-09").is_some(),
            other => *other == Type::Text,
        };
        Taken::when(holds, ("未转换的文本", "text that no step has turned into something else"))
    }

    fn back(&self, text: &str) -> Back {
        if matches!(self, Self::Iso) && as_recorded(text) { Back::Same } else { Back::Unknown }
    }

    fn gives(&self) -> Option<Type> {
        Some(Type::Date)
    }

    fn lossy(&self) -> bool {
        match self {
            Self::Iso => false,
            Self::Midnight => true,
            Self::Patterns(patterns) => patterns.len() > 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::mapping::steps::testing::{both, read};

    #[test]
    fn dates() {
        both("date", "2026-03-09", &json!("2026-03-09"));
        both("date 'yyyy年MM月dd日'", "2026年03月09日", &json!("2026-03-09"));
        both("date 'yyyy/M/d' 'yyyy-MM-dd'", "2026/3/9", &json!("2026-03-09"));
        assert_eq!(read("date 'yyyy/M/d' 'yyyy-MM-dd'", "2026-03-09"), Ok(Some(json!("2026-03-09"))));
        assert_eq!(
            read("date 'yyyy/M/d' 'yyyy-MM-dd'", "3月9日").map_err(|w| w.en),
            Err("a date such as 2026/3/9 / 2026-03-09".into())
        );
        both("date midnight", "2026-03-09T00:00:00", &json!("2026-03-09"));
        assert_eq!(read("date midnight", "2026-03-09T10:00:00+08:00"), Ok(Some(json!("2026-03-09"))));
        assert_eq!(read("date", "2026-02-30").map_err(|w| w.en), Err("a date such as 2026-03-09".into()));
    }
}
