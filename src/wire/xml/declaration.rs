//! Which encoding an XML document is in, and its declaration (XML 1.0 section 2.8 and appendix F, RFC 7303).
//!
//! Promise: the encoding is decided as RFC 7303 section 3 orders it: the byte order mark, else the charset parameter
//! of the media type, else the declaration, else UTF-8. Where two of them contradict each other, RFC 7303 lets the
//! stronger one win; we refuse, because the sender is wrong about its own document and one reader in two will
//! read garbage.

use super::attributes::Attributes;
use crate::domain::problem::Problem;
use crate::wire::encoding::{self, Encoding, byte_order_mark};
use crate::wire::tree::line_column;

/// Bytes in which a declaration must end. 1,024: the longest sensible one has 60 characters.
const WINDOW: usize = 1024;

/// The encoding of the bytes, settled among mark, parameter and declaration.
pub(super) fn settle(bytes: &[u8], charset: Option<Encoding>) -> Result<Encoding, Problem> {
    let marked = byte_order_mark(bytes).map(|(encoding, _)| encoding);
    let seen = marked.or_else(|| sixteen_bits(bytes));
    let head = head(bytes, seen);
    let declared = match label(&head) {
        None => None,
        Some(label) => Some((label, Encoding::parse(label).ok_or_else(|| unknown(label))?)),
    };
    // What is strongest speaks first; each weaker voice must agree with it.
    let voices = [
        seen.map(|e| {
            (
                if marked.is_some() { "字节顺序标记" } else { "文档的字节" },
                if marked.is_some() { "the byte order mark" } else { "the bytes" },
                e,
                e.label(),
            )
        }),
        charset.map(|e| ("Content-Type 的 charset", "the charset of Content-Type", e, e.label())),
        declared.map(|(label, e)| ("XML 声明", "the XML declaration", e, label)),
    ];
    let mut settled: Option<(&str, &str, Encoding, &str)> = None;
    for voice in voices.into_iter().flatten() {
        match settled {
            None => settled = Some(voice),
            Some(first) if first.2.agrees(voice.2) => {}
            Some(first) => return Err(contradiction(first, voice)),
        }
    }
    let Some((_, _, encoding, _)) = settled else { return Ok(Encoding::Utf8) };
    // Without a mark, 16-bit bytes must have shown themselves: a document begins with `<` or white space.
    if encoding.agrees(Encoding::Utf16Le) && seen.is_none() {
        return Err(Problem::new(
            "encoding-contradiction",
            "声明为 UTF-16,但内容不是 UTF-16",
            "the document is said to be UTF-16, but its bytes are not",
        )
        .with_place(1, 1)
        .with_expected("UTF-16"));
    }
    // Within the GB family the declaration names the exact member; they read alike.
    Ok(match declared {
        Some((_, declared)) if encoding.agrees(Encoding::Gbk) => declared,
        _ => encoding,
    })
}

/// UTF-16 without a mark, told by its first character, `<` or white space (appendix F.1).
fn sixteen_bits(bytes: &[u8]) -> Option<Encoding> {
    match bytes {
        [b'<' | b' ' | b'\t' | b'\r' | b'\n', 0, ..] => Some(Encoding::Utf16Le),
        [0, b'<' | b' ' | b'\t' | b'\r' | b'\n', ..] => Some(Encoding::Utf16Be),
        _ => None,
    }
}

/// The first characters, those beyond ASCII as U+FFFD: a declaration has none.
fn head(bytes: &[u8], seen: Option<Encoding>) -> String {
    let bytes = &bytes[..bytes.len().min(WINDOW)];
    // Nothing behind the declaration is looked at; in 16 bits its end looks otherwise, and the window is the bound.
    let bytes = bytes.windows(2).position(|pair| pair == b"?>").map_or(bytes, |end| &bytes[..end + 2]);
    let unit = |unit: u16| u8::try_from(unit).ok().filter(u8::is_ascii).map_or('\u{FFFD}', char::from);
    let wide =
        |join: fn([u8; 2]) -> u16| bytes.as_chunks::<2>().0.iter().map(|pair| unit(join(*pair))).collect();
    let text: String = match seen {
        Some(Encoding::Utf16Le) => wide(u16::from_le_bytes),
        Some(Encoding::Utf16Be) => wide(u16::from_be_bytes),
        _ => bytes.iter().map(|b| unit(u16::from(*b))).collect(),
    };
    text.trim_start_matches('\u{FFFD}').to_owned()
}

/// The encoding label of the declaration that `head` begins with, if any.
fn label(head: &str) -> Option<&str> {
    let content = content(head)?;
    let mut attributes = Attributes::new(content);
    while let Ok(Some(raw)) = attributes.next() {
        if raw.name == "encoding" {
            return Some(raw.value);
        }
    }
    None
}

/// What stands between `<?xml` and `?>`.
fn content(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("<?xml")?;
    if !rest.starts_with([' ', '\t', '\r', '\n']) {
        return None;
    }
    rest.find("?>").map(|end| &rest[..end])
}

/// Checks the grammar of the declaration that the decoded text begins with (production 23).
pub(super) fn check(text: &str) -> Result<(), Problem> {
    let Some(content) = content(text) else { return Ok(()) };
    let at = |offset: usize, problem: Problem| {
        let (line, column) = line_column(text, "<?xml".len() + offset);
        problem.with_place(line, column).with_path("?xml")
    };
    let mut attributes = Attributes::new(content);
    let mut allowed: &[&str] = &["version", "encoding", "standalone"];
    let mut versioned = false;
    while let Some(raw) = attributes.next().map_err(|(offset, problem)| at(offset, problem))? {
        let Some(index) = allowed.iter().position(|name| *name == raw.name) else {
            return Err(at(raw.name_at, ill_formed().with_found(raw.name)));
        };
        allowed = &allowed[index + 1..];
        match raw.name {
            "version" if raw.value == "1.0" => versioned = true,
            "version" => {
                let problem = Problem::new("xml-version", "只接受 XML 1.0", "only XML 1.0 is accepted");
                return Err(at(raw.value_at, problem.with_found(raw.value).with_expected("1.0")));
            }
            "standalone" if !matches!(raw.value, "yes" | "no") => {
                return Err(at(raw.value_at, ill_formed().with_found(raw.value)));
            }
            _ => {}
        }
    }
    if versioned { Ok(()) } else { Err(at(0, ill_formed())) }
}

fn ill_formed() -> Problem {
    Problem::new("xml-declaration", "XML 声明的写法不合法", "the XML declaration is not well-formed")
        .with_expected("<?xml version=\"1.0\" encoding=\"…\" standalone=\"yes|no\"?>")
}

/// An encoding we do not read.
pub(super) fn unknown(label: &str) -> Problem {
    let expected = "UTF-8, GB18030, GBK, GB2312, UTF-16";
    Problem::new(
        "encoding-unknown",
        format!("不支持的字符编码“{}”", crate::domain::problem::cut(label)),
        format!("the encoding \u{201c}{}\u{201d} is not supported", crate::domain::problem::cut(label)),
    )
    .with_place(1, 1)
    .with_path("?xml")
    .with_found(label)
    .with_expected(expected)
}

fn contradiction(first: (&str, &str, Encoding, &str), second: (&str, &str, Encoding, &str)) -> Problem {
    let (zh, en, _, label) = first;
    let (second_zh, second_en, _, second_label) = second;
    Problem::new(
        "encoding-contradiction",
        format!("编码说明互相矛盾:{zh}为 {label},{second_zh}却为 {second_label}"),
        format!("the encodings contradict each other: {en} says {label}, {second_en} says {second_label}"),
    )
    .with_place(1, 1)
    .with_path("?xml")
    .with_found(second_label)
    .with_expected(label)
    .with_rule("RFC 7303 section 3")
}

/// The decoded document and its encoding.
pub(super) fn decode(bytes: &[u8], charset: Option<Encoding>) -> Result<(String, Encoding), Problem> {
    let (encoding, actual) = settled(bytes, charset)?;
    Ok((encoding::decode(bytes, actual)?, encoding))
}

/// The encoding of a document that begins with these bytes, as it is called and as its bytes are to be read. The first
/// 1,024 bytes are enough.
pub(crate) fn settled(bytes: &[u8], charset: Option<Encoding>) -> Result<(Encoding, Encoding), Problem> {
    let encoding = settle(bytes, charset)?;
    // The family agrees; the bytes know the order of UTF-16 better than a label does.
    let actual =
        byte_order_mark(bytes).map(|(marked, _)| marked).or_else(|| sixteen_bits(bytes)).unwrap_or(encoding);
    Ok((encoding, actual))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(label: &str) -> String {
        format!("<?xml version=\"1.0\" encoding=\"{label}\"?><a>投诉</a>")
    }

    #[test]
    fn the_encoding_is_told_by_mark_bytes_parameter_or_declaration() {
        let gbk = encoding::encode(&document("gb2312"), Encoding::Gbk).unwrap();
        assert_eq!(settle(&gbk, None), Ok(Encoding::Gb2312));
        assert_eq!(settle(&gbk, Some(Encoding::Gbk)), Ok(Encoding::Gb2312));
        assert_eq!(settle(b"<a/>", None), Ok(Encoding::Utf8));
        assert_eq!(settle(b"<a/>", Some(Encoding::Gb18030)), Ok(Encoding::Gb18030));
        for (encoding, mark) in [
            (Encoding::Utf16Le, &b"\xFF\xFE"[..]),
            (Encoding::Utf16Be, b"\xFE\xFF"),
            (Encoding::Utf16Be, b""),
        ] {
            let mut bytes = mark.to_vec();
            bytes.extend(encoding::encode(&document("UTF-16"), encoding).unwrap());
            assert_eq!(settle(&bytes, Some(Encoding::Utf16Le)), Ok(encoding));
            assert_eq!(decode(&bytes, None).unwrap().0, document("UTF-16"));
        }
    }

    #[test]
    fn contradictions_are_refused() {
        let utf8 = document("GBK");
        let with_mark = format!("\u{FEFF}{utf8}");
        let code = |bytes: &[u8], charset| settle(bytes, charset).unwrap_err().code;
        assert_eq!(code(with_mark.as_bytes(), None), "encoding-contradiction");
        assert_eq!(code(utf8.as_bytes(), Some(Encoding::Utf8)), "encoding-contradiction");
        assert_eq!(code(document("UTF-16").as_bytes(), None), "encoding-contradiction");
        let wide = encoding::encode(&document("UTF-8"), Encoding::Utf16Le).unwrap();
        assert_eq!(code(&wide, None), "encoding-contradiction");
        assert_eq!(code(b"<a/>", Some(Encoding::Utf16Be)), "encoding-contradiction");
        assert_eq!(code(document("latin1").as_bytes(), None), "encoding-unknown");
    }

    #[test]
    fn the_declaration_keeps_its_grammar() {
        for good in [
            "<?xml version=\"1.0\"?><a/>",
            "<?xml version='1.0' encoding='UTF-8' standalone='no' ?>",
            "<a/>",
            "<?xml-stylesheet x?>",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in [
            "<?xml version=\"1.1\"?>",
            "<?xml encoding='UTF-8'?>",
            "<?xml ?>",
            "<?xml version='1.0' standalone='maybe'?>",
            "<?xml encoding='UTF-8' version='1.0'?>",
            "<?xml version='1.0' version='1.0'?>",
            "<?xml version='1.0' x='1'?>",
            "<?xml version=1.0?>",
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
