//! CSV → tree.

use crate::domain::problem::Problem;
use crate::wire::encoding::{self, Encoding};
use crate::wire::limits::Limits;
use crate::wire::sheet::{Builder, Headings, MOST_COLUMNS, Stop, rearm};
use crate::wire::tree::{Tree, line_column};

/// Reads a CSV file; `charset` is what its sender says of it.
///
/// # Errors
///
/// Every fault of its cells, or the first of its quotes.
pub fn read(
    bytes: &[u8],
    charset: Option<Encoding>,
    limits: &Limits,
) -> Result<(Tree, Encoding), Vec<Problem>> {
    read_knowing(bytes, charset, &Headings::default(), limits)
}

/// The same; `headings` are names that its columns may have, so that a title above them is told from them.
///
/// # Errors
///
/// Those of [`read`].
pub fn read_knowing(
    bytes: &[u8],
    charset: Option<Encoding>,
    headings: &Headings<'_>,
    limits: &Limits,
) -> Result<(Tree, Encoding), Vec<Problem>> {
    limits.admit(bytes).map_err(one)?;
    let (text, encoding) = text(bytes, charset).map_err(one)?;
    let mut cells = Cells { text: &text, at: 0, row: 1, line: 1, column: 0, ended: false };
    let mut builder = Builder::new(limits, "", Some(&text), headings);
    loop {
        let cell = match cells.next() {
            Ok(Some(cell)) => cell,
            Ok(None) => break,
            // The cells behind a wrong quote are anybody's guess; those before it have been looked at.
            Err(problem) => return Err(builder.broken(problem)),
        };
        if cell.column == 1 {
            builder.begin(cell.at, cell.line);
        }
        if let Err(Stop) = builder.cell(cell.row, cell.column, rearm(&cell.text), cell.at) {
            break;
        }
    }
    let tree = builder.finish(Vec::new())?;
    match other_separator(&tree) {
        Some(problem) => Err(one(problem)),
        None => Ok((tree.with_source(text), encoding)),
    }
}

fn one(problem: Problem) -> Vec<Problem> {
    vec![problem]
}

/// A mark speaks first, then the sender; else what is UTF-8 is, and what is not is GB 18030.
fn text(bytes: &[u8], charset: Option<Encoding>) -> Result<(String, Encoding), Problem> {
    let encoding = match (encoding::byte_order_mark(bytes), charset) {
        (Some((marked, _)), _) => marked,
        (None, Some(said)) => said,
        (None, None) if std::str::from_utf8(bytes).is_ok() => Encoding::Utf8,
        (None, None) => Encoding::Gb18030,
    };
    Ok((encoding::decode(bytes, encoding)?, encoding))
}

/// A file in which a semicolon or a tab parts the cells has one column, with that sign in its heading.
fn other_separator(tree: &Tree) -> Option<Problem> {
    let [(column, heading)] = tree.table()?.columns.as_slice() else { return None };
    let (sign, zh, en) = [(';', "分号", "a semicolon"), ('\t', "制表符", "a tab"), ('；', "全角分号", "；")]
        .into_iter()
        .find(|(sign, ..)| heading.contains(*sign))?;
    let problem = Problem::new(
        "csv-separator",
        format!("各列似以{zh}分隔，应以逗号分隔"),
        format!("the columns seem to be parted by {en}; a comma was expected"),
    );
    Some(problem.with_place(1, *column).with_path("A1").with_found(&sign.to_string()).with_expected(","))
}

struct Cell<'t> {
    row: u32,
    /// Where it begins; a cell may hold line ends.
    line: u32,
    column: u32,
    at: usize,
    text: std::borrow::Cow<'t, str>,
}

/// The cells of a text, one by one.
struct Cells<'t> {
    text: &'t str,
    at: usize,
    row: u32,
    line: u32,
    /// Of the cell read last, from 1.
    column: u32,
    ended: bool,
}

impl<'t> Cells<'t> {
    fn next(&mut self) -> Result<Option<Cell<'t>>, Problem> {
        if self.ended || (self.column == 0 && self.at == self.text.len()) {
            return Ok(None);
        }
        let at = self.at;
        self.column = self.column.saturating_add(1);
        let column = self.column;
        let rest = &self.text[at..];
        let (text, end) = if let Some(inner) = rest.strip_prefix('"') {
            self.quoted(inner, at)?
        } else {
            let end = rest.find([',', '\n', '\r', '"']).unwrap_or(rest.len());
            if rest[end..].starts_with('"') {
                return Err(self.at(bare_quote(), at + end));
            }
            (std::borrow::Cow::Borrowed(&rest[..end]), at + end)
        };
        let (row, line) = (self.row, self.line);
        if text.contains(['\n', '\r']) {
            self.line += line_column(&text, text.len()).0 - 1;
        }
        self.at = end;
        match self.text.as_bytes().get(end) {
            Some(b',') => self.at += 1,
            Some(b'\r') if self.text.as_bytes().get(end + 1) == Some(&b'\n') => self.line(2),
            Some(b'\r' | b'\n') => self.line(1),
            Some(_) => return Err(self.at(after_quote(), end)),
            None => self.ended = true,
        }
        // A file that is nothing but commas must not cost a cell each: the builder's limit is asked first.
        if column > MOST_COLUMNS && text.is_empty() {
            self.skip_empty();
        }
        Ok(Some(Cell { row, line, column, at, text }))
    }

    fn line(&mut self, bytes: usize) {
        self.at += bytes;
        self.row = self.row.saturating_add(1);
        self.line = self.line.saturating_add(1);
        self.column = 0;
    }

    fn skip_empty(&mut self) {
        if self.column == 0 || self.ended {
            return;
        }
        let commas = self.text[self.at..].bytes().take_while(|byte| *byte == b',').count();
        self.at += commas;
        self.column = self.column.saturating_add(u32::try_from(commas).unwrap_or(u32::MAX));
    }

    /// What stands between quotes, a doubled one being one; `inner` begins behind the first, which stands at `at`.
    fn quoted(&self, inner: &'t str, at: usize) -> Result<(std::borrow::Cow<'t, str>, usize), Problem> {
        let mut whole = String::new();
        let mut from = 0;
        loop {
            let Some(found) = inner[from..].find('"') else {
                return Err(self.at(open_quote(), at));
            };
            let quote = from + found;
            if inner[quote + 1..].starts_with('"') {
                whole.push_str(&inner[from..=quote]);
                from = quote + 2;
                continue;
            }
            let end = at + 1 + quote + 1;
            if whole.is_empty() {
                return Ok((std::borrow::Cow::Borrowed(&inner[from..quote]), end));
            }
            whole.push_str(&inner[from..quote]);
            return Ok((std::borrow::Cow::Owned(whole), end));
        }
    }

    fn at(&self, problem: Problem, at: usize) -> Problem {
        let (line, column) = line_column(self.text, at);
        let path = format!("{}{}", crate::wire::sheet::letters(self.column), self.row);
        problem.with_place(line, column).with_path(path).with_rule("RFC 4180")
    }
}

fn bare_quote() -> Problem {
    Problem::new(
        "csv-quote",
        "未加引号的单元格中有引号：整格应以引号括起，其中的引号写两次",
        "a quote stands in a cell without quotes: quote the whole cell and double the quote in it",
    )
}

fn after_quote() -> Problem {
    Problem::new(
        "csv-quote",
        "引号结束之后应为逗号或换行；单元格内的引号应写两次",
        "a comma or a line end must follow a closing quote; a quote in a cell is doubled",
    )
}

fn open_quote() -> Problem {
    Problem::new("csv-quote", "引号没有结束", "the quote is never closed")
}

#[cfg(test)]
mod tests;
