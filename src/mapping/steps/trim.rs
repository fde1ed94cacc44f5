//! `trim`, `upper`, `lower`: forgiving readers; the original spelling is kept.

use std::borrow::Cow;

use crate::mapping::codes::CodeLists;
use crate::mapping::steps::parse::{Arguments, HowFault, arguments};
use crate::mapping::steps::{Around, Item, Step, Wrong};

#[derive(Clone, Copy, Debug)]
enum Forgive {
    Trim,
    Upper,
    Lower,
}

/// `trim`
pub(super) fn make_trim(words: Arguments<'_>, _: &CodeLists) -> Result<Box<dyn Step>, HowFault> {
    make(words, "trim", Forgive::Trim)
}

/// `upper`
pub(super) fn make_upper(words: Arguments<'_>, _: &CodeLists) -> Result<Box<dyn Step>, HowFault> {
    make(words, "upper", Forgive::Upper)
}

/// `lower`
pub(super) fn make_lower(words: Arguments<'_>, _: &CodeLists) -> Result<Box<dyn Step>, HowFault> {
    make(words, "lower", Forgive::Lower)
}

fn make(words: Arguments<'_>, usage: &str, forgive: Forgive) -> Result<Box<dyn Step>, HowFault> {
    if words.is_empty() { Ok(Box::new(forgive)) } else { Err(arguments(usage)) }
}

impl Step for Forgive {
    fn read<'a>(&self, item: Item<'a>, _: &mut Around<'_>) -> Result<Item<'a>, Wrong> {
        let Item::Text(text, sort) = item else { return Ok(item) };
        let text: Cow<'a, str> = match self {
            Self::Trim => match text {
                // The ideographic space U+3000 is white space too.
                Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
                Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
            },
            Self::Upper => Cow::Owned(text.to_uppercase()),
            Self::Lower => Cow::Owned(text.to_lowercase()),
        };
        Ok(if text.is_empty() { Item::None } else { Item::Text(text, sort) })
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
    fn spaces_and_case_are_forgiven() {
        assert_eq!(read("trim | text", " 杭州　"), Ok(Some(json!("杭州"))));
        assert_eq!(read("upper", "11010519491231002x"), Ok(Some(json!("11010519491231002X"))));
        both("lower", "abc", &json!("abc"));
    }
}
