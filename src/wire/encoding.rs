//! Bytes ↔ text in the few encodings that bureaus write.
//!
//! Promise: nothing is ever replaced. A byte sequence that is not text in the stated encoding is refused with its
//! place, and so is a character that the wanted encoding lacks. Labels are those of the WHATWG Encoding Standard,
//! narrowed to UTF-8, UTF-16, GB18030, GBK and GB2312; any other label is unknown.
//!
//! Reading under the labels GBK and GB2312 is lenient in one way, by that standard: their decoder is GB18030's, so
//! four-byte sequences are understood too (many systems state `gb2312` and send GB18030). Writing is strict: GBK
//! holds only GBK, GB2312 only the 7,445 characters of GB/T 2312-1980.

use crate::domain::problem::Problem;
use crate::wire::tree::line_column;

/// An encoding we read and write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// UTF-8.
    Utf8,
    /// GB 18030, which can write every character.
    Gb18030,
    /// GBK (code page 936).
    Gbk,
    /// GB/T 2312-1980.
    Gb2312,
    /// UTF-16, low byte first.
    Utf16Le,
    /// UTF-16, high byte first.
    Utf16Be,
}

impl Encoding {
    /// The encoding of a label, in any case. `UTF-16` alone is [`Encoding::Utf16Le`] (WHATWG); a byte order mark
    /// or the bytes of an XML declaration decide the order where they speak.
    #[must_use]
    pub fn parse(label: &str) -> Option<Self> {
        let label = label.trim().to_ascii_lowercase();
        Some(match label.as_str() {
            "utf-8" | "utf8" => Self::Utf8,
            "gb18030" | "gb-18030" | "gb18030-2000" | "gb18030-2005" | "gb18030-2022" => Self::Gb18030,
            "gbk" | "x-gbk" | "cp936" | "ms936" | "windows-936" => Self::Gbk,
            "gb2312" | "gb_2312" | "gb_2312-80" | "csgb2312" | "euc-cn" => Self::Gb2312,
            "utf-16" | "utf-16le" => Self::Utf16Le,
            "utf-16be" => Self::Utf16Be,
            _ => return None,
        })
    }

    /// The label we write.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Gb18030 => "GB18030",
            Self::Gbk => "GBK",
            Self::Gb2312 => "GB2312",
            Self::Utf16Le => "UTF-16LE",
            Self::Utf16Be => "UTF-16BE",
        }
    }

    /// Whether two labels can be meant for the same bytes: equal, both of the GB family (each a superset of the
    /// next), or both UTF-16 (its byte order is seen in the bytes).
    #[must_use]
    pub fn agrees(self, other: Self) -> bool {
        self.family() == other.family()
    }

    fn family(self) -> u8 {
        match self {
            Self::Utf8 => 0,
            Self::Gb18030 | Self::Gbk | Self::Gb2312 => 1,
            Self::Utf16Le | Self::Utf16Be => 2,
        }
    }

    pub(crate) fn codec(self) -> &'static encoding_rs::Encoding {
        match self {
            Self::Utf8 => encoding_rs::UTF_8,
            Self::Gb18030 => encoding_rs::GB18030,
            Self::Gbk | Self::Gb2312 => encoding_rs::GBK,
            Self::Utf16Le => encoding_rs::UTF_16LE,
            Self::Utf16Be => encoding_rs::UTF_16BE,
        }
    }
}

/// The encoding that a byte order mark states, and the mark's length.
#[must_use]
pub fn byte_order_mark(bytes: &[u8]) -> Option<(Encoding, usize)> {
    match bytes {
        [0xEF, 0xBB, 0xBF, ..] => Some((Encoding::Utf8, 3)),
        [0xFF, 0xFE, ..] => Some((Encoding::Utf16Le, 2)),
        [0xFE, 0xFF, ..] => Some((Encoding::Utf16Be, 2)),
        _ => None,
    }
}

/// The text of `bytes`. A byte order mark that agrees with `encoding` is dropped and decides the order of UTF-16.
///
/// # Errors
///
/// A problem at the first malformed sequence: its line and column, its byte offset and bytes.
pub fn decode(bytes: &[u8], encoding: Encoding) -> Result<String, Problem> {
    let (encoding, skip) = match byte_order_mark(bytes) {
        Some((marked, length)) if marked.agrees(encoding) => (marked, length),
        _ => (encoding, 0),
    };
    let body = &bytes[skip..];
    if encoding == Encoding::Utf8 {
        // Its validator looks at several bytes at once; the standard library's tells where the fault is.
        if let Some(text) = encoding_rs::UTF_8.decode_without_bom_handling_and_without_replacement(body) {
            return Ok(text.into_owned());
        }
        return match std::str::from_utf8(body) {
            Ok(text) => Ok(text.to_owned()),
            Err(error) => {
                let good = error.valid_up_to();
                let prefix = std::str::from_utf8(&body[..good]).unwrap_or_default();
                let length = error.error_len().unwrap_or(body.len() - good);
                Err(malformed(prefix, body, good, length, skip, encoding))
            }
        };
    }
    let mut decoder = encoding.codec().new_decoder_without_bom_handling();
    let room = decoder.max_utf8_buffer_length_without_replacement(body.len()).unwrap_or(body.len() * 3 + 16);
    let mut text = String::with_capacity(room);
    let (result, read) = decoder.decode_to_string_without_replacement(body, &mut text, true);
    match result {
        encoding_rs::DecoderResult::InputEmpty => Ok(text),
        // The buffer has the room that the decoder asked for, so its being full is treated as malformed input.
        encoding_rs::DecoderResult::OutputFull => Err(malformed(&text, body, read, 0, skip, encoding)),
        encoding_rs::DecoderResult::Malformed(length, after) => {
            let (length, after) = (usize::from(length), usize::from(after));
            let start = read.saturating_sub(length + after);
            Err(malformed(&text, body, start, length, skip, encoding))
        }
    }
}

fn malformed(
    prefix: &str,
    body: &[u8],
    start: usize,
    length: usize,
    skip: usize,
    encoding: Encoding,
) -> Problem {
    let end = (start + length.clamp(1, 4)).min(body.len());
    let bytes = body.get(start..end).unwrap_or_default();
    ill_formed(bytes, start as u64 + skip as u64, line_column(prefix, prefix.len()), encoding)
}

/// The problem of bytes that are no text, at this byte and this place of the document.
pub(crate) fn ill_formed(bytes: &[u8], offset: u64, place: (u32, u32), encoding: Encoding) -> Problem {
    let found = bytes.iter().map(|b| format!("{b:02X}")).collect::<Vec<_>>().join(" ");
    let label = encoding.label();
    Problem::new(
        "encoding-malformed",
        format!("第 {offset} 字节处的 {found} 不是合法的 {label} 编码"),
        format!("the bytes {found} at offset {offset} are not {label}"),
    )
    .with_place(place.0, place.1)
    // Of the whole document: its elements are not known while its characters are not.
    .with_path("/")
    .with_found(&found)
    .with_expected(label)
    .with_rule("limit:encoding")
}

/// The bytes of `text`.
///
/// # Errors
///
/// A problem at the first character that `encoding` cannot write; its place is in `text`.
pub fn encode(text: &str, encoding: Encoding) -> Result<Vec<u8>, Problem> {
    match encoding {
        Encoding::Utf8 => Ok(text.as_bytes().to_vec()),
        Encoding::Utf16Le => Ok(text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        Encoding::Utf16Be => Ok(text.encode_utf16().flat_map(u16::to_be_bytes).collect()),
        Encoding::Gb18030 | Encoding::Gbk | Encoding::Gb2312 => encode_gb(text, encoding),
    }
}

fn encode_gb(text: &str, encoding: Encoding) -> Result<Vec<u8>, Problem> {
    if encoding == Encoding::Gb2312
        && let Some((at, c)) = text.char_indices().find(|(_, c)| !in_gb2312(*c))
    {
        return Err(lacking(text, at, c, encoding));
    }
    let mut encoder = encoding.codec().new_encoder();
    let room =
        encoder.max_buffer_length_from_utf8_without_replacement(text.len()).unwrap_or(text.len() * 4 + 16);
    let mut bytes = Vec::with_capacity(room);
    let (result, read) = encoder.encode_from_utf8_to_vec_without_replacement(text, &mut bytes, true);
    match result {
        encoding_rs::EncoderResult::InputEmpty => Ok(bytes),
        encoding_rs::EncoderResult::Unmappable(c) => Err(lacking(text, read - c.len_utf8(), c, encoding)),
        encoding_rs::EncoderResult::OutputFull => {
            let c = text[read..].chars().next().unwrap_or('\u{FFFD}');
            Err(lacking(text, read, c, encoding))
        }
    }
}

/// Whether GB/T 2312-1980 has a character: its two bytes lie in the cells which that standard fills (GBK filled
/// more cells of the same rows).
fn in_gb2312(c: char) -> bool {
    if c.is_ascii() {
        return true;
    }
    let mut bytes = [0; 4];
    let mut utf8 = [0; 4];
    let mut encoder = encoding_rs::GBK.new_encoder();
    let (result, _, written) =
        encoder.encode_from_utf8_without_replacement(c.encode_utf8(&mut utf8), &mut bytes, true);
    if result != encoding_rs::EncoderResult::InputEmpty || written != 2 {
        return false;
    }
    let cell = bytes[1];
    match bytes[0] {
        0xA1 | 0xA3 | 0xB0..=0xD6 | 0xD8..=0xF7 => cell >= 0xA1,
        0xA2 => matches!(cell, 0xB1..=0xE2 | 0xE5..=0xEE | 0xF1..=0xFC),
        0xA4 => matches!(cell, 0xA1..=0xF3),
        0xA5 => matches!(cell, 0xA1..=0xF6),
        0xA6 => matches!(cell, 0xA1..=0xB8 | 0xC1..=0xD8),
        0xA7 => matches!(cell, 0xA1..=0xC1 | 0xD1..=0xF1),
        0xA8 => matches!(cell, 0xA1..=0xBA | 0xC5..=0xE9),
        0xA9 => matches!(cell, 0xA4..=0xEF),
        0xD7 => matches!(cell, 0xA1..=0xF9),
        _ => false,
    }
}

fn lacking(text: &str, at: usize, c: char, encoding: Encoding) -> Problem {
    let (line, column) = line_column(text, at);
    let (code, label) = (u32::from(c), encoding.label());
    Problem::new(
        "encoding-lacks",
        format!("{label} 编码无法表示字符“{c}”(U+{code:04X})"),
        format!("{label} has no character \u{201c}{c}\u{201d} (U+{code:04X})"),
    )
    .with_place(line, column)
    .with_found(c.encode_utf8(&mut [0; 4]))
    .with_expected(format!("characters of {label}"))
    .with_rule("limit:encoding")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_malformed_byte_is_told_by_line_column_and_offset() {
        let mut bytes = encode("投诉\r\n单号", Encoding::Gbk).unwrap();
        bytes.push(0xFF);
        let problem = decode(&bytes, Encoding::Gbk).unwrap_err();
        assert_eq!((problem.line, problem.column), (Some(2), Some(3)));
        assert!(problem.en.contains("offset 10"), "{}", problem.en);
        assert_eq!(problem.found.as_deref(), Some("FF"));

        let problem = decode(b"\xEF\xBB\xBFab\xE4\xBD", Encoding::Utf8).unwrap_err();
        assert_eq!((problem.line, problem.column), (Some(1), Some(3)));
        assert_eq!(problem.found.as_deref(), Some("E4 BD"));

        // Half a character at the end, and a lone surrogate.
        assert!(decode(&[0x61, 0, 0x62], Encoding::Utf16Le).is_err());
        let problem = decode(&[0x61, 0, 0, 0xD8, 0x62, 0], Encoding::Utf16Le).unwrap_err();
        assert_eq!(problem.column, Some(2));
    }

    #[test]
    fn a_character_the_encoding_lacks_is_never_a_question_mark() {
        for (encoding, text) in [
            (Encoding::Gbk, "行一\n马骉😀"),
            (Encoding::Gb2312, "行一\n马国镕"), // 镕 is GBK's, not GB2312's
            (Encoding::Gb2312, "行一\n价€"),
            (Encoding::Gbk, "行一\n\u{E5E5}"),
        ] {
            let problem = encode(text, encoding).unwrap_err();
            assert_eq!((problem.code.as_ref(), problem.line), ("encoding-lacks", Some(2)), "{text}");
        }
        assert_eq!(encode("镕", Encoding::Gbk).unwrap(), [0xE9, 0x46]);
        assert_eq!(encode("价格,Ⅻ", Encoding::Gb2312).unwrap().len(), 7);
        // GB18030 lacks one code point only, by WHATWG's table.
        assert!(encode("\u{E5E5}", Encoding::Gb18030).is_err());
    }

    #[test]
    fn gb2312_has_7445_characters() {
        let count = (0x80..=0x10_FFFF).filter_map(char::from_u32).filter(|c| in_gb2312(*c)).count();
        assert_eq!(count, 7445);
    }

    #[test]
    fn four_byte_sequences_are_read_under_gbk_labels() {
        let bytes = encode("𠮷", Encoding::Gb18030).unwrap();
        assert_eq!(bytes.len(), 4);
        assert_eq!(decode(&bytes, Encoding::Gb2312).unwrap(), "𠮷");
    }

    #[test]
    fn labels_are_a_whitelist() {
        assert_eq!(Encoding::parse(" GB2312 "), Some(Encoding::Gb2312));
        for label in ["", "latin1", "iso-8859-1", "utf-7", "utf-32", "big5", "hz-gb-2312", "us-ascii"] {
            assert_eq!(Encoding::parse(label), None, "{label}");
        }
        for encoding in
            [Encoding::Utf8, Encoding::Gb18030, Encoding::Gbk, Encoding::Gb2312, Encoding::Utf16Be]
        {
            assert_eq!(Encoding::parse(encoding.label()), Some(encoding));
        }
    }

    proptest! {
        #[test]
        fn text_survives_the_encodings_that_hold_all(text in "\\PC{0,40}") {
            for encoding in [Encoding::Utf8, Encoding::Gb18030, Encoding::Utf16Le, Encoding::Utf16Be] {
                let bytes = match encode(&text, encoding) {
                    Ok(bytes) => bytes,
                    Err(problem) => { prop_assert_eq!(problem.code.as_ref(), "encoding-lacks"); continue }
                };
                if byte_order_mark(&bytes).is_none() {
                    prop_assert_eq!(decode(&bytes, encoding).unwrap(), text.clone());
                }
            }
        }

        #[test]
        fn what_was_decoded_from_gbk_is_the_same_when_written_back(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            for encoding in [Encoding::Gbk, Encoding::Gb18030, Encoding::Utf16Be] {
                if let Ok(text) = decode(&bytes, encoding)
                    && let Ok(again) = encode(&text, encoding)
                {
                    prop_assert_eq!(decode(&again, encoding).unwrap(), text);
                }
            }
        }
    }
}
