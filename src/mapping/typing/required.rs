//! What the record requires, against the rows that give it.

use crate::mapping::canonical::{Member, View};
use crate::mapping::compile::{Block, How, Row};
use crate::mapping::condition::Need;
use crate::mapping::typing::{OURS, Typing};

impl<'a> Typing<'a, '_> {
    /// What the record requires must come from a row that always gives it.
    pub(super) fn required(&mut self, index: usize, view: View<'a>, assigned: &[Box<str>], blocks: &[Block]) {
        let block = &blocks[index];
        for member in view.required().into_iter().filter(|member| !OURS.contains(member)) {
            if assigned.iter().any(|key| **key == *member) {
                continue;
            }
            let gives = |row: &Row| {
                // A value that may be put aside is not sure to be there.
                let held = matches!(&row.how, How::Leaf { chain, .. } if chain.holds());
                let fed = !held && row.record.as_ref().is_some_and(|path| &*path.segments[0].key == member);
                let sure = !matches!(row.need, Need::May | Need::NeverIf(_))
                    || matches!(&row.how, How::Leaf { chain, .. } if chain.supplies() || chain.fills())
                    // Alternatives: one of several rows with predicates gives it.
                    || row.record.as_ref().is_some_and(|path| !path.segments[0].tests.is_empty())
                    // A nested member that is itself a `must`.
                    || row.record.as_ref().is_some_and(|path| path.segments.len() > 1);
                fed && sure
            };
            if block.rows.iter().any(gives) {
                self.only_optional(block, member, view);
            } else {
                self.faults.push(block.spot.fault(
                    "required-unfed",
                    format!("块“{}”：记录必填“{member}”，没有 must 的行给出", block.name),
                    format!(
                        "block \"{}\": the record requires \"{member}\", which no must row gives",
                        block.name
                    ),
                ));
            }
        }
    }

    /// An object that the record requires and whose members all may be missing: a document that has none of them makes
    /// a record without it.
    fn only_optional(&mut self, block: &Block, member: &str, view: View<'a>) {
        if !matches!(view.member(member), Member::Known(found) if found.is_object()) {
            return;
        }
        let fed = |row: &&Row| row.record.as_ref().is_some_and(|path| &*path.segments[0].key == member);
        let rows: Vec<&Row> = block.rows.iter().filter(fed).collect();
        let may = |row: &&Row| {
            matches!(row.need, Need::May | Need::NeverIf(_))
                && !matches!(&row.how, How::Leaf { chain, .. } if chain.fills())
                && row
                    .record
                    .as_ref()
                    .is_some_and(|path| path.segments.len() > 1 && path.segments[0].tests.is_empty())
        };
        let Some(first) = rows.first().filter(|_| rows.iter().all(may)) else { return };
        let names = rows.iter().map(|row| &*row.wire.text).collect::<Vec<_>>().join(", ");
        self.warnings.push(first.spots.record.fault(
            "required-optional",
            format!(
                "记录必填“{member}”，而给出它的行（{names}）都可缺：全缺的来文会被拒收；来文必有的一项请加 must"
            ),
            format!(
                "the record requires \"{member}\", and every row that gives it ({names}) may be without a value: a \
                 document with none of them is refused; say must of one that is always there"
            ),
        ));
    }
}
