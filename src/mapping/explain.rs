//! Where a value came from: wire position, row, map (law 6); who made it up, if it is not what the wire says; and what is
//! kept beside it, with its place.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::Value;

use crate::mapping::address;
use crate::mapping::compile::{How, Map, RECORDS};
use crate::mapping::decode::Decoded;
use crate::mapping::mask;
use crate::mapping::profile::Profile;
use crate::mapping::steps::sealed::MASK;
use crate::mapping::trace::{Made, Trace};
use crate::wire::tree::{NodeId, Tree};

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
    /// Who made the value up, where it is not what the wire says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub made: Option<Made>,
    /// The kept entry: what no row reads, or how a value was spelled. What is kept of an element that is not there has the
    /// place of the nearest one around it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept: Option<Value>,
}

impl Profile {
    /// The origin of every value, in document order, then what is kept.
    #[must_use]
    pub fn explain(&self, decoded: &Decoded) -> Vec<Explained> {
        let mut found = self.origins(&decoded.trace);
        let message = decoded.to_message();
        let places = self.places(decoded, &message);
        kept(&self.map, &message, "", &places, &mut found);
        found
    }

    /// The nodes that the objects of a message were read from.
    fn places<'d>(&self, decoded: &'d Decoded, message: &'d Value) -> Places<'d> {
        let trace = &decoded.trace;
        let top = self.messages.iter().find(|one| one.entry.name == decoded.message);
        let top = top.and_then(|one| one.top(&trace.tree, &self.map.names, decoded.format));
        self.places_in(trace, message, top, &|path| Some(path.to_owned()))
    }

    /// The nodes that the objects of `value` were read from: its own, and by `inside` those of the record paths of a trace.
    pub(crate) fn places_in<'d>(
        &self,
        trace: &'d Trace,
        value: &'d Value,
        own: Option<NodeId>,
        inside: &dyn Fn(&str) -> Option<String>,
    ) -> Places<'d> {
        let mut nodes: Vec<(&Value, NodeId)> = own.map(|node| (value, node)).into_iter().collect();
        for entry in &trace.entries {
            let row = &self.map.blocks[entry.row.0 as usize].rows[entry.row.1 as usize];
            if matches!(row.how, How::Block { .. })
                && let Some(path) = inside(&self.path(trace, entry.scope, entry.row, entry.index))
                && let Some(object) = value_at(value, &path)
            {
                nodes.push((object, entry.node));
            }
        }
        Places { tree: &trace.tree, nodes }
    }

    /// The origin of every value, in document order.
    pub(crate) fn origins(&self, trace: &Trace) -> Vec<Explained> {
        let mut found: Vec<Explained> = Vec::new();
        let mut entries = trace.entries.clone();
        entries.sort_by_key(|entry| entry.node);
        for entry in &entries {
            let row = &self.map.blocks[entry.row.0 as usize].rows[entry.row.1 as usize];
            let (line, column) = trace.tree.place(entry.node);
            let mut wire = trace.tree.path(entry.node);
            if entry.absent {
                let above = if wire.is_empty() { "" } else { "/" };
                wire = format!("{wire}{above}{}", row.wire.text);
            }
            found.push(Explained {
                record: self.path(trace, entry.scope, entry.row, entry.index),
                wire: Some(wire).filter(|path| !path.is_empty()).unwrap_or_else(|| ".".to_owned()),
                line,
                column,
                rule: row.spot.rule(self.id()),
                label: row.label.to_string(),
                how: row.said.to_string(),
                found: match &row.how {
                    _ if entry.absent => None,
                    How::Block { .. } => None,
                    How::Leaf { chain, .. } if chain.sealed() => Some(MASK.to_owned()),
                    _ => Some(trace.tree.text(entry.node).to_owned()),
                },
                made: entry.made.or(matches!(row.how, How::Const(_)).then_some(Made::Const)),
                kept: None,
            });
        }
        found
    }

    /// The record path of a traced value.
    pub(crate) fn path(&self, trace: &Trace, scope: u32, row: (u32, u32), index: u32) -> String {
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

/// Which node each object of a message was read from.
pub(crate) struct Places<'d> {
    tree: &'d Tree,
    nodes: Vec<(&'d Value, NodeId)>,
}

impl Places<'_> {
    /// Where an address leads that is kept in `object`: line and column, 0 where nothing is known of the object.
    fn of(&self, map: &Map, object: &Value, address: &str) -> (u32, u32) {
        let Some((_, item)) = self.nodes.iter().find(|(one, _)| std::ptr::eq(*one, object)) else {
            return (0, 0);
        };
        let steps = address::parse(&map.names, address).unwrap_or_default();
        let mut node = *item;
        for step in &steps {
            match address::follow(self.tree, node, step) {
                Some(below) => node = below,
                None => break,
            }
        }
        self.tree.place(node)
    }
}

/// What is kept in a record at `path`, and below.
pub(crate) fn kept(map: &Map, value: &Value, path: &str, places: &Places<'_>, found: &mut Vec<Explained>) {
    match value {
        Value::Object(object) => {
            for (key, member) in object {
                let here = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                if key == "extensions" {
                    let stamps = member.get("kept").and_then(Value::as_array).into_iter().flatten();
                    let entries = stamps.filter_map(|stamp| stamp.get("entries")?.as_array()).flatten();
                    found.extend(entries.map(|entry| {
                        let wire = entry.get("at").and_then(Value::as_str).unwrap_or_default().to_owned();
                        let (line, column) = places.of(map, value, &wire);
                        Explained {
                            record: format!("{here}.kept"),
                            wire,
                            line,
                            column,
                            rule: String::new(),
                            label: String::new(),
                            how: String::new(),
                            found: None,
                            made: None,
                            kept: Some(mask::entry(map, entry)),
                        }
                    }));
                } else {
                    kept(map, member, &here, places, found);
                }
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                kept(map, item, &format!("{path}[{}]", index + 1), places, found);
            }
        }
        _ => {}
    }
}

/// `a.b[2].c[scheme='uscc']`: members, items from 1, the item or the object of which a test holds. A list without any
/// of these has the value in each of its items: the first tells it.
#[must_use]
pub fn value_at<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    let path = path.trim_start_matches('.');
    if path.is_empty() {
        return Some(value);
    }
    if let Some(rest) = path.strip_prefix('[') {
        let (test, rest) = rest.split_once(']')?;
        let inner = match (test.parse::<usize>(), value) {
            (Ok(index), _) => value.get(index.checked_sub(1)?)?,
            (Err(_), Value::Array(items)) => items.iter().find(|item| holds(item, test))?,
            (Err(_), _) => Some(value).filter(|value| holds(value, test))?,
        };
        return value_at(inner, rest);
    }
    if let Value::Array(items) = value {
        return value_at(items.first()?, path);
    }
    let end = path.find(['.', '[']).unwrap_or(path.len());
    value_at(value.get(&path[..end])?, &path[end..])
}

fn holds(value: &Value, test: &str) -> bool {
    test.split(" and ").all(|term| {
        let Some((member, wanted)) = term.split_once('=') else { return false };
        let wanted = wanted.trim().trim_matches('\'');
        value_at(value, member.trim()).is_some_and(|found| match found {
            Value::String(own) => own == wanted,
            found => format!("{found}") == wanted,
        })
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_record_path_leads_to_its_value() {
        let message = json!({"records": [{"ids": [{"scheme": "id", "value": "1"}, {"scheme": "uscc", "value": "2"}], "n": 3}]});
        assert_eq!(value_at(&message, "records[1].ids[scheme='uscc'].value"), Some(&json!("2")));
        assert_eq!(value_at(&message, "records[1].ids[1].value"), Some(&json!("1")));
        assert_eq!(value_at(&message, "records[1].n"), Some(&json!(3)));
        assert_eq!(value_at(&message, "records.n"), Some(&json!(3)));
        assert_eq!(value_at(&message, "records[2].n"), None);
        assert_eq!(value_at(&message, "records[1].ids[scheme='x'].value"), None);
    }
}
