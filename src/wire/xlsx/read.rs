//! One sheet → tree.

use std::io::BufRead;

use crate::domain::problem::Problem;
use crate::wire::limits::{Limits, exceeded};
use crate::wire::sheet::{Builder, Headings, MOST_CHARACTERS, Stop, letters};
use crate::wire::tree::Tree;
use crate::wire::xlsx::book::{self, Book};
use crate::wire::xlsx::number;
use crate::wire::xlsx::package::{Package, broken};
use crate::wire::xlsx::strings;
use crate::wire::xlsx::styles::{self, Meaning};
use crate::wire::xlsx::token::{Attributes, Token, Tokens};

/// Elements `c` of a sheet, empty ones counted. Two million: a template of 100 columns formatted for 20,000 rows;
/// each costs the tokenizer about a quarter of a microsecond.
const MOST_CELLS: usize = 2_000_000;

/// Reads the sheet of a workbook: the first whose name is `wanted`, else the first that people see.
///
/// # Errors
///
/// Every fault of its cells, or the first of its container.
pub fn read(bytes: &[u8], wanted: &[&str], limits: &Limits) -> Result<Tree, Vec<Problem>> {
    read_knowing(bytes, wanted, &Headings::default(), limits)
}

/// The same; `headings` are names that its columns may have, so that a title above them is told from them.
///
/// # Errors
///
/// Those of [`read`].
pub fn read_knowing(
    bytes: &[u8],
    wanted: &[&str],
    headings: &Headings<'_>,
    limits: &Limits,
) -> Result<Tree, Vec<Problem>> {
    let opened = || {
        limits.admit(bytes)?;
        let mut package = Package::open(bytes)?;
        let book = book::read(&mut package, wanted)?;
        let texts = match part(&mut package, book.strings.as_deref())? {
            Some(part) => strings::shared(part, limits)?,
            None => Vec::new(),
        };
        let meanings = match part(&mut package, book.styles.as_deref())? {
            Some(part) => styles::read(part)?,
            None => Vec::new(),
        };
        Ok((package, book, texts, meanings))
    };
    let (mut package, book, texts, meanings) = opened().map_err(|problem| vec![problem])?;
    let mut builder = Builder::new(limits, &book.name, None, headings);
    let walked = package.part(&book.sheet).and_then(|part| {
        let part = part.ok_or_else(|| broken("a sheet has no part").with_found(&book.name))?;
        let sheet = Sheet { book: &book, texts: &texts, meanings: &meanings, row: 0, column: 0, bottom: 0 };
        sheet.walk(&mut Tokens::new(part), &mut builder)
    });
    match walked {
        Ok(()) => builder.finish(book.others),
        Err(problem) => Err(builder.broken(problem.with_path(book.name))),
    }
}

fn part<'p>(
    package: &'p mut Package<'_>,
    name: Option<&'p str>,
) -> Result<Option<std::io::BufReader<impl std::io::Read + 'p>>, Problem> {
    match name {
        Some(name) => package.part(name),
        None => Ok(None),
    }
}

struct Sheet<'a> {
    book: &'a Book,
    texts: &'a [Box<str>],
    meanings: &'a [Meaning],
    /// The row and the column in hand, from 1.
    row: u32,
    column: u32,
    /// The last row with something in it.
    bottom: u32,
}

/// A cell as it stands in the part.
#[derive(Default)]
struct Cell {
    kind: String,
    meaning: Meaning,
    value: Option<String>,
    inline: Option<String>,
    formula: bool,
}

impl Sheet<'_> {
    fn walk<R: BufRead>(mut self, tokens: &mut Tokens<R>, builder: &mut Builder<'_>) -> Result<(), Problem> {
        let mut cells = 0;
        loop {
            match tokens.next()? {
                Token::Start(name, attributes) => match name.as_str() {
                    "row" => self.begin_row(&attributes)?,
                    "c" => {
                        cells += 1;
                        if cells > MOST_CELLS {
                            return Err(exceeded("cells", "单元格个数", "the number of cells", MOST_CELLS));
                        }
                        self.begin_cell(&attributes)?;
                        let meaning = attributes.value("s").and_then(|s| s.parse::<usize>().ok());
                        let meaning = meaning.and_then(|s| self.meanings.get(s)).copied().unwrap_or_default();
                        let kind = attributes.value("t").unwrap_or("n").to_owned();
                        let cell = contents(tokens, Cell { kind, meaning, ..Cell::default() })?;
                        if let Err(Stop) = self.put(&cell, builder) {
                            return Ok(());
                        }
                    }
                    "mergeCell" => {
                        if let Err(Stop) = self.merged(attributes.value("ref").unwrap_or_default(), builder) {
                            return Ok(());
                        }
                    }
                    _ => {}
                },
                Token::Eof => return Ok(()),
                _ => {}
            }
        }
    }

    /// Rows come in their order; one without a number is the next.
    fn begin_row(&mut self, attributes: &Attributes) -> Result<(), Problem> {
        let number = match attributes.value("r") {
            Some(text) => text.parse::<u32>().ok().filter(|row| *row > self.row && *row <= 1_048_576),
            None => self.row.checked_add(1),
        };
        self.row = number.ok_or_else(|| disordered(attributes.value("r").unwrap_or_default()))?;
        self.column = 0;
        Ok(())
    }

    fn begin_cell(&mut self, attributes: &Attributes) -> Result<(), Problem> {
        let column = match attributes.value("r") {
            Some(text) => address(text)
                .filter(|(column, row)| *row == self.row && *column > self.column && *column <= 16_384)
                .map(|(column, _)| column),
            None => Some(self.column + 1).filter(|column| *column <= 16_384),
        };
        self.column = column.ok_or_else(|| disordered(attributes.value("r").unwrap_or_default()))?;
        Ok(())
    }

    fn put(&mut self, cell: &Cell, builder: &mut Builder<'_>) -> Result<(), Stop> {
        let (row, column) = (self.row, self.column);
        match self.text(cell) {
            Ok(text) => {
                if !text.is_empty() {
                    self.bottom = row;
                }
                builder.cell(row, column, &text, 0)
            }
            Err(problem) => builder.tell(row, column, 0, problem),
        }
    }

    fn text(&self, cell: &Cell) -> Result<String, Problem> {
        let value = cell.value.as_deref().unwrap_or_default();
        if cell.formula && cell.value.is_none() {
            return Err(Problem::new(
                "formula-without-value",
                "此单元格是公式，文件中没有其结果：请以数值或文本填写",
                "this cell is a formula whose result the file does not have: fill in the value",
            ));
        }
        match cell.kind.as_str() {
            "s" => {
                let known = value.trim().parse::<usize>().ok().and_then(|index| self.texts.get(index));
                known
                    .map(ToString::to_string)
                    .ok_or_else(|| broken("a cell names a shared string that is not there").with_found(value))
            }
            "inlineStr" => Ok(cell.inline.clone().unwrap_or_default()),
            "str" => Ok(strings::unescape(value)),
            "b" => match value.trim() {
                "1" | "true" => Ok("TRUE".to_owned()),
                "0" | "false" => Ok("FALSE".to_owned()),
                "" => Ok(String::new()),
                _ => Err(broken("a truth value is none").with_found(value)),
            },
            "n" if value.trim().is_empty() => Ok(String::new()),
            "n" => number::text(value.trim(), cell.meaning, self.book.from_1904),
            "d" => Ok(value.to_owned()),
            "e" => Err(Problem::new(
                "cell-error",
                "此单元格是错误值：请改正公式或直接填写",
                "this cell is an error value: mend the formula or fill in the value",
            )
            .with_found(value)),
            kind => Err(broken("a cell is of an unknown type").with_found(kind)),
        }
    }

    /// Merged cells have one value for several places, which no row can mean; beneath the table they do no harm, and in
    /// two rows of headings they show which names a group has.
    fn merged(&mut self, range: &str, builder: &mut Builder<'_>) -> Result<(), Stop> {
        let (first, last) = range.split_once(':').unwrap_or((range, range));
        let (Some((column, row)), Some(end)) = (address(first), address(last)) else { return Ok(()) };
        if (column, row) == end || row > self.bottom || builder.groups(&(row..=end.1)) {
            return Ok(());
        }
        let problem = Problem::new(
            "cells-merged",
            format!("单元格 {range} 已合并，其值属于哪一行、哪一列无法判断：请取消合并"),
            format!("the cells {range} are merged, so that it is not clear whose value it is: unmerge them"),
        );
        builder.tell_rows(row..=end.1, column, &problem.with_found(range))
    }
}

/// What stands in a cell, up to its end.
fn contents<R: BufRead>(tokens: &mut Tokens<R>, mut cell: Cell) -> Result<Cell, Problem> {
    let mut inside = false;
    loop {
        match tokens.next()? {
            Token::Start(name, _) => match name.as_str() {
                "v" => {
                    inside = true;
                    cell.value.get_or_insert_with(String::new);
                }
                "f" => cell.formula = true,
                "is" => cell.inline = Some(strings::item(tokens, "is")?),
                _ => {}
            },
            Token::End(name) => match name.as_str() {
                "c" => return Ok(cell),
                "v" => inside = false,
                _ => {}
            },
            Token::Text(text) if inside => {
                let value = cell.value.get_or_insert_with(String::new);
                value.push_str(&text);
                if value.len() > 4 * MOST_CHARACTERS {
                    let (zh, en) = ("单元格字数", "the length of a cell in characters");
                    return Err(exceeded("cell", zh, en, MOST_CHARACTERS));
                }
            }
            Token::Text(_) => {}
            Token::Eof => return Err(broken("a cell does not end")),
        }
    }
}

/// `C5` → column 3, row 5; with or without `$`.
fn address(text: &str) -> Option<(u32, u32)> {
    let text = text.replace('$', "");
    let split = text.find(|c: char| !c.is_ascii_alphabetic())?;
    let (column, row) = text.split_at(split);
    if column.is_empty() || column.len() > 3 || !row.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let column =
        column.bytes().fold(0, |sum, byte| sum * 26 + u32::from(byte.to_ascii_uppercase() - b'A') + 1);
    let row = row.parse().ok().filter(|row| *row > 0)?;
    debug_assert!(letters(column).len() <= 3);
    Some((column, row))
}

fn disordered(found: &str) -> Problem {
    broken("its rows or cells are not in their order, or beyond XFD1048576").with_found(found)
}

#[cfg(test)]
mod tests;
