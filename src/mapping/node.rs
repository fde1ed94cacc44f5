//! A piece of a document as JSON, for `extensions.kept`, and back.
//!
//! XML: a text, or `["name", {"attribute": "value"}, child, …]` with `{uri}name` where the profile has no prefix.
//! JSON: the value itself; a number whose literal would change is `{"#number": "1.10"}`.

use std::borrow::Cow;

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
    if let Some((kind, text)) = leaf(value) {
        return Some(tree.add(Some(parent), kind, sym, &text, 0));
    }
    let kind = if value.is_array() { NodeKind::Array } else { NodeKind::Object };
    let made = tree.add(Some(parent), kind, sym, "", 0);
    for item in value.as_array().into_iter().flatten() {
        build(tree, names, made, NodeKind::String, name, item)?;
    }
    for (key, member) in value.as_object().into_iter().flatten() {
        build(tree, names, made, NodeKind::String, ("", key), member)?;
    }
    Some(made)
}

/// Kind and text of a leaf in JSON; `None` for an object or a list.
pub(crate) fn leaf(value: &Value) -> Option<(NodeKind, Cow<'_, str>)> {
    Some(match value {
        Value::Null => (NodeKind::Null, Cow::Borrowed("")),
        Value::Bool(truth) => (NodeKind::Bool, Cow::Borrowed(if *truth { "true" } else { "false" })),
        Value::Number(number) => (NodeKind::Number, Cow::Owned(number.to_string())),
        Value::String(text) => (NodeKind::String, Cow::Borrowed(text)),
        Value::Object(members) if members.len() == 1 => {
            (NodeKind::Number, Cow::Borrowed(members.get(LITERAL)?.as_str()?))
        }
        _ => return None,
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
