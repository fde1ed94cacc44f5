//! What a schema says that no part of a document shows by itself: that parts differ, refer to one another, or how many
//! there are.
//!
//! Told wider than the schema has it where one name stands in several places: a bound is given only if every place of
//! the name has one.

use std::collections::HashMap;

use serde_json::Value;

use super::source::{Document, walk};

/// What must be seen across the parts of a document.
#[derive(Debug, Default)]
pub(super) struct Across {
    /// Parts are compared with one another.
    pub(super) compares: bool,
    /// How often an element of a name, or how many items of a member, there may be: at least and at most.
    bounds: HashMap<String, (usize, usize)>,
}

impl Across {
    /// Identity constraints, types whose values are compared throughout the document, and `minOccurs`, `maxOccurs`.
    pub(super) fn of_xsd(documents: &[Document]) -> Self {
        let mut across = Self::default();
        for document in documents {
            walk(document, &mut |node, word| {
                let is_compared = |name| {
                    let of = document.attribute(node, name).unwrap_or_default();
                    matches!(of.rsplit(':').next(), Some("ID" | "IDREF" | "IDREFS"))
                };
                across.compares |=
                    matches!(word, "unique" | "key" | "keyref") || is_compared("type") || is_compared("base");
                let name = document.attribute(node, "ref").or_else(|| document.attribute(node, "name"));
                if let Some(name) = name.filter(|_| word == "element") {
                    let occurs = |name, none| match document.attribute(node, name) {
                        None => 1,
                        Some(text) => text.parse().unwrap_or(none),
                    };
                    let (least, most) = (occurs("minOccurs", 0), occurs("maxOccurs", usize::MAX));
                    // A declaration at the top, or a particle of a repeated group, may stand more than once after all.
                    let most = if most < 2 { usize::MAX } else { most };
                    across.bound(name.rsplit(':').next().unwrap_or(name), least, most);
                }
            });
        }
        across
    }

    /// `uniqueItems`, `contains`, and `minItems`, `maxItems` of members.
    pub(super) fn of_json(schema: &Value) -> Self {
        let mut across = Self::default();
        across.look(schema);
        across
    }

    fn look(&mut self, schema: &Value) {
        let members = match schema {
            Value::Object(members) => members,
            Value::Array(items) => return items.iter().for_each(|item| self.look(item)),
            _ => return,
        };
        for (key, value) in members {
            self.compares |= key == "uniqueItems" && *value == Value::Bool(true);
            self.compares |= key == "contains" && value.is_object();
            if let (true, Some(properties)) = (key == "properties", value.as_object()) {
                for (name, property) in properties {
                    let limit = |key| property.get(key).and_then(Value::as_u64);
                    let limit = |key| limit(key).and_then(|limit| usize::try_from(limit).ok());
                    self.bound(name, limit("minItems").unwrap_or(0), limit("maxItems").unwrap_or(usize::MAX));
                    self.look(property);
                }
            } else {
                self.look(value);
            }
        }
    }

    fn bound(&mut self, name: &str, least: usize, most: usize) {
        let known = self.bounds.entry(name.to_owned()).or_insert((least, most));
        *known = (known.0.min(least), known.1.max(most));
    }

    /// At least and at most, of what bears this local name.
    pub(super) fn bounds(&self, name: &str) -> (usize, usize) {
        self.bounds.get(name).copied().unwrap_or((0, usize::MAX))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;
    use crate::wire::schema::source::load;

    fn xsd(inner: &str) -> Across {
        let text = format!(
            "<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema'><xs:element name='r'><xs:complexType><xs:sequence>{inner}</xs:sequence></xs:complexType></xs:element></xs:schema>"
        );
        let files = BTreeMap::from([("a.xsd".to_owned(), text.into_bytes())]);
        Across::of_xsd(&load("a.xsd", &files, &BTreeMap::new()).unwrap())
    }

    #[test]
    fn bounds_and_comparisons_are_seen() {
        let across = xsd(
            "<xs:element name='a' minOccurs='2' maxOccurs='9'/><xs:element name='b' maxOccurs='unbounded'/>",
        );
        assert_eq!((across.bounds("a"), across.bounds("b")), ((2, 9), (1, usize::MAX)));
        assert!(!across.compares);
        assert!(xsd("<xs:element name='a' type='xs:ID'/>").compares);
        let schema = json!({"properties": {"a": {"maxItems": 3, "items": {"properties": {"contains": {"type": "string"}}}}}});
        let across = Across::of_json(&schema);
        assert_eq!(across.bounds("a"), (0, 3));
        assert!(!across.compares);
        assert!(Across::of_json(&json!({"properties": {"a": {"uniqueItems": true}}})).compares);
    }
}
