//! `present`: the mere presence of an element or member is true; absence is no value.

use serde_json::Value;

use crate::mapping::codes::CodeLists;
use crate::mapping::steps::parse::{Arguments, HowFault, arguments};
use crate::mapping::steps::{Around, Item, Sort, Step, Taken, Type, Wrong};

#[derive(Debug)]
struct Present;

/// From the arguments.
pub(super) fn make(words: Arguments<'_>, _: &CodeLists) -> Result<Box<dyn Step>, HowFault> {
    if words.is_empty() { Ok(Box::new(Present)) } else { Err(arguments("present")) }
}

impl Step for Present {
    fn read<'a>(&self, item: Item<'a>, _: &mut Around<'_>) -> Result<Item<'a>, Wrong> {
        match item {
            Item::None => Ok(Item::None),
            _ => Ok(Item::Value(Value::Bool(true))),
        }
    }

    fn write<'a>(&self, item: Item<'a>, _: &mut Around<'_>) -> Result<Item<'a>, Wrong> {
        match item {
            Item::Value(Value::Bool(true)) => Ok(Item::Text("".into(), Sort::Text)),
            _ => Ok(Item::None),
        }
    }

    fn takes(&self, _: &Type) -> Taken {
        Taken::first()
    }

    fn gives(&self) -> Option<Type> {
        Some(Type::Bool)
    }

    fn lossy(&self) -> bool {
        true
    }

    fn takes_blank(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::mapping::steps::testing::{both, read_none, write};

    #[test]
    fn presence_is_true() {
        both("present", "", &json!(true));
        assert_eq!(read_none("present"), Ok(None));
        assert_eq!(write("present", &json!(false)), Ok(None));
    }
}
