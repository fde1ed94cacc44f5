//! The manifest of an agency's day: its text, and how a stranger's is read.
//!
//! Promise: two books that hold the same exchanges make the same bytes. A line is one exchange, the lines stand in the
//! order of their bytes (`LC_ALL=C sort`), and the root is that of RFC 6962, section 2.1, over one leaf a line, its data
//! the line's bytes without the newline. What is read is refused, with the line, where it strays from that in anything.
//! The form is described for other people in `schemas/reconciliation/README.md`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use chrono::NaiveDate;

use crate::domain::digest::Digest;
use crate::domain::id::AgencyId;
use crate::domain::kind::{Direction, Kind};
use crate::domain::problem::Problem;
use crate::tlog::{EMPTY_ROOT, Frontier, Hash, leaf_hash};

/// The first line.
pub const TITLE: &str = "regbridge manifest v1";
/// The offset in which times are written.
pub const ZONE: &str = "+08:00";
/// Problems that are told of one document: whoever has more than a screen of them has one mistake many times.
const MOST_PROBLEMS: usize = 50;

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

/// Why a manifest is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ManifestFault {
    /// The day is not over, or was a moment ago.
    #[error("{day} is not over yet; its manifest is made from {from} on")]
    NotOver {
        /// The day.
        day: NaiveDate,
        /// From when on it is, in China's time.
        from: String,
    },
    /// It is another agency's.
    #[error("the manifest is of agency {found}; only {wanted}'s is taken here")]
    Foreign {
        /// Whose is taken.
        wanted: AgencyId,
        /// Whose it is.
        found: String,
    },
    /// What differs cannot be acted on as it is.
    #[error("the difference is {state}; it would have to be open or acted")]
    Settled {
        /// Its state.
        state: String,
    },
}

impl ManifestFault {
    /// The short name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::NotOver { .. } => "day-not-over",
            Self::Foreign { .. } => "foreign-manifest",
            Self::Settled { .. } => "difference-settled",
        }
    }

    /// The same in Chinese.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            Self::NotOver { day, from } => format!("{day} 尚未结束；对账单自 {from} 起可生成"),
            Self::Foreign { wanted, found } => {
                format!("对账单属于机构 {found}；此处只接收 {wanted} 的对账单")
            }
            Self::Settled { state } => format!("该差异状态为 {state}，只有 open 或 acted 的差异可以处理"),
        }
    }
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
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let before = &bytes[..error.valid_up_to()];
            let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
            vec![wrong(line, "不是 UTF-8", "is not UTF-8", "", "UTF-8")]
        })?;
        Reading::new(text).manifest()
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

fn wrong(line: usize, zh: &str, en: &str, found: &str, expected: &str) -> Problem {
    Problem::new(
        "manifest-line",
        format!("第 {line} 行：{zh}；应为：{expected}"),
        format!("line {line}: {en}; expected: {expected}"),
    )
    .with_place(u32::try_from(line).unwrap_or(u32::MAX), 1)
    .with_found(found)
    .with_expected(expected)
    .with_rule("schemas/reconciliation/README.md")
}

/// A manifest of another day than the one it was brought for.
pub(super) fn other_day(found: NaiveDate, wanted: NaiveDate) -> Problem {
    wrong(
        3,
        "日期不是地址所指的日期",
        "is of another day than it was brought for",
        &format!("day {found}"),
        &format!("day {wanted}"),
    )
}

/// A manifest while it is read.
struct Reading<'a> {
    lines: Vec<&'a str>,
    ended: bool,
    problems: Vec<Problem>,
}

impl<'a> Reading<'a> {
    fn new(text: &'a str) -> Self {
        let ended = text.ends_with('\n');
        Self {
            lines: text.strip_suffix('\n').unwrap_or(text).split('\n').collect(),
            ended,
            problems: Vec::new(),
        }
    }

    fn manifest(mut self) -> Result<Manifest, Vec<Problem>> {
        if !self.ended {
            let last = self.lines.len();
            self.problems.push(wrong(
                last,
                "缺少换行，文件可能不完整",
                "has no newline; the file may be cut off",
                "",
                "a newline at the end",
            ));
        }
        self.exactly(0, TITLE);
        let agency = self.value(1, "agency ", "agency ID", |text| AgencyId::parse(text).ok());
        let day = self.value(2, "day ", "day YYYY-MM-DD", day);
        self.exactly(3, &format!("zone {ZONE}"));
        let count = self.value(4, "count ", "count NUMBER", number);
        if !self.problems.is_empty() {
            // Without its head the rest says nothing that can be relied on.
            return Err(self.problems);
        }
        let (stated, blank) = self.head_end();
        let said_root = self.value(blank.saturating_sub(1), "root ", "root and 64 hexadecimal digits", |t| {
            Digest::parse(t).ok()
        });
        let lines = self.exchanges(blank + 1);
        let (Some(agency), Some(day), Some(count), Some(said_root)) = (agency, day, count, said_root) else {
            return Err(self.problems);
        };
        if self.problems.is_empty() {
            self.sums(&lines, count, &stated, (said_root, blank));
        }
        if self.problems.is_empty() {
            Ok(Manifest { agency, day, lines, root: said_root })
        } else {
            Err(self.problems)
        }
    }

    /// The lines between count and root, with their places, and the place of the empty line.
    fn head_end(&mut self) -> (Vec<(usize, &'a str)>, usize) {
        let Some(blank) = self.lines.iter().position(|line| line.is_empty()) else {
            let last = self.lines.len();
            self.problems.push(wrong(
                last,
                "文件头后没有空行",
                "no empty line ends the head",
                "",
                "an empty line behind root",
            ));
            return (Vec::new(), last);
        };
        let stated = (5..blank.saturating_sub(1)).map(|at| (at, self.lines[at])).collect();
        (stated, blank)
    }

    fn exchanges(&mut self, first: usize) -> Vec<Line> {
        let mut lines = Vec::new();
        let mut before = "";
        for at in first..self.lines.len() {
            let text = self.lines[at];
            match line(text) {
                Ok(line) => lines.push(line),
                Err(expected) => {
                    self.problems.push(wrong(at + 1, "不是一条往来记录", "is no exchange", text, expected))
                }
            }
            if text < before {
                self.problems.push(wrong(
                    at + 1,
                    "次序有误",
                    "is out of order",
                    text,
                    "lines in the order of their bytes (LC_ALL=C sort)",
                ));
            } else if text == before {
                self.problems.push(wrong(
                    at + 1,
                    "与上一行重复",
                    "says the line before again",
                    text,
                    "each exchange once",
                ));
            }
            before = text;
            if self.problems.len() >= MOST_PROBLEMS {
                break;
            }
        }
        lines
    }

    /// Whether what the head says of the lines is so.
    fn sums(
        &mut self,
        lines: &[Line],
        count: u64,
        stated: &[(usize, &str)],
        (said_root, blank): (Digest, usize),
    ) {
        let found = lines.len() as u64;
        if found != count {
            let expected = format!("count {found}");
            self.problems.push(wrong(
                5,
                "条数与正文不符",
                "does not fit the lines that follow",
                self.lines[4],
                &expected,
            ));
        }
        let right: Vec<String> = counts(lines).iter().map(|((d, k), c)| format!("{d} {k} {c}")).collect();
        for place in 0..right.len().max(stated.len()) {
            let (at, text) = stated.get(place).copied().unwrap_or((blank.saturating_sub(1), ""));
            let wanted = right.get(place).map_or("no further count", String::as_str);
            if text != wanted {
                self.problems.push(wrong(
                    at + 1,
                    "分类条数与正文不符",
                    "does not fit the lines that follow",
                    text,
                    wanted,
                ));
                break;
            }
        }
        let texts: Vec<String> = lines.iter().map(Line::to_string).collect();
        let real = root(texts.iter().map(String::as_str));
        if real != said_root {
            let text = self.lines[blank - 1];
            self.problems.push(wrong(
                blank,
                "根与正文不符",
                "is not the root of the lines that follow",
                text,
                &format!("root {real}"),
            ));
        }
    }

    fn exactly(&mut self, at: usize, wanted: &str) {
        let found = self.lines.get(at).copied().unwrap_or_default();
        if found != wanted {
            self.problems.push(wrong(at + 1, "文件头有误", "is not what stands there", found, wanted));
        }
    }

    fn value<T>(
        &mut self,
        at: usize,
        name: &str,
        wanted: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let found = self.lines.get(at).copied().unwrap_or_default();
        let value = found.strip_prefix(name).and_then(read);
        if value.is_none() {
            self.problems.push(wrong(at + 1, "文件头有误", "is not what stands there", found, wanted));
        }
        value
    }
}

/// A day as it is written: `2026-11-23`, and no other way.
#[must_use]
pub fn day(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|day| day.to_string() == text)
}

fn number(text: &str) -> Option<u64> {
    text.parse::<u64>().ok().filter(|number| number.to_string() == text)
}

/// One exchange; what would be right where it is none.
fn line(text: &str) -> Result<Line, &'static str> {
    let fields: Vec<&str> = text.split(' ').collect();
    let &[at, direction, kind, id, digest, mark] = fields.as_slice() else {
        return Err("TIME DIRECTION KIND ID SHA256 MARK, one space between");
    };
    let known = |at: &str| {
        crate::clock::Timestamp::parse(at)
            .is_some_and(|time| time.at_offset(crate::domain::calendar::CHINA) == at)
    };
    if at != "-" && !known(at) {
        return Err("a time as 2026-11-23T09:30:00+08:00, or -");
    }
    let direction = match direction {
        "submit" => Direction::Submit,
        "receive" => Direction::Receive,
        _ => return Err("submit or receive as the direction"),
    };
    let kind = Kind::parse(kind).map_err(|_| "a record kind")?;
    if id.is_empty() || unescape(id).is_none_or(|raw| escape(&raw) != id) {
        return Err("an id: visible ASCII, all else and % percent-encoded in upper case");
    }
    let digest = match digest {
        "erased" => None,
        text => Some(
            Digest::parse(text)
                .ok()
                .filter(|d| d.to_string() == text)
                .ok_or("SHA-256 as 64 hexadecimal digits in lower case, or erased")?,
        ),
    };
    let mark = Mark::ALL
        .into_iter()
        .find(|known| known.as_str() == mark)
        .ok_or("-, refused or stopped as the mark")?;
    Ok(Line { at: at.to_owned(), direction, kind, id: id.to_owned(), digest, mark })
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
