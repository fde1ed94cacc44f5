//! Where the pieces of a document came from: a text put together of several pieces of one longer document keeps the
//! places of that document.
//!
//! Promise: line and column are always those of the whole document, from 1, however small a piece of it is in hand.

use crate::wire::tree::line_column;

/// The places at which pieces began; empty for a document that is whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins(Vec<(usize, (u32, u32))>);

impl Origins {
    /// From byte `offset` on the text is what stood at `place` of the whole. Pieces are told in their order.
    pub fn push(&mut self, offset: usize, place: (u32, u32)) {
        debug_assert!(self.0.last().is_none_or(|(last, _)| *last <= offset));
        self.0.push((offset, place));
    }

    /// Whether the text is whole.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Line and column, in the whole, of a byte offset of `source`.
    #[must_use]
    pub fn place(&self, source: &str, offset: usize) -> (u32, u32) {
        let after = self.0.partition_point(|(start, _)| *start <= offset);
        let (start, place) = after.checked_sub(1).map_or((0, (1, 1)), |index| self.0[index]);
        let start = start.min(source.len());
        moved(place, line_column(&source[start..], offset.saturating_sub(start)))
    }

    /// The same for several offsets.
    #[must_use]
    pub fn places(&self, source: &str, offsets: &[usize]) -> Vec<(u32, u32)> {
        if self.0.is_empty() {
            return crate::wire::tree::line_columns(source, offsets);
        }
        // One pass: the pieces' beginnings are counted with the rest.
        let starts = self.0.iter().map(|(start, _)| *start);
        let all: Vec<usize> = starts.chain(offsets.iter().copied()).collect();
        let counted = crate::wire::tree::line_columns(source, &all);
        let (begun, found) = counted.split_at(self.0.len());
        let one = |(offset, here): (&usize, &(u32, u32))| {
            let after = self.0.partition_point(|(start, _)| start <= offset);
            let Some(index) = after.checked_sub(1) else { return *here };
            let (line, column) = begun[index];
            let within = (here.0 - line + 1, if here.0 == line { here.1 - column + 1 } else { here.1 });
            moved(self.0[index].1, within)
        };
        offsets.iter().zip(found).map(one).collect()
    }
}

/// The place of what stands at `within` of a piece that begins at `start`.
pub(crate) fn moved(start: (u32, u32), within: (u32, u32)) -> (u32, u32) {
    match within {
        (1, column) => (start.0, start.1.saturating_add(column - 1)),
        (line, column) => (start.0.saturating_add(line - 1), column),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_keep_the_places_of_the_whole() {
        let whole = "<a>\r\n<b/>\n <c>\n投</c></a>";
        let (b, c) = (whole.find("<b").unwrap(), whole.find("<c").unwrap());
        let mut origins = Origins::default();
        let text = format!("{}{}", &whole[..b], &whole[c..]);
        origins.push(b, line_column(whole, c));
        let offsets: Vec<usize> =
            text.char_indices().map(|(at, _)| at).chain([text.len(), usize::MAX]).collect();
        let wanted: Vec<(u32, u32)> = offsets
            .iter()
            .map(|at| line_column(whole, if *at < b { *at } else { at.saturating_add(c - b) }))
            .collect();
        assert_eq!(origins.places(&text, &offsets), wanted);
        for (offset, wanted) in offsets.iter().zip(wanted) {
            assert_eq!(origins.place(&text, *offset), wanted);
        }
    }
}
