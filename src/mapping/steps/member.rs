//! `as MEMBER`, last: what the steps before it give is a member of an object, `list '；' | code claim-kind | as kind`.
//!
//! So a list of objects is read from texts of which each says one thing about its object. What else an object has of
//! the record has no place there, and the report says so.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::mapping::codes::CodeLists;
use crate::mapping::steps::parse::{Arguments, HowFault, arguments};
use crate::mapping::steps::types::Named;
use crate::mapping::steps::{Around, Item, Step, Taken, Type, Wrong};
use crate::mapping::words::Word;

/// The step.
#[derive(Debug)]
pub(super) struct As(pub(super) Arc<Named>);

/// Anywhere but last, where [`member`] takes it.
pub(super) fn make(words: Arguments<'_>, _: &CodeLists) -> Result<Box<dyn Step>, HowFault> {
    member(words)?;
    Err(HowFault::new("how", "as MEMBER 须为末步", "as MEMBER stands last"))
}

/// The member that it names.
pub(super) fn member(words: Arguments<'_>) -> Result<String, HowFault> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    match words {
        [Word::Bare(name)] if name.chars().all(plain) => Ok(name.clone()),
        _ => Err(arguments("as MEMBER")),
    }
}

impl Step for As {
    fn read<'a>(&self, item: Item<'a>, _: &mut Around<'_>) -> Result<Item<'a>, Wrong> {
        let Some(value) = item.into_value() else { return Ok(Item::None) };
        Ok(Item::Value(Value::Object(Map::from_iter([(self.0.member.clone(), value)]))))
    }

    fn write<'a>(&self, item: Item<'a>, _: &mut Around<'_>) -> Result<Item<'a>, Wrong> {
        let mut object = match item {
            Item::None => return Ok(Item::None),
            Item::Value(Value::Object(object)) => object,
            _ => return Err(Wrong::type_of("对象", "an object")),
        };
        Ok(match object.remove(&self.0.member) {
            None | Some(Value::Null) => Item::None,
            Some(Value::String(text)) => Item::text(text),
            Some(other) => Item::Value(other),
        })
    }

    fn takes(&self, _: &Type) -> Taken {
        Taken::Yes
    }

    fn gives(&self) -> Option<Type> {
        Some(Type::Object(Arc::clone(&self.0)))
    }
}
