//! Wire → record: the rows of a block, run over a node (MAPPING, section 13, *read*).
//!
//! Promise: every problem of the document is found, not the first; every value is traced to its node and row. What no
//! row reads is left to [`super::keep`]. Each item (record or list item) bears a mark until that is done.

mod leaf;
mod list;
mod needs;

use std::sync::Arc;

use serde_json::Value;

use crate::domain::problem::Problem;
use crate::mapping::aside::Attachments;
use crate::mapping::blame;
use crate::mapping::compile::{How, Map, Row};
use crate::mapping::condition::Need;
use crate::mapping::ids::Ids;
use crate::mapping::mirror::Mirror;
use crate::mapping::path::find::Finder;
use crate::mapping::path::record::{Object, RecordPath};
use crate::mapping::steps::Context;
use crate::mapping::trace::{Deferred, Made, ReadOut, Scope, Told, Trace};
use crate::mapping::words::is_blank;
use crate::wire::tree::{NodeId, NodeKind, Sym, Tree};

/// The member that marks an item while a document is in hand. No JSON text of ours or a schema's has such a name.
pub(crate) const MARK: &str = "\u{1}item";

/// One of 64 bits for a name: most rows of a block find nothing, and are told so without a search.
fn bit(name: Sym) -> u64 {
    1 << (name.number() % 64)
}

/// Reads the message whose top node is `node`.
pub(crate) fn read<'r>(
    map: &'r Map,
    tree: &'r Tree,
    block: usize,
    node: NodeId,
    run: impl Into<Context<'r>>,
) -> ReadOut {
    let finder = Finder { tree, names: &map.names, top: node };
    let mut reader = Reader {
        map,
        finder,
        run: run.into(),
        problems: Vec::new(),
        warnings: Vec::new(),
        trace: Trace::default(),
        items: vec![node],
        records: Vec::new(),
        record: None,
        found: Vec::new(),
        made: None,
        scope: 0,
        deferred: Vec::new(),
        position: 0,
        attached: Attachments::new(),
        ids: Ids::default(),
        mirror: Mirror::begin(map, tree, node),
        item: 0,
        known: Arc::ptr_eq(tree.vocabulary(), map.names.vocabulary())
            && !map.inner
            && tree.kind(node) == NodeKind::Element,
    };
    reader.trace.scopes.push(Scope { parent: 0, row: None, index: 0 });
    let mut message = Object::new();
    message.insert(MARK.to_owned(), 0.into());
    reader.block(block, node, &mut message);
    for problem in std::mem::take(&mut reader.ids).wrong(tree) {
        reader.problems.push(problem);
    }
    ReadOut {
        attached: reader.attached,
        message,
        problems: reader.problems,
        trace: reader.trace,
        items: reader.items,
        records: reader.records,
        // A doubt stands in its record, which then says more than the document.
        mirror: reader.mirror.filter(|_| reader.warnings.is_empty()),
        warnings: reader.warnings,
    }
}

struct Reader<'a> {
    map: &'a Map,
    finder: Finder<'a>,
    run: Context<'a>,
    problems: Vec<Told>,
    warnings: Vec<Told>,
    trace: Trace,
    items: Vec<NodeId>,
    /// The node of each record, in their order.
    records: Vec<NodeId>,
    /// The record in hand.
    record: Option<usize>,
    /// Scratch for paths.
    found: Vec<NodeId>,
    /// Who made up the value that was read last.
    made: Option<Made>,
    /// The trace scope in hand.
    scope: u32,
    /// Conditions that wait for an enclosing block.
    deferred: Vec<Deferred<'a>>,
    /// The position of the object in hand in its list, from 1.
    position: usize,
    /// Bytes of attachments, where somebody takes them.
    attached: Attachments,
    /// What the document says of its ids.
    ids: Ids<Told>,
    /// What the document would be written back as, so far without a doubt.
    mirror: Option<Mirror>,
    /// The mark of the item in hand.
    item: u32,
    /// Whether the document is XML, all of it, and knows the map's names.
    known: bool,
}

impl<'a> Reader<'a> {
    fn block(&mut self, id: usize, node: NodeId, object: &mut Object) {
        let block = &self.map.blocks[id];
        let waiting = self.deferred.len();
        let tree = self.finder.tree;
        let below =
            self.known.then(|| tree.children(node).fold(0, |bits, child| bits | bit(tree.name(child))));
        let id = u32::try_from(id).unwrap_or(0);
        for (index, row) in block.rows.iter().enumerate() {
            let at = (id, u32::try_from(index).unwrap_or(0));
            if row.quiet.zip(below).is_some_and(|(name, below)| bit(name) & below == 0) {
                self.nothing(row);
                self.missing(row, None, node);
                continue;
            }
            match &row.how {
                How::Leaf { chain, each: false } => self.leaf(row, at, chain, node, object),
                How::Block { block: inner, each: false } => self.one(row, at, *inner, node, object),
                How::Leaf { each: true, .. } | How::Block { each: true, .. } if !row.shares.is_empty() => {
                    self.list(block, row, id, node, object);
                }
                _ => {}
            }
        }
        // What is derived from the object, when all of it is read.
        for (index, row) in block.rows.iter().enumerate().filter(|(_, row)| row.how.derived()) {
            self.derived(row, (id, u32::try_from(index).unwrap_or(0)), node, object);
        }
        self.needs(block, node, object, waiting);
    }

    fn one(&mut self, row: &'a Row, at: (u32, u32), inner: usize, node: NodeId, object: &mut Object) {
        let Some(path) = &row.record else { return };
        let mut found = Vec::new();
        self.find(node, row, true, &mut found);
        let Some(first) = found.first().copied() else {
            self.nothing(row);
            self.missing(row, None, node);
            return;
        };
        if let Some(second) = found.get(1) {
            let problem = self.place(blame::second(row), row, *second);
            self.refuse(problem);
        }
        if self.is_blank(first) {
            self.missing(row, Some(first), node);
            return;
        }
        self.trace.add(self.scope, at, 0, first);
        self.reads(row, at.1, node, first);
        let value = self.object(row, at, inner, first, 0);
        self.put(row, path, value, first, object);
    }

    /// A block's object; an item is marked, a record bears its warnings.
    fn object(&mut self, row: &'a Row, at: (u32, u32), inner: usize, node: NodeId, index: u32) -> Value {
        let mut made = Object::new();
        let item = self.item;
        if row.items {
            made.insert(MARK.to_owned(), self.items.len().into());
            self.item = u32::try_from(self.items.len()).unwrap_or(u32::MAX);
            self.items.push(node);
        }
        let (outer, around) = (self.scope, self.record);
        if row.records && around.is_none() {
            self.record = Some(self.records.len());
            self.records.push(node);
        }
        self.scope = self.trace.open(outer, at, index);
        let doubted = self.warnings.len();
        self.block(inner, node, &mut made);
        (self.scope, self.record, self.item) = (outer, around, item);
        if row.records && self.warnings.len() > doubted {
            let list = self.warnings[doubted..]
                .iter()
                .filter_map(|w| serde_json::to_value(&w.problem).ok())
                .collect();
            made.insert("warnings".to_owned(), Value::Array(list));
        }
        Value::Object(made)
    }

    /// The nodes that a row's path leads to.
    fn find(&self, node: NodeId, row: &Row, each: bool, found: &mut Vec<NodeId>) {
        match row.plain.as_deref().filter(|_| self.known) {
            Some(path) => self.finder.plain(node, path, each, found),
            None => self.finder.find(node, &row.wire, each, found),
        }
    }

    /// A row has read nothing.
    fn nothing(&mut self, row: &Row) {
        if !row.reliance.absent {
            self.mirror = None;
        }
    }

    /// A row has read a node of which others read what stands below it. `at` is its index in its block, whose node is
    /// `home`.
    fn reads(&mut self, row: &Row, at: u32, home: NodeId, node: NodeId) {
        let tree = self.finder.tree;
        match &mut self.mirror {
            Some(mirror) if row.reliance.present => mirror.read(tree, home, node, at, false),
            _ => self.mirror = None,
        }
    }

    fn put(&mut self, row: &Row, path: &RecordPath, value: Value, node: NodeId, object: &mut Object) {
        let there = if matches!(row.need, Need::Same) { path.take(object) } else { None };
        if there == Some(&value) {
            return;
        }
        let same = there.is_some();
        if path.put(object, value).is_err() {
            let problem = if same { blame::differs(row) } else { blame::taken(row) };
            let problem = self.place(problem.with_found(self.finder.tree.text(node)), row, node);
            self.refuse(problem);
        }
    }

    fn refuse(&mut self, problem: Problem) {
        self.problems.push(Told { problem, record: self.record });
    }

    fn is_blank(&self, node: NodeId) -> bool {
        let tree = self.finder.tree;
        tree.kind(node) == NodeKind::Null
            || (tree.children(node).next().is_none()
                && tree.kind(node) != NodeKind::Object
                && is_blank(tree.text(node)))
    }

    fn place(&self, problem: Problem, row: &Row, node: NodeId) -> Problem {
        let (line, column) = self.finder.tree.place(node);
        problem
            .with_place(line, column)
            .with_path(self.finder.tree.path(node))
            .with_rule(row.spot.rule(&self.map.profile))
    }
}
