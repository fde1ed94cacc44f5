//! An answer as a table for people: what became of each record of a file, and where it is wrong.
//!
//! Promise: CSV that a spreadsheet opens as it is (UTF-8 with its mark, lines ending in CR LF), a line for each problem,
//! and one for each record that has none; no cell is run as a formula ([`disarm`]).

use std::io::{self, Write};

use crate::domain::problem::Problem;
use crate::domain::receipt::{Receipt, ReceiptOutcome};
use crate::wire::sheet::disarm;

const HEADINGS: [&str; 9] = ["序号", "登记编号", "结果", "案件", "行", "列", "位置", "问题", "应为"];

/// Writes lines of such a table.
pub struct Lines<W: Write>(csv::Writer<W>);

/// What became of one record.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// Its place among the records, from 1; 0 for what is about the whole file.
    pub index: u64,
    /// The agency's number of the matter.
    pub number: &'a str,
    /// What became of it.
    pub outcome: ReceiptOutcome,
    /// Its case.
    pub case: &'a str,
    /// What is wrong or doubtful.
    pub problems: &'a [Problem],
}

impl<W: Write> Lines<W> {
    /// Begins a table with its headings.
    pub fn begin(mut out: W) -> io::Result<Self> {
        out.write_all("\u{FEFF}".as_bytes())?;
        let mut builder = csv::WriterBuilder::new();
        let mut lines = Self(builder.terminator(csv::Terminator::CRLF).from_writer(out));
        lines.0.write_record(HEADINGS)?;
        Ok(lines)
    }

    /// Adds the lines of a record.
    pub fn add(&mut self, line: Line<'_>) -> io::Result<()> {
        let index = if line.index == 0 { String::new() } else { line.index.to_string() };
        let place = |number: Option<u32>| number.map(|number| number.to_string()).unwrap_or_default();
        let mut write = |problem: Option<&Problem>| {
            let text = |of: fn(&Problem) -> &str| problem.map(of).unwrap_or_default();
            let cells = [
                &*index,
                line.number,
                line.outcome.zh(),
                line.case,
                &place(problem.and_then(|problem| problem.line)),
                &place(problem.and_then(|problem| problem.column)),
                text(|problem| &problem.path),
                text(|problem| &problem.zh),
                text(|problem| problem.expected.as_deref().unwrap_or_default()),
            ];
            self.0.write_record(cells.map(|cell| disarm(cell).into_owned()))
        };
        if line.problems.is_empty() {
            write(None)?;
        }
        for problem in line.problems {
            write(Some(problem))?;
        }
        Ok(())
    }

    /// Ends it.
    pub fn end(self) -> io::Result<W> {
        self.0.into_inner().map_err(csv::IntoInnerError::into_error)
    }
}

/// The table of a receipt: of its records, or of the one that the receipt speaks of.
///
/// # Panics
/// Never: it writes into memory.
#[must_use]
pub fn of_receipt(receipt: &Receipt) -> Vec<u8> {
    let write = || -> io::Result<Vec<u8>> {
        let mut lines = Lines::begin(Vec::new())?;
        if receipt.records.is_empty() {
            lines.add(Line {
                index: 0,
                number: receipt.registration_number.as_deref().unwrap_or_default(),
                outcome: receipt.outcome,
                case: receipt.case_id.as_ref().map_or("", |case| case.as_str()),
                problems: &receipt.problems,
            })?;
        }
        for record in &receipt.records {
            lines.add(Line {
                index: record.index.into(),
                number: record.registration_number.as_deref().unwrap_or_default(),
                outcome: record.outcome,
                case: record.case_id.as_ref().map_or("", |case| case.as_str()),
                problems: &record.problems,
            })?;
        }
        lines.end()
    };
    write().expect("memory takes everything")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_for_each_problem_and_one_for_a_record_without() {
        let mut lines = Lines::begin(Vec::new()).unwrap();
        let wrong = Problem::new("code-unknown", "代码“=1+1”未登记", "unknown").with_place(3, 2);
        let problems = [wrong.with_path("投诉/诉求").with_expected("refund"), Problem::new("x", "缺少", "x")];
        let (number, case) = ("=2+2", "");
        let refused = ReceiptOutcome::Refused;
        lines.add(Line { index: 1, number, outcome: refused, case, problems: &problems }).unwrap();
        let (number, case, outcome) = ("330106", "0198", ReceiptOutcome::Accepted);
        lines.add(Line { index: 2, number, outcome, case, problems: &[] }).unwrap();
        assert_eq!(
            String::from_utf8(lines.end().unwrap()).unwrap(),
            "\u{FEFF}序号,登记编号,结果,案件,行,列,位置,问题,应为\r\n\
             1,'=2+2,已拒绝,,3,2,投诉/诉求,代码“=1+1”未登记,refund\r\n\
             1,'=2+2,已拒绝,,,,,缺少,\r\n2,330106,已接收,0198,,,,,\r\n"
        );
    }
}
