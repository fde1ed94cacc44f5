//! `ident 'P'` and `ref 'P'`: ids inside one document.
//!
//! The record holds the id as it stands; where it has none, writing gives P1, P2 and so on, whichever is free. A
//! reference must meet an id of the same document, and an id stands once: both are looked at when the whole document
//! is in hand.

use serde_json::Value;

use crate::mapping::codes::CodeLists;
use crate::mapping::steps::parse::{Arguments, HowFault, arguments};
use crate::mapping::steps::{Around, Item, Step, Wrong};
use crate::mapping::words::Word;

/// What a value has to do with the document's ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Id {
    /// It is one.
    Is(String),
    /// It refers to one.
    Meets(String),
    /// It is one still to be made, with this beginning.
    Wanted(String),
}

#[derive(Debug)]
struct Ident {
    prefix: String,
    refers: bool,
}

/// `ident 'P'`
pub(super) fn make_ident(words: Arguments<'_>, _: &CodeLists) -> Result<Box<dyn Step>, HowFault> {
    make(words, false, "ident 'P'")
}

/// `ref 'P'`
pub(super) fn make_ref(words: Arguments<'_>, _: &CodeLists) -> Result<Box<dyn Step>, HowFault> {
    make(words, true, "ref 'P'")
}

fn make(words: Arguments<'_>, refers: bool, usage: &str) -> Result<Box<dyn Step>, HowFault> {
    match words {
        // An id must be a name in XML, and so must what it begins with.
        [Word::Quoted(prefix)] if prefix.starts_with(|c: char| c.is_alphabetic() || c == '_') => {
            Ok(Box::new(Ident { prefix: prefix.clone(), refers }))
        }
        _ => Err(arguments(usage)),
    }
}

impl Ident {
    fn say(&self, item: &Item<'_>, around: &mut Around<'_>) {
        let one = |text: &str| {
            let text = text.to_owned();
            if self.refers { Id::Meets(text) } else { Id::Is(text) }
        };
        match item {
            Item::Value(Value::Array(items)) => {
                around.ids.extend(items.iter().filter_map(Value::as_str).map(one));
            }
            _ => around.ids.extend(item.as_text().map(one)),
        }
    }
}

impl Step for Ident {
    fn read<'a>(&self, item: Item<'a>, around: &mut Around<'_>) -> Result<Item<'a>, Wrong> {
        self.say(&item, around);
        Ok(item)
    }

    fn write<'a>(&self, item: Item<'a>, around: &mut Around<'_>) -> Result<Item<'a>, Wrong> {
        if item == Item::None && !self.refers {
            around.generated = true;
            around.ids.push(Id::Wanted(self.prefix.clone()));
            return Ok(Item::text(self.prefix.clone()));
        }
        self.say(&item, around);
        Ok(item)
    }

    fn of_ids(&self) -> bool {
        true
    }

    fn supplies(&self) -> bool {
        !self.refers
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::mapping::steps::testing::{both, fault};

    #[test]
    fn ids_stand_as_they_are() {
        both("ident 'P'", "person-7", &json!("person-7"));
        both("ref 'P'", "person-7", &json!("person-7"));
        both("list ' ' | ref 'P'", "P1 P2", &json!(["P1", "P2"]));
        assert_eq!(fault("ident '1'").code, "step-arguments");
        assert_eq!(fault("ref P").code, "step-arguments");
    }
}
