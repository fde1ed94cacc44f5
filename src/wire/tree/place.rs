//! Where a node stands: line and column in the document, and its path from the root.

use std::fmt::Write as _;

use crate::wire::tree::{NodeId, NodeKind, Tree};

impl Tree {
    /// Line and column (in characters) of a node in the document, both from 1.
    #[must_use]
    pub fn place(&self, node: NodeId) -> (u32, u32) {
        match self.table() {
            Some(table) => table.place(&self.source, self.offset(node)),
            None => self.origins.place(&self.source, self.offset(node)),
        }
    }

    /// Line and column of each of several byte offsets in [`Tree::source`].
    #[must_use]
    pub fn places(&self, offsets: &[usize]) -> Vec<(u32, u32)> {
        match self.table() {
            Some(table) => offsets.iter().map(|offset| table.place(&self.source, *offset)).collect(),
            None => self.origins.places(&self.source, offsets),
        }
    }

    /// Place and path of the blank cell under `column` in a table's row, or beside one of its cells.
    #[must_use]
    pub fn vacant(&self, node: NodeId, column: &str) -> Option<(u32, u32, String)> {
        let table = self.table()?;
        let (row, _) = table.cell(node.0 as usize)?;
        let at = table.column(column)?;
        let (line, begin) = self.place(node);
        let column = if self.source.is_empty() { at } else { begin };
        Some((line, column, table.address(row, at)))
    }

    /// The path from the root, for a message: `ComplaintOrder/Goods[2]/Amount`, an attribute as `@name`, a cell as
    /// `投诉!C5`.
    #[must_use]
    pub fn path(&self, node: NodeId) -> String {
        if let Some(table) = self.table() {
            let cell = table.cell(node.0 as usize);
            return cell.map_or_else(|| table.name.clone(), |(row, column)| table.address(row, column));
        }
        let mut steps = Vec::new();
        let mut here = Some(node);
        while let Some(node) = here {
            steps.push(self.step(node));
            here = self.parent(node);
        }
        steps.reverse();
        let mut path = String::new();
        for step in steps {
            if !path.is_empty() && !step.is_empty() && !step.starts_with('[') {
                path.push('/');
            }
            path.push_str(&step);
        }
        path
    }

    fn step(&self, node: NodeId) -> String {
        let local = self.local(node);
        let mut step = match self.kind(node) {
            NodeKind::Attribute => format!("@{local}"),
            NodeKind::Text => "text()".to_owned(),
            _ => local.to_owned(),
        };
        if let Some(parent) = self.parent(node) {
            let alike = |n: &NodeId| self.name(*n) == self.name(node) && self.kind(*n) == self.kind(node);
            let mut twins = self.children(parent).filter(alike);
            let index = twins.position(|n| n == node).unwrap_or(0);
            let more = index > 0 || self.children(parent).filter(alike).nth(1).is_some();
            if more {
                let _ = write!(step, "[{}]", index + 1);
            }
            if self.kind(parent) == NodeKind::Array {
                // The array's own step already said the name.
                return format!("[{}]", self.children(parent).position(|n| n == node).unwrap_or(0) + 1);
            }
        }
        step
    }
}

/// Line and column (in characters) of a byte offset, both from 1. CR LF, LF and CR each end a line.
#[must_use]
pub fn line_column(source: &str, offset: usize) -> (u32, u32) {
    line_columns(source, &[offset])[0]
}

/// Line and column of each of several offsets, counted in one pass over the document.
#[must_use]
pub fn line_columns(source: &str, offsets: &[usize]) -> Vec<(u32, u32)> {
    let mut order: Vec<usize> = (0..offsets.len()).collect();
    order.sort_by_key(|index| offsets[*index]);
    let mut places = vec![(1, 1); offsets.len()];
    let mut wanted = order.into_iter().peekable();
    let (mut line, mut column, mut previous) = (1, 1, ' ');
    for (at, c) in source.char_indices() {
        // An offset inside a character counts as its beginning.
        while let Some(index) = wanted.next_if(|index| offsets[*index] < at + c.len_utf8()) {
            places[index] = (line, column);
        }
        if wanted.peek().is_none() {
            return places;
        }
        match c {
            '\n' if previous == '\r' => {}
            '\n' | '\r' => {
                line += 1;
                column = 1;
            }
            _ => column += 1,
        }
        previous = c;
    }
    for index in wanted {
        places[index] = (line, column);
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_count_twins_and_name_attributes() {
        let mut tree = Tree::over("<a>\r\n<b/><b x='1'/></a>".to_owned());
        let (a, b, x) = (tree.intern("", "a"), tree.intern("", "b"), tree.intern("", "x"));
        let root = tree.add(None, NodeKind::Element, a, "", 0);
        let first = tree.add(Some(root), NodeKind::Element, b, "", 5);
        let second = tree.add(Some(root), NodeKind::Element, b, "", 9);
        let attribute = tree.add(Some(second), NodeKind::Attribute, x, "1", 12);
        assert_eq!(tree.path(attribute), "a/b[2]/@x");
        assert_eq!(tree.place(second), (2, 5));
        tree.reorder(root, &[second, first]);
        assert_eq!(tree.path(attribute), "a/b[1]/@x");
    }
}
