//! Messages that are tables: CSV files and sheets.
//!
//! Promise: a message that comes as a table has rows and nothing around them: its top block reads `row`, and each row
//! of that block's block names a column. That is checked when the profile loads. A document is the message that knows
//! most of its columns; if one that a row must have is not among them, that is said once, with the nearest heading.

use std::collections::HashSet;

use crate::domain::problem::Problem;
use crate::mapping::compile::{Block, How, Map, Row};
use crate::mapping::condition::Need;
use crate::mapping::fault::nearest;
use crate::mapping::path::wire::{Axis, Segment};
use crate::mapping::recognise::Message;
use crate::mapping::steps::narrow;
use crate::mapping::trace::Told;
use crate::wire::sheet::{HeadingRows, Headings, ROW, Table};
use crate::wire::tree::{NodeId, Tree};
use crate::wire::xlsx;

/// A column that a message knows.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    /// Its heading.
    pub(crate) name: String,
    /// The agency's word for it.
    pub(crate) label: String,
    /// Whether every row must have it.
    pub(crate) must: bool,
    /// Block and row of the map.
    pub(crate) at: (usize, usize),
}

impl Message {
    /// The name of its sheet: its root for XLSX, else what it is called.
    pub(crate) fn sheet(&self) -> String {
        let root = self.entry.root.get(&crate::mapping::Format::Xlsx).filter(|name| !name.is_empty());
        let named = [root, Some(&self.entry.label), Some(&self.entry.name)];
        xlsx::sheet_name(named.into_iter().flatten().find(|name| !name.is_empty()).map_or("", String::as_str))
    }

    fn is_table(&self) -> bool {
        self.entry.wire.iter().any(|format| format.is_table())
    }
}

/// The names of the sheets that the messages know.
pub(crate) fn sheets(messages: &[Message]) -> Vec<&str> {
    let roots = messages.iter().filter_map(|message| message.entry.root.get(&crate::mapping::Format::Xlsx));
    roots.map(String::as_str).filter(|name| !name.is_empty()).collect()
}

/// The headings that the messages know.
pub(crate) fn headings(messages: &[Message]) -> Headings<'_> {
    let of = |rows: HeadingRows| {
        let those = messages.iter().filter(|message| message.entry.headings == rows);
        those.flat_map(|message| &message.columns).map(|column| column.name.as_str()).collect()
    };
    Headings { one: of(HeadingRows::One), two: of(HeadingRows::Two) }
}

/// Finds the columns of every message that is a table, and what in its map no table can say.
pub(crate) fn bind(map: &Map, messages: &mut [Message], faults: &mut Vec<Problem>) {
    for message in messages.iter_mut().filter(|message| message.is_table()) {
        let mut columns = Vec::new();
        for row in &map.blocks[message.block].rows {
            match &row.how {
                How::Block { block, each: true } if is_column(map, &row.wire.segments) == Some(ROW) => {
                    collect(map, *block, &mut columns, faults);
                }
                _ => faults.push(row.spots.wire.fault(
                    "table-envelope",
                    format!("“{}”：表格只有行，此处应为 [\"{ROW}\", \"records\", \"each …\"]", row.wire.text),
                    format!(
                        "\"{}\": a table has rows and nothing around them; expected [\"{ROW}\", \"records\", \"each …\"]",
                        row.wire.text
                    ),
                )),
            }
        }
        if message.entry.when.is_some() {
            faults.push(message.entry.spot.fault(
                "table-when",
                format!("message.{}：表格以其表头识别，不用 when", message.entry.name),
                format!("message.{}: a table is known by its headings, not by when", message.entry.name),
            ));
        }
        message.columns = columns;
    }
}

fn collect(map: &Map, index: usize, columns: &mut Vec<Column>, faults: &mut Vec<Problem>) {
    let block: &Block = &map.blocks[index];
    for (number, row) in block.rows.iter().enumerate() {
        if let (How::Block { block, each: false }, true) = (&row.how, row.wire.segments.is_empty()) {
            collect(map, *block, columns, faults);
            continue;
        }
        let leaf = match &row.how {
            How::Leaf { chain, each: false } => !chain.gathers(),
            How::Const(_) | How::Count(_) | How::Sum { .. } | How::Running { .. } => true,
            _ => false,
        };
        let Some(name) = is_column(map, &row.wire.segments).filter(|_| leaf && !row.wire.own_name) else {
            faults.push(no_column(row));
            continue;
        };
        if columns.iter().any(|known| known.name == name) {
            continue;
        }
        let label = if row.label.is_empty() { name.to_owned() } else { row.label.to_string() };
        let must = matches!(row.need, Need::Must);
        columns.push(Column { name: name.to_owned(), label, must, at: (index, number) });
    }
}

fn no_column(row: &Row) -> Problem {
    row.spots.wire.fault(
        "table-column",
        format!("“{}”：表格的一列应为一个名称、一个值（多值可用 list '、'）", row.wire.text),
        format!("\"{}\": a column is one name with one value (several in it by list '、')", row.wire.text),
    )
}

/// The name, if the path is a plain one.
fn is_column<'m>(map: &'m Map, segments: &[Segment]) -> Option<&'m str> {
    let [segment] = segments else { return None };
    let plain = segment.tests.is_empty() && segment.index.is_none() && !segment.star && !segment.xml_only;
    match segment.axis {
        Axis::Child(name) if plain => Some(map.names.expanded(name).1),
        _ => None,
    }
}

/// The message that knows most of the table's columns.
pub(crate) fn recognise<'m>(
    messages: &'m [Message],
    tree: &Tree,
) -> Result<(&'m Message, NodeId), Vec<Problem>> {
    let (Some(root), Some(table)) = (tree.root(), tree.table()) else { return Err(Vec::new()) };
    let headings: Vec<&str> = table.columns.iter().map(|(_, name)| name.as_str()).collect();
    let knows =
        |message: &Message| message.columns.iter().filter(|c| headings.contains(&c.name.as_str())).count();
    let mut best: Option<(usize, &Message)> = None;
    for message in messages.iter().filter(|message| message.is_table()) {
        let share = knows(message);
        if share > best.map_or(0, |(most, _)| most) {
            best = Some((share, message));
        }
    }
    let place = |problem: Problem| {
        let (column, _) = table.columns.first().cloned().unwrap_or((1, String::new()));
        problem.with_place(table.heading.max(1), column).with_path(table.name.clone())
    };
    let Some((_, message)) = best else {
        let wanted = messages.iter().filter(|message| message.is_table()).map(|message| {
            let names: Vec<&str> =
                message.columns.iter().take(5).map(|column| column.name.as_str()).collect();
            format!("{}（{}…）", message.sheet(), names.join("、"))
        });
        let wanted = wanted.collect::<Vec<_>>().join("；");
        let found = headings.join("、");
        let problem = Problem::new(
            "message-unknown",
            format!(
                "前 10 行中没有一个已知的表头，首行为“{}”，应如 {wanted}",
                crate::domain::problem::cut(&found)
            ),
            format!(
                "none of the first 10 rows has a known heading; the first is \"{}\", expected such as {wanted}",
                crate::domain::problem::cut(&found)
            ),
        );
        return Err(vec![place(problem.with_found(&found).with_expected(wanted))]);
    };
    let missing =
        message.columns.iter().filter(|column| column.must && !headings.contains(&column.name.as_str()));
    let problems: Vec<Problem> = missing
        .map(|column| {
            let others = headings.iter().copied().filter(|h| message.columns.iter().all(|c| c.name != *h));
            let near = nearest(&column.name, others);
            let (zh, en) = near.map_or_else(Default::default, |near| {
                (format!("；表中的“{near}”是否就是它？"), format!("; is \"{near}\" meant?"))
            });
            let problem = Problem::new(
                "column-missing",
                format!("缺少必填的列“{}”{zh}", column.name),
                format!("the column \"{}\" is missing, which every row must have{en}", column.name),
            );
            place(problem.with_expected(column.name.clone()))
        })
        .collect();
    let problems: Vec<Problem> = problems.into_iter().chain(widths(message, table)).collect();
    if problems.is_empty() { Ok((message, root)) } else { Err(problems) }
}

/// Headings that are a column's but for the width of their signs, `金额(元)` for `金额（元）`: nobody would read what stands
/// below them.
fn widths<'t>(message: &'t Message, table: &'t Table) -> impl Iterator<Item = Problem> + 't {
    let known = |name: &str| message.columns.iter().any(|column| column.name == name);
    let alike = |text: &str| narrow(text).split_whitespace().collect::<String>();
    let others = table.columns.iter().filter(move |(_, name)| !known(name));
    others.filter_map(move |(at, name)| {
        let there = |column: &&Column| table.columns.iter().any(|(_, other)| *other == column.name);
        let meant = message.columns.iter().filter(|column| !there(column));
        let meant = meant.into_iter().find(|column| alike(&column.name) == alike(name))?;
        let right = &meant.name;
        let problem = Problem::new(
            "column-width",
            format!("表头“{name}”应为“{right}”（全角、半角或空格不同）"),
            format!(
                "the heading \"{name}\" should be \"{right}\": the width of its signs, or its blanks, differ"
            ),
        );
        Some(
            problem
                .with_place(table.heading.max(1), *at)
                .with_path(table.address(table.heading.max(1), *at))
                .with_found(name)
                .with_expected(right.clone()),
        )
    })
}

/// What the schema found, and what is wrong with single cells; of their places a row can only say less.
pub(crate) fn with_faults(tree: &Tree, mut invalid: Vec<Problem>, told: &mut Vec<Told>) -> Vec<Problem> {
    let faults = tree.table().map(|table| table.faults.as_slice()).unwrap_or_default();
    if !faults.is_empty() {
        let places: HashSet<_> = faults.iter().map(|fault| (fault.line, fault.column)).collect();
        told.retain(|told| !places.contains(&(told.problem.line, told.problem.column)));
        invalid.extend(faults.iter().cloned());
    }
    invalid
}

/// Sheets with people's eyes on them that were not read, but for the one that explains the template.
pub(crate) fn unread(tree: &Tree) -> impl Iterator<Item = Problem> + use<> {
    let others = tree.table().map(|table| table.others.clone()).unwrap_or_default();
    others.into_iter().filter(|name| name != xlsx::GUIDE).map(|name| {
        Problem::new(
            "sheet-unread",
            format!("工作表“{name}”未读取：每份文件只读一张表"),
            format!("the sheet \"{name}\" was not read: one sheet of a file is"),
        )
        .with_path(name)
    })
}
