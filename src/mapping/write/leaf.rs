//! One value onto the wire: run back through its steps, and placed.

use std::borrow::Cow;

use serde_json::Value;

use crate::domain::digest::Digest;
use crate::mapping::blame;
use crate::mapping::compile::{How, Row};
use crate::mapping::ids;
use crate::mapping::inner::Inner;
use crate::mapping::manifest::{Blank, Format};
use crate::mapping::parts;
use crate::mapping::path::find::{Finder, is_xml};
use crate::mapping::path::place::Made;
use crate::mapping::path::record::Object;
use crate::mapping::path::wire::{Axis, Start, WirePath};
use crate::mapping::steps::ident::Id;
use crate::mapping::steps::langs::UNNAMED;
use crate::mapping::steps::sealed::MASK;
use crate::mapping::steps::{Around, Chain, Item, Sort, Wrong};
use crate::mapping::write::Writer;
use crate::wire::schema::XSI;
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
        if chain.wants_key() {
            around.key = Some(self.key(row));
        }
        match chain.write(value, &mut around) {
            Err(wrong) => {
                let found = value.map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned));
                let found = if chain.sealed() { found.map(|_| MASK.to_owned()) } else { found };
                self.problem(blame::wrong(row, &wrong, found.as_deref()), row);
            }
            Ok(Item::None) => row.wire.places().for_each(|place| self.blank(row, place, node, chain.blank())),
            Ok(Item::Text(text, sort)) => {
                if around.cut {
                    self.report("cut", "已截短", "was cut", row);
                }
                if around.generated {
                    self.report("generated", "由系统生成", "was generated", row);
                }
                let before = self.placer.tree.len();
                let made = match &row.join {
                    Some(separator) => {
                        self.parts(row, separator, node, &text, sort);
                        None
                    }
                    None => self.place(row, &row.wire, node, each, &text, sort),
                };
                if let Some(made) = made {
                    self.said(row, chain, around.owing.take(), std::mem::take(&mut around.ids), &text, made);
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
            Ok(Item::Keyed(parts)) => self.keyed(row, node, parts),
            Ok(Item::Value(_)) => {}
        }
    }

    /// What steps say of a node that was written: bytes, a stand-in for them, ids.
    fn said(
        &mut self,
        row: &Row,
        chain: &Chain,
        owing: Option<String>,
        said: Vec<Id>,
        text: &str,
        made: NodeId,
    ) {
        let told = |wrong: &Wrong, path: String| {
            let problem = blame::wrong(row, wrong, Some(text)).with_path(path);
            problem.with_rule(row.spot.rule(&self.map.profile))
        };
        if chain.bytes() {
            self.out.bytes.push(made);
        }
        if owing.is_none() && said.is_empty() {
            return;
        }
        let path = self.record_path(row);
        if let Some(stand_in) = owing {
            let wrong = Wrong::new(
                "attachment-missing",
                "有内容的附件（其字节不在手边）",
                "an attachment whose bytes are at hand",
            );
            let problem = told(&wrong, path.clone());
            self.out.owing.push((made, stand_in, problem));
        }
        for id in said {
            let problem = told(&ids::wrong(&id), path.clone());
            self.out.ids.add(made, id, problem);
        }
    }

    /// An element per language with its attribute, or in JSON an object of them.
    fn keyed(&mut self, row: &Row, node: NodeId, parts: Vec<(Cow<'_, str>, Cow<'_, str>)>) {
        let Some(key) = row.key else { return };
        let start = self.placer.start(node, &row.wire);
        if !is_xml(self.placer.tree, start) {
            let object = self.placer.make(node, &row.wire, false, Made::Group, None);
            for (language, text) in parts {
                let name = self.placer.tree.intern("", &language);
                self.placer.tree.add(Some(object), NodeKind::String, name, &text, 0);
            }
            return;
        }
        for (language, text) in parts {
            let made = self.placer.make(node, &row.wire, true, Made::Leaf(NodeKind::String), None);
            self.placer.tree.set_text(made, &text);
            if language != UNNAMED {
                let (namespace, local) = self.map.names.expanded(key);
                let name = self.placer.tree.intern(namespace, local);
                let attribute = self.placer.tree.add(Some(made), NodeKind::Attribute, name, &language, 0);
                self.placer.assigned.push((made, attribute));
            }
        }
    }

    /// A key that is the same whenever this message is written: an id made of the digest of what it says, and of the
    /// place that asks for it (RFC 9562, version 8).
    fn key(&self, row: &Row) -> String {
        let message = serde_json::to_vec(self.message).unwrap_or_default();
        let place = format!("{}\0{}\0{}\0", self.map.profile, self.path.join("."), row.wire.text);
        let digest = Digest::of(&[place.as_bytes(), &message].concat());
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest.as_bytes()[..16]);
        uuid::Builder::from_custom_bytes(bytes).into_uuid().to_string()
    }

    /// One text into several wire places; an amount keeps its sort, what stands behind it is text.
    fn parts(&mut self, row: &Row, separator: &str, node: NodeId, text: &str, sort: Sort) {
        match parts::split(text, separator, row.wire.plus.len() + 1) {
            Ok(texts) => {
                let sorts = std::iter::once(sort).chain(std::iter::repeat(Sort::Text));
                for ((place, text), sort) in row.wire.places().zip(&texts).zip(sorts) {
                    self.place(row, place, node, false, text, sort);
                }
                row.wire.places().skip(texts.len()).for_each(|place| self.blank(row, place, node, false));
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

    /// No value at a place: in the profile's form, or as nil where the row's first step says so.
    fn blank(&mut self, row: &Row, path: &WirePath, node: NodeId, nil: bool) {
        if self.already(row, path, node, None) {
            return;
        }
        let kind = match if nil { Blank::Nil } else { self.map.blank } {
            // A blank cell is the only form of no value that a table has.
            _ if self.format.is_table() => return,
            Blank::Null | Blank::Nil if self.format == Format::Json => NodeKind::Null,
            Blank::Nil if self.format == Format::Xml => {
                let element = matches!(path.segments.last().map(|last| last.axis), Some(Axis::Child(_)));
                if element {
                    let made = self.placer.make(node, path, false, Made::Leaf(NodeKind::String), None);
                    let name = self.placer.tree.intern(XSI, "nil");
                    self.placer.tree.add(Some(made), NodeKind::Attribute, name, "true", 0);
                }
                return;
            }
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
    ) -> Option<NodeId> {
        if !each && self.already(row, path, node, Some(text)) {
            return None;
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
        Some(made)
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
