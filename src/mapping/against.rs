//! The map against the agency's schema, when it loads (MAPPING, section 13).
//!
//! Promise: a wire path that the schema does not know, a repeating segment without `each`, a required place that no
//! row supplies and a code list that does not cover the schema's are faults; what no row names is a warning.

use std::collections::HashSet;

use crate::domain::problem::Problem;
use crate::mapping::compile::{Block, How, Map, Row};
use crate::mapping::condition::Need;
use crate::mapping::fault::suggestion;
use crate::mapping::path::wire::{Axis, NameId, Segment};
use crate::wire::schema::{Child, Schema, Shape, TypeId};

/// Checks the blocks of a message whose top node has the type `of`.
pub(crate) fn check(
    map: &Map,
    schema: &Schema,
    xml: bool,
    top: usize,
    of: TypeId,
    faults: &mut Vec<Problem>,
    warnings: &mut Vec<Problem>,
) {
    let mut against =
        Against { map, schema, shape: schema.shape(), xml, seen: HashSet::new(), faults, warnings };
    against.block(top, of, true);
}

struct Against<'a, 'f> {
    map: &'a Map,
    schema: &'a Schema,
    shape: &'a Shape,
    xml: bool,
    seen: HashSet<(usize, TypeId, bool)>,
    faults: &'f mut Vec<Problem>,
    warnings: &'f mut Vec<Problem>,
}

/// A row and how much of its path is left.
type Rest<'a> = (&'a Row, &'a [Segment]);

impl<'a> Against<'a, '_> {
    /// Checks a block's rows and, unless it only adds to a block at the same node, that they fill the `whole` type.
    fn block(&mut self, index: usize, of: TypeId, whole: bool) {
        if !self.seen.insert((index, of, whole)) {
            return;
        }
        let map = self.map;
        let block = &map.blocks[index];
        let before = self.faults.len();
        for row in &block.rows {
            self.row(row, of);
        }
        if whole && self.faults.len() == before {
            let mut rows: Vec<Rest<'a>> = Vec::new();
            gather(map, block, &mut rows, 0);
            self.places(block, &rows, of, "");
        }
    }

    /// Follows a row's path; checks its end.
    fn row(&mut self, row: &'a Row, start: TypeId) {
        let mut of = start;
        let last = row.wire.segments.len();
        for (at, segment) in row.wire.segments.iter().enumerate() {
            if segment.xml_only && !self.xml {
                continue;
            }
            let (name, attribute) = match segment.axis {
                Axis::Child(name) => (name, false),
                Axis::Attribute(name) => (name, true),
                Axis::Any => return,
            };
            let Some(child) = self.child(of, name, attribute) else {
                if !self.shape.of(of).open {
                    self.unknown(row, of, name, attribute);
                }
                return;
            };
            let chosen = segment.star || segment.index.is_some() || !segment.tests.is_empty();
            if child.repeats && !chosen && !(row.how.each() && at + 1 == last) {
                let (local, place) = (&child.name, self.place(child));
                self.faults.push(row.spots.wire.fault(
                    "repeats",
                    format!("“{local}”在架构中可重复（{place}）：须用 each、* 或 [n]"),
                    format!("\"{local}\" may repeat in the schema ({place}); use each, * or [n]"),
                ));
                return;
            }
            if segment.json {
                return;
            }
            of = child.of;
        }
        match &row.how {
            How::Block { block, .. } => self.block(*block, of, !row.wire.segments.is_empty()),
            How::Leaf { .. } => self.words(row, of),
            How::Const(_) | How::Count(_) => {}
        }
    }

    fn words(&mut self, row: &Row, of: TypeId) {
        let How::Leaf { chain, .. } = &row.how else { return };
        let wanted = &self.shape.of(of).enumeration;
        let Some((codes, others)) = chain.0.iter().find_map(|step| step.words()) else { return };
        if wanted.is_empty() {
            return;
        }
        let missing: Vec<&str> = wanted
            .iter()
            .map(String::as_str)
            .filter(|word| !codes.contains(word) && !word.is_empty())
            .collect();
        if !missing.is_empty() && !others {
            let list = missing.join(", ");
            self.faults.push(row.spots.how.fault(
                "code-uncovered",
                format!("代码表缺少架构所列的 {list}"),
                format!("the code list lacks {list}, which the schema allows"),
            ));
        }
        let outside: Vec<&str> =
            codes.iter().copied().filter(|code| !wanted.iter().any(|w| w == code)).collect();
        if !outside.is_empty() {
            let list = outside.join(", ");
            self.faults.push(row.spots.how.fault(
                "code-outside",
                format!("架构不允许代码 {list}"),
                format!("the schema does not allow {list}"),
            ));
        }
    }

    /// Every required place has a row that surely gives it; places without any row are named.
    fn places(&mut self, block: &Block, rows: &[Rest<'a>], of: TypeId, path: &str) {
        let shape = self.shape;
        let kind = shape.of(of);
        // A leaf that the block fills itself.
        if kind.leaf && kind.children.is_empty() && kind.attributes.is_empty() {
            return;
        }
        for (child, attribute) in
            kind.children.iter().map(|c| (c, false)).chain(kind.attributes.iter().map(|c| (c, true)))
        {
            let leads: Vec<Rest<'a>> = rows
                .iter()
                .filter(|(_, rest)| rest.first().is_some_and(|segment| self.is(segment, child, attribute)))
                .map(|(row, rest)| (*row, &rest[1..]))
                .collect();
            let here = format!("{path}{}{}", if attribute { "@" } else { "" }, child.name);
            let open = rows.iter().any(|(_, rest)| rest.first().is_some_and(|s| s.axis == Axis::Any));
            if leads.is_empty() {
                if open {
                    continue;
                }
                let place = self.place(child);
                let problem = block.spot.fault(
                    if child.required { "required-unmapped" } else { "never-mapped" },
                    format!("块“{}”没有“{here}”的行（{place}）", block.name),
                    format!("block \"{}\" has no row for \"{here}\" ({place})", block.name),
                );
                if child.required {
                    self.faults.push(problem);
                } else {
                    self.warnings.push(problem);
                }
                continue;
            }
            // A wrapper that only this child's rows make stands only where the child does.
            let alone = !path.is_empty() && leads.len() == rows.len();
            if child.required && !alone && !leads.iter().any(|(row, _)| sure(row)) {
                let place = self.place(child);
                let problem = leads[0].0.spot.fault(
                    "required-unfed",
                    format!("“{here}”在架构中必填（{place}），须有 must、const 或 else"),
                    format!("\"{here}\" is required by the schema ({place}); it needs must, const or else"),
                );
                // In a wrapper that may be missing, only some records are unwritable: the check before sending says which.
                if path.is_empty() {
                    self.faults.push(problem);
                } else {
                    self.warnings.push(problem);
                }
            }
            if leads.iter().all(|(_, rest)| !rest.is_empty()) {
                self.places(block, &leads, child.of, &format!("{here}/"));
            }
        }
    }

    fn is(&self, segment: &Segment, child: &Child, attribute: bool) -> bool {
        let ((Axis::Child(name), false) | (Axis::Attribute(name), true)) = (segment.axis, attribute) else {
            return false;
        };
        let (namespace, local) = self.map.names.expanded(name);
        local == child.name && (!self.xml || namespace == child.namespace)
    }

    fn child(&self, of: TypeId, name: NameId, attribute: bool) -> Option<&'a Child> {
        let (namespace, local) = self.map.names.expanded(name);
        let namespace = if self.xml { namespace } else { "" };
        if attribute {
            let attributes = &self.shape.of(of).attributes;
            return attributes.iter().find(|c| c.name == local && c.namespace == namespace);
        }
        self.shape.child(of, namespace, local)
    }

    fn unknown(&mut self, row: &Row, of: TypeId, name: NameId, attribute: bool) {
        let kind = self.shape.of(of);
        let (_, local) = self.map.names.expanded(name);
        let known = if attribute { &kind.attributes } else { &kind.children };
        let (zh, en) = suggestion(local, known.iter().map(|child| child.name.as_str()));
        let place = known.first().map_or_else(String::new, |child| format!(" ({})", self.place(child)));
        let of = kind.name.as_deref().unwrap_or("—");
        self.faults.push(row.spots.wire.fault(
            "unknown-path",
            format!("“{local}”：类型 {of} 没有此项{place}{zh}"),
            format!("\"{local}\": {of} has no such name{place}{en}"),
        ));
    }

    fn place(&self, child: &Child) -> String {
        format!("{}:{}", self.schema.file(child.file).unwrap_or("schema"), child.line)
    }
}

/// The rows of a block; those of a block called at `.` stand at the same node.
fn gather<'a>(map: &'a Map, block: &'a Block, rows: &mut Vec<Rest<'a>>, depth: usize) {
    // Blocks at one node are nested by hand; 16 is far beyond any.
    if depth > 16 {
        return;
    }
    for row in &block.rows {
        match row.how {
            How::Block { block: inner, .. } if row.wire.segments.is_empty() => {
                gather(map, &map.blocks[inner], rows, depth + 1);
            }
            _ => rows.push((row, &row.wire.segments)),
        }
    }
}

/// Whether a row gives a value in every document we write.
fn sure(row: &Row) -> bool {
    match (&row.how, &row.need) {
        (How::Const(_) | How::Count(_), _) | (_, Need::Must | Need::Same | Need::MustIf(_)) => true,
        (How::Leaf { chain, .. }, _) if chain.supplies() => true,
        // One of several alternatives.
        _ => row.record.as_ref().is_some_and(|path| path.segments.iter().any(|s| !s.tests.is_empty())),
    }
}
