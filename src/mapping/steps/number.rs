//! `int`, `number`, `decimal [places]`, each with `quoted`: exact, never through a float.
//!
//! `int` is a whole number of the record, `number` a JSON number, `decimal` a decimal text. On the wire they are
//! number literals, or JSON strings when `quoted`. Superfluous zeros and signs are a spelling, and kept.

use serde_json::{Number, Value};

use crate::mapping::codes::CodeLists;
use crate::mapping::steps::decimal_form;
use crate::mapping::steps::parse::{Arguments, HowFault, arguments, count_of};
use crate::mapping::steps::{Around, Back, Item, Sort, Step, Taken, Type, Wrong};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum As {
    Int,
    Number,
    Decimal(Option<usize>),
}

#[derive(Debug)]
struct Numeric {
    as_: As,
    sort: Sort,
}

/// `int [quoted]`
pub(super) fn make_int(words: Arguments<'_>, _: &CodeLists) -> Result<Box<dyn Step>, HowFault> {
    make(words, As::Int, "int [quoted]")
}

/// `number [quoted]`
pub(super) fn make_number(words: Arguments<'_>, _: &CodeLists) -> Result<Box<dyn Step>, HowFault> {
    make(words, As::Number, "number [quoted]")
}

/// `decimal [places] [quoted]`
pub(super) fn make_decimal(words: Arguments<'_>, _: &CodeLists) -> Result<Box<dyn Step>, HowFault> {
    match words.split_first() {
        Some((first, rest)) if count_of(first).is_some() => {
            make(rest, As::Decimal(count_of(first)), "decimal [places] [quoted]")
        }
        _ => make(words, As::Decimal(None), "decimal [places] [quoted]"),
    }
}

fn make(words: Arguments<'_>, as_: As, usage: &str) -> Result<Box<dyn Step>, HowFault> {
    match words {
        [] => Ok(Box::new(Numeric { as_, sort: Sort::Number })),
        [word] if word.is("quoted") => Ok(Box::new(Numeric { as_, sort: Sort::Text })),
        _ => Err(arguments(usage)),
    }
}

impl Numeric {
    fn wrong(&self) -> Wrong {
        match self.as_ {
            As::Int => Wrong::new("int", "整数", "a whole number"),
            As::Number => Wrong::new("number", "数字", "a number"),
            As::Decimal(Some(places)) => Wrong::new(
                "decimal",
                format!("至多 {places} 位小数的数字"),
                format!("a decimal number with at most {places} places"),
            ),
            As::Decimal(None) => Wrong::new("decimal", "十进制数字", "a decimal number"),
        }
    }

    fn value(&self, text: &str) -> Option<Value> {
        match self.as_ {
            As::Int => text.parse::<i64>().ok().map(Value::from),
            As::Number => {
                let number: Number = text.parse().ok()?;
                Some(Value::Number(number))
            }
            As::Decimal(None) => {
                decimal_form::plain(text).and_then(|text| plain_decimal(&text, None)).map(Value::String)
            }
            As::Decimal(places) => plain_decimal(text, places).map(Value::String),
        }
    }
}

/// Digits with at most one point and an optional sign, without superfluous zeros before the point.
pub(crate) fn plain_decimal(text: &str, places: Option<usize>) -> Option<String> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let good = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !good(whole) || !good(part) || digits.ends_with('.') {
        return None;
    }
    if places.is_some_and(|places| part.len() > places) {
        return None;
    }
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    Some(if part.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part}") })
}

/// Whether a number is written without anything that could be left out: `-?(0|[1-9][0-9]*)(\.[0-9]+)?`.
pub(crate) fn is_shortest(text: &str) -> bool {
    let (whole, part) = match text.split_once('.') {
        Some((whole, part)) => (whole, Some(part)),
        None => (text, None),
    };
    let whole = whole.strip_prefix('-').unwrap_or(whole);
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    digits(whole) && (whole == "0" || !whole.starts_with('0')) && part.is_none_or(digits)
}

impl Step for Numeric {
    fn read<'a>(&self, item: Item<'a>, _: &mut Around<'_>) -> Result<Item<'a>, Wrong> {
        let Item::Text(text, _) = &item else { return Ok(item) };
        self.value(text).map(Item::Value).ok_or_else(|| self.wrong())
    }

    fn write<'a>(&self, item: Item<'a>, _: &mut Around<'_>) -> Result<Item<'a>, Wrong> {
        let text = match (&item, self.as_) {
            (Item::None, _) => return Ok(item),
            (Item::Value(Value::Number(number)), As::Int) if number.is_i64() || number.is_u64() => {
                number.to_string()
            }
            (Item::Value(Value::Number(number)), As::Number) => number.to_string(),
            (Item::Text(text, _), _) => {
                let fits = match self.as_ {
                    As::Decimal(places) => plain_decimal(text, places).as_deref() == Some(&**text),
                    _ => self.value(text).is_some(),
                };
                if !fits {
                    return Err(self.wrong());
                }
                text.to_string()
            }
            _ => return Err(self.wrong()),
        };
        Ok(Item::Text(text.into(), self.sort))
    }

    fn takes(&self, given: &Type) -> Taken {
        Taken::plain(given)
    }

    fn back(&self, text: &str) -> Back {
        match self.as_ {
            As::Int if is_shortest(text) && !text.contains('.') && text != "-0" => Back::Same,
            As::Decimal(_) if is_shortest(text) => Back::Same,
            _ => Back::Unknown,
        }
    }

    fn gives(&self) -> Option<Type> {
        Some(match self.as_ {
            As::Int => Type::Integer,
            As::Number => Type::Number,
            As::Decimal(_) => Type::Text,
        })
    }

    fn lossy(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use crate::mapping::steps::Sort;
    use crate::mapping::steps::testing::{both, read, write};

    #[test]
    fn whole_numbers() {
        both("int", "42", &json!(42));
        assert_eq!(read("int", "4.2").map_err(|w| w.en), Err("a whole number".into()));
        assert_eq!(write("int", &json!(7)), Ok(Some(("7".into(), Sort::Number))));
        assert_eq!(write("int quoted", &json!(7)), Ok(Some(("7".into(), Sort::Text))));
        assert!(write("int", &json!("seven")).is_err());
    }

    proptest! {
        #[test]
        fn what_is_shortest_is_written_back(text in "[-+]?[0-9]{0,3}(\\.[0-9]{0,2})?") {
            for how in ["int", "decimal", "decimal 1", "money yuan CNY 2", "money yuan CNY", "money wan CNY 1"] {
                // Reading looks at what is promised of writing.
                let _ = read(how, &text);
            }
        }
    }

    #[test]
    fn decimals_stay_text() {
        both("decimal", "0.10", &json!("0.10"));
        assert_eq!(read("decimal 2", "007.5"), Ok(Some(json!("7.5"))));
        assert_eq!(read("decimal 2", "1.234").map_err(|w| w.code), Err("decimal"));
        assert!(write("decimal 2", &json!("1.234")).is_err());
        both("number", "1.5", &json!(1.5));
    }
}
