//! Moving the nodes of a tree: another order of children, a node taken out, a node put back.

use crate::wire::tree::{NONE, NodeId, Tree};

impl Tree {
    /// Puts the children of `node` into this order; they must be the same nodes.
    pub fn reorder(&mut self, node: NodeId, children: &[NodeId]) {
        debug_assert_eq!(self.children(node).count(), children.len());
        self.link(node, children);
    }

    /// Makes a detached node the top of the document.
    pub fn set_root(&mut self, node: NodeId) {
        debug_assert!(self.parent(node).is_none());
        self.root = Some(node);
    }

    /// Takes `child` out from under its parent. Its storage stays until the tree goes.
    pub fn detach(&mut self, child: NodeId) {
        let Some(parent) = self.parent(child) else { return };
        let rest: Vec<NodeId> = self.children(parent).filter(|c| *c != child).collect();
        self.nodes[child.0 as usize].parent = NONE;
        self.nodes[child.0 as usize].next = NONE;
        self.link(parent, &rest);
    }

    /// Takes out from under `parent` every child that is to go. Their storage stays until the tree goes.
    pub fn prune(&mut self, parent: NodeId, goes: impl Fn(NodeId) -> bool) {
        let (gone, rest): (Vec<NodeId>, Vec<NodeId>) = self.children(parent).partition(|child| goes(*child));
        for child in gone {
            self.nodes[child.0 as usize].parent = NONE;
            self.nodes[child.0 as usize].next = NONE;
        }
        self.link(parent, &rest);
    }

    /// Puts a detached node under `parent`, as its last child.
    pub fn attach(&mut self, parent: NodeId, child: NodeId) {
        debug_assert!(self.parent(child).is_none());
        let mut children: Vec<NodeId> = self.children(parent).collect();
        children.push(child);
        self.nodes[child.0 as usize].parent = parent.0;
        self.link(parent, &children);
    }

    /// Moves the last child of `parent`, which stands behind `before`, to behind `after`, or before all others.
    pub(crate) fn move_last(&mut self, parent: NodeId, before: NodeId, after: Option<NodeId>) {
        let moved = self.nodes[parent.0 as usize].last;
        debug_assert_eq!(self.nodes[before.0 as usize].next, moved);
        if after == Some(before) {
            return;
        }
        self.counted.forget(parent);
        self.nodes[before.0 as usize].next = NONE;
        self.nodes[parent.0 as usize].last = before.0;
        let gap = match after {
            Some(after) => &mut self.nodes[after.0 as usize].next,
            None => &mut self.nodes[parent.0 as usize].first,
        };
        let next = std::mem::replace(gap, moved);
        self.nodes[moved as usize].next = next;
    }

    fn link(&mut self, node: NodeId, children: &[NodeId]) {
        self.counted.forget(node);
        let index = node.0 as usize;
        self.nodes[index].first = children.first().map_or(NONE, |c| c.0);
        self.nodes[index].last = children.last().map_or(NONE, |c| c.0);
        for pair in children.windows(2) {
            self.nodes[pair[0].0 as usize].next = pair[1].0;
        }
        if let Some(last) = children.last() {
            self.nodes[last.0 as usize].next = NONE;
        }
    }
}
