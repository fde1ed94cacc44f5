//! Record → wire: the rows of a block, run over an object (MAPPING, section 13, *write*).
//!
//! Promise: total over records that fit the canonical schema: each row either places its value, reports what it did
//! on its own (cut, generated), or says why it cannot. What has no place on this wire is reported or refused.

mod leaf;

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::Value;

use crate::domain::problem::Problem;
use crate::mapping::blame;
use crate::mapping::compile::{Block, How, Map, Row};
use crate::mapping::condition::Need;
use crate::mapping::derive;
use crate::mapping::ids::Ids;
use crate::mapping::manifest::{Format, Unwritten};
use crate::mapping::parts;
use crate::mapping::path::place::{Made, Placer};
use crate::mapping::path::record::{Object, RecordPath};
use crate::mapping::read::MARK;
use crate::mapping::steps::{Context, Wrong};
use crate::wire::tree::{NodeId, NodeKind, Tree};

/// What writing gave besides the nodes.
#[derive(Default)]
pub(crate) struct WriteOut {
    pub(crate) problems: Vec<Problem>,
    pub(crate) report: Vec<Problem>,
    /// The node of each marked item.
    pub(crate) items: Vec<(NodeId, u32)>,
    /// Nodes whose value `else` made up.
    pub(crate) generated: Vec<NodeId>,
    /// Nodes chosen by a predicate, and the node below that it assigned.
    pub(crate) assigned: Vec<(NodeId, NodeId)>,
    /// Nodes whose text is the JSON below them.
    pub(crate) inners: Vec<NodeId>,
    /// The node of each item that has something kept, and that.
    pub(crate) kept: Vec<(NodeId, Vec<Value>)>,
    /// Nodes whose texts are bytes, in their order.
    pub(crate) bytes: Vec<NodeId>,
    /// Nodes where something stands in for bytes that nobody has, that, and the problem if it is left.
    pub(crate) owing: Vec<(NodeId, String, Problem)>,
    /// What the document says of its ids.
    pub(crate) ids: Ids<Problem>,
}

/// Writes `message` below `node`, the document's top. A document that is only `compared` with the one it was read
/// from gives no report, and its needs were checked when reading.
#[expect(clippy::too_many_arguments, reason = "one message in hand, in its parts")]
pub(crate) fn write<'r>(
    map: &'r Map,
    tree: &'r mut Tree,
    format: Format,
    block: usize,
    node: NodeId,
    message: &'r Object,
    run: impl Into<Context<'r>>,
    compared: bool,
) -> WriteOut {
    let mut writer = Writer {
        map,
        placer: Placer::new(tree, &map.names, node),
        format,
        run: run.into(),
        compared,
        out: WriteOut::default(),
        path: Vec::new(),
        outer: HashMap::new(),
        message,
        position: 0,
    };
    writer.item(message, node);
    writer.block(&map.blocks[block], node, message, &[], &mut Vec::new());
    let mut out = writer.out;
    out.inners = writer.placer.inners;
    out.assigned = writer.placer.assigned;
    out.ids.make(writer.placer.tree);
    out
}

struct Writer<'a> {
    map: &'a Map,
    placer: Placer<'a>,
    format: Format,
    run: Context<'a>,
    /// The whole message.
    message: &'a Object,
    /// The position of the object in hand in its list, from 1.
    position: usize,
    compared: bool,
    out: WriteOut,
    /// The record path in hand, for problems.
    path: Vec<String>,
    /// What was written out of a block, by where the path begins: the first one's word counts.
    outer: HashMap<(NodeId, String), Option<String>>,
}

impl Writer<'_> {
    fn block<'r>(
        &mut self,
        block: &Block,
        node: NodeId,
        object: &'r Object,
        assigned: &[&str],
        enclosing: &mut Vec<&'r Object>,
    ) {
        for row in &block.rows {
            if self.compared {
                self.row(block, row, node, object, enclosing);
                continue;
            }
            let given = row.record.as_ref().is_some_and(|path| path.given(object));
            let broken = match row.need.condition() {
                Some(condition) => blame::condition(row, condition.holds(object, enclosing), given),
                None if matches!(row.need, Need::Must) && !given && !supplied(row, object) => {
                    Some(blame::missing(row))
                }
                None => None,
            };
            if let Some(problem) = broken {
                self.problem(problem, row);
                continue;
            }
            self.row(block, row, node, object, enclosing);
        }
        if !self.compared {
            self.places(block, object, assigned);
        }
    }

    fn row<'r>(
        &mut self,
        block: &Block,
        row: &Row,
        node: NodeId,
        object: &'r Object,
        enclosing: &mut Vec<&'r Object>,
    ) {
        match &row.how {
            How::Const(_) | How::Count(_) | How::Sum { .. } | How::Running { .. } => {
                match derive::derived(&row.how, object, self.position, self.run, self.map.zone_seconds) {
                    Some(Ok(derived)) => {
                        self.place(row, &row.wire, node, false, &derived.text, derived.sort);
                    }
                    Some(Err(wrong)) => self.problem(blame::wrong(row, &wrong, None), row),
                    None => {}
                }
            }
            How::Leaf { each: false, .. } => {
                let split = row.split.as_ref().zip(row.record.as_ref());
                match split.map(|(separator, path)| gathered(path, object, separator)) {
                    None => {
                        self.leaf(row, node, false, row.record.as_ref().and_then(|p| p.take(object)), object);
                    }
                    Some(Ok(text)) => self.leaf(row, node, false, text.map(Value::String).as_ref(), object),
                    Some(Err(wrong)) => self.problem(blame::wrong(row, &wrong, None), row),
                }
            }
            How::Block { block: inner, each: false } => {
                let value = row.record.as_ref().and_then(|path| path.take(object));
                if let Some(value) = value {
                    self.object(row, *inner, node, false, value, object, enclosing);
                }
            }
            How::Leaf { each: true, .. } | How::Block { each: true, .. } => {
                if !row.shares.is_empty() {
                    self.list(block, row, node, object, enclosing);
                }
            }
        }
    }

    fn list<'r>(
        &mut self,
        block: &Block,
        leader: &Row,
        node: NodeId,
        object: &'r Object,
        enclosing: &mut Vec<&'r Object>,
    ) {
        let Some(path) = &leader.record else { return };
        // The list itself: the path without the tests of its last segment.
        let items = if leader.shares.len() == 1 && path.segments.last().is_some_and(|s| s.tests.is_empty()) {
            path.take(object)
        } else {
            let mut bare = path.clone();
            if let Some(last) = bare.segments.last_mut() {
                last.tests.clear();
            }
            bare.take(object)
        };
        for (index, item) in items.and_then(Value::as_array).into_iter().flatten().enumerate() {
            let fits = |row: &Row| {
                row.record.as_ref().and_then(|path| path.segments.last()).is_some_and(|last| last.holds(item))
            };
            let Some(row) = leader.shares.iter().map(|i| &block.rows[*i]).find(|row| fits(row)) else {
                continue;
            };
            if !self.compared {
                self.path.push(format!("{}[{}]", path.base(), index + 1));
            }
            match &row.how {
                How::Block { block: inner, .. } => {
                    let outer = std::mem::replace(&mut self.position, index + 1);
                    self.object(row, *inner, node, true, item, object, enclosing);
                    self.position = outer;
                }
                _ => self.leaf(row, node, true, Some(item), object),
            }
            self.path.pop();
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one value in hand, and where it stands")]
    fn object<'r>(
        &mut self,
        row: &Row,
        inner: usize,
        node: NodeId,
        each: bool,
        value: &'r Value,
        outer: &'r Object,
        enclosing: &mut Vec<&'r Object>,
    ) {
        let Some(object) = value.as_object() else { return };
        let block = &self.map.blocks[inner];
        let named = block
            .own_name
            .and_then(|index| block.rows[index].record.as_ref())
            .and_then(|path| path.take(object))
            .and_then(Value::as_str);
        let leaf = named.is_some() && leaf_like(block);
        let made = match (leaf, each) {
            (true, _) => {
                self.placer.make(node, &row.wire, each, Made::Leaf(lone_or_list(block, object)), named)
            }
            (false, true) => self.placer.make(node, &row.wire, each, Made::Group, named),
            (false, false) => self.placer.once(node, &row.wire),
        };
        if row.items {
            self.item(object, made);
        }
        if !each
            && !self.compared
            && let Some(path) = &row.record
        {
            self.path.push(path.text.to_string());
        }
        // What the path says in a predicate, as in `records[action='goods']`, needs no row.
        let last = row.record.as_ref().and_then(|path| path.segments.last());
        let assigned: Vec<&str> = last.into_iter().flat_map(|s| &s.tests).map(|(key, _)| &**key).collect();
        enclosing.push(outer);
        self.block(block, made, object, &assigned, enclosing);
        enclosing.pop();
        if !each {
            self.path.pop();
        }
    }

    fn item(&mut self, object: &Object, node: NodeId) {
        if let Some(mark) = object.get(MARK).and_then(Value::as_u64) {
            self.out.items.push((node, u32::try_from(mark).unwrap_or(u32::MAX)));
        }
        if let Some(kept) = object.get("extensions").and_then(|e| e.get("kept")).and_then(Value::as_array) {
            self.out.kept.push((node, kept.clone()));
        }
    }

    fn report(&mut self, code: &'static str, zh: &str, en: &str, row: &Row) {
        let name = if row.label.is_empty() { &row.wire.text } else { &row.label };
        let problem = Problem::new(code, format!("{name}：{zh}"), format!("{}: {en}", row.wire.text))
            .with_path(self.record_path(row))
            .with_rule(row.spot.rule(&self.map.profile));
        self.out.report.push(problem);
    }

    fn problem(&mut self, problem: Problem, row: &Row) {
        let problem = problem.with_path(self.record_path(row)).with_rule(row.spot.rule(&self.map.profile));
        self.out.problems.push(problem);
    }

    fn record_path(&self, row: &Row) -> String {
        let mut parts: Vec<&str> = self.path.iter().map(String::as_str).collect();
        parts.extend(row.record.as_ref().map(|path| &*path.text));
        parts.join(".")
    }

    fn places(&mut self, block: &Block, object: &Object, assigned: &[&str]) {
        let mut missing = Vec::new();
        block.cover.missing(assigned, object, &mut missing);
        for path in &missing {
            let full =
                self.path.iter().map(String::as_str).chain([path.as_str()]).collect::<Vec<_>>().join(".");
            match self.map.unwritten {
                Unwritten::Report => self.out.report.push(blame::no_place(&full)),
                Unwritten::Refuse => self.out.problems.push(blame::no_place(&full)),
            }
        }
    }
}

/// The parts of `a + b` of a record as one text.
fn gathered(path: &RecordPath, object: &Object, separator: &str) -> Result<Option<String>, Wrong> {
    let texts = path.places().map(|place| place.take(object).and_then(Value::as_str).map(Cow::Borrowed));
    parts::join(&texts.collect::<Vec<_>>(), separator)
}

fn has_kept(object: &Object) -> bool {
    object.get("extensions").is_some_and(|extensions| extensions.get("kept").is_some())
}

fn supplied(row: &Row, object: &Object) -> bool {
    match &row.how {
        How::Const(_) | How::Count(_) | How::Sum { .. } | How::Running { .. } => true,
        // A value that was put aside is among what is kept.
        How::Leaf { chain, .. } => chain.supplies() || (chain.holds() && has_kept(object)),
        // The same record place by another row of a choice.
        How::Block { .. } => {
            row.record.as_ref().is_some_and(|path| path.segments.iter().any(|s| !s.tests.is_empty()))
        }
    }
}

/// What a node is that a block fills itself: a list, where its own value is one of another length than one.
fn lone_or_list(block: &Block, object: &Object) -> NodeKind {
    let lists = block.rows.iter().filter(|row| row.how.each()).filter_map(|row| row.record.as_ref());
    let several =
        lists.filter_map(|path| path.take(object).and_then(Value::as_array)).any(|items| items.len() != 1);
    if several { NodeKind::Array } else { NodeKind::String }
}

/// Whether a block fills the node itself (`#name` and `.`), so that it is a leaf in JSON.
fn leaf_like(block: &Block) -> bool {
    block.rows.iter().all(|row| row.wire.segments.is_empty())
}
