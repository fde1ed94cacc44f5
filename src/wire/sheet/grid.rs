//! A table's tree as a grid again, for whoever writes it.
//!
//! Promise: every cell of the tree has its place: rows under the columns, and the title's lines above the headings, by
//! the numbers of their columns.

use crate::wire::sheet::TITLE;
use crate::wire::sheet::table::column_of;
use crate::wire::tree::{NodeId, NodeKind, Tree};

/// The rows of a tree as lines of cells under `columns`, and under the names that stand in the rows beside them.
#[must_use]
pub fn lines(tree: &Tree, columns: &[String]) -> (Vec<String>, Vec<Vec<(usize, NodeId)>>) {
    let mut names: Vec<String> = columns.to_vec();
    let mut known: std::collections::HashMap<String, usize> =
        names.iter().enumerate().map(|(index, name)| (name.clone(), index)).collect();
    let mut lines = Vec::new();
    let rows = tree.root().into_iter().flat_map(|root| tree.children(root));
    let rows = rows.filter(|node| tree.local(*node) != TITLE).flat_map(|node| match tree.kind(node) {
        NodeKind::Array => tree.children(node).collect(),
        _ => vec![node],
    });
    for row in rows {
        let cells = tree.children(row).map(|cell| {
            let name = tree.local(cell);
            let index = known.get(name).copied().unwrap_or_else(|| {
                known.insert(name.to_owned(), names.len());
                names.push(name.to_owned());
                names.len() - 1
            });
            (index, cell)
        });
        lines.push(cells.collect());
    }
    (names, lines)
}

/// The rows above the headings, as cells by the number of their column, from 1.
#[must_use]
pub fn titles(tree: &Tree) -> Vec<Vec<(u32, NodeId)>> {
    let above = tree.root().into_iter().flat_map(|root| tree.children(root));
    let above = above.filter(|node| tree.local(*node) == TITLE).flat_map(|node| match tree.kind(node) {
        NodeKind::Array => tree.children(node).collect(),
        _ => vec![node],
    });
    let cells = |line| {
        let cells = tree.children(line).filter_map(|cell| Some((column_of(tree.local(cell))?, cell)));
        cells.collect()
    };
    above.map(cells).collect()
}
