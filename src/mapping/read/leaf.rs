//! One value of the wire: found, taken as text or as no value, run through its steps.

use std::borrow::Cow;

use serde_json::Value;

use crate::domain::problem::Problem;
use crate::mapping::blame;
use crate::mapping::compile::{How, Row};
use crate::mapping::condition::Need;
use crate::mapping::derive::{self, Derived};
use crate::mapping::ids;
use crate::mapping::parts::{self, AMOUNT_CURRENCY};
use crate::mapping::path::record::{Object, RecordPath};
use crate::mapping::path::wire::{Axis, NameId};
use crate::mapping::read::Reader;
use crate::mapping::steps::langs::UNNAMED;
use crate::mapping::steps::{Around, Chain, Item, Sort};
use crate::mapping::trace::Told;
use crate::mapping::words::is_blank;
use crate::wire::tree::{NodeId, NodeKind};

impl<'a> Reader<'a> {
    pub(super) fn leaf(
        &mut self,
        row: &'a Row,
        at: (u32, u32),
        chain: &Chain,
        node: NodeId,
        object: &mut Object,
    ) {
        let Some(path) = &row.record else { return };
        let mut found = std::mem::take(&mut self.found);
        found.clear();
        let tree = self.finder.tree;
        let joined = row.join.as_ref().map(|separator| self.parts(row, separator, chain, node, &mut found));
        if joined.is_none() {
            self.find(node, row, chain.gathers(), &mut found);
        }
        let first = found.first().copied();
        let item = if let Some(joined) = joined {
            joined
        } else if row.wire.own_name {
            first.map_or(Ok(Item::None), |node| Ok(Item::text(tree.local(node))))
        } else if let Some(key) = row.key {
            Ok(self.keyed(&found, key))
        } else if chain.gathers() {
            Ok(Item::Many(found.iter().map(|node| Cow::Borrowed(tree.text(*node))).collect()))
        } else {
            first.map_or(Ok(Item::None), |first| self.item(first, chain))
        };
        if (row.join.is_some() || row.key.is_some()) && item.is_ok() {
            for other in found.iter().skip(1) {
                self.trace.add(self.scope, at, 0, *other);
            }
        }
        self.found = found;
        let value = match item {
            Ok(item) => self.convert(row, chain, item, first.unwrap_or(node), object),
            Err(problem) => {
                let problem = self.place(problem, row, first.unwrap_or(node));
                self.refuse(problem);
                return;
            }
        };
        match value {
            Err(()) => {}
            Ok(None) => {
                self.nothing(row);
                self.missing(row, first, node);
            }
            Ok(Some(value)) => {
                match first {
                    Some(first) => self.echoes(row, at.1, chain, node, first, &value, object),
                    None => self.mirror = None,
                }
                self.trace.add(self.scope, at, 0, first.unwrap_or(node));
                self.trace.made(self.made, first.is_none());
                match &row.split {
                    Some(separator) => {
                        self.spread(row, path, &value, separator, first.unwrap_or(node), object);
                    }
                    None => self.put(row, path, value, first.unwrap_or(node), object),
                }
            }
        }
    }

    /// A row has read a node's text: how that would be spelled. `at` is its index in its block, whose node is `home`.
    #[expect(clippy::too_many_arguments, reason = "one value in hand, and where it stands")]
    pub(super) fn echoes(
        &mut self,
        row: &Row,
        at: u32,
        chain: &Chain,
        home: NodeId,
        node: NodeId,
        value: &Value,
        object: &Object,
    ) {
        let tree = self.finder.tree;
        let Some(mirror) = self.mirror.as_mut().filter(|_| row.reliance.present) else {
            self.mirror = None;
            return;
        };
        mirror.read(tree, home, node, at, true);
        let text = tree.text(node);
        if chain.gives_back(text) {
            return;
        }
        let mut around = Around::of(self.run, self.map.zone_seconds, object);
        match chain.write(Some(value), &mut around) {
            Ok(Item::Text(written, _)) if !around.cut && !around.generated && around.owing.is_none() => {
                if written != text {
                    mirror.spelled(node, self.item, written.into_owned());
                }
            }
            _ => self.mirror = None,
        }
    }

    /// Leaves with the attribute that tells them apart; in JSON, the members of an object.
    fn keyed(&self, found: &[NodeId], key: NameId) -> Item<'a> {
        let tree = self.finder.tree;
        let mut parts = Vec::new();
        for node in found {
            let named = |child: &NodeId| self.finder.is(*child, Axis::Attribute(key));
            let members = tree.children(*node).filter(|child| tree.kind(*child) == NodeKind::String);
            if tree.kind(*node) == NodeKind::Object {
                parts.extend(members.map(|child| (tree.local(child), tree.text(child))));
            } else {
                let name = tree.children(*node).find(named).map_or(UNNAMED, |child| tree.text(child));
                parts.push((name, tree.text(*node)));
            }
        }
        parts.retain(|(_, text)| !text.trim().is_empty());
        Item::Keyed(parts.into_iter().map(|(key, text)| (Cow::Borrowed(key), Cow::Borrowed(text))).collect())
    }

    /// The values of several wire places as one text.
    fn parts(
        &self,
        row: &Row,
        separator: &str,
        chain: &Chain,
        node: NodeId,
        found: &mut Vec<NodeId>,
    ) -> Result<Item<'a>, Problem> {
        let mut texts = Vec::new();
        for place in row.wire.places() {
            let before = found.len();
            self.finder.find(node, place, false, found);
            let item = found.get(before).map_or(Ok(Item::None), |node| self.item(*node, chain))?;
            texts.push(match item {
                Item::Text(text, _) => Some(text),
                _ => None,
            });
        }
        match parts::join(&texts, separator) {
            Ok(text) => Ok(text.map_or(Item::None, Item::text)),
            Err(wrong) => Err(blame::wrong(row, &wrong, texts.iter().flatten().next().map(|text| &**text))),
        }
    }

    /// One text into several places of the record.
    fn spread(
        &mut self,
        row: &Row,
        path: &RecordPath,
        value: &Value,
        separator: &str,
        node: NodeId,
        object: &mut Object,
    ) {
        let text = value.as_str().unwrap_or_default();
        match parts::split(text, separator, path.plus.len() + 1) {
            Ok(texts) => {
                for (place, text) in path.places().zip(texts) {
                    self.put(row, place, text.into(), node, object);
                }
            }
            Err(wrong) => {
                let problem = self.place(blame::wrong(row, &wrong, Some(text)), row, node);
                self.refuse(problem);
            }
        }
    }

    /// The leaf's text, or no value: empty, blank, nil, null.
    pub(super) fn item(&self, node: NodeId, chain: &Chain) -> Result<Item<'a>, Problem> {
        let tree = self.finder.tree;
        let text = tree.text(node);
        let sort = match tree.kind(node) {
            NodeKind::Null => return Ok(Item::None),
            NodeKind::Object | NodeKind::Array => return Err(blame::no_leaf()),
            NodeKind::Element
                if text.is_empty() && tree.children(node).any(|c| tree.kind(c) == NodeKind::Element) =>
            {
                return Err(blame::no_leaf());
            }
            NodeKind::Number => Sort::Number,
            NodeKind::Bool => Sort::Bool,
            _ => Sort::Text,
        };
        if is_blank(text) && !chain.takes_blank() {
            return Ok(Item::None);
        }
        Ok(Item::Text(Cow::Borrowed(text), sort))
    }

    /// Runs the steps; a refusal is recorded, and so is a value that is put aside.
    pub(super) fn convert(
        &mut self,
        row: &Row,
        chain: &Chain,
        item: Item<'_>,
        node: NodeId,
        object: &Object,
    ) -> Result<Option<Value>, ()> {
        let mut around = Around::of(self.run, self.map.zone_seconds, object);
        let shown = item.as_text().filter(|_| chain.doubts()).map(str::to_owned);
        let keep_shown = match &item {
            Item::Text(Cow::Borrowed(text), _) => Some(Cow::Borrowed(*text)),
            Item::Text(Cow::Owned(text), _) => Some(Cow::Owned(text.replace(AMOUNT_CURRENCY, " "))),
            _ => None,
        };
        let read = chain.read(item, &mut around);
        self.made = around.made;
        match read {
            Ok(value) => {
                for doubt in around.doubts {
                    let problem = blame::wrong(row, &doubt, shown.as_deref());
                    let problem = self.place(problem, row, node);
                    self.warnings.push(Told { problem, record: self.record });
                }
                for bytes in around.attached {
                    self.attached.add(bytes);
                }
                for id in around.ids {
                    let found = keep_shown.as_deref();
                    let problem = self.place(blame::wrong(row, &ids::wrong(&id), found), row, node);
                    self.ids.add(node, id, Told { problem, record: self.record });
                }
                if around.held { Err(()) } else { Ok(value) }
            }
            Err(wrong) => {
                let problem = self.place(blame::wrong(row, &wrong, keep_shown.as_deref()), row, node);
                self.refuse(problem);
                Err(())
            }
        }
    }

    /// A derived value is only compared: a difference is kept, or refused under `must`.
    pub(super) fn derived(&mut self, row: &Row, at: (u32, u32), node: NodeId, object: &Object) {
        let zone = self.map.zone_seconds;
        let Some(wanted) = derive::derived(&row.how, object, self.position, self.run, zone) else { return };
        let mut found = Vec::new();
        self.find(node, row, false, &mut found);
        let Some(first) = found.first().copied() else {
            self.mirror = None;
            self.missing(row, None, node);
            return;
        };
        self.trace.add(self.scope, at, 0, first);
        let tree = self.finder.tree;
        let text = tree.text(first);
        match (&mut self.mirror, &wanted) {
            (Some(mirror), Ok(wanted)) if row.reliance.present && text == wanted.text => {
                mirror.read(tree, node, first, at.1, true);
            }
            _ => self.mirror = None,
        }
        if !matches!(row.need, Need::Must) {
            return;
        }
        let problem = match wanted {
            Ok(wanted) if text == wanted.text || self.same(row, text, &wanted, object) => return,
            Ok(wanted) => blame::derived(row, &wanted.text, text),
            Err(wrong) => blame::wrong(row, &wrong, Some(text)),
        };
        let problem = self.place(problem, row, first);
        self.refuse(problem);
    }

    /// Whether a text is another spelling of a derived value.
    fn same(&self, row: &Row, text: &str, wanted: &Derived, object: &Object) -> bool {
        let (How::Sum { chain, .. }, Some(value)) = (&row.how, &wanted.value) else { return false };
        let mut around = Around::of(self.run, self.map.zone_seconds, object);
        chain.read(Item::text(text), &mut around).is_ok_and(|read| read.as_ref() == Some(value))
    }
}
