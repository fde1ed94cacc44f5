//! `digits [n]` and `pattern 'P'`: identifiers stay text, zeros and length included.

use regex::Regex;

use crate::mapping::codes::CodeLists;
use crate::mapping::steps::parse::{Arguments, HowFault, arguments, count_of};
use crate::mapping::steps::{Around, Back, Item, Step, Taken, Type, Wrong};
use crate::mapping::words::Word;

/// The form that a text must have.
#[derive(Debug)]
enum Form {
    /// Digits, and how many.
    Digits(Option<usize>),
    /// An expression, and how it was written.
    Pattern(Regex, String),
}

/// `digits [n]`
pub(super) fn make_digits(words: Arguments<'_>, _: &CodeLists) -> Result<Box<dyn Step>, HowFault> {
    match words {
        [] => Ok(Box::new(Form::Digits(None))),
        [word] => match count_of(word) {
            Some(count) => Ok(Box::new(Form::Digits(Some(count)))),
            None => Err(arguments("digits [n]")),
        },
        _ => Err(arguments("digits [n]")),
    }
}

/// `pattern 'P'`: the whole text matches the regular expression P.
pub(super) fn make_pattern(words: Arguments<'_>, _: &CodeLists) -> Result<Box<dyn Step>, HowFault> {
    let [Word::Quoted(shown)] = words else { return Err(arguments("pattern 'P'")) };
    match Regex::new(&format!("^(?:{shown})$")) {
        Ok(regex) => Ok(Box::new(Form::Pattern(regex, shown.clone()))),
        Err(_) => Err(HowFault::new(
            "pattern",
            format!("“{shown}”不是正则表达式"),
            format!("\"{shown}\" is not a regular expression"),
        )),
    }
}

impl Form {
    fn check(&self, item: &Item<'_>) -> Result<(), Wrong> {
        if *item == Item::None {
            return Ok(());
        }
        let Some(text) = item.as_text() else { return Err(Wrong::type_of("文本", "text")) };
        match self {
            Self::Digits(wanted) => digits(text, *wanted),
            Self::Pattern(regex, _) if regex.is_match(text) => Ok(()),
            Self::Pattern(_, shown) => {
                Err(Wrong::new("pattern", format!("符合 {shown} 的文本"), format!("to match {shown}")))
            }
        }
    }
}

fn digits(text: &str, wanted: Option<usize>) -> Result<(), Wrong> {
    let (zh, en) = wanted.map_or_else(Default::default, |n| (format!("{n} 位"), format!("{n} ")));
    if !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Wrong::new("digits", format!("{zh}数字"), format!("{en}digits")));
    }
    let found = text.len();
    if wanted.is_some_and(|wanted| wanted != found) {
        return Err(Wrong::new(
            "digits",
            format!("{zh}数字，实为 {found} 位"),
            format!("{en}digits, found {found}"),
        ));
    }
    Ok(())
}

impl Step for Form {
    fn read<'a>(&self, item: Item<'a>, _: &mut Around<'_>) -> Result<Item<'a>, Wrong> {
        self.check(&item)?;
        Ok(item)
    }

    fn write<'a>(&self, item: Item<'a>, _: &mut Around<'_>) -> Result<Item<'a>, Wrong> {
        self.check(&item)?;
        Ok(item)
    }

    fn takes(&self, given: &Type) -> Taken {
        match self {
            Self::Digits(_) => Taken::plain(given),
            Self::Pattern(..) => Taken::when(given.is_text(), ("文本", "text")),
        }
    }

    fn back(&self, _: &str) -> Back {
        Back::Passes
    }

    fn gives(&self) -> Option<Type> {
        Some(Type::Text)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::mapping::steps::testing::{both, read, write};

    #[test]
    fn digits_keep_their_zeros_and_count() {
        both("digits 6", "001000", &json!("001000"));
        assert_eq!(read("digits 25", &"1".repeat(26)).map_err(|w| w.en), Err("25 digits, found 26".into()));
        assert_eq!(read("digits", "12a").map_err(|w| w.zh), Err("数字".into()));
        assert!(write("digits 6", &json!("12")).is_err());
        assert!(write("digits", &json!(12)).is_err());
    }

    #[test]
    fn a_pattern_matches_the_whole_text() {
        both("pattern '[A-Z]{2}[0-9]+'", "AB12", &json!("AB12"));
        assert!(read("pattern '[A-Z]{2}'", "ABC").is_err());
    }
}
