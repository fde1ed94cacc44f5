//! Writing back what was kept (MAPPING, section 8).
//!
//! Promise: all addresses of an item are resolved before anything is changed; an entry whose place has changed since
//! no longer applies, so an edited value wins.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::mapping::address::{Step, StepKind, alike, follow, made, parse, parse_step};
use crate::mapping::node::{build, print};
use crate::mapping::path::find::is_xml;
use crate::mapping::path::wire::Names;
use crate::wire::tree::{NodeId, NodeKind, Tree};

/// One entry, resolved.
enum Change {
    Absent(NodeId),
    As(NodeId, Value),
    Node(NodeId, String, Value),
    Order(NodeId, Vec<String>),
    One(NodeId),
    List(NodeId),
}

/// Applies the entries of one item whose node is `item`.
pub(crate) fn apply(tree: &mut Tree, names: &Names, item: NodeId, entries: &[Value], generated: &[NodeId]) {
    let changes: Vec<Change> =
        entries.iter().filter_map(|entry| resolve(tree, names, item, entry, generated)).collect();
    // What is absent goes first, then spellings, then nodes in their order, then order itself, then forms: as they
    // were found.
    for change in &changes {
        if let Change::Absent(node) = change {
            tree.detach(*node);
        }
    }
    // A node that was replaced is known by the one in its place.
    let mut instead: BTreeMap<NodeId, NodeId> = BTreeMap::new();
    for change in &changes {
        if let Change::As(node, value) = change
            && let Some(made) = spell(tree, names, *node, value)
        {
            instead.insert(*node, made);
        }
    }
    let now = |node: &NodeId| instead.get(node).copied().unwrap_or(*node);
    for change in &changes {
        if let Change::Node(parent, step, value) = change
            && !there(tree, names, *parent, step)
        {
            insert(tree, names, *parent, step, value);
        }
    }
    for change in &changes {
        match change {
            Change::Order(parent, steps) => order(tree, names, *parent, steps),
            Change::One(array) => unwrap(tree, now(array)),
            Change::List(node) => wrap(tree, now(node)),
            _ => {}
        }
    }
}

fn resolve(tree: &Tree, names: &Names, item: NodeId, entry: &Value, generated: &[NodeId]) -> Option<Change> {
    let at = entry.get("at")?.as_str()?;
    let walk = |steps: &[Step]| steps.iter().try_fold(item, |node, step| follow(tree, node, step));
    if let Some(value) = entry.get("node") {
        let cut = last_slash(at);
        let (parent, step) = cut.map_or((".", at), |cut| (&at[..cut], &at[cut + 1..]));
        return Some(Change::Node(walk(&parse(names, parent)?)?, step.to_owned(), value.clone()));
    }
    let node = walk(&parse(names, at)?)?;
    let unchanged = || match entry.get("while") {
        Some(Value::Null) if generated.contains(&node) => true,
        Some(value) => print_like(tree, names, node, value) == *value,
        None => false,
    };
    if entry.get("absent").is_some() {
        return unchanged().then_some(Change::Absent(node));
    }
    if let Some(spelling) = entry.get("as") {
        return unchanged().then(|| Change::As(node, spelling.clone()));
    }
    if let Some(steps) = entry.get("order").and_then(Value::as_array) {
        let steps = steps.iter().filter_map(|step| step.as_str().map(str::to_owned)).collect();
        return Some(Change::Order(node, steps));
    }
    match entry.get("form")?.as_str()? {
        "one" => Some(Change::One(node)),
        "list" => Some(Change::List(node)),
        _ => None,
    }
}

/// An element's text alone, where the entry has a text.
fn print_like(tree: &Tree, names: &Names, node: NodeId, value: &Value) -> Value {
    match value {
        Value::String(_) if tree.kind(node) == NodeKind::Element => Value::String(tree.text(node).to_owned()),
        _ => print(tree, names, node),
    }
}

fn last_slash(at: &str) -> Option<usize> {
    let mut quoted = false;
    let mut last = None;
    for (index, c) in at.char_indices() {
        match c {
            '\'' => quoted = !quoted,
            '/' if !quoted => last = Some(index),
            _ => {}
        }
    }
    last
}

/// Gives the node a text, or puts another in its place: that one.
fn spell(tree: &mut Tree, names: &Names, node: NodeId, value: &Value) -> Option<NodeId> {
    match (value, tree.kind(node)) {
        (
            Value::String(text),
            NodeKind::Element | NodeKind::Attribute | NodeKind::Text | NodeKind::String,
        ) => {
            tree.set_text(node, text);
            None
        }
        _ => replace(tree, names, node, value),
    }
}

/// Puts another node where `node` is, under its name.
fn replace(tree: &mut Tree, names: &Names, node: NodeId, value: &Value) -> Option<NodeId> {
    let parent = tree.parent(node)?;
    let (namespace, local) = tree.expanded(tree.name(node));
    let (namespace, local) = (namespace.to_owned(), local.to_owned());
    let kind = if tree.kind(node) == NodeKind::Element { NodeKind::Element } else { NodeKind::String };
    let made = build(tree, names, parent, kind, (&namespace, &local), value)?;
    swap(tree, parent, node, made);
    Some(made)
}

/// `new`, the last child of `parent`, takes the place of `old`.
fn swap(tree: &mut Tree, parent: NodeId, old: NodeId, new: NodeId) {
    let children: Vec<NodeId> = tree.children(parent).filter(|child| *child != new).collect();
    let order: Vec<NodeId> = children.iter().map(|child| if *child == old { new } else { *child }).collect();
    tree.detach(old);
    tree.reorder(parent, &order);
}

/// Whether a node stands where a kept one would go.
fn there(tree: &Tree, names: &Names, parent: NodeId, step: &str) -> bool {
    match parse_step(names, step) {
        Some(Step { kind, ordinal: None }) => alike(tree, parent, &kind).next().is_some(),
        _ => false,
    }
}

/// Inserts a kept node: the n-th of its name, or at the end; attributes before everything else.
pub(crate) fn insert(
    tree: &mut Tree,
    names: &Names,
    parent: NodeId,
    step: &str,
    value: &Value,
) -> Option<NodeId> {
    let step = parse_step(names, step)?;
    let twins: Vec<NodeId> = alike(tree, parent, &step.kind).collect();
    let xml = is_xml(tree, parent);
    let (namespace, local) = match &step.kind {
        StepKind::Child(namespace, local) if xml => (namespace.clone(), local.clone()),
        StepKind::Child(_, local) => (String::new(), local.clone()),
        StepKind::Attribute(namespace, local) => (namespace.clone(), local.clone()),
        StepKind::Text => (String::new(), String::new()),
        StepKind::Item => {
            let (namespace, local) = tree.expanded(tree.name(parent));
            (namespace.to_owned(), local.to_owned())
        }
    };
    let children: Vec<NodeId> = tree.children(parent).collect();
    let new = build(tree, names, parent, made(&step.kind, xml), (&namespace, &local), value)?;
    let position = match &step.kind {
        StepKind::Attribute(..) => {
            children.iter().position(|c| tree.kind(*c) != NodeKind::Attribute).unwrap_or(children.len())
        }
        _ => match step.ordinal.map(|n| n - 1) {
            Some(n) if n < twins.len() => {
                children.iter().position(|c| *c == twins[n]).unwrap_or(children.len())
            }
            _ => match twins.last() {
                Some(last) => children.iter().position(|c| c == last).map_or(children.len(), |p| p + 1),
                None => children.len(),
            },
        },
    };
    if position < children.len() {
        let mut order = children;
        order.insert(position, new);
        tree.reorder(parent, &order);
    }
    Some(new)
}

/// Puts children into a kept order; those it does not name stay behind the one before them.
fn order(tree: &mut Tree, names: &Names, parent: NodeId, steps: &[String]) {
    let listed: Vec<NodeId> = steps
        .iter()
        .filter_map(|step| parse_step(names, step).and_then(|step| follow(tree, parent, &step)))
        .collect();
    let children: Vec<NodeId> = tree.children(parent).collect();
    let mut result: Vec<NodeId> = listed.clone();
    for (index, child) in children.iter().enumerate() {
        if listed.contains(child) {
            continue;
        }
        let before = index.checked_sub(1).map(|i| children[i]);
        let position = before.and_then(|b| result.iter().position(|r| *r == b)).map_or(0, |p| p + 1);
        result.insert(position, *child);
    }
    if result.len() == children.len() {
        tree.reorder(parent, &result);
    }
}

/// An array of one becomes its item.
fn unwrap(tree: &mut Tree, array: NodeId) {
    let items: Vec<NodeId> = tree.children(array).collect();
    let [item] = *items.as_slice() else { return };
    let parent = tree.parent(array);
    tree.detach(item);
    match parent {
        Some(parent) => {
            tree.attach(parent, item);
            swap(tree, parent, array, item);
        }
        None => tree.set_root(item),
    }
}

/// A lone value becomes an array of one.
fn wrap(tree: &mut Tree, node: NodeId) {
    let name = tree.name(node);
    let parent = tree.parent(node);
    let array = tree.add(parent, NodeKind::Array, name, "", 0);
    if let Some(parent) = parent {
        swap(tree, parent, node, array);
    }
    tree.attach(array, node);
}
