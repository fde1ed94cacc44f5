//! Bad records among good ones: which record a problem belongs to, and what is left when the bad ones are set aside.
//!
//! Promise: a problem found by a row belongs to the record whose block the row ran in; one found by the agency's
//! schema, to the record whose text it stands in. Whatever stands in no record is a fault of the message around them,
//! and refuses it whole. Of a message whose bad records are set aside the round trip holds without them.

use std::collections::HashSet;

use serde_json::Value;

use crate::domain::problem::Problem;
use crate::mapping::compile::{Map, RECORDS};
use crate::mapping::trace::{ReadOut, Told, Trace};
use crate::wire::schema::MOST_PROBLEMS;
use crate::wire::tree::{NodeId, Tree};

/// A record that is refused, and why.
#[derive(Clone, Debug)]
pub struct RefusedRecord {
    /// Its position among the message's records, from 1, as in the path `records[2]`.
    pub index: usize,
    /// Its registration number, where it could be read.
    pub registration_number: Option<String>,
    /// The line where it begins, from 1.
    pub line: u32,
    /// The column where it begins, in characters, from 1.
    pub column: u32,
    /// Everything wrong with it.
    pub problems: Vec<Problem>,
}

/// Everything wrong with a message, sorted by whom it concerns.
pub(crate) struct Judged {
    /// The message around its records.
    pub(crate) envelope: Vec<Problem>,
    pub(crate) records: Vec<RefusedRecord>,
}

impl Judged {
    /// Sorts what the rows found (`out`), the bounds on the records (`count`) and what the schema found (`invalid`).
    pub(crate) fn of(out: &mut ReadOut, tree: &Tree, count: Option<Problem>, invalid: Vec<Problem>) -> Self {
        let told = std::mem::take(&mut out.problems);
        let mut judged = Self { envelope: count.into_iter().collect(), records: Vec::new() };
        if told.is_empty() && invalid.is_empty() {
            return judged;
        }
        let mut by_record: Vec<Vec<Problem>> = vec![Vec::new(); out.records.len()];
        // Both say what they see; of one place, the row's word stands: it knows the agency's name of the field.
        let places: HashSet<_> = told.iter().map(|told| place(&told.problem)).collect();
        for Told { problem, record } in told {
            match record {
                Some(record) => by_record[record].push(problem),
                None => judged.envelope.push(problem),
            }
        }
        let spans = Spans::of(tree, &out.records);
        // Past its limit the schema falls silent, so that a record it did not blame may be bad all the same.
        let silent = invalid.len() >= MOST_PROBLEMS;
        for problem in invalid.into_iter().filter(|problem| !places.contains(&place(problem))) {
            match spans.find(&problem).filter(|_| !silent) {
                Some(record) => by_record[record].push(problem),
                None => judged.envelope.push(problem),
            }
        }
        judged.envelope.sort_by_key(place);
        let numbers = out.message.get(RECORDS).and_then(Value::as_array);
        for (index, mut problems) in by_record.into_iter().enumerate().filter(|(_, found)| !found.is_empty())
        {
            problems.sort_by_key(place);
            let record = numbers.and_then(|records| records.get(index));
            let number = record.and_then(|record| record.get("registration_number")).and_then(Value::as_str);
            let (line, column) = spans.starts[index];
            judged.records.push(RefusedRecord {
                index: index + 1,
                registration_number: number.map(str::to_owned),
                line,
                column,
                problems,
            });
        }
        judged
    }

    /// Whether there is nothing wrong.
    pub(crate) fn is_clean(&self) -> bool {
        self.envelope.is_empty() && self.records.is_empty()
    }

    /// Every problem, to be changed.
    pub(crate) fn all(&mut self) -> impl Iterator<Item = &mut Problem> {
        let records = self.records.iter_mut().flat_map(|record| &mut record.problems);
        self.envelope.iter_mut().chain(records)
    }

    /// Every problem, in the order of the document.
    pub(crate) fn problems(&self) -> Vec<Problem> {
        let records = self.records.iter().flat_map(|record| &record.problems);
        let mut all: Vec<Problem> = self.envelope.iter().chain(records).cloned().collect();
        all.sort_by_key(place);
        all
    }
}

fn place(problem: &Problem) -> (Option<u32>, Option<u32>) {
    (problem.line, problem.column)
}

/// Where each record begins and ends.
struct Spans {
    starts: Vec<(u32, u32)>,
    ends: Vec<(u32, u32)>,
    /// Whether they follow one another.
    in_order: bool,
}

impl Spans {
    fn of(tree: &Tree, records: &[NodeId]) -> Self {
        let mut offsets: Vec<usize> = records.iter().map(|node| tree.offset(*node)).collect();
        offsets.extend(records.iter().map(|node| end(tree, *node)));
        let places = tree.places(&offsets);
        let (starts, ends) = places.split_at(records.len());
        Self { in_order: starts.is_sorted(), starts: starts.to_vec(), ends: ends.to_vec() }
    }

    /// The record in which a problem stands.
    fn find(&self, problem: &Problem) -> Option<usize> {
        let at = (problem.line?, problem.column?);
        let holds = |index: &usize| self.starts[*index] <= at && at < self.ends[*index];
        if self.in_order {
            return self.starts.partition_point(|start| *start <= at).checked_sub(1).filter(holds);
        }
        (0..self.starts.len()).find(holds)
    }
}

/// The offset at which what follows a node begins; the end of the document if nothing follows.
fn end(tree: &Tree, node: NodeId) -> usize {
    let mut here = Some(node);
    while let Some(node) = here {
        if let Some(next) = tree.following(node) {
            return tree.offset(next);
        }
        here = tree.parent(node);
    }
    usize::MAX
}

/// Takes the refused records out of the document and of all that was read of it.
pub(crate) fn set_aside(map: &Map, tree: &mut Tree, out: &mut ReadOut, refused: &[RefusedRecord]) {
    let gone: HashSet<usize> = refused.iter().map(|record| record.index - 1).collect();
    if let Some(Value::Array(records)) = out.message.get_mut(RECORDS) {
        let mut index = 0;
        records.retain(|_| {
            index += 1;
            !gone.contains(&(index - 1))
        });
    }
    out.warnings.retain(|told| told.record.is_none_or(|record| !gone.contains(&record)));
    let nodes: HashSet<NodeId> = gone.iter().map(|index| out.records[*index]).collect();
    forget(map, &mut out.trace, &nodes, &gone);
    let parents: HashSet<NodeId> = nodes.iter().filter_map(|node| tree.parent(*node)).collect();
    for parent in parents {
        tree.prune(parent, |child| nodes.contains(&child));
    }
}

/// Leaves the refused records out of the trace, and counts the others anew.
fn forget(map: &Map, trace: &mut Trace, nodes: &HashSet<NodeId>, gone: &HashSet<usize>) {
    let holds_records = |(block, row): (u32, u32)| map.blocks[block as usize].rows[row as usize].records;
    let mut stale = vec![false; trace.scopes.len()];
    let (mut seen, mut left) = (0, 0);
    for index in 1..trace.scopes.len() {
        let scope = trace.scopes[index];
        stale[index] = stale[scope.parent as usize];
        if scope.parent == 0 && scope.row.is_some_and(holds_records) {
            stale[index] = gone.contains(&seen);
            seen += 1;
            if !stale[index] && scope.index > 0 {
                left += 1;
                trace.scopes[index].index = left;
            }
        }
    }
    let mut position = 0;
    trace.entries.retain_mut(|entry| {
        if stale[entry.scope as usize] || (holds_records(entry.row) && nodes.contains(&entry.node)) {
            return false;
        }
        if entry.scope == 0 && entry.index > 0 && holds_records(entry.row) {
            position += 1;
            entry.index = position;
        }
        true
    });
}
