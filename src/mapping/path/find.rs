//! Walking a wire path in a document that is read.
//!
//! Promise: a path leads to the same node in every document: of several alike it takes the first, unless the last
//! segment repeats (`each`) or a segment says so (`*`). Predicates are tests. A document that was
//! read for the profile knows its names, and they are compared as numbers.

use std::sync::Arc;

use crate::mapping::inner::Inner;
use crate::mapping::path::wire::{Axis, NameId, Names, Segment, Start, WirePath};
use crate::wire::tree::{NodeId, NodeKind, Sym, Tree};

/// A document and the names to find in it.
#[derive(Clone, Copy)]
pub(crate) struct Finder<'a> {
    pub(crate) tree: &'a Tree,
    pub(crate) names: &'a Names,
    /// The message's top node.
    pub(crate) top: NodeId,
}

impl Finder<'_> {
    /// Adds every node that `path` leads to from `node`: at most one, unless it repeats.
    pub(crate) fn find(&self, node: NodeId, path: &WirePath, each: bool, found: &mut Vec<NodeId>) {
        if let Some(node) = start(self.tree, self.top, node, path.start) {
            self.walk(node, &path.segments, each, found);
        }
    }

    /// The same for a path of names alone, in an XML document that knows them.
    pub(crate) fn plain(&self, node: NodeId, path: &[(Sym, NodeKind)], each: bool, found: &mut Vec<NodeId>) {
        let Some(((last, kind), above)) = path.split_last() else { return found.push(node) };
        let tree = self.tree;
        let alike = |node: NodeId, name: Sym, kind: NodeKind| {
            tree.children(node).filter(move |child| tree.name(*child) == name && tree.kind(*child) == kind)
        };
        let home = above.iter().try_fold(node, |node, (name, kind)| alike(node, *name, *kind).next());
        let Some(home) = home else { return };
        for child in alike(home, *last, *kind) {
            found.push(child);
            if !each {
                return;
            }
        }
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
        let xml = is_xml(self.tree, node);
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
        if segment.inner.is_some() {
            if let Some(inner) = inner(self.tree, child) {
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

    fn named(&self, child: NodeId, name: NameId) -> bool {
        let xml = matches!(self.tree.kind(child), NodeKind::Element | NodeKind::Attribute);
        if Arc::ptr_eq(self.tree.vocabulary(), self.names.vocabulary()) {
            return self.tree.name(child) == self.names.symbol(name, xml);
        }
        let (namespace, local) = self.tree.expanded(self.tree.name(child));
        let (wanted_namespace, wanted) = self.names.expanded(name);
        local == wanted && (!xml || namespace == wanted_namespace)
    }
}

/// Whether names below a node are XML's: a document of one format may hold one of the other (`!json`, `!xml`).
pub(crate) fn is_xml(tree: &Tree, node: NodeId) -> bool {
    tree.kind(node) == NodeKind::Element
}

/// What the text of a node holds, where it was readable.
pub(crate) fn inner(tree: &Tree, node: NodeId) -> Option<NodeId> {
    if !matches!(tree.kind(node), NodeKind::Element | NodeKind::String) {
        return None;
    }
    tree.children(node).find(|child| Inner::parse(tree.local(*child)).is_some())
}

/// The node a path begins at. Above an item of an array is what holds the array; above the top of an inner document
/// is what holds its text.
pub(crate) fn start(tree: &Tree, top: NodeId, node: NodeId, start: Start) -> Option<NodeId> {
    match start {
        Start::Here => Some(node),
        Start::Top => Some(top),
        Start::Up(steps) => (0..steps).try_fold(node, |node, _| above(tree, node)),
    }
}

fn above(tree: &Tree, node: NodeId) -> Option<NodeId> {
    let mut here = tree.parent(node)?;
    if inner(tree, here) == Some(node) {
        here = tree.parent(here)?;
    }
    while tree.kind(here) == NodeKind::Array {
        here = tree.parent(here)?;
    }
    Some(here)
}
