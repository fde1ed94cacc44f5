//! Code lists: `codes/NAME.csv` with `wire,record,label[,write,since,until]`.
//!
//! Promise: a list that loads is unambiguous both ways: a wire code means one record word, and a record word is
//! written as one wire code (`write = *` chooses among several).

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::domain::problem::Problem;
use crate::mapping::fault::Spot;
use crate::mapping::files::ProfileFiles;

/// One list.
#[derive(Debug, Default)]
pub(crate) struct CodeList {
    pub(crate) name: String,
    /// Wire codes in file order.
    pub(crate) wires: Vec<String>,
    to_record: HashMap<String, String>,
    to_wire: HashMap<String, String>,
    /// Whether several wire codes share a record word, so that reading forgets which it was.
    pub(crate) many_to_one: bool,
}

impl CodeList {
    /// The record word of a wire code.
    pub(crate) fn record(&self, wire: &str) -> Option<&str> {
        self.to_record.get(wire).map(String::as_str)
    }

    /// The wire code of a record word.
    pub(crate) fn wire(&self, record: &str) -> Option<&str> {
        self.to_wire.get(record).map(String::as_str)
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
    let mut list = CodeList { name: name.to_owned(), ..CodeList::default() };
    let mut starred: Vec<String> = Vec::new();
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .comment(Some(b'#'))
        .from_reader(text.as_bytes());
    for (index, row) in reader.records().enumerate() {
        let Ok(row) = row else {
            faults.push(Spot::top(path).fault("code-list", "不是 CSV", "not CSV"));
            return list;
        };
        let line = row.position().map_or(1, csv::Position::line);
        let spot = Spot { file: path.into(), line: u32::try_from(line).unwrap_or(u32::MAX), column: 1 };
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
            continue;
        }
        let (wire, record) = (cell(0), cell(1));
        if record.is_empty() {
            faults.push(spot.fault("code-row", "缺少 record 列", "the record cell is empty"));
            continue;
        }
        if list.to_record.insert(wire.to_owned(), record.to_owned()).is_some() {
            faults.push(spot.fault(
                "code-twice",
                format!("代码“{wire}”重复"),
                format!("the wire code \"{wire}\" stands twice"),
            ));
        }
        list.wires.push(wire.to_owned());
        let star = cell(3) == "*";
        if let Some(first) = list.to_wire.get(record) {
            list.many_to_one = true;
            if star && starred.iter().any(|s| s == record) {
                faults.push(spot.fault(
                    "code-star",
                    format!("“{record}”有两个 write=*"),
                    format!("\"{record}\" has write=* twice (also {first})"),
                ));
            }
        }
        if star || !list.to_wire.contains_key(record) {
            list.to_wire.insert(record.to_owned(), wire.to_owned());
        }
        if star {
            starred.push(record.to_owned());
        }
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_codes_for_one_word_write_the_starred_one() {
        let mut faults = Vec::new();
        let list = parse("l", "l.csv", "wire,record,label,write\n1,a,甲,\n2,b,乙,\n3,b,丙,*\n", &mut faults);
        assert!(faults.is_empty());
        assert_eq!(list.record("2"), Some("b"));
        assert_eq!(list.wire("b"), Some("3"));
        assert!(list.many_to_one);
    }

    #[test]
    fn ambiguity_and_a_wrong_header_are_faults() {
        let codes = |text| {
            let mut faults = Vec::new();
            parse("l", "codes/l.csv", text, &mut faults);
            faults.iter().map(|f| (f.code.to_string(), f.line)).collect::<Vec<_>>()
        };
        assert_eq!(codes("wire,record,label\n1,a,\n1,b,\n"), [("code-twice".to_owned(), Some(3))]);
        assert_eq!(codes("code,record\n1,a\n"), [("code-header".to_owned(), Some(1))]);
        assert_eq!(codes("wire,record,label,write\n1,a,,*\n2,a,,*\n"), [("code-star".to_owned(), Some(3))]);
    }
}
