//! Converters: small steps joined by `|`, each with both directions (MAPPING, section 5).
//!
//! Promise: steps read left to right and write right to left; none looks anything up but its own code list; each
//! says in Chinese and English what it wanted. The clock, chance and the zone are inputs of a [`Run`].

mod affix;
mod around;
mod bool;
mod chain;
mod check_digit;
mod chunk;
mod code;
mod date;
mod decimal_form;
mod digits;
mod duration;
mod fallback;
pub(crate) mod file;
pub(crate) mod flow;
pub(crate) mod ident;
pub(crate) mod ignore;
mod items;
pub(crate) mod langs;
#[cfg(test)]
mod manual;
mod member;
mod money;
mod number;
mod packed;
pub(crate) mod parse;
pub(crate) mod pattern_time;
mod place;
mod present;
mod quantity;
pub(crate) mod sealed;
#[cfg(test)]
pub(crate) mod testing;
mod text;
mod time;
mod trim;
pub(crate) mod types;
#[cfg(test)]
mod wording;

use std::borrow::Cow;
use std::fmt::Debug;

use serde_json::Value;

use crate::clock::{Chance, Timestamp};
pub(crate) use crate::mapping::aside::Context;
use crate::mapping::codes::CodeList;
use crate::mapping::path::record::RecordPath;
pub(crate) use around::Around;
pub(crate) use chain::Chain;
pub(crate) use flow::Taken;
pub(crate) use trim::narrow;
pub(crate) use types::Type;

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
    /// The same, each under a key of its own (`langs`).
    Keyed(Vec<(Cow<'a, str>, Cow<'a, str>)>),
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
            Self::Keyed(parts) => {
                let members =
                    parts.into_iter().map(|(key, text)| (key.into_owned(), text.into_owned().into()));
                Some(Value::Object(members.collect()))
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

/// What a step says of writing a text back that it has read. What is unknown is seen by writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Back {
    /// It hands on what it gets, in both directions.
    Passes,
    /// It turns the text into a value, and that value into the same text.
    Same,
    /// Nothing.
    Unknown,
}

/// A literal of the map that a step puts in the place of a value.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Says<'a> {
    /// The record's value, where the wire has none or has one that nobody knows.
    Read(&'a Value),
    /// What is written where the record has none, and read as a value when it comes back.
    Written(&'a Value),
    /// What is written where the record has none, and read as none.
    Blank(&'a str),
}

/// One step.
pub(crate) trait Step: Debug + Send + Sync {
    /// Wire → record.
    fn read<'a>(&self, item: Item<'a>, around: &mut Around<'_>) -> Result<Item<'a>, Wrong>;

    /// Record → wire.
    fn write<'a>(&self, item: Item<'a>, around: &mut Around<'_>) -> Result<Item<'a>, Wrong>;

    /// What is known beforehand of writing back `text`, which stood on the wire and was read.
    fn back(&self, _text: &str) -> Back {
        Back::Unknown
    }

    /// Whether it can take what a step before it gives, and what it would want instead; the wire's own text is no
    /// step's. Texts of any form, unless it says otherwise.
    fn takes(&self, given: &Type) -> Taken {
        Taken::when(given.is_text(), ("文本", "text"))
    }

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

    /// Whether no value is written, too: as `xsi:nil` in XML, as null in JSON.
    fn blank(&self) -> bool {
        false
    }

    /// Whether it fills in a value for the record where the wire has none.
    fn fills(&self) -> bool {
        false
    }

    /// The literal that it puts in the place of a value, if it is one that the map says.
    fn says(&self) -> Option<Says<'_>> {
        None
    }

    /// Its code list, if it has one.
    fn list(&self) -> Option<&CodeList> {
        None
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

    /// Whether the value is ciphertext, which no message shows.
    fn sealed(&self) -> bool {
        false
    }

    /// Whether a value may be put aside, so that the record has none.
    fn holds(&self) -> bool {
        false
    }

    /// Whether its values are ids of the document, or refer to them.
    fn of_ids(&self) -> bool {
        false
    }

    /// Whether it reads and writes bytes as text, where texts of the same bytes are equal.
    fn bytes(&self) -> bool {
        false
    }

    /// The attribute that tells the leaves apart which it gathers.
    fn key(&self) -> Option<&str> {
        None
    }

    /// Whether it writes the message's key.
    fn wants_key(&self) -> bool {
        false
    }

    /// The currency of the money that it gives, if it is one.
    fn currency(&self) -> Option<&str> {
        None
    }

    /// The record place that it looks at besides its own, relative to the block.
    fn looks_at(&self) -> Option<&RecordPath> {
        None
    }
}
