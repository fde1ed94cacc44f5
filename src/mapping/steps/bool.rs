//! `bool ['Y' 'N']`: true and false, or the two words for them.

use serde_json::Value;

use crate::mapping::codes::CodeLists;
use crate::mapping::steps::parse::{Arguments, HowFault, arguments};
use crate::mapping::steps::{Around, Back, Item, Sort, Step, Taken, Type, Wrong};
use crate::mapping::words::Word;

#[derive(Debug)]
struct Truth(Option<(String, String)>);

/// From the arguments.
pub(super) fn make(words: Arguments<'_>, _: &CodeLists) -> Result<Box<dyn Step>, HowFault> {
    match words {
        [] => Ok(Box::new(Truth(None))),
        [Word::Quoted(yes), Word::Quoted(no)] if yes != no => {
            Ok(Box::new(Truth(Some((yes.clone(), no.clone())))))
        }
        _ => Err(arguments("bool ['Y' 'N']")),
    }
}

impl Truth {
    fn words(&self) -> (&str, &str) {
        self.0.as_ref().map_or(("true", "false"), |(yes, no)| (yes, no))
    }

    fn wrong(&self) -> Wrong {
        let (yes, no) = self.words();
        Wrong::new("bool", format!("{yes} 或 {no}"), format!("{yes} or {no}"))
    }
}

impl Step for Truth {
    fn read<'a>(&self, item: Item<'a>, _: &mut Around<'_>) -> Result<Item<'a>, Wrong> {
        let Item::Text(text, _) = &item else { return Ok(item) };
        let (yes, no) = self.words();
        let value = match &**text {
            text if text == yes => true,
            text if text == no => false,
            // xs:boolean knows these two as well.
            "1" if self.0.is_none() => true,
            "0" if self.0.is_none() => false,
            _ => return Err(self.wrong()),
        };
        Ok(Item::Value(Value::Bool(value)))
    }

    fn write<'a>(&self, item: Item<'a>, _: &mut Around<'_>) -> Result<Item<'a>, Wrong> {
        let (yes, no) = self.words();
        let sort = if self.0.is_none() { Sort::Bool } else { Sort::Text };
        match item {
            Item::None => Ok(Item::None),
            Item::Value(Value::Bool(value)) => {
                Ok(Item::Text(if value { yes } else { no }.to_owned().into(), sort))
            }
            Item::Text(text, _) if *text == *yes || *text == *no => Ok(Item::Text(text, sort)),
            _ => Err(self.wrong()),
        }
    }

    fn takes(&self, given: &Type) -> Taken {
        Taken::plain(given)
    }

    fn back(&self, text: &str) -> Back {
        let (yes, no) = self.words();
        if text == yes || text == no { Back::Same } else { Back::Unknown }
    }

    fn gives(&self) -> Option<Type> {
        Some(Type::Bool)
    }

    fn lossy(&self) -> bool {
        self.0.is_none()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::mapping::steps::Sort;
    use crate::mapping::steps::testing::{both, read, write};

    #[test]
    fn truth_in_words() {
        both("bool", "true", &json!(true));
        both("bool '是' '否'", "否", &json!(false));
        assert_eq!(read("bool 'Y' 'N'", "y").map_err(|w| w.en), Err("Y or N".into()));
        assert_eq!(write("bool", &json!(false)), Ok(Some(("false".into(), Sort::Bool))));
        assert!(write("bool", &json!("maybe")).is_err());
    }
}
