//! What a document says beyond its record: found by writing the record and walking both (MAPPING, section 8).
//!
//! Promise: `write(read(w))` equals `w` by construction. One walk; where both agree it looks at each node once and
//! makes nothing.

mod partners;

use std::collections::{BTreeMap, HashSet};

use serde_json::{Value, json};

use crate::mapping::address::{address, below, step};
use crate::mapping::amid::Amid;
use crate::mapping::node::print;
use crate::mapping::path::find;
use crate::mapping::path::wire::Names;
use crate::mapping::steps::file::same_bytes;
use crate::wire::tree::{NodeId, NodeKind, Tree};

/// Entries by item mark.
pub(crate) type Kept = BTreeMap<u32, Vec<Value>>;

/// What is compared.
pub(crate) struct Pair<'a> {
    /// Holds both documents: as it came, and as it would be written.
    pub(crate) tree: &'a mut Tree,
    pub(crate) names: &'a Names,
    /// Nodes of items as they came, by mark.
    pub(crate) came: Vec<(NodeId, u32)>,
    /// Nodes of items as written, by mark.
    pub(crate) written: Vec<(NodeId, u32)>,
    pub(crate) generated: Vec<NodeId>,
    /// Nodes that a predicate chose as written, and the node below that it assigned; sorted when compared.
    pub(crate) assigned: Vec<(NodeId, NodeId)>,
    /// Nodes whose texts, as written, are bytes; in their order.
    pub(crate) bytes: Vec<NodeId>,
}

/// The differences between `came` and `written`, per item.
pub(crate) fn compare(mut pair: Pair<'_>, came: NodeId, written: NodeId) -> Kept {
    // An item may share its node with an outer one; the innermost is its home.
    pair.came.sort_by_key(|(node, mark)| (*node, std::cmp::Reverse(*mark)));
    pair.came.dedup_by_key(|(node, _)| *node);
    pair.written.sort_by_key(|(node, mark)| (*node, std::cmp::Reverse(*mark)));
    pair.written.dedup_by_key(|(node, _)| *node);
    pair.assigned.sort_unstable();
    pair.generated.sort_unstable();
    let mut walk = Walk { pair, kept: Kept::new() };
    let home = Home { mark: 0, node: written };
    walk.node(came, written, home);
    walk.kept
}

/// The item that bears what is kept here.
#[derive(Clone, Copy)]
struct Home {
    mark: u32,
    node: NodeId,
}

struct Walk<'a> {
    pair: Pair<'a>,
    kept: Kept,
}

fn mark(of: &[(NodeId, u32)], node: NodeId) -> Option<u32> {
    of.binary_search_by_key(&node, |(known, _)| *known).ok().map(|index| of[index].1)
}

impl Walk<'_> {
    fn node(&mut self, came: NodeId, written: NodeId, home: Home) {
        let tree = &*self.pair.tree;
        let (a, b) = (tree.kind(came), tree.kind(written));
        match (a, b) {
            (NodeKind::Array, NodeKind::Array)
            | (NodeKind::Element, NodeKind::Element)
            | (NodeKind::Object, NodeKind::Object) => {}
            (_, NodeKind::Array) if tree.children(written).count() == 1 => {
                let at = self.at(written, home);
                self.push(home, json!({ "at": at, "form": "one" }));
                let item = self.pair.tree.children(written).next().expect("it has one");
                self.node(came, item, home);
                return;
            }
            (NodeKind::Array, _) if tree.children(came).count() == 1 => {
                let at = self.at(written, home);
                self.push(home, json!({ "at": at, "form": "list" }));
                let item = self.pair.tree.children(came).next().expect("it has one");
                self.node(item, written, home);
                return;
            }
            _ => {}
        }
        let home = match mark(&self.pair.came, came) {
            Some(mark) => Home { mark, node: written },
            None => home,
        };
        let tree = &*self.pair.tree;
        match (a, b) {
            (NodeKind::Array, NodeKind::Array)
            | (NodeKind::Element, NodeKind::Element)
            | (NodeKind::Object, NodeKind::Object) => {}
            _ if a != b => {
                let (r#as, r#while) = (self.print(came), self.print(written));
                self.differs(written, home, &r#as, &r#while);
                return;
            }
            _ => {}
        }
        let same_bytes = || {
            self.pair.bytes.binary_search(&written).is_ok() && same_bytes(tree.text(came), tree.text(written))
        };
        if tree.text(came) != tree.text(written) && !self.inner(came, written) && !same_bytes() {
            let number = |node| {
                if a == NodeKind::Number {
                    self.print(node)
                } else {
                    Value::String(tree.text(node).to_owned())
                }
            };
            let (r#as, r#while) = (number(came), number(written));
            self.differs(written, home, &r#as, &r#while);
        }
        self.children(came, written, home);
    }

    /// Whether both texts are documents, looked into instead.
    fn inner(&self, came: NodeId, written: NodeId) -> bool {
        let has = |node| find::inner(self.pair.tree, node).is_some();
        has(came) && has(written)
    }

    fn children(&mut self, came: NodeId, written: NodeId, home: Home) {
        if self.alike(came, written) {
            let (mut a, mut b) = (first(self.pair.tree, came), first(self.pair.tree, written));
            while let (Some(left), Some(right)) = (a, b) {
                // Siblings are looked up before the walk goes down, which may change the tree below.
                let next = (after(self.pair.tree, left), after(self.pair.tree, right));
                self.node(left, right, home);
                (a, b) = next;
            }
        } else {
            self.mended(came, written, home);
        }
    }

    /// The common case: children of the same names in the same order.
    fn alike(&self, came: NodeId, written: NodeId) -> bool {
        let tree = &*self.pair.tree;
        let (mut a, mut b) = (tree.children(came), tree.children(written));
        loop {
            match (a.next(), b.next()) {
                (None, None) => return true,
                (Some(a), Some(b)) if self.fits(a, b) => {}
                _ => return false,
            }
        }
    }

    /// Children that do not agree: pairs them, keeps the rest, and sees whether the order comes out right.
    fn mended(&mut self, came: NodeId, written: NodeId, home: Home) {
        let tree = &*self.pair.tree;
        let lefts: Vec<NodeId> = tree.children(came).collect();
        let rights: Vec<NodeId> = tree.children(written).collect();
        let partner = self.partners(&lefts, &rights);
        for (left, right) in lefts.iter().zip(&partner) {
            if let Some(right) = right {
                self.node(*left, *right, home);
            }
        }
        let parent = self.at(written, home);
        let paired: HashSet<NodeId> = partner.iter().flatten().copied().collect();
        let absent: HashSet<NodeId> =
            rights.iter().filter(|right| !paired.contains(right)).copied().collect();
        for right in rights.iter().filter(|right| absent.contains(right)) {
            let at = below(&parent, &step(self.pair.tree, self.pair.names, *right));
            let r#while = self.generated_or(*right);
            self.push(home, json!({ "at": at, "absent": true, "while": r#while }));
        }
        if !absent.is_empty() {
            self.pair.tree.prune(written, |child| absent.contains(&child));
        }
        // As they came: told before anything is put in.
        let told: Vec<Option<(String, Value)>> = lefts
            .iter()
            .zip(&partner)
            .map(|(left, right)| {
                let told = || (step(self.pair.tree, self.pair.names, *left), self.print(*left));
                right.is_none().then(told)
            })
            .collect();
        let mut amid = Amid::of(self.pair.tree, self.pair.names, written);
        let mut result: Vec<NodeId> = Vec::with_capacity(lefts.len());
        for (told, right) in told.into_iter().zip(partner) {
            result.extend(right);
            let Some((step, node)) = told else { continue };
            let made = amid.insert(self.pair.tree, self.pair.names, &step, &node);
            self.push(home, json!({ "at": below(&parent, &step), "node": node }));
            result.extend(made);
        }
        self.order(written, &result, &parent, home);
    }

    fn order(&mut self, written: NodeId, wanted: &[NodeId], parent: &str, home: Home) {
        if !matches!(self.pair.tree.kind(written), NodeKind::Element | NodeKind::Array) {
            return;
        }
        let content = |nodes: &mut dyn Iterator<Item = NodeId>| -> Vec<NodeId> {
            nodes.filter(|node| self.pair.tree.kind(*node) != NodeKind::Attribute).collect()
        };
        let now = content(&mut self.pair.tree.children(written));
        let wanted = content(&mut wanted.iter().copied());
        if now == wanted || now.len() != wanted.len() {
            return;
        }
        let steps: Vec<String> =
            wanted.iter().map(|node| step(self.pair.tree, self.pair.names, *node)).collect();
        self.push(home, json!({ "at": parent, "order": steps }));
    }

    fn fits(&self, came: NodeId, written: NodeId) -> bool {
        let tree = &*self.pair.tree;
        let leaf = |kind| matches!(kind, NodeKind::Attribute | NodeKind::Text);
        let (a, b) = (tree.kind(came), tree.kind(written));
        tree.name(came) == tree.name(written)
            && (a == b || (!leaf(a) && !leaf(b)))
            // A lone value and an array of one are forms of one thing; the mark is the item's.
            && ((a == NodeKind::Array) != (b == NodeKind::Array)
                || mark(&self.pair.came, came) == mark(&self.pair.written, written))
            && self.chosen(came, written)
    }

    /// Whether what a predicate chose by one of its values stands there as it came, too.
    fn chosen(&self, came: NodeId, written: NodeId) -> bool {
        let tree = &*self.pair.tree;
        let from = self.pair.assigned.partition_point(|(node, _)| *node < written);
        let mut wanted = self.pair.assigned[from..].iter().take_while(|(node, _)| *node == written);
        wanted.all(|(_, value)| {
            let same = |child: NodeId| {
                tree.name(child) == tree.name(*value) && tree.text(child) == tree.text(*value)
            };
            tree.children(came).any(same)
        })
    }

    fn blank(&self, node: NodeId) -> bool {
        self.pair.tree.children(node).next().is_none() && self.pair.tree.text(node).trim().is_empty()
    }

    fn differs(&mut self, written: NodeId, home: Home, r#as: &Value, r#while: &Value) {
        let at = self.at(written, home);
        let r#while =
            if self.pair.generated.binary_search(&written).is_ok() { &Value::Null } else { r#while };
        self.push(home, json!({ "at": at, "as": r#as, "while": r#while }));
    }

    fn generated_or(&self, node: NodeId) -> Value {
        if self.pair.generated.binary_search(&node).is_ok() { Value::Null } else { self.print(node) }
    }

    fn print(&self, node: NodeId) -> Value {
        print(self.pair.tree, self.pair.names, node)
    }

    fn at(&self, written: NodeId, home: Home) -> String {
        address(self.pair.tree, self.pair.names, home.node, written)
    }

    fn push(&mut self, home: Home, entry: Value) {
        self.kept.entry(home.mark).or_default().push(entry);
    }
}

fn first(tree: &Tree, node: NodeId) -> Option<NodeId> {
    tree.children(node).next()
}

fn after(tree: &Tree, node: NodeId) -> Option<NodeId> {
    tree.following(node)
}
