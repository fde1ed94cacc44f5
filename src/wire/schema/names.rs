//! What the top-level names of an XML Schema stand for, and that every name used stands for something.
//!
//! Promise: a name is looked up by its expanded form, as XML Schema part 1 section 3.15.3 has it. The validator lets
//! every value pass where a type is missing, so a name that leads nowhere keeps the schema from loading.

use std::collections::HashMap;

use super::source::{Document, XS, raw_attribute, walk};
use crate::domain::problem::Problem;
use crate::wire::tree::NodeId;

/// The namespace of `xml:lang` and its like, whose schema need not be given.
const XML: &str = "http://www.w3.org/XML/1998/namespace";

/// The built-in types (part 2, section 3).
const BUILT_IN: &[&str] = &[
    "anyType",
    "anySimpleType",
    "anyURI",
    "base64Binary",
    "boolean",
    "byte",
    "date",
    "dateTime",
    "decimal",
    "double",
    "duration",
    "ENTITIES",
    "ENTITY",
    "float",
    "gDay",
    "gMonth",
    "gMonthDay",
    "gYear",
    "gYearMonth",
    "hexBinary",
    "ID",
    "IDREF",
    "IDREFS",
    "int",
    "integer",
    "language",
    "long",
    "Name",
    "NCName",
    "negativeInteger",
    "NMTOKEN",
    "NMTOKENS",
    "nonNegativeInteger",
    "nonPositiveInteger",
    "normalizedString",
    "NOTATION",
    "positiveInteger",
    "QName",
    "short",
    "string",
    "time",
    "token",
    "unsignedByte",
    "unsignedInt",
    "unsignedLong",
    "unsignedShort",
];

/// A declaration: its file and node.
pub(super) type Place = (usize, NodeId);

/// The top-level declarations of all files.
pub(super) struct Names<'d> {
    documents: &'d [Document],
    /// The target namespace of each file.
    pub(super) targets: Vec<String>,
    globals: HashMap<(&'static str, String, String), Place>,
    members: HashMap<(String, String), Vec<Place>>,
}

impl<'d> Names<'d> {
    pub(super) fn new(documents: &'d [Document]) -> Self {
        let mut names =
            Self { documents, targets: targets(documents), globals: HashMap::new(), members: HashMap::new() };
        for (file, document) in documents.iter().enumerate() {
            let Some(schema) = document.tree.root() else { continue };
            for (node, word) in document.words(schema) {
                let kind = match word {
                    "element" => "element",
                    "attribute" => "attribute",
                    "complexType" | "simpleType" => "type",
                    "group" => "group",
                    "attributeGroup" => "attributeGroup",
                    _ => continue,
                };
                let Some(name) = document.attribute(node, "name") else { continue };
                names.globals.insert((kind, names.targets[file].clone(), name.to_owned()), (file, node));
                if let Some(head) = document.attribute(node, "substitutionGroup") {
                    let head = names.expand(file, node, head);
                    names.members.entry(head).or_default().push((file, node));
                }
            }
        }
        names
    }

    /// The expanded name that a `QName` in an attribute of `node` stands for.
    pub(super) fn expand(&self, file: usize, node: NodeId, qname: &str) -> (String, String) {
        let (prefix, local) = qname.trim().split_once(':').unwrap_or(("", qname.trim()));
        let namespace = binding(&self.documents[file], node, prefix);
        // In an included file without a namespace, a name without a prefix means the including one's.
        let own = || if prefix.is_empty() { self.targets[file].clone() } else { String::new() };
        (namespace.unwrap_or_else(own), local.to_owned())
    }

    /// The declaration of a name.
    pub(super) fn find(&self, kind: &'static str, file: usize, node: NodeId, qname: &str) -> Option<Place> {
        let (namespace, local) = self.expand(file, node, qname);
        self.globals.get(&(kind, namespace, local)).copied()
    }

    /// The members of the substitution group that an element heads.
    pub(super) fn members(&self, namespace: &str, local: &str) -> &[Place] {
        self.members.get(&(namespace.to_owned(), local.to_owned())).map_or(&[], Vec::as_slice)
    }

    /// The names that stand for nothing.
    pub(super) fn dangling(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (file, document) in self.documents.iter().enumerate() {
            walk(document, &mut |node, word| {
                for (attribute, kind) in uses(word) {
                    for qname in document.attribute(node, attribute).unwrap_or_default().split_whitespace() {
                        let (namespace, local) = self.expand(file, node, qname);
                        let built_in =
                            (*kind == "type" && namespace == XS && BUILT_IN.contains(&local.as_str()))
                                || (matches!(*kind, "attribute" | "attributeGroup") && namespace == XML);
                        if built_in || self.find(kind, file, node, qname).is_some() {
                            continue;
                        }
                        let problem = Problem::new(
                            "schema-dangling",
                            format!("“{qname}”没有声明"),
                            format!("\u{201c}{qname}\u{201d} is not declared"),
                        );
                        let expected = format!("{kind} {{{namespace}}}{local}");
                        problems
                            .push(document.blame(node, problem.with_found(qname).with_expected(expected)));
                    }
                }
            });
        }
        problems
    }
}

/// Which attributes of an element of XML Schema name a declaration, and of which kind.
fn uses(word: &str) -> &'static [(&'static str, &'static str)] {
    match word {
        "element" => &[("type", "type"), ("ref", "element"), ("substitutionGroup", "element")],
        "attribute" => &[("type", "type"), ("ref", "attribute")],
        "extension" | "restriction" => &[("base", "type")],
        "list" => &[("itemType", "type")],
        "union" => &[("memberTypes", "type")],
        "group" => &[("ref", "group")],
        "attributeGroup" => &[("ref", "attributeGroup")],
        _ => &[],
    }
}

/// The target namespace of each file; a file without one takes that of the file that includes it.
fn targets(documents: &[Document]) -> Vec<String> {
    let own = |document: &Document| {
        let root = document.tree.root();
        root.and_then(|root| document.attribute(root, "targetNamespace")).map(str::to_owned)
    };
    let mut targets: Vec<Option<String>> = documents.iter().map(own).collect();
    // Each round settles at least one file, or none is left to settle.
    for _ in 0..documents.len() {
        for (index, document) in documents.iter().enumerate() {
            let Some(target) = targets[index].clone() else { continue };
            for (node, file) in &document.links {
                let included = documents.iter().position(|d| d.file == *file);
                if let Some(included) = included.filter(|_| document.word(*node) == Some("include")) {
                    targets[included].get_or_insert_with(|| target.clone());
                }
            }
        }
    }
    targets.into_iter().map(Option::unwrap_or_default).collect()
}

/// The namespace bound to a prefix at a node of a schema file, read from the tags above it: the tree holds
/// expanded names, and only schemas have names in their values.
fn binding(document: &Document, node: NodeId, prefix: &str) -> Option<String> {
    let text = document.tree.source();
    let wanted = if prefix.is_empty() { "xmlns".to_owned() } else { format!("xmlns:{prefix}") };
    let mut here = Some(node);
    while let Some(element) = here {
        let from = document.tree.offset(element);
        if let Some(value) = raw_attribute(&text[from..], &wanted) {
            return Some(value);
        }
        here = document.tree.parent(element);
    }
    (prefix == "xml").then(|| XML.to_owned())
}
