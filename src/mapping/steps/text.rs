//! `text [n] [cut]`: text as it stands, of at most `n` characters; `cut` shortens on writing, and says so.

use crate::mapping::codes::CodeLists;
use crate::mapping::steps::parse::{Arguments, HowFault, arguments, count_of};
use crate::mapping::steps::{Around, Item, Step, Type, Wrong};

#[derive(Debug)]
struct Text {
    limit: usize,
    cut: bool,
}

/// From the arguments.
pub(super) fn make(words: Arguments<'_>, _: &CodeLists) -> Result<Box<dyn Step>, HowFault> {
    let usage = || arguments("text [n] [cut]");
    let (limit, rest) = match words.split_first() {
        Some((first, rest)) => (count_of(first).ok_or_else(usage)?, rest),
        None => (usize::MAX, words),
    };
    match rest {
        [] => Ok(Box::new(Text { limit, cut: false })),
        [word] if word.is("cut") => Ok(Box::new(Text { limit, cut: true })),
        _ => Err(usage()),
    }
}

impl Text {
    fn check(&self, text: &str) -> Result<(), Wrong> {
        // A text of no more bytes than the limit has no more characters either.
        if text.len() <= self.limit {
            return Ok(());
        }
        let found = text.chars().count();
        if found <= self.limit {
            return Ok(());
        }
        let limit = self.limit;
        Err(Wrong::new(
            "too-long",
            format!("至多 {limit} 个字符，实为 {found} 个"),
            format!("at most {limit} characters, found {found}"),
        ))
    }
}

impl Step for Text {
    fn read<'a>(&self, item: Item<'a>, _: &mut Around<'_>) -> Result<Item<'a>, Wrong> {
        if let Some(text) = item.as_text() {
            self.check(text)?;
        }
        Ok(item)
    }

    fn write<'a>(&self, item: Item<'a>, around: &mut Around<'_>) -> Result<Item<'a>, Wrong> {
        if item == Item::None {
            return Ok(item);
        }
        let Some(text) = item.as_text() else { return Err(Wrong::type_of("文本", "text")) };
        match self.check(text) {
            Ok(()) => Ok(item),
            Err(_) if self.cut => {
                around.cut = true;
                Ok(Item::text(text.chars().take(self.limit).collect::<String>()))
            }
            Err(wrong) => Err(wrong),
        }
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
    fn characters_are_counted_not_bytes() {
        both("text 3", "投诉书", &json!("投诉书"));
        assert_eq!(read("text 3", "投诉书面").map_err(|w| w.en), Err("at most 3 characters, found 4".into()));
        assert_eq!(write("text 3", &json!("abcd")).map_err(|w| w.code), Err("too-long"));
    }

    #[test]
    fn cut_shortens_on_writing_only() {
        assert_eq!(
            write("text 3 cut", &json!("投诉书面")).map(|w| w.map(|w| w.0)),
            Ok(Some("投诉书".into()))
        );
        assert!(read("text 3 cut", "投诉书面").is_err());
    }
}
