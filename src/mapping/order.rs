//! Children in the order of the agency's schema (law 4).
//!
//! Promise: a stable sort by rank; particles of one repeated group share a rank, so mixed lists keep their order, and
//! what the schema does not name stays behind the one before it.

use crate::wire::schema::{Child, Shape, TypeId, XSI};
use crate::wire::tree::{NodeId, NodeKind, Tree};

/// Puts everything below `node`, which is of type `of`, into the schema's order.
pub(crate) fn arrange(tree: &mut Tree, shape: &Shape, node: NodeId, of: TypeId) {
    let mut todo = vec![(node, of)];
    let mut children: Vec<(u32, NodeId)> = Vec::new();
    while let Some((node, of)) = todo.pop() {
        let known = &shape.of(of).children;
        if known.is_empty() {
            continue;
        }
        children.clear();
        let mut rank = 0;
        let mut sorted = true;
        let mut hint = 0;
        for child in tree.children(node) {
            if tree.kind(child) == NodeKind::Attribute {
                children.push((0, child));
                continue;
            }
            if let Some(index) = find(tree, child, known, hint) {
                hint = index;
                // Ranks begin after the attributes'.
                let next = known[index].rank.saturating_add(1);
                sorted &= next >= rank;
                rank = next;
                if tree.children(child).next().is_some() {
                    todo.push((child, typed(tree, shape, child).unwrap_or(known[index].of)));
                }
            }
            children.push((rank, child));
        }
        if !sorted {
            children.sort_by_key(|(rank, _)| *rank);
            let order: Vec<NodeId> = children.iter().map(|(_, child)| *child).collect();
            tree.reorder(node, &order);
        }
    }
}

/// The order that a schema gives to what stands below a document's top.
pub(crate) struct Rank<'a> {
    pub(crate) shape: &'a Shape,
    pub(crate) top: NodeId,
    pub(crate) of: TypeId,
}

impl Rank<'_> {
    /// Whether children that are in the order of `row` would be arranged as they stand. Not told of what the schema
    /// does not name.
    pub(crate) fn follows(&self, tree: &Tree, row: &impl Fn(NodeId) -> u32) -> bool {
        let mut todo = vec![(self.top, Some(self.of))];
        while let Some((node, of)) = todo.pop() {
            let known = of.map_or(&[][..], |of| &self.shape.of(of).children);
            let (mut last, mut hint) = ((0, 0), 0);
            for child in tree.children(node).filter(|child| tree.kind(*child) != NodeKind::Attribute) {
                let found = find(tree, child, known, hint);
                if found.is_none() && !known.is_empty() {
                    return false;
                }
                hint = found.unwrap_or(hint);
                let here = (found.map_or(0, |index| known[index].rank), row(child));
                if here < last {
                    return false;
                }
                last = here;
                if tree.children(child).next().is_some() {
                    let own = found.map(|index| known[index].of);
                    todo.push((child, own.map(|own| typed(tree, self.shape, child).unwrap_or(own))));
                }
            }
        }
        true
    }
}

/// Where a schema's children have this one's name: documents are mostly in order, so it is looked for where the last
/// one was found.
fn find(tree: &Tree, child: NodeId, known: &[Child], hint: usize) -> Option<usize> {
    let (namespace, local) = tree.expanded(tree.name(child));
    let same = |index: &usize| known[*index].name == local && known[*index].namespace == namespace;
    (hint..known.len()).chain(0..hint).find(same)
}

/// The type that an element names as its own.
pub(crate) fn typed(tree: &Tree, shape: &Shape, node: NodeId) -> Option<TypeId> {
    let mut attributes = tree.children(node).take_while(|child| tree.kind(*child) == NodeKind::Attribute);
    let named = attributes.find(|child| tree.expanded(tree.name(*child)) == (XSI, "type"))?;
    shape.typed(tree.text(named))
}
