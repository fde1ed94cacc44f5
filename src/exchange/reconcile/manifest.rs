//! The manifest of an agency's day: its text, and how a stranger's is read.
//!
//! Promise: two books that hold the same exchanges make the same bytes. A line is one exchange, the lines stand in the
//! order of their bytes (`LC_ALL=C sort`), and the root is that of RFC 6962, section 2.1, over one leaf a line, its data
//! the line's bytes without the newline. What is read is refused, with the line, where it strays from that in anything.
//! The form is described for other people in `schemas/reconciliation/README.md`.

mod read;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use chrono::NaiveDate;

use crate::domain::digest::Digest;
use crate::domain::id::AgencyId;
use crate::domain::kind::{Direction, Kind};
use crate::domain::problem::Problem;
pub use crate::exchange::reconcile::fault::ManifestFault;
use crate::tlog::{EMPTY_ROOT, Frontier, Hash, leaf_hash};
pub(in crate::exchange) use read::other_day;

/// The first line.
pub const TITLE: &str = "regbridge manifest v1";
/// The offset in which times are written.
pub const ZONE: &str = "+08:00";
/// One exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// When, to the second, in China's time; `-` where whoever writes it does not know.
    pub at: String,
    /// Which way, as the agency sees it.
    pub direction: Direction,
    /// What it carries.
    pub kind: Kind,
    /// The message's id, escaped.
    pub id: String,
    /// SHA-256 of its bytes; none where they were erased.
    pub digest: Option<Digest>,
    /// What is to be said of it besides.
    pub mark: Mark,
}

/// What is to be said of an exchange besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Nothing.
    None,
    /// The agency refused it.
    Refused,
    /// It was stopped, or replaced, before anybody had it.
    Stopped,
}

impl Mark {
    const ALL: [Self; 3] = [Self::None, Self::Refused, Self::Stopped];

    /// Its word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "-",
            Self::Refused => "refused",
            Self::Stopped => "stopped",
        }
    }
}

impl std::fmt::Display for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {} {} ", self.at, self.direction, self.kind, self.id)?;
        match &self.digest {
            Some(digest) => write!(f, "{digest}")?,
            None => f.write_str("erased")?,
        }
        write!(f, " {}", self.mark.as_str())
    }
}

/// The exchanges of one agency on one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// Whose.
    pub agency: AgencyId,
    /// Which day, in China.
    pub day: NaiveDate,
    /// The exchanges, in the order of their bytes.
    pub lines: Vec<Line>,
    /// The root over them.
    pub root: Digest,
}

impl Manifest {
    /// The manifest of these exchanges, in whatever order they come.
    #[must_use]
    pub fn of(agency: AgencyId, day: NaiveDate, lines: Vec<Line>) -> Self {
        let mut texts: Vec<(String, Line)> = lines.into_iter().map(|line| (line.to_string(), line)).collect();
        texts.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        texts.dedup_by(|(a, _), (b, _)| a == b);
        let root = root(texts.iter().map(|(text, _)| text.as_str()));
        Self { agency, day, lines: texts.into_iter().map(|(_, line)| line).collect(), root }
    }

    /// Its head, up to the root: what is signed.
    #[must_use]
    pub fn head(&self) -> String {
        let mut text = format!("{TITLE}\nagency {}\nday {}\nzone {ZONE}\n", self.agency, self.day);
        let _ = writeln!(text, "count {}", self.lines.len());
        for ((direction, kind), count) in counts(&self.lines) {
            let _ = writeln!(text, "{direction} {kind} {count}");
        }
        let _ = writeln!(text, "root {}", self.root);
        text
    }

    /// All of it.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = self.head();
        text.push('\n');
        for line in &self.lines {
            let _ = writeln!(text, "{line}");
        }
        text
    }

    /// Reads a manifest.
    ///
    /// # Errors
    /// All that is wrong, line by line, of the first fifty.
    pub fn parse(bytes: &[u8]) -> Result<Self, Vec<Problem>> {
        read::read(bytes)
    }
}

/// How many of each direction and kind, in the order of their texts.
fn counts(lines: &[Line]) -> BTreeMap<(&'static str, &'static str), u64> {
    let mut counts = BTreeMap::new();
    for line in lines {
        *counts.entry((line.direction.as_str(), line.kind.as_str())).or_insert(0) += 1;
    }
    counts
}

fn root<'a>(lines: impl Iterator<Item = &'a str>) -> Digest {
    let leaves: Vec<Hash> = lines.map(|line| leaf_hash(line.as_bytes())).collect();
    if leaves.is_empty() {
        Digest::from_bytes(EMPTY_ROOT)
    } else {
        Digest::from_bytes(Frontier::empty().append(&leaves).root())
    }
}

/// A day as it is written: `2026-11-23`, and no other way.
#[must_use]
pub fn day(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|day| day.to_string() == text)
}

/// An id as it stands in a line.
#[must_use]
pub fn escape(id: &str) -> String {
    crate::exchange::feed::escaped(id)
}

/// And back; none where it is not so written.
#[must_use]
pub fn unescape(text: &str) -> Option<String> {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let [first, tail @ ..] = rest {
        if *first == b'%' {
            let hex = tail.get(..2)?;
            bytes.push(u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok()?);
            rest = &tail[2..];
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests;
