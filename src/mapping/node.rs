//! A piece of a document as JSON, for `extensions.kept`, and back.
//!
//! XML: a text, or `["name", {"attribute": "value"}, child, …]` with `{uri}name` where the profile has no prefix.
//! JSON: the value itself; a number whose literal would change is `{"#number": "1.10"}`.

use serde_json::{Map, Number, Value, json};

use crate::mapping::inner::Inner;
use crate::mapping::path::wire::Names;
use crate::wire::tree::{NodeId, NodeKind, Tree};

/// The member that holds a number as it was written.
const LITERAL: &str = "#number";

/// A node and everything below it.
pub(crate) fn print(tree: &Tree, names: &Names, node: NodeId) -> Value {
    match tree.kind(node) {
        NodeKind::Attribute | NodeKind::Text | NodeKind::String => Value::String(tree.text(node).to_owned()),
        NodeKind::Null => Value::Null,
        NodeKind::Bool => Value::Bool(tree.text(node) == "true"),
        NodeKind::Number => {
            let literal = tree.text(node);
            match literal.parse::<Number>() {
                Ok(number) if number.to_string() == literal => Value::Number(number),
                _ => json!({ LITERAL: literal }),
            }
        }
        NodeKind::Array => tree.children(node).map(|child| print(tree, names, child)).collect(),
        NodeKind::Object => Value::Object(
            tree.children(node)
                .map(|child| (tree.local(child).to_owned(), print(tree, names, child)))
                .collect(),
        ),
        NodeKind::Element => element(tree, names, node),
    }
}

fn element(tree: &Tree, names: &Names, node: NodeId) -> Value {
    let written = |node: NodeId, attribute| {
        let (namespace, local) = tree.expanded(tree.name(node));
        if attribute { names.written(namespace, local, true) } else { names.element(namespace, local) }
    };
    let mut parts = vec![Value::String(written(node, false))];
    let mut attributes = Map::new();
    let mut children = Vec::new();
    for child in tree.children(node) {
        if tree.kind(child) == NodeKind::Attribute {
            attributes.insert(written(child, true), tree.text(child).into());
        } else if Inner::parse(tree.local(child)).is_none() {
            // What a text was found to hold is in the text.
            children.push(print(tree, names, child));
        }
    }
    if !attributes.is_empty() {
        parts.push(Value::Object(attributes));
    }
    if !tree.text(node).is_empty() {
        parts.push(tree.text(node).into());
    }
    parts.extend(children);
    Value::Array(parts)
}

/// Adds what [`print()`] printed as the last child of `parent`; `None` if it is nothing that was printed. A text is
/// an attribute, or character data, in XML as `kind` says; in JSON it is a string.
pub(crate) fn build(
    tree: &mut Tree,
    names: &Names,
    parent: NodeId,
    kind: NodeKind,
    name: (&str, &str),
    value: &Value,
) -> Option<NodeId> {
    let sym = tree.intern(name.0, name.1);
    if matches!(kind, NodeKind::Attribute | NodeKind::Text) {
        return Some(tree.add(Some(parent), kind, sym, value.as_str()?, 0));
    }
    if kind == NodeKind::Element {
        return build_element(tree, names, parent, value);
    }
    Some(match value {
        Value::Null => tree.add(Some(parent), NodeKind::Null, sym, "", 0),
        Value::Bool(truth) => tree.add(Some(parent), NodeKind::Bool, sym, &truth.to_string(), 0),
        Value::Number(number) => tree.add(Some(parent), NodeKind::Number, sym, &number.to_string(), 0),
        Value::String(text) => tree.add(Some(parent), NodeKind::String, sym, text, 0),
        Value::Array(items) => {
            let made = tree.add(Some(parent), NodeKind::Array, sym, "", 0);
            for item in items {
                build(tree, names, made, NodeKind::String, name, item)?;
            }
            made
        }
        Value::Object(members) => {
            if let (1, Some(Value::String(literal))) = (members.len(), members.get(LITERAL)) {
                return Some(tree.add(Some(parent), NodeKind::Number, sym, literal, 0));
            }
            let made = tree.add(Some(parent), NodeKind::Object, sym, "", 0);
            for (key, member) in members {
                build(tree, names, made, NodeKind::String, ("", key), member)?;
            }
            made
        }
    })
}

fn build_element(tree: &mut Tree, names: &Names, parent: NodeId, value: &Value) -> Option<NodeId> {
    let (name, rest) = value.as_array()?.split_first()?;
    let (namespace, local) = names.expand(name.as_str()?, false);
    let sym = tree.intern(&namespace, &local);
    let made = tree.add(Some(parent), NodeKind::Element, sym, "", 0);
    let mixed = rest.iter().any(Value::is_array);
    for part in rest {
        match part {
            Value::Object(attributes) => {
                for (key, text) in attributes {
                    let (namespace, local) = names.expand(key, true);
                    let sym = tree.intern(&namespace, &local);
                    tree.add(Some(made), NodeKind::Attribute, sym, text.as_str()?, 0);
                }
            }
            Value::String(text) if mixed => {
                let sym = tree.intern("", "");
                tree.add(Some(made), NodeKind::Text, sym, text, 0);
            }
            Value::String(text) => tree.set_text(made, text),
            Value::Array(_) => {
                build_element(tree, names, made, part)?;
            }
            _ => return None,
        }
    }
    Some(made)
}
