//! Records of a JSON document, cut from text that comes piece by piece.

use crate::wire::cut::{Live, Route, Step};

/// Where one is in an object or array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Frame {
    Array,
    /// An object, and whether the next string is a name.
    Object {
        name: bool,
    },
}

#[derive(Clone)]
pub(crate) struct JsonCutter {
    pub(crate) live: Vec<Live>,
    at: usize,
    /// What is open around the records.
    frames: Vec<Frame>,
    /// The name of the member whose value comes next.
    key: Option<String>,
    deepest: usize,
    state: State,
    /// The records are one value that stands in no array.
    pub(crate) lone: bool,
}

/// What is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Something before the records.
    Head,
    /// A record; after a comma there must be one.
    Item { first: bool },
    /// The rest of a record: its beginning, and what is open in it.
    Inside { from: usize, depth: usize },
    /// A comma or the end.
    After,
}

impl JsonCutter {
    /// `depth`: nothing is nested deeper in what stands around the records.
    pub(crate) fn new(routes: Vec<Route>, depth: usize) -> Self {
        Self {
            live: Live::all(routes),
            at: 0,
            frames: Vec::new(),
            key: None,
            deepest: depth,
            state: State::Head,
            lone: false,
        }
    }

    pub(crate) fn choose(&mut self, text: &str) -> usize {
        self.lone = !text[self.at..].starts_with('[');
        if !self.lone {
            self.frames.push(Frame::Array);
            self.at += 1;
        }
        self.state = State::Item { first: true };
        self.at
    }

    pub(crate) fn moved(&mut self, by: usize) {
        self.at -= by;
        if let State::Inside { from, .. } = &mut self.state {
            *from -= by;
        }
    }

    pub(crate) fn closers(&self) -> String {
        self.frames.iter().rev().map(|frame| if *frame == Frame::Array { ']' } else { '}' }).collect()
    }

    pub(crate) fn depth(&self) -> usize {
        self.frames.len()
    }

    pub(crate) fn next(&mut self, text: &str, ended: bool) -> Step {
        loop {
            let blank = text[self.at..].bytes().take_while(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n'));
            self.at += blank.count();
            let Some(byte) = text.as_bytes().get(self.at).copied() else {
                return match (ended, self.state) {
                    (false, _) => Step::More,
                    (true, State::Head) if self.frames.is_empty() => Step::End,
                    (true, State::After) if self.lone => Step::Closed(self.at),
                    (true, _) => Step::Damage,
                };
            };
            let step = match self.state {
                State::Head => self.head(text, byte, ended),
                State::After if self.lone => return Step::Closed(self.at),
                State::After => match byte {
                    b',' => {
                        self.at += 1;
                        self.state = State::Item { first: false };
                        None
                    }
                    b']' => return Step::Closed(self.at),
                    _ => return Step::Damage,
                },
                State::Item { first } => match byte {
                    b']' if first && !self.lone => return Step::Closed(self.at),
                    b',' | b']' | b'}' | b':' => return Step::Damage,
                    _ => {
                        self.state = State::Inside { from: self.at, depth: 0 };
                        None
                    }
                },
                State::Inside { from, depth } => self.inside(text, byte, ended, from, depth),
            };
            if let Some(step) = step {
                return step;
            }
        }
    }

    fn inside(&mut self, text: &str, byte: u8, ended: bool, from: usize, depth: usize) -> Option<Step> {
        let depth = match byte {
            b'{' | b'[' => {
                self.at += 1;
                depth + 1
            }
            b'}' | b']' => {
                self.at += 1;
                depth.saturating_sub(1)
            }
            b',' | b':' => {
                self.at += 1;
                depth
            }
            _ => match scalar(text, self.at, ended) {
                Some(end) => {
                    self.at = end;
                    depth
                }
                None => return Some(if ended { Step::Damage } else { Step::More }),
            },
        };
        if depth > 0 {
            self.state = State::Inside { from, depth };
            return None;
        }
        self.state = State::After;
        Some(Step::Record { from, to: self.at, name: 0 })
    }

    /// A token before the records.
    fn head(&mut self, text: &str, byte: u8, ended: bool) -> Option<Step> {
        let naming = self.frames.last() == Some(&Frame::Object { name: true });
        match byte {
            b'}' | b']' => {
                self.at += 1;
                if self.frames.pop().is_none() {
                    return Some(Step::Damage);
                }
                let open = self.frames.len().saturating_sub(1);
                self.live.iter_mut().for_each(|live| live.close(open));
                None
            }
            b',' => {
                self.at += 1;
                if let Some(Frame::Object { name }) = self.frames.last_mut() {
                    *name = true;
                }
                None
            }
            b':' => {
                self.at += 1;
                None
            }
            b'"' if naming => {
                let Some(end) = scalar(text, self.at, ended) else {
                    return Some(if ended { Step::Damage } else { Step::More });
                };
                self.key = serde_json::from_str(&text[self.at..end]).ok();
                self.at = end;
                if let Some(Frame::Object { name }) = self.frames.last_mut() {
                    *name = false;
                }
                None
            }
            _ => self.value(text, byte, ended),
        }
    }

    fn value(&mut self, text: &str, byte: u8, ended: bool) -> Option<Step> {
        let depth = self.frames.len();
        let key = match self.frames.last() {
            None => Some(""),
            Some(Frame::Object { .. }) => self.key.as_deref(),
            Some(Frame::Array) => None,
        };
        // The root itself has no name and is no step of a route.
        let here = |live: &Live, length: usize| match depth.checked_sub(1) {
            None => length == 0,
            Some(level) => {
                live.open == level
                    && key.is_some()
                    && live.route.above.get(level).map(|(_, name)| name.as_str()) == key
                    && level + 1 == length
            }
        };
        for live in self.live.iter_mut().filter(|live| !live.done) {
            let reached = here(live, live.route.above.len());
            live.reached = reached;
        }
        if self.live.iter().any(|live| live.reached) {
            return Some(Step::Reached(self.at));
        }
        if !matches!(byte, b'{' | b'[') {
            let Some(end) = scalar(text, self.at, ended) else {
                return Some(if ended { Step::Damage } else { Step::More });
            };
            self.at = end;
            return None;
        }
        if byte == b'{'
            && let Some(level) = depth.checked_sub(1)
        {
            for live in self.live.iter_mut().filter(|live| !live.done && live.open == level) {
                if live.route.above.get(level).map(|(_, name)| name.as_str()) == key {
                    live.open += 1;
                }
            }
        }
        self.at += 1;
        self.frames.push(if byte == b'[' { Frame::Array } else { Frame::Object { name: true } });
        (self.frames.len() > self.deepest + 1).then_some(Step::Damage)
    }
}

/// The end of the string, number or word that begins at `at`; none before there is more text.
fn scalar(text: &str, at: usize, ended: bool) -> Option<usize> {
    let bytes = &text.as_bytes()[at..];
    if bytes.first() == Some(&b'"') {
        let mut index = 1;
        while let Some(byte) = bytes.get(index) {
            match byte {
                b'"' => return Some(at + index + 1),
                b'\\' => index += 2,
                _ => index += 1,
            }
        }
        return None;
    }
    let end = bytes.iter().position(|b| {
        matches!(b, b',' | b':' | b'}' | b']' | b'{' | b'[' | b'"' | b' ' | b'\t' | b'\r' | b'\n')
    });
    match end {
        // What is no JSON at all is still gone past.
        Some(end) => Some(at + end.max(1)),
        None if ended => Some(text.len()),
        None => None,
    }
}
