//! What must be there, and under which conditions: asked when a block is read.

use crate::mapping::blame;
use crate::mapping::compile::{Block, Row};
use crate::mapping::condition::Need;
use crate::mapping::path::find::is_xml;
use crate::mapping::path::record::Object;
use crate::mapping::path::wire::Axis;
use crate::mapping::read::Reader;
use crate::mapping::trace::{Deferred, Told};
use crate::wire::schema::namespaces;
use crate::wire::tree::NodeId;

impl<'a> Reader<'a> {
    /// Conditions: those of this block, and those of inner blocks that look outwards.
    pub(super) fn needs(&mut self, block: &'a Block, node: NodeId, object: &Object, waiting: usize) {
        for deferred in &mut self.deferred[waiting..] {
            for (term, answer) in deferred.condition.terms.iter().zip(&mut deferred.answers) {
                if let Err(up) = answer {
                    *up -= 1;
                    if *up == 0 {
                        *answer = Ok(term.holds(object));
                    }
                }
            }
        }
        for row in &block.rows {
            let Some(condition) = row.need.condition() else { continue };
            let given = row.record.as_ref().is_some_and(|path| path.given(object));
            let answers = condition
                .terms
                .iter()
                .map(|term| if term.up == 0 { Ok(term.holds(object)) } else { Err(term.up) });
            let (answers, record) = (answers.collect(), self.record);
            self.deferred.push(Deferred { row, condition, node, given, answers, record });
        }
        let mut index = waiting;
        while index < self.deferred.len() {
            if self.deferred[index].answers.iter().any(Result::is_err) {
                index += 1;
                continue;
            }
            let done = self.deferred.swap_remove(index);
            let holds = done.condition.decide(done.answers.iter().map(|answer| answer.unwrap_or(false)));
            if let Some(problem) = blame::condition(done.row, holds, done.given) {
                let problem = self.place(problem, done.row, done.node);
                self.problems.push(Told { problem, record: done.record });
            }
        }
    }

    /// A missing value is placed at its own node if that is empty, else at its parent.
    pub(super) fn missing(&mut self, row: &Row, empty: Option<NodeId>, parent: NodeId) {
        if matches!(row.need, Need::Must) {
            let mut problem = blame::missing(row);
            if let Some((line, column, path)) = self.vacant(row, empty.unwrap_or(parent)) {
                let rule = row.spot.rule(&self.map.profile);
                return self.refuse(problem.with_place(line, column).with_path(path).with_rule(rule));
            }
            if let Some((zh, en)) = self.elsewhere(row, parent).filter(|_| empty.is_none()) {
                problem.zh.push_str(&zh);
                problem.en.push_str(&en);
            }
            let place = empty.unwrap_or(parent);
            let (line, column) = self.finder.tree.place(place);
            problem = problem.with_place(line, column).with_rule(row.spot.rule(&self.map.profile));
            let mut path = self.finder.tree.path(place);
            if empty.is_none() && &*row.wire.text != "." {
                if !path.is_empty() {
                    path.push('/');
                }
                path.push_str(&row.wire.text);
            }
            self.refuse(problem.with_path(path));
        }
    }

    /// An element of the name that `row` looks for, which stands there in another name space.
    fn elsewhere(&self, row: &Row, node: NodeId) -> Option<(String, String)> {
        let (tree, names) = (self.finder.tree, self.finder.names);
        let mut here = node;
        for segment in row.wire.segments.iter().filter(|_| is_xml(tree, node)) {
            if let Some(next) = tree.children(here).find(|child| self.finder.is(*child, segment.axis)) {
                here = next;
                continue;
            }
            let Axis::Child(name) = segment.axis else { return None };
            let (expected, wanted) = names.expanded(name);
            let elements = tree.children(here).filter(|child| is_xml(tree, *child));
            let mut found = elements.map(|child| tree.expanded(tree.name(child)));
            return found.find(|(_, local)| *local == wanted).map(|(found, _)| namespaces(found, expected));
        }
        None
    }

    /// In a table: the place of the blank cell that `row` would read beside the cells of `node`.
    fn vacant(&self, row: &Row, node: NodeId) -> Option<(u32, u32, String)> {
        let Some([segment]) = self.finder.tree.table().map(|_| row.wire.segments.as_slice()) else {
            return None;
        };
        let Axis::Child(name) = segment.axis else { return None };
        self.finder.tree.vacant(node, self.finder.names.expanded(name).1)
    }
}
