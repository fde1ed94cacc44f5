//! What stands above the headings of a table: the title that people put there, `千灯县2026年3月投诉台账`.
//!
//! Promise: of the first rows with anything in them, the first one of which half the cells are headings that the reader was
//! told of names the columns; without such a row, the one that has most of them; without having been told of any, the
//! first row, or the first one of several cells below rows of one. Of headings in two rows, the two that know most of what
//! the reader was told of are taken before any single one. What stands above is the title, kept cell by cell.

use std::collections::HashSet;

use crate::domain::problem::Problem;
use crate::wire::sheet::heading::{HeadingRows, Headings, composed};

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
    /// The same, of two rows.
    grouped: HashSet<String>,
    rows: Vec<u32>,
    pub(super) waiting: Vec<Waiting>,
}

impl Lead {
    pub(super) fn knowing(headings: &Headings<'_>) -> Self {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Self { headings: owned(&headings.one), grouped: owned(&headings.two), ..Self::default() }
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

    /// The columns that a row and the one below it name together.
    pub(super) fn composed(&self, row: u32) -> Vec<(u32, String)> {
        let cells = |row: u32| -> Vec<(u32, &str)> {
            let those = self.waiting.iter().filter(|waiting| waiting.row == row);
            those
                .filter_map(|waiting| match &waiting.what {
                    What::Cell(text) => Some((waiting.column, text.as_str())),
                    What::Fault(_) => None,
                })
                .collect()
        };
        composed(&cells(row), &cells(row + 1))
    }

    /// The row that names the columns, the upper one of two.
    pub(super) fn header(&self) -> Option<(u32, HeadingRows)> {
        if !self.grouped.is_empty() {
            let mut best: Option<(usize, u32)> = None;
            for pair in self.rows.windows(2).filter(|pair| pair[0] + 1 == pair[1]) {
                let names = self.composed(pair[0]);
                let known = names.iter().filter(|(_, name)| self.grouped.contains(name)).count();
                // A title above the headings makes pairs with them, too, that know fewer.
                if known * 2 >= names.len() && known > best.map_or(0, |(most, _)| most) {
                    best = Some((known, pair[0]));
                }
            }
            if let Some((_, row)) = best {
                return Some((row, HeadingRows::Two));
            }
        }
        self.one().map(|row| (row, HeadingRows::One))
    }

    fn one(&self) -> Option<u32> {
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
        let told = !self.headings.is_empty() || !self.grouped.is_empty();
        several.filter(|_| !told).or_else(|| self.rows.first().copied())
    }
}
