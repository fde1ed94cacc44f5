//! `sealed`: ciphertext, passed on as it is. Nobody here can read it, so nothing is asked of it; problems, logs and
//! explanations show [`MASK`] in its place.

use crate::mapping::codes::CodeLists;
use crate::mapping::steps::parse::{Arguments, HowFault, arguments};
use crate::mapping::steps::{Around, Back, Item, Step, Type, Wrong};

/// What is shown of a sealed text.
pub(crate) const MASK: &str = "•••";

#[derive(Debug)]
struct Sealed;

/// From the arguments.
pub(super) fn make(words: Arguments<'_>, _: &CodeLists) -> Result<Box<dyn Step>, HowFault> {
    if words.is_empty() { Ok(Box::new(Sealed)) } else { Err(arguments("sealed")) }
}

impl Step for Sealed {
    fn read<'a>(&self, item: Item<'a>, _: &mut Around<'_>) -> Result<Item<'a>, Wrong> {
        Ok(item)
    }

    fn write<'a>(&self, item: Item<'a>, _: &mut Around<'_>) -> Result<Item<'a>, Wrong> {
        match item {
            Item::None => Ok(item),
            _ if item.as_text().is_some() => Ok(item),
            _ => Err(Wrong::type_of("密文文本", "ciphertext as text")),
        }
    }

    fn back(&self, _: &str) -> Back {
        Back::Passes
    }

    fn gives(&self) -> Option<Type> {
        Some(Type::Text)
    }

    fn sealed(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::mapping::steps::testing::{both, fault, write};

    #[test]
    fn ciphertext_passes_as_it_is() {
        both("sealed", "sGe3+/x==", &json!("sGe3+/x=="));
        assert_eq!(write("sealed", &json!({"a": 1})).map_err(|w| w.code), Err("record-type"));
        assert_eq!(fault("sealed 3").code, "step-arguments");
    }
}
