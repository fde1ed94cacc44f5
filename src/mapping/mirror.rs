//! What a document would be written back as, told while it is read (decision 0020).
//!
//! Promise: where [`Mirror::holds`], the record of the document, written, has the same nodes in the same order, and
//! [`Mirror::kept`] is what comparing both would find: texts that would be spelled otherwise. Of every other document
//! nothing is said, and [`super::keep`] writes and compares. It is filled by the reader: each row that can be relied on
//! ([`super::compile::reliance`]) tells which node it read.

use serde_json::json;

use crate::mapping::address::address;
use crate::mapping::compile::Map;
use crate::mapping::keep::Kept;
use crate::mapping::manifest::Blank;
use crate::mapping::order::Rank;
use crate::wire::tree::{NodeId, NodeKind, Tree};

/// Not read by any row.
const UNREAD: u32 = u32::MAX;

/// The nodes that were read, so far without a doubt.
pub(crate) struct Mirror {
    /// By node: twice the row that comes to it first, and one more where its own text was read.
    read: Vec<u32>,
    /// Texts that would be spelled otherwise: node, item, and how.
    spelled: Vec<(NodeId, u32, String)>,
}

impl Mirror {
    /// An empty one for a document whose message is at `top`, if its map and format allow it.
    pub(crate) fn begin(map: &Map, tree: &Tree, top: NodeId) -> Option<Self> {
        let known = std::sync::Arc::ptr_eq(tree.vocabulary(), map.names.vocabulary());
        let plain = !map.inner && !map.leads_out && matches!(map.blank, Blank::Absent | Blank::Null);
        if !known || !plain || tree.kind(tree.root()?) != NodeKind::Element {
            return None;
        }
        let mut mirror = Self { read: vec![UNREAD; tree.len()], spelled: Vec::new() };
        let mut here = Some(top);
        while let Some(node) = here {
            mirror.read[node.index()] = 0;
            here = tree.parent(node);
        }
        Some(mirror)
    }

    /// A row has read `node` below its block's `home`: its `text`, or what stands below it.
    pub(crate) fn read(&mut self, tree: &Tree, home: NodeId, node: NodeId, row: u32, text: bool) {
        let own = node;
        let mut here = node;
        while here != home && self.read[here.index()] >> 1 > row {
            self.read[here.index()] = row << 1;
            match tree.parent(here) {
                Some(parent) => here = parent,
                None => break,
            }
        }
        self.read[own.index()] |= u32::from(text);
    }

    /// A text would be spelled otherwise in its item.
    pub(crate) fn spelled(&mut self, node: NodeId, item: u32, text: String) {
        self.spelled.push((node, item, text));
    }

    /// Whether every node was read, each one's children in the order in which they would be written; `rank` is what the
    /// schema says of the order, if it decides.
    pub(crate) fn holds(&self, tree: &Tree, rank: Option<&Rank<'_>>) -> bool {
        let whole = tree.nodes().all(|node| match self.read[node.index()] {
            UNREAD => false,
            read => read & 1 == 1 || tree.text(node).is_empty(),
        });
        let row = |node: NodeId| self.read[node.index()] >> 1;
        whole
            && match rank {
                Some(rank) => rank.follows(tree, &row),
                None => tree.nodes().all(|node| {
                    let rows = tree.children(node).filter(|n| tree.kind(*n) != NodeKind::Attribute).map(row);
                    rows.is_sorted()
                }),
            }
    }

    /// What is kept of a document that holds; `items` are the nodes of its items.
    pub(crate) fn kept(&self, map: &Map, tree: &Tree, items: &[NodeId]) -> Kept {
        let mut kept = Kept::new();
        let mut spelled: Vec<_> = self.spelled.iter().collect();
        spelled.sort_by_key(|(node, ..)| *node);
        for (node, item, text) in spelled {
            let at = address(tree, &map.names, items[*item as usize], *node);
            let entry = json!({ "at": at, "as": tree.text(*node), "while": text });
            kept.entry(*item).or_default().push(entry);
        }
        kept
    }
}

#[cfg(test)]
mod tests;
