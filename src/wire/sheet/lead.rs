//! What stands above the headings of a table: the title that people put there, `千灯县2026年3月投诉台账`.
//!
//! Promise: of the first rows with anything in them, the first one of which half the cells are headings that the reader was
//! told of names the columns; without such a row, the one that has most of them; without having been told of any, the
//! first row, or the first one of several cells below rows of one. What stands above is the title, kept cell by cell.

use std::collections::HashSet;

use crate::domain::problem::Problem;

/// Rows among which the headings are looked for. Ten: a title, who fills it in, the unit of the amounts, remarks.
pub(super) const MOST_LEAD: usize = 10;

/// Something that came before it was known which row names the columns.
pub(super) struct Waiting {
    pub(super) row: u32,
    pub(super) column: u32,
    pub(super) at: usize,
    pub(super) what: What,
}

/// What came.
pub(super) enum What {
    /// A cell's text.
    Cell(String),
    /// What is wrong with a cell.
    Fault(Problem),
}

/// The first rows of a table, as long as nobody knows which of them names the columns.
#[derive(Default)]
pub(super) struct Lead {
    /// Headings that the reader was told of.
    headings: HashSet<String>,
    rows: Vec<u32>,
    pub(super) waiting: Vec<Waiting>,
}

impl Lead {
    pub(super) fn knowing(headings: &[&str]) -> Self {
        Self { headings: headings.iter().map(|name| (*name).to_owned()).collect(), ..Self::default() }
    }

    /// Takes something in; gives it back when it stands in a row too far down.
    pub(super) fn take(&mut self, waiting: Waiting) -> Option<Waiting> {
        if self.rows.last() != Some(&waiting.row) {
            if self.rows.len() == MOST_LEAD {
                return Some(waiting);
            }
            self.rows.push(waiting.row);
        }
        self.waiting.push(waiting);
        None
    }

    /// The row that names the columns.
    pub(super) fn header(&self) -> Option<u32> {
        let cells = |row: u32| self.waiting.iter().filter(move |waiting| waiting.row == row);
        let known = |row: u32| {
            let told = |waiting: &&Waiting| matches!(&waiting.what, What::Cell(text) if self.headings.contains(text.trim()));
            cells(row).filter(told).count()
        };
        let mut best: Option<(usize, u32)> = None;
        for row in self.rows.iter().copied() {
            let count = known(row);
            // Headings that stand twice are headings the first time, even if one of them is misspelt there.
            if count > 0 && count * 2 >= cells(row).count() {
                return Some(row);
            }
            if count > best.map_or(0, |(most, _)| most) {
                best = Some((count, row));
            }
        }
        if let Some((_, row)) = best {
            return Some(row);
        }
        let several = self.rows.iter().copied().find(|row| cells(*row).count() > 1);
        several.filter(|_| self.headings.is_empty()).or_else(|| self.rows.first().copied())
    }
}
