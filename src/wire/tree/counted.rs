//! What telling the places of many nodes would count again for each: lines, and children of one name.
//!
//! Promise: a thousand problems of a document cost what one costs and a thousand looks: the counts are made once, and
//! forgotten when the tree changes.

use std::collections::hash_map::Entry;
use std::sync::{Mutex, OnceLock, PoisonError};

use ahash::HashMap;

use crate::wire::tree::place::moved_over;
use crate::wire::tree::{NodeId, NodeKind, Sym, Tree};

/// So many bytes lie between two marks in the source; texts that are shorter have none. 1,024: a look reads half of that,
/// and the marks of a document take a fortieth of its size.
const STRIDE: usize = 1024;

/// Among so many children a node is looked for, rather than remembered. 16: most records have fewer members than that, and
/// walking past them costs less than a table that is made and looked into.
const FEW: usize = 16;

/// An offset in the source, its line and its column.
type Mark = (usize, (u32, u32));

/// The counts of a tree.
#[derive(Debug, Default)]
pub(super) struct Counted {
    /// By parent.
    twins: Mutex<HashMap<NodeId, HashMap<NodeId, Twin>>>,
    marks: OnceLock<Box<[Mark]>>,
}

/// A node among its parent's children of its name and kind, of an array among all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Twin {
    /// How many stand before it.
    pub(crate) before: u32,
    /// Whether there are others at all.
    pub(crate) others: bool,
}

impl Clone for Counted {
    /// What is counted can be counted again.
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Counted {
    /// The children of a node change. The source never does.
    pub(super) fn forget(&mut self, parent: NodeId) {
        let twins = self.twins.get_mut().unwrap_or_else(PoisonError::into_inner);
        if !twins.is_empty() {
            twins.remove(&parent);
        }
    }
}

impl Tree {
    /// Whether a node has so few children that walking past them is the quickest look.
    pub(crate) fn has_few(&self, parent: NodeId) -> bool {
        self.children(parent).nth(FEW).is_none()
    }

    /// A node among its twins; alone if it has no parent.
    pub(crate) fn twin(&self, node: NodeId) -> Twin {
        let Some(parent) = self.parent(node) else { return Twin::default() };
        if self.has_few(parent) {
            return self.twin_among_few(parent, node);
        }
        let mut known = self.counted.twins.lock().unwrap_or_else(PoisonError::into_inner);
        let twins = known.entry(parent).or_insert_with(|| self.twins_below(parent));
        twins.get(&node).copied().unwrap_or_default()
    }

    fn twin_among_few(&self, parent: NodeId, node: NodeId) -> Twin {
        let array = self.kind(parent) == NodeKind::Array;
        let alike = |other: &NodeId| {
            array || (self.name(*other) == self.name(node) && self.kind(*other) == self.kind(node))
        };
        let mut twin = Twin { before: 0, others: array };
        let mut seen = false;
        for other in self.children(parent).filter(alike) {
            if other == node {
                seen = true;
            } else {
                twin.others = true;
                twin.before += u32::from(!seen);
            }
        }
        twin
    }

    fn twins_below(&self, parent: NodeId) -> HashMap<NodeId, Twin> {
        if self.kind(parent) == NodeKind::Array {
            let each = (0..).zip(self.children(parent));
            return each.map(|(before, child)| (child, Twin { before, others: true })).collect();
        }
        let mut twins: HashMap<NodeId, Twin> = HashMap::default();
        let mut alike: HashMap<(Sym, NodeKind), (u32, NodeId)> = HashMap::default();
        for child in self.children(parent) {
            let before = match alike.entry((self.name(child), self.kind(child))) {
                Entry::Vacant(gap) => {
                    gap.insert((1, child));
                    twins.insert(child, Twin::default());
                    continue;
                }
                Entry::Occupied(mut there) => {
                    let (count, first) = *there.get();
                    there.get_mut().0 += 1;
                    twins.entry(first).or_default().others = true;
                    count
                }
            };
            twins.insert(child, Twin { before, others: true });
        }
        twins
    }

    /// Line and column of an offset in the source.
    pub(super) fn line_column(&self, offset: usize) -> (u32, u32) {
        let source = &self.source;
        let marks = self.counted.marks.get_or_init(|| {
            let ends = (1..).map(|n| source.floor_char_boundary(n * STRIDE));
            let mut here = (0, (1, 1));
            let mut marks = Vec::new();
            for end in ends.take_while(|end| *end < source.len()) {
                here = (end, moved_over(source.as_bytes(), here.0, end, here.1));
                marks.push(here);
            }
            marks.into()
        });
        let after = marks.partition_point(|(at, _)| *at <= offset);
        let (at, place) = after.checked_sub(1).map_or((0, (1, 1)), |index| marks[index]);
        moved_over(source.as_bytes(), at, source.floor_char_boundary(offset), place)
    }
}

#[cfg(test)]
mod tests {
    use crate::wire::tree::{NodeKind, Tree, line_column};

    #[test]
    fn lines_are_counted_from_the_nearest_mark() {
        let source = "甲乙\r\n丙\n".repeat(3_000) + "\r\n";
        let tree = Tree::over(source.clone());
        for offset in (0..source.len() + 3).step_by(7).chain([8_190, 8_191, 8_192, 8_193, 16_384]) {
            assert_eq!(tree.line_column(offset), line_column(&source, offset), "{offset}");
        }
    }

    #[test]
    fn twins_are_counted_anew_when_the_tree_changes() {
        let mut tree = Tree::new();
        let (a, b) = (tree.intern("", "a"), tree.intern("", "b"));
        let root = tree.add(None, NodeKind::Element, a, "", 0);
        let first = tree.add(Some(root), NodeKind::Element, b, "", 0);
        assert_eq!(tree.path(first), "a/b");
        let second = tree.add(Some(root), NodeKind::Element, b, "", 0);
        assert_eq!((tree.path(first), tree.path(second)), ("a/b[1]".to_owned(), "a/b[2]".to_owned()));
        tree.detach(first);
        assert_eq!(tree.path(second), "a/b");
        tree.set_kind(root, NodeKind::Array);
        assert_eq!(tree.path(second), "a[1]");
    }

    #[test]
    fn many_twins_are_counted_as_few_are() {
        let mut tree = Tree::new();
        let names = ["a", "b", "c"].map(|name| tree.intern("", name));
        let root = tree.add(None, NodeKind::Element, names[0], "", 0);
        for index in 0..60 {
            let kind = if index % 7 == 0 { NodeKind::Text } else { NodeKind::Element };
            tree.add(Some(root), kind, names[index * index % 3], "", 0);
        }
        let same = |tree: &Tree| {
            for node in tree.children(root) {
                assert_eq!(tree.twin(node), tree.twin_among_few(root, node), "{node:?}");
            }
        };
        same(&tree);
        let gone = tree.children(root).nth(5).unwrap();
        tree.detach(gone);
        same(&tree);
        tree.set_kind(root, NodeKind::Array);
        same(&tree);
    }
}
