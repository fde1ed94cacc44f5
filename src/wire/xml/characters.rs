//! Which characters XML 1.0 allows where: productions 2 (characters), 3 (white space), 4 and 4a (names).

/// Production 2.
pub(super) fn is_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

/// The offset of the first character that production 2 forbids. One pass over bytes: below U+0020 only three
/// are allowed, and of what UTF-8 can hold above it only U+FFFE and U+FFFF (EF BF BE, EF BF BF) are not.
pub(super) fn first_forbidden(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut suspects = bytes.iter().enumerate().filter(|(_, b)| **b < 0x20 || **b == 0xEF);
    let forbidden = suspects.find(|(index, byte)| match byte {
        b'\t' | b'\n' | b'\r' => false,
        0xEF => matches!(bytes.get(index + 1..index + 3), Some([0xBF, 0xBE | 0xBF])),
        _ => true,
    });
    forbidden.map(|(index, _)| index)
}

/// Which rare characters a document has anywhere, so that no text of it is searched for those that it has not.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Marks {
    /// One that may be forbidden.
    pub(super) suspect: bool,
    /// A carriage return.
    pub(super) carriage_return: bool,
    /// `]`
    pub(super) bracket: bool,
}

impl Marks {
    /// One pass without a branch, so that the compiler looks at many bytes at once.
    pub(super) fn of(text: &str) -> Self {
        let (mut suspect, mut carriage_return, mut bracket) = (0, 0, 0);
        for byte in text.bytes() {
            let control = (byte < 0x20) & !matches!(byte, b'\t' | b'\n' | b'\r');
            suspect |= u8::from(control);
            carriage_return |= u8::from(byte == b'\r');
            bracket |= u8::from(byte == b']');
        }
        // U+FFFE and U+FFFF, and few characters that anybody writes, begin with these two.
        let far = text
            .as_bytes()
            .windows(2)
            .fold(0, |far, pair| far | u8::from(pair[0] == 0xEF) & u8::from(pair[1] == 0xBF));
        Self { suspect: suspect | far != 0, carriage_return: carriage_return != 0, bracket: bracket != 0 }
    }
}

/// Production 3.
pub(super) fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

/// Whether a text is white space only.
pub(super) fn is_blank(text: &str) -> bool {
    text.bytes().all(|b| matches!(b, b' ' | b'\t' | b'\n' | b'\r'))
}

fn starts_name(c: char) -> bool {
    matches!(c, 'a'..='z' | 'A'..='Z' | '_' | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}'
        | '\u{370}'..='\u{37D}' | '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}' | '\u{2070}'..='\u{218F}'
        | '\u{2C00}'..='\u{2FEF}' | '\u{3001}'..='\u{D7FF}' | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}'
        | '\u{10000}'..='\u{EFFFF}')
}

fn continues_name(c: char) -> bool {
    starts_name(c)
        || matches!(c, '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
}

/// The characters of ASCII that a name may hold behind its first.
const IN_NAMES: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        table[byte as usize] = byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
        byte += 1;
    }
    table
};

/// Whether a text is a name of ASCII without a colon, as most are: they need no decoding.
fn is_plain_name(text: &str) -> bool {
    let [first, rest @ ..] = text.as_bytes() else { return false };
    (first.is_ascii_alphabetic() || *first == b'_') && rest.iter().all(|b| IN_NAMES[usize::from(*b)])
}

/// Namespaces production 4: a Name without a colon.
pub(super) fn is_ncname(text: &str) -> bool {
    if is_plain_name(text) {
        return true;
    }
    let mut characters = text.chars();
    characters.next().is_some_and(starts_name) && characters.all(continues_name)
}

/// Prefix (empty for none) and local part of a `QName` (Namespaces production 7).
pub(super) fn split_qname(name: &str) -> Option<(&str, &str)> {
    if is_plain_name(name) {
        return Some(("", name));
    }
    match name.split_once(':') {
        None => is_ncname(name).then_some(("", name)),
        Some((prefix, local)) => (is_ncname(prefix) && is_ncname(local)).then_some((prefix, local)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quick_search_agrees_with_the_production() {
        for c in (0..=0x10_FFFF).filter_map(char::from_u32) {
            let text = format!("甲{c}");
            assert_eq!(first_forbidden(&text), (!is_char(c)).then_some(3), "U+{:04X}", u32::from(c));
            let marks = Marks::of(&text);
            assert!(is_char(c) || marks.suspect, "U+{:04X}", u32::from(c));
            assert_eq!((marks.carriage_return, marks.bracket), (c == '\r', c == ']'));
        }
    }

    #[test]
    fn names_are_names() {
        assert_eq!(split_qname("a:b"), Some(("a", "b")));
        assert_eq!(split_qname("投诉单.1-x"), Some(("", "投诉单.1-x")));
        for bad in ["", ":", "a:", ":b", "a:b:c", "1a", "-a", "a b", "a/b", "a<", "×", "a:1"] {
            assert_eq!(split_qname(bad), None, "{bad}");
        }
    }
}
