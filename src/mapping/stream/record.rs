//! One record of a stream, and its places in the whole document.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use crate::domain::problem::Problem;
use crate::mapping::compile::RECORDS;
use crate::mapping::explain::{Explained, kept};
use crate::mapping::profile::Profile;
use crate::mapping::trace::Trace;

/// A record of a stream.
#[derive(Clone, Debug)]
pub struct OneRecord {
    /// The canonical JSON object, with `kind`, and `extensions.kept` for what no row maps.
    pub value: Value,
    /// Doubts that do not refuse it. They stand in it too.
    pub warnings: Vec<Problem>,
    /// The line of the source where it begins, from 1.
    pub line: u32,
    /// The column where it begins, in characters, from 1.
    pub column: u32,
    pub(super) trace: Arc<Trace>,
    /// Its position among the good records of its window, from 1.
    pub(super) position: u32,
    pub(super) renumber: Renumber,
}

/// How a window counts a record, and how the whole document does.
#[derive(Clone, Debug, Default)]
pub(super) struct Renumber {
    /// The path of records of this name, without a position.
    pub(super) prefix: Arc<str>,
    /// Position by the window → position by the document; 0 for one that stands alone.
    pub(super) here: HashMap<u64, u64>,
}

impl Renumber {
    fn path(&self, path: &str) -> Option<String> {
        let rest = path.strip_prefix(&*self.prefix)?;
        let (position, rest) = match rest.strip_prefix('[') {
            Some(rest) => {
                let (position, rest) = rest.split_once(']')?;
                (position.parse().ok()?, rest)
            }
            None if rest.is_empty() || rest.starts_with('/') => (1, rest),
            None => return None,
        };
        match self.here.get(&position)? {
            0 => Some(format!("{}{rest}", self.prefix)),
            position => Some(format!("{}[{position}]{rest}", self.prefix)),
        }
    }
}

impl Profile {
    /// Where each value of a streamed record came from, in document order, with places in the whole source; then what is
    /// kept. `index` is [`Streamed::index`](super::Streamed::index).
    #[must_use]
    pub fn explain_record(&self, record: &OneRecord, index: u64) -> Vec<Explained> {
        let own = format!("{RECORDS}[{}]", record.position);
        let inside = |path: &str| path.strip_prefix(&own).map(str::to_owned);
        let path = format!("{RECORDS}[{index}]");
        let mut found: Vec<Explained> = self
            .origins(&record.trace)
            .into_iter()
            .filter_map(|mut origin| {
                let rest = inside(&origin.record)?;
                origin.record = format!("{path}{rest}");
                origin.wire = record.renumber.path(&origin.wire).unwrap_or(origin.wire);
                Some(origin)
            })
            .collect();
        let node = record.trace.entries.iter().find_map(|entry| {
            let at = self.path(&record.trace, entry.scope, entry.row, entry.index);
            (at == own).then_some(entry.node)
        });
        let places = self.places_in(&record.trace, &record.value, node, &|path| {
            let rest = inside(path)?;
            rest.strip_prefix('.').map(str::to_owned)
        });
        kept(&self.map, &record.value, &path, &places, &mut found);
        found
    }
}

/// Puts the document's positions of records for the window's.
pub(super) fn renumbered(mut problems: Vec<Problem>, renumbers: &[Renumber]) -> Vec<Problem> {
    for problem in &mut problems {
        if let Some(path) = renumbers.iter().find_map(|renumber| renumber.path(&problem.path)) {
            problem.path = path;
        }
    }
    problems
}

/// The same in the warnings that stand in a record.
pub(super) fn renumber_warnings(record: &mut Value, renumbers: &[Renumber]) {
    for warning in record.get_mut("warnings").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(Value::String(path)) = warning.get_mut("path")
            && let Some(renumbered) = renumbers.iter().find_map(|renumber| renumber.path(path))
        {
            *path = renumbered;
        }
    }
}
