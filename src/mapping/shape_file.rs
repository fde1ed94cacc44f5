//! `shape.xml`: where a format has no schema, one document with every element once, in the order of the format
//! (MAPPING, sections 1 and 2).
//!
//! Promise: it gives the order of output, and the names that rows may use. An empty element of the name of one around
//! it stands for that one: that is how recursion is written. Whether elements repeat or are required it does not say.

use crate::domain::problem::Problem;
use crate::mapping::fault::Spot;
use crate::mapping::files::ProfileFiles;
use crate::wire::limits::Limits;
use crate::wire::schema::{Child, Name, Shape, Type, TypeId};
use crate::wire::tree::{NodeId, NodeKind, Tree};
use crate::wire::xml;

/// Its name, where the message gives no other.
pub(crate) const SHAPE: &str = "shape.xml";

/// Reads a shape file.
pub(crate) fn read(files: &ProfileFiles, path: &str) -> Result<Shape, Vec<Problem>> {
    let text = files.text(path).map_err(|fault| vec![fault])?;
    let (tree, _) = xml::read(text.as_bytes(), None, &Limits::default()).map_err(|problems| {
        let fault = |problem: &Problem| {
            let (line, column) = (problem.line.unwrap_or(1), problem.column.unwrap_or(1));
            Spot { file: path.into(), line, column }.fault("shape", problem.zh.clone(), problem.en.clone())
        };
        problems.iter().map(fault).collect::<Vec<_>>()
    })?;
    let mut shape = Shape::default();
    let mut faults = Vec::new();
    if let Some(root) = tree.root() {
        let of = element(&tree, path, root, &mut Vec::new(), &mut shape, &mut faults);
        shape.roots.push((name(&tree, root), of));
    }
    if faults.is_empty() { Ok(shape) } else { Err(faults) }
}

fn element(
    tree: &Tree,
    path: &str,
    node: NodeId,
    open: &mut Vec<(Name, TypeId)>,
    shape: &mut Shape,
    faults: &mut Vec<Problem>,
) -> TypeId {
    let own = name(tree, node);
    let empty = tree.children(node).next().is_none();
    if let Some((_, known)) = open.iter().rev().find(|(name, _)| empty && *name == own) {
        return *known;
    }
    let id = TypeId(shape.types.len());
    shape.types.push(Type { name: Some(own.local.clone()), ..Type::default() });
    open.push((own, id));
    let (mut children, mut attributes) = (Vec::new(), Vec::new());
    for child in tree.children(node) {
        let name = name(tree, child);
        let list = match tree.kind(child) {
            NodeKind::Attribute => &mut attributes,
            NodeKind::Element => &mut children,
            _ => continue,
        };
        if list.iter().any(|known: &Child| known.name == name.local && known.namespace == name.namespace) {
            let (line, column) = tree.place(child);
            faults.push(Spot { file: path.into(), line, column }.fault(
                "shape-twice",
                format!("“{}”已列出：每个元素只写一次", name.local),
                format!("\"{}\" is listed already: every element stands once", name.local),
            ));
            continue;
        }
        let rank = u32::try_from(list.len()).unwrap_or(u32::MAX);
        let of = match tree.kind(child) {
            NodeKind::Element => element(tree, path, child, open, shape, faults),
            _ => leaf(shape),
        };
        let line = tree.place(child).0;
        let Name { namespace, local } = name;
        let made = Child {
            namespace,
            name: local,
            of,
            required: false,
            repeats: false,
            rank,
            line,
            file: 0,
            nillable: false,
            filled: false,
        };
        match tree.kind(child) {
            NodeKind::Element => children.push(made),
            _ => attributes.push(made),
        }
    }
    open.pop();
    let made = &mut shape.types[id.0];
    made.leaf = children.is_empty();
    (made.children, made.attributes) = (children, attributes);
    id
}

fn leaf(shape: &mut Shape) -> TypeId {
    shape.types.push(Type { leaf: true, ..Type::default() });
    TypeId(shape.types.len() - 1)
}

fn name(tree: &Tree, node: NodeId) -> Name {
    let (namespace, local) = tree.expanded(tree.name(node));
    Name { namespace: namespace.to_owned(), local: local.to_owned() }
}
