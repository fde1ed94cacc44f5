//! `trim`, `upper`, `lower`, `narrow`: forgiving readers; the original spelling is kept.

use std::borrow::Cow;

use crate::mapping::codes::CodeLists;
use crate::mapping::steps::parse::{Arguments, HowFault, arguments};
use crate::mapping::steps::{Around, Back, Item, Step, Wrong};

#[derive(Clone, Copy, Debug)]
enum Forgive {
    Trim,
    Upper,
    Lower,
    Narrow,
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

/// `narrow`: full-width letters, digits and signs, and the ideographic space, as their half-width twins.
pub(super) fn make_narrow(words: Arguments<'_>, _: &CodeLists) -> Result<Box<dyn Step>, HowFault> {
    make(words, "narrow", Forgive::Narrow)
}

/// The text in half width: U+FF01 to U+FF5E stand 0xFEE0 above ASCII's `!` to `~`.
pub(crate) fn narrow(text: &str) -> Cow<'_, str> {
    let wide = |c: char| matches!(c, '\u{3000}' | '！'..='～');
    if !text.contains(wide) {
        return Cow::Borrowed(text);
    }
    let one = |c: char| match c {
        '\u{3000}' => ' ',
        '！'..='～' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        other => other,
    };
    Cow::Owned(text.chars().map(one).collect())
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
            Self::Narrow => match text {
                Cow::Borrowed(text) => narrow(text),
                Cow::Owned(text) => Cow::Owned(narrow(&text).into_owned()),
            },
        };
        Ok(if text.is_empty() { Item::None } else { Item::Text(text, sort) })
    }

    fn write<'a>(&self, item: Item<'a>, _: &mut Around<'_>) -> Result<Item<'a>, Wrong> {
        Ok(item)
    }

    fn back(&self, text: &str) -> Back {
        if matches!(self, Self::Trim) && text.trim() == text { Back::Passes } else { Back::Unknown }
    }

    fn lossy(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use crate::mapping::steps::testing::{both, read, same_again};

    #[test]
    fn spaces_and_case_are_forgiven() {
        assert_eq!(read("trim | text", " 杭州　"), Ok(Some(json!("杭州"))));
        assert_eq!(read("upper", "11010519491231002x"), Ok(Some(json!("11010519491231002X"))));
        both("lower", "abc", &json!("abc"));
    }

    #[test]
    fn full_width_is_read_as_half_width() {
        assert_eq!(
            read("narrow | uscc", "９１３５０１００Ｍ０００１００Ｙ４３"),
            Ok(Some(json!("91350100M000100Y43")))
        );
        assert_eq!(read("narrow | trim", "Ａ（杭州）～　"), Ok(Some(json!("A(杭州)~"))));
        both("narrow", "浙A·12345、。", &json!("浙A·12345、。"));
    }

    proptest! {
        #[test]
        fn what_is_narrow_already_reads_the_same(text in "[!-~一-龥]{1,20}") {
            same_again("narrow", &json!(text));
        }
    }
}
