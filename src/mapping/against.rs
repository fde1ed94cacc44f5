//! The map against the agency's schema, when it loads (MAPPING, section 13).
//!
//! Promise: a wire path that the schema does not know, a repeating segment without `each`, a required place that no
//! row supplies and a code list that does not cover the schema's are faults; what no row names is a warning.

mod asked;
mod codes;
mod told;

use std::collections::HashSet;

use crate::domain::problem::Problem;
use crate::mapping::compile::{Block, How, Map, Row};
use crate::mapping::condition::Need;
use crate::mapping::hollow::hollow;
use crate::mapping::path::wire::{Axis, NameId, Segment, Start, WirePath};
use crate::wire::schema::{Child, Shape, TypeId, XSI};

pub(crate) use asked::asked;

/// What the documents of a message look like.
#[derive(Clone, Copy)]
pub(crate) struct Form<'a> {
    pub(crate) shape: &'a Shape,
    /// The files that [`Child::file`] stands for.
    pub(crate) file: &'a dyn Fn(usize) -> Option<String>,
    pub(crate) xml: bool,
    /// The type of the message's top node.
    pub(crate) of: TypeId,
}

/// Checks the blocks of a message, from its top block down.
pub(crate) fn check(
    map: &Map,
    form: Form<'_>,
    top: usize,
    faults: &mut Vec<Problem>,
    warnings: &mut Vec<Problem>,
) {
    let Form { shape, file, xml, of } = form;
    let mut against = Against { map, shape, file, xml, seen: HashSet::new(), faults, warnings };
    against.block(top, of, &mut Vec::new(), true);
}

struct Against<'a, 'f> {
    map: &'a Map,
    shape: &'a Shape,
    file: &'a dyn Fn(usize) -> Option<String>,
    xml: bool,
    seen: HashSet<(usize, TypeId, bool)>,
    faults: &'f mut Vec<Problem>,
    warnings: &'f mut Vec<Problem>,
}

/// A row and how much of its path is left.
type Rest<'a> = (&'a Row, Vec<&'a Segment>);

impl<'a> Against<'a, '_> {
    /// `above`: the types around this block's node, outermost first. `whole`: whether its rows must fill the type; a
    /// block that is called at `.` only adds to another's.
    fn block(&mut self, index: usize, of: TypeId, above: &mut Vec<TypeId>, whole: bool) {
        if !self.seen.insert((index, of, whole)) {
            return;
        }
        let map = self.map;
        let block = &map.blocks[index];
        let before = self.faults.len();
        for row in &block.rows {
            for place in row.wire.places() {
                self.row(row, place, of, above);
            }
        }
        if whole && self.faults.len() == before {
            let mut rows: Vec<Rest<'a>> = Vec::new();
            self.gather(index, &[], &mut rows, &mut Vec::new());
            if above.is_empty() {
                rows.extend(from_top(map));
            }
            self.places(block, &rows, of, "");
        }
    }

    /// Follows a row's path; checks its end.
    fn row(&mut self, row: &'a Row, path: &'a WirePath, start: TypeId, above: &mut Vec<TypeId>) {
        let outer = above.len();
        let begin = match path.start {
            Start::Here => Some(outer),
            Start::Up(steps) => outer.checked_sub(steps),
            Start::Top => Some(0),
        };
        let Some(begin) = begin else {
            let text = &row.wire.text;
            self.faults.push(row.spots.wire.fault(
                "unknown-path",
                format!("“{text}”越过了报文的顶层"),
                format!("\"{text}\" leads above the message"),
            ));
            return;
        };
        above.push(start);
        let rest = above.split_off(begin + 1);
        self.follow(row, path, above);
        above.truncate(begin + 1);
        above.extend(rest);
        above.truncate(outer);
    }

    /// Follows a path from the last of `above`, which grows by what it goes through.
    fn follow(&mut self, row: &'a Row, path: &'a WirePath, above: &mut Vec<TypeId>) {
        let Some(mut of) = above.last().copied() else { return };
        let last = path.segments.len();
        for (at, segment) in path.segments.iter().enumerate() {
            if segment.xml_only && !self.xml {
                continue;
            }
            let (name, attribute) = match segment.axis {
                Axis::Child(name) => (name, false),
                Axis::Attribute(name) => (name, true),
                Axis::Any => return,
            };
            let Some(child) = self.child(of, name, attribute) else {
                let (namespace, _) = self.map.names.expanded(name);
                if !self.shape.of(of).admits(namespace) {
                    self.unknown(&row.spots.wire, of, name, attribute);
                } else if !self.xml {
                    self.undeclared(row, of, name);
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
            if segment.inner.is_some() {
                return;
            }
            of = self.typed(segment).unwrap_or_else(|| self.shape.items(child.of));
            above.push(of);
        }
        match &row.how {
            How::Block { block, .. } => {
                above.pop();
                self.block(*block, of, above, last > 0);
            }
            How::Leaf { .. } => self.words(row, of),
            _ => {}
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
                .map(|(row, rest)| (*row, rest[1..].to_vec()))
                .collect();
            let here =
                format!("{path}{}{}", if attribute { "@" } else { "" }, self.written(child, attribute));
            let open = rows.iter().any(|(_, rest)| rest.first().is_some_and(|s| s.axis == Axis::Any));
            if leads.is_empty() {
                if open {
                    continue;
                }
                let place = self.place(child);
                let name = &block.name;
                if child.required && !hollow(shape, child, self.xml) {
                    self.faults.push(block.spot.fault(
                        "required-unmapped",
                        format!(
                            "块“{name}”没有“{here}”的行，而架构必填（{place}）：须加一行，如 [\"{here}\", \"记录位置\", \"text\", \"must\"]"
                        ),
                        format!(
                            "block \"{name}\" has no row for \"{here}\", which the schema requires ({place}): add one, such \
                             as [\"{here}\", \"its place in the record\", \"text\", \"must\"]"
                        ),
                    ));
                } else {
                    self.warnings.push(block.spot.fault(
                        "never-mapped",
                        format!("块“{name}”没有“{here}”的行（{place}）"),
                        format!("block \"{name}\" has no row for \"{here}\" ({place})"),
                    ));
                }
                continue;
            }
            // A wrapper that only this child's rows make stands only where the child does.
            let alone = !path.is_empty() && leads.len() == rows.len();
            let owed = child.required && !hollow(shape, child, self.xml);
            if owed && !alone && !leads.iter().any(|(row, _)| sure(row)) {
                let place = self.place(child);
                let problem = leads[0].0.spot.fault(
                    "required-unfed",
                    format!("“{here}”在架构中必填（{place}），须有 must、const 或 else；可以无值时以 nil（xsi:nil）或 nil ''（空元素）为首步"),
                    format!(
                        "\"{here}\" is required by the schema ({place}); it needs must, const or else; where there may be no \
                         value, nil (xsi:nil) or nil '' (an empty element) as its first step"
                    ),
                );
                // In a wrapper that may be missing, only some records are unwritable: the check before sending says which.
                if path.is_empty() {
                    self.faults.push(problem);
                } else {
                    self.warnings.push(problem);
                }
            }
            if leads.iter().all(|(_, rest)| !rest.is_empty()) {
                self.places(block, &leads, shape.items(child.of), &format!("{here}/"));
            }
        }
    }

    /// The rows that give what stands below a block's node, each with its path from there: its own, those of blocks
    /// called at `.`, and those of blocks further below that lead up again. `down` is the way to the block in hand.
    fn gather(&self, index: usize, down: &[&'a Segment], rows: &mut Vec<Rest<'a>>, stack: &mut Vec<usize>) {
        for row in &self.map.blocks[index].rows {
            if let How::Block { block: inner, .. } = row.how
                && (row.wire.segments.is_empty() || self.map.leads_out)
                && !stack.contains(&inner)
            {
                let real = row.wire.segments.iter().filter(|segment| self.xml || !segment.xml_only);
                let way: Vec<&Segment> = down.iter().copied().chain(real).collect();
                stack.push(inner);
                self.gather(inner, &way, rows, stack);
                stack.pop();
            }
            for place in row.wire.places() {
                let stays = match place.start {
                    Start::Here => down.len(),
                    Start::Up(steps) if steps <= down.len() => down.len() - steps,
                    _ => continue,
                };
                let at_node = matches!(row.how, How::Block { .. }) && place.segments.is_empty();
                if at_node || (place.start == Start::Here && !down.is_empty()) {
                    continue;
                }
                rows.push((row, down[..stays].iter().copied().chain(&place.segments).collect()));
            }
        }
    }

    /// The type that a predicate `[@xsi:type='…']` says.
    fn typed(&self, segment: &Segment) -> Option<TypeId> {
        segment.tests.iter().find_map(|test| match test.axis {
            Axis::Attribute(name) if self.map.names.expanded(name) == (XSI, "type") => {
                self.shape.typed(&test.value)
            }
            _ => None,
        })
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

    /// A name as a path of the map writes it.
    fn written(&self, child: &Child, attribute: bool) -> String {
        if !self.xml || child.namespace.is_empty() {
            return child.name.clone();
        }
        let prefixes = self.map.names.prefixes();
        let known = prefixes
            .iter()
            .find(|(prefix, uri)| *uri == child.namespace && !(attribute && prefix.is_empty()));
        match known {
            Some((prefix, _)) if prefix.is_empty() => child.name.clone(),
            Some((prefix, _)) => format!("{prefix}:{}", child.name),
            None => child.name.clone(),
        }
    }

    fn place(&self, child: &Child) -> String {
        format!("{}:{}", (self.file)(child.file).unwrap_or_else(|| "schema".to_owned()), child.line)
    }
}

/// The rows of any block that begin at the message's top.
fn from_top(map: &Map) -> impl Iterator<Item = Rest<'_>> {
    let rows = map.blocks.iter().flat_map(|block| &block.rows);
    rows.flat_map(|row| row.wire.places().map(move |place| (row, place)))
        .filter(|(_, place)| place.start == Start::Top)
        .map(|(row, place)| (row, place.segments.iter().collect()))
}

/// Whether a row gives a value in every document we write.
fn sure(row: &Row) -> bool {
    match (&row.how, &row.need) {
        (how, _) if how.derived() => true,
        (_, Need::Must | Need::Same | Need::MustIf(_)) => true,
        (How::Leaf { chain, .. }, _) if chain.supplies() || chain.blank() => true,
        // One of several alternatives.
        _ => row.record.as_ref().is_some_and(|path| path.segments.iter().any(|s| !s.tests.is_empty())),
    }
}
