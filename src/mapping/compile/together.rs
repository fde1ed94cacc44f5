//! Rows that stand together: no place twice, no block without end, lists that are shared.

use serde_json::Value;

use crate::mapping::compile::{Block, Compiler, How, Row};
use crate::mapping::condition::Need;
use crate::mapping::inner::Inner;
use crate::mapping::path::record::{RecordPath, RecordSegment};
use crate::mapping::path::wire::{Axis, NameId};

impl Compiler<'_> {
    /// Two rows on one wire place, or on one record place without disjoint predicates or `same`.
    pub(super) fn twice(&mut self, rows: &[Row]) {
        for (index, row) in rows.iter().enumerate() {
            for other in &rows[..index] {
                if !row.wire.segments.is_empty() && row.wire.text == other.wire.text {
                    let (line, text) = (other.spot.line, &row.wire.text);
                    self.fault(
                        &row.spots.wire,
                        "wire-twice",
                        &format!("“{text}”已在第 {line} 行映射"),
                        &format!("\"{text}\" is already mapped in line {line}"),
                    );
                }
                let (Some(all), Some(others)) = (&row.record, &other.record) else { continue };
                let both_lists = row.how.each() && other.how.each();
                let pairs = all.places().flat_map(|a| others.places().map(move |b| (a, b)));
                for (a, b) in pairs {
                    if a.base() != b.base() || disjoint(&a.segments, &b.segments) || both_lists {
                        continue;
                    }
                    if matches!(row.need, Need::Same) || matches!(other.need, Need::Same) {
                        continue;
                    }
                    let (line, text) = (other.spot.line, &a.text);
                    self.fault(
                        &row.spots.record,
                        "record-twice",
                        &format!("“{text}”已在第 {line} 行映射；须有互斥的谓词或 same"),
                        &format!(
                            "\"{text}\" is already mapped in line {line}; give disjoint predicates, or same"
                        ),
                    );
                }
            }
        }
    }

    /// A place is a value of its own or holds others, never both: `extensions.firm` and `extensions.firm.name`.
    pub(super) fn inside(&mut self, rows: &[Row]) {
        let places = |row: &Row| row.record.iter().flat_map(RecordPath::places).cloned().collect::<Vec<_>>();
        let value = |row: &&Row| match &row.how {
            How::Leaf { chain, each } => *each || !chain.gives().is_object(),
            How::Block { each, .. } => *each,
            _ => false,
        };
        let list = |row: &Row| match &row.how {
            How::Leaf { chain, each } => *each || chain.gives().is_list(),
            how => how.each(),
        };
        for row in rows.iter().filter(value) {
            for other in rows {
                let holds = |outer: &RecordPath, inner: &RecordPath| {
                    let at = outer.segments.len();
                    at < inner.segments.len()
                        && inner.segments[..at].iter().zip(&outer.segments).all(|(a, b)| a.key == b.key)
                        // An item of a list that another row reads is the list's affair.
                        && (inner.segments[at - 1].index.is_none() && inner.segments[at - 1].tests.is_empty()
                            || !list(row))
                        && outer.segments[at - 1].index.is_none()
                        && outer.segments[at - 1].tests.is_empty()
                };
                let clash = places(row).into_iter().find_map(|outer| {
                    let inner = places(other).into_iter().find(|inner| holds(&outer, inner))?;
                    Some((outer, inner))
                });
                let Some((outer, inner)) = clash else { continue };
                let (outer, inner, line, here) = (outer.text, inner.text, row.spot.line, other.spot.line);
                self.fault(
                    &other.spots.record,
                    "record-inside",
                    &format!(
                        "第 {line} 行把“{outer}”写作一个值，本行（第 {here} 行）的“{inner}”却在其内：一处或为值，或为对象；请改其一的名称"
                    ),
                    &format!(
                        "line {line} makes \"{outer}\" a value, and \"{inner}\" in this one, line {here}, lies within it: a place is a value or an object; name one of them otherwise"
                    ),
                );
            }
        }
    }

    /// Texts are looked into by the name of their node: one name, one kind of text.
    pub(super) fn inners(&mut self, blocks: &[Block]) {
        let mut known: Vec<(NameId, Inner)> = Vec::new();
        for row in blocks.iter().flat_map(|block| &block.rows) {
            for segment in row.wire.places().flat_map(|place| &place.segments) {
                let (Axis::Child(name), Some(inner)) = (segment.axis, segment.inner) else { continue };
                let other = known.iter().find(|(other, as_other)| *other == name && *as_other != inner);
                if let Some((_, other)) = other {
                    let (local, other) = (self.names.expanded(name).1.to_owned(), other.name());
                    self.fault(
                        &row.spots.wire,
                        "inner-twice",
                        &format!("“{local}”在另一行写作“{local}{other}”"),
                        &format!("another row says \"{local}{other}\""),
                    );
                }
                known.push((name, inner));
            }
        }
    }

    /// A block that reaches itself without going down the wire would never end.
    pub(super) fn recursion(&mut self, blocks: &[Block]) {
        for (index, block) in blocks.iter().enumerate() {
            let mut seen = vec![false; blocks.len()];
            let mut todo = vec![index];
            while let Some(here) = todo.pop() {
                for row in &blocks[here].rows {
                    let How::Block { block: next, .. } = row.how else { continue };
                    if !row.wire.segments.iter().all(|s| s.xml_only) {
                        continue;
                    }
                    if next == index {
                        let name = &block.name;
                        self.faults.push(row.spots.wire.fault(
                            "recursion",
                            format!("块“{name}”未下行一段就回到自身"),
                            format!("block \"{name}\" reaches itself without a wire segment"),
                        ));
                        return;
                    }
                    if !std::mem::replace(&mut seen[next], true) {
                        todo.push(next);
                    }
                }
            }
        }
    }
}

/// Whether two paths of the same keys can never lead to the same value.
fn disjoint(a: &[RecordSegment], b: &[RecordSegment]) -> bool {
    a.iter().zip(b).any(|(a, b)| {
        let clash = |(key, value): &(Box<str>, Value)| b.tests.iter().any(|(k, v)| k == key && v != value);
        a.tests.iter().any(clash)
    })
}

/// Rows with `each` to one list share it in document order.
pub(super) fn share(rows: &mut [Row]) {
    let bases: Vec<Option<String>> = rows
        .iter()
        .map(|row| {
            matches!(row.how, How::Leaf { each: true, .. } | How::Block { each: true, .. })
                .then(|| row.record.as_ref().map(RecordPath::base))
                .flatten()
        })
        .collect();
    for index in 0..rows.len() {
        if bases[index].is_none() || bases[..index].contains(&bases[index]) {
            continue;
        }
        rows[index].shares = (index..bases.len()).filter(|other| bases[*other] == bases[index]).collect();
    }
}
