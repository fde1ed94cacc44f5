//! `ignore 'x' …`: spellings that mean no value; which it was is kept. `nil 'x' …` also writes its first one where the
//! record has no value; `nil` alone writes what stands for none in the format: `xsi:nil`, JSON's null.
//!
//! `common` stands for what agencies write where they have nothing to say. There, blanks around a word and the width
//! of its letters do not matter.

use crate::mapping::codes::CodeLists;
use crate::mapping::steps::parse::{Arguments, HowFault, choice};
use crate::mapping::steps::trim::narrow;
use crate::mapping::steps::{Around, Back, Item, Says, Step, Taken, Type, Wrong};
use crate::mapping::words::Word;

/// The words of `common`, narrow.
const COMMON: &[&str] =
    &["暂无", "无", "/", "\\", "-", "--", "—", "——", "None", "none", "NULL", "Null", "null", "N/A", "n/a"];

/// Whether a text is one of the words of `common`.
pub(crate) fn is_common(text: &str) -> bool {
    COMMON.contains(&narrow(text).trim())
}

#[derive(Debug)]
struct Nothing {
    spellings: Vec<String>,
    common: bool,
    /// Whether the first spelling is written.
    written: bool,
}

/// `ignore ['common'] 'x' …`
pub(super) fn make_ignore(words: Arguments<'_>, _: &CodeLists) -> Result<Box<dyn Step>, HowFault> {
    let (common, rest) = match words.split_first() {
        Some((word, rest)) if word.is("common") => (true, rest),
        _ => (false, words),
    };
    make(rest, common, false, "ignore [common] 'x' …")
}

/// `nil ['x' …]`
pub(super) fn make_nil(words: Arguments<'_>, _: &CodeLists) -> Result<Box<dyn Step>, HowFault> {
    if words.is_empty() {
        return Ok(Box::new(Nothing { spellings: Vec::new(), common: false, written: true }));
    }
    make(words, false, true, "nil ['x' …]")
}

fn make(words: Arguments<'_>, common: bool, written: bool, usage: &str) -> Result<Box<dyn Step>, HowFault> {
    let mut spellings = Vec::new();
    for word in words {
        match word {
            Word::Quoted(text) => spellings.push(text.clone()),
            other => return Err(choice(usage, other.text(), if written { &[] } else { &["common"] })),
        }
    }
    if spellings.is_empty() && !common {
        return Err(choice(usage, None, &[]));
    }
    Ok(Box::new(Nothing { spellings, common, written }))
}

impl Nothing {
    fn means_nothing(&self, text: &str) -> bool {
        self.spellings.iter().any(|spelling| spelling == text) || (self.common && is_common(text))
    }
}

impl Step for Nothing {
    fn read<'a>(&self, item: Item<'a>, _: &mut Around<'_>) -> Result<Item<'a>, Wrong> {
        match item.as_text() {
            Some(text) if self.means_nothing(text) => Ok(Item::None),
            _ => Ok(item),
        }
    }

    fn write<'a>(&self, item: Item<'a>, _: &mut Around<'_>) -> Result<Item<'a>, Wrong> {
        match (&item, self.spellings.first()) {
            (Item::None, Some(first)) if self.written => Ok(Item::text(first.clone())),
            _ => Ok(item),
        }
    }

    fn takes(&self, given: &Type) -> Taken {
        Taken::when(given.is_text() || self.spellings.is_empty() && !self.common, ("文本", "text"))
    }

    fn back(&self, text: &str) -> Back {
        if self.means_nothing(text) { Back::Unknown } else { Back::Passes }
    }

    fn lossy(&self) -> bool {
        self.common || !self.written || self.spellings.len() > 1
    }

    fn says(&self) -> Option<Says<'_>> {
        self.spellings.first().filter(|_| self.written).map(|first| Says::Blank(first))
    }

    fn supplies(&self) -> bool {
        self.written && !self.spellings.is_empty()
    }

    fn blank(&self) -> bool {
        self.written && self.spellings.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use crate::mapping::steps::testing::{both, fault, read, same_again, write};

    #[test]
    fn a_spelling_of_nothing_is_no_value() {
        assert_eq!(read("ignore '无' '/' | text 4", "无"), Ok(None));
        both("ignore '无' '/' | text 4", "有", &json!("有"));
        assert_eq!(fault("ignore x").code, "step-arguments");
        assert_eq!(
            fault("ignore comon").en,
            "\"ignore comon\": expected: ignore [common] 'x' …; did you mean \"common\"?"
        );
    }

    #[test]
    fn what_agencies_commonly_write() {
        for text in ["暂无", "无", "/", "／", " None ", "Ｎ／Ａ", "null", "——"] {
            assert_eq!(read("ignore common", text), Ok(None), "{text}");
        }
        assert_eq!(read("ignore common '不详'", "不详"), Ok(None));
        both("ignore common", "无锡市", &json!("无锡市"));
        both("ignore common", "不详", &json!("不详"));
    }

    #[test]
    fn nil_writes_its_first_spelling() {
        assert_eq!(read("nil '无' '/' | text 4", "/"), Ok(None));
        assert_eq!(
            write("nil '无' '/' | text 4", &Value::Null).map(|w| w.map(|w| w.0)),
            Ok(Some("无".into()))
        );
        both("nil '无' | text 4", "有", &json!("有"));
        assert_eq!(fault("nil x").code, "step-arguments");
        assert_eq!(write("nil | text 4", &Value::Null).map(|w| w.is_none()), Ok(true));
    }

    proptest! {
        #[test]
        fn what_was_written_reads_the_same(text in "[a-z]{1,3}[无暂/]{0,2}") {
            for how in ["ignore '无' | text", "nil '无' '/' | text", "ignore common '暂缺' | text"] {
                // `none` and `null` are among the common words.
                if !text.starts_with('n') {
                    same_again(how, &json!(text));
                }
            }
        }
    }
}
