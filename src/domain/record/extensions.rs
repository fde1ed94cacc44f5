//! What a record says beyond its own members.
//!
//! Promise: nothing that came is lost. A named extra is any JSON value under a name of the profile's choosing;
//! `kept` is the list of what a map could not place and writes back. What an entry of `kept` says is the
//! map's affair; here it is only known to be an object. Kept content counts as personal data.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Named extras, and the list `kept`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Map<String, Value>", into = "Map<String, Value>")]
pub struct Extensions(Map<String, Value>);

/// `kept` was not a list of objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("extensions.kept: expected a list of objects")]
pub struct BadKept;

impl Extensions {
    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A named extra.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// What a map keeps, in its order.
    #[must_use]
    pub fn kept(&self) -> &[Value] {
        self.0.get("kept").and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }
}

impl TryFrom<Map<String, Value>> for Extensions {
    type Error = BadKept;
    fn try_from(members: Map<String, Value>) -> Result<Self, BadKept> {
        match members.get("kept") {
            None => Ok(Self(members)),
            Some(Value::Array(entries)) if entries.iter().all(Value::is_object) => Ok(Self(members)),
            Some(_) => Err(BadKept),
        }
    }
}

impl From<Extensions> for Map<String, Value> {
    fn from(extensions: Extensions) -> Self {
        extensions.0
    }
}

impl schemars::JsonSchema for Extensions {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Extensions".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "object",
            "properties": { "kept": { "type": "array", "items": { "type": "object" } } },
            "additionalProperties": true
        })
    }
}

#[cfg(test)]
impl crate::domain::record::any::Any for Extensions {
    fn any(from: &mut crate::domain::record::any::Source) -> Self {
        let mut members = Map::new();
        if from.below(4) == 0 {
            members
                .insert("kept".to_owned(), serde_json::json!([{ "at": "Old/Field", "node": from.below(9) }]));
        }
        if from.below(4) == 0 {
            members.insert("area_code".to_owned(), Value::from(String::any(from)));
        }
        Self(members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kept_is_a_list_of_objects_and_names_are_free() {
        let read = |text: &str| serde_json::from_str::<Extensions>(text);
        let extensions = read(r#"{"area_code":"0571","kept":[{"at":"a"}]}"#).unwrap();
        assert_eq!(extensions.named("area_code"), Some(&Value::from("0571")));
        assert_eq!(extensions.kept().len(), 1);
        assert!(read(r#"{"kept":"all of it"}"#).is_err());
        assert!(read(r#"{"kept":["all of it"]}"#).is_err());
        assert!(read("{}").unwrap().is_empty());
    }
}
