//! `text [n] [bytes ENC] [cut]`: text as it stands, of at most `n` characters, or bytes in an encoding; `cut` shortens
//! on writing, and says so.

use crate::mapping::codes::CodeLists;
use crate::mapping::steps::parse::{Arguments, HowFault, choice, count_of};
use crate::mapping::steps::{Around, Back, Item, Step, Type, Wrong};
use crate::wire::encoding::{Encoding, encode};

const USAGE: &str = "text [n] [bytes ENC] [cut]";

#[derive(Debug)]
struct Text {
    limit: usize,
    /// What the limit counts: characters, or bytes of this encoding.
    bytes: Option<Encoding>,
    cut: bool,
}

/// From the arguments.
pub(super) fn make(words: Arguments<'_>, _: &CodeLists) -> Result<Box<dyn Step>, HowFault> {
    let (limit, mut rest) = match words.split_first() {
        Some((first, rest)) => {
            (count_of(first).ok_or_else(|| choice(USAGE, first.text(), &["bytes", "cut"]))?, rest)
        }
        None => (usize::MAX, words),
    };
    let mut bytes = None;
    if let [word, encoding, more @ ..] = rest
        && word.is("bytes")
    {
        let label = encoding.text().unwrap_or_default();
        let known = ["utf-8", "gb18030", "gbk", "gb2312", "utf-16le", "utf-16be"];
        bytes = Some(Encoding::parse(label).ok_or_else(|| choice(USAGE, Some(label), &known))?);
        rest = more;
    }
    match rest {
        [] => Ok(Box::new(Text { limit, bytes, cut: false })),
        [word] if word.is("cut") => Ok(Box::new(Text { limit, bytes, cut: true })),
        [word, ..] => Err(choice(USAGE, word.text(), &["bytes", "cut"])),
    }
}

impl Text {
    fn check(&self, text: &str) -> Result<(), Wrong> {
        // A text of no more UTF-8 bytes than the limit has no more characters either.
        if self.bytes.is_none() && text.len() <= self.limit {
            return Ok(());
        }
        let (found, limit) = (self.length(text)?, self.limit);
        if found <= limit {
            return Ok(());
        }
        Err(match self.bytes {
            None => Wrong::new(
                "too-long",
                format!("至多 {limit} 个字符，实为 {found} 个"),
                format!("at most {limit} characters, found {found}"),
            ),
            Some(encoding) => Wrong::new(
                "too-long",
                format!("{} 编码下至多 {limit} 字节，实为 {found} 字节", encoding.label()),
                format!("at most {limit} bytes of {}, found {found}", encoding.label()),
            ),
        })
    }

    fn length(&self, text: &str) -> Result<usize, Wrong> {
        let Some(encoding) = self.bytes else { return Ok(text.chars().count()) };
        let bytes = encode(text, encoding).map_err(|_| {
            let label = encoding.label();
            Wrong::new(
                "unencodable",
                format!("{label} 编码所有的字符"),
                format!("characters that {label} has"),
            )
        })?;
        Ok(bytes.len())
    }

    /// As many characters from the front as fit.
    fn shortened(&self, text: &str) -> Result<String, Wrong> {
        if self.bytes.is_none() {
            return Ok(text.chars().take(self.limit).collect());
        }
        let mut left = self.limit;
        let mut end = 0;
        for (start, c) in text.char_indices() {
            let length = self.length(c.encode_utf8(&mut [0; 4]))?;
            if length > left {
                break;
            }
            left -= length;
            end = start + c.len_utf8();
        }
        Ok(text[..end].to_owned())
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
            Err(wrong) if self.cut && wrong.code == "too-long" => {
                around.cut = true;
                Ok(Item::text(self.shortened(text)?))
            }
            Err(wrong) => Err(wrong),
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
    use proptest::prelude::*;
    use serde_json::json;

    use crate::mapping::steps::testing::{both, fault, read, same_again, write};

    #[test]
    fn characters_are_counted_not_bytes() {
        both("text 3", "投诉书", &json!("投诉书"));
        assert_eq!(read("text 3", "投诉书面").map_err(|w| w.en), Err("at most 3 characters, found 4".into()));
        assert_eq!(write("text 3", &json!("abcd")).map_err(|w| w.code), Err("too-long"));
    }

    #[test]
    fn cut_shortens_on_writing_only() {
        let cut = |how, text| write(how, &json!(text)).map(|w| w.map(|w| w.0));
        assert_eq!(cut("text 3 cut", "投诉书面"), Ok(Some("投诉书".into())));
        assert_eq!(cut("text 5 bytes gbk cut", "投诉书"), Ok(Some("投诉".into())));
        assert_eq!(cut("text 5 bytes utf-8 cut", "投诉书"), Ok(Some("投".into())));
        assert!(read("text 3 cut", "投诉书面").is_err());
    }

    #[test]
    fn bytes_of_an_encoding() {
        both("text 6 bytes gbk", "投诉书", &json!("投诉书"));
        assert_eq!(
            read("text 6 bytes utf-8", "投诉书").map_err(|w| w.en),
            Err("at most 6 bytes of UTF-8, found 9".into())
        );
        assert_eq!(write("text 9 bytes gbk", &json!("𠮷")).map_err(|w| w.code), Err("unencodable"));
        assert_eq!(
            fault("text 9 bytes gkb").en,
            "\"text 9 bytes gkb\": expected: text [n] [bytes ENC] [cut]; did you mean \"gbk\"?"
        );
        assert_eq!(
            fault("text 9 byte gbk").en,
            "\"text 9 byte gbk\": expected: text [n] [bytes ENC] [cut]; did you mean \"bytes\"?"
        );
    }

    proptest! {
        #[test]
        fn what_was_written_reads_the_same(text in "[ -~一-龥]{0,20}[a-z]") {
            same_again("text 200 bytes gb18030", &json!(text));
            same_again("text 21", &json!(text));
        }
    }
}
