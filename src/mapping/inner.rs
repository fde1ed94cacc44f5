//! `!json`: text that is itself JSON, hung into the tree below its node while a document is in hand.

use std::collections::HashSet;

use crate::domain::problem::{Problem, cut};
use crate::mapping::compile::Map;
use crate::mapping::path::find::INNER;
use crate::mapping::path::wire::Axis;
use crate::wire::json;
use crate::wire::limits::Limits;
use crate::wire::tree::{NodeId, NodeKind, Tree};

/// Parses the text of every node that a `!json` segment names, and hangs it below. What counts are the paths of
/// `blocks`, a message's own: in another message a field of the same name may be plain text.
pub(crate) fn graft(
    map: &Map,
    blocks: &[usize],
    tree: &mut Tree,
    top: NodeId,
    limits: &Limits,
) -> Vec<Problem> {
    let mut names = HashSet::new();
    let blocks = blocks.iter().map(|index| &map.blocks[*index]);
    for segment in blocks.flat_map(|b| &b.rows).flat_map(|r| &r.wire.segments).filter(|s| s.json) {
        if let Axis::Child(name) = segment.axis {
            names.insert(map.names.expanded(name).1);
        }
    }
    let mut todo = vec![top];
    let mut wanted = Vec::new();
    while let Some(node) = todo.pop() {
        let leaf = matches!(tree.kind(node), NodeKind::String | NodeKind::Element)
            && tree.children(node).next().is_none();
        if leaf && names.contains(tree.local(node)) && !tree.text(node).trim().is_empty() {
            wanted.push(node);
        }
        todo.extend(tree.children(node));
    }
    let mut problems = Vec::new();
    for node in wanted {
        match json::read(tree.text(node).as_bytes(), limits) {
            Ok(inner) => {
                if let Some(root) = inner.root() {
                    copy(tree, node, &inner, root, Some(INNER));
                }
            }
            Err(faults) => problems.extend(faults.into_iter().map(|fault| outer(tree, node, &fault))),
        }
    }
    problems
}

/// A problem of the inner text, at the place of the outer node; the inner place is told in words.
fn outer(tree: &Tree, node: NodeId, fault: &Problem) -> Problem {
    let (line, column) = tree.place(node);
    let inner = match (fault.line, fault.column) {
        (Some(line), Some(column)) => format!("{line}:{column}"),
        _ => "1:1".to_owned(),
    };
    let mut problem = Problem::new(
        "inner-json",
        format!("内层 JSON {inner}：{}", fault.zh),
        format!("in the inner JSON at {inner}: {}", fault.en),
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
    let sym = tree.intern("", name.unwrap_or_else(|| source.local(from)));
    let made = tree.add(Some(parent), source.kind(from), sym, source.text(from), at);
    for child in source.children(from) {
        copy(tree, made, source, child, None);
    }
    made
}

/// Turns what hangs below these nodes into their text.
pub(crate) fn fold(tree: &mut Tree, nodes: &[NodeId]) {
    // The innermost were made last.
    for node in nodes.iter().rev() {
        let Some(inner) = tree.children(*node).find(|child| tree.local(*child) == INNER) else { continue };
        let mut document = Tree::new();
        let name = document.intern("", "");
        let root = document.add(None, tree.kind(inner), name, tree.text(inner), 0);
        for child in tree.children(inner) {
            copy(&mut document, root, tree, child, None);
        }
        let text = String::from_utf8(json::write(&document, false)).unwrap_or_default();
        tree.detach(inner);
        tree.set_text(*node, &text);
    }
}
