//! The map as text: rows aligned as a table, what waits as a comment, and the line of every row.

use std::fmt::Write as _;

use crate::mapping::draft::plan::{Block, Plan, Row};

/// The widest first cell that others are aligned to, in characters. 36: longer ones would push the table off the page.
const WIDE: usize = 36;

/// A map as text.
pub(super) struct Printed {
    pub(super) text: String,
    /// `(line, block, row)` of every row.
    pub(super) lines: Vec<(u32, usize, usize)>,
}

/// Prints the map of a plan.
pub(super) fn print(plan: &Plan, what: &str) -> Printed {
    let mut made = Printed { text: String::new(), lines: Vec::new() };
    let _ = write!(
        made.text,
        "#:schema ../map.schema.json\n\
         # {what}. A draft: 报文 → 记录 · 方式 · 要求 · 名称 (their field, our field, how, need, their words).\n\
         # A row behind `#` waits: name its place in the record, or an extra of it (`extensions.x`), and take the # away.\n\
         # Until then what it would read is kept, and written back.\n"
    );
    for (index, block) in plan.blocks.iter().enumerate() {
        made.block(index, block);
    }
    made
}

impl Printed {
    fn block(&mut self, index: usize, block: &Block) {
        let _ = write!(self.text, "\n{} = [\n", key(&block.name));
        let width = |cell: fn(&Row) -> &String| {
            let all = block.rows.iter().map(|row| quoted(cell(row)).chars().count() + 1);
            all.filter(|width| *width <= WIDE).max().unwrap_or(0)
        };
        let widths = [width(|row| &row.wire), width(|row| &row.record), width(|row| &row.how)];
        for (number, row) in block.rows.iter().enumerate() {
            let line = u32::try_from(self.text.lines().count()).unwrap_or(u32::MAX) + 1;
            self.lines.push((line, index, number));
            let mut cells = vec![&row.wire, &row.record, &row.how, &row.need, &row.label];
            while cells.len() > 2 && cells.last().is_some_and(|cell| cell.is_empty()) {
                cells.pop();
            }
            let _ = write!(self.text, "  {}[", if row.waits { "# " } else { "" });
            for (at, cell) in cells.iter().enumerate() {
                let text = quoted(cell);
                let last = at + 1 == cells.len();
                let _ = write!(self.text, "{text}{}", if last { "" } else { "," });
                if !last {
                    let wide = widths.get(at).copied().unwrap_or(0).saturating_sub(text.chars().count() + 1);
                    let _ = write!(self.text, "{} ", " ".repeat(wide));
                }
            }
            self.text.push_str("],");
            let near = if row.matched { String::new() } else { row.near.join(", ") };
            let mut notes: Vec<String> = Vec::new();
            if !row.note.is_empty() {
                notes.push(row.note.clone());
            }
            if !near.is_empty() {
                notes.push(format!("nearest: {near}"));
            }
            if !notes.is_empty() {
                let _ = write!(self.text, " # {}", notes.join("; "));
            }
            self.text.push('\n');
        }
        self.text.push_str("]\n");
    }
}

/// A key of TOML.
pub(super) fn key(name: &str) -> String {
    let bare =
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    if bare { name.to_owned() } else { quoted(name) }
}

/// A text of TOML.
pub(super) fn quoted(text: &str) -> String {
    let mut made = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => made.push_str("\\\""),
            '\\' => made.push_str("\\\\"),
            c if c.is_control() => {
                let _ = write!(made, "\\u{:04X}", u32::from(c));
            }
            c => made.push(c),
        }
    }
    made.push('"');
    made
}
