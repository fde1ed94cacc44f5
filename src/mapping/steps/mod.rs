//! Converters: small steps joined by `|`, each with both directions (MAPPING, section 5).
//!
//! Promise: steps read left to right and write right to left; none looks anything up but its own code list; each
//! says in Chinese and English what it wanted. The clock, chance and the zone are inputs of a [`Run`].

mod bool;
mod check_digit;
mod chunk;
mod code;
mod date;
mod decimal_form;
mod digits;
mod fallback;
mod ignore;
mod money;
mod number;
mod packed;
pub(crate) mod parse;
pub(crate) mod pattern_time;
mod present;
mod text;
mod time;
mod trim;

use std::borrow::Cow;
use std::fmt::Debug;

use serde_json::Value;

use crate::clock::{Chance, Timestamp};

/// What a run takes in besides the document.
#[derive(Clone, Copy)]
pub struct Run<'a> {
    /// The time of the run.
    pub now: Timestamp,
    /// Where new message ids come from.
    pub chance: &'a dyn Chance,
}

/// How a leaf is spelled in JSON; XML and forms have text alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sort {
    /// A string.
    Text,
    /// A number literal.
    Number,
    /// `true` or `false`.
    Bool,
}

/// What travels between steps.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Item<'a> {
    /// No value.
    None,
    /// A leaf of the wire.
    Text(Cow<'a, str>, Sort),
    /// A value of the record.
    Value(Value),
    /// The leaves of a list, for steps that make one value of several places.
    Many(Vec<Cow<'a, str>>),
}

impl<'a> Item<'a> {
    /// A text leaf.
    pub(crate) fn text(text: impl Into<Cow<'a, str>>) -> Self {
        Self::Text(text.into(), Sort::Text)
    }

    /// The text of a wire leaf, or of a record's text.
    pub(crate) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text, _) => Some(text),
            Self::Value(Value::String(text)) => Some(text),
            _ => None,
        }
    }

    /// As a record's value; a bare leaf is text.
    pub(crate) fn into_value(self) -> Option<Value> {
        match self {
            Self::None => None,
            Self::Text(text, _) => Some(Value::String(text.into_owned())),
            Self::Value(value) => Some(value),
            Self::Many(parts) => {
                Some(Value::Array(parts.into_iter().map(|p| Value::String(p.into_owned())).collect()))
            }
        }
    }
}

/// Why a step refuses, or doubts, a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wrong {
    pub(crate) code: &'static str,
    /// What would be right, in Chinese and English: the end of "found x, expected …".
    pub(crate) zh: String,
    pub(crate) en: String,
}

impl Wrong {
    /// A refusal.
    pub(crate) fn new(code: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { code, zh: zh.into(), en: en.into() }
    }

    /// The step was handed something that it cannot write: the record has another type.
    pub(crate) fn type_of(zh: &str, en: &str) -> Self {
        Self::new("record-type", zh, en)
    }
}

/// What a run of steps may add to: doubts, and what it did on its own.
pub(crate) struct Around<'a> {
    pub(crate) run: Run<'a>,
    pub(crate) zone_seconds: i32,
    /// Doubts that do not refuse: a wrong check digit.
    pub(crate) doubts: Vec<Wrong>,
    /// Whether `else` made up the value.
    pub(crate) generated: bool,
    /// Whether a text was cut.
    pub(crate) cut: bool,
}

impl<'a> Around<'a> {
    /// Nothing added yet.
    pub(crate) fn new(run: Run<'a>, zone_seconds: i32) -> Self {
        Self { run, zone_seconds, doubts: Vec::new(), generated: false, cut: false }
    }
}

/// The type a chain gives to the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    /// Text.
    Text,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// A truth value.
    Bool,
    /// `{amount, currency}`.
    Money,
    /// A list of texts.
    Texts,
    /// A list of `{name, value}`.
    Pairs,
}

impl Type {
    /// The type's name in a message.
    pub(crate) const fn name(self) -> (&'static str, &'static str) {
        match self {
            Self::Text => ("文本", "text"),
            Self::Integer => ("整数", "a whole number"),
            Self::Number => ("数字", "a number"),
            Self::Bool => ("真假值", "true or false"),
            Self::Money => ("金额", "money"),
            Self::Texts => ("文本列表", "a list of texts"),
            Self::Pairs => ("名值列表", "a list of name and value"),
        }
    }
}

/// One step.
pub(crate) trait Step: Debug + Send + Sync {
    /// Wire → record.
    fn read<'a>(&self, item: Item<'a>, around: &mut Around<'_>) -> Result<Item<'a>, Wrong>;

    /// Record → wire.
    fn write<'a>(&self, item: Item<'a>, around: &mut Around<'_>) -> Result<Item<'a>, Wrong>;

    /// The type it gives to the record, unless it passes on what it got.
    fn gives(&self) -> Option<Type> {
        None
    }

    /// Whether reading forgets a spelling, which is then kept.
    fn lossy(&self) -> bool {
        false
    }

    /// Whether it supplies a value where the record (writing) or the wire (reading) has none.
    fn supplies(&self) -> bool {
        false
    }

    /// The words that the wire may have here, if it is a closed list; `true` if others are let through.
    fn words(&self) -> Option<(Vec<&str>, bool)> {
        None
    }

    /// The words that the record may have here, if it is a closed list.
    fn record_words(&self) -> Option<Vec<&str>> {
        None
    }

    /// Whether it gathers several leaves into one value (`chunk`).
    fn gathers(&self) -> bool {
        false
    }

    /// Whether an empty leaf is a value to it (`present`).
    fn takes_blank(&self) -> bool {
        false
    }

    /// Whether it may doubt a value.
    fn doubts(&self) -> bool {
        false
    }
}

/// Steps in reading order.
#[derive(Debug, Default)]
pub(crate) struct Chain(pub(crate) Vec<Box<dyn Step>>);

impl Chain {
    /// Wire → record.
    pub(crate) fn read(&self, item: Item<'_>, around: &mut Around<'_>) -> Result<Option<Value>, Wrong> {
        let mut item = item;
        for step in &self.0 {
            item = step.read(item, around)?;
        }
        Ok(item.into_value())
    }

    /// Record → wire.
    pub(crate) fn write<'a>(
        &self,
        value: Option<&'a Value>,
        around: &mut Around<'_>,
    ) -> Result<Item<'a>, Wrong> {
        let mut item = match value {
            None | Some(Value::Null) => Item::None,
            Some(Value::String(text)) => Item::text(&**text),
            Some(other) => Item::Value(other.clone()),
        };
        for step in self.0.iter().rev() {
            item = step.write(item, around)?;
        }
        match item {
            Item::Value(Value::String(text)) => Ok(Item::text(text)),
            Item::Value(_) => Err(Wrong::type_of("文本", "text")),
            done => Ok(done),
        }
    }

    /// The record type that comes out.
    pub(crate) fn gives(&self) -> Type {
        self.0.iter().rev().find_map(|step| step.gives()).unwrap_or(Type::Text)
    }

    /// Whether any step forgets a spelling.
    pub(crate) fn lossy(&self) -> bool {
        self.0.iter().any(|step| step.lossy())
    }

    /// Whether the chain gathers several leaves into one value.
    pub(crate) fn gathers(&self) -> bool {
        self.0.iter().any(|step| step.gathers())
    }

    /// Whether an empty leaf is a value to its first step.
    pub(crate) fn takes_blank(&self) -> bool {
        self.0.first().is_some_and(|step| step.takes_blank())
    }

    /// Whether any step may doubt a value.
    pub(crate) fn doubts(&self) -> bool {
        self.0.iter().any(|step| step.doubts())
    }

    /// Whether a value is supplied when there is none.
    pub(crate) fn supplies(&self) -> bool {
        self.0.iter().any(|step| step.supplies())
    }
}

#[cfg(test)]
pub(crate) mod testing {
    //! Running one chain in both directions.

    use serde_json::Value;

    use super::{Around, Chain, Item, Run, Sort, Wrong, parse};
    use crate::clock::{SeededChance, Timestamp};
    use crate::mapping::codes::CodeLists;

    fn chain(how: &str) -> Chain {
        let mut lists = CodeLists::default();
        lists.add_for_test("truth", "wire,record,label\ntrue,pass,合格\nfalse,fail,不合格\n");
        lists.add_for_test("colour", "wire,record,label,write\n1,red,红,\n2,blue,蓝,\n3,blue,深蓝,*\n");
        match parse::how(how, &lists) {
            Ok(parse::Parsed::Leaf { chain, .. }) => chain,
            other => panic!("{how}: not a chain of steps: {other:?}"),
        }
    }

    fn around<T>(with: impl FnOnce(&mut Around<'_>) -> T) -> T {
        let chance = SeededChance::new(1);
        let now = Timestamp::parse("2026-11-23T01:30:00Z").expect("RFC 3339");
        with(&mut Around::new(Run { now, chance: &chance }, 8 * 3600))
    }

    /// What `how` reads from a wire text.
    pub(crate) fn read(how: &str, text: &str) -> Result<Option<Value>, Wrong> {
        around(|around| chain(how).read(Item::text(text), around))
    }

    /// What `how` reads where the wire has nothing.
    pub(crate) fn read_none(how: &str) -> Result<Option<Value>, Wrong> {
        around(|around| chain(how).read(Item::None, around))
    }

    /// What `how` writes of a record value, and as what sort of JSON leaf.
    pub(crate) fn write(how: &str, value: &Value) -> Result<Option<(String, Sort)>, Wrong> {
        around(|around| match chain(how).write(Some(value), around)? {
            Item::Text(text, sort) => Ok(Some((text.into_owned(), sort))),
            Item::None => Ok(None),
            other => panic!("{how}: wrote {other:?}"),
        })
    }

    /// Reads `text` to `value` and writes it back as `text`.
    pub(crate) fn both(how: &str, text: &str, value: &Value) {
        assert_eq!(read(how, text).as_ref(), Ok(&Some(value.clone())), "reading {how}");
        assert_eq!(write(how, value).map(|w| w.map(|w| w.0)), Ok(Some(text.to_owned())), "writing {how}");
    }

    /// The doubts that `how` has about a text.
    pub(crate) fn doubts(how: &str, text: &str) -> Vec<Wrong> {
        around(|around| {
            chain(how).read(Item::text(text), around).expect("a doubt is no refusal");
            std::mem::take(&mut around.doubts)
        })
    }
}
