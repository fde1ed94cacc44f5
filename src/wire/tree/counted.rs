//! What telling the places of many nodes would count again for each: lines, and children of one name.
//!
//! Promise: a thousand problems of a document cost what one costs and a thousand looks: the counts are made once, and
//! forgotten when the tree changes.

use std::collections::hash_map::Entry;
use std::sync::OnceLock;

use ahash::HashMap;

use crate::wire::tree::place::moved_over;
use crate::wire::tree::{NodeId, NodeKind, Sym, Tree};

/// So many bytes lie between two marks in the source; texts that are shorter have none.
const STRIDE: usize = 8 * 1024;

/// The counts of a tree.
#[derive(Clone, Debug, Default)]
pub(super) struct Counted {
    twins: OnceLock<Box<[Twin]>>,
    marks: OnceLock<Box<[(usize, (u32, u32))]>>,
}

/// A node among its parent's children of its name and kind, of an array among all.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Twin {
    /// How many stand before it.
    pub(super) before: u32,
    /// Whether there are others at all.
    pub(super) others: bool,
}

impl Counted {
    /// The tree changes. Its source never does.
    pub(super) fn forget(&mut self) {
        if self.twins.get().is_some() {
            self.twins = OnceLock::new();
        }
    }
}

impl Tree {
    /// A node among its twins.
    pub(super) fn twin(&self, node: NodeId) -> Twin {
        self.counted.twins.get_or_init(|| self.count_twins())[node.index()]
    }

    fn count_twins(&self) -> Box<[Twin]> {
        let mut twins = vec![Twin::default(); self.len()];
        let mut alike: HashMap<(Sym, NodeKind), (u32, NodeId)> = HashMap::default();
        for parent in self.nodes() {
            if self.kind(parent) == NodeKind::Array {
                for (before, child) in (0..).zip(self.children(parent)) {
                    twins[child.index()] = Twin { before, others: true };
                }
                continue;
            }
            alike.clear();
            for child in self.children(parent) {
                match alike.entry((self.name(child), self.kind(child))) {
                    Entry::Vacant(gap) => {
                        gap.insert((1, child));
                    }
                    Entry::Occupied(mut there) => {
                        let (count, first) = there.get_mut();
                        twins[first.index()].others = true;
                        twins[child.index()] = Twin { before: *count, others: true };
                        *count += 1;
                    }
                }
            }
        }
        twins.into()
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
}
