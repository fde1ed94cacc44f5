//! `langs @lang`: one text in several languages, each an element of its own ↔ `{de, en}`.
//!
//! In JSON the place is itself an object of languages. An element without the attribute is `und`, BCP 47's word for a
//! language that nobody named. A language that stands twice is refused: who writes several texts of one language wants
//! a list.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::mapping::codes::CodeLists;
use crate::mapping::steps::parse::{Arguments, HowFault, arguments};
use crate::mapping::steps::{Around, Item, Step, Taken, Type, Wrong};
use crate::mapping::words::Word;

/// The language of an element that names none.
pub(crate) const UNNAMED: &str = "und";

#[derive(Debug)]
struct Langs {
    /// The attribute, as written, without its `@`.
    attribute: String,
}

/// From the arguments.
pub(super) fn make(words: Arguments<'_>, _: &CodeLists) -> Result<Box<dyn Step>, HowFault> {
    match words {
        [Word::Bare(word)] if word.len() > 1 && word.starts_with('@') => {
            Ok(Box::new(Langs { attribute: word[1..].to_owned() }))
        }
        _ => Err(arguments("langs @lang")),
    }
}

impl Step for Langs {
    fn read<'a>(&self, item: Item<'a>, _: &mut Around<'_>) -> Result<Item<'a>, Wrong> {
        let Item::Keyed(parts) = item else { return Ok(item) };
        let mut object = Map::new();
        for (language, text) in parts {
            if object.contains_key(&*language) {
                return Err(Wrong::new(
                    "lang-twice",
                    format!("每种语言一次（“{language}”重复）"),
                    format!("each language once (\"{language}\" stands twice)"),
                ));
            }
            object.insert(language.into_owned(), text.into());
        }
        Ok(if object.is_empty() { Item::None } else { Item::Value(Value::Object(object)) })
    }

    fn write<'a>(&self, item: Item<'a>, _: &mut Around<'_>) -> Result<Item<'a>, Wrong> {
        let wrong = || Wrong::type_of("语言与文本的对象", "an object of languages and texts");
        let object = match item {
            Item::None => return Ok(Item::None),
            Item::Value(Value::Object(object)) => object,
            _ => return Err(wrong()),
        };
        let mut parts = Vec::with_capacity(object.len());
        for (language, text) in object {
            let Value::String(text) = text else { return Err(wrong()) };
            parts.push((Cow::Owned(language), Cow::Owned(text)));
        }
        Ok(if parts.is_empty() { Item::None } else { Item::Keyed(parts) })
    }

    fn takes(&self, _: &Type) -> Taken {
        Taken::first()
    }

    fn gives(&self) -> Option<Type> {
        Some(Type::Map)
    }

    fn lossy(&self) -> bool {
        // An object has no order.
        true
    }

    fn gathers(&self) -> bool {
        true
    }

    fn key(&self) -> Option<&str> {
        Some(&self.attribute)
    }
}
