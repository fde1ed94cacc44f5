//! Record paths: `a.b`, `ids[scheme='uscc'].value`, `records[1]`, `extensions.x`; putting and taking values.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use crate::mapping::path::wire::{split, unquoted};

/// A JSON object.
pub(crate) type Object = Map<String, Value>;

/// A place in a record, relative to a block's object.
#[derive(Clone, Debug)]
pub(crate) struct RecordPath {
    pub(crate) segments: Vec<RecordSegment>,
    /// As written.
    pub(crate) text: Box<str>,
    /// The other places of `a + b`.
    pub(crate) plus: Vec<RecordPath>,
}

/// One step.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RecordSegment {
    pub(crate) key: Box<str>,
    /// `[kind='person']`: tests when writing, assignments when reading.
    pub(crate) tests: Vec<(Box<str>, Value)>,
    /// `[n]`, from 1: an item of a list.
    pub(crate) index: Option<usize>,
    /// Whether the member is a list, by the canonical schema; the tests then choose an item of it.
    pub(crate) list: bool,
}

impl RecordPath {
    /// From a cell; `None` if it is not a record path. Whether a member is a list is filled in by the compiler.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let one = |text: &str| {
            let parts = split(text, '.')?;
            let segments = parts.into_iter().map(segment).collect::<Option<Vec<_>>>()?;
            (!segments.is_empty()).then(|| Self { segments, text: text.into(), plus: Vec::new() })
        };
        let mut places = split(text, '+')?.into_iter().map(|place| one(place.trim()));
        let mut path = places.next()??;
        path.plus = places.collect::<Option<_>>()?;
        Some(path)
    }

    /// This place, and the others of `a + b`.
    pub(crate) fn places(&self) -> impl Iterator<Item = &Self> {
        std::iter::once(self).chain(&self.plus)
    }

    /// Whether the record has a value here, or in one of several places.
    pub(crate) fn given(&self, object: &Object) -> bool {
        self.places().any(|place| place.take(object).is_some())
    }

    /// The path without the tests of its last segment: where a list is.
    pub(crate) fn base(&self) -> String {
        let mut base = String::new();
        for segment in &self.segments {
            if !base.is_empty() {
                base.push('.');
            }
            base.push_str(&segment.key);
            if let Some(index) = segment.index {
                let _ = write!(base, "[{index}]");
            }
        }
        base
    }

    /// The value here, if the record has one and every test on the way holds.
    pub(crate) fn take<'a>(&self, object: &'a Object) -> Option<&'a Value> {
        let (last, above) = self.segments.split_last()?;
        let mut object = object;
        for segment in above {
            object = segment.step(object)?.as_object()?;
        }
        last.step(object)
    }

    /// Puts a value here; the value comes back if there is one already, or something else is in the way.
    pub(crate) fn put(&self, object: &mut Object, value: Value) -> Result<(), Value> {
        let Some((last, above)) = self.segments.split_last() else { return Err(value) };
        let mut object = object;
        for segment in above {
            match segment.enter(object) {
                Some(inner) => object = inner,
                None => return Err(value),
            }
        }
        last.set(object, value)
    }

    /// Adds an item to the list here, with the tests of the last segment assigned to it.
    pub(crate) fn push(&self, object: &mut Object, mut value: Value) -> Result<(), Value> {
        let Some((last, above)) = self.segments.split_last() else { return Err(value) };
        let mut object = object;
        for segment in above {
            match segment.enter(object) {
                Some(inner) => object = inner,
                None => return Err(value),
            }
        }
        if let Value::Object(item) = &mut value {
            last.assign(item);
        }
        match object.get_mut(&*last.key) {
            Some(Value::Array(items)) => items.push(value),
            Some(_) => return Err(value),
            None => {
                object.insert(last.key.to_string(), Value::Array(vec![value]));
            }
        }
        Ok(())
    }
}

impl RecordSegment {
    /// Whether an item or object passes the tests.
    pub(crate) fn holds(&self, value: &Value) -> bool {
        self.tests.iter().all(|(key, wanted)| value.get(&**key) == Some(wanted))
    }

    fn assign(&self, object: &mut Object) {
        for (key, value) in &self.tests {
            object.insert(key.to_string(), value.clone());
        }
    }

    fn step<'a>(&self, object: &'a Object) -> Option<&'a Value> {
        let value = object.get(&*self.key).filter(|value| !value.is_null())?;
        match (self.index, self.list && !self.tests.is_empty()) {
            (Some(index), _) => value.as_array()?.get(index - 1),
            (None, true) => value.as_array()?.iter().find(|item| self.holds(item)),
            (None, false) => self.holds(value).then_some(value),
        }
    }

    fn enter<'a>(&self, object: &'a mut Object) -> Option<&'a mut Object> {
        let value = match object.entry(&*self.key) {
            serde_json::map::Entry::Occupied(there) => there.into_mut(),
            serde_json::map::Entry::Vacant(gap) => gap.insert(if self.is_item() {
                Value::Array(Vec::new())
            } else {
                let mut made = Object::new();
                self.assign(&mut made);
                Value::Object(made)
            }),
        };
        if !self.is_item() {
            return if self.holds(value) { value.as_object_mut() } else { None };
        }
        let items = value.as_array_mut()?;
        let position = match self.index {
            Some(index) => index - 1,
            None => items.iter().position(|item| self.holds(item)).unwrap_or(items.len()),
        };
        if position > items.len() {
            return None;
        }
        if position == items.len() {
            let mut made = Object::new();
            self.assign(&mut made);
            items.push(Value::Object(made));
        }
        items[position].as_object_mut()
    }

    fn is_item(&self) -> bool {
        self.index.is_some() || (self.list && !self.tests.is_empty())
    }

    fn set(&self, object: &mut Object, mut value: Value) -> Result<(), Value> {
        if let Value::Object(made) = &mut value {
            self.assign(made);
        }
        if !self.is_item() {
            return match object.entry(&*self.key) {
                serde_json::map::Entry::Vacant(gap) => {
                    gap.insert(value);
                    Ok(())
                }
                serde_json::map::Entry::Occupied(mut there) => merge(there.get_mut(), value),
            };
        }
        let list = object.entry(&*self.key).or_insert_with(|| Value::Array(Vec::new()));
        let Some(items) = list.as_array_mut() else { return Err(value) };
        let free = match self.index {
            Some(index) => items.len() + 1 == index,
            None => !items.iter().any(|item| self.holds(item)),
        };
        if !free {
            return Err(value);
        }
        items.push(value);
        Ok(())
    }
}

/// Puts the members of an object beside those that other rows put there; none may contradict another.
fn merge(there: &mut Value, value: Value) -> Result<(), Value> {
    let Value::Object(there) = there else { return Err(value) };
    match value {
        Value::Object(new) if new.iter().all(|(key, new)| there.get(key).is_none_or(|old| old == new)) => {
            there.extend(new);
            Ok(())
        }
        other => Err(other),
    }
}

fn segment(part: &str) -> Option<RecordSegment> {
    let end = part.find('[').unwrap_or(part.len());
    let (key, mut brackets) = part.split_at(end);
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if key.is_empty() || !key.chars().all(plain) {
        return None;
    }
    let mut made = RecordSegment { key: key.into(), tests: Vec::new(), index: None, list: false };
    while let Some(rest) = brackets.strip_prefix('[') {
        let end = rest.find(']')?;
        let inner = &rest[..end];
        if let Ok(index) = inner.parse::<usize>() {
            made.index = Some(index);
            made.list = true;
        } else {
            let (name, value) = inner.split_once('=')?;
            made.tests.push((name.trim().into(), literal(value)));
        }
        brackets = &rest[end + 1..];
    }
    (brackets.is_empty() && made.index != Some(0)).then_some(made)
}

/// `'text'`, `true`, `false` or a whole number.
pub(crate) fn literal(text: &str) -> Value {
    match text.trim() {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        word => word.parse::<i64>().map_or_else(|_| Value::String(unquoted(word).to_owned()), Value::from),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn path(text: &str, lists: &[&str]) -> RecordPath {
        let mut path = RecordPath::parse(text).expect("a record path");
        for segment in &mut path.segments {
            segment.list |= lists.contains(&&*segment.key);
        }
        path
    }

    #[test]
    fn values_are_put_and_taken() {
        let mut object = Object::new();
        path("a.b", &[]).put(&mut object, json!("1")).expect("free");
        path("ids[scheme='uscc'].value", &["ids"]).put(&mut object, json!("2")).expect("free");
        path("ids[scheme='citizen'].value", &["ids"]).put(&mut object, json!("3")).expect("free");
        path("subject[kind='person']", &[]).put(&mut object, json!({"name": "n"})).expect("free");
        path("records[1]", &[]).put(&mut object, json!({})).expect("free");
        assert_eq!(
            Value::Object(object.clone()),
            json!({"a": {"b": "1"},
                   "ids": [{"scheme": "uscc", "value": "2"}, {"scheme": "citizen", "value": "3"}],
                   "subject": {"kind": "person", "name": "n"}, "records": [{}]})
        );
        assert_eq!(path("ids[scheme='citizen'].value", &["ids"]).take(&object), Some(&json!("3")));
        assert_eq!(path("subject[kind='company']", &[]).take(&object), None);
        assert!(path("subject[kind='company']", &[]).put(&mut object, json!({})).is_err());
        assert!(path("a.b", &[]).put(&mut object, json!("again")).is_err());
    }
}
