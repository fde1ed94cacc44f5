//! Steps joined by `|`: run left to right when reading, right to left when writing.

use serde_json::Value;

use crate::clock::{SeededChance, Timestamp};
use crate::mapping::path::record::RecordPath;
use crate::mapping::steps::{Around, Back, Item, Run, Says, Step, Type, Wrong};
use crate::mapping::words::is_blank;

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

    /// Whether a text that was read to a value is surely written back as it is.
    pub(crate) fn gives_back(&self, text: &str) -> bool {
        let mut turned = false;
        // Of several that turn the text into something, only the first knows what it got.
        let certain = |step: &dyn Step| match step.back(text) {
            Back::Passes => true,
            Back::Same => !std::mem::replace(&mut turned, true),
            Back::Unknown => false,
        };
        // A value may have been filled in for a blank text.
        !is_blank(text) && self.0.iter().map(|step| &**step).all(certain)
    }

    /// What each literal of its steps becomes in the record; what is wrong with one that never gets through the steps
    /// before it, or back. Steps behind a list look at their items, of which nobody says one here.
    pub(crate) fn said(&self) -> Vec<(String, Result<Option<Value>, Wrong>)> {
        let chance = SeededChance::new(0);
        let run = Run { now: Timestamp::from_micros(0), chance: &chance };
        let mut around = Around::new(run.into(), 0);
        let mut found = Vec::new();
        for (at, step) in self.0.iter().enumerate() {
            let Some(says) = step.says() else { continue };
            let (literal, shown) = match says {
                Says::Read(value) | Says::Written(value) => (Item::Value(value.clone()), shown(value)),
                Says::Blank(text) => (Item::text(text), format!("'{text}'")),
            };
            let literal = match literal {
                Item::Value(Value::String(text)) => Item::text(text),
                other => other,
            };
            let became = match says {
                Says::Read(_) => self.read_behind(at, literal, &mut around),
                Says::Written(_) => self
                    .written_before(at, literal, &mut around)
                    .and_then(|text| self.read(text, &mut around)),
                Says::Blank(_) => self.written_before(at, literal, &mut around).map(|_| None),
            };
            // What stands in the record is written, some day.
            let unwritten = match (says, &became) {
                (Says::Read(_), Ok(value)) => self.write(value.as_ref(), &mut around).err(),
                _ => None,
            };
            found.push((shown.clone(), became));
            found.extend(unwritten.map(|wrong| (shown, Err(wrong))));
        }
        // Which lines of a list are valid is seen on the day.
        found.retain(|(_, became)| !matches!(became, Err(wrong) if wrong.code == "code-date"));
        found
    }

    fn read_behind(
        &self,
        at: usize,
        literal: Item<'_>,
        around: &mut Around<'_>,
    ) -> Result<Option<Value>, Wrong> {
        let mut item = literal.into_value().map_or(Item::None, Item::Value);
        for step in &self.0[at + 1..] {
            item = step.read(item, around)?;
        }
        Ok(item.into_value())
    }

    fn written_before<'a>(
        &self,
        at: usize,
        literal: Item<'a>,
        around: &mut Around<'_>,
    ) -> Result<Item<'a>, Wrong> {
        let mut item = literal;
        for step in self.0[..at].iter().rev() {
            item = step.write(item, around)?;
        }
        match item {
            Item::Value(_) => Err(Wrong::type_of("文本；加引号即为文本", "text; quotes make it one")),
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

    /// Whether no value is written in a form of its own.
    pub(crate) fn blank(&self) -> bool {
        self.0.iter().any(|step| step.blank())
    }

    /// Whether a value is filled in when the wire has none.
    pub(crate) fn fills(&self) -> bool {
        self.0.iter().any(|step| step.fills())
    }

    /// Whether the value is ciphertext, which no message shows.
    pub(crate) fn sealed(&self) -> bool {
        self.0.iter().any(|step| step.sealed())
    }

    /// Whether a value may be put aside.
    pub(crate) fn holds(&self) -> bool {
        self.0.iter().any(|step| step.holds())
    }

    /// Whether it reads and writes bytes as text.
    pub(crate) fn bytes(&self) -> bool {
        self.0.iter().any(|step| step.bytes())
    }

    /// The attribute that tells gathered leaves apart.
    pub(crate) fn key(&self) -> Option<&str> {
        self.0.iter().find_map(|step| step.key())
    }

    /// Whether any step writes the message's key.
    pub(crate) fn wants_key(&self) -> bool {
        self.0.iter().any(|step| step.wants_key())
    }

    /// The currency of the money that comes out, if it is one.
    pub(crate) fn currency(&self) -> Option<&str> {
        self.0.iter().find_map(|step| step.currency())
    }

    /// The other record places that its steps look at.
    pub(crate) fn looks_at(&self) -> impl Iterator<Item = &RecordPath> {
        self.0.iter().filter_map(|step| step.looks_at())
    }
}

/// A literal as a map says it.
fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), |text| format!("'{text}'"))
}
