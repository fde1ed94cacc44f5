//! `chunk n`: repeated leaves of at most `n` characters ↔ one text.

use std::borrow::Cow;

use serde_json::Value;

use crate::mapping::codes::CodeLists;
use crate::mapping::steps::parse::{Arguments, HowFault, arguments, count_of};
use crate::mapping::steps::{Around, Item, Step, Taken, Type, Wrong};

#[derive(Debug)]
struct Chunk(usize);

/// From the arguments.
pub(super) fn make(words: Arguments<'_>, _: &CodeLists) -> Result<Box<dyn Step>, HowFault> {
    match words {
        [word] => match count_of(word) {
            Some(limit) if limit > 0 => Ok(Box::new(Chunk(limit))),
            _ => Err(arguments("chunk n")),
        },
        _ => Err(arguments("chunk n")),
    }
}

impl Step for Chunk {
    fn read<'a>(&self, item: Item<'a>, _: &mut Around<'_>) -> Result<Item<'a>, Wrong> {
        let Item::Many(parts) = item else { return Ok(item) };
        let limit = self.0;
        if let Some(long) = parts.iter().map(|part| part.chars().count()).find(|count| *count > limit) {
            return Err(Wrong::new(
                "too-long",
                format!("每段至多 {limit} 个字符，实为 {long} 个"),
                format!("at most {limit} characters in each part, found {long}"),
            ));
        }
        if parts.is_empty() { Ok(Item::None) } else { Ok(Item::Value(Value::String(parts.concat()))) }
    }

    fn write<'a>(&self, item: Item<'a>, _: &mut Around<'_>) -> Result<Item<'a>, Wrong> {
        if item == Item::None {
            return Ok(item);
        }
        let Some(text) = item.as_text() else { return Err(Wrong::type_of("文本", "text")) };
        let characters: Vec<char> = text.chars().collect();
        let parts = characters.chunks(self.0).map(|part| Cow::Owned(part.iter().collect::<String>()));
        Ok(Item::Many(parts.collect()))
    }

    fn takes(&self, _: &Type) -> Taken {
        Taken::first()
    }

    fn gives(&self) -> Option<Type> {
        Some(Type::Text)
    }

    fn lossy(&self) -> bool {
        true
    }

    fn gathers(&self) -> bool {
        true
    }
}
