//! When two documents are equal (MAPPING, section 8, *Equality*).
//!
//! XML: expanded names, attributes as a set, text, order of children; white space between elements, prefixes,
//! comments and processing instructions do not count. JSON: objects as sets, arrays in order, numbers by literal.
//! Tables: rows in order, a row's cells by the names of their columns.

use std::collections::HashSet;

use crate::mapping::decode::Input;
use crate::mapping::inner;
use crate::mapping::path::find;
use crate::mapping::profile::Profile;
use crate::mapping::steps::file::same_bytes;
use crate::wire::tree::{NodeId, NodeKind, Tree};

/// The path of the first difference between two documents, or nothing.
///
/// Texts of the nodes `bytes` of the first are equal by the bytes they mean in base64.
pub(crate) fn documents(
    profile: &Profile,
    came: &Input<'_>,
    written: &[u8],
    bytes: &HashSet<NodeId>,
) -> Option<String> {
    let read = |bytes| {
        let input = Input { bytes, ..*came };
        let (mut tree, _) = profile.read_tree(&input).ok()?;
        let root = tree.root()?;
        if profile.map.inner {
            let all: Vec<usize> = (0..profile.map.blocks.len()).collect();
            inner::graft(&profile.map, &all, &mut tree, root, came.limits);
        }
        Some((tree, root))
    };
    let (Some((a, a_root)), Some((b, b_root))) = (read(came.bytes), read(written)) else {
        return Some("/".to_owned());
    };
    differ(&a, a_root, &b, b_root, bytes)
}

fn differ(a: &Tree, a_node: NodeId, b: &Tree, b_node: NodeId, bytes: &HashSet<NodeId>) -> Option<String> {
    let here = || Some(a.path(a_node));
    let inner = |tree: &Tree, node| find::inner(tree, node).is_some();
    if a.kind(a_node) != b.kind(b_node) || a.expanded(a.name(a_node)) != b.expanded(b.name(b_node)) {
        return here();
    }
    let same = || bytes.contains(&a_node) && same_bytes(a.text(a_node), b.text(b_node));
    if a.text(a_node) != b.text(b_node) && !(inner(a, a_node) && inner(b, b_node)) && !same() {
        return here();
    }
    let sorted = |tree: &Tree, node: NodeId| {
        let mut children: Vec<NodeId> = tree.children(node).collect();
        let key = |child: &NodeId| {
            let set = tree.kind(node) == NodeKind::Object || tree.kind(*child) == NodeKind::Attribute;
            let (namespace, local) = tree.expanded(tree.name(*child));
            set.then(|| (namespace.to_owned(), local.to_owned()))
        };
        // Attributes come first in a tree; what is ordered has no key and stays as it is.
        children.sort_by_key(|child| (tree.kind(*child) != NodeKind::Attribute, key(child)));
        children
    };
    let (left, right) = (sorted(a, a_node), sorted(b, b_node));
    if left.len() != right.len() {
        return here();
    }
    left.into_iter().zip(right).find_map(|(l, r)| differ(a, l, b, r, bytes))
}
