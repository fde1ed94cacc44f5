//! `list 'SEP' ['ESC']` and `pairs 'S' 'T'`: several values packed into one text.
//!
//! `list` ↔ a list of texts; `pairs` splits items at S and each at T ↔ a list of `{name, value}`. A separator inside
//! an item is written escaped, or refused where there is no escape.

use serde_json::{Value, json};

use crate::mapping::codes::CodeLists;
use crate::mapping::steps::parse::{Arguments, HowFault, arguments};
use crate::mapping::steps::{Around, Item, Step, Type, Wrong};
use crate::mapping::words::Word;

#[derive(Debug)]
struct List {
    separator: String,
    escape: Option<String>,
}

#[derive(Debug)]
struct Pairs {
    between: String,
    within: String,
}

/// `list 'SEP' ['ESC']`
pub(super) fn make_list(words: Arguments<'_>, _: &CodeLists) -> Result<Box<dyn Step>, HowFault> {
    match words {
        [Word::Quoted(separator)] if !separator.is_empty() => {
            Ok(Box::new(List { separator: separator.clone(), escape: None }))
        }
        [Word::Quoted(separator), Word::Quoted(escape)] if !separator.is_empty() && !escape.is_empty() => {
            Ok(Box::new(List { separator: separator.clone(), escape: Some(escape.clone()) }))
        }
        _ => Err(arguments("list 'SEP' ['ESC']")),
    }
}

/// `pairs 'S' 'T'`
pub(super) fn make_pairs(words: Arguments<'_>, _: &CodeLists) -> Result<Box<dyn Step>, HowFault> {
    match words {
        [Word::Quoted(between), Word::Quoted(within)] if !between.is_empty() && !within.is_empty() => {
            Ok(Box::new(Pairs { between: between.clone(), within: within.clone() }))
        }
        _ => Err(arguments("pairs 'S' 'T'")),
    }
}

fn inside(separator: &str) -> Wrong {
    Wrong::new(
        "separator-inside",
        format!("项内不得含分隔符“{separator}”"),
        format!("no separator \"{separator}\" inside an item"),
    )
}

impl List {
    fn split(&self, text: &str) -> Vec<String> {
        let Some(escape) = &self.escape else {
            return text.split(&*self.separator).map(str::to_owned).collect();
        };
        let mut items = vec![String::new()];
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            if let Some(after) = rest.strip_prefix(&**escape)
                && let Some(c) = after.chars().next()
            {
                let length =
                    if after.starts_with(&*self.separator) { self.separator.len() } else { c.len_utf8() };
                items.last_mut().expect("there is one from the start").push_str(&after[..length]);
                rest = &after[length..];
            } else if let Some(after) = rest.strip_prefix(&*self.separator) {
                items.push(String::new());
                rest = after;
            } else {
                items.last_mut().expect("there is one from the start").push(c);
                rest = &rest[c.len_utf8()..];
            }
        }
        items
    }
}

impl Step for List {
    fn read<'a>(&self, item: Item<'a>, _: &mut Around<'_>) -> Result<Item<'a>, Wrong> {
        let Item::Text(text, _) = &item else { return Ok(item) };
        Ok(Item::Value(self.split(text).into()))
    }

    fn write<'a>(&self, item: Item<'a>, _: &mut Around<'_>) -> Result<Item<'a>, Wrong> {
        let items = match item {
            Item::None => return Ok(Item::None),
            Item::Value(Value::Array(items)) => items,
            _ => return Err(Wrong::type_of("文本列表", "a list of texts")),
        };
        if items.is_empty() {
            return Ok(Item::None);
        }
        let mut parts = Vec::with_capacity(items.len());
        for item in &items {
            let Some(text) = item.as_str() else {
                return Err(Wrong::type_of("文本列表", "a list of texts"));
            };
            match &self.escape {
                Some(escape) => parts.push(
                    text.replace(&**escape, &format!("{escape}{escape}"))
                        .replace(&*self.separator, &format!("{escape}{}", self.separator)),
                ),
                None if text.contains(&*self.separator) => return Err(inside(&self.separator)),
                None => parts.push(text.to_owned()),
            }
        }
        Ok(Item::text(parts.join(&self.separator)))
    }

    fn gives(&self) -> Option<Type> {
        Some(Type::Texts)
    }
}

impl Step for Pairs {
    fn read<'a>(&self, item: Item<'a>, _: &mut Around<'_>) -> Result<Item<'a>, Wrong> {
        let Item::Text(text, _) = &item else { return Ok(item) };
        let mut pairs = Vec::new();
        for part in text.split(&*self.between) {
            let Some((name, value)) = part.split_once(&*self.within) else {
                let within = &self.within;
                return Err(Wrong::new(
                    "pair",
                    format!("以“{within}”分开的名与值"),
                    format!("a name and a value with \"{within}\" between"),
                ));
            };
            pairs.push(json!({ "name": name, "value": value }));
        }
        Ok(Item::Value(pairs.into()))
    }

    fn write<'a>(&self, item: Item<'a>, _: &mut Around<'_>) -> Result<Item<'a>, Wrong> {
        let items = match item {
            Item::None => return Ok(Item::None),
            Item::Value(Value::Array(items)) => items,
            _ => return Err(Wrong::type_of("名值列表", "a list of name and value")),
        };
        if items.is_empty() {
            return Ok(Item::None);
        }
        let mut parts = Vec::with_capacity(items.len());
        for item in &items {
            let (Some(name), Some(value)) =
                (item.get("name").and_then(Value::as_str), item.get("value").and_then(Value::as_str))
            else {
                return Err(Wrong::type_of("名值列表", "a list of name and value"));
            };
            if name.contains(&*self.within) || name.contains(&*self.between) || value.contains(&*self.between)
            {
                return Err(inside(&self.between));
            }
            parts.push(format!("{name}{}{value}", self.within));
        }
        Ok(Item::text(parts.join(&self.between)))
    }

    fn gives(&self) -> Option<Type> {
        Some(Type::Pairs)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::mapping::steps::testing::{both, read, write};

    #[test]
    fn packed_lists() {
        both("list '、'", "甲、乙", &json!(["甲", "乙"]));
        assert_eq!(write("list '、'", &json!(["甲、乙"])).map_err(|w| w.code), Err("separator-inside"));
        both("list ',' '\\'", "a\\,b,c", &json!(["a,b", "c"]));
    }

    #[test]
    fn packed_pairs() {
        both(
            "pairs '║' '::'",
            "a::1║b::2",
            &json!([{"name": "a", "value": "1"}, {"name": "b", "value": "2"}]),
        );
        assert_eq!(read("pairs '║' '::'", "a").map_err(|w| w.code), Err("pair"));
    }
}
