//! `!json`, `!xml`, `!base64`: text that is a document of its own, hung into the tree below its node while the outer
//! document is in hand.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::domain::problem::{Problem, cut};
use crate::mapping::compile::Map;
use crate::mapping::manifest::Format;
use crate::mapping::path::find::inner;
use crate::mapping::path::wire::Axis;
use crate::wire::encoding::Encoding;
use crate::wire::json;
use crate::wire::limits::Limits;
use crate::wire::tree::{NodeId, NodeKind, Tree};
use crate::wire::xml::{self, XmlStyle};

/// What a text is, layer by layer from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Inner {
    /// JSON.
    Json,
    /// An XML document.
    Xml,
    /// A text in base64.
    Base64,
    /// JSON in base64.
    Base64Json,
    /// An XML document in base64.
    Base64Xml,
}

const ALL: &[(Inner, &str)] = &[
    (Inner::Json, "!json"),
    (Inner::Xml, "!xml"),
    (Inner::Base64, "!base64"),
    (Inner::Base64Json, "!base64!json"),
    (Inner::Base64Xml, "!base64!xml"),
];

impl Inner {
    /// From the end of a segment; from the name of the node that holds what the text says.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        // Asked of every child of a leaf: names without the sign are sorted out at once.
        text.starts_with('!').then(|| ALL.iter().find(|(_, name)| *name == text).map(|(inner, _)| *inner))?
    }

    /// The name of the node that holds what the text says: no name of XML or of a form begins like it.
    pub(crate) fn name(self) -> &'static str {
        ALL.iter().find(|(inner, _)| *inner == self).map_or("", |(_, name)| name)
    }

    /// The innermost document's format; none for text.
    pub(crate) fn document(self) -> Option<Format> {
        match self {
            Self::Json | Self::Base64Json => Some(Format::Json),
            Self::Xml | Self::Base64Xml => Some(Format::Xml),
            Self::Base64 => None,
        }
    }

    fn is_base64(self) -> bool {
        matches!(self, Self::Base64 | Self::Base64Json | Self::Base64Xml)
    }
}

/// Base64 as RFC 4648 section 4 writes it; missing padding is let pass when reading.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Reads the text of every node that such a segment names, and hangs it below. What counts are the paths of `blocks`,
/// a message's own: in another message a field of the same name may be plain text.
pub(crate) fn graft(
    map: &Map,
    blocks: &[usize],
    tree: &mut Tree,
    top: NodeId,
    limits: &Limits,
) -> Vec<Problem> {
    let mut names = HashMap::new();
    let rows = blocks.iter().flat_map(|index| &map.blocks[*index].rows);
    for segment in rows.flat_map(|row| row.wire.places()).flat_map(|place| &place.segments) {
        if let (Axis::Child(name), Some(inner)) = (segment.axis, segment.inner) {
            names.insert(map.names.expanded(name).1, inner);
        }
    }
    let mut problems = Vec::new();
    let mut todo = vec![top];
    while let Some(node) = todo.pop() {
        let leaf = matches!(tree.kind(node), NodeKind::String | NodeKind::Element)
            && tree.children(node).all(|child| tree.kind(child) == NodeKind::Attribute);
        let layers = names.get(tree.local(node)).filter(|_| leaf && !tree.text(node).trim().is_empty());
        if let Some(layers) = layers
            && let Err(faults) = open(tree, node, *layers, limits)
        {
            problems.extend(faults.into_iter().map(|fault| outer(tree, node, *layers, &fault)));
        }
        // What was hung in may hold more of the kind; its text is shorter each time.
        todo.extend(tree.children(node));
    }
    problems
}

fn open(tree: &mut Tree, node: NodeId, layers: Inner, limits: &Limits) -> Result<(), Vec<Problem>> {
    let bytes = if layers.is_base64() {
        let text: String = tree.text(node).split_ascii_whitespace().collect();
        BASE64.decode(text).map_err(|wrong| {
            let (zh, en) = (format!("不是 base64：{wrong}"), format!("not base64: {wrong}"));
            vec![Problem::new("base64", zh, en).with_found(tree.text(node))]
        })?
    } else {
        tree.text(node).as_bytes().to_vec()
    };
    let at = tree.offset(node);
    let name = tree.intern("", layers.name());
    match layers.document() {
        None => {
            let text = String::from_utf8(bytes).map_err(|_| {
                vec![Problem::new(
                    "base64-text",
                    "base64 中不是 UTF-8 文本",
                    "what is in base64 is not UTF-8 text",
                )]
            })?;
            tree.add(Some(node), NodeKind::String, name, &text, at);
        }
        Some(Format::Xml) => {
            // Text has no encoding any more, whatever its declaration says; bytes say theirs.
            let charset = (!layers.is_base64()).then_some(Encoding::Utf8);
            let (document, _) = xml::read(&bytes, charset, limits)?;
            let home = tree.add(Some(node), NodeKind::Element, name, "", at);
            if let Some(root) = document.root() {
                copy(tree, home, &document, root, None);
            }
        }
        Some(_) => {
            let document = json::read(&bytes, limits)?;
            if let Some(root) = document.root() {
                copy(tree, node, &document, root, Some(layers.name()));
            }
        }
    }
    Ok(())
}

/// A problem of the inner text, at the place of the outer node; the inner place is told in words.
fn outer(tree: &Tree, node: NodeId, layers: Inner, fault: &Problem) -> Problem {
    let (line, column) = tree.place(node);
    let inner = match (fault.line, fault.column) {
        (Some(line), Some(column)) => format!(" {line}:{column}"),
        _ if layers.document().is_some() => " 1:1".to_owned(),
        _ => String::new(),
    };
    let at = if inner.is_empty() { String::new() } else { format!(" at{inner}") };
    let (code, what) = match layers.document() {
        Some(Format::Xml) => ("inner-xml", "XML"),
        Some(_) => ("inner-json", "JSON"),
        None => ("inner-base64", "base64"),
    };
    let mut problem = Problem::new(
        code,
        format!("内层 {what}{inner}：{}", fault.zh),
        format!("in the inner {what}{at}: {}", fault.en),
    )
    .with_place(line, column)
    .with_path(tree.path(node));
    problem.found.clone_from(&fault.found.as_deref().map(cut));
    problem
}

/// Copies `from` of `source` below `parent`; `name` replaces its own. Places are those of the outer node.
pub(crate) fn copy(
    tree: &mut Tree,
    parent: NodeId,
    source: &Tree,
    from: NodeId,
    name: Option<&str>,
) -> NodeId {
    let at = tree.offset(parent);
    let (namespace, local) = name.map_or_else(|| source.expanded(source.name(from)), |name| ("", name));
    let sym = tree.intern(namespace, local);
    let made = tree.add(Some(parent), source.kind(from), sym, source.text(from), at);
    for child in source.children(from) {
        copy(tree, made, source, child, None);
    }
    made
}

/// Turns what hangs below these nodes into their text.
pub(crate) fn fold(map: &Map, tree: &mut Tree, nodes: &[NodeId]) -> Result<(), Problem> {
    // The innermost were made last.
    for node in nodes.iter().rev() {
        let Some(home) = inner(tree, *node) else { continue };
        let Some(layers) = Inner::parse(tree.local(home)) else { continue };
        let bytes = match layers.document() {
            None => tree.text(home).as_bytes().to_vec(),
            Some(Format::Xml) => match tree.children(home).find(|c| tree.kind(*c) == NodeKind::Element) {
                Some(root) => {
                    let style = XmlStyle {
                        encoding: Encoding::Utf8,
                        prefixes: map.names.prefixes(),
                        declaration: layers.is_base64(),
                        indent: false,
                    };
                    xml::write(&alone(tree, root, None), &style)?
                }
                None => Vec::new(),
            },
            Some(_) => json::write(&alone(tree, home, Some("")), false),
        };
        let text = if layers.is_base64() {
            BASE64.encode(bytes)
        } else {
            String::from_utf8(bytes).unwrap_or_default()
        };
        tree.detach(home);
        tree.set_text(*node, &text);
    }
    Ok(())
}

/// A node and what is below it as a document of its own.
fn alone(tree: &Tree, node: NodeId, name: Option<&str>) -> Tree {
    let mut document = Tree::new();
    let (namespace, local) = name.map_or_else(|| tree.expanded(tree.name(node)), |name| ("", name));
    let sym = document.intern(namespace, local);
    let root = document.add(None, tree.kind(node), sym, tree.text(node), 0);
    for child in tree.children(node) {
        copy(&mut document, root, tree, child, None);
    }
    document
}
