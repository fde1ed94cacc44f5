//! What reading gives: the message object, its problems, and which node and row each value came from.

use crate::domain::problem::Problem;
use crate::mapping::aside::Attachments;
use crate::mapping::compile::Row;
use crate::mapping::condition::Condition;
use crate::mapping::mirror::Mirror;
use crate::mapping::path::record::Object;
use crate::wire::tree::{NodeId, Tree};

/// What reading gave.
pub(crate) struct ReadOut {
    /// The message object.
    pub(crate) message: Object,
    pub(crate) problems: Vec<Told>,
    pub(crate) warnings: Vec<Told>,
    pub(crate) trace: Trace,
    /// The node of each item, by its mark.
    pub(crate) items: Vec<NodeId>,
    /// The node of each record, in their order.
    pub(crate) records: Vec<NodeId>,
    /// Bytes of attachments, where somebody takes them.
    pub(crate) attached: Attachments,
    /// What it would be written back as, where reading tells.
    pub(crate) mirror: Option<Mirror>,
}

/// A problem, and the record it stands in, from 0; none for the message around the records.
pub(crate) struct Told {
    pub(crate) problem: Problem,
    pub(crate) record: Option<usize>,
}

/// The trace of one document. It owns the document, so that places are counted only when somebody asks.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    pub(crate) tree: Tree,
    pub(crate) entries: Vec<Entry>,
    pub(crate) scopes: Vec<Scope>,
}

/// Who made a value up, where it is not what the wire says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Made {
    /// `default`: the wire has no value.
    Default,
    /// `else` of a code list: the wire has a code that the list lacks.
    Else,
    /// `const`: the profile says what stands there.
    Const,
}

/// A value: its block instance, `(block, row)`, its position in a list (0 for none), its node; of one that is absent the
/// node around the place where it would stand.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) scope: u32,
    pub(crate) row: (u32, u32),
    pub(crate) index: u32,
    pub(crate) node: NodeId,
    pub(crate) made: Option<Made>,
    pub(crate) absent: bool,
}

/// An instance of a block: where it was called from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scope {
    pub(crate) parent: u32,
    pub(crate) row: Option<(u32, u32)>,
    pub(crate) index: u32,
}

impl Trace {
    pub(crate) fn add(&mut self, scope: u32, row: (u32, u32), index: u32, node: NodeId) {
        self.entries.push(Entry { scope, row, index, node, made: None, absent: false });
    }

    /// The value that was added last was made up, perhaps; `absent`: the wire has no place for it.
    pub(crate) fn made(&mut self, made: Option<Made>, absent: bool) {
        if let Some(entry) = self.entries.last_mut() {
            (entry.made, entry.absent) = (made, absent && made.is_some());
        }
    }

    pub(crate) fn open(&mut self, parent: u32, row: (u32, u32), index: u32) -> u32 {
        self.scopes.push(Scope { parent, row: Some(row), index });
        u32::try_from(self.scopes.len() - 1).unwrap_or(u32::MAX)
    }
}

/// A condition whose outer terms are not decided yet.
pub(crate) struct Deferred<'a> {
    pub(crate) row: &'a Row,
    pub(crate) condition: &'a Condition,
    pub(crate) node: NodeId,
    pub(crate) given: bool,
    /// Per term: its answer, or how many blocks outwards it still looks.
    pub(crate) answers: Vec<Result<bool, usize>>,
    /// The record it stands in.
    pub(crate) record: Option<usize>,
}
