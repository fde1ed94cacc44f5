//! Where the cells of a table stand, and what they are called.
//!
//! Promise: every node of a table's tree can be told by the row and column, or the line, that its reader sees.

use crate::domain::problem::Problem;
use crate::wire::sheet::MOST_COLUMNS;
use crate::wire::tree::line_column;

/// What a tree knows of the table it was read from.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// The name of the sheet; empty for CSV.
    pub name: String,
    /// The columns' names, as they stand.
    pub columns: Vec<(u32, String)>,
    /// The line of the headings: the row's number in a grid.
    pub heading: u32,
    /// Sheets of the same workbook that were not read.
    pub others: Vec<String>,
    /// What is wrong with single cells: their rows can be set aside, and the others read.
    pub faults: Vec<Problem>,
    /// Row and column of each node, both from 1; 0 for none.
    pub(super) cells: Vec<(u32, u32)>,
    /// Of a text: the offset and the line of each row's beginning. Empty for a grid, whose places are rows and columns.
    pub(super) begins: Vec<(u32, u32)>,
}

/// Bits of an offset that tell the column of a grid's cell; [`MOST_ROWS`](super::MOST_ROWS) fits into the other 18.
pub(super) const COLUMN_BITS: u32 = 14;

impl Table {
    /// Row and column of a node, where it has them.
    #[must_use]
    pub fn cell(&self, index: usize) -> Option<(u32, u32)> {
        self.cells.get(index).copied().filter(|(row, _)| *row > 0)
    }

    /// Line and column of an offset in `source`; row and column of a grid's cell.
    #[must_use]
    pub fn place(&self, source: &str, offset: usize) -> (u32, u32) {
        let at = u32::try_from(offset).unwrap_or(u32::MAX);
        let Some(index) = self.begins.partition_point(|(begin, _)| *begin <= at).checked_sub(1) else {
            return ((at >> COLUMN_BITS).saturating_add(1), (at & ((1 << COLUMN_BITS) - 1)) + 1);
        };
        let (begin, line) = self.begins[index];
        let row = source.get(begin as usize..).unwrap_or_default();
        let (lines, column) = line_column(row, offset - begin as usize);
        (line + lines - 1, column)
    }

    /// The cell's name for people: `投诉!C5`, or `C5` without a sheet's name.
    #[must_use]
    pub fn address(&self, row: u32, column: u32) -> String {
        let cell = format!("{}{row}", letters(column));
        if self.name.is_empty() { cell } else { format!("{}!{cell}", self.name) }
    }

    /// The column of a name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<u32> {
        self.columns.iter().find(|(_, known)| known == name).map(|(column, _)| *column)
    }
}

/// A column's letters: 1 is A, 27 is AA.
#[must_use]
pub fn letters(column: u32) -> String {
    let mut left = column;
    let mut letters = Vec::new();
    while left > 0 {
        left -= 1;
        letters.push(char::from(b'A' + u8::try_from(left % 26).unwrap_or(0)));
        left /= 26;
    }
    letters.iter().rev().collect()
}

/// The number of a column by its letters, as far as a table may have it.
pub(super) fn column_of(letters: &str) -> Option<u32> {
    let all = !letters.is_empty() && letters.len() <= 3 && letters.bytes().all(|b| b.is_ascii_uppercase());
    let number = letters.bytes().fold(0, |sum, byte| sum * 26 + u32::from(byte.saturating_sub(b'A')) + 1);
    (all && number <= MOST_COLUMNS).then_some(number)
}
