//! One value onto the wire: run back through its steps, and placed.

use serde_json::Value;

use crate::mapping::blame;
use crate::mapping::compile::{How, Row};
use crate::mapping::manifest::{Blank, Format};
use crate::mapping::path::find::Finder;
use crate::mapping::path::record::Object;
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
            Ok(Item::None) => self.blank(row, node),
            Ok(Item::Text(text, sort)) => {
                if around.cut {
                    self.report("cut", "已截短", "was cut", row);
                }
                if around.generated {
                    self.report("generated", "由系统生成", "was generated", row);
                }
                let before = self.placer.tree.len();
                self.place(row, node, each, &text, sort);
                if around.generated && self.placer.tree.len() > before {
                    self.generated(node, row);
                }
            }
            Ok(Item::Many(parts)) => {
                for part in parts {
                    self.place(row, node, true, &part, Sort::Text);
                }
            }
            Ok(Item::Value(_)) => {}
        }
    }

    fn generated(&mut self, node: NodeId, row: &Row) {
        let finder = Finder { tree: self.placer.tree, names: self.placer.names, format: self.format };
        let mut found = Vec::new();
        finder.find(node, &row.wire, false, &mut found);
        self.out.generated.extend(found);
    }

    fn blank(&mut self, row: &Row, node: NodeId) {
        let kind = match self.map.blank {
            Blank::Null if self.format == Format::Json => NodeKind::Null,
            Blank::Empty if !row.wire.segments.is_empty() => NodeKind::String,
            _ => return,
        };
        self.placer.make(node, &row.wire.segments, false, kind, None);
    }

    pub(super) fn place(&mut self, row: &Row, node: NodeId, each: bool, text: &str, sort: Sort) {
        // Inside `!json`, whatever is around it, literals stay literals.
        let json = self.format == Format::Json
            || row.wire.segments.iter().any(|segment| segment.json)
            || row_in_json(self.placer.tree, node);
        let kind = match sort {
            Sort::Number if json => NodeKind::Number,
            Sort::Bool if json => NodeKind::Bool,
            _ => NodeKind::String,
        };
        let made = self.placer.make(node, &row.wire.segments, each, kind, None);
        self.placer.tree.set_text(made, text);
        if made == node && self.placer.tree.kind(made) != NodeKind::Element {
            self.placer.tree.set_kind(made, kind);
        }
    }
}

fn row_in_json(tree: &Tree, node: NodeId) -> bool {
    let mut here = Some(node);
    while let Some(node) = here {
        if tree.local(node) == crate::mapping::path::find::INNER {
            return true;
        }
        here = tree.parent(node);
    }
    false
}
