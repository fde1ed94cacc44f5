//! A name in another name space than the schema's: the usual reason why an element "is not allowed here".
//!
//! Promise: both name spaces are told, the one that was found and the one that is expected.

use super::shape::{Shape, TypeId};
use crate::wire::tree::{NodeId, Tree};

/// Which name space was found, and which is expected, as the end of a sentence; in Chinese and English.
#[must_use]
pub fn namespaces(found: &str, expected: &str) -> (String, String) {
    let zh = |uri: &str| {
        if uri.is_empty() { "无（没有名称空间）".to_owned() } else { format!("“{uri}”") }
    };
    let en = |uri: &str| if uri.is_empty() { "none".to_owned() } else { format!("\"{uri}\"") };
    (
        format!("：名称空间为{}，应为{}", zh(found), zh(expected)),
        format!(": its name space is {}, expected {}", en(found), en(expected)),
    )
}

/// The same of an element that the schema knows by this name in another name space.
pub(super) fn elsewhere(shape: &Shape, tree: &Tree, node: NodeId) -> Option<(String, String)> {
    let (namespace, local) = tree.expanded(tree.name(node));
    let twin = match tree.parent(node) {
        None => shape
            .roots
            .iter()
            .map(|(name, _)| (&name.namespace, &name.local))
            .find(|(other, name)| *name == local && *other != namespace),
        Some(parent) => {
            let children = &shape.of(type_of(shape, tree, parent)?).children;
            if children.iter().any(|child| child.name == local && child.namespace == namespace) {
                return None;
            }
            children.iter().map(|child| (&child.namespace, &child.name)).find(|(_, name)| *name == local)
        }
    };
    twin.map(|(expected, _)| namespaces(namespace, expected))
}

fn type_of(shape: &Shape, tree: &Tree, node: NodeId) -> Option<TypeId> {
    let (namespace, local) = tree.expanded(tree.name(node));
    match tree.parent(node) {
        None => shape.root(namespace, local),
        Some(parent) => shape.child(type_of(shape, tree, parent)?, namespace, local).map(|child| child.of),
    }
}
