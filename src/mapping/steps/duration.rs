//! `duration iso|s|min|h|days`: a length of time ↔ ISO 8601 text (`PT90S`, `P3D`).
//!
//! Days are their own measure: three days of a deadline are not seventy-two hours, so days and clock time are never
//! turned into each other, and months into nothing at all. What is not a whole number of the wire's unit is refused.

use crate::mapping::codes::CodeLists;
use crate::mapping::steps::number::plain_decimal;
use crate::mapping::steps::parse::{Arguments, HowFault, choice};
use crate::mapping::steps::{Around, Item, Sort, Step, Taken, Type, Wrong};

const USAGE: &str = "duration iso|s|min|h|days [quoted]";

#[derive(Debug)]
struct Duration {
    /// Nothing for `iso`.
    unit: Option<&'static Unit>,
    sort: Sort,
}

#[derive(Debug)]
struct Unit {
    word: &'static str,
    /// Its letter: `Y M W D` before the T, `h m s` after it.
    letter: char,
    zh: &'static str,
    en: &'static str,
}

const UNITS: &[Unit] = &[
    Unit { word: "s", letter: 's', zh: "秒", en: "seconds" },
    Unit { word: "min", letter: 'm', zh: "分钟", en: "minutes" },
    Unit { word: "h", letter: 'h', zh: "小时", en: "hours" },
    Unit { word: "days", letter: 'D', zh: "天", en: "days" },
];

/// From the arguments.
pub(super) fn make(words: Arguments<'_>, _: &CodeLists) -> Result<Box<dyn Step>, HowFault> {
    let (first, rest) = words.split_first().ok_or_else(|| choice(USAGE, None, &[]))?;
    let sort = match rest {
        [] => Sort::Number,
        [word] if word.is("quoted") => Sort::Text,
        [word, ..] => return Err(choice(USAGE, word.text(), &["quoted"])),
    };
    let unit = UNITS.iter().find(|unit| first.is(unit.word));
    if unit.is_none() && !first.is("iso") {
        return Err(choice(USAGE, first.text(), &["iso", "s", "min", "h", "days"]));
    }
    Ok(Box::new(Duration { unit, sort }))
}

/// The parts of an ISO 8601 duration, `('m', "90")`; only the last may have a fraction.
fn parts(text: &str) -> Option<Vec<(char, &str)>> {
    let rest = text.strip_prefix('P')?;
    let (date, time) = match rest.split_once('T') {
        Some((_, "")) => return None,
        Some((date, time)) => (date, time),
        None => (rest, ""),
    };
    let mut found = Vec::new();
    for (half, letters, clock) in [(date, "YMWD", false), (time, "HMS", true)] {
        let (mut half, mut letters) = (half, letters);
        while !half.is_empty() {
            let end = half.find(|c: char| c.is_ascii_uppercase())?;
            let (number, letter) = (&half[..end], half[end..].chars().next()?);
            // The letters come in this order, each at most once.
            letters = &letters[letters.find(letter)? + 1..];
            plain_decimal(number, None).filter(|_| !number.starts_with(['-', '+']))?;
            found.push((if clock { letter.to_ascii_lowercase() } else { letter }, number));
            half = &half[end + 1..];
        }
    }
    let (_, above) = found.split_last()?;
    above.iter().all(|(_, number)| !number.contains('.')).then_some(found)
}

/// How many of the smallest unit of its kind a unit is: seconds for clock time, days for days and weeks.
fn size(letter: char) -> Option<(bool, u64)> {
    match letter {
        's' => Some((true, 1)),
        'm' => Some((true, 60)),
        'h' => Some((true, 3600)),
        'D' => Some((false, 1)),
        'W' => Some((false, 7)),
        _ => None,
    }
}

impl Unit {
    /// The number of this unit that an ISO duration is, exactly.
    fn count(&self, text: &str) -> Option<String> {
        let parts = parts(text)?;
        if let [(letter, number)] = parts.as_slice()
            && *letter == self.letter
        {
            return plain_decimal(number, None);
        }
        let (kind, own) = size(self.letter)?;
        let mut total: u64 = 0;
        for (letter, number) in parts {
            let (other, size) = size(letter)?;
            let number: u64 = number.parse().ok()?;
            total = total.checked_add(number.checked_mul(size).filter(|_| other == kind)?)?;
        }
        total.is_multiple_of(own).then(|| (total / own).to_string())
    }

    fn iso(&self, number: &str) -> String {
        let letter = self.letter.to_ascii_uppercase();
        if self.letter == 'D' { format!("P{number}{letter}") } else { format!("PT{number}{letter}") }
    }

    fn wrong(&self) -> Wrong {
        let (zh, en, example) = (self.zh, self.en, self.iso("3"));
        Wrong::new(
            "duration",
            format!("以{zh}计的时长，如 3（{example}）"),
            format!("a number of {en}, such as 3 ({example})"),
        )
    }
}

fn no_iso() -> Wrong {
    Wrong::new("duration", "ISO 8601 时长，如 PT90M、P3D", "an ISO 8601 duration such as PT90M or P3D")
}

impl Step for Duration {
    fn read<'a>(&self, item: Item<'a>, _: &mut Around<'_>) -> Result<Item<'a>, Wrong> {
        let Item::Text(text, _) = &item else { return Ok(item) };
        let Some(unit) = self.unit else {
            return if parts(text).is_some() { Ok(item) } else { Err(no_iso()) };
        };
        let number = plain_decimal(text, None).filter(|number| !number.starts_with('-'));
        Ok(Item::text(unit.iso(&number.ok_or_else(|| unit.wrong())?)))
    }

    fn write<'a>(&self, item: Item<'a>, _: &mut Around<'_>) -> Result<Item<'a>, Wrong> {
        if item == Item::None {
            return Ok(item);
        }
        let text = item.as_text().filter(|text| parts(text).is_some()).ok_or_else(no_iso)?;
        let Some(unit) = self.unit else { return Ok(item) };
        let number = unit.count(text).ok_or_else(|| unit.wrong())?;
        Ok(Item::Text(number.into(), self.sort))
    }

    fn takes(&self, given: &Type) -> Taken {
        Taken::plain(given)
    }

    fn gives(&self) -> Option<Type> {
        Some(Type::Text)
    }

    fn lossy(&self) -> bool {
        self.unit.is_some()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::parts;
    use crate::mapping::steps::Sort;
    use crate::mapping::steps::testing::{both, fault, read, same_again, write};

    #[test]
    fn lengths_of_time() {
        both("duration iso", "P1Y2M3DT4H5M6.5S", &json!("P1Y2M3DT4H5M6.5S"));
        both("duration s", "90", &json!("PT90S"));
        both("duration min", "90", &json!("PT90M"));
        both("duration h", "1.5", &json!("PT1.5H"));
        both("duration days", "3", &json!("P3D"));
        assert_eq!(write("duration min quoted", &json!("PT1H30M")), Ok(Some(("90".into(), Sort::Text))));
        assert_eq!(write("duration days", &json!("P2W")), Ok(Some(("14".into(), Sort::Number))));
    }

    #[test]
    fn days_are_no_hours_and_nothing_is_rounded() {
        for (how, value) in
            [("days", "PT24H"), ("h", "P1D"), ("h", "PT90M"), ("days", "P1M"), ("min", "PT1M30S")]
        {
            let wrong = write(&format!("duration {how}"), &json!(value)).map_err(|w| w.code);
            assert_eq!(wrong, Err("duration"), "{how} {value}");
        }
        assert_eq!(
            read("duration min", "-3").map_err(|w| w.en),
            Err("a number of minutes, such as 3 (PT3M)".into())
        );
        for bad in ["P", "PT", "3D", "P3H", "PT1M1H", "P1.5DT1H", "P-1D", "PD", "P1D1D"] {
            assert_eq!(parts(bad), None, "{bad}");
            assert!(read("duration iso", bad).is_err(), "{bad}");
        }
        assert_eq!(
            fault("duration day").en,
            "\"duration day\": expected: duration iso|s|min|h|days [quoted]; did you mean \"days\"?"
        );
    }

    proptest! {
        #[test]
        fn what_was_written_reads_the_same(n in 0_u64..1_000_000, tenths in 0_u8..10) {
            for (how, value) in [("s", format!("PT{n}.{tenths}S")), ("min", format!("PT{n}M")), ("h", format!("PT{n}.{tenths}H")), ("days", format!("P{n}D"))] {
                same_again(&format!("duration {how}"), &json!(value));
                same_again("duration iso", &json!(value));
            }
        }
    }
}
