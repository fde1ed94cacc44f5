//! `digits [n]` and `pattern 'P'`: identifiers stay text, zeros and length included.

use regex::Regex;

use crate::mapping::codes::CodeLists;
use crate::mapping::steps::parse::{Arguments, HowFault, arguments, count_of};
use crate::mapping::steps::{Around, Item, Step, Type, Wrong};
use crate::mapping::words::Word;

#[derive(Debug)]
struct Digits(Option<usize>);

#[derive(Debug)]
struct Pattern {
    regex: Regex,
    shown: String,
}

/// `digits [n]`
pub(super) fn make_digits(words: Arguments<'_>, _: &CodeLists) -> Result<Box<dyn Step>, HowFault> {
    match words {
        [] => Ok(Box::new(Digits(None))),
        [word] => match count_of(word) {
            Some(count) => Ok(Box::new(Digits(Some(count)))),
            None => Err(arguments("digits [n]")),
        },
        _ => Err(arguments("digits [n]")),
    }
}

/// `pattern 'P'`: the whole text matches the regular expression P.
pub(super) fn make_pattern(words: Arguments<'_>, _: &CodeLists) -> Result<Box<dyn Step>, HowFault> {
    let [Word::Quoted(shown)] = words else { return Err(arguments("pattern 'P'")) };
    match Regex::new(&format!("^(?:{shown})$")) {
        Ok(regex) => Ok(Box::new(Pattern { regex, shown: shown.clone() })),
        Err(_) => Err(HowFault::new(
            "pattern",
            format!("“{shown}”不是正则表达式"),
            format!("\"{shown}\" is not a regular expression"),
        )),
    }
}

impl Digits {
    fn check(&self, item: &Item<'_>) -> Result<(), Wrong> {
        if *item == Item::None {
            return Ok(());
        }
        let Some(text) = item.as_text() else { return Err(Wrong::type_of("数字文本", "text of digits")) };
        let all = text.bytes().all(|b| b.is_ascii_digit());
        let found = text.chars().count();
        match self.0 {
            _ if !all => Err(self.wrong("")),
            Some(wanted) if wanted != found => Err(self.wrong(&found.to_string())),
            _ => Ok(()),
        }
    }

    fn wrong(&self, found: &str) -> Wrong {
        let wanted = self.0.map_or_else(String::new, |n| format!("{n} "));
        let (zh, en) = match found {
            "" => (String::new(), String::new()),
            found => (format!("，实为 {found} 位"), format!(", found {found}")),
        };
        Wrong::new("digits", format!("{wanted}位数字{zh}"), format!("{wanted}digits{en}"))
    }
}

impl Step for Digits {
    fn read<'a>(&self, item: Item<'a>, _: &mut Around<'_>) -> Result<Item<'a>, Wrong> {
        self.check(&item)?;
        Ok(item)
    }

    fn write<'a>(&self, item: Item<'a>, _: &mut Around<'_>) -> Result<Item<'a>, Wrong> {
        self.check(&item)?;
        Ok(item)
    }

    fn gives(&self) -> Option<Type> {
        Some(Type::Text)
    }
}

impl Pattern {
    fn check(&self, item: &Item<'_>) -> Result<(), Wrong> {
        match item.as_text() {
            Some(text) if !self.regex.is_match(text) => Err(Wrong::new(
                "pattern",
                format!("应符合 {}", self.shown),
                format!("to match {}", self.shown),
            )),
            _ => Ok(()),
        }
    }
}

impl Step for Pattern {
    fn read<'a>(&self, item: Item<'a>, _: &mut Around<'_>) -> Result<Item<'a>, Wrong> {
        self.check(&item)?;
        Ok(item)
    }

    fn write<'a>(&self, item: Item<'a>, _: &mut Around<'_>) -> Result<Item<'a>, Wrong> {
        self.check(&item)?;
        Ok(item)
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
        assert_eq!(read("digits", "12a").map_err(|w| w.zh), Err("位数字".into()));
        assert!(write("digits 6", &json!("12")).is_err());
    }

    #[test]
    fn a_pattern_matches_the_whole_text() {
        both("pattern '[A-Z]{2}[0-9]+'", "AB12", &json!("AB12"));
        assert!(read("pattern '[A-Z]{2}'", "ABC").is_err());
    }
}
