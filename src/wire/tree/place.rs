//! Where a node stands: line and column in the document, and its path from the root.

use std::fmt::Write as _;

use crate::wire::tree::{NodeId, NodeKind, Tree};

impl Tree {
    /// Line and column (in characters) of a node in the document, both from 1.
    #[must_use]
    pub fn place(&self, node: NodeId) -> (u32, u32) {
        match self.table() {
            Some(table) => table.place(&self.source, self.offset(node)),
            None if self.origins.is_empty() => self.line_column(self.offset(node)),
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
            let twin = self.twin(node);
            if self.kind(parent) == NodeKind::Array {
                // The array's own step already said the name.
                return format!("[{}]", twin.before + 1);
            }
            if twin.others {
                let _ = write!(step, "[{}]", twin.before + 1);
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

/// Line and column of each of several offsets, counted in one pass over the document. An offset inside a character
/// counts as its beginning.
#[must_use]
pub fn line_columns(source: &str, offsets: &[usize]) -> Vec<(u32, u32)> {
    let mut order: Vec<usize> = (0..offsets.len()).collect();
    order.sort_by_key(|index| offsets[*index]);
    let mut places = vec![(1, 1); offsets.len()];
    let (mut here, mut place) = (0, (1, 1));
    for index in order {
        let to = source.floor_char_boundary(offsets[index]);
        place = moved_over(source.as_bytes(), here, to, place);
        here = to;
        places[index] = place;
    }
    places
}

/// The place of `to`, where `from` is at `place`. Counts bytes in runs, many at a time, instead of characters.
pub(super) fn moved_over(bytes: &[u8], from: usize, to: usize, (line, column): (u32, u32)) -> (u32, u32) {
    // The line that CR began is not begun again by its LF.
    let within = from > 0 && from < to && bytes[from - 1] == b'\r' && bytes[from] == b'\n';
    let part = &bytes[from + usize::from(within)..to];
    let (returns, feeds) = (count(part, |byte| byte == b'\r'), count(part, |byte| byte == b'\n'));
    let pairs = match returns.min(feeds) {
        0 => 0,
        _ => part.windows(2).filter(|pair| *pair == b"\r\n").count(),
    };
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    match part.iter().rposition(|byte| matches!(byte, b'\r' | b'\n')) {
        None => (line, column.saturating_add(number(characters(part)))),
        Some(last) => {
            let line = line.saturating_add(number(returns + feeds - pairs));
            (line, number(characters(&part[last + 1..])).saturating_add(1))
        }
    }
}

/// How many characters begin in these bytes of UTF-8: all bytes but those that go on with one.
fn characters(bytes: &[u8]) -> usize {
    count(bytes, |byte| byte & 0xC0 != 0x80)
}

/// How many bytes are so. In runs whose count fits a byte, so that the processor counts many of them at once.
fn count(bytes: &[u8], so: impl Fn(u8) -> bool) -> usize {
    let run = |run: &[u8]| usize::from(run.iter().fold(0_u8, |count, byte| count + u8::from(so(*byte))));
    bytes.chunks(usize::from(u8::MAX)).map(run).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Character by character, as the rule is said.
    fn one_by_one(source: &str, offset: usize) -> (u32, u32) {
        let (mut place, mut previous) = ((1, 1), ' ');
        for (at, c) in source.char_indices() {
            if offset < at + c.len_utf8() {
                break;
            }
            match c {
                '\n' if previous == '\r' => {}
                '\n' | '\r' => place = (place.0 + 1, 1),
                _ => place.1 += 1,
            }
            previous = c;
        }
        place
    }

    proptest::proptest! {
        #[test]
        fn places_are_those_that_counting_one_by_one_gives(source in "[a\r\n投\u{301}😀]{0,24}", at in proptest::collection::vec(0_usize..90, 0..6)) {
            let places = line_columns(&source, &at);
            let counted: Vec<_> = at.iter().map(|offset| one_by_one(&source, *offset)).collect();
            proptest::prop_assert_eq!(places, counted);
        }
    }

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
