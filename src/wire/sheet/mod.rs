//! A table as a tree: what CSV files and spreadsheets have in common.
//!
//! Promise: the first row that is not blank, or the row below a title, names the columns; every later row with anything
//! in it becomes an object `row`, its cells the members of it under the names of their columns. A blank cell, a blank row
//! and a row's place among blank ones say nothing, so that two tables are equal when their rows are, cell by cell. A cell
//! that no column names, and two columns of one name, are refused.

mod grid;
mod guard;
mod heading;
mod lead;
mod table;

pub use grid::{lines, titles};
pub use guard::{disarm, rearm};
pub(crate) use heading::spans;
pub use heading::{Columns, HeadingRows, Headings};
pub use table::{Table, letters};

use crate::domain::problem::Problem;
use crate::wire::limits::{Limits, exceeded};
use crate::wire::tree::{NodeId, NodeKind, Sym, Tree};

use lead::{Lead, Waiting, What};
use table::COLUMN_BITS;

/// The name in the tree of the rows above the headings, each an object of its cells by the letters of their columns.
pub const TITLE: &str = "title";

/// The name of a row in the tree, and in paths.
pub const ROW: &str = "row";

/// Columns of a table. 1,024: the widest real form has about 120; what XLSX allows (16,384) is there to hurt.
pub const MOST_COLUMNS: u32 = 1024;

/// Rows of a table, blank ones counted. 200,000 cells are the limit of a document anyway.
pub const MOST_ROWS: u32 = 200_000;

/// Characters of one cell: what spreadsheets hold, so that what we accept can be written into one.
pub const MOST_CHARACTERS: usize = 32_767;

/// How many faults of one table are told: whoever mends a hundred sends it again.
const MOST_TOLD: usize = 100;

/// Fills a tree from the cells of a table, in their order.
pub(crate) struct Builder<'l> {
    tree: Tree,
    limits: &'l Limits,
    /// The text of a CSV file; a grid has none.
    source: Option<&'l str>,
    table: Table,
    root: NodeId,
    rows: Option<NodeId>,
    titles: Option<NodeId>,
    /// The row in hand, and its number.
    row: Option<(u32, NodeId)>,
    /// The numbers of the rows with anything in them, but for the headings.
    filled: Vec<u32>,
    /// The first rows, until it is known which of them names the columns.
    lead: Lead,
    /// The last row of headings, once it is known.
    header: Option<u32>,
    /// How many there are.
    rows_of_headings: HeadingRows,
    names: Vec<(u32, Sym)>,
    /// What is wrong with the table as a whole.
    problems: Vec<Problem>,
}

impl<'l> Builder<'l> {
    /// An empty table over `source`, the text of a CSV file; without one, places are rows and columns. `headings` are
    /// names that its columns may have.
    pub(crate) fn new(
        limits: &'l Limits,
        name: &str,
        source: Option<&'l str>,
        headings: &Headings<'_>,
    ) -> Self {
        let mut tree = Tree::new();
        let sym = tree.intern("", "");
        let root = tree.add(None, NodeKind::Object, sym, "", 0);
        let table = Table { name: name.to_owned(), cells: vec![(0, 0)], ..Table::default() };
        Self {
            tree,
            limits,
            source,
            table,
            root,
            rows: None,
            titles: None,
            row: None,
            filled: Vec::new(),
            lead: Lead::knowing(headings),
            header: None,
            rows_of_headings: HeadingRows::One,
            names: Vec::new(),
            problems: Vec::new(),
        }
    }

    /// A row of a text begins at this offset and line.
    pub(crate) fn begin(&mut self, at: usize, line: u32) {
        self.table.begins.push((u32::try_from(at).unwrap_or(u32::MAX), line));
    }

    /// Adds a cell; rows must come in their order, and cells in theirs. `at` is its offset in the text of a CSV file.
    /// `Err` when a limit is passed: there is no use in going on.
    pub(crate) fn cell(&mut self, row: u32, column: u32, text: &str, at: usize) -> Result<(), Stop> {
        if text.is_empty() {
            return Ok(());
        }
        if self.header.is_none() && column <= MOST_COLUMNS {
            let what = What::Cell(text.to_owned());
            if self.lead.take(Waiting { row, column, at, what }).is_none() {
                return Ok(());
            }
        }
        self.settle()?;
        self.put(row, column, text, at)
    }

    /// Decides which row names the columns, and takes in what waited for that.
    fn settle(&mut self) -> Result<(), Stop> {
        if self.header.is_some() {
            return Ok(());
        }
        let lead = std::mem::take(&mut self.lead);
        let Some((top, rows)) = lead.header() else { return Ok(()) };
        let header = if rows == HeadingRows::Two { top + 1 } else { top };
        (self.header, self.rows_of_headings) = (Some(header), rows);
        let begin = self.table.begins.get(top as usize - 1);
        self.table.heading = begin.map_or(top, |(_, line)| *line);
        let named = if rows == HeadingRows::Two { lead.composed(top) } else { Vec::new() };
        for (column, name) in named {
            // The lower of the two cells, where there are two.
            let stands = |w: &&Waiting| w.column == column && (top..=header).contains(&w.row);
            let (row, at) =
                lead.waiting.iter().rev().find(stands).map_or((header, 0), |cell| (cell.row, cell.at));
            self.name(row, column, &name, at)?;
        }
        for Waiting { row, column, at, what } in lead.waiting {
            match what {
                What::Cell(text) if row < top => self.title(row, column, &text, at),
                What::Cell(_) if rows == HeadingRows::Two && row <= header => {}
                What::Cell(text) => self.put(row, column, &text, at)?,
                What::Fault(problem) => self.note(row, column, at, problem)?,
            }
        }
        Ok(())
    }

    /// Adds a cell above the headings.
    fn title(&mut self, row: u32, column: u32, text: &str, at: usize) {
        let sym = self.tree.intern("", TITLE);
        let titles = match self.titles {
            Some(titles) => titles,
            None => self.add(self.root, NodeKind::Array, sym, "", (row, 1), at),
        };
        self.titles = Some(titles);
        let line = match self.row {
            Some((number, node)) if number == row => node,
            _ => self.add(titles, NodeKind::Object, sym, "", (row, 1), at),
        };
        self.row = Some((row, line));
        let sym = self.tree.intern("", &letters(column));
        self.add(line, NodeKind::String, sym, text, (row, column), at);
    }

    fn put(&mut self, row: u32, column: u32, text: &str, at: usize) -> Result<(), Stop> {
        if column > MOST_COLUMNS {
            let most = MOST_COLUMNS as usize;
            return self.stop(row, column, at, exceeded("columns", "列数", "the number of columns", most));
        }
        if row > MOST_ROWS {
            let most = MOST_ROWS as usize;
            return self.stop(row, column, at, exceeded("rows", "行数", "the number of rows", most));
        }
        if text.len() > MOST_CHARACTERS && text.chars().count() > MOST_CHARACTERS {
            let problem =
                exceeded("cell", "单元格字数", "the length of a cell in characters", MOST_CHARACTERS);
            return self.stop(row, column, at, problem);
        }
        if text.contains('\0') {
            let problem = Problem::new("cell-nul", "单元格含有空字符（U+0000）", "the cell holds U+0000");
            return self.note(row, column, at, problem);
        }
        if self.header == Some(row) {
            return self.name(row, column, text, at);
        }
        if self.tree.len() >= self.limits.nodes {
            let problem = exceeded("nodes", "单元格个数", "the number of cells", self.limits.nodes);
            return self.stop(row, column, at, problem);
        }
        let Ok(found) = self.names.binary_search_by_key(&column, |(column, _)| *column) else {
            let problem = Problem::new(
                "column-unnamed",
                "此单元格所在列没有表头",
                "the column of this cell has no heading",
            );
            return self.note(row, column, at, problem.with_found(text).with_expected("表头 heading"));
        };
        let sym = self.names[found].1;
        let parent = self.open(row, at);
        self.add(parent, NodeKind::String, sym, text, (row, column), at);
        Ok(())
    }

    /// A fault at a cell: of its row alone, unless it stands in the headings. `Err` when so many were told that there
    /// is no use in going on.
    pub(crate) fn tell(&mut self, row: u32, column: u32, at: usize, problem: Problem) -> Result<(), Stop> {
        if self.header.is_none() && column <= MOST_COLUMNS {
            let what = What::Fault(problem.clone());
            if self.lead.take(Waiting { row, column, at, what }).is_none() {
                return Ok(());
            }
        }
        self.settle()?;
        self.note(row, column, at, problem)
    }

    fn note(&mut self, row: u32, column: u32, at: usize, problem: Problem) -> Result<(), Stop> {
        let path = self.table.address(row, column);
        let place = self.source.map_or((row, column), |source| self.table.place(source, at));
        let problem = problem.with_place(place.0, place.1);
        let problem = problem.with_path(path);
        if self.header.is_none_or(|header| row <= header) {
            self.problems.push(problem);
        } else {
            // The row is there, however little of it can be read.
            self.open(row, at);
            self.table.faults.push(problem);
        }
        if self.problems.len() + self.table.faults.len() < MOST_TOLD {
            return Ok(());
        }
        self.problems.append(&mut self.table.faults);
        Err(Stop)
    }

    fn stop(&mut self, row: u32, column: u32, at: usize, problem: Problem) -> Result<(), Stop> {
        let _ = self.note(row, column, at, problem);
        self.problems.append(&mut self.table.faults);
        Err(Stop)
    }

    /// Whether rows are those of two rows of headings, where cells may be merged.
    pub(crate) fn groups(&mut self, rows: &std::ops::RangeInclusive<u32>) -> bool {
        let _ = self.settle();
        let two = self.rows_of_headings == HeadingRows::Two;
        two && self.header.is_some_and(|header| *rows.start() + 1 >= header && *rows.end() <= header)
    }

    /// A fault of several rows at once, as far as they have anything in them.
    pub(crate) fn tell_rows(
        &mut self,
        rows: std::ops::RangeInclusive<u32>,
        column: u32,
        problem: &Problem,
    ) -> Result<(), Stop> {
        self.settle()?;
        if let Some(header) = self.header.filter(|header| rows.contains(header)) {
            self.note(header, column, 0, problem.clone())?;
        }
        let first = self.filled.partition_point(|row| row < rows.start());
        let last = self.filled.partition_point(|row| row <= rows.end());
        for row in self.filled[first..last].iter().copied() {
            let path = self.table.address(row, column);
            let problem = problem.clone().with_place(row, column).with_path(path);
            self.table.faults.push(problem);
            if self.table.faults.len() >= MOST_TOLD {
                self.problems.append(&mut self.table.faults);
                return Err(Stop);
            }
        }
        Ok(())
    }

    fn name(&mut self, row: u32, column: u32, text: &str, at: usize) -> Result<(), Stop> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(());
        }
        if text.len() > self.limits.name {
            let problem = exceeded("name", "表头字节数", "a heading's size in bytes", self.limits.name);
            return self.note(row, column, at, problem);
        }
        let sym = self.tree.intern("", text);
        if let Some((first, _)) = self.names.iter().find(|(_, known)| *known == sym) {
            let first = self.table.address(row, *first);
            let problem = Problem::new(
                "column-twice",
                format!("表头“{}”已在 {first} 出现", crate::domain::problem::cut(text)),
                format!("the heading \"{}\" stands at {first} already", crate::domain::problem::cut(text)),
            );
            return self.note(row, column, at, problem.with_found(text));
        }
        self.names.push((column, sym));
        self.table.columns.push((column, text.to_owned()));
        Ok(())
    }

    fn open(&mut self, row: u32, at: usize) -> NodeId {
        if let Some((number, node)) = self.row
            && number == row
        {
            return node;
        }
        let sym = self.tree.intern("", ROW);
        let rows = match self.rows {
            Some(rows) => rows,
            None => self.add(self.root, NodeKind::Array, sym, "", (row, 1), at),
        };
        self.rows = Some(rows);
        let node = self.add(rows, NodeKind::Object, sym, "", (row, 1), at);
        self.row = Some((row, node));
        self.filled.push(row);
        node
    }

    fn add(
        &mut self,
        parent: NodeId,
        kind: NodeKind,
        sym: Sym,
        text: &str,
        cell: (u32, u32),
        at: usize,
    ) -> NodeId {
        self.table.cells.push(cell);
        let at =
            if self.source.is_some() { at } else { (((cell.0 - 1) << COLUMN_BITS) | (cell.1 - 1)) as usize };
        self.tree.add(Some(parent), kind, sym, text, at)
    }

    /// All faults so far, of a table that cannot be read to its end.
    pub(crate) fn broken(mut self, problem: Problem) -> Vec<Problem> {
        // When there is no use in going on, the faults say so.
        let _ = self.settle();
        self.problems.append(&mut self.table.faults);
        self.problems.push(problem);
        self.problems
    }

    /// The tree, or all its faults. `others` are sheets that were not read.
    pub(crate) fn finish(mut self, others: Vec<String>) -> Result<Tree, Vec<Problem>> {
        let _ = self.settle();
        if self.problems.is_empty() && self.names.is_empty() {
            self.problems.push(
                Problem::new("sheet-empty", "表中没有表头", "the table has no headings").with_place(1, 1),
            );
        }
        if !self.problems.is_empty() {
            self.problems.append(&mut self.table.faults);
            return Err(self.problems);
        }
        self.table.others = others;
        Ok(self.tree.with_table(self.table))
    }
}

/// There is no use in reading on; the faults are with the [`Builder`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stop;

#[cfg(test)]
mod tests {
    use super::table::column_of;
    use super::*;

    #[test]
    fn a_title_stands_above_the_headings() {
        let limits = Limits::default();
        let table = |headings: &[&str], cells: &[(u32, u32, &str)]| {
            let mut builder =
                Builder::new(&limits, "", None, &Headings { one: headings.to_vec(), two: Vec::new() });
            for (row, column, text) in cells {
                builder.cell(*row, *column, text, 0).unwrap();
            }
            builder.finish(Vec::new())
        };
        let named = |tree: &Tree| {
            let columns = tree.table().unwrap().columns.iter().map(|(_, name)| name.clone());
            columns.collect::<Vec<_>>()
        };
        let cells = [
            (1, 1, "台账"),
            (3, 1, "单位：甲"),
            (3, 4, "2026年"),
            (4, 1, "编号"),
            (4, 2, "金额"),
            (5, 1, "001"),
        ];
        let tree = table(&["金额", "备注"], &cells).unwrap();
        assert_eq!(named(&tree), ["编号", "金额"]);
        assert_eq!(tree.table().unwrap().heading, 4);
        let above = titles(&tree);
        let texts = |line: &Vec<(u32, NodeId)>| {
            line.iter().map(|(column, node)| (*column, tree.text(*node).to_owned())).collect::<Vec<_>>()
        };
        assert_eq!(texts(&above[0]), [(1, "台账".to_owned())]);
        assert_eq!(texts(&above[1]), [(1, "单位：甲".to_owned()), (4, "2026年".to_owned())]);
        assert_eq!(lines(&tree, &[]).1.len(), 1);
        // Nobody said which headings there are: the first row of several cells.
        assert_eq!(
            named(&table(&[], &cells[..1].iter().chain(&cells[3..]).copied().collect::<Vec<_>>()).unwrap()),
            ["编号", "金额"]
        );
        // None of those that were told of: the first row, so that what is said is said of it.
        assert_eq!(named(&table(&["名称"], &cells[3..]).unwrap()), ["编号", "金额"]);
        let astray = table(&["名称"], &cells).unwrap();
        let told: Vec<_> =
            astray.table().unwrap().faults.iter().map(|fault| (&*fault.code, fault.line)).collect();
        assert_eq!(told, [("column-unnamed", Some(3)), ("column-unnamed", Some(4))]);
        // Headings that stand twice, the first time with a slip, are the first ones.
        let twice = [(1, 1, "编号"), (1, 2, "金颔"), (2, 1, "编号"), (2, 2, "金额"), (3, 1, "001")];
        assert_eq!(named(&table(&["编号", "金额"], &twice).unwrap()), ["编号", "金颔"]);
        // A table of one column has no title.
        assert_eq!(named(&table(&[], &[(1, 1, "编号"), (2, 1, "001")]).unwrap()), ["编号"]);
        // Beyond the first rows nobody looks.
        let far: Vec<(u32, u32, &str)> =
            (1..=12).map(|row| (row, 1, if row == 12 { "编号" } else { "x" })).collect();
        assert_eq!(named(&table(&["编号"], &far).unwrap()), ["x"]);
    }

    #[test]
    fn two_rows_of_headings_name_the_columns_together() {
        let limits = Limits::default();
        let headings =
            Headings { one: vec!["姓名"], two: vec!["投诉人/姓名", "投诉人/电话", "编号"] };
        let mut builder = Builder::new(&limits, "", None, &headings);
        let cells = [
            (1, 1, "台账"),
            (2, 1, "编号"),
            (2, 2, "投诉人"),
            (3, 2, "姓名"),
            (3, 3, "电话"),
            (4, 1, "001"),
            (4, 3, "110"),
        ];
        for (row, column, text) in cells {
            builder.cell(row, column, text, 0).unwrap();
        }
        assert!(builder.groups(&(2..=3)) && !builder.groups(&(1..=3)) && !builder.groups(&(3..=4)));
        let tree = builder.finish(Vec::new()).unwrap();
        let (names, rows) = lines(&tree, &[]);
        assert_eq!((names, rows.len()), (vec!["编号".to_owned(), "投诉人/电话".to_owned()], 1));
        let table = tree.table().unwrap();
        assert_eq!((table.heading, table.column("投诉人/姓名")), (2, Some(2)));
        assert_eq!(titles(&tree).len(), 1);
        // A name that stands twice in one group is told where it stands.
        let mut builder = Builder::new(&limits, "", None, &headings);
        for (row, column, text) in
            [(1, 1, "编号"), (1, 2, "投诉人"), (2, 2, "姓名"), (2, 3, "姓名"), (3, 1, "1")]
        {
            builder.cell(row, column, text, 0).unwrap();
        }
        let problems = builder.finish(Vec::new()).unwrap_err();
        assert_eq!((&*problems[0].code, problems[0].path.as_str()), ("column-twice", "C2"));
    }

    #[test]
    fn columns_are_lettered() {
        for (column, text) in [(1, "A"), (26, "Z"), (27, "AA"), (702, "ZZ"), (703, "AAA"), (16_384, "XFD")] {
            assert_eq!(letters(column), text);
            assert_eq!(column_of(text), Some(column).filter(|column| *column <= MOST_COLUMNS));
        }
    }

    #[test]
    fn blank_rows_say_nothing_and_the_first_other_names_the_columns() {
        let limits = Limits::default();
        let mut builder = Builder::new(&limits, "投诉", None, &Headings::default());
        for (row, column, text) in
            [(1, 1, ""), (3, 2, " 编号 "), (3, 4, "金额"), (5, 2, "001"), (9, 4, "12"), (9, 5, "")]
        {
            builder.cell(row, column, text, 0).unwrap();
        }
        let tree = builder.finish(Vec::new()).unwrap();
        let (names, lines) = lines(&tree, &["金额".to_owned()]);
        assert_eq!(names, ["金额", "编号"]);
        assert_eq!(lines.len(), 2);
        assert_eq!(tree.path(lines[1][0].1), "投诉!D9");
        assert_eq!(tree.place(lines[1][0].1), (9, 4));
    }

    #[test]
    fn unnamed_and_twin_columns_are_refused() {
        let limits = Limits::default();
        let mut builder = Builder::new(&limits, "", None, &Headings::default());
        builder.cell(1, 1, "a", 0).unwrap();
        builder.cell(1, 2, "a", 0).unwrap();
        builder.cell(2, 3, "x", 0).unwrap();
        let problems = builder.finish(Vec::new()).unwrap_err();
        let told: Vec<_> = problems.iter().map(|p| (p.code.as_ref(), p.path.as_str())).collect();
        assert_eq!(told, [("column-twice", "B1"), ("column-unnamed", "C2")]);
    }

    #[test]
    fn a_wrong_cell_is_its_rows_affair() {
        let limits = Limits::default();
        let mut builder = Builder::new(&limits, "", None, &Headings::default());
        builder.cell(1, 1, "a", 0).unwrap();
        builder.cell(2, 3, "x", 0).unwrap();
        builder.cell(3, 1, "good", 0).unwrap();
        let tree = builder.finish(Vec::new()).unwrap();
        let faults = &tree.table().unwrap().faults;
        assert_eq!((faults.len(), faults[0].path.as_str()), (1, "C2"));
        assert_eq!(lines(&tree, &[]).1.len(), 2);
    }
}
