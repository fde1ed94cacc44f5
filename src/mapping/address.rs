//! Addresses of `extensions.kept`: a path from an item's node, `a/b[2]/@c`, `[3]` for an item of an array.
//!
//! A name is written with the profile's prefix, or `{uri}name`; one with signs in it stands in quotes. The ordinal
//! is left out where a name stands once.

use std::fmt::Write as _;

use crate::mapping::path::wire::Names;
use crate::mapping::path::wire::split;
use crate::wire::tree::{NodeId, NodeKind, Tree};

/// The step of character data.
const TEXT: &str = "text()";

/// One step, parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) kind: StepKind,
    /// `[n]`, from 1.
    pub(crate) ordinal: Option<usize>,
}

/// What a step leads to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum StepKind {
    /// A child element or member: namespace and local name.
    Child(String, String),
    /// An attribute.
    Attribute(String, String),
    /// Character data.
    Text,
    /// An item of an array.
    Item,
}

/// The step from its parent to `node`.
pub(crate) fn step(tree: &Tree, names: &Names, node: NodeId) -> String {
    let Some(parent) = tree.parent(node) else { return String::new() };
    if tree.kind(parent) == NodeKind::Array {
        return format!("[{}]", tree.twin(node).before + 1);
    }
    let kind = tree.kind(node);
    let (namespace, local) = tree.expanded(tree.name(node));
    let mut text = match kind {
        NodeKind::Text => TEXT.to_owned(),
        NodeKind::Attribute => return format!("@{}", quoted(&names.written(namespace, local, true))),
        NodeKind::Element => quoted(&names.element(namespace, local)),
        _ => quoted(&names.written(namespace, local, false)),
    };
    let twin = tree.twin(node);
    if twin.others {
        let _ = write!(text, "[{}]", twin.before + 1);
    }
    text
}

/// The address of `node` from `item`; `.` for the item's node itself.
pub(crate) fn address(tree: &Tree, names: &Names, item: NodeId, node: NodeId) -> String {
    let mut steps = Vec::new();
    let mut here = node;
    while here != item {
        steps.push(step(tree, names, here));
        match tree.parent(here) {
            Some(parent) => here = parent,
            None => break,
        }
    }
    steps.reverse();
    if steps.is_empty() { ".".to_owned() } else { steps.join("/") }
}

/// An address below another.
pub(crate) fn below(parent: &str, step: &str) -> String {
    if parent == "." { step.to_owned() } else { format!("{parent}/{step}") }
}

/// Parses an address into steps; `None` if it is none.
pub(crate) fn parse(names: &Names, address: &str) -> Option<Vec<Step>> {
    if address == "." {
        return Some(Vec::new());
    }
    split(address, '/')?.into_iter().map(|text| parse_step(names, text)).collect()
}

/// Parses one step.
pub(crate) fn parse_step(names: &Names, text: &str) -> Option<Step> {
    if let Some(position) = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')) {
        return Some(Step { kind: StepKind::Item, ordinal: Some(position.parse().ok()?) });
    }
    if let Some(name) = text.strip_prefix('@') {
        let (namespace, local) = names.expand(&unquoted(name), true);
        return Some(Step { kind: StepKind::Attribute(namespace, local), ordinal: None });
    }
    let (name, ordinal) = match text.strip_suffix(']').and_then(|t| t.rsplit_once('[')) {
        Some((name, ordinal)) => (name, Some(ordinal.parse().ok()?)),
        None => (text, None),
    };
    if name == TEXT {
        return Some(Step { kind: StepKind::Text, ordinal });
    }
    let (namespace, local) = names.expand(&unquoted(name), false);
    Some(Step { kind: StepKind::Child(namespace, local), ordinal })
}

/// The node that a step leads to from `parent`.
pub(crate) fn follow(tree: &Tree, parent: NodeId, step: &Step) -> Option<NodeId> {
    let ordinal = step.ordinal.unwrap_or(1).checked_sub(1)?;
    alike(tree, parent, &step.kind).nth(ordinal)
}

/// The children of `parent` that a kind of step may lead to.
pub(crate) fn alike<'t>(
    tree: &'t Tree,
    parent: NodeId,
    kind: &'t StepKind,
) -> impl Iterator<Item = NodeId> + 't {
    tree.children(parent).filter(move |child| {
        let (namespace, local) = tree.expanded(tree.name(*child));
        match (kind, tree.kind(*child)) {
            (StepKind::Item, _) | (StepKind::Text, NodeKind::Text) => true,
            (StepKind::Attribute(n, l), NodeKind::Attribute) => n == namespace && l == local,
            (StepKind::Child(n, l), kind) if !matches!(kind, NodeKind::Attribute | NodeKind::Text) => {
                // Names of JSON have no namespace, whatever the default one is.
                l == local && (n == namespace || kind != NodeKind::Element)
            }
            _ => false,
        }
    })
}

/// The kind of node a step would make.
pub(crate) fn made(kind: &StepKind, xml: bool) -> NodeKind {
    match kind {
        StepKind::Attribute(..) => NodeKind::Attribute,
        StepKind::Text => NodeKind::Text,
        StepKind::Child(..) if xml => NodeKind::Element,
        _ => NodeKind::String,
    }
}

fn quoted(name: &str) -> String {
    if name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':' | '!'))
        && !name.is_empty()
    {
        return name.to_owned();
    }
    // The quote sign itself, and the sign that escapes it, as in a URL.
    format!("'{}'", name.replace('%', "%25").replace('\'', "%27"))
}

fn unquoted(text: &str) -> String {
    match text.strip_prefix('\'').and_then(|t| t.strip_suffix('\'')) {
        Some(inner) => inner.replace("%27", "'").replace("%25", "%"),
        None => text.to_owned(),
    }
}
