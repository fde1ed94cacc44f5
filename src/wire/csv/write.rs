//! Tree → CSV.

use crate::domain::problem::Problem;
use crate::wire::encoding::{self, Encoding};
use crate::wire::sheet::{Columns, disarm, lines, titles};
use crate::wire::tree::Tree;

/// Writes the rows of a tree under `columns`, lines ending in CR LF. UTF-8 and UTF-16 bear their mark: without it
/// spreadsheets take the file for the local encoding.
///
/// # Errors
///
/// A character that `encoding` cannot write, and its place.
///
/// # Panics
///
/// Never: what it writes into is memory.
pub fn write(tree: &Tree, columns: Columns<'_>, encoding: Encoding) -> Result<Vec<u8>, Problem> {
    let (names, rows) = lines(tree, columns.names);
    let mut builder = csv::WriterBuilder::new();
    // A title may reach beyond the columns.
    let mut out = builder.flexible(true).terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    let mut line = |cells: Vec<&str>| {
        out.write_record(cells.iter().map(|cell| disarm(cell).into_owned()))
            .expect("memory takes everything");
    };
    for title in titles(tree) {
        let width = title.last().map_or(0, |(column, _)| *column as usize);
        let mut cells = vec![""; names.len().max(width)];
        for (column, node) in title {
            cells[column as usize - 1] = tree.text(node);
        }
        line(cells);
    }
    for heading in columns.lines(&names) {
        line(heading);
    }
    for row in rows {
        let mut cells = vec![""; names.len()];
        for (index, node) in row {
            cells[index] = tree.text(node);
        }
        line(cells);
    }
    let bytes = out.into_inner().expect("a vector takes everything");
    let text = String::from_utf8(bytes).expect("cells are text");
    let marked = matches!(encoding, Encoding::Utf8 | Encoding::Utf16Le | Encoding::Utf16Be);
    let text = if marked { format!("\u{FEFF}{text}") } else { text };
    encoding::encode(&text, encoding)
}
