//! The children of one node by what a step leads to, while kept nodes are put among them one by one.
//!
//! Promise: a thousand nodes among a thousand children cost a thousand looks, not a million.

use std::collections::HashMap;

use serde_json::Value;

use crate::mapping::address::{Step, StepKind, made, parse_step};
use crate::mapping::node::build;
use crate::mapping::path::find::is_xml;
use crate::mapping::path::wire::Names;
use crate::wire::tree::{NodeId, NodeKind, Tree};

/// The children of one node.
pub(crate) struct Amid {
    parent: NodeId,
    xml: bool,
    twins: HashMap<StepKind, Vec<NodeId>>,
    /// The sibling before each.
    before: HashMap<NodeId, NodeId>,
    last: Option<NodeId>,
    last_attribute: Option<NodeId>,
}

impl Amid {
    /// Those that there are now.
    pub(crate) fn of(tree: &Tree, names: &Names, parent: NodeId) -> Self {
        let mut amid = Self {
            parent,
            xml: is_xml(tree, parent),
            twins: HashMap::new(),
            before: HashMap::new(),
            last: None,
            last_attribute: None,
        };
        let item = tree.kind(parent) == NodeKind::Array;
        for child in tree.children(parent) {
            let kind = if item { StepKind::Item } else { kind(tree, names, child, amid.xml) };
            amid.twins.entry(kind).or_default().push(child);
            amid.before.extend(amid.last.map(|last| (child, last)));
            amid.last = Some(child);
            if tree.kind(child) == NodeKind::Attribute {
                amid.last_attribute = Some(child);
            }
        }
        amid
    }

    /// The child that a step leads to.
    pub(crate) fn follow(&self, step: &Step) -> Option<NodeId> {
        let ordinal = step.ordinal.unwrap_or(1).checked_sub(1)?;
        self.twins(&step.kind).get(ordinal).copied()
    }

    /// Whether a node stands where a kept one would go.
    pub(crate) fn there(&self, names: &Names, step: &str) -> bool {
        match parse_step(names, step) {
            Some(Step { kind, ordinal: None }) => !self.twins(&kind).is_empty(),
            _ => false,
        }
    }

    fn twins(&self, kind: &StepKind) -> &[NodeId] {
        self.twins.get(&self.key(kind)).map_or(&[], Vec::as_slice)
    }

    /// Names of JSON have no name space, whatever the default one is.
    fn key(&self, kind: &StepKind) -> StepKind {
        match kind {
            StepKind::Child(_, local) if !self.xml => StepKind::Child(String::new(), local.clone()),
            kind => kind.clone(),
        }
    }

    /// Inserts a kept node: the n-th of its name, or at the end; attributes before everything else.
    pub(crate) fn insert(
        &mut self,
        tree: &mut Tree,
        names: &Names,
        step: &str,
        value: &Value,
    ) -> Option<NodeId> {
        let step = parse_step(names, step)?;
        let (namespace, local) = match &step.kind {
            StepKind::Child(namespace, local) if self.xml => (namespace.clone(), local.clone()),
            StepKind::Child(_, local) => (String::new(), local.clone()),
            StepKind::Attribute(namespace, local) => (namespace.clone(), local.clone()),
            StepKind::Text => (String::new(), String::new()),
            StepKind::Item => {
                let (namespace, local) = tree.expanded(tree.name(self.parent));
                (namespace.to_owned(), local.to_owned())
            }
        };
        let new = build(tree, names, self.parent, made(&step.kind, self.xml), (&namespace, &local), value)?;
        let key = self.key(&step.kind);
        let twins = self.twins.entry(key).or_default();
        let place = step.ordinal.map_or(twins.len(), |n| (n - 1).min(twins.len()));
        let attribute = matches!(step.kind, StepKind::Attribute(..));
        // Behind which it goes: nothing is its own place at the end.
        let behind = match (attribute, twins.get(place), twins.last()) {
            (true, ..) => Some(self.last_attribute),
            (false, Some(twin), _) => Some(self.before.get(twin).copied()),
            (false, None, Some(last)) => Some(Some(*last)),
            (false, None, None) => None,
        };
        twins.insert(place, new);
        if attribute {
            self.last_attribute = Some(new);
        }
        match (self.last, behind.filter(|behind| *behind != self.last)) {
            (Some(last), Some(behind)) => {
                let next = match behind {
                    Some(behind) => tree.following(behind),
                    None => tree.children(self.parent).next(),
                };
                tree.move_last(self.parent, last, behind);
                self.before.extend(behind.map(|behind| (new, behind)));
                self.before.extend(next.map(|next| (next, new)));
            }
            (last, _) => {
                self.before.extend(last.map(|last| (new, last)));
                self.last = Some(new);
            }
        }
        Some(new)
    }
}

/// What a step to a child of a node that is no array says of it.
fn kind(tree: &Tree, names: &Names, child: NodeId, xml: bool) -> StepKind {
    let (namespace, local) = tree.expanded(tree.name(child));
    match tree.kind(child) {
        NodeKind::Text => StepKind::Text,
        NodeKind::Attribute => StepKind::Attribute(namespace.to_owned(), local.to_owned()),
        NodeKind::Element => StepKind::Child(namespace.to_owned(), local.to_owned()),
        // A document in a text, in XML: as its step is parsed.
        _ if xml => {
            let (namespace, local) = names.expand(&names.written(namespace, local, false), false);
            StepKind::Child(namespace, local)
        }
        _ => StepKind::Child(String::new(), local.to_owned()),
    }
}
