//! Making the nodes of a wire path in a document that is written.
//!
//! Promise: wrappers stand once, predicates are assignments, and a list is an array in JSON and repeated elements
//! in XML. Names are looked up in the tree once per document.

use std::sync::Arc;

use crate::mapping::inner::Inner;
use crate::mapping::manifest::Format;
use crate::mapping::path::find::{Finder, inner, is_xml, start};
use crate::mapping::path::wire::{Axis, NameId, Names, Segment, WirePath};
use crate::wire::tree::{NodeId, NodeKind, Sym, Tree};

/// A document under construction.
pub(crate) struct Placer<'a> {
    pub(crate) tree: &'a mut Tree,
    pub(crate) names: &'a Names,
    /// The message's top node.
    pub(crate) top: NodeId,
    /// Symbols of names in XML and in JSON.
    symbols: [Vec<Option<Sym>>; 2],
    /// Nodes whose text is still to be made from the tree below them (`!json`).
    pub(crate) inners: Vec<NodeId>,
    /// Nodes chosen by a predicate, and the node below that it assigned.
    pub(crate) assigned: Vec<(NodeId, NodeId)>,
}

/// What kind of node a path ends in; in XML it is an element or an attribute whatever it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Made {
    /// One that holds others.
    Group,
    /// A leaf of this kind.
    Leaf(NodeKind),
}

impl<'a> Placer<'a> {
    /// A placer that adds to `tree` below `top`.
    pub(crate) fn new(tree: &'a mut Tree, names: &'a Names, top: NodeId) -> Self {
        // A tree that knows the names needs no table of them.
        let known = Arc::ptr_eq(tree.vocabulary(), names.vocabulary());
        let symbols = [(); 2].map(|()| vec![None; if known { 0 } else { names.len() }]);
        Self { tree, names, top, symbols, inners: Vec::new(), assigned: Vec::new() }
    }

    /// The tree's symbol of a name.
    fn symbol(&mut self, name: NameId, xml: bool) -> Sym {
        if Arc::ptr_eq(self.tree.vocabulary(), self.names.vocabulary()) {
            return self.names.symbol(name, xml);
        }
        let index = name.0 as usize;
        if let Some(known) = self.symbols[usize::from(xml)][index] {
            return known;
        }
        let (namespace, local) = self.names.expanded(name);
        let made = self.tree.intern(if xml { namespace } else { "" }, local);
        self.symbols[usize::from(xml)][index] = Some(made);
        made
    }

    /// The node where a path begins; the block's own where there is nothing so far above.
    pub(crate) fn start(&self, node: NodeId, path: &WirePath) -> NodeId {
        start(self.tree, self.top, node, path.start).unwrap_or(node)
    }

    /// A new node at the end of `path`; what leads there is made when it is missing. It is the node itself when the
    /// path leads nowhere else, which is then to be filled. With `each` the last segment repeats. `named` is the name
    /// of a node that the path leaves open (`*`).
    pub(crate) fn make(
        &mut self,
        node: NodeId,
        path: &WirePath,
        each: bool,
        made: Made,
        named: Option<&str>,
    ) -> NodeId {
        let mut node = self.start(node, path);
        let mut rest = &path.segments[..];
        while let Some((segment, below)) = rest.split_first() {
            let xml = is_xml(self.tree, node);
            if segment.xml_only && !xml {
                rest = below;
                continue;
            }
            if below.is_empty() || (segment.inner.is_none() && !xml && below.iter().all(|s| s.xml_only)) {
                // In JSON it is the starred segment that is the list: one item for each, one value in it.
                let each = each && (xml || !path.segments.iter().any(|segment| segment.star));
                return self.last(node, segment, each, made, named);
            }
            node = self.enter(node, segment);
            rest = below;
        }
        if each && self.tree.kind(node) == NodeKind::Array {
            let name = self.tree.name(node);
            return self.tree.add(Some(node), kind(made, false), name, "", 0);
        }
        node
    }

    /// The node of a group that stands once: the one that other rows have made, or a new one.
    pub(crate) fn once(&mut self, node: NodeId, path: &WirePath) -> NodeId {
        let mut node = self.start(node, path);
        for segment in &path.segments {
            if is_xml(self.tree, node) || !segment.xml_only {
                node = self.enter(node, segment);
            }
        }
        node
    }

    fn last(
        &mut self,
        node: NodeId,
        segment: &Segment,
        each: bool,
        made: Made,
        named: Option<&str>,
    ) -> NodeId {
        let xml = is_xml(self.tree, node);
        if segment.inner.is_some() {
            let node = self.enter(node, segment);
            if is_xml(self.tree, node) {
                return node;
            }
            if each {
                self.tree.set_kind(node, NodeKind::Array);
                let name = self.tree.intern("", "");
                return self.tree.add(Some(node), kind(made, false), name, "", 0);
            }
            self.tree.set_kind(node, kind(made, false));
            return node;
        }
        let repeats = each || segment.star || segment.index.is_some() || !segment.tests.is_empty();
        let kind = match segment.axis {
            Axis::Attribute(_) => NodeKind::Attribute,
            _ => kind(made, xml),
        };
        let name = match named {
            Some(named) if segment.axis == Axis::Any => self.tree.intern("", named),
            _ => self.name(segment.axis, xml),
        };
        let repeats = repeats && segment.axis != Axis::Any;
        let parent = if repeats && !xml { self.array(node, name) } else { node };
        let made = self.tree.add(Some(parent), kind, name, "", 0);
        self.assign(made, segment, xml);
        made
    }

    /// The wrapper that `segment` names: the one that is there, or a new one.
    fn enter(&mut self, node: NodeId, segment: &Segment) -> NodeId {
        let xml = is_xml(self.tree, node);
        let name = self.name(segment.axis, xml);
        let choosing = segment.index.is_some() || !segment.tests.is_empty() || segment.star;
        let home = if choosing && !xml { self.array(node, name) } else { node };
        let there = {
            let finder = Finder { tree: self.tree, names: self.names, top: self.top };
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
        let there = there.unwrap_or_else(|| {
            let made = if segment.inner.is_some() { Made::Leaf(NodeKind::String) } else { Made::Group };
            let made = self.tree.add(Some(home), kind(made, xml), name, "", 0);
            self.assign(made, segment, xml);
            made
        });
        match segment.inner {
            Some(layers) => self.inner(there, layers),
            None => there,
        }
    }

    /// The document in the text of `node`: the one that is there, or a new one.
    fn inner(&mut self, node: NodeId, layers: Inner) -> NodeId {
        if let Some(there) = inner(self.tree, node) {
            return there;
        }
        let name = self.tree.intern("", layers.name());
        self.inners.push(node);
        let kind = match layers.document() {
            Some(Format::Xml) => NodeKind::Element,
            Some(_) => NodeKind::Object,
            None => NodeKind::String,
        };
        self.tree.add(Some(node), kind, name, "", 0)
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

    fn assign(&mut self, node: NodeId, segment: &Segment, xml: bool) {
        for test in &segment.tests {
            let name = self.name(test.axis, xml);
            let kind = match test.axis {
                Axis::Attribute(_) => NodeKind::Attribute,
                _ if xml => NodeKind::Element,
                _ => NodeKind::String,
            };
            let made = self.tree.add(Some(node), kind, name, &test.value, 0);
            self.assigned.push((node, made));
        }
    }
}

fn kind(made: Made, xml: bool) -> NodeKind {
    match made {
        _ if xml => NodeKind::Element,
        Made::Group => NodeKind::Object,
        Made::Leaf(kind) => kind,
    }
}
