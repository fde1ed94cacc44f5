//! White space that is none in XML, at the edges of a value.
//!
//! Promise: `\u{3000}1` is no number. XML Schema knows four characters of white space (part 2, section 4.3.6); the
//! validator cuts off whatever Unicode calls white space. A document that it finds valid and that has such characters
//! at the edge of a text or an attribute is judged once more with others in their place; of what is then found,
//! lexical faults alone count, for a text may hold any character.

use fastxml::StructuredError;

/// What stands in for them: a symbol that no number, date or name has, as long as they are in UTF-8, so that places
/// stay the same.
const THREE: &str = "\u{FFFC}";
const TWO: &str = "\u{A7}";

/// Unicode's white space without XML's own.
fn is_foreign(c: char) -> bool {
    c.is_whitespace() && !c.is_ascii()
}

/// The text with others in their place, if there are any at an edge.
pub(super) fn marked(text: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(text).ok()?;
    if !text.contains(is_foreign) && !text.contains("&#") {
        return None;
    }
    let mut out = String::with_capacity(text.len());
    let mut found = false;
    let mut outer = true;
    // Where the white space that was looked over ends, and whether markup follows: each run is looked over once.
    let (mut run_end, mut run_closes) = (0, false);
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let length = match c {
            '&' => reference(rest).unwrap_or(1),
            c => c.len_utf8(),
        };
        let (piece, after) = rest.split_at(length);
        let foreign = is_foreign(c) || (c == '&' && length > 1);
        // An edge: what stands before or after is markup or white space.
        if foreign && !outer && text.len() - rest.len() >= run_end {
            let behind = after.trim_start_matches(|c: char| c.is_whitespace());
            (run_end, run_closes) = (text.len() - behind.len(), behind.starts_with(['<', '"', '\'']));
        }
        if foreign && (outer || run_closes) {
            found = true;
            // A reference keeps its length in characters, too.
            match (c, length) {
                ('&', length) => out.push_str(&"\u{A7}".repeat(length)),
                (_, 2) => out.push_str(TWO),
                _ => out.push_str(THREE),
            }
        } else {
            out.push_str(piece);
        }
        outer = matches!(c, '>' | '"' | '\'') || (outer && (c.is_whitespace() || foreign));
        rest = after;
    }
    found.then(|| out.into_bytes())
}

/// The length of a reference to such a character that a text begins with.
fn reference(text: &str) -> Option<usize> {
    let end = text.bytes().take(12).position(|byte| byte == b';')?;
    let digits = text[..end].strip_prefix("&#")?;
    let code = match digits.strip_prefix('x') {
        Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16).ok()?,
        None => digits.parse().ok()?,
    };
    char::from_u32(code).filter(|c| is_foreign(*c)).map(|_| end + 1)
}

/// Whether a fault says that a value is none of its type, so that white space made it one.
pub(super) fn concerned(error: &StructuredError) -> bool {
    error.message.contains("is not a valid xs:") || error.message.contains("is outside the type's")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_alone_are_marked() {
        let marked = |text: &str| marked(text.as_bytes()).map(|bytes| String::from_utf8(bytes).unwrap());
        assert_eq!(
            marked("<a b=\"\u{a0}1\">2 3\u{3000}4</a>"),
            Some("<a b=\"\u{a7}1\">2 3\u{3000}4</a>".to_owned())
        );
        assert_eq!(marked("<a> \u{3000}1\u{2028} </a>"), Some("<a> \u{fffc}1\u{fffc} </a>".to_owned()));
        assert_eq!(marked("<a>&#xA0;1</a>"), Some("<a>\u{a7}\u{a7}\u{a7}\u{a7}\u{a7}\u{a7}1</a>".to_owned()));
        for same in ["<a>1</a>", "<a>1\u{3000}1</a>", "<a>&#10;1&#9;</a>", "<a>&#x4e2d;</a>"] {
            assert_eq!(marked(same), None, "{same}");
        }
    }
}
