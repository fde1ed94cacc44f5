//! What the agency's schema requires though nothing need stand in it: a wrapper, a list without items.
//!
//! Promise: no map can forget it, and none need say it: where a document that is written has none, an empty one is put
//! there. A value is never made up: an element with text, a required attribute, a choice between several is no
//! container that may stand empty.

use crate::mapping::order::{Rank, typed};
use crate::mapping::path::wire::Names;
use crate::wire::schema::{Child, Shape, TypeId, XSI};
use crate::wire::tree::{NodeId, NodeKind, Tree};

/// How deep required containers may lie in one another: 32, far beyond any format, a guard against schemas in which a
/// type requires itself.
const DEPTH: usize = 32;

/// Whether a required child may stand empty, so that it is written by itself.
pub(crate) fn hollow(shape: &Shape, child: &Child, xml: bool) -> bool {
    child.required && container(shape, child, xml, DEPTH)
}

fn container(shape: &Shape, child: &Child, xml: bool, depth: usize) -> bool {
    let kind = shape.of(child.of);
    if depth == 0 || child.filled {
        return false;
    }
    if !xml && (child.repeats || kind.array) {
        return child.repeats || !kind.chooses;
    }
    // A repeated element is an item, and what an item says nobody knows.
    let group = if xml { !kind.leaf && !child.repeats } else { !kind.leaf || kind.object };
    let below = || kind.children.iter().filter(|child| child.required);
    group
        && !kind.chooses
        && !kind.abstracted
        && !kind.attributes.iter().any(|attribute| attribute.required)
        && below().all(|child| container(shape, child, xml, depth - 1))
}

/// Puts the empty containers that the schema requires where none stands, from a document's top down.
pub(crate) fn fill(tree: &mut Tree, names: &Names, rank: &Rank<'_>) {
    let shape = rank.shape;
    let mut todo = vec![(rank.top, rank.of)];
    while let Some((node, of)) = todo.pop() {
        let of = shape.items(of);
        let xml = tree.kind(node) == NodeKind::Element;
        if tree.kind(node) == NodeKind::Array {
            todo.extend(tree.children(node).map(|item| (item, of)));
            continue;
        }
        if !(xml || tree.kind(node) == NodeKind::Object) || nil(tree, node) {
            continue;
        }
        let of = typed(tree, shape, node).filter(|_| xml).unwrap_or(of);
        for child in &shape.of(of).children {
            let found: Vec<NodeId> =
                tree.children(node).filter(|there| same(tree, *there, child, xml)).collect();
            if found.is_empty() && hollow(shape, child, xml) {
                todo.extend(empty(tree, names, shape, node, of, child).map(|made| (made, child.of)));
            }
            todo.extend(found.into_iter().map(|there| (there, child.of)));
        }
    }
}

/// An empty one in its place among its siblings; none where its name space has no prefix to be written with.
fn empty(
    tree: &mut Tree,
    names: &Names,
    shape: &Shape,
    node: NodeId,
    of: TypeId,
    child: &Child,
) -> Option<NodeId> {
    let xml = tree.kind(node) == NodeKind::Element;
    let namespace = if xml { child.namespace.as_str() } else { "" };
    if !namespace.is_empty() && !names.prefixes().iter().any(|(_, uri)| uri == namespace) {
        return None;
    }
    let list = child.repeats || shape.of(child.of).array;
    let kind = match (xml, list) {
        (true, _) => NodeKind::Element,
        (false, true) => NodeKind::Array,
        (false, false) => NodeKind::Object,
    };
    let known = &shape.of(of).children;
    let later = |there: &NodeId| {
        let other = known.iter().find(|known| same(tree, *there, known, xml));
        other.is_some_and(|other| other.rank > child.rank)
    };
    let mut order: Vec<NodeId> = tree.children(node).collect();
    let behind = order.iter().position(later);
    let name = tree.intern(namespace, &child.name);
    let made = tree.add(Some(node), kind, name, "", 0);
    if let Some(at) = behind {
        order.insert(at, made);
        tree.reorder(node, &order);
    }
    Some(made)
}

fn same(tree: &Tree, node: NodeId, child: &Child, xml: bool) -> bool {
    let (namespace, local) = tree.expanded(tree.name(node));
    tree.kind(node) != NodeKind::Attribute && local == child.name && (!xml || namespace == child.namespace)
}

fn nil(tree: &Tree, node: NodeId) -> bool {
    let said =
        |child: &NodeId| tree.expanded(tree.name(*child)) == (XSI, "nil") && tree.text(*child) == "true";
    tree.children(node).any(|child| said(&child))
}
