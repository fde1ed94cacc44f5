//! What a schema file leads to: imports and includes of an XSD, `$ref`s of a JSON Schema to other files.

use crate::wire::limits::Limits;
use crate::wire::tree::{NodeId, NodeKind, Tree};
use crate::wire::{json, xml};

/// A reference from one schema file to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The name space of what is imported, where it says one.
    pub namespace: Option<String>,
    /// The address or relative path.
    pub location: String,
}

/// The references of a schema file; none, where it cannot be read.
#[must_use]
pub fn references(name: &str, bytes: &[u8]) -> Vec<Reference> {
    let limits = Limits { bytes: usize::MAX, nodes: usize::MAX, ..Limits::default() };
    let mut found = Vec::new();
    if name.to_ascii_lowercase().ends_with(".xsd") {
        if let Ok((tree, _)) = xml::read(bytes, None, &limits)
            && let Some(root) = tree.root()
        {
            for node in
                tree.children(root).filter(|n| matches!(tree.local(*n), "import" | "include" | "redefine"))
            {
                let of = |name| attribute(&tree, node, name);
                let namespace = of("namespace");
                if let Some(location) = of("schemaLocation").or_else(|| namespace.clone()) {
                    found.push(Reference { namespace, location });
                }
            }
        }
    } else if let Ok(tree) = json::read(bytes, &limits)
        && let Some(root) = tree.root()
    {
        refs(&tree, root, &mut found);
    }
    found.dedup();
    found
}

fn attribute(tree: &Tree, node: NodeId, name: &str) -> Option<String> {
    let mut attributes = tree.children(node).filter(|child| tree.kind(*child) == NodeKind::Attribute);
    attributes.find(|child| tree.local(*child) == name).map(|child| tree.text(child).to_owned())
}

fn refs(tree: &Tree, node: NodeId, found: &mut Vec<Reference>) {
    if tree.local(node) == "$ref" && tree.kind(node) == NodeKind::String {
        let location = tree.text(node).split('#').next().unwrap_or_default().to_owned();
        if !location.is_empty() {
            found.push(Reference { namespace: None, location });
        }
    }
    for child in tree.children(node) {
        refs(tree, child, found);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_and_references_to_files_are_found() {
        let xsd = br#"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:import namespace="urn:a" schemaLocation="https://x.example/a.xsd"/>
            <xs:include schemaLocation="b.xsd"/></xs:schema>"#;
        let found = references("m.xsd", xsd);
        assert_eq!(found[0].namespace.as_deref(), Some("urn:a"));
        assert_eq!(found[1].location, "b.xsd");
        let json = br##"{"properties": {"a": {"$ref": "part.json#/x"}, "b": {"$ref": "#/c"}}}"##;
        let found = references("m.json", json);
        assert_eq!(found.iter().map(|r| r.location.as_str()).collect::<Vec<_>>(), ["part.json"]);
    }
}
