//! `default X`: absent reads as X. `else X`: X is written if the record has no value. X is a word, `now`, or
//! `uuid`, and for `else` also `key`: an id that is the same whenever the same message is written, so that a second
//! attempt is known as one. A word after `int` or `bool` is a number or truth value.

use serde_json::Value;

use crate::mapping::codes::CodeLists;
use crate::mapping::path::record::literal;
use crate::mapping::steps::parse::{Arguments, HowFault, arguments};
use crate::mapping::steps::{Around, Back, Item, Says, Step, Taken, Type, Wrong};
use crate::mapping::trace::Made;
use crate::mapping::words::Word;

#[derive(Clone, Debug)]
enum Source {
    Now,
    Uuid,
    Key,
    Word(Value),
}

#[derive(Debug)]
struct Default_(Source);

#[derive(Debug)]
struct Else(Source);

/// `default X`
pub(super) fn make_default(words: Arguments<'_>, _: &CodeLists) -> Result<Box<dyn Step>, HowFault> {
    if words.iter().any(|word| word.is("key")) {
        return Err(arguments("default X (key: else)"));
    }
    Ok(Box::new(Default_(source(words, "default X")?)))
}

/// `else X`
pub(super) fn make_else(words: Arguments<'_>, _: &CodeLists) -> Result<Box<dyn Step>, HowFault> {
    Ok(Box::new(Else(source(words, "else now|uuid|key|X")?)))
}

fn source(words: Arguments<'_>, usage: &str) -> Result<Source, HowFault> {
    match words {
        [Word::Bare(word)] if word == "now" => Ok(Source::Now),
        [Word::Bare(word)] if word == "uuid" => Ok(Source::Uuid),
        [Word::Bare(word)] if word == "key" => Ok(Source::Key),
        [Word::Bare(word)] => Ok(Source::Word(literal(word))),
        [Word::Quoted(word)] => Ok(Source::Word(Value::String(word.clone()))),
        _ => Err(arguments(usage)),
    }
}

impl Source {
    fn word(&self) -> Option<&Value> {
        match self {
            Self::Word(word) => Some(word),
            _ => None,
        }
    }

    fn value(&self, around: &Around<'_>) -> Value {
        match self {
            Self::Now => Value::String(around.run.now.at_offset(around.zone_seconds)),
            Self::Uuid => Value::String(around.run.chance.uuid(around.run.now).to_string()),
            Self::Key => Value::String(around.key.clone().unwrap_or_default()),
            Self::Word(value) => value.clone(),
        }
    }
}

impl Step for Default_ {
    fn read<'a>(&self, item: Item<'a>, around: &mut Around<'_>) -> Result<Item<'a>, Wrong> {
        if item != Item::None {
            return Ok(item);
        }
        around.made = Some(Made::Default);
        Ok(Item::Value(self.0.value(around)))
    }

    fn write<'a>(&self, item: Item<'a>, _: &mut Around<'_>) -> Result<Item<'a>, Wrong> {
        Ok(item)
    }

    fn takes(&self, _: &Type) -> Taken {
        Taken::Yes
    }

    fn back(&self, _: &str) -> Back {
        Back::Passes
    }

    fn says(&self) -> Option<Says<'_>> {
        self.0.word().map(Says::Read)
    }

    fn fills(&self) -> bool {
        true
    }
}

impl Step for Else {
    fn read<'a>(&self, item: Item<'a>, _: &mut Around<'_>) -> Result<Item<'a>, Wrong> {
        Ok(item)
    }

    fn write<'a>(&self, item: Item<'a>, around: &mut Around<'_>) -> Result<Item<'a>, Wrong> {
        if item != Item::None {
            return Ok(item);
        }
        around.generated = true;
        Ok(match self.0.value(around) {
            Value::String(text) => Item::text(text),
            other => Item::Value(other),
        })
    }

    fn takes(&self, _: &Type) -> Taken {
        Taken::Yes
    }

    fn back(&self, _: &str) -> Back {
        Back::Passes
    }

    fn says(&self) -> Option<Says<'_>> {
        self.0.word().map(Says::Written)
    }

    fn supplies(&self) -> bool {
        true
    }

    fn wants_key(&self) -> bool {
        matches!(self.0, Source::Key)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::mapping::steps::testing::{read, read_none, write};

    #[test]
    fn absent_reads_as_the_default() {
        assert_eq!(read_none("text | default normal"), Ok(Some(json!("normal"))));
        assert_eq!(read_none("int | default 1"), Ok(Some(json!(1))));
        assert_eq!(read("text | default normal", "urgent"), Ok(Some(json!("urgent"))));
    }

    #[test]
    fn no_value_is_written_as_the_other() {
        let written = |how| write(how, &Value::Null).map(|w| w.map(|w| w.0));
        assert_eq!(written("text | else x"), Ok(Some("x".into())));
        assert_eq!(written("time iso | else now"), Ok(Some("2026-11-23T09:30:00+08:00".into())));
        assert_eq!(written("text | else uuid").map(|w| w.map(|w| w.len())), Ok(Some(36)));
        assert_eq!(write("text | else x", &json!("y")).map(|w| w.map(|w| w.0)), Ok(Some("y".into())));
    }
}
