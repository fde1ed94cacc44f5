//! The one lexer of the map's small languages: words, `'quoted words'`, `|`, operators.

/// A piece of a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Word {
    /// A bare word.
    Bare(String),
    /// `'a quoted one'`.
    Quoted(String),
    /// `|`
    Bar,
    /// `=` or `!=`.
    Equal(bool),
}

impl Word {
    /// The text of a bare or quoted word.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Bare(text) | Self::Quoted(text) => Some(text),
            _ => None,
        }
    }

    /// Whether this is the bare word `text`.
    pub(crate) fn is(&self, text: &str) -> bool {
        matches!(self, Self::Bare(bare) if bare == text)
    }
}

/// Splits a cell into words; `None` for a quote that never ends. A quote or bracket inside a bare word belongs to
/// it, so that `parties[role='seller'].name` is one word.
pub(crate) fn words(cell: &str) -> Option<Vec<Word>> {
    let mut found = Vec::new();
    let mut rest = cell.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '|' => {
                found.push(Word::Bar);
                1
            }
            '=' => {
                found.push(Word::Equal(true));
                1
            }
            '!' if rest.starts_with("!=") => {
                found.push(Word::Equal(false));
                2
            }
            '\'' => {
                let end = rest[1..].find('\'')?;
                found.push(Word::Quoted(rest[1..=end].to_owned()));
                end + 2
            }
            _ => {
                let end = bare_end(rest)?;
                found.push(Word::Bare(rest[..end].to_owned()));
                end
            }
        };
        rest = rest[length..].trim_start();
    }
    Some(found)
}

fn bare_end(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut quoted = false;
    for (at, c) in text.char_indices() {
        match c {
            '\'' if depth > 0 => quoted = !quoted,
            _ if quoted => {}
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            '|' | '=' if depth == 0 => return Some(at),
            '!' if depth == 0 && text[at..].starts_with("!=") => return Some(at),
            c if depth == 0 && (c.is_whitespace() || c == '\'') => return Some(at),
            _ => {}
        }
    }
    (!quoted && depth == 0).then_some(text.len())
}

/// Whether a text says nothing: it is empty, or white space alone, the ideographic space and others included.
pub(crate) fn is_blank(text: &str) -> bool {
    match text.as_bytes().first() {
        None => true,
        // No white space begins with these: those of ASCII that print, and what leads the characters from U+4000 on.
        Some(0x21..=0x7E | 0xE4..=0xF4) => false,
        Some(_) => text.trim().is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_fall_into_words() {
        let texts =
            |cell| words(cell).map(|w| w.iter().map(|w| format!("{w:?}")).collect::<Vec<_>>().join(" "));
        assert_eq!(
            texts("ignore '无' | text 32").as_deref(),
            Some("Bare(\"ignore\") Quoted(\"无\") Bar Bare(\"text\") Bare(\"32\")")
        );
        assert_eq!(
            texts("ids[scheme='a b'].v != 'x'").as_deref(),
            Some("Bare(\"ids[scheme='a b'].v\") Equal(false) Quoted(\"x\")")
        );
        assert_eq!(texts("text 'open"), None);
    }

    #[test]
    fn what_is_blank_is_white_space() {
        for c in (0..=0x10_FFFF).filter_map(char::from_u32) {
            assert_eq!(is_blank(&format!("{c} ")), c.is_whitespace(), "U+{:04X}", u32::from(c));
        }
        assert!(is_blank(""));
    }
}
