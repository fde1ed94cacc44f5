//! Values that the record does not store: `const`, `count`, `sum`, `running`.
//!
//! Promise: they are written always; on reading, one that differs is kept, or refused under `must`. A sum is exact: of
//! whole numbers, of decimal texts, or of money of one currency.

use serde_json::{Value, json};

use crate::mapping::compile::How;
use crate::mapping::path::record::{Object, RecordPath};
use crate::mapping::steps::{Around, Chain, Context, Item, Sort, Type, Wrong};

/// A derived value as it is written.
pub(crate) struct Derived {
    pub(crate) text: String,
    pub(crate) sort: Sort,
    /// What it stands for, where it may be spelled otherwise.
    pub(crate) value: Option<Value>,
}

/// What a derived row gives in `object`, which is the `position`-th of its list, from 1. `None` for another row.
pub(crate) fn derived(
    how: &How,
    object: &Object,
    position: usize,
    context: Context<'_>,
    zone_seconds: i32,
) -> Option<Result<Derived, Wrong>> {
    let number = |text: String| Ok(Derived { text, sort: Sort::Number, value: None });
    Some(match how {
        How::Const(text) => Ok(Derived { text: text.clone(), sort: Sort::Text, value: None }),
        How::Count(path) => {
            number(path.take(object).and_then(Value::as_array).map_or(0, Vec::len).to_string())
        }
        How::Running { start, pad } => {
            // From its first number on; the first item has position 1, and a lone object none.
            let count = start + position.saturating_sub(1);
            if *pad == 0 {
                return Some(number(count.to_string()));
            }
            Ok(Derived { text: format!("{count:0pad$}"), sort: Sort::Text, value: None })
        }
        How::Sum { path, chain } => {
            let mut values = Vec::new();
            gather(path, object, &mut values);
            sum(&values, chain).and_then(|value| {
                if chain.0.is_empty() {
                    return number(value.as_str().map_or_else(|| value.to_string(), str::to_owned));
                }
                match chain.write(Some(&value), &mut Around::of(context, zone_seconds, object))? {
                    Item::Text(text, sort) => {
                        Ok(Derived { text: text.into_owned(), sort, value: Some(value.clone()) })
                    }
                    _ => Err(Wrong::type_of("数字或金额", "a number or money")),
                }
            })
        }
        How::Leaf { .. } | How::Block { .. } => return None,
    })
}

/// Every value at a path, through the items of each list on it.
fn gather<'a>(path: &RecordPath, object: &'a Object, found: &mut Vec<&'a Value>) {
    fn walk<'a>(keys: &[&str], value: &'a Value, found: &mut Vec<&'a Value>) {
        if let Value::Array(items) = value {
            items.iter().for_each(|item| walk(keys, item, found));
            return;
        }
        match keys.split_first() {
            Some((key, rest)) => {
                if let Some(member) = value.get(key) {
                    walk(rest, member, found);
                }
            }
            None if value.is_null() => {}
            None => found.push(value),
        }
    }
    let keys: Vec<&str> = path.segments.iter().map(|segment| &*segment.key).collect();
    if let Some((first, rest)) = keys.split_first()
        && let Some(value) = object.get(*first)
    {
        walk(rest, value, found);
    }
}

fn sum(values: &[&Value], chain: &Chain) -> Result<Value, Wrong> {
    let too_big = || Wrong::new("sum", "在可计算范围内的总和", "a sum that can be computed exactly");
    if chain.gives() == Type::Money {
        return money(values, chain, too_big);
    }
    let no_number = || Wrong::type_of("数字", "a number");
    let texts: Option<Vec<String>> = values
        .iter()
        .map(|value| match value {
            Value::Number(number) => Some(number.to_string()),
            Value::String(text) => Some(text.clone()),
            _ => None,
        })
        .collect();
    let texts = texts.ok_or_else(no_number)?;
    let places = texts.iter().map(|text| text.split_once('.').map_or(0, |(_, part)| part.len())).max();
    let places = places.unwrap_or(0);
    let mut total: i128 = 0;
    for text in &texts {
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        let digits = format!("{whole}{part:0<places$}");
        let plain = digits.trim_start_matches('-').bytes().all(|b| b.is_ascii_digit());
        let term: i128 = digits.parse().ok().filter(|_| plain).ok_or_else(no_number)?;
        total = total.checked_add(term).ok_or_else(too_big)?;
    }
    if places == 0 {
        let whole = i64::try_from(total).map_err(|_| too_big())?;
        return Ok(if chain.gives() == Type::Text { json!(whole.to_string()) } else { json!(whole) });
    }
    let sign = if total < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", total.unsigned_abs(), width = places + 1);
    let (whole, part) = digits.split_at(digits.len() - places);
    Ok(Value::String(format!("{sign}{whole}.{part}")))
}

fn money(values: &[&Value], chain: &Chain, too_big: impl Fn() -> Wrong) -> Result<Value, Wrong> {
    let mut currency = chain.currency();
    let mut total: i64 = 0;
    for value in values {
        let (Some(amount), Some(own)) =
            (value.get("amount").and_then(Value::as_i64), value.get("currency").and_then(Value::as_str))
        else {
            return Err(Wrong::type_of("金额", "money"));
        };
        if *currency.get_or_insert(own) != own {
            let wanted = currency.unwrap_or_default();
            return Err(Wrong::new(
                "currency",
                format!("同一币种 {wanted} 的金额"),
                format!("amounts of one currency, {wanted}"),
            ));
        }
        total = total.checked_add(amount).ok_or_else(&too_big)?;
    }
    Ok(json!({ "amount": total, "currency": currency.unwrap_or("CNY") }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::codes::CodeLists;
    use crate::mapping::steps::parse::{Parsed, how};

    fn total(cell: &str, object: &Value) -> Result<Value, &'static str> {
        let Ok(Parsed::Sum { path, chain }) = how(cell, &CodeLists::default()) else { panic!("{cell}") };
        let path = RecordPath::parse(&path).expect("a path");
        let mut values = Vec::new();
        gather(&path, object.as_object().expect("an object"), &mut values);
        sum(&values, &chain).map_err(|wrong| wrong.code)
    }

    #[test]
    fn sums_are_exact() {
        let lines = json!({"lines": [
            {"n": 2, "d": "0.10", "m": {"amount": 35801, "currency": "CNY"}, "of": [{"n": 5}]},
            {"n": -3, "d": "0.2", "m": {"amount": 1, "currency": "CNY"}, "of": [{"n": 6}, {}]},
            {"d": "-1"}
        ]});
        assert_eq!(total("sum lines.n | int", &lines), Ok(json!(-1)));
        assert_eq!(total("sum lines.of.n | int", &lines), Ok(json!(11)));
        assert_eq!(total("sum lines.d", &lines), Ok(json!("-0.70")));
        assert_eq!(
            total("sum lines.m | money yuan CNY", &lines),
            Ok(json!({"amount": 35802, "currency": "CNY"}))
        );
        assert_eq!(total("sum lines.m | money yuan USD", &lines), Err("currency"));
        assert_eq!(total("sum none.n", &lines), Ok(json!("0")));
        assert_eq!(total("sum none.m | money fen USD", &lines), Ok(json!({"amount": 0, "currency": "USD"})));
        assert_eq!(total("sum lines.m", &lines), Err("record-type"));
        let big = json!({"lines": [{"n": i64::MAX}, {"n": 1}]});
        assert_eq!(total("sum lines.n | int", &big), Err("sum"));
    }
}
