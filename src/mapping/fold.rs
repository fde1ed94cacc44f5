//! `per` and `fold`: one record as several on the wire, one for each item of a list, and back (MAPPING, section 6).
//!
//! Promise: records that agree at the `fold` path agree in everything but the list, or the later one is bad; what was
//! kept of each, and its place, moves to its item and back, so that the round trip holds.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::domain::problem::Problem;
use crate::mapping::canonical::{Canonical, Member, View};
use crate::mapping::compile::RECORDS;
use crate::mapping::fault::{Spot, suggestion};
use crate::mapping::message::MessageEntry;
use crate::mapping::path::record::{Object, RecordPath};
use crate::mapping::profile::Profile;

/// What a message says of `per` and `fold`.
#[derive(Debug)]
pub(crate) struct Fold {
    /// The list, one item of which stands in each record of the wire.
    per: RecordPath,
    /// The value in which records agree that are one.
    key: Option<RecordPath>,
}

impl Fold {
    /// From the manifest, held against the record's schema.
    pub(crate) fn compile(
        entry: &MessageEntry,
        canonical: &Canonical,
        faults: &mut Vec<Problem>,
    ) -> Option<Self> {
        let view = canonical.view(&entry.kind)?;
        if let (Some((_, spot)), None) = (&entry.fold, &entry.per) {
            let (zh, en) = ("fold 须与 per 同用：per 指出合并的列表", "fold needs per, which names the list");
            faults.push(spot.fault("fold", zh, en));
        }
        let (text, spot) = entry.per.as_ref()?;
        let (per, list) = path(text, spot, view, faults)?;
        let room = list
            .items()
            .is_some_and(|item| item.is_object() && !matches!(item.member("extensions"), Member::Unknown(_)));
        if !list.is_list() || !room {
            let zh = format!("per “{text}”应为记录中对象的列表");
            faults.push(spot.fault(
                "per",
                zh,
                format!("per \"{text}\": expected a list of objects of the record"),
            ));
        }
        let key = match &entry.fold {
            Some((text, spot)) => Some(path(text, spot, view, faults)?.0),
            None => None,
        };
        Some(Self { per, key })
    }

    /// What keeps records from being one though they agree at the key: the position of each that differs, from 0.
    pub(crate) fn differing(&self, records: &[Value]) -> Vec<usize> {
        let mut first: HashMap<String, Value> = HashMap::new();
        let mut found = Vec::new();
        for (index, record) in records.iter().enumerate() {
            let Some(key) = self.key_of(record) else { continue };
            let rest = self.rest(record);
            if first.entry(key).or_insert_with(|| rest.clone()) != &rest {
                found.push(index);
            }
        }
        found
    }

    /// Records that agree as one; the position of the first of each, from 0.
    pub(crate) fn fold(&self, records: Vec<Value>) -> (Vec<Value>, Vec<usize>) {
        let mut homes: HashMap<String, usize> = HashMap::new();
        let mut members: Vec<Vec<usize>> = Vec::new();
        for (index, record) in records.iter().enumerate() {
            let key = self.key_of(record);
            if let Some(home) = key.as_ref().and_then(|key| homes.get(key)) {
                members[*home].push(index);
                continue;
            }
            homes.extend(key.map(|key| (key, members.len())));
            members.push(vec![index]);
        }
        let in_order = members.iter().flatten().is_sorted();
        let mut records: Vec<Option<Value>> = records.into_iter().map(Some).collect();
        let mut folded = Vec::with_capacity(members.len());
        for group in &members {
            let mut parts = group.iter().filter_map(|index| Some((*index, records[*index].take()?)));
            let Some((index, mut whole)) = parts.next() else { continue };
            if group.len() > 1 || !in_order {
                self.lower(&mut whole, index, in_order);
            }
            for (index, mut part) in parts {
                self.lower(&mut part, index, in_order);
                self.join(&mut whole, part);
            }
            folded.push(whole);
        }
        (folded, members.iter().map(|group| group[0]).collect())
    }

    /// A record for each item of the list, in the places they came in.
    pub(crate) fn spread(&self, records: &[Value]) -> Vec<Value> {
        let mut placed: Vec<(u64, Value)> = Vec::new();
        let mut place = 0;
        for record in records {
            let items = list(record, &self.per).map_or(&[][..], Vec::as_slice);
            if items.len() < 2 && !items.iter().any(|item| kept(item).any(of_record)) {
                placed.push((place, record.clone()));
                continue;
            }
            // Each with one item: what all of them have, the list is not among.
            let mut bare = record.clone();
            list_mut(&mut bare, &self.per).map(std::mem::take);
            for (index, item) in items.iter().enumerate() {
                let mut made = bare.clone();
                let (ours, others): (Vec<Value>, Vec<Value>) = kept(item).cloned().partition(of_record);
                let mut item = item.clone();
                set_kept(&mut item, others);
                place = ours.iter().find_map(|stamp| stamp.get("place")?.as_u64()).unwrap_or(place);
                let mut lifted: Vec<Value> =
                    ours.into_iter().filter(|stamp| stamp.get("entries").is_some()).collect();
                for stamp in &mut lifted {
                    stamp.as_object_mut().map(|stamp| stamp.remove("of"));
                }
                if index > 0 || !lifted.is_empty() {
                    set_kept(&mut made, lifted);
                }
                if let Some(list) = list_mut(&mut made, &self.per) {
                    *list = vec![item];
                }
                placed.push((place, made));
            }
        }
        placed.sort_by_key(|(place, _)| *place);
        placed.into_iter().map(|(_, record)| record).collect()
    }

    /// The key of a record that may be folded: one item in its list.
    fn key_of(&self, record: &Value) -> Option<String> {
        let key = self.key.as_ref()?.take(record.as_object()?)?;
        (list(record, &self.per)?.len() == 1).then(|| key.to_string())
    }

    /// What must be the same in records that are one.
    fn rest(&self, record: &Value) -> Value {
        let mut rest = record.clone();
        if let Some(list) = list_mut(&mut rest, &self.per) {
            list.clear();
        }
        crate::mapping::decode::unmark(&mut rest, &mut |_| None);
        set_kept(&mut rest, Vec::new());
        rest.as_object_mut().map(|rest| rest.remove("warnings"));
        rest
    }

    /// Moves what is kept of a record, and its place, to its item.
    fn lower(&self, record: &mut Value, index: usize, in_order: bool) {
        let mut stamps: Vec<Value> = kept(record).cloned().collect();
        set_kept(record, Vec::new());
        for stamp in &mut stamps {
            stamp["of"] = json!("record");
        }
        if !in_order {
            stamps.push(json!({ "of": "record", "place": index }));
        }
        if let Some(item) = list_mut(record, &self.per).and_then(|list| list.first_mut()) {
            let own: Vec<Value> = kept(item).cloned().collect();
            set_kept(item, own.into_iter().chain(stamps).collect());
        }
    }

    fn join(&self, whole: &mut Value, mut part: Value) {
        let items = list_mut(&mut part, &self.per).map(std::mem::take).unwrap_or_default();
        if let Some(list) = list_mut(whole, &self.per) {
            list.extend(items);
        }
        if let Some(Value::Array(more)) = part.as_object_mut().and_then(|part| part.remove("warnings")) {
            match whole.get_mut("warnings").and_then(Value::as_array_mut) {
                Some(warnings) => warnings.extend(more),
                None => whole["warnings"] = Value::Array(more),
            }
        }
    }
}

impl Profile {
    /// Records of several messages of this name that are one: those that agree where the message says `fold`.
    #[must_use]
    pub fn fold(&self, message: &str, records: Vec<Value>) -> Vec<Value> {
        let known = self.messages.iter().find(|known| known.entry.name == message);
        match known.and_then(|known| known.fold.as_ref()) {
            Some(fold) if fold.differing(&records).is_empty() => fold.fold(records).0,
            _ => records,
        }
    }

    /// The messages that a message object is written as: one, unless it says `per` and holds more records than
    /// `records` lets stand in one.
    #[must_use]
    pub fn spread(&self, message: &str, value: &Value) -> Vec<Value> {
        let known = self.messages.iter().find(|known| known.entry.name == message);
        let Some((known, fold)) = known.and_then(|known| Some((known, known.fold.as_ref()?))) else {
            return vec![value.clone()];
        };
        let records = value.get(RECORDS).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let records = fold.spread(records);
        let with = |records: &[Value]| {
            let mut message = value.clone();
            message[RECORDS] = Value::Array(records.to_vec());
            message
        };
        let most = known.entry.records.1.max(1);
        if records.len() <= most { vec![with(&records)] } else { records.chunks(most).map(with).collect() }
    }
}

/// A path of plain members, and what the schema says of its place.
fn path<'a>(
    text: &str,
    spot: &Spot,
    view: View<'a>,
    faults: &mut Vec<Problem>,
) -> Option<(RecordPath, View<'a>)> {
    let parsed = RecordPath::parse(text).filter(|path| {
        path.plus.is_empty() && path.segments.iter().all(|s| s.index.is_none() && s.tests.is_empty())
    });
    let Some(parsed) = parsed else {
        faults.push(spot.fault("record-path", "记录路径应如 a.b", "expected a record path such as a.b"));
        return None;
    };
    let mut view = view;
    for segment in &parsed.segments {
        view = match view.member(&segment.key) {
            Member::Known(next) => next,
            Member::Open => View::open(),
            Member::Unknown(names) => {
                let (zh, en) = suggestion(&segment.key, names);
                faults.push(spot.fault(
                    "unknown-record-path",
                    format!("“{text}”：记录没有“{}”{zh}", segment.key),
                    format!("\"{text}\": the record has no \"{}\"{en}", segment.key),
                ));
                return None;
            }
        };
    }
    Some((parsed, view))
}

fn list<'a>(record: &'a Value, path: &RecordPath) -> Option<&'a Vec<Value>> {
    path.take(record.as_object()?)?.as_array()
}

fn list_mut<'a>(record: &'a mut Value, path: &RecordPath) -> Option<&'a mut Vec<Value>> {
    let found = path.segments.iter().try_fold(record, |value, segment| value.get_mut(&*segment.key))?;
    found.as_array_mut()
}

fn of_record(stamp: &Value) -> bool {
    stamp.get("of").is_some()
}

fn kept(value: &Value) -> impl Iterator<Item = &Value> {
    let stamps = value.get("extensions").and_then(|extensions| extensions.get("kept"));
    stamps.and_then(Value::as_array).into_iter().flatten()
}

/// Puts `stamps` for what is kept; nothing is left where there is nothing.
fn set_kept(value: &mut Value, stamps: Vec<Value>) {
    let Some(object) = value.as_object_mut() else { return };
    if !stamps.is_empty() {
        let extensions = object.entry("extensions").or_insert_with(|| Value::Object(Object::new()));
        extensions["kept"] = Value::Array(stamps);
        return;
    }
    let Some(extensions) = object.get_mut("extensions").and_then(Value::as_object_mut) else { return };
    extensions.remove("kept");
    if extensions.is_empty() {
        object.remove("extensions");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fold() -> Fold {
        Fold { per: RecordPath::parse("lines").expect("a path"), key: RecordPath::parse("number") }
    }

    fn record(number: &str, line: &str, kept: Option<&str>) -> Value {
        let mut record = json!({"number": number, "lines": [{"name": line}]});
        if let Some(at) = kept {
            record["extensions"] = json!({"kept": [{"profile": "t", "entries": [{"at": at}]}]});
        }
        record
    }

    #[test]
    fn what_is_folded_spreads_into_the_same_records() {
        let apart = [
            record("1", "a", Some("X")),
            record("2", "b", None),
            record("1", "c", Some("Y")),
            record("2", "d", None),
        ];
        let (folded, first) = fold().fold(apart.to_vec());
        assert_eq!((folded.len(), first), (2, vec![0, 1]));
        assert_eq!(folded[0]["lines"].as_array().map(Vec::len), Some(2));
        assert_eq!(fold().spread(&folded), apart);
        let together = [record("1", "a", None), record("1", "c", Some("Y")), record("2", "b", Some("X"))];
        let (folded, _) = fold().fold(together.to_vec());
        assert_eq!(folded[0]["lines"][0], json!({"name": "a"}));
        assert_eq!(fold().spread(&folded), together);
    }

    #[test]
    fn a_clean_record_spreads_and_folds_into_itself() {
        let clean = json!({"number": "1", "lines": [{"name": "a"}, {"name": "b"}, {"name": "c"}]});
        let spread = fold().spread(std::slice::from_ref(&clean));
        assert_eq!(spread.len(), 3);
        assert_eq!(fold().fold(spread).0, [clean]);
    }

    #[test]
    fn records_that_differ_are_not_one() {
        let mut second = record("1", "b", None);
        second["note"] = json!("n");
        assert_eq!(fold().differing(&[record("1", "a", Some("X")), record("1", "c", None), second]), [2]);
    }
}
