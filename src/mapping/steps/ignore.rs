//! `ignore 'x' …`: spellings that mean no value; which it was is kept.

use crate::mapping::codes::CodeLists;
use crate::mapping::steps::parse::{Arguments, HowFault, arguments};
use crate::mapping::steps::{Around, Item, Step, Wrong};
use crate::mapping::words::Word;

#[derive(Debug)]
struct Ignore(Vec<String>);

/// From the arguments.
pub(super) fn make(words: Arguments<'_>, _: &CodeLists) -> Result<Box<dyn Step>, HowFault> {
    let quoted = |word: &Word| match word {
        Word::Quoted(text) => Some(text.clone()),
        _ => None,
    };
    match words.iter().map(quoted).collect::<Option<Vec<_>>>() {
        Some(spellings) if !spellings.is_empty() => Ok(Box::new(Ignore(spellings))),
        _ => Err(arguments("ignore 'x' …")),
    }
}

impl Step for Ignore {
    fn read<'a>(&self, item: Item<'a>, _: &mut Around<'_>) -> Result<Item<'a>, Wrong> {
        match item.as_text() {
            Some(text) if self.0.iter().any(|spelling| spelling == text) => Ok(Item::None),
            _ => Ok(item),
        }
    }

    fn write<'a>(&self, item: Item<'a>, _: &mut Around<'_>) -> Result<Item<'a>, Wrong> {
        Ok(item)
    }

    fn lossy(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::mapping::steps::testing::{both, read};

    #[test]
    fn a_spelling_of_nothing_is_no_value() {
        assert_eq!(read("ignore '无' '/' | text 4", "无"), Ok(None));
        both("ignore '无' '/' | text 4", "有", &json!("有"));
    }
}
