//! Records of an XML document, cut from text that comes piece by piece.

use super::attributes::Attributes;
use super::characters::is_blank;
use super::references::push_value;
use crate::wire::cut::{Live, Route, Step};

/// One markup, or the text between two.
enum Token {
    Start {
        name: (usize, usize),
        rest: (usize, usize),
        empty: bool,
    },
    End,
    Text,
    /// A comment or a processing instruction.
    Aside,
}

/// Why there is no token.
enum Stop {
    More,
    Damage,
}

#[derive(Clone)]
pub(crate) struct XmlCutter {
    pub(crate) live: Vec<Live>,
    /// Where the next token begins, and up to where its end was looked for.
    at: usize,
    seen: usize,
    /// Open elements around the records, as written.
    names: Vec<String>,
    /// Prefixes in force there, with the depth of the element that declared them.
    bindings: Vec<(usize, String, String)>,
    /// Records are being cut: their names.
    records: Option<Vec<(String, String)>>,
    /// The record, or other element, in hand: its beginning, its name, and how many elements are open in it.
    open: Option<(usize, Option<usize>, usize)>,
}

impl XmlCutter {
    pub(crate) fn new(routes: Vec<Route>) -> Self {
        Self {
            live: Live::all(routes),
            at: 0,
            seen: 0,
            names: Vec::new(),
            bindings: Vec::new(),
            records: None,
            open: None,
        }
    }

    pub(crate) fn choose(&mut self, route: usize) -> usize {
        self.records = Some(std::mem::take(&mut self.live[route].route.records));
        self.at
    }

    pub(crate) fn moved(&mut self, by: usize) {
        self.at -= by;
        self.seen = self.seen.saturating_sub(by);
        if let Some((from, ..)) = &mut self.open {
            *from -= by;
        }
    }

    pub(crate) fn closers(&self) -> String {
        self.names.iter().rev().flat_map(|name| ["</", name, ">"]).collect()
    }

    pub(crate) fn depth(&self) -> usize {
        self.names.len()
    }

    pub(crate) fn next(&mut self, text: &str, ended: bool) -> Step {
        loop {
            let (token, to) = match self.token(text, ended) {
                Ok(Some(found)) => found,
                Ok(None) if self.names.is_empty() => return Step::End,
                Ok(None) | Err(Stop::Damage) => return Step::Damage,
                Err(Stop::More) => return Step::More,
            };
            let step =
                if self.records.is_some() { self.record(text, &token, to) } else { self.head(text, &token) };
            match step {
                // What closes the list, or begins it, is looked at again.
                Some(step @ (Step::Reached(_) | Step::Closed(_))) => return step,
                Some(step) => {
                    self.go(to);
                    return step;
                }
                None => self.go(to),
            }
        }
    }

    fn go(&mut self, to: usize) {
        (self.at, self.seen) = (to, to);
    }

    /// A token before the records.
    fn head(&mut self, text: &str, token: &Token) -> Option<Step> {
        match token {
            Token::Start { name, rest, empty } => {
                let depth = self.names.len();
                let declared = declarations(&text[rest.0..rest.1]);
                let name = &text[name.0..name.1];
                let expanded = self.expand(name, &declared);
                for live in self.live.iter_mut().filter(|live| !live.done && live.open == depth) {
                    live.reached = depth == live.route.above.len() && live.route.records.contains(&expanded);
                }
                if self.live.iter().any(|live| live.reached) {
                    return Some(Step::Reached(self.at));
                }
                for live in self.live.iter_mut().filter(|live| !live.done && live.open == depth) {
                    if live.route.above.get(depth) == Some(&expanded) {
                        live.open += 1;
                    }
                }
                self.names.push(name.to_owned());
                self.bindings.extend(declared.into_iter().map(|(prefix, uri)| (depth, prefix, uri)));
                if *empty {
                    return self.close();
                }
                None
            }
            Token::End => self.close(),
            Token::Text | Token::Aside => None,
        }
    }

    fn close(&mut self) -> Option<Step> {
        if self.names.pop().is_none() {
            return Some(Step::Damage);
        }
        let depth = self.names.len();
        self.bindings.retain(|(declared, ..)| *declared < depth);
        self.live.iter_mut().for_each(|live| live.close(depth));
        None
    }

    /// A token among the records.
    fn record(&mut self, text: &str, token: &Token, to: usize) -> Option<Step> {
        if let Some((from, name, depth)) = &mut self.open {
            match token {
                Token::Start { empty: false, .. } => *depth += 1,
                Token::End => *depth -= 1,
                _ => {}
            }
            if *depth > 0 {
                return None;
            }
            let (from, name) = (*from, *name);
            self.open = None;
            return Some(piece(from, to, name));
        }
        match token {
            Token::Start { name, rest, empty } => {
                let declared = declarations(&text[rest.0..rest.1]);
                let expanded = self.expand(&text[name.0..name.1], &declared);
                let name = self.records.iter().flatten().position(|record| *record == expanded);
                if *empty {
                    return Some(piece(self.at, to, name));
                }
                self.open = Some((self.at, name, 1));
                None
            }
            Token::End => Some(Step::Closed(self.at)),
            Token::Text if !is_blank(&text[self.at..to]) => Some(Step::Between { from: self.at, to }),
            Token::Text | Token::Aside => None,
        }
    }

    /// Namespace and local name; of an undeclared prefix none, which the reader refuses.
    fn expand(&self, name: &str, declared: &[(String, String)]) -> (String, String) {
        let (prefix, local) = name.split_once(':').unwrap_or(("", name));
        let outer = self.bindings.iter().map(|(_, prefix, uri)| (prefix, uri));
        let all = outer.chain(declared.iter().map(|(prefix, uri)| (prefix, uri)));
        let found = all.rev().find(|(known, _)| *known == prefix).map(|(_, uri)| uri.clone());
        (found.unwrap_or_default(), local.to_owned())
    }

    /// The token that begins at `at`, and where it ends.
    fn token(&mut self, text: &str, ended: bool) -> Result<Option<(Token, usize)>, Stop> {
        let at = self.at;
        let rest = &text[at..];
        let short = |most: usize| if !ended && rest.len() < most { Err(Stop::More) } else { Ok(()) };
        if rest.is_empty() {
            return if ended { Ok(None) } else { Err(Stop::More) };
        }
        if !rest.starts_with('<') {
            return match self.find(text, at, "<", ended) {
                Ok(end) => Ok(Some((Token::Text, end))),
                Err(Stop::Damage) => Ok(Some((Token::Text, text.len()))),
                Err(Stop::More) => Err(Stop::More),
            };
        }
        short(2)?;
        if rest.starts_with("<!") {
            short("<![CDATA[".len())?;
            if rest.starts_with("<!--") {
                return Ok(Some((Token::Aside, self.find(text, at + 4, "-->", ended)? + 3)));
            }
            if rest.starts_with("<![CDATA[") {
                return Ok(Some((Token::Text, self.find(text, at + 9, "]]>", ended)? + 3)));
            }
            return Err(Stop::Damage);
        }
        if rest.starts_with("<?") {
            return Ok(Some((Token::Aside, self.find(text, at + 2, "?>", ended)? + 2)));
        }
        if rest.starts_with("</") {
            return Ok(Some((Token::End, self.find(text, at + 2, ">", ended)? + 1)));
        }
        let mut quote = None;
        for (index, byte) in rest.bytes().enumerate().skip(1) {
            match (quote, byte) {
                (None, b'"' | b'\'') => quote = Some(byte),
                (Some(open), _) if open == byte => quote = None,
                (None, b'>') => {
                    let empty = rest.as_bytes()[index - 1] == b'/';
                    let inner = at + index - usize::from(empty);
                    let tag = &text[at + 1..inner.max(at + 1)];
                    let length = tag.find([' ', '\t', '\r', '\n', '/']).unwrap_or(tag.len());
                    let name = (at + 1, at + 1 + length);
                    return Ok(Some((
                        Token::Start { name, rest: (name.1, inner.max(name.1)), empty },
                        at + index + 1,
                    )));
                }
                _ => {}
            }
        }
        Err(if ended { Stop::Damage } else { Stop::More })
    }

    /// Where `wanted` stands next, from `from` on; what was looked at is not looked at again.
    fn find(&mut self, text: &str, from: usize, wanted: &str, ended: bool) -> Result<usize, Stop> {
        let again = self.seen.saturating_sub(wanted.len()).max(from).min(text.len());
        let start = text.floor_char_boundary(again);
        // A single character is looked for many bytes at once.
        let found = match wanted {
            "<" => text[start..].find('<'),
            ">" => text[start..].find('>'),
            _ => text[start..].find(wanted),
        };
        match found {
            Some(found) => Ok(start + found),
            None if ended => Err(Stop::Damage),
            None => {
                self.seen = text.len();
                Err(Stop::More)
            }
        }
    }
}

fn piece(from: usize, to: usize, name: Option<usize>) -> Step {
    match name {
        Some(name) => Step::Record { from, to, name },
        None => Step::Between { from, to },
    }
}

/// The prefixes that a tag declares; what is ill-formed is the reader's to refuse.
fn declarations(rest: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    if rest.is_empty() || !rest.contains("xmlns") {
        return found;
    }
    let mut attributes = Attributes::new(rest);
    while let Ok(Some(raw)) = attributes.next() {
        let prefix = match raw.name.strip_prefix("xmlns") {
            Some("") => "",
            Some(rest) if rest.starts_with(':') => &rest[1..],
            _ => continue,
        };
        let mut uri = String::new();
        if push_value(raw.value, &mut uri).is_ok() {
            found.push((prefix.to_owned(), uri));
        }
    }
    found
}
