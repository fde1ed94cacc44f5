//! Walking a wire path in a document that is read.
//!
//! Promise: a path leads to the same node in every document: of several alike it takes the first, unless the last
//! segment repeats (`each`) or a segment says so (`*`). Predicates are tests.

use std::sync::Arc;

use crate::mapping::manifest::Format;
use crate::mapping::path::wire::{Axis, Names, Segment, WirePath};
use crate::wire::tree::{NodeId, NodeKind, Tree};

/// The local name of the node that holds what `!json` text says.
pub(crate) const INNER: &str = "!json";

/// A document and the names to find in it.
#[derive(Clone, Copy)]
pub(crate) struct Finder<'a> {
    pub(crate) tree: &'a Tree,
    pub(crate) names: &'a Names,
    pub(crate) format: Format,
}

impl Finder<'_> {
    /// Adds every node that `path` leads to from `node`: at most one, unless it repeats.
    pub(crate) fn find(&self, node: NodeId, path: &WirePath, each: bool, found: &mut Vec<NodeId>) {
        self.walk(node, &path.segments, each, found);
    }

    fn walk(&self, node: NodeId, segments: &[Segment], each: bool, found: &mut Vec<NodeId>) {
        let Some((segment, rest)) = segments.split_first() else {
            if each && self.tree.kind(node) == NodeKind::Array {
                found.extend(self.tree.children(node));
            } else {
                found.push(node);
            }
            return;
        };
        let xml = spoken(self.tree, node, self.format) == Format::Xml;
        if segment.xml_only && !xml {
            self.walk(node, rest, each, found);
            return;
        }
        if self.tree.kind(node) == NodeKind::Array {
            // A list on the way is its first item, as the first of several alike elements is in XML.
            if let Some(first) = self.tree.children(node).next() {
                self.walk(first, segments, each, found);
            }
            return;
        }
        let all = segment.star || (each && (rest.is_empty() || rest.iter().all(|s| s.xml_only && !xml)));
        let mut seen = 0;
        for child in self.tree.children(node) {
            if !self.is(child, segment.axis) {
                continue;
            }
            let choosing = segment.index.is_some() || !segment.tests.is_empty() || segment.star;
            if choosing && self.tree.kind(child) == NodeKind::Array {
                for item in self.tree.children(child) {
                    if self.step(item, segment, &mut seen, rest, each, found) && !all {
                        return;
                    }
                }
            } else if self.step(child, segment, &mut seen, rest, each, found) && !all {
                return;
            }
        }
    }

    /// Goes on from a child of the right name, if its predicates hold; says whether it did.
    fn step(
        &self,
        child: NodeId,
        segment: &Segment,
        seen: &mut usize,
        rest: &[Segment],
        each: bool,
        found: &mut Vec<NodeId>,
    ) -> bool {
        if !self.holds(child, segment) {
            return false;
        }
        *seen += 1;
        if segment.index.is_some_and(|index| index != *seen) {
            return false;
        }
        if segment.json {
            if let Some(inner) = self.inner(child) {
                self.walk(inner, rest, each, found);
            }
        } else if segment.axis == Axis::Any && rest.is_empty() {
            // Whatever it is, it is the value under a name that the block reads: a list stays together.
            found.push(child);
        } else {
            self.walk(child, rest, each, found);
        }
        true
    }

    /// What the text of a `!json` node holds, if it was readable.
    pub(crate) fn inner(&self, node: NodeId) -> Option<NodeId> {
        self.tree.children(node).find(|child| self.tree.local(*child) == INNER)
    }

    /// Whether the predicates of `segment` hold at `node`.
    pub(crate) fn holds(&self, node: NodeId, segment: &Segment) -> bool {
        segment.tests.iter().all(|test| {
            self.tree
                .children(node)
                .any(|child| self.is(child, test.axis) && self.tree.text(child) == &*test.value)
        })
    }

    /// Whether a child lies on this axis.
    pub(crate) fn is(&self, child: NodeId, axis: Axis) -> bool {
        let kind = self.tree.kind(child);
        match axis {
            Axis::Any => !matches!(kind, NodeKind::Attribute | NodeKind::Text),
            Axis::Attribute(name) => kind == NodeKind::Attribute && self.named(child, name),
            Axis::Child(name) => {
                !matches!(kind, NodeKind::Attribute | NodeKind::Text) && self.named(child, name)
            }
        }
    }

    fn named(&self, child: NodeId, name: crate::mapping::path::wire::NameId) -> bool {
        if Arc::ptr_eq(self.tree.vocabulary(), self.names.vocabulary()) {
            return self.tree.name(child) == self.names.symbol(name, spoken(self.tree, child, self.format));
        }
        let (namespace, local) = self.tree.expanded(self.tree.name(child));
        let (wanted_namespace, wanted) = self.names.expanded(name);
        let xml = spoken(self.tree, child, self.format) == Format::Xml;
        local == wanted && (!xml || namespace == wanted_namespace)
    }
}

/// The format that a node speaks: JSON below `!json`, whatever the document around it is in.
pub(crate) fn spoken(tree: &Tree, node: NodeId, format: Format) -> Format {
    match tree.kind(node) {
        NodeKind::Element | NodeKind::Attribute | NodeKind::Text => format,
        _ if format == Format::Xml => Format::Json,
        _ => format,
    }
}
