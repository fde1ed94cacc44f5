//! Where a value came from: wire position, row, map (law 6).

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::Value;

use crate::mapping::compile::{How, Map, RECORDS};
use crate::mapping::decode::Decoded;
use crate::mapping::mask;
use crate::mapping::profile::Profile;
use crate::mapping::steps::sealed::MASK;
use crate::mapping::trace::Trace;

/// The origin of one record value, or one node that nobody reads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explained {
    /// The record path, `records[1].respondent.name`; empty for a derived value.
    pub record: String,
    /// The wire path.
    pub wire: String,
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
    /// `profile/file:line`; empty for what is kept.
    pub rule: String,
    /// The row's label: the agency's word.
    pub label: String,
    /// The row's third cell: how the text becomes the value. Empty for what is kept.
    pub how: String,
    /// The text on the wire, `•••` for what is sealed; none for what has parts of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
    /// The kept entry, for what no row reads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept: Option<Value>,
}

impl Profile {
    /// The origin of every value, in document order, then what is kept.
    #[must_use]
    pub fn explain(&self, decoded: &Decoded) -> Vec<Explained> {
        let mut found = self.origins(&decoded.trace);
        kept(&self.map, &decoded.to_message(), "", &mut found);
        found
    }

    /// The origin of every value, in document order.
    pub(crate) fn origins(&self, trace: &Trace) -> Vec<Explained> {
        let mut found: Vec<Explained> = Vec::new();
        let mut entries = trace.entries.clone();
        entries.sort_by_key(|entry| entry.node);
        for entry in &entries {
            let row = &self.map.blocks[entry.row.0 as usize].rows[entry.row.1 as usize];
            let (line, column) = trace.tree.place(entry.node);
            found.push(Explained {
                record: self.path(trace, entry.scope, entry.row, entry.index),
                wire: Some(trace.tree.path(entry.node))
                    .filter(|path| !path.is_empty())
                    .unwrap_or_else(|| ".".to_owned()),
                line,
                column,
                rule: row.spot.rule(self.id()),
                label: row.label.to_string(),
                how: row.said.to_string(),
                found: match &row.how {
                    How::Block { .. } => None,
                    How::Leaf { chain, .. } if chain.sealed() => Some(MASK.to_owned()),
                    _ => Some(trace.tree.text(entry.node).to_owned()),
                },
                kept: None,
            });
        }
        found
    }

    fn path(&self, trace: &Trace, scope: u32, row: (u32, u32), index: u32) -> String {
        let row = &self.map.blocks[row.0 as usize].rows[row.1 as usize];
        // What a predicate says of records stands in each of them.
        let mut own = match &row.record {
            Some(_) if row.records => RECORDS.to_owned(),
            Some(path) => path.text.to_string(),
            None => String::new(),
        };
        if index > 0 {
            let _ = write!(own, "[{index}]");
        }
        let here = trace.scopes[scope as usize];
        match here.row {
            Some(above) => {
                let above = self.path(trace, here.parent, above, here.index);
                if own.is_empty() { above } else { format!("{above}.{own}") }
            }
            None => own,
        }
    }
}

/// What is kept in a record at `path`, and below.
pub(crate) fn kept(map: &Map, value: &Value, path: &str, found: &mut Vec<Explained>) {
    match value {
        Value::Object(object) => {
            for (key, member) in object {
                let here = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                if key == "extensions" {
                    let stamps = member.get("kept").and_then(Value::as_array).into_iter().flatten();
                    let entries = stamps.filter_map(|stamp| stamp.get("entries")?.as_array()).flatten();
                    found.extend(entries.map(|entry| Explained {
                        record: format!("{here}.kept"),
                        wire: entry.get("at").and_then(Value::as_str).unwrap_or_default().to_owned(),
                        line: 0,
                        column: 0,
                        rule: String::new(),
                        label: String::new(),
                        how: String::new(),
                        found: None,
                        kept: Some(mask::entry(map, entry)),
                    }));
                } else {
                    kept(map, member, &here, found);
                }
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                kept(map, item, &format!("{path}[{}]", index + 1), found);
            }
        }
        _ => {}
    }
}
