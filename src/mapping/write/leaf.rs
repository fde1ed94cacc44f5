//! One value onto the wire: run back through its steps, and placed.

use serde_json::Value;

use crate::mapping::blame;
use crate::mapping::compile::{How, Row};
use crate::mapping::inner::Inner;
use crate::mapping::manifest::{Blank, Format};
use crate::mapping::parts;
use crate::mapping::path::find::{Finder, is_xml};
use crate::mapping::path::place::Made;
use crate::mapping::path::record::Object;
use crate::mapping::path::wire::{Start, WirePath};
use crate::mapping::steps::sealed::MASK;
use crate::mapping::steps::{Around, Item, Sort};
use crate::mapping::write::Writer;
use crate::wire::tree::{NodeId, NodeKind, Tree};

impl Writer<'_> {
    pub(super) fn leaf(
        &mut self,
        row: &Row,
        node: NodeId,
        each: bool,
        value: Option<&Value>,
        object: &Object,
    ) {
        let How::Leaf { chain, .. } = &row.how else { return };
        if row.wire.own_name {
            return;
        }
        let mut around = Around::of(self.run, self.map.zone_seconds, object);
        match chain.write(value, &mut around) {
            Err(wrong) => {
                let found = value.map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned));
                let found = if chain.sealed() { found.map(|_| MASK.to_owned()) } else { found };
                self.problem(blame::wrong(row, &wrong, found.as_deref()), row);
            }
            Ok(Item::None) => row.wire.places().for_each(|place| self.blank(row, place, node)),
            Ok(Item::Text(text, sort)) => {
                if around.cut {
                    self.report("cut", "已截短", "was cut", row);
                }
                if around.generated {
                    self.report("generated", "由系统生成", "was generated", row);
                }
                let before = self.placer.tree.len();
                match &row.join {
                    Some(separator) => self.parts(row, separator, node, &text, sort),
                    None => self.place(row, &row.wire, node, each, &text, sort),
                }
                if around.generated && self.placer.tree.len() > before {
                    self.generated(node, row);
                }
            }
            Ok(Item::Many(parts)) => {
                for part in parts {
                    self.place(row, &row.wire, node, true, &part, Sort::Text);
                }
            }
            Ok(Item::Value(_)) => {}
        }
    }

    /// One text into several wire places; an amount keeps its sort, what stands behind it is text.
    fn parts(&mut self, row: &Row, separator: &str, node: NodeId, text: &str, sort: Sort) {
        match parts::split(text, separator, row.wire.plus.len() + 1) {
            Ok(texts) => {
                let sorts = std::iter::once(sort).chain(std::iter::repeat(Sort::Text));
                for ((place, text), sort) in row.wire.places().zip(&texts).zip(sorts) {
                    self.place(row, place, node, false, text, sort);
                }
                row.wire.places().skip(texts.len()).for_each(|place| self.blank(row, place, node));
            }
            Err(wrong) => self.problem(blame::wrong(row, &wrong, Some(text)), row),
        }
    }

    /// The node that stands at a place already.
    fn there(&self, path: &WirePath, node: NodeId) -> Option<NodeId> {
        let (tree, names, top) = (&*self.placer.tree, self.placer.names, self.placer.top);
        let mut found = Vec::new();
        Finder { tree, names, top }.find(node, path, false, &mut found);
        found.first().copied()
    }

    fn generated(&mut self, node: NodeId, row: &Row) {
        let found: Vec<NodeId> = row.wire.places().filter_map(|place| self.there(place, node)).collect();
        self.out.generated.extend(found);
    }

    fn blank(&mut self, row: &Row, path: &WirePath, node: NodeId) {
        if self.already(row, path, node, None) {
            return;
        }
        let kind = match self.map.blank {
            // A blank cell is the only form of no value that a table has.
            _ if self.format.is_table() => return,
            Blank::Null if self.format == Format::Json => NodeKind::Null,
            Blank::Empty if !path.segments.is_empty() => NodeKind::String,
            _ => return,
        };
        self.placer.make(node, path, false, Made::Leaf(kind), None);
    }

    pub(super) fn place(
        &mut self,
        row: &Row,
        path: &WirePath,
        node: NodeId,
        each: bool,
        text: &str,
        sort: Sort,
    ) {
        if !each && self.already(row, path, node, Some(text)) {
            return;
        }
        // A form or a table has text alone, but for the JSON inside it.
        let literal = !(self.format == Format::Form || self.format.is_table())
            || path.segments.iter().any(|segment| segment.inner.is_some())
            || in_inner(self.placer.tree, node);
        let kind = match sort {
            Sort::Number if literal => NodeKind::Number,
            Sort::Bool if literal => NodeKind::Bool,
            _ => NodeKind::String,
        };
        let made = self.placer.make(node, path, each, Made::Leaf(kind), None);
        self.placer.tree.set_text(made, text);
        if made == node && !is_xml(self.placer.tree, made) {
            self.placer.tree.set_kind(made, kind);
        }
    }

    /// Whether a place that several blocks lead to is written already; a second value must be the first.
    fn already(&mut self, row: &Row, path: &WirePath, node: NodeId, text: Option<&str>) -> bool {
        let repeats = path.segments.iter().any(|segment| segment.star);
        if !self.map.leads_out || repeats || (path.start == Start::Here && text.is_none()) {
            return false;
        }
        let there = self.there(path, node);
        let written = there.map(|there| self.placer.tree.text(there).to_owned());
        let before = if path.start == Start::Here {
            written.map(Some)
        } else {
            let key = (self.placer.start(node, path), path.text.to_string());
            let first = self.outer.entry(key).or_insert_with(|| text.map(str::to_owned)).clone();
            written.map(Some).or((first.as_deref() != text).then_some(first))
        };
        let Some(before) = before else { return false };
        if before.as_deref() != text {
            self.problem(blame::elsewhere(row, before.as_deref(), text), row);
        }
        true
    }
}

fn in_inner(tree: &Tree, node: NodeId) -> bool {
    let mut here = Some(node);
    while let Some(node) = here {
        if Inner::parse(tree.local(node)).is_some() {
            return true;
        }
        here = tree.parent(node);
    }
    false
}
