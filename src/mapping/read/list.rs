//! Lists: rows with `each` that share a place in the record, their nodes in document order.

use crate::mapping::blame;
use crate::mapping::compile::{Block, How, Row};
use crate::mapping::path::record::Object;
use crate::mapping::read::Reader;
use crate::mapping::steps::Item;
use crate::wire::tree::NodeId;

impl<'a> Reader<'a> {
    /// Rows with `each` that share a record list: their nodes in document order.
    pub(super) fn list(
        &mut self,
        block: &'a Block,
        leader: &'a Row,
        id: u32,
        node: NodeId,
        object: &mut Object,
    ) {
        let mut found: Vec<(NodeId, usize)> = Vec::new();
        for index in &leader.shares {
            let mut nodes = std::mem::take(&mut self.found);
            nodes.clear();
            self.find(node, &block.rows[*index], true, &mut nodes);
            found.extend(nodes.iter().map(|node| (*node, *index)));
            self.found = nodes;
        }
        if leader.shares.len() > 1 {
            found.sort_by_key(|(node, _)| *node);
        }
        // Rows that share a list write it where the first of them stands.
        let lead = leader.shares.first().map_or(0, |index| u32::try_from(*index).unwrap_or(0));
        let mut counts = vec![0_u32; block.rows.len()];
        let mut taken = 0;
        for (position, (child, index)) in found.into_iter().enumerate() {
            let row = &block.rows[index];
            let Some(path) = &row.record else { continue };
            let at = (id, u32::try_from(index).unwrap_or(0));
            let position = u32::try_from(position).unwrap_or(u32::MAX).saturating_add(1);
            let value = match &row.how {
                How::Leaf { chain, .. } => {
                    let item = if row.wire.own_name {
                        Ok(Item::text(self.finder.tree.local(child)))
                    } else {
                        self.item(child, chain)
                    };
                    match item {
                        Ok(Item::None) => None,
                        Ok(item) => {
                            let value = self.convert(row, chain, item, child, object).ok().flatten();
                            if let Some(value) = &value {
                                self.echoes(row, lead, chain, node, child, value, object);
                            }
                            value
                        }
                        Err(problem) => {
                            let problem = self.place(problem, row, child);
                            self.refuse(problem);
                            None
                        }
                    }
                }
                How::Block { block: inner, .. } if !self.is_blank(child) => {
                    let outer = std::mem::replace(&mut self.position, taken + 1);
                    self.reads(row, lead, node, child);
                    let value = self.object(row, at, *inner, child, position);
                    self.position = outer;
                    Some(value)
                }
                _ => None,
            };
            let Some(value) = value else { continue };
            counts[index] += 1;
            taken += 1;
            self.trace.add(self.scope, at, position, child);
            if matches!(row.how, How::Leaf { .. }) {
                self.trace.made(self.made, false);
            }
            if path.push(object, value).is_err() {
                let problem = self.place(blame::taken(row), row, child);
                self.refuse(problem);
            }
        }
        for index in &leader.shares {
            if counts[*index] == 0 {
                self.nothing(&block.rows[*index]);
                self.missing(&block.rows[*index], None, node);
            }
        }
    }
}
