//! Which record content a block's rows have a place for; what has none is reported when writing (`unwritten`).

use serde_json::Value;

use crate::mapping::compile::{How, Row};
use crate::mapping::path::record::{Object, RecordPath, RecordSegment};
use crate::mapping::read::MARK;
use crate::mapping::steps::Type;
use crate::mapping::typing::OURS;

/// The record places of a block.
#[derive(Debug, Default)]
pub(crate) struct Cover(Vec<Entry>);

#[derive(Debug)]
struct Entry {
    segment: RecordSegment,
    /// `None`: the whole value.
    below: Option<Cover>,
}

impl Cover {
    /// What `rows` cover.
    pub(crate) fn of(rows: &[Row]) -> Self {
        let mut cover = Self::default();
        for row in rows {
            let gives = match &row.how {
                How::Leaf { chain, .. } => Some(chain.gives()),
                _ => None,
            };
            let members = gives.as_ref().and_then(Type::members);
            for path in row.record.iter().flat_map(RecordPath::places) {
                // A step that fills some members of an object has no place for the others.
                for member in members.iter().flatten() {
                    let below =
                        RecordSegment { key: (*member).into(), tests: Vec::new(), index: None, list: false };
                    let segments: Vec<RecordSegment> = path.segments.iter().cloned().chain([below]).collect();
                    cover.add(&segments, false);
                }
                if members.is_some() {
                    continue;
                }
                cover.add(&path.segments, matches!(row.how, How::Block { each: true, .. }));
            }
        }
        cover
    }

    fn add(&mut self, segments: &[RecordSegment], each: bool) {
        let Some((first, rest)) = segments.split_first() else { return };
        let mut segment = first.clone();
        segment.list |= each && rest.is_empty();
        let known = self.0.iter().position(|entry| entry.segment == segment);
        let index = known.unwrap_or_else(|| {
            self.0.push(Entry { segment, below: (!rest.is_empty()).then(Cover::default) });
            self.0.len() - 1
        });
        let entry = &mut self.0[index];
        if rest.is_empty() {
            entry.below = None;
        } else if let Some(below) = &mut entry.below {
            below.add(rest, each);
        }
    }

    /// Adds the path of everything in `object` that has no place; the members that its path `assigned` have one.
    pub(crate) fn missing(&self, assigned: &[&str], object: &Object, out: &mut Vec<String>) {
        missing(&[self], assigned, object, "", out);
    }
}

fn missing(covers: &[&Cover], assigned: &[&str], object: &Object, path: &str, out: &mut Vec<String>) {
    for (key, value) in object {
        if key == MARK {
            continue;
        }
        let ours = OURS.contains(&key.as_str()) || assigned.contains(&key.as_str());
        let entries: Vec<&Entry> =
            covers.iter().flat_map(|c| &c.0).filter(|entry| *entry.segment.key == **key).collect();
        if key == "extensions" {
            extras(&entries, value, path, out);
            continue;
        }
        if value.is_null() || (entries.is_empty() && ours) {
            continue;
        }
        if entries
            .iter()
            .any(|e| e.below.is_none() && e.segment.tests.is_empty() && e.segment.index.is_none())
        {
            continue;
        }
        let here = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        if entries.is_empty() {
            out.push(here);
            continue;
        }
        match value.as_array() {
            Some(items) => {
                for (index, item) in items.iter().enumerate() {
                    one(&entries, item, index + 1, &format!("{here}[{}]", index + 1), out);
                }
            }
            None => one(&entries, value, 1, &here, out),
        }
    }
}

fn one(entries: &[&Entry], value: &Value, index: usize, path: &str, out: &mut Vec<String>) {
    let fits = |e: &&&Entry| e.segment.index.is_none_or(|i| i == index) && e.segment.holds(value);
    let fitting: Vec<&&Entry> = entries.iter().filter(fits).collect();
    if fitting.is_empty() {
        out.push(path.to_owned());
        return;
    }
    if fitting.iter().any(|entry| entry.below.is_none()) {
        return;
    }
    let below: Vec<&Cover> = fitting.iter().filter_map(|entry| entry.below.as_ref()).collect();
    let assigned: Vec<&str> =
        fitting.iter().flat_map(|entry| entry.segment.tests.iter().map(|(key, _)| &**key)).collect();
    if let Some(object) = value.as_object() {
        missing(&below, &assigned, object, path, out);
    }
}

/// Named extras have places like any member; `kept` has its own way back.
fn extras(entries: &[&Entry], value: &Value, path: &str, out: &mut Vec<String>) {
    let Some(extras) = value.as_object() else { return };
    for name in extras.keys().filter(|name| *name != "kept") {
        let covered = entries.iter().any(|entry| match &entry.below {
            None => true,
            Some(below) => below.0.iter().any(|e| *e.segment.key == **name),
        });
        if !covered {
            let dot = if path.is_empty() { "" } else { "." };
            out.push(format!("{path}{dot}extensions.{name}"));
        }
    }
}
