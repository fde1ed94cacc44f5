//! The headings of a table: one row of names, or two, where the upper one groups columns (投诉人 over 姓名 and 电话).
//!
//! Promise: with two rows a column is called `GROUP/NAME`, and one that stands alone by its own name, in whichever of the
//! two rows that stands. A group reaches to the right as far as the cells beside it are blank above and named below.

/// In how many rows the headings of a table stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HeadingRows {
    /// In one.
    #[default]
    One,
    /// In two: groups, and the names in them.
    Two,
}

/// Names that columns may have, so that the headings are told from a title above them.
#[derive(Clone, Debug, Default)]
pub struct Headings<'h> {
    /// In a row of names.
    pub one: Vec<&'h str>,
    /// In two rows, as `GROUP/NAME`.
    pub two: Vec<&'h str>,
}

/// The columns that a table is written with.
#[derive(Clone, Copy, Debug)]
pub struct Columns<'c> {
    /// Their names.
    pub names: &'c [String],
    /// In how many rows they are written.
    pub rows: HeadingRows,
}

/// What parts a group from a name in it.
const WITHIN: char = '/';

/// Column and name of each column of two rows of headings, given as cells in their order. A group without a name below
/// itself is a column that stands alone.
pub(super) fn composed(above: &[(u32, &str)], below: &[(u32, &str)]) -> Vec<(u32, String)> {
    let at = |cells: &[(u32, &str)], column: u32| {
        let found = cells.binary_search_by_key(&column, |(column, _)| *column).ok();
        found.map(|index| cells[index].1.trim().to_owned()).filter(|text| !text.is_empty())
    };
    let mut columns: Vec<u32> = above.iter().chain(below).map(|(column, _)| *column).collect();
    columns.sort_unstable();
    columns.dedup();
    let mut group: Option<(u32, String)> = None;
    let mut found = Vec::new();
    for column in columns {
        let name = at(below, column);
        match (at(above, column), &name) {
            (Some(text), Some(_)) => group = Some((column, text)),
            (Some(text), None) => {
                group = None;
                found.push((column, text));
            }
            // A column between that has no heading at all ends a group.
            (None, _) => {
                group = group.filter(|(last, _)| *last + 1 == column).map(|(_, text)| (column, text));
            }
        }
        let Some(name) = name else { continue };
        match &mut group {
            Some((last, text)) => {
                *last = column;
                found.push((column, format!("{text}{WITHIN}{name}")));
            }
            None => found.push((column, name)),
        }
    }
    found
}

impl Columns<'_> {
    /// The rows of headings that `names` are written as, cell by cell: for two rows, the groups where they begin.
    #[must_use]
    pub fn lines<'n>(&self, names: &'n [String]) -> Vec<Vec<&'n str>> {
        if self.rows == HeadingRows::One {
            return vec![names.iter().map(String::as_str).collect()];
        }
        let mut above = Vec::with_capacity(names.len());
        let mut below = Vec::with_capacity(names.len());
        let mut group = None;
        for name in names {
            let parts = name.split_once(WITHIN).filter(|(group, name)| !group.is_empty() && !name.is_empty());
            if let Some((text, name)) = parts {
                above.push(if group == Some(text) { "" } else { text });
                below.push(name);
                group = Some(text);
            } else {
                above.push(name);
                below.push("");
                group = None;
            }
        }
        vec![above, below]
    }
}

/// Cells of two heading rows that belong together, as rows and columns from 0: a group over its names, and a column that
/// stands alone over both rows.
pub(crate) fn spans(lines: &[Vec<&str>]) -> Vec<((u32, u16), (u32, u16))> {
    let [above, below] = lines else { return Vec::new() };
    let mut spans: Vec<((u32, u16), (u32, u16))> = Vec::new();
    let mut open = None;
    for (column, (group, name)) in (0_u16..).zip(above.iter().zip(below)) {
        if name.is_empty() {
            spans.push(((0, column), (1, column)));
            open = None;
        } else if !group.is_empty() {
            open = Some(column);
        } else if let Some(begin) = open {
            spans.retain(|span| *span != ((0, begin), (0, column - 1)));
            spans.push(((0, begin), (0, column)));
        }
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(above: &[(u32, &str)], below: &[(u32, &str)]) -> Vec<String> {
        composed(above, below).into_iter().map(|(_, name)| name).collect()
    }

    #[test]
    fn a_group_reaches_over_the_names_below_it() {
        let above = [(1, "编号"), (2, "投诉人"), (4, "商品"), (6, "商家")];
        let below = [(2, "姓名"), (3, " 电话 "), (5, "数量"), (6, "名称"), (7, "电话"), (9, "备注")];
        // 数量 stands beside a column of its own, 备注 beyond a blank one: neither is of a group.
        assert_eq!(
            names(&above, &below),
            ["编号", "投诉人/姓名", "投诉人/电话", "商品", "数量", "商家/名称", "商家/电话", "备注"]
        );
    }

    #[test]
    fn what_is_written_is_read_as_the_same_names() {
        let given: Vec<String> =
            ["编号", "投诉人/姓名", "投诉人/电话", "备注", "投诉人/单位/部门", "商品/名称"]
                .map(str::to_owned)
                .to_vec();
        let lines = Columns { names: &given, rows: HeadingRows::Two }.lines(&given);
        assert_eq!(lines[0], ["编号", "投诉人", "", "备注", "投诉人", "商品"]);
        assert_eq!(lines[1], ["", "姓名", "电话", "", "单位/部门", "名称"]);
        let cells = |line: usize| -> Vec<(u32, &str)> {
            (1..).zip(lines[line].iter().copied()).filter(|(_, text)| !text.is_empty()).collect()
        };
        assert_eq!(names(&cells(0), &cells(1)), given);
        assert_eq!(spans(&lines), [((0, 0), (1, 0)), ((0, 1), (0, 2)), ((0, 3), (1, 3))]);
        assert_eq!(Columns { names: &given, rows: HeadingRows::One }.lines(&given).len(), 1);
    }
}
