//! `place xpath|name|pointer`: where something is wrong in a message that an answer speaks of ↔ our record path.
//!
//! The message is the run's [`Sent`](crate::mapping::Sent). Without it, and for a place that leads to no value of
//! it or to several, the text stays as it is.

use crate::mapping::codes::CodeLists;
use crate::mapping::sent::Form;
use crate::mapping::steps::parse::{Arguments, HowFault, choice};
use crate::mapping::steps::{Around, Item, Step, Type, Wrong};

#[derive(Debug)]
struct Place(Form);

/// From the arguments.
pub(super) fn make(words: Arguments<'_>, _: &CodeLists) -> Result<Box<dyn Step>, HowFault> {
    let form = match words {
        [word] if word.is("xpath") => Form::Xpath,
        [word] if word.is("pointer") => Form::Pointer,
        [word] if word.is("name") => Form::Name,
        _ => {
            let found = words.first().and_then(|word| word.text());
            return Err(choice("place xpath|name|pointer", found, &["xpath", "name", "pointer"]));
        }
    };
    Ok(Box::new(Place(form)))
}

impl Step for Place {
    fn read<'a>(&self, item: Item<'a>, around: &mut Around<'_>) -> Result<Item<'a>, Wrong> {
        let found = item.as_text().and_then(|text| around.aside.sent?.record(self.0, text));
        Ok(found.map_or(item, |path| Item::text(path.to_owned())))
    }

    fn write<'a>(&self, item: Item<'a>, around: &mut Around<'_>) -> Result<Item<'a>, Wrong> {
        if item == Item::None {
            return Ok(item);
        }
        let Some(text) = item.as_text() else { return Err(Wrong::type_of("文本", "text")) };
        let place = around.aside.sent.and_then(|sent| sent.place(self.0, text));
        Ok(place.map_or(item, Item::text))
    }

    fn gives(&self) -> Option<Type> {
        Some(Type::Text)
    }

    fn lossy(&self) -> bool {
        true
    }
}
