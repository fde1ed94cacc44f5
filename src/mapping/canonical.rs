//! What the canonical JSON Schemas say of a record path: whether it exists, and of which type.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate};
use serde_json::Value;

use crate::mapping::steps::Type;

/// The JSON Schemas of the records, and of the receipt, by kind.
#[derive(Clone, Debug, Default)]
pub struct Canonical(pub BTreeMap<String, Value>);

impl Canonical {
    /// The schema of a kind.
    pub(crate) fn view(&self, kind: &str) -> Option<View<'_>> {
        self.0.get(kind).map(|root| View { root, at: Some(root) })
    }

    /// The kinds there are.
    pub(crate) fn kinds(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

/// A place in a schema; without one, anything goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View<'a> {
    root: &'a Value,
    at: Option<&'a Value>,
}

/// What a schema says of a member.
pub(crate) enum Member<'a> {
    /// This.
    Known(View<'a>),
    /// Nothing, and allows it.
    Open,
    /// It has no such member; these it has.
    Unknown(Vec<&'a str>),
}

static ANY: Value = Value::Bool(true);

impl<'a> View<'a> {
    /// A place about which nothing is said.
    pub(crate) const fn open() -> Self {
        View { root: &ANY, at: None }
    }

    /// A number that is the same for the same place, for marking what was seen.
    pub(crate) fn identity(&self) -> usize {
        self.at.map_or(0, |at| std::ptr::from_ref(at) as usize)
    }

    /// Whether nothing is said.
    pub(crate) fn is_open(&self) -> bool {
        self.at.is_none()
    }

    fn parts(&self) -> Vec<&'a Value> {
        let mut parts = Vec::new();
        if let Some(at) = self.at {
            self.gather(at, &mut parts, 0);
        }
        parts
    }

    fn gather(&self, at: &'a Value, parts: &mut Vec<&'a Value>, depth: usize) {
        // A schema that refers to itself without a member between says nothing; 16 is far beyond any other.
        if depth > 16 {
            return;
        }
        parts.push(at);
        if let Some(pointer) = at.get("$ref").and_then(Value::as_str).and_then(|r| r.strip_prefix('#'))
            && let Some(target) = self.root.pointer(pointer)
        {
            self.gather(target, parts, depth + 1);
        }
        for key in ["anyOf", "oneOf", "allOf"] {
            for one in at.get(key).and_then(Value::as_array).into_iter().flatten() {
                self.gather(one, parts, depth + 1);
            }
        }
    }

    /// What the schema says of a member.
    pub(crate) fn member(&self, key: &str) -> Member<'a> {
        if self.at.is_none() {
            return Member::Open;
        }
        let parts = self.parts();
        let of = |part: &&'a Value| part.get("properties").and_then(|p| p.get(key));
        if let Some(found) = parts.iter().find_map(of) {
            return Member::Known(View { root: self.root, at: Some(found) });
        }
        let names: Vec<&str> = self.members();
        let open = names.is_empty()
            || parts.iter().any(|p| p.get("additionalProperties") == Some(&Value::Bool(true)));
        if open { Member::Open } else { Member::Unknown(names) }
    }

    /// The members it has.
    pub(crate) fn members(&self) -> Vec<&'a str> {
        let mut names: Vec<&str> = self
            .parts()
            .iter()
            .filter_map(|part| part.get("properties").and_then(Value::as_object))
            .flat_map(|properties| properties.keys().map(String::as_str))
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The members it requires.
    pub(crate) fn required(&self) -> Vec<&'a str> {
        let parts = self.parts();
        let lists = parts.iter().filter_map(|part| part.get("required").and_then(Value::as_array));
        lists.flatten().filter_map(Value::as_str).collect()
    }

    /// The items of a list.
    pub(crate) fn items(&self) -> Option<View<'a>> {
        let items = self.parts().iter().find_map(|part| part.get("items"))?;
        Some(View { root: self.root, at: Some(items) })
    }

    /// Whether it is a list.
    pub(crate) fn is_list(&self) -> bool {
        self.types().contains(&"array")
    }

    /// Whether it is an object.
    pub(crate) fn is_object(&self) -> bool {
        self.types().contains(&"object")
    }

    fn types(&self) -> Vec<&'a str> {
        let mut found = Vec::new();
        for part in self.parts() {
            match part.get("type") {
                Some(Value::String(one)) => found.push(one.as_str()),
                Some(Value::Array(many)) => found.extend(many.iter().filter_map(Value::as_str)),
                _ => {}
            }
        }
        found
    }

    /// The words that it may be, if it is a closed list.
    pub(crate) fn words(&self) -> Option<Vec<&'a str>> {
        let parts = self.parts();
        let mut words: Vec<&str> = parts
            .iter()
            .filter_map(|part| part.get("enum").and_then(Value::as_array))
            .flat_map(|values| values.iter().filter_map(Value::as_str))
            .collect();
        words.extend(parts.iter().filter_map(|part| part.get("const").and_then(Value::as_str)));
        (!words.is_empty()).then_some(words)
    }

    /// Whether a converter's type fits.
    pub(crate) fn fits(&self, gives: &Type) -> bool {
        let types = self.types();
        if self.at.is_none() || types.is_empty() {
            return true;
        }
        match gives {
            // A day is no moment, and any text is neither, though all are texts.
            Type::Text => types.contains(&"string") && !matches!(self.format(), Some("date" | "date-time")),
            Type::Date => types.contains(&"string") && self.format() != Some("date-time"),
            Type::Moment => types.contains(&"string") && self.format() != Some("date"),
            Type::Integer => types.contains(&"integer") || types.contains(&"number"),
            Type::Number => types.contains(&"number"),
            Type::Bool => types.contains(&"boolean"),
            Type::Money => types.contains(&"object") && matches!(self.member("currency"), Member::Known(_)),
            Type::Quantity => types.contains(&"object") && matches!(self.member("value"), Member::Known(_)),
            Type::File(members) => {
                types.contains(&"object")
                    && members.iter().all(|member| !matches!(self.member(member), Member::Unknown(_)))
            }
            Type::Map => types.contains(&"object") && self.of_texts(),
            Type::Files(members) => {
                types.contains(&"array") && self.items().is_some_and(|item| item.fits(&Type::File(members)))
            }
            // A list of objects is read by a block.
            Type::Texts => types.contains(&"array") && self.items().is_none_or(|item| item.fits(&Type::Text)),
            Type::Pairs => types.contains(&"array") && self.items().is_none_or(|item| item.is_object()),
            Type::Object(named) => {
                types.contains(&"object")
                    && match self.member(&named.member) {
                        Member::Known(member) => member.fits(&named.of),
                        Member::Open => true,
                        Member::Unknown(_) => false,
                    }
            }
            Type::Objects(named) => {
                types.contains(&"array")
                    && self.items().is_none_or(|item| item.fits(&Type::Object(Arc::clone(named))))
            }
        }
    }

    /// Whether a value may stand here: its type, the words of a closed list, the form of a day or moment.
    pub(crate) fn admits(&self, value: &Value) -> bool {
        let types = self.types();
        if self.at.is_none() || types.is_empty() {
            return true;
        }
        let Value::String(text) = value else {
            let fits: &[&str] = match value {
                Value::Bool(_) => &["boolean"],
                Value::Number(number) if number.is_i64() || number.is_u64() => &["integer", "number"],
                Value::Number(_) => &["number"],
                Value::Array(_) => &["array"],
                Value::Object(_) => &["object"],
                _ => &["null"],
            };
            return types.iter().any(|known| fits.contains(known));
        };
        types.contains(&"string")
            && self.words().is_none_or(|words| words.contains(&text.as_str()))
            && match self.format() {
                Some("date") => text.len() == 10 && text.parse::<NaiveDate>().is_ok(),
                Some("date-time") => DateTime::parse_from_rfc3339(text).is_ok(),
                _ => true,
            }
    }

    /// What stands here, and the steps that give it, for people.
    pub(crate) fn wanted(&self) -> (&'static str, &'static str) {
        let has = |key| matches!(self.member(key), Member::Known(_));
        let types = self.types();
        if self.is_list() && self.items().is_some_and(|item| item.is_object()) {
            return (
                "对象列表（each BLOCK，一格多值用 list '、' | as MEMBER）",
                "a list of objects (each BLOCK, or list '、' | as MEMBER for several in one text)",
            );
        } else if self.is_list() {
            return (
                "列表（each …，一格多值用 list '、'）",
                "a list (each …, or list '、' for several in one text)",
            );
        } else if self.is_object() && has("currency") {
            return ("金额（money yuan CNY）", "money (money yuan CNY)");
        } else if self.is_object() && has("value") && has("unit") {
            return ("数量（quantity）", "a quantity (quantity)");
        } else if self.is_object() && has("sha256") {
            return ("附件（file url 等）", "an attachment (file url, file base64 …)");
        } else if self.is_object() {
            return ("对象（one BLOCK，或写其成员）", "an object (one BLOCK, or a member of it: a.b)");
        }
        match (types.first().copied().unwrap_or_default(), self.format()) {
            ("string", Some("date-time")) => ("时刻（time …）", "a moment (time …)"),
            ("string", Some("date")) => ("日期（date …）", "a day (date …)"),
            ("integer", _) => ("整数（int）", "a whole number (int)"),
            ("number", _) => ("数字（number）", "a number (number)"),
            ("boolean", _) => ("真假值（bool）", "true or false (bool '是' '否')"),
            _ => ("文本（text；数字写作文本用 decimal）", "text (text; decimal for a number as text)"),
        }
    }

    /// The format of a text, if the schema says one.
    pub(crate) fn format(&self) -> Option<&'a str> {
        self.parts().iter().find_map(|part| part.get("format")?.as_str())
    }

    /// Whether an object here may have members of any name.
    fn of_texts(&self) -> bool {
        self.members().is_empty()
            || self
                .parts()
                .iter()
                .any(|part| part.get("additionalProperties").is_some_and(|more| more != false))
    }
}
