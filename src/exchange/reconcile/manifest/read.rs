//! How a stranger's manifest is read: strictly, and with the line of each thing that is wrong.

use chrono::NaiveDate;

use crate::clock::Timestamp;
use crate::domain::calendar::CHINA;
use crate::domain::digest::Digest;
use crate::domain::id::AgencyId;
use crate::domain::kind::{Direction, Kind};
use crate::domain::problem::Problem;
use crate::exchange::reconcile::manifest::{
    Line, Manifest, Mark, TITLE, ZONE, counts, day, escape, root, unescape,
};

/// Problems that are told of one document: whoever has more than a screen of them has one mistake many times.
pub(super) const MOST_PROBLEMS: usize = 50;

/// Reads a manifest; all that is wrong with it, up to a screen.
pub(super) fn read(bytes: &[u8]) -> Result<Manifest, Vec<Problem>> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = &bytes[..error.valid_up_to()];
        let line = before.split(|byte| *byte == b'\n').count();
        vec![wrong(line, "不是 UTF-8", "is not UTF-8", "", "UTF-8")]
    })?;
    Reading::new(text).manifest()
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
pub(in crate::exchange) fn other_day(found: NaiveDate, wanted: NaiveDate) -> Problem {
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
                    self.problems.push(wrong(at + 1, "不是一条往来记录", "is no exchange", text, expected));
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

fn number(text: &str) -> Option<u64> {
    text.parse::<u64>().ok().filter(|number| number.to_string() == text)
}

/// One exchange; what would be right where it is none.
fn line(text: &str) -> Result<Line, &'static str> {
    let fields: Vec<&str> = text.split(' ').collect();
    let &[at, direction, kind, id, digest, mark] = fields.as_slice() else {
        return Err("TIME DIRECTION KIND ID SHA256 MARK, one space between");
    };
    let known = |at: &str| Timestamp::parse(at).is_some_and(|time| time.at_offset(CHINA) == at);
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
