//! What the XSD validator lets pass though XML Schema forbids it, looked for in documents that it finds valid.
//!
//! Promise: a problem is told only where the schema surely rules it out; what the [`Shape`] leaves open is not judged
//! here. The validator takes an element by its local name where the name space is wrong, any element within a simple
//! type, white space in an element that must be empty, odd `xsi:` attributes, abstract types and `xsi:nil` wherever a
//! document asks for them. Sections are those of XML Schema part 1.

use super::MOST_PROBLEMS;
use super::elsewhere::elsewhere;
use super::shape::{Child, Shape, Type, TypeId, XSI};
use crate::domain::problem::{Problem, cut};
use crate::wire::tree::{NodeId, NodeKind, Tree};

/// The name space of `xml:lang` and its like.
const XML: &str = "http://www.w3.org/XML/1998/namespace";

/// All that is found in a document; `blocks` says whether the schema bars types from standing for others.
pub(super) fn check(shape: &Shape, blocks: bool, tree: &Tree) -> Vec<Problem> {
    let mut strict = Strict { shape, blocks, tree, problems: Vec::new() };
    if let Some(root) = tree.root() {
        let (namespace, local) = tree.expanded(tree.name(root));
        match shape.root(namespace, local) {
            Some(of) => strict.element(root, of, None),
            None => strict.unknown(root),
        }
    }
    strict.problems
}

struct Strict<'d> {
    shape: &'d Shape,
    /// Types may be barred from standing for others; which, is not looked at.
    blocks: bool,
    tree: &'d Tree,
    problems: Vec<Problem>,
}

impl Strict<'_> {
    fn tell(&mut self, node: NodeId, problem: Problem) {
        if self.problems.len() < MOST_PROBLEMS {
            let (line, column) = self.tree.place(node);
            self.problems.push(problem.with_place(line, column).with_path(self.tree.path(node)));
        }
    }

    /// An element that its parent's type does not name (section 3.8.4).
    fn unknown(&mut self, node: NodeId) {
        let (namespace, local) = self.tree.expanded(self.tree.name(node));
        let found = if namespace.is_empty() { local.to_owned() } else { format!("{{{namespace}}}{local}") };
        let shown = cut(&found);
        let (zh, en) = elsewhere(self.shape, self.tree, node)
            .unwrap_or_else(|| ("(含名称空间)".to_owned(), ", name space included".to_owned()));
        let problem = Problem::new(
            "xsd-element",
            format!("此处不允许元素“{shown}”{zh}"),
            format!("the element \u{201c}{shown}\u{201d} is not allowed here{en}"),
        );
        self.tell(node, problem.with_found(&found));
    }

    /// An element of a type; its depth is bounded by the reader's limit.
    fn element(&mut self, node: NodeId, of: TypeId, declared: Option<&Child>) {
        let Some(of) = self.named(node, of) else { return };
        let (shape, tree) = (self.shape, self.tree);
        let type_ = shape.of(of);
        self.attributes(node, type_, declared);
        let mut children = false;
        for child in tree.children(node).filter(|n| tree.kind(*n) == NodeKind::Element) {
            children = true;
            let (namespace, local) = tree.expanded(tree.name(child));
            match shape.child(of, namespace, local) {
                Some(known) => self.element(child, known.of, Some(known)),
                // What a wildcard takes is the validator's affair; but `##other` takes no name without a name space
                // (section 3.10.1), which it lets pass.
                None if type_.admits(namespace) => {}
                None => self.unknown(child),
            }
        }
        // Section 3.4.4, 2.1: nothing at all, white space included.
        let empty = type_.children.is_empty() && !type_.leaf && !type_.open && !type_.mixed;
        if empty && !children && !tree.text(node).is_empty() {
            let local = tree.local(node);
            let problem = Problem::new(
                "xsd-text",
                format!("元素“{local}”必须为空,不能包含任何字符(空白也不行)"),
                format!(
                    "the element \u{201c}{local}\u{201d} must be empty: not even white space may stand in it"
                ),
            );
            self.tell(node, problem.with_found(tree.text(node)));
        }
    }

    /// The type that an element is of: its own, or the one it names (section 3.3.4, 4). `None`: not known here.
    fn named(&mut self, node: NodeId, of: TypeId) -> Option<TypeId> {
        let tree = self.tree;
        let attribute = tree.symbol(XSI, "type");
        let given = tree
            .children(node)
            .take_while(|n| tree.kind(*n) == NodeKind::Attribute)
            .find(|n| Some(tree.name(*n)) == attribute);
        let named = match given {
            Some(given) => self.shape.typed(tree.text(given))?,
            None => of,
        };
        let spot = given.unwrap_or(node);
        if self.shape.of(named).abstracted {
            let problem = Problem::new(
                "xsd-type",
                "此元素的类型是抽象类型,须用 xsi:type 指明具体类型",
                "the type of this element is abstract: xsi:type must name one that is not",
            );
            self.tell(spot, problem.with_found(self.shape.of(named).name.as_deref().unwrap_or_default()));
        } else if self.blocks && named != of {
            let problem = Problem::new(
                "xsd-type",
                "模式禁止(block)以派生类型替代",
                "the schema blocks types from standing for others",
            );
            self.tell(spot, problem.with_found(tree.text(spot)));
        }
        Some(named)
    }

    fn attributes(&mut self, node: NodeId, type_: &Type, declared: Option<&Child>) {
        let tree = self.tree;
        for child in tree.children(node).take_while(|n| tree.kind(*n) == NodeKind::Attribute) {
            let (namespace, local) = tree.expanded(tree.name(child));
            let known = match (namespace, local) {
                (XSI, "nil") => {
                    self.nil(child, declared);
                    true
                }
                // Section 2.6; any other of that name space is not allowed (section 3.2.7).
                (XSI, "type" | "schemaLocation" | "noNamespaceSchemaLocation") => true,
                (XSI, _) => false,
                _ => {
                    type_.open
                        || type_.attributes.iter().any(|a| {
                            a.name == local
                                && (a.namespace == namespace || (a.namespace.is_empty() && namespace == XML))
                        })
                }
            };
            if !known {
                let problem = Problem::new(
                    "xsd-attribute-unknown",
                    format!("此处不允许属性“{local}”"),
                    format!("the attribute \u{201c}{local}\u{201d} is not allowed here"),
                );
                self.tell(child, problem.with_found(local));
            }
        }
    }

    /// `xsi:nil`: a boolean, and only where the declaration allows it (section 3.3.4, 3.1).
    fn nil(&mut self, attribute: NodeId, declared: Option<&Child>) {
        let value = self.tree.text(attribute).trim_matches([' ', '\t', '\n', '\r']);
        if !matches!(value, "true" | "false" | "1" | "0") {
            let problem =
                Problem::new("xsd-value", "xsi:nil 只能为 true 或 false", "xsi:nil must be true or false");
            self.tell(attribute, problem.with_found(value).with_expected("true, false"));
        } else if declared.is_some_and(|declared| !declared.nillable) {
            let problem = Problem::new(
                "xsd-attribute-unknown",
                "此元素不可为 nil,不能带 xsi:nil",
                "this element is not nillable and may not carry xsi:nil",
            );
            self.tell(attribute, problem.with_found("xsi:nil"));
        }
    }
}
