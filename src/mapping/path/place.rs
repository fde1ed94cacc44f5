//! Making the nodes of a wire path in a document that is written.
//!
//! Promise: wrappers stand once, predicates are assignments, and a list is an array in JSON and repeated elements
//! in XML. Names are looked up in the tree once per document.

use std::sync::Arc;

use crate::mapping::manifest::Format;
use crate::mapping::path::find::{Finder, INNER, spoken};
use crate::mapping::path::wire::{Axis, NameId, Names, Segment};
use crate::wire::tree::{NodeId, NodeKind, Sym, Tree};

/// A document under construction.
pub(crate) struct Placer<'a> {
    pub(crate) tree: &'a mut Tree,
    pub(crate) names: &'a Names,
    pub(crate) format: Format,
    /// By name: in XML, and elsewhere.
    symbols: Vec<[Option<Sym>; 2]>,
    /// Nodes whose text is still to be made from the tree below them (`!json`).
    pub(crate) inners: Vec<NodeId>,
}

impl<'a> Placer<'a> {
    /// A placer that adds to `tree`.
    pub(crate) fn new(tree: &'a mut Tree, names: &'a Names, format: Format) -> Self {
        Self { tree, names, format, symbols: vec![[None; 2]; names.len()], inners: Vec::new() }
    }

    /// The tree's symbol of a name, among the children of an XML node or of another.
    fn symbol(&mut self, name: NameId, xml: bool) -> Sym {
        if Arc::ptr_eq(self.tree.vocabulary(), self.names.vocabulary()) {
            return self.names.symbol(name, if xml { Format::Xml } else { Format::Json });
        }
        let index = name.0 as usize;
        if let Some(known) = self.symbols[index][usize::from(!xml)] {
            return known;
        }
        let (namespace, local) = self.names.expanded(name);
        let namespace = if xml { namespace } else { "" };
        let made = self.tree.intern(namespace, local);
        self.symbols[index][usize::from(!xml)] = Some(made);
        made
    }

    /// Whether the children of a node are XML's.
    fn xml(&self, node: NodeId) -> bool {
        spoken(self.tree, node, self.format) == Format::Xml
    }

    /// The kind of node that holds others.
    pub(crate) fn group(&self) -> NodeKind {
        if self.format == Format::Xml { NodeKind::Element } else { NodeKind::Object }
    }

    /// A new node at the end of `segments`, of `kind` unless it is an XML node; what leads there is made when it is
    /// missing. `None` when the place is the node itself, which is then to be filled. With `each` the last segment
    /// repeats. `named` is the name of a node that the path leaves open (`*`).
    pub(crate) fn make(
        &mut self,
        node: NodeId,
        segments: &[Segment],
        each: bool,
        kind: NodeKind,
        named: Option<&str>,
    ) -> NodeId {
        let mut node = node;
        let real = real(segments, self.xml(node));
        let Some((last, above)) = real.split_last() else {
            return if each && self.tree.kind(node) == NodeKind::Array {
                let name = self.tree.name(node);
                self.tree.add(Some(node), kind, name, "", 0)
            } else {
                node
            };
        };
        for segment in above {
            node = self.enter(node, segment);
        }
        let repeats = each || last.star || last.index.is_some() || !last.tests.is_empty();
        let xml = self.xml(node);
        let bare = if kind == NodeKind::Element { NodeKind::Object } else { kind };
        if last.json {
            let inner = self.enter(node, last);
            if !each {
                self.tree.set_kind(inner, bare);
                return inner;
            }
            self.tree.set_kind(inner, NodeKind::Array);
            let name = self.tree.name(inner);
            return self.tree.add(Some(inner), bare, name, "", 0);
        }
        let kind = match last.axis {
            Axis::Attribute(_) => NodeKind::Attribute,
            _ if xml => NodeKind::Element,
            _ => bare,
        };
        let name = match named {
            Some(named) if last.axis == Axis::Any => self.tree.intern("", named),
            _ => self.name(last.axis, xml),
        };
        let repeats = repeats && last.axis != Axis::Any;
        let parent = if repeats && !xml { self.array(node, name) } else { node };
        let made = self.tree.add(Some(parent), kind, name, "", 0);
        self.assign(made, last);
        made
    }

    /// The node of a group that stands once: the one that other rows have made, or a new one.
    pub(crate) fn once(&mut self, node: NodeId, segments: &[Segment]) -> NodeId {
        real(segments, self.xml(node)).into_iter().fold(node, |node, segment| self.enter(node, segment))
    }

    /// The wrapper that `segment` names: the one that is there, or a new one.
    fn enter(&mut self, node: NodeId, segment: &Segment) -> NodeId {
        let xml = self.xml(node);
        let name = self.name(segment.axis, xml);
        let choosing = segment.index.is_some() || !segment.tests.is_empty() || segment.star;
        let home = if choosing && !xml { self.array(node, name) } else { node };
        let there = {
            let finder = Finder { tree: self.tree, names: self.names, format: self.format };
            let mut alike = finder
                .tree
                .children(home)
                .filter(|child| finder.tree.name(*child) == name && finder.holds(*child, segment));
            match segment.index {
                Some(index) => alike.nth(index - 1),
                None if segment.star => None,
                None => alike.next(),
            }
        };
        let made = there.unwrap_or_else(|| {
            let kind = match (xml, segment.json) {
                (true, _) => NodeKind::Element,
                (false, true) => NodeKind::String,
                (false, false) => NodeKind::Object,
            };
            let made = self.tree.add(Some(home), kind, name, "", 0);
            self.assign(made, segment);
            made
        });
        if !segment.json {
            return made;
        }
        let inner = Finder { tree: self.tree, names: self.names, format: self.format }.inner(made);
        inner.unwrap_or_else(|| {
            let name = self.tree.intern("", INNER);
            self.inners.push(made);
            self.tree.add(Some(made), NodeKind::Object, name, "", 0)
        })
    }

    fn array(&mut self, node: NodeId, name: Sym) -> NodeId {
        let there = self.tree.children(node).find(|child| self.tree.name(*child) == name);
        there.unwrap_or_else(|| self.tree.add(Some(node), NodeKind::Array, name, "", 0))
    }

    fn name(&mut self, axis: Axis, xml: bool) -> Sym {
        match axis {
            Axis::Child(name) | Axis::Attribute(name) => self.symbol(name, xml),
            // Only the last segment may be open; the compiler sees to that.
            Axis::Any => self.tree.intern("", "*"),
        }
    }

    fn assign(&mut self, node: NodeId, segment: &Segment) {
        for test in &segment.tests {
            let xml = self.xml(node);
            let name = self.name(test.axis, xml);
            let kind = match test.axis {
                Axis::Attribute(_) => NodeKind::Attribute,
                _ if xml => NodeKind::Element,
                _ => NodeKind::String,
            };
            self.tree.add(Some(node), kind, name, &test.value, 0);
        }
    }
}

/// The segments that exist from here: those in parentheses in XML alone, which ends at `!json`.
fn real(segments: &[Segment], mut xml: bool) -> Vec<&Segment> {
    let exists = |segment: &&Segment| {
        let exists = xml || !segment.xml_only;
        xml &= !segment.json;
        exists
    };
    segments.iter().filter(exists).collect()
}
