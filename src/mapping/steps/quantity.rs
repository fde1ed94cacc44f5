//! `quantity ['SEP'] [UNITS]`: `5 kg` ↔ `{value: "5", unit: "kg"}`.
//!
//! The number stays text and is never recomputed. UNITS is a code list: their word for a unit ↔ ours.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::mapping::codes::{CodeList, CodeLists, Found};
use crate::mapping::steps::number::plain_decimal;
use crate::mapping::steps::parse::{Arguments, HowFault, arguments, list_of};
use crate::mapping::steps::{Around, Item, Step, Taken, Type, Wrong};
use crate::mapping::words::Word;

#[derive(Debug)]
struct Quantity {
    separator: String,
    units: Option<Arc<CodeList>>,
}

/// From the arguments.
pub(super) fn make(words: Arguments<'_>, lists: &CodeLists) -> Result<Box<dyn Step>, HowFault> {
    let (separator, rest) = match words.split_first() {
        Some((Word::Quoted(separator), rest)) => (separator.clone(), rest),
        _ => (" ".to_owned(), words),
    };
    let units = match rest {
        [] => None,
        [Word::Bare(name)] => Some(list_of(name, lists)?),
        _ => return Err(arguments("quantity ['SEP'] [UNITS]")),
    };
    // A digit, sign or point between would be taken for the number's.
    if separator.contains(|c: char| c.is_ascii_digit() || matches!(c, '.' | '+' | '-')) {
        return Err(arguments("quantity ['SEP'] [UNITS]"));
    }
    Ok(Box::new(Quantity { separator, units }))
}

impl Quantity {
    fn wrong(&self) -> Wrong {
        let example = format!("5{}kg", self.separator);
        Wrong::new(
            "quantity",
            format!("数值与单位，如 {example}"),
            format!("a number and a unit, such as {example}"),
        )
    }

    fn unit(&self, wire: &str, around: &Around<'_>) -> Result<String, Wrong> {
        let Some(list) = &self.units else { return Ok(wire.to_owned()) };
        match list.record(wire, around.today()) {
            Found::Now(word) => Ok(word.to_owned()),
            _ => Err(list.unknown_code()),
        }
    }
}

impl Step for Quantity {
    fn read<'a>(&self, item: Item<'a>, around: &mut Around<'_>) -> Result<Item<'a>, Wrong> {
        let Item::Text(text, _) = &item else { return Ok(item) };
        let text = text.trim();
        let number = |c: char| c.is_ascii_digit() || matches!(c, '.' | '+' | '-');
        let end = text.find(|c| !number(c)).unwrap_or(text.len());
        let (value, rest) = text.split_at(end);
        let rest = rest.strip_prefix(&*self.separator).unwrap_or(rest).trim();
        let value = plain_decimal(value, None).filter(|_| !rest.is_empty()).ok_or_else(|| self.wrong())?;
        let unit = self.unit(rest, around)?;
        Ok(Item::Value(json!({ "value": value, "unit": unit })))
    }

    fn write<'a>(&self, item: Item<'a>, around: &mut Around<'_>) -> Result<Item<'a>, Wrong> {
        let quantity = match item {
            Item::None => return Ok(Item::None),
            Item::Value(value @ Value::Object(_)) => value,
            _ => return Err(Wrong::type_of("数量", "a quantity")),
        };
        let member = |name: &str| quantity.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let (Some(value), Some(unit)) = (member("value"), member("unit")) else { return Err(self.wrong()) };
        let unit = match &self.units {
            None => unit,
            Some(list) => match list.wire(unit, around.today()) {
                Found::Now(code) => code,
                _ => return Err(list.unknown_word()),
            },
        };
        // What would be read as something else is not written: a unit that begins like a number, or with blanks.
        let text = format!("{value}{}{unit}", self.separator);
        let plain = plain_decimal(value, None).as_deref() == Some(value);
        let joined = unit.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '.' | '+' | '-'))
            && self.separator.is_empty();
        if !plain
            || joined
            || unit.trim() != unit
            || !self.separator.is_empty() && unit.starts_with(&*self.separator)
        {
            return Err(self.wrong());
        }
        Ok(Item::text(text))
    }

    fn takes(&self, given: &Type) -> Taken {
        Taken::plain(given)
    }

    fn gives(&self) -> Option<Type> {
        Some(Type::Quantity)
    }

    fn lossy(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use crate::mapping::steps::testing::{both, fault, read, same_again, write};

    #[test]
    fn a_number_and_its_unit() {
        both("quantity", "5 kg", &json!({"value": "5", "unit": "kg"}));
        both("quantity ''", "0.50千克", &json!({"value": "0.50", "unit": "千克"}));
        both("quantity '|' colour", "3|1", &json!({"value": "3", "unit": "red"}));
        assert_eq!(read("quantity", " 5kg"), Ok(Some(json!({"value": "5", "unit": "kg"}))));
    }

    #[test]
    fn half_a_quantity_is_none() {
        for bad in ["5", "kg", "", "1.2.3 kg", "- kg"] {
            let wrong = read("quantity", bad).map_err(|w| w.en);
            assert_eq!(wrong, Err("a number and a unit, such as 5 kg".into()), "{bad}");
        }
        assert_eq!(read("quantity colour", "5 x").map_err(|w| w.code), Err("code-unknown"));
        assert_eq!(
            write("quantity colour", &json!({"value": "5", "unit": "x"})).map_err(|w| w.code),
            Err("code-unknown")
        );
        assert_eq!(write("quantity", &json!({"value": "5"})).map_err(|w| w.code), Err("quantity"));
        assert_eq!(
            write("quantity ''", &json!({"value": "5", "unit": "3m"})).map_err(|w| w.code),
            Err("quantity")
        );
        assert_eq!(
            fault("quantity color").en,
            "there is no code list codes/color.csv; did you mean \"colour\"?"
        );
        assert_eq!(fault("quantity '.'").code, "step-arguments");
    }

    proptest! {
        #[test]
        fn what_was_written_reads_the_same(n in 0_u32..1_000_000, places in 0_u32..1000, unit in "[a-zA-Z千克吨/²]{1,6}") {
            for how in ["quantity", "quantity ''", "quantity ' | '"] {
                let unit = unit.trim();
                same_again(how, &json!({"value": format!("{n}.{places:03}"), "unit": unit}));
            }
        }
    }
}
