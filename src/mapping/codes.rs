//! Code lists: `codes/NAME.csv` with `wire,record,label[,write,since,until]`.
//!
//! Promise: a list that loads is unambiguous both ways on every day: a wire code means one record word, and a record
//! word is written as one wire code (`write = *` chooses among several). `since` and `until` are the first and the last
//! day of a line's validity; a code may change its meaning, and a word its code, from one day to the next.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::NaiveDate;

use crate::domain::problem::Problem;
use crate::mapping::fault::Spot;
use crate::mapping::files::ProfileFiles;

/// One list.
#[derive(Debug, Default)]
pub(crate) struct CodeList {
    pub(crate) name: String,
    /// Its file.
    path: String,
    /// The last line of the file with anything on it.
    lines: u32,
    /// Wire codes in file order, each once.
    pub(crate) wires: Vec<String>,
    entries: Vec<Entry>,
    /// Entries by wire code, and by record word.
    to_record: HashMap<String, Vec<usize>>,
    to_wire: HashMap<String, Vec<usize>>,
    /// Whether several wire codes share a record word at one time, so that reading forgets which it was.
    pub(crate) many_to_one: bool,
}

/// One line of a list.
#[derive(Debug)]
struct Entry {
    wire: String,
    record: String,
    label: String,
    star: bool,
    /// The first and the last day on which it is valid.
    since: Option<NaiveDate>,
    until: Option<NaiveDate>,
    line: u32,
}

/// What a list says of a code or word on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found<'a> {
    /// This.
    Now(&'a str),
    /// It knows it, but not on that day: the days of the nearest line that does.
    Once(Option<NaiveDate>, Option<NaiveDate>),
    /// It does not know it.
    Never,
}

impl Entry {
    fn valid(&self, on: NaiveDate) -> bool {
        self.since.is_none_or(|since| since <= on) && self.until.is_none_or(|until| on <= until)
    }

    fn overlaps(&self, other: &Self) -> bool {
        let before =
            |a: &Self, b: &Self| matches!((a.until, b.since), (Some(end), Some(start)) if end < start);
        !before(self, other) && !before(other, self)
    }
}

impl CodeList {
    /// The record word of a wire code on a day.
    pub(crate) fn record(&self, wire: &str, on: NaiveDate) -> Found<'_> {
        self.find(self.to_record.get(wire), on, |entry| &entry.record)
    }

    /// The wire code of a record word on a day.
    pub(crate) fn wire(&self, record: &str, on: NaiveDate) -> Found<'_> {
        self.find(self.to_wire.get(record), on, |entry| &entry.wire)
    }

    fn find<'a>(
        &'a self,
        known: Option<&Vec<usize>>,
        on: NaiveDate,
        side: fn(&'a Entry) -> &'a String,
    ) -> Found<'a> {
        let Some(known) = known else { return Found::Never };
        let valid = || known.iter().map(|index| &self.entries[*index]).filter(|entry| entry.valid(on));
        match valid().find(|entry| entry.star).or_else(|| valid().next()) {
            Some(entry) => Found::Now(side(entry)),
            None => known.last().map_or(Found::Never, |index| {
                let entry = &self.entries[*index];
                Found::Once(entry.since, entry.until)
            }),
        }
    }

    /// Each wire code that has not run out, with what it is called where that is not the code itself.
    pub(crate) fn choices(&self) -> Vec<(String, String)> {
        let last = |wire: &String| self.to_record.get(wire)?.last().map(|index| &self.entries[*index]);
        let lasting = self.wires.iter().filter_map(last).filter(|entry| entry.until.is_none());
        let label =
            |entry: &Entry| if entry.label == entry.wire { String::new() } else { entry.label.clone() };
        lasting.map(|entry| (entry.wire.clone(), label(entry))).collect()
    }

    /// The first line of a wire code, or of a record word; the last line where there is none yet.
    pub(crate) fn spot(&self, word: &str, of_wire: bool) -> Spot {
        let of = |entry: &&Entry| word == if of_wire { &entry.wire } else { &entry.record };
        let line = self.entries.iter().find(of).map_or(self.lines, |entry| entry.line);
        Spot { file: self.path.as_str().into(), line, column: 1 }
    }

    /// The record words, sorted.
    pub(crate) fn records(&self) -> Vec<&str> {
        let mut words: Vec<&str> = self.to_wire.keys().map(String::as_str).collect();
        words.sort_unstable();
        words
    }
}

/// The lists of a profile, by name.
#[derive(Debug, Default)]
pub(crate) struct CodeLists(BTreeMap<String, Arc<CodeList>>);

impl CodeLists {
    /// Reads every `codes/*.csv`.
    pub(crate) fn read(files: &ProfileFiles) -> Result<Self, Vec<Problem>> {
        let mut faults = Vec::new();
        let mut lists = Self::default();
        for path in files.ending(".csv").filter(|path| path.starts_with("codes/")) {
            let name = path.trim_start_matches("codes/").trim_end_matches(".csv");
            match files.text(path) {
                Ok(text) => {
                    let list = parse(name, path, text, &mut faults);
                    lists.0.insert(name.to_owned(), Arc::new(list));
                }
                Err(fault) => faults.push(fault),
            }
        }
        if faults.is_empty() { Ok(lists) } else { Err(faults) }
    }

    /// A list by its name.
    pub(crate) fn list(&self, name: &str) -> Option<Arc<CodeList>> {
        self.0.get(name).cloned()
    }

    /// The names there are.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    #[cfg(test)]
    pub(crate) fn add_for_test(&mut self, name: &str, text: &str) {
        let mut faults = Vec::new();
        self.0.insert(name.to_owned(), Arc::new(parse(name, name, text, &mut faults)));
        assert!(faults.is_empty(), "{faults:?}");
    }
}

const HEADER: [&str; 6] = ["wire", "record", "label", "write", "since", "until"];

fn parse(name: &str, path: &str, text: &str, faults: &mut Vec<Problem>) -> CodeList {
    let mut list = CodeList { name: name.to_owned(), path: path.to_owned(), lines: 1, ..CodeList::default() };
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .comment(Some(b'#'))
        .from_reader(text.as_bytes());
    let mut columns = 0;
    for (index, row) in reader.records().enumerate() {
        let Ok(row) = row else {
            faults.push(Spot::top(path).fault("code-list", "不是 CSV", "not CSV"));
            return list;
        };
        let line = row.position().map_or(1, |at| line(text, at));
        let spot = Spot { file: path.into(), line: u32::try_from(line).unwrap_or(u32::MAX), column: 1 };
        list.lines = spot.line;
        let cell = |n: usize| row.get(n).unwrap_or("").trim();
        if index == 0 {
            let fits = row.len() >= 3 && row.len() <= 6 && (0..row.len()).all(|n| cell(n) == HEADER[n]);
            if !fits {
                faults.push(spot.fault(
                    "code-header",
                    "代码表首行应为 wire,record,label[,write,since,until]",
                    "a code list begins with wire,record,label[,write,since,until]",
                ));
                return list;
            }
            columns = row.len();
            continue;
        }
        // What stands behind a comma of the label would be taken for something else.
        if row.len() > columns || !matches!(cell(3), "" | "*") {
            faults.push(spot.fault(
                "code-row",
                format!("多出的单元格“{}”：含逗号的 label 须加引号；write 只可为 * 或空", cell(3)),
                format!(
                    "\"{}\" is too much: a label with a comma wants quotes, and write is * or empty",
                    cell(3)
                ),
            ));
            continue;
        }
        if cell(1).is_empty() {
            faults.push(spot.fault("code-row", "缺少 record 列", "the record cell is empty"));
            continue;
        }
        let mut day = |n: usize| {
            let text = cell(n);
            let day = (text.len() == 10).then(|| text.parse().ok()).flatten();
            if day.is_none() && !text.is_empty() {
                faults.push(spot.fault(
                    "code-date",
                    format!("“{text}”应为日期，如 2026-03-09"),
                    format!("\"{text}\": expected a date such as 2026-03-09"),
                ));
            }
            day
        };
        let (since, until) = (day(4), day(5));
        let entry = Entry {
            wire: cell(0).into(),
            record: cell(1).into(),
            label: cell(2).into(),
            star: cell(3) == "*",
            since,
            until,
            line: spot.line,
        };
        list.add(entry, &spot, faults);
    }
    list
}

/// The line of a row: the reader's place is that of the comments and blank lines before it.
fn line(text: &str, at: &csv::Position) -> u64 {
    let begin = usize::try_from(at.byte()).unwrap_or(usize::MAX);
    let skipped = text.get(begin..).unwrap_or_default().lines();
    at.line() + skipped.take_while(|line| line.is_empty() || line.starts_with('#')).map(|_| 1).sum::<u64>()
}

impl CodeList {
    fn add(&mut self, entry: Entry, spot: &Spot, faults: &mut Vec<Problem>) {
        if since_after_until(&entry) {
            faults.push(spot.fault("code-date", "since 晚于 until", "since is later than until"));
        }
        let known = self.to_record.entry(entry.wire.clone()).or_default();
        if known.is_empty() {
            self.wires.push(entry.wire.clone());
        }
        if known.iter().any(|index| self.entries[*index].overlaps(&entry)) {
            faults.push(spot.fault(
                "code-twice",
                format!("代码“{}”重复", entry.wire),
                format!("the wire code \"{}\" stands twice", entry.wire),
            ));
        }
        known.push(self.entries.len());
        let known = self.to_wire.entry(entry.record.clone()).or_default();
        let twins: Vec<&Entry> =
            known.iter().map(|index| &self.entries[*index]).filter(|other| other.overlaps(&entry)).collect();
        self.many_to_one |= !twins.is_empty();
        if let Some(first) = twins.iter().find(|other| other.star && entry.star) {
            faults.push(spot.fault(
                "code-star",
                format!("“{}”有两个 write=*", entry.record),
                format!("\"{}\" has write=* twice (also {})", entry.record, first.wire),
            ));
        }
        known.push(self.entries.len());
        self.entries.push(entry);
    }
}

fn since_after_until(entry: &Entry) -> bool {
    matches!((entry.since, entry.until), (Some(since), Some(until)) if since > until)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_codes_for_one_word_write_the_starred_one() {
        let mut faults = Vec::new();
        let list = parse("l", "l.csv", "wire,record,label,write\n1,a,甲,\n2,b,乙,\n3,b,丙,*\n", &mut faults);
        assert!(faults.is_empty());
        assert_eq!(list.record("2", day("2026-11-23")), Found::Now("b"));
        assert_eq!(list.wire("b", day("2026-11-23")), Found::Now("3"));
        assert!(list.many_to_one);
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    /// Hangzhou's divisions as they changed in April 2021: two districts went, one took a new code.
    #[test]
    fn a_line_is_valid_from_its_first_day_to_its_last() {
        let mut faults = Vec::new();
        let text = "wire,record,label,write,since,until\n330103,xiacheng,下城区,,,2021-04-08\n\
                    330105,gongshu,拱墅区,,,\n330110,yuhang,余杭区,,,2021-04-08\n330113,linping,临平区,,2021-04-09,\n\
                    330110,new-yuhang,余杭区,,2021-04-09,\n";
        let list = parse("l", "l.csv", text, &mut faults);
        assert!(faults.is_empty(), "{faults:?}");
        assert!(!list.many_to_one);
        assert_eq!(list.record("330103", day("2021-04-08")), Found::Now("xiacheng"));
        assert_eq!(list.record("330103", day("2021-04-09")), Found::Once(None, Some(day("2021-04-08"))));
        assert_eq!(list.wire("linping", day("2021-04-08")), Found::Once(Some(day("2021-04-09")), None));
        assert_eq!(list.record("330110", day("2020-01-01")), Found::Now("yuhang"));
        assert_eq!(list.record("330110", day("2026-01-01")), Found::Now("new-yuhang"));
        assert_eq!(list.record("330199", day("2026-01-01")), Found::Never);
        assert_eq!(list.wires, ["330103", "330105", "330110", "330113"]);
    }

    #[test]
    fn ambiguity_and_a_wrong_header_are_faults() {
        let codes = |text: &str| {
            let mut faults = Vec::new();
            parse("l", "codes/l.csv", text, &mut faults);
            faults.iter().map(|f| (f.code.to_string(), f.line)).collect::<Vec<_>>()
        };
        assert_eq!(codes("wire,record,label\n1,a,\n1,b,\n"), [("code-twice".to_owned(), Some(3))]);
        assert_eq!(codes("code,record\n1,a\n"), [("code-header".to_owned(), Some(1))]);
        assert_eq!(codes("wire,record,label,write\n1,a,进行,中\n"), [("code-row".to_owned(), Some(2))]);
        assert_eq!(codes("wire,record,label\n1,a,进行,中\n"), [("code-row".to_owned(), Some(2))]);
        assert_eq!(codes("wire,record,label,write\n1,a,,*\n2,a,,*\n"), [("code-star".to_owned(), Some(3))]);
        let dated = |lines: &str| codes(&format!("wire,record,label,write,since,until\n{lines}"));
        assert_eq!(dated("1,a,,,2026-1-1,\n"), [("code-date".to_owned(), Some(2))]);
        assert_eq!(dated("1,a,,,2026-02-01,2026-01-31\n"), [("code-date".to_owned(), Some(2))]);
        assert_eq!(dated("1,a,,,,2026-01-31\n1,b,,,2026-01-31,\n"), [("code-twice".to_owned(), Some(3))]);
        assert_eq!(dated("1,a,,*,,2026-01-31\n2,a,,*,2026-02-01,\n"), []);
    }
}
