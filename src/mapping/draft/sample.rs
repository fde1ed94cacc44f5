//! Samples → fields.

use std::collections::BTreeMap;

use crate::domain::problem::Problem;
use crate::mapping::draft::Source;
use crate::mapping::draft::outline::Field;
use crate::mapping::draft::values::{MOST, Value};
use crate::mapping::manifest::Format;
use crate::mapping::steps::Sort;
use crate::mapping::steps::ignore::is_common;
use crate::wire::encoding::Encoding;
use crate::wire::limits::Limits;
use crate::wire::schema::XSI;
use crate::wire::sheet::TITLE;
use crate::wire::tree::{NodeId, NodeKind, Tree};
use crate::wire::{csv, form, json, xlsx, xml};

/// What the samples are.
pub(super) struct Seen {
    pub(super) top: Option<Field>,
    pub(super) encoding: Encoding,
    /// Their texts, for the prefixes that they declare; the schemas' behind them.
    pub(super) texts: Vec<String>,
}

/// Reads all samples as one.
pub(super) fn read(source: &Source, format: Format) -> Result<Seen, Vec<Problem>> {
    let limits = Limits::default();
    let mut seen = Seen { top: None, encoding: Encoding::Utf8, texts: Vec::new() };
    for (name, bytes) in &source.samples {
        let told = |problems: Vec<Problem>| -> Vec<Problem> {
            problems
                .into_iter()
                .map(|mut problem| {
                    (problem.zh, problem.en) =
                        (format!("{name}：{}", problem.zh), format!("{name}: {}", problem.en));
                    problem
                })
                .collect()
        };
        let tree = match format {
            Format::Xml | Format::Csv => {
                let read = if format == Format::Xml { xml::read } else { csv::read };
                let (tree, encoding) = read(bytes, None, &limits).map_err(told)?;
                seen.encoding = encoding;
                tree
            }
            Format::Json => json::read(bytes, &limits).map_err(told)?,
            Format::Form => form::read(bytes, &limits).map_err(told)?,
            Format::Xlsx => xlsx::read(bytes, &[], &limits).map_err(told)?,
        };
        let Some(root) = tree.root() else { continue };
        let start = begin(&tree, root, source, format);
        match &mut seen.top {
            None => seen.top = Some(field(&tree, &[start], &mut Vec::new())),
            Some(top) => {
                let more = field(&tree, &[start], &mut Vec::new());
                merge(top, &more);
            }
        }
        seen.texts.push(tree.source().to_owned());
    }
    for bytes in source.schemas.values() {
        seen.texts.push(String::from_utf8_lossy(bytes).into_owned());
    }
    Ok(seen)
}

/// Where the message begins: the root, or the member of a JSON document that is named.
fn begin(tree: &Tree, root: NodeId, source: &Source, format: Format) -> NodeId {
    let named = source.root.as_deref().filter(|_| format != Format::Xml);
    named.and_then(|name| tree.children(root).find(|child| tree.local(*child) == name)).unwrap_or(root)
}

/// One field of all these nodes, which bear one name. `above`: the names around it, outermost first.
fn field(tree: &Tree, nodes: &[NodeId], above: &mut Vec<(String, String)>) -> Field {
    let (namespace, name) = tree.expanded(tree.name(nodes[0]));
    let mut made = Field {
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        attribute: tree.kind(nodes[0]) == NodeKind::Attribute,
        seen: true,
        ..Field::default()
    };
    let mut order: Vec<(bool, String, String)> = Vec::new();
    let mut groups: BTreeMap<(bool, String, String), (Vec<NodeId>, bool)> = BTreeMap::new();
    let mut items: Vec<NodeId> = Vec::new();
    for node in nodes {
        if tree.kind(*node) == NodeKind::Array {
            made.repeats = true;
            items.extend(tree.children(*node));
        } else {
            items.push(*node);
        }
    }
    made.opaque = items.iter().any(|item| tree.kind(*item) == NodeKind::Array);
    for item in items.iter().filter(|item| tree.kind(**item) != NodeKind::Array) {
        leaf(tree, *item, &mut made);
        let mut last = None;
        let mut here: BTreeMap<(bool, String, String), usize> = BTreeMap::new();
        for child in tree.children(*item).filter(|child| tree.kind(*child) != NodeKind::Text) {
            let attribute = tree.kind(child) == NodeKind::Attribute;
            let (namespace, name) = tree.expanded(tree.name(child));
            if attribute && namespace == XSI {
                continue;
            }
            // What stands above the headings of a table is no column's.
            if tree.table().is_some() && *item == nodes[0] && name == TITLE && above.is_empty() {
                continue;
            }
            let key = (!attribute, namespace.to_owned(), name.to_owned());
            let known = order.iter().position(|other| *other == key);
            last = Some(known.unwrap_or_else(|| {
                // Behind what it followed in this document.
                let at = last.map_or(order.len(), |last: usize| last + 1).min(order.len());
                order.insert(at, key.clone());
                at
            }));
            let count = here.entry(key.clone()).or_default();
            *count += 1;
            let group = groups.entry(key).or_default();
            group.0.push(child);
            group.1 |= *count > 1;
        }
    }
    above.push((made.namespace.clone(), made.name.clone()));
    for key in order {
        let Some((nodes, repeats)) = groups.remove(&key) else { continue };
        let mut child = field(tree, &nodes, above);
        child.repeats |= repeats;
        made.children.push(child);
    }
    above.pop();
    made.children.sort_by_key(|child| !child.attribute);
    // An element with attributes alone has no text to read.
    let says = made.children.is_empty() || made.values.iter().any(|value| !value.text.trim().is_empty());
    made.leaf |= !made.is_group() && !made.opaque && says;
    inner(&mut made);
    if made.values.iter().any(|value| !value.text.trim().is_empty() && !is_common(&value.text)) {
        let before = made.values.len();
        made.values.retain(|value| value.sort != Sort::Text || !is_common(&value.text));
        made.blanks = made.values.len() < before;
    }
    made
}

/// A text that is JSON is its members.
fn inner(made: &mut Field) {
    let object = |value: &Value| {
        let text = value.text.trim();
        let read = || json::read(text.as_bytes(), &Limits::default()).ok();
        let is_one = value.sort == Sort::Text && text.starts_with('{');
        is_one.then(read).flatten().filter(|tree| tree.root().is_some())
    };
    if made.attribute || made.repeats || made.values.is_empty() {
        return;
    }
    let Some(trees) = made.values.iter().map(object).collect::<Option<Vec<Tree>>>() else { return };
    for tree in &trees {
        let Some(root) = tree.root() else { continue };
        let within = field(tree, &[root], &mut Vec::new());
        let mut whole = Field { children: std::mem::take(&mut made.children), ..Field::default() };
        merge(&mut whole, &within);
        made.children = whole.children;
    }
    if made.is_group() {
        made.inner = true;
        made.leaf = false;
        made.values.clear();
    }
}

/// The value of a leaf, where the node is one.
fn leaf(tree: &Tree, node: NodeId, into: &mut Field) {
    let sort = match tree.kind(node) {
        NodeKind::Number => Sort::Number,
        NodeKind::Bool => Sort::Bool,
        NodeKind::Object | NodeKind::Null => return,
        _ => Sort::Text,
    };
    let elements = tree.children(node).any(|child| tree.kind(child) == NodeKind::Element);
    let value = Value { text: tree.text(node).to_owned(), sort };
    if !elements && into.values.len() < MOST && !into.values.contains(&value) {
        into.values.push(value);
    }
}

/// Adds what another sample shows.
pub(super) fn merge(into: &mut Field, more: &Field) {
    into.seen |= more.seen;
    into.repeats |= more.repeats;
    into.leaf |= more.leaf && !into.is_group();
    into.opaque |= more.opaque;
    into.inner |= more.inner;
    into.blanks |= more.blanks;
    for value in &more.values {
        if into.values.len() < MOST && !into.values.contains(value) {
            into.values.push(value.clone());
        }
    }
    let mut at = 0;
    for child in &more.children {
        let same = |known: &Field| {
            known.name == child.name
                && known.namespace == child.namespace
                && known.attribute == child.attribute
        };
        if let Some(index) = into.children.iter().position(same) {
            merge(&mut into.children[index], child);
            at = index + 1;
        } else {
            into.children.insert(at.min(into.children.len()), child.clone());
            at += 1;
        }
    }
    into.children.sort_by_key(|child| !child.attribute);
    into.leaf &= !into.is_group();
}

/// A prefix for each name space that the fields use; the root's is the default one, unless some element has none.
pub(super) fn prefixes(top: &Field, format: Format, texts: &[String]) -> Vec<(String, String)> {
    if format != Format::Xml {
        return Vec::new();
    }
    let (mut used, mut bare) = (Vec::new(), false);
    gather(top, &mut used, &mut bare);
    let mut made: Vec<(String, String)> = Vec::new();
    for (uri, attribute) in used {
        if uri == "http://www.w3.org/XML/1998/namespace" {
            continue;
        }
        if uri == top.namespace && !bare && !attribute {
            made.push((String::new(), uri));
            continue;
        }
        if made.iter().any(|(prefix, known)| *known == uri && !(attribute && prefix.is_empty())) {
            continue;
        }
        let declared = texts.iter().find_map(|text| declared(text, &uri));
        let free = |prefix: &String| !made.iter().any(|(known, _)| known == prefix);
        let prefix = declared.filter(free).unwrap_or_else(|| format!("n{}", made.len() + 1));
        made.push((prefix, uri));
    }
    made
}

fn gather(field: &Field, used: &mut Vec<(String, bool)>, bare: &mut bool) {
    if field.namespace.is_empty() {
        *bare |= !field.attribute;
    } else if !used.contains(&(field.namespace.clone(), field.attribute)) {
        used.push((field.namespace.clone(), field.attribute));
    }
    for child in &field.children {
        gather(child, used, bare);
    }
}

/// The prefix that a document declares for an address.
fn declared(text: &str, uri: &str) -> Option<String> {
    text.match_indices("xmlns:").find_map(|(at, _)| {
        let (prefix, rest) = text[at + 6..].split_once('=')?;
        let rest = rest.trim_start();
        let value = rest.get(1..)?.split(rest.chars().next()?).next()?;
        let prefix = prefix.trim();
        let plain =
            !prefix.is_empty() && prefix.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'));
        (value == uri && plain && prefix != "xml").then(|| prefix.to_owned())
    })
}
