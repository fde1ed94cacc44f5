//! Tree → one sheet.

use rust_xlsxwriter::{Format, FormatAlign, Workbook, Worksheet, XlsxError};

use crate::domain::problem::Problem;
use crate::wire::sheet::{Columns, MOST_CHARACTERS, lines, spans, titles};
use crate::wire::tree::Tree;

/// Characters of a sheet's name, as spreadsheets allow.
const MOST_NAME: usize = 31;

/// The sheet's name that comes nearest to `name`: without the signs that may not stand in one, and short enough.
#[must_use]
pub fn sheet_name(name: &str) -> String {
    let allowed = |c: &char| !matches!(c, '[' | ']' | ':' | '*' | '?' | '/' | '\\') && !c.is_control();
    // Spreadsheets count in UTF-16.
    let mut units = 0;
    let name: String = name
        .chars()
        .filter(allowed)
        .take_while(|c| {
            units += c.len_utf16();
            units <= MOST_NAME
        })
        .collect();
    let name = name.trim_matches('\'').trim();
    if name.is_empty() { "Sheet1".to_owned() } else { name.to_owned() }
}

/// Writes the rows of a tree under `columns`, every cell as text.
///
/// # Errors
///
/// A cell longer than spreadsheets hold.
pub fn write(tree: &Tree, name: &str, columns: Columns<'_>) -> Result<Vec<u8>, Problem> {
    let (names, rows) = lines(tree, columns.names);
    let headings = columns.lines(&names);
    let above = titles(tree);
    let heading = Format::new().set_bold().set_num_format("@");
    let cell = Format::new().set_num_format("@");
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let mut fill = || {
        sheet.set_name(sheet_name(name))?;
        for (line, title) in (0..).zip(&above) {
            for (column, node) in title {
                let column = u16::try_from(column - 1).map_err(|_| XlsxError::RowColumnLimitError)?;
                sheet.write_string_with_format(line, column, tree.text(*node), &cell)?;
            }
        }
        let first = u32::try_from(above.len()).map_err(|_| XlsxError::RowColumnLimitError)?;
        let below = first + u32::try_from(headings.len()).unwrap_or(u32::MAX);
        sheet.set_freeze_panes(below, 0)?;
        write_headings(sheet, first, &headings, |_| heading.clone())?;
        for (line, row) in (below..).zip(&rows) {
            for (index, node) in row {
                let column = u16::try_from(*index).map_err(|_| XlsxError::RowColumnLimitError)?;
                sheet.write_string_with_format(line, column, tree.text(*node), &cell)?;
            }
        }
        Ok(())
    };
    fill().map_err(|error: XlsxError| unwritable(&error))?;
    book.save_to_buffer().map_err(|error| unwritable(&error))
}

/// Writes rows of headings from row `first` on, a group over its names, each column in its own format.
pub(super) fn write_headings(
    sheet: &mut Worksheet,
    first: u32,
    lines: &[Vec<&str>],
    format: impl Fn(usize) -> Format,
) -> Result<(), XlsxError> {
    for ((top, left), (bottom, right)) in spans(lines) {
        let text = lines[top as usize][usize::from(left)];
        let format = format(usize::from(left)).set_align(FormatAlign::Center);
        sheet.merge_range(first + top, left, first + bottom, right, text, &format)?;
    }
    let merged = |row: u32, column: u16| {
        let within = |((top, left), (bottom, right)): ((u32, u16), (u32, u16))| {
            (top..=bottom).contains(&row) && (left..=right).contains(&column)
        };
        spans(lines).into_iter().any(within)
    };
    for (row, line) in (0..).zip(lines) {
        for (column, text) in (0..).zip(line) {
            if !text.is_empty() && !merged(row, column) {
                let format = format(usize::from(column));
                sheet.write_string_with_format(first + row, column, *text, &format)?;
            }
        }
    }
    Ok(())
}

/// What a spreadsheet cannot hold.
pub(super) fn unwritable(error: &XlsxError) -> Problem {
    match error {
        XlsxError::MaxStringLengthExceeded => {
            let (zh, en) = ("单元格字数", "the length of a cell in characters");
            crate::wire::limits::exceeded("cell", zh, en, MOST_CHARACTERS)
        }
        other => Problem::new(
            "xlsx-unwritable",
            format!("无法写成 XLSX：{other}"),
            format!("it cannot be written as XLSX: {other}"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_sheets_are_made_to_fit() {
        assert_eq!(sheet_name("投诉[2026]: 全部/部分"), "投诉2026 全部部分");
        assert_eq!(sheet_name("''"), "Sheet1");
        assert_eq!(sheet_name(&"投".repeat(40)).chars().count(), 31);
    }
}
