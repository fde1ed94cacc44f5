//! `money fen|yuan|wan CUR [places]`: an amount on the wire ↔ `{amount, currency}`, exact. Without `CUR` the wire has
//! the currency in a cell of its own, `amount + currency`.
//!
//! A minor unit is 分, a hundredth of 元; 万元 is a million of it. Nothing is rounded: what is not a whole number
//! of 分 is refused. `places` fixes the decimals that are written; without it, only those needed.

use serde_json::{Map, Value};

use crate::mapping::codes::CodeLists;
use crate::mapping::parts::AMOUNT_CURRENCY;
use crate::mapping::steps::number::is_shortest;
use crate::mapping::steps::parse::{Arguments, HowFault, arguments, count_of};
use crate::mapping::steps::{Around, Back, Item, Sort, Step, Taken, Type, Wrong};

#[derive(Debug)]
struct Money {
    /// How many decimal places one unit of the wire has in 分: fen 0, yuan 2, wan 6.
    shift: usize,
    /// None: it stands on the wire.
    currency: Option<String>,
    places: usize,
    sort: Sort,
}

/// From the arguments.
pub(super) fn make(words: Arguments<'_>, _: &CodeLists) -> Result<Box<dyn Step>, HowFault> {
    let usage = || arguments("money fen|yuan|wan [CUR] [places] [quoted]");
    let [unit, rest @ ..] = words else { return Err(usage()) };
    let shift = match unit.text() {
        Some("fen") => 0,
        Some("yuan") => 2,
        Some("wan") => 6,
        _ => return Err(usage()),
    };
    let (currency, rest) = match rest.split_first() {
        Some((first, more)) if first.text().is_some_and(is_currency) => {
            (first.text().map(str::to_owned), more)
        }
        _ => (None, rest),
    };
    let (places, rest) = match rest.split_first() {
        Some((first, more)) if count_of(first).is_some() => (count_of(first).unwrap_or(0), more),
        _ => (0, rest),
    };
    let sort = match rest {
        [] => Sort::Number,
        [word] if word.is("quoted") => Sort::Text,
        _ => return Err(usage()),
    };
    if places > shift {
        return Err(usage());
    }
    Ok(Box::new(Money { shift, currency, places, sort }))
}

fn is_currency(text: &str) -> bool {
    text.len() == 3 && text.bytes().all(|b| b.is_ascii_uppercase())
}

impl Money {
    fn minor(&self, text: &str) -> Option<i64> {
        let (negative, digits) = match text.as_bytes().first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        let (whole, part) = match digits.split_once('.') {
            Some((_, "")) => return None,
            Some(parts) => parts,
            None => (digits, ""),
        };
        let good = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || !good(whole) || !good(part) {
            return None;
        }
        let part = part.trim_end_matches('0');
        let missing = self.shift.checked_sub(part.len())?;
        // Counted downwards, so that the least of all amounts has its place, too.
        let mut minor = 0_i64;
        for digit in whole.bytes().chain(part.bytes()).chain(std::iter::repeat_n(b'0', missing)) {
            minor = minor.checked_mul(10)?.checked_sub(i64::from(digit - b'0'))?;
        }
        if negative { Some(minor) } else { minor.checked_neg() }
    }

    fn written(&self, minor: i64) -> String {
        let sign = if minor < 0 { "-" } else { "" };
        let digits = format!("{:0>width$}", minor.unsigned_abs(), width = self.shift + 1);
        let (whole, part) = digits.split_at(digits.len() - self.shift);
        let mut part = part.trim_end_matches('0').to_owned();
        while part.len() < self.places {
            part.push('0');
        }
        if part.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part}") }
    }
}

impl Step for Money {
    fn read<'a>(&self, item: Item<'a>, _: &mut Around<'_>) -> Result<Item<'a>, Wrong> {
        let Item::Text(text, _) = &item else { return Ok(item) };
        let (text, found) = match text.split_once(AMOUNT_CURRENCY) {
            Some((amount, currency)) if self.currency.is_none() => (amount, currency),
            _ => (&**text, self.currency.as_deref().unwrap_or_default()),
        };
        if !is_currency(found) {
            return Err(Wrong::new(
                "currency",
                "三个大写字母的币种代码",
                "a currency of three capital letters",
            ));
        }
        let Some(minor) = self.minor(text) else {
            return Err(Wrong::new("money", "整数分的金额", "an amount that is a whole number of 分"));
        };
        let mut money = Map::new();
        money.insert("amount".to_owned(), minor.into());
        money.insert("currency".to_owned(), found.into());
        Ok(Item::Value(Value::Object(money)))
    }

    fn write<'a>(&self, item: Item<'a>, _: &mut Around<'_>) -> Result<Item<'a>, Wrong> {
        let value = match item {
            Item::None => return Ok(Item::None),
            Item::Value(value) => value,
            _ => return Err(Wrong::type_of("金额", "money")),
        };
        let minor = value.get("amount").and_then(Value::as_i64);
        let (Some(minor), Some(currency)) = (minor, value.get("currency").and_then(Value::as_str)) else {
            return Err(Wrong::type_of("金额", "money"));
        };
        let Some(wanted) = &self.currency else {
            return Ok(Item::Text(
                format!("{}{AMOUNT_CURRENCY}{currency}", self.written(minor)).into(),
                self.sort,
            ));
        };
        if currency != wanted {
            return Err(Wrong::new("currency", format!("币种 {wanted}"), format!("the currency {wanted}")));
        }
        Ok(Item::Text(self.written(minor).into(), self.sort))
    }

    fn takes(&self, given: &Type) -> Taken {
        Taken::plain(given)
    }

    fn back(&self, text: &str) -> Back {
        let part = text.split_once('.').map_or("", |(_, part)| part);
        // No fewer places than are written, and no zeros beyond them.
        let places = part.len() == self.places || (part.len() > self.places && !part.ends_with('0'));
        let negative_zero = text.starts_with('-') && !text.bytes().any(|b| matches!(b, b'1'..=b'9'));
        if self.currency.is_some() && places && is_shortest(text) && !negative_zero {
            Back::Same
        } else {
            Back::Unknown
        }
    }

    fn gives(&self) -> Option<Type> {
        Some(Type::Money)
    }

    fn currency(&self) -> Option<&str> {
        self.currency.as_deref()
    }

    fn lossy(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use crate::mapping::steps::number::plain_decimal;
    use crate::mapping::steps::testing::{both, read, write};

    #[test]
    fn amounts_are_whole_numbers_of_fen() {
        both("money yuan CNY 2", "358.00", &json!({"amount": 35800, "currency": "CNY"}));
        both("money fen CNY", "35801", &json!({"amount": 35801, "currency": "CNY"}));
        both("money wan CNY", "0.2", &json!({"amount": 200_000, "currency": "CNY"}));
        both("money yuan CNY", "-0.05", &json!({"amount": -5, "currency": "CNY"}));
    }

    proptest! {
        #[test]
        fn amounts_are_counted_as_decimals_are(text in "[-+]?[0-9]{0,20}(\\.[0-9]{0,4})?") {
            // Another way: the digits without their point, as a number.
            let shifted = plain_decimal(&text, None).and_then(|plain| {
                let (whole, part) = plain.split_once('.').unwrap_or((&plain, ""));
                let part = part.trim_end_matches('0');
                (part.len() <= 2).then(|| format!("{whole}{part:0<2}").parse::<i64>().ok()).flatten()
            });
            let read = read("money yuan CNY 2", &text).ok().flatten().map(|money| money["amount"].clone());
            prop_assert_eq!(read, if text.is_empty() { None } else { shifted.map(Into::into) });
        }
    }

    #[test]
    fn nothing_is_rounded() {
        assert_eq!(read("money yuan CNY", "1.005").map_err(|w| w.code), Err("money"));
        assert_eq!(read("money fen CNY", "1.5").map_err(|w| w.code), Err("money"));
        assert_eq!(read("money yuan CNY", "1.500"), Ok(Some(json!({"amount": 150, "currency": "CNY"}))));
        assert_eq!(
            write("money yuan CNY", &json!({"amount": 1, "currency": "USD"})).map_err(|w| w.code),
            Err("currency")
        );
    }
}
