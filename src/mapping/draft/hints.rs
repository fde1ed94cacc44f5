//! What a schema says of a field for people and for the choice of a step: its text, its simple type, its length, what its
//! codes are called. Found by the line where the schema declares the field.
//!
//! Hints alone: what is enforced is the business of [`crate::wire::schema`].

use std::collections::HashMap;

use crate::mapping::draft::outline::{Field, Scalar};
use crate::wire::tree::{NodeId, NodeKind, Tree};

/// How many types in a row are followed: a guard against circles.
const STEPS: usize = 16;

/// Characters of a label. 80: a line of a table.
const LABEL: usize = 80;

/// The schema files, with their declarations by line.
pub(super) struct Hints {
    trees: Vec<(String, Tree)>,
    lines: Vec<HashMap<u32, Vec<NodeId>>>,
    xml: bool,
}

impl Hints {
    pub(super) fn new(trees: Vec<(String, Tree)>, xml: bool) -> Self {
        let lines = trees
            .iter()
            .map(|(_, tree)| {
                let mut all = Vec::new();
                if let Some(root) = tree.root() {
                    walk(tree, root, &mut all);
                }
                let offsets: Vec<usize> = all.iter().map(|node| tree.offset(*node)).collect();
                let mut lines: HashMap<u32, Vec<NodeId>> = HashMap::new();
                for (node, (line, _)) in all.into_iter().zip(tree.places(&offsets)) {
                    lines.entry(line).or_default().push(node);
                }
                lines
            })
            .collect();
        Self { trees, lines, xml }
    }

    /// Adds what is said of a field that is declared there.
    pub(super) fn tell(&self, file: &str, line: u32, into: &mut Field) {
        let Some(index) = self.trees.iter().position(|(name, _)| name == file) else { return };
        let tree = &self.trees[index].1;
        let named = |node: &&NodeId| {
            if !self.xml {
                return tree.local(**node) == into.name;
            }
            let said = ["name", "ref"].into_iter().filter_map(|key| attribute(tree, **node, key));
            matches!(tree.local(**node), "element" | "attribute")
                && said.into_iter().any(|name| local(name) == into.name)
        };
        let Some(node) = self.lines[index].get(&line).into_iter().flatten().find(named).copied() else {
            return;
        };
        if self.xml { self.xsd(index, node, into, 0) } else { self.json(index, node, into, 0) }
    }

    fn xsd(&self, file: usize, node: NodeId, into: &mut Field, depth: usize) {
        let tree = &self.trees[file].1;
        if into.label.is_empty() {
            into.label = documentation(tree, node);
        }
        if depth > STEPS {
            return;
        }
        into.nillable |= matches!(attribute(tree, node, "nillable"), Some("true" | "1"));
        if let Some(name) = attribute(tree, node, "ref") {
            if let Some((file, node)) = self.global(local(name), &["element", "attribute"]) {
                self.xsd(file, node, into, depth + 1);
            }
            return;
        }
        if let Some(name) = attribute(tree, node, "type").or_else(|| attribute(tree, node, "base")) {
            into.scalar = scalar(local(name));
            if let Some((file, node)) = self.global(local(name), &["simpleType", "complexType"]) {
                self.xsd(file, node, into, depth + 1);
            }
        }
        for child in tree.children(node) {
            match tree.local(child) {
                "simpleType" | "restriction" | "simpleContent" | "extension" => {
                    self.xsd(file, child, into, depth + 1);
                }
                "complexType" if depth == 0 => self.xsd(file, child, into, depth + 1),
                "maxLength" | "length" => {
                    let most = attribute(tree, child, "value").and_then(|value| value.parse().ok());
                    into.most = into.most.or(most);
                }
                "enumeration" => {
                    let label = documentation(tree, child);
                    if let Some(code) = attribute(tree, child, "value").filter(|_| !label.is_empty()) {
                        into.codes.push((code.to_owned(), label));
                    }
                }
                _ => {}
            }
        }
    }

    fn global(&self, name: &str, words: &[&str]) -> Option<(usize, NodeId)> {
        self.trees.iter().enumerate().find_map(|(index, (_, tree))| {
            let fits = |node: &NodeId| {
                words.contains(&tree.local(*node)) && attribute(tree, *node, "name") == Some(name)
            };
            tree.children(tree.root()?).find(fits).map(|node| (index, node))
        })
    }

    fn json(&self, file: usize, node: NodeId, into: &mut Field, depth: usize) {
        let tree = &self.trees[file].1;
        if depth > STEPS || tree.kind(node) != NodeKind::Object {
            return;
        }
        let member = |name: &str| tree.children(node).find(|child| tree.local(*child) == name);
        let text = |name: &str| member(name).map(|child| tree.text(child).to_owned());
        if into.label.is_empty() {
            let said = text("title").filter(|title| !title.is_ascii()).or_else(|| text("description"));
            into.label = short(&said.or_else(|| text("title")).unwrap_or_default());
        }
        let format = text("format").unwrap_or_default();
        let types: Vec<String> = member("type").map_or_else(Vec::new, |child| {
            let many = tree.children(child).map(|one| tree.text(one).to_owned());
            std::iter::once(tree.text(child).to_owned()).chain(many).collect()
        });
        let is = |name: &str| types.iter().any(|known| known == name);
        if into.scalar == Scalar::Unknown {
            into.scalar = match format.as_str() {
                "date-time" => Scalar::DateTime,
                "date" => Scalar::Date,
                _ if is("integer") => Scalar::Integer,
                _ if is("number") => Scalar::Decimal,
                _ if is("boolean") => Scalar::Bool,
                _ if is("string") => Scalar::Text,
                _ => Scalar::Unknown,
            };
        }
        into.most = into.most.or_else(|| text("maxLength").and_then(|most| most.parse().ok()));
        for key in ["items", "anyOf", "oneOf", "allOf"] {
            let Some(child) = member(key) else { continue };
            match tree.kind(child) {
                NodeKind::Array => {
                    for one in tree.children(child) {
                        self.json(file, one, into, depth + 1);
                    }
                }
                _ => self.json(file, child, into, depth + 1),
            }
        }
        if let Some(pointer) = text("$ref").and_then(|to| to.strip_prefix("#/").map(str::to_owned)) {
            let mut at = tree.root();
            for step in pointer.split('/') {
                at = at.and_then(|at| tree.children(at).find(|child| tree.local(*child) == step));
            }
            if let Some(at) = at {
                self.json(file, at, into, depth + 1);
            }
        }
    }
}

fn walk(tree: &Tree, node: NodeId, into: &mut Vec<NodeId>) {
    into.push(node);
    for child in tree.children(node) {
        walk(tree, child, into);
    }
}

fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

fn attribute<'t>(tree: &'t Tree, node: NodeId, name: &str) -> Option<&'t str> {
    let found = tree.children(node).find(|c| tree.kind(*c) == NodeKind::Attribute && tree.local(*c) == name);
    found.map(|child| tree.text(child))
}

fn documentation(tree: &Tree, node: NodeId) -> String {
    let annotation = tree.children(node).find(|child| tree.local(*child) == "annotation");
    let said = annotation.and_then(|a| tree.children(a).find(|child| tree.local(*child) == "documentation"));
    said.map_or_else(String::new, |said| short(tree.text(said)))
}

/// One line, cut.
fn short(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= LABEL {
        return line;
    }
    line.chars().take(LABEL - 1).chain(['…']).collect()
}

/// What a built-in type of XML Schema holds.
fn scalar(name: &str) -> Scalar {
    match name {
        "dateTime" => Scalar::DateTime,
        "date" => Scalar::Date,
        "boolean" => Scalar::Bool,
        "decimal" | "double" | "float" => Scalar::Decimal,
        "integer" | "int" | "long" | "short" | "byte" | "nonNegativeInteger" | "positiveInteger"
        | "unsignedInt" | "unsignedLong" | "unsignedShort" | "unsignedByte" => Scalar::Integer,
        "string" | "normalizedString" | "token" | "NMTOKEN" | "anyURI" | "ID" | "language" => Scalar::Text,
        _ => Scalar::Unknown,
    }
}
