//! The attributes of one start tag, cut apart (XML 1.0 productions 40, 41, 25, 10).

use super::characters::is_space;
use crate::domain::problem::Problem;

/// One attribute as written: name, value between its quotes, and where both begin in the tag's rest.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Raw<'t> {
    pub(super) name: &'t str,
    pub(super) value: &'t str,
    pub(super) name_at: usize,
    pub(super) value_at: usize,
}

/// Cuts the text after a tag's name.
pub(super) struct Attributes<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Attributes<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    /// The next attribute, or the offset of a fault and what it is.
    pub(super) fn next(&mut self) -> Result<Option<Raw<'t>>, (usize, Problem)> {
        let start = self.at;
        self.skip_space();
        let rest = &self.text[self.at..];
        if rest.is_empty() {
            return Ok(None);
        }
        if self.at == start {
            return Err((
                self.at,
                fault("属性之前缺少空白", "white space is missing before the attribute", " "),
            ));
        }
        let name_at = self.at;
        let length = rest.find(|c| is_space(c) || matches!(c, '=' | '"' | '\'')).unwrap_or(rest.len());
        let name = &rest[..length];
        self.at += length;
        self.skip_space();
        if !self.text[self.at..].starts_with('=') {
            return Err((
                name_at,
                fault("属性没有值", "the attribute has no value", "name=\"value\"").with_found(name),
            ));
        }
        self.at += 1;
        self.skip_space();
        let rest = &self.text[self.at..];
        let Some(quote) = rest.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
            let problem = fault("属性值没有加引号", "the attribute's value is not quoted", "name=\"value\"");
            return Err((self.at, problem.with_found(name)));
        };
        let Some(length) = rest[1..].find(quote) else {
            return Err((
                self.at,
                fault("属性值的引号没有结束", "the quote is not closed", "\"").with_found(name),
            ));
        };
        let raw = Raw { name, value: &rest[1..=length], name_at, value_at: self.at + 1 };
        self.at += length + 2;
        Ok(Some(raw))
    }

    fn skip_space(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start_matches(is_space).len();
    }
}

fn fault(zh: &str, en: &str, expected: &str) -> Problem {
    Problem::new("xml-attribute", zh, en).with_expected(expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_cut_with_their_places() {
        let mut attributes = Attributes::new(" a = '1\"' \n b:c=\"\"  ");
        let raw = attributes.next().unwrap().unwrap();
        assert_eq!(raw, Raw { name: "a", value: "1\"", name_at: 1, value_at: 6 });
        assert_eq!(attributes.next().unwrap().unwrap().name, "b:c");
        assert_eq!(attributes.next().unwrap(), None);
        for bad in [" a", " a=", " a=1", " a='1", " ='1'x", "a='1'", " a='1'b='2'"] {
            let mut attributes = Attributes::new(bad);
            let mut last = attributes.next();
            while matches!(last, Ok(Some(_))) {
                last = attributes.next();
            }
            assert!(last.is_err(), "{bad}");
        }
    }
}
