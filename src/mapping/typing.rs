//! Record paths and converters against the canonical schemas.

mod literals;
mod required;
mod values;

use std::collections::HashSet;

use crate::domain::problem::Problem;
use crate::mapping::canonical::{Canonical, Member, View};
use crate::mapping::compile::{Block, How, RECORDS, Row, is_whole};
use crate::mapping::condition::Need;
use crate::mapping::fault::{Spot, near, suggestion_or_list};
use crate::mapping::message::MessageEntry;
use crate::mapping::path::record::RecordPath;
use crate::mapping::steps::Type;

/// Members that the gateway fills; no map need feed them.
pub(crate) const OURS: &[&str] = &[
    "kind",
    "schema_version",
    "message_id",
    "warnings",
    "id",
    "agency",
    "case_id",
    "received_at",
    "source",
    "extensions",
];

/// Checks the blocks of a message, from its top block down.
pub(crate) fn check(
    message: &MessageEntry,
    top: usize,
    blocks: &mut [Block],
    canonical: &Canonical,
    faults: &mut Vec<Problem>,
    warnings: &mut Vec<Problem>,
) {
    let Some(view) = canonical.view(&message.kind) else {
        let (zh, en) = near(&message.kind, canonical.kinds());
        let known = canonical.kinds().collect::<Vec<_>>().join(", ");
        faults.push(message.kind_spot.fault(
            "unknown-kind",
            format!("没有记录种类“{}”{zh}；有 {known}", message.kind),
            format!("there is no record kind \"{}\"{en}; there are {known}", message.kind),
        ));
        return;
    };
    let mut typing = Typing { record: view, above: Vec::new(), seen: HashSet::new(), faults, warnings };
    if is_whole(&message.kind) {
        // An agency's format need not carry all of a receipt: ours says more than theirs, and theirs is read as far as it goes.
        typing.block(top, view, blocks);
    } else {
        typing.block(top, View::open(), blocks);
    }
}

struct Typing<'a, 'f> {
    record: View<'a>,
    /// What the blocks around the one in hand map, outermost first.
    above: Vec<View<'a>>,
    seen: HashSet<(usize, usize)>,
    faults: &'f mut Vec<Problem>,
    warnings: &'f mut Vec<Problem>,
}

impl<'a> Typing<'a, '_> {
    fn block(&mut self, index: usize, view: View<'a>, blocks: &mut [Block]) {
        if !self.seen.insert((index, view.identity())) {
            return;
        }
        for at in 0..blocks[index].rows.len() {
            let row = &mut blocks[index].rows[at];
            if let Need::MustIf(condition) | Need::NeverIf(condition) = &mut row.need {
                let spot = row.spots.need.clone();
                for term in &mut condition.terms {
                    let home = match term.up {
                        0 => Some(view),
                        up => self.above.len().checked_sub(up).map(|at| self.above[at]),
                    };
                    let Some(home) = home else { continue };
                    mark_lists(&mut term.path, home);
                    if let Some(found) = self.resolve(&term.path, home, &spot) {
                        self.compared(term, found, &spot);
                    }
                }
            }
            let spot = row.spots.how.clone();
            if let How::Leaf { chain, .. } = &row.how {
                for path in chain.looks_at().cloned().collect::<Vec<_>>() {
                    self.resolve(&path, view, &spot);
                    self.above(&path, at, &blocks[index].rows, &spot);
                }
            }
            let row = &mut blocks[index].rows[at];
            if let How::Count(path) = &mut row.how {
                mark_lists(path, view);
            }
            self.sum(&blocks[index].rows[at], view);
            let row = &mut blocks[index].rows[at];
            let Some(path) = &mut row.record else { continue };
            let spot = row.spots.record.clone();
            let found = self.place(path, view, &spot);
            let others: Vec<_> = path.plus.iter_mut().map(|path| self.place(path, view, &spot)).collect();
            let Some(found) = found else { continue };
            for other in others.into_iter().flatten() {
                let row = &blocks[index].rows[at];
                self.agrees(row, other);
            }
            let row = &mut blocks[index].rows[at];
            let home = if found.is_list() { found.items().unwrap_or(View::open()) } else { found };
            // What is kept of an item that has no room for it stays with the item around it.
            row.items &= !matches!(home.member("extensions"), Member::Unknown(_));
            let row = &blocks[index].rows[at];
            self.agrees(row, found);
            if let How::Block { block, .. } = row.how {
                let records = row.records;
                // What the path assigns, as in `records[decision='penalised']`, no row need give.
                let assigned: Vec<Box<str>> =
                    row.record.as_ref().and_then(|path| path.segments.last()).map_or_else(Vec::new, |last| {
                        last.tests.iter().map(|(key, _)| key.clone()).collect()
                    });
                self.above.push(view);
                self.block(block, home, blocks);
                self.above.pop();
                if records {
                    self.required(block, home, &assigned, blocks);
                }
            }
        }
    }

    /// What the canonical schema says of a record path.
    fn place(&mut self, path: &mut RecordPath, view: View<'a>, spot: &Spot) -> Option<View<'a>> {
        if view.is_open() && &*path.segments[0].key == RECORDS {
            return Some(self.in_records(path, spot));
        }
        mark_lists(path, view);
        self.resolve(&path.clone(), view, spot)
    }

    /// `records`, `records[1]`, `records[1].x`: the canonical schema begins at the item.
    fn in_records(&mut self, path: &mut RecordPath, spot: &Spot) -> View<'a> {
        path.segments[0].list = true;
        let mut rest = path.clone();
        rest.segments.remove(0);
        if rest.segments.is_empty() {
            return self.record;
        }
        mark_lists(&mut rest, self.record);
        for (segment, marked) in path.segments[1..].iter_mut().zip(&rest.segments) {
            segment.list = marked.list;
        }
        self.resolve(&rest, self.record, spot).unwrap_or(View::open())
    }

    /// The place a path leads to: an item's, where it leads to a list by index, tests or `each`.
    fn resolve(&mut self, path: &RecordPath, start: View<'a>, spot: &Spot) -> Option<View<'a>> {
        let mut view = start;
        for (index, segment) in path.segments.iter().enumerate() {
            view = match view.member(&segment.key) {
                Member::Known(next) => next,
                Member::Open => return Some(View::open()),
                Member::Unknown(names) => {
                    let (zh, en) = suggestion_or_list(&segment.key, names);
                    self.faults.push(spot.fault(
                        "unknown-record-path",
                        format!("“{}”：记录没有“{}”{zh}", path.text, segment.key),
                        format!("\"{}\": the record has no \"{}\"{en}", path.text, segment.key),
                    ));
                    return None;
                }
            };
            let last = index + 1 == path.segments.len();
            if view.is_list() && (!last || segment.index.is_some() || !segment.tests.is_empty()) {
                if !last && segment.index.is_none() && segment.tests.is_empty() {
                    self.faults.push(spot.fault(
                        "record-list",
                        format!("“{}”：“{}”是列表，须用 each、[n] 或谓词", path.text, segment.key),
                        format!(
                            "\"{}\": \"{}\" is a list; use each, [n] or a predicate",
                            path.text, segment.key
                        ),
                    ));
                    return None;
                }
                view = view.items().unwrap_or(View::open());
            }
            for (key, value) in &segment.tests {
                let home = if view.is_list() { view.items().unwrap_or(View::open()) } else { view };
                match home.member(key) {
                    Member::Open => {}
                    Member::Known(found) if found.admits(value) => {}
                    Member::Known(found) => {
                        self.unfit(&format!("{}[{key}=…]", segment.key), value, found, spot);
                        return None;
                    }
                    Member::Unknown(names) => {
                        let (zh, en) = suggestion_or_list(key, names);
                        self.faults.push(spot.fault(
                            "unknown-record-path",
                            format!("“{}”：记录没有“{key}”{zh}", path.text),
                            format!("\"{}\": the record has no \"{key}\"{en}", path.text),
                        ));
                        return None;
                    }
                }
            }
        }
        // `each` leads to the items.
        Some(view)
    }

    /// A sum goes through every list on its path, to numbers or money.
    fn sum(&mut self, row: &Row, view: View<'a>) {
        let How::Sum { path, chain } = &row.how else { return };
        let mut here = view;
        for (index, segment) in path.segments.iter().enumerate() {
            if index == 0 && view.is_open() && &*segment.key == RECORDS {
                here = self.record;
                continue;
            }
            here = match here.member(&segment.key) {
                Member::Known(next) if next.is_list() => next.items().unwrap_or(View::open()),
                Member::Known(next) => next,
                Member::Open => return,
                Member::Unknown(names) => {
                    let (zh, en) = suggestion_or_list(&segment.key, names);
                    self.faults.push(row.spots.how.fault(
                        "unknown-record-path",
                        format!("“{}”：记录没有“{}”{zh}", path.text, segment.key),
                        format!("\"{}\": the record has no \"{}\"{en}", path.text, segment.key),
                    ));
                    return;
                }
            };
        }
        let gives = chain.gives();
        // A plain sum is of numbers, or of texts that are decimals.
        let decimals = gives == Type::Text && here.fits(&Type::Integer);
        if !here.fits(&gives) && !decimals {
            let ((zh, en), (wanted_zh, wanted_en)) = (gives.name(), here.wanted());
            self.faults.push(row.spots.how.fault(
                "type-disagrees",
                format!("求和得到{zh}，而记录为{wanted_zh}；金额须加 | money …"),
                format!("the sum gives {en}, the record has {wanted_en}; for money add | money …"),
            ));
        }
    }

    /// What a step looks at is read by then: its row stands above.
    fn above(&mut self, path: &RecordPath, at: usize, rows: &[Row], spot: &Spot) {
        let feeds = |row: &Row| row.record.as_ref().is_some_and(|other| other.base() == path.base());
        if rows[at..].iter().any(feeds) && !rows[..at].iter().any(feeds) {
            let text = &path.text;
            self.faults.push(spot.fault(
                "row-below",
                format!("“{text}”的行应在此行之上"),
                format!("the row of \"{text}\" must stand above this one"),
            ));
        }
    }

    fn agrees(&mut self, row: &Row, found: View<'a>) {
        let place = row.record.as_ref().map(|path| &*path.text).unwrap_or_default();
        let clash = |(wanted_zh, wanted_en): (&str, &str), (zh, en): (&str, &str)| {
            row.spots.how.fault(
                "type-disagrees",
                format!("“{place}”：转换得到{zh}，而记录为{wanted_zh}"),
                format!("\"{place}\": the steps give {en}, the record has {wanted_en}"),
            )
        };
        let item = |view: View<'a>| if view.is_list() { view.items().unwrap_or(View::open()) } else { view };
        match &row.how {
            How::Leaf { chain, each } => {
                if *each && !found.is_open() && !found.is_list() {
                    self.faults.push(clash(found.wanted(), ("列表", "a list")));
                    return;
                }
                let place = if *each { item(found) } else { found };
                let gives = chain.gives();
                self.said(row, chain, place);
                if gives == Type::Pairs && place.is_list() {
                    self.pairs(row, item(place));
                }
                if let Type::Object(named) | Type::Objects(named) = &gives {
                    let object = item(place);
                    if place.is_list() == matches!(gives, Type::Objects(_)) && object.is_object() {
                        self.named(row, named, object);
                        return;
                    }
                }
                if !place.fits(&gives) {
                    self.faults.push(clash(place.wanted(), gives.name()));
                    return;
                }
                self.words(row, place);
            }
            How::Block { each, .. } => {
                let place = if *each { item(found) } else { found };
                if !found.is_open() && !place.is_object() {
                    self.faults.push(clash(place.wanted(), ("对象", "an object")));
                }
            }
            _ => {}
        }
    }
}

/// Marks the types of lists along a path.
fn mark_lists(path: &mut RecordPath, start: View<'_>) {
    let mut view = start;
    for segment in &mut path.segments {
        let Member::Known(next) = view.member(&segment.key) else { return };
        segment.list |= next.is_list();
        view = if segment.list { next.items().unwrap_or(View::open()) } else { next };
    }
}
