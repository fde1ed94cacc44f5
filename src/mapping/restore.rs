//! Writing back what was kept (MAPPING, section 8).
//!
//! Promise: all addresses of an item are resolved before anything is changed; an entry whose place has changed since
//! no longer applies, so an edited value wins.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde_json::Value;

use crate::mapping::address::{Step, follow, parse, parse_step};
use crate::mapping::amid::Amid;
use crate::mapping::node::{build, leaf, print};
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
    let mut looks = Looks { tree, names, amid: HashMap::new(), generated };
    let changes: Vec<Change> = entries.iter().filter_map(|entry| looks.resolve(item, entry)).collect();
    // What is absent goes first, then spellings, then nodes in their order, then order itself, then forms: as they
    // were found.
    let absent: HashSet<NodeId> = changes
        .iter()
        .filter_map(|change| if let Change::Absent(node) = change { Some(*node) } else { None })
        .collect();
    let parents: BTreeSet<NodeId> = absent.iter().filter_map(|node| tree.parent(*node)).collect();
    for parent in parents {
        tree.prune(parent, |child| absent.contains(&child));
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
    let mut amid: HashMap<NodeId, Amid> = HashMap::new();
    for change in &changes {
        if let Change::Node(parent, step, value) = change {
            let amid = amid.entry(*parent).or_insert_with(|| Amid::of(tree, names, *parent));
            if !amid.there(names, step) {
                amid.insert(tree, names, step, value);
            }
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

/// Looking for places while nothing is changed.
struct Looks<'a> {
    tree: &'a Tree,
    names: &'a Names,
    amid: HashMap<NodeId, Amid>,
    /// Sorted.
    generated: &'a [NodeId],
}

impl Looks<'_> {
    fn follow(&mut self, parent: NodeId, step: &Step) -> Option<NodeId> {
        if self.tree.has_few(parent) {
            return follow(self.tree, parent, step);
        }
        let (tree, names) = (self.tree, self.names);
        self.amid.entry(parent).or_insert_with(|| Amid::of(tree, names, parent)).follow(step)
    }

    fn walk(&mut self, item: NodeId, address: &str) -> Option<NodeId> {
        let steps = parse(self.names, address)?;
        steps.iter().try_fold(item, |node, step| self.follow(node, step))
    }

    fn resolve(&mut self, item: NodeId, entry: &Value) -> Option<Change> {
        let at = entry.get("at")?.as_str()?;
        if let Some(value) = entry.get("node") {
            let cut = last_slash(at);
            let (parent, step) = cut.map_or((".", at), |cut| (&at[..cut], &at[cut + 1..]));
            return Some(Change::Node(self.walk(item, parent)?, step.to_owned(), value.clone()));
        }
        let node = self.walk(item, at)?;
        let unchanged = || match entry.get("while") {
            Some(Value::Null) if self.generated.binary_search(&node).is_ok() => true,
            Some(value) => print_like(self.tree, self.names, node, value) == *value,
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
        (_, NodeKind::String | NodeKind::Number | NodeKind::Bool | NodeKind::Null)
            if leaf(value).is_some() =>
        {
            let (kind, text) = leaf(value)?;
            tree.set_kind(node, kind);
            tree.set_text(node, &text);
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

/// Puts children into a kept order; those it does not name stay behind the one before them.
fn order(tree: &mut Tree, names: &Names, parent: NodeId, steps: &[String]) {
    let amid = Amid::of(tree, names, parent);
    let listed: Vec<NodeId> =
        steps.iter().filter_map(|step| amid.follow(&parse_step(names, step)?)).collect();
    let known: HashSet<NodeId> = listed.iter().copied().collect();
    if known.len() < listed.len() {
        return;
    }
    // Those that are not named, by the one that they follow; `None`: they open.
    let mut behind: HashMap<Option<NodeId>, Vec<NodeId>> = HashMap::new();
    let mut before = None;
    for child in tree.children(parent) {
        if known.contains(&child) {
            before = Some(child);
        } else {
            behind.entry(before).or_default().push(child);
        }
    }
    let mut result = behind.remove(&None).unwrap_or_default();
    for node in listed {
        result.push(node);
        result.extend(behind.remove(&Some(node)).unwrap_or_default());
    }
    tree.reorder(parent, &result);
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
