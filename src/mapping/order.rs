//! Children in the order of the agency's schema (law 4).
//!
//! Promise: a stable sort by rank; particles of one repeated group share a rank, so mixed lists keep their order, and
//! what the schema does not name stays behind the one before it.

use crate::wire::schema::{Shape, TypeId, XSI};
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
        // Documents are mostly in order: the next child is looked for where the last one was found.
        let mut hint = 0;
        for child in tree.children(node) {
            if tree.kind(child) == NodeKind::Attribute {
                children.push((0, child));
                continue;
            }
            let (namespace, local) = tree.expanded(tree.name(child));
            let same = |index: &usize| known[*index].name == local && known[*index].namespace == namespace;
            let found = (hint..known.len()).chain(0..hint).find(same);
            if let Some(index) = found {
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

/// The type that an element names as its own.
fn typed(tree: &Tree, shape: &Shape, node: NodeId) -> Option<TypeId> {
    let mut attributes = tree.children(node).take_while(|child| tree.kind(*child) == NodeKind::Attribute);
    let named = attributes.find(|child| tree.expanded(tree.name(*child)) == (XSI, "type"))?;
    shape.typed(tree.text(named))
}
