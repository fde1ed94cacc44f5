//! JSON Schema → [`Shape`].
//!
//! Promise: follows `properties`, `items`, `$ref` (within a file, to another given file, to an `$id`), `allOf`, and
//! the alternatives `anyOf`, `oneOf`, `if`/`then`/`else`, whose members are not required. What it cannot follow makes
//! the type open. Arrays are seen through: a member that is an array repeats and has its items' type.

use std::collections::HashMap;

use super::shape::{Child, Name, Shape, Type, TypeId};
use crate::wire::tree::{NodeId, NodeKind, Tree};

/// How many references in a row are followed within one schema: a guard against circles.
const STEPS: usize = 32;

/// The shape of the schema `main`.
pub(super) fn shape(main: &str, trees: &[(String, Tree)]) -> Shape {
    let mut builder = Builder { trees, types: Vec::new(), known: HashMap::new() };
    let mut roots = Vec::new();
    let file = trees.iter().position(|(file, _)| file == main);
    if let Some((file, root)) = file.and_then(|file| trees[file].1.root().map(|root| (file, root))) {
        let id = builder.schema(file, root);
        roots.push((Name { namespace: String::new(), local: String::new() }, id));
    }
    Shape { types: builder.types, roots, typed: Vec::new() }
}

struct Builder<'t> {
    trees: &'t [(String, Tree)],
    types: Vec<Type>,
    known: HashMap<(usize, NodeId), TypeId>,
}

impl Builder<'_> {
    fn member(&self, file: usize, node: NodeId, name: &str) -> Option<NodeId> {
        let tree = &self.trees[file].1;
        let sym = tree.symbol("", name)?;
        (tree.kind(node) == NodeKind::Object)
            .then(|| tree.children(node).find(|n| tree.name(*n) == sym))
            .flatten()
    }

    fn text(&self, file: usize, node: NodeId, name: &str) -> Option<&str> {
        self.member(file, node, name).map(|node| self.trees[file].1.text(node))
    }

    fn schema(&mut self, file: usize, node: NodeId) -> TypeId {
        let (file, node) = self.resolved(file, node);
        if let Some(known) = self.known.get(&(file, node)) {
            return *known;
        }
        let id = TypeId(self.types.len());
        self.types.push(Type::default());
        self.known.insert((file, node), id);
        let mut filled = Type { name: self.text(file, node, "title").map(str::to_owned), ..Type::default() };
        let mut closed = false;
        self.fill(file, node, &mut filled, true, &mut closed, 0);
        filled.open = !closed;
        filled.leaf |= filled.children.is_empty() && !filled.array;
        self.types[id.0] = filled;
        id
    }

    /// Follows references that stand alone.
    fn resolved(&self, mut file: usize, mut node: NodeId) -> (usize, NodeId) {
        for _ in 0..STEPS {
            let tree = &self.trees[file].1;
            let alone = tree
                .children(node)
                .all(|n| matches!(tree.local(n), "$ref" | "description" | "title" | "$comment"));
            let Some(target) = self.text(file, node, "$ref").filter(|_| alone) else { break };
            let Some(found) = self.target(file, target) else { break };
            (file, node) = found;
        }
        (file, node)
    }

    fn target(&self, file: usize, reference: &str) -> Option<(usize, NodeId)> {
        let (place, pointer) = reference.split_once('#').unwrap_or((reference, ""));
        let file = if place.is_empty() { file } else { self.find_file(file, place)? };
        let tree = &self.trees[file].1;
        let mut node = tree.root()?;
        if !pointer.is_empty() && !pointer.starts_with('/') {
            return self.anchor(file, node, pointer).map(|node| (file, node));
        }
        for step in pointer.split('/').skip(1) {
            let step = step.replace("~1", "/").replace("~0", "~").replace("%25", "%");
            node = match tree.kind(node) {
                NodeKind::Array => tree.children(node).nth(step.parse().ok()?)?,
                _ => self.member(file, node, &step)?,
            };
        }
        Some((file, node))
    }

    fn anchor(&self, file: usize, node: NodeId, name: &str) -> Option<NodeId> {
        let tree = &self.trees[file].1;
        if self.text(file, node, "$anchor") == Some(name) {
            return Some(node);
        }
        tree.children(node).find_map(|child| self.anchor(file, child, name))
    }

    fn find_file(&self, from: usize, place: &str) -> Option<usize> {
        let folder =
            self.trees[from].0.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
        let beside = format!("{folder}{}", place.trim_start_matches("./"));
        let by_name = self.trees.iter().position(|(file, _)| *file == beside);
        by_name.or_else(|| {
            let id = |file: &usize| {
                let root = self.trees[*file].1.root();
                root.and_then(|root| self.text(*file, root, "$id").or_else(|| self.text(*file, root, "id")))
            };
            // An address is told by its end where it is relative to the `$id` of the file it stands in.
            let same =
                |file: &usize| id(file).is_some_and(|id| id == place || id.ends_with(&format!("/{place}")));
            (0..self.trees.len()).find(same)
        })
    }

    /// Adds what one schema object says. `sure`: whether it applies to every instance.
    fn fill(
        &mut self,
        file: usize,
        node: NodeId,
        into: &mut Type,
        sure: bool,
        closed: &mut bool,
        depth: usize,
    ) {
        if depth > STEPS {
            return;
        }
        let trees = self.trees;
        let tree = &trees[file].1;
        let required: Vec<&str> = match self.member(file, node, "required") {
            Some(list) if sure => tree.children(list).map(|n| tree.text(n)).collect(),
            _ => Vec::new(),
        };
        for keyword in tree.children(node) {
            match tree.local(keyword) {
                "$ref" => {
                    if let Some((file, target)) = self.target(file, tree.text(keyword)) {
                        self.fill(file, target, into, sure, closed, depth + 1);
                    }
                }
                "properties" => {
                    for property in tree.children(keyword) {
                        self.property(file, property, into, required.contains(&tree.local(property)));
                    }
                }
                "allOf" => {
                    for part in tree.children(keyword) {
                        self.fill(file, part, into, sure, closed, depth + 1);
                    }
                }
                "anyOf" | "oneOf" => {
                    into.chooses = true;
                    for part in tree.children(keyword) {
                        self.fill(file, part, into, false, closed, depth + 1);
                    }
                }
                "minProperties" | "not" | "minItems" | "contains" => into.chooses = true,
                "then" | "else" => self.fill(file, keyword, into, false, closed, depth + 1),
                "additionalProperties" | "unevaluatedProperties" => {
                    *closed |= tree.kind(keyword) == NodeKind::Bool && tree.text(keyword) == "false";
                }
                "enum" => into.enumeration.extend(tree.children(keyword).map(|n| tree.text(n).to_owned())),
                "const" => into.enumeration.push(tree.text(keyword).to_owned()),
                "type" => {
                    let mut names = vec![tree.text(keyword)];
                    names.extend(tree.children(keyword).map(|n| tree.text(n)));
                    into.leaf |=
                        names.iter().any(|n| matches!(*n, "string" | "number" | "integer" | "boolean"));
                    into.array |= names.contains(&"array");
                    into.object |= names.contains(&"object");
                }
                "items" if tree.kind(keyword) == NodeKind::Object => {
                    // Only seen where an array stands at the top or in an array; `property` sees through the rest.
                    let of = self.schema(file, keyword);
                    into.array = true;
                    let line = tree.place(keyword).0;
                    add(
                        into,
                        Child {
                            namespace: String::new(),
                            name: String::new(),
                            of,
                            required: false,
                            repeats: true,
                            rank: 0,
                            line,
                            file,
                            nillable: false,
                            filled: false,
                        },
                    );
                }
                _ => {}
            }
        }
        // A name may be required here and described elsewhere.
        for child in &mut into.children {
            child.required |= required.contains(&child.name.as_str());
        }
    }

    fn property(&mut self, file: usize, node: NodeId, into: &mut Type, required: bool) {
        let tree = &self.trees[file].1;
        let name = tree.local(node).to_owned();
        let line = tree.place(node).0;
        let (schema_file, schema) = self.resolved(file, node);
        let items = self.member(schema_file, schema, "items");
        let items = items.filter(|items| self.trees[schema_file].1.kind(*items) == NodeKind::Object);
        let of = match items {
            Some(items) => self.schema(schema_file, items),
            None => self.schema(schema_file, schema),
        };
        // An array of at least one item cannot stand empty.
        let least = self.text(schema_file, schema, "minItems").is_some_and(|least| least != "0");
        let filled = least || self.member(schema_file, schema, "contains").is_some();
        let rank = u32::try_from(into.children.len()).unwrap_or(u32::MAX);
        add(
            into,
            Child {
                namespace: String::new(),
                name,
                of,
                required,
                repeats: items.is_some(),
                rank,
                line,
                file,
                nillable: false,
                filled,
            },
        );
    }
}

/// Adds a member; of two descriptions of one name, the wider.
fn add(into: &mut Type, child: Child) {
    match into.children.iter_mut().find(|known| known.name == child.name) {
        Some(known) => {
            known.required |= child.required;
            known.repeats |= child.repeats;
        }
        None => into.children.push(child),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::limits::Limits;

    #[test]
    fn members_references_and_recursion() {
        let main = r##"{"properties":{"b":{"type":"string","enum":["x","y"]},"list":{"type":"array","items":{"$ref":"#/$defs/n"}},
            "o":{"$ref":"part.json"}},"required":["b"],"additionalProperties":false,
            "oneOf":[{"properties":{"p":{}},"required":["p"]},{"properties":{"q":{}}}],
            "$defs":{"n":{"properties":{"deeper":{"$ref":"#/$defs/n"}}}}}"##;
        let read = |text: &str| crate::wire::json::read(text.as_bytes(), &Limits::default()).unwrap();
        let trees =
            [("main.json".to_owned(), read(main)), ("part.json".to_owned(), read(r#"{"type":"integer"}"#))];
        let shape = shape("main.json", &trees);
        let root = shape.root("", "").unwrap();
        let told: Vec<(&str, bool, bool)> =
            shape.of(root).children.iter().map(|c| (c.name.as_str(), c.required, c.repeats)).collect();
        assert_eq!(
            told,
            [
                ("b", true, false),
                ("list", false, true),
                ("o", false, false),
                ("p", false, false),
                ("q", false, false)
            ]
        );
        assert!(!shape.of(root).open);
        let b = shape.child(root, "", "b").unwrap();
        assert_eq!(shape.of(b.of).enumeration, ["x", "y"]);
        let n = shape.child(root, "", "list").unwrap().of;
        assert_eq!(shape.child(n, "", "deeper").unwrap().of, n);
        assert!(shape.of(shape.child(root, "", "o").unwrap().of).leaf);
    }
}
