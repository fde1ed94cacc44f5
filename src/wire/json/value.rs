//! Trees ↔ `serde_json` values: for JSON Schema, and for records.
//!
//! Promise: total both ways. A number literal that an integer or double cannot hold exactly is rounded here, and
//! only here: validation looks at this copy, never the mapping.

use serde_json::{Map, Number, Value};

use crate::wire::tree::{NodeId, NodeKind, Tree};

/// The value of a JSON or form node. XML nodes, which have no JSON form, are their text.
#[must_use]
pub fn to_value(tree: &Tree, node: NodeId) -> Value {
    match tree.kind(node) {
        NodeKind::Object => {
            let member = |child| (tree.local(child).to_owned(), to_value(tree, child));
            Value::Object(tree.children(node).map(member).collect::<Map<_, _>>())
        }
        NodeKind::Array => Value::Array(tree.children(node).map(|child| to_value(tree, child)).collect()),
        NodeKind::Number => number(tree.text(node)),
        NodeKind::Bool => Value::Bool(tree.text(node) == "true"),
        NodeKind::Null => Value::Null,
        NodeKind::String | NodeKind::Element | NodeKind::Attribute | NodeKind::Text => {
            Value::String(tree.text(node).to_owned())
        }
    }
}

fn number(literal: &str) -> Value {
    if let Ok(integer) = literal.parse::<i64>() {
        // `-0` is a double in JSON, and equals 0 in every schema keyword.
        return Value::Number(integer.into());
    }
    if let Ok(integer) = literal.parse::<u64>() {
        return Value::Number(integer.into());
    }
    match literal.parse::<f64>().ok().and_then(Number::from_f64) {
        Some(number) => Value::Number(number),
        None => Value::String(literal.to_owned()),
    }
}

/// The tree of a value; its positions are all at the start of an empty document.
#[must_use]
pub fn from_value(value: &Value) -> Tree {
    let mut tree = Tree::new();
    add(&mut tree, None, "", value);
    tree
}

fn add(tree: &mut Tree, parent: Option<NodeId>, name: &str, value: &Value) {
    let sym = tree.intern("", name);
    match value {
        Value::Null => tree.add(parent, NodeKind::Null, sym, "", 0),
        Value::Bool(value) => tree.add(parent, NodeKind::Bool, sym, if *value { "true" } else { "false" }, 0),
        Value::Number(number) => tree.add(parent, NodeKind::Number, sym, &number.to_string(), 0),
        Value::String(text) => tree.add(parent, NodeKind::String, sym, text, 0),
        Value::Array(items) => {
            let node = tree.add(parent, NodeKind::Array, sym, "", 0);
            for item in items {
                add(tree, Some(node), name, item);
            }
            node
        }
        Value::Object(members) => {
            let node = tree.add(parent, NodeKind::Object, sym, "", 0);
            for (name, member) in members {
                add(tree, Some(node), name, member);
            }
            node
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_survive_the_tree() {
        let value = json!({"a": [1, 2.5, null, {"b": "文"}], "c": {}, "d": [], "e": [[true]]});
        let tree = from_value(&value);
        assert_eq!(to_value(&tree, tree.root().unwrap()), value);
    }
}
