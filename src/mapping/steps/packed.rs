//! `list 'SEP' ['ESC']`, `pairs 'S' 'T'` and `map 'S' 'T'`: several values packed into one text.
//!
//! `list` ↔ a list of texts; `pairs` splits items at S and each at T ↔ a list of `{name, value}`; `map` likewise ↔ an
//! object, where no name stands twice. A separator inside an item is written escaped, or refused where there is no
//! escape.

use serde_json::{Map, Value, json};

use crate::mapping::codes::CodeLists;
use crate::mapping::steps::parse::{Arguments, HowFault, arguments};
use crate::mapping::steps::{Around, Item, Step, Taken, Type, Wrong};
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
    /// Whether they are an object's members.
    object: bool,
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
    pairs(words, false, "pairs 'S' 'T'")
}

/// `map 'S' 'T'`
pub(super) fn make_map(words: Arguments<'_>, _: &CodeLists) -> Result<Box<dyn Step>, HowFault> {
    pairs(words, true, "map 'S' 'T'")
}

fn pairs(words: Arguments<'_>, object: bool, usage: &str) -> Result<Box<dyn Step>, HowFault> {
    match words {
        [Word::Quoted(between), Word::Quoted(within)]
            if !between.is_empty() && !within.is_empty() && between != within =>
        {
            Ok(Box::new(Pairs { between: between.clone(), within: within.clone(), object }))
        }
        _ => Err(arguments(usage)),
    }
}

fn inside(separator: &str) -> Wrong {
    Wrong::new(
        "separator-inside",
        format!("项内不含分隔符“{separator}”的列表"),
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

    fn takes(&self, given: &Type) -> Taken {
        Taken::plain(given)
    }

    fn gives(&self) -> Option<Type> {
        Some(Type::Texts)
    }
}

impl Pairs {
    fn split(&self, text: &str) -> Result<Vec<(String, String)>, Wrong> {
        let mut found = Vec::new();
        for part in text.split(&*self.between) {
            let Some((name, value)) = part.split_once(&*self.within) else {
                let within = &self.within;
                return Err(Wrong::new(
                    "pair",
                    format!("以“{within}”分开的名与值"),
                    format!("a name and a value with \"{within}\" between"),
                ));
            };
            found.push((name.to_owned(), value.to_owned()));
        }
        Ok(found)
    }

    fn joined<'v>(&self, pairs: impl Iterator<Item = Option<(&'v str, &'v str)>>) -> Result<String, Wrong> {
        let mut parts = Vec::new();
        for pair in pairs {
            let Some((name, value)) = pair else { return Err(self.no_pairs()) };
            for (text, separator) in [(name, &self.within), (name, &self.between), (value, &self.between)] {
                if text.contains(&**separator) {
                    return Err(inside(separator));
                }
            }
            parts.push(format!("{name}{}{value}", self.within));
        }
        Ok(parts.join(&self.between))
    }

    fn no_pairs(&self) -> Wrong {
        if self.object {
            return Wrong::type_of("值为文本的对象", "an object of texts");
        }
        Wrong::type_of("名值列表", "a list of name and value")
    }
}

impl Step for Pairs {
    fn read<'a>(&self, item: Item<'a>, _: &mut Around<'_>) -> Result<Item<'a>, Wrong> {
        let Item::Text(text, _) = &item else { return Ok(item) };
        let pairs = self.split(text)?;
        if !self.object {
            let list: Vec<Value> =
                pairs.into_iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
            return Ok(Item::Value(list.into()));
        }
        let mut object = Map::new();
        for (name, value) in pairs {
            if object.contains_key(&name) {
                return Err(Wrong::new(
                    "name-twice",
                    format!("不重复的名（“{name}”重复）"),
                    format!("each name once (\"{name}\" stands twice)"),
                ));
            }
            object.insert(name, value.into());
        }
        Ok(Item::Value(Value::Object(object)))
    }

    fn write<'a>(&self, item: Item<'a>, _: &mut Around<'_>) -> Result<Item<'a>, Wrong> {
        let text = match &item {
            Item::None => return Ok(Item::None),
            Item::Value(Value::Array(items)) if !self.object => self.joined(
                items.iter().map(|item| Some((item.get("name")?.as_str()?, item.get("value")?.as_str()?))),
            )?,
            Item::Value(Value::Object(object)) if self.object => {
                self.joined(object.iter().map(|(name, value)| Some((name.as_str(), value.as_str()?))))?
            }
            _ => return Err(self.no_pairs()),
        };
        Ok(if text.is_empty() { Item::None } else { Item::text(text) })
    }

    fn takes(&self, given: &Type) -> Taken {
        Taken::plain(given)
    }

    fn gives(&self) -> Option<Type> {
        Some(if self.object { Type::Map } else { Type::Pairs })
    }

    fn lossy(&self) -> bool {
        // An object has no order.
        self.object
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use crate::mapping::steps::testing::{both, fault, read, same_again, write};

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
        assert_eq!(
            write("pairs ';' '='", &json!([{"name": "a=b", "value": ""}])).map_err(|w| w.en),
            Err("no separator \"=\" inside an item".into())
        );
    }

    #[test]
    fn packed_objects() {
        both("map ';' '='", "a=1;b=x=y", &json!({"a": "1", "b": "x=y"}));
        assert_eq!(read("map ';' '='", "b=1;a=2"), Ok(Some(json!({"a": "2", "b": "1"}))));
        assert_eq!(read("map ';' '='", "a=1;a=2").map_err(|w| w.code), Err("name-twice"));
        assert_eq!(read("map ';' '='", "a").map_err(|w| w.code), Err("pair"));
        assert_eq!(write("map ';' '='", &json!({"a": "1;2"})).map_err(|w| w.code), Err("separator-inside"));
        assert_eq!(write("map ';' '='", &json!({"a": 1})).map_err(|w| w.code), Err("record-type"));
        assert_eq!(fault("map ';' ';'").code, "step-arguments");
    }

    proptest! {
        #[test]
        fn what_was_written_reads_the_same(
            object in prop::collection::btree_map("[a-z =]{1,3}", "[a-z=]{0,3}", 1..4),
            texts in prop::collection::vec("[a-z,\\\\]{1,4}", 1..4),
        ) {
            let how = "map ';' '::'";
            same_again(how, &json!(object));
            same_again("list ',' '\\'", &json!(texts));
        }
    }
}
