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

/// Namespaces production 4: a Name without a colon.
pub(super) fn is_ncname(text: &str) -> bool {
    // Most names are of ASCII, and need no decoding.
    if let [first, rest @ ..] = text.as_bytes()
        && (first.is_ascii_alphabetic() || *first == b'_')
        && rest.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
    {
        return true;
    }
    let mut characters = text.chars();
    characters.next().is_some_and(starts_name) && characters.all(continues_name)
}

/// Prefix (empty for none) and local part of a `QName` (Namespaces production 7).
pub(super) fn split_qname(name: &str) -> Option<(&str, &str)> {
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
