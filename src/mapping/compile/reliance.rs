//! Which rows can be relied on to write back what they read, found when the profile loads (decision 0020).
//!
//! Promise: what is said of a row holds of every XML document. Where rows meet at one place of the record or of the
//! wire, or a path chooses, looks elsewhere or gathers, nothing is said, and the document is written and compared.

use crate::mapping::compile::{Block, How, Row};
use crate::mapping::condition::Need;
use crate::mapping::manifest::Blank;
use crate::mapping::path::record::{RecordPath, RecordSegment};
use crate::mapping::path::wire::{Axis, Names, Segment, Start, WirePath};
use crate::wire::tree::{NodeKind, Sym};

/// What is known of a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reliance {
    /// Where it reads nothing, it writes nothing.
    pub(crate) absent: bool,
    /// What it reads is written at the same place, and nowhere else; how it is spelled, its steps know.
    pub(crate) present: bool,
}

/// A path of names alone, as XML has them.
pub(crate) type Plain = Box<[(Sym, NodeKind)]>;

/// Settles every row of a map.
pub(crate) fn settle(blocks: &mut [Block], names: &Names, blank: Blank) {
    for block in 0..blocks.len() {
        for index in 0..blocks[block].rows.len() {
            let reliance = reliance(blocks, &blocks[block].rows, index, blank);
            let row = &mut blocks[block].rows[index];
            row.plain = plain(&row.wire, names);
            row.quiet = quiet(row);
            row.reliance = Reliance { present: reliance.present && row.plain.is_some(), ..reliance };
        }
    }
}

fn plain(path: &WirePath, names: &Names) -> Option<Plain> {
    if path.start != Start::Here || path.own_name || !path.plus.is_empty() {
        return None;
    }
    let step = |segment: &Segment| {
        let chooses = segment.index.is_some() || segment.star || !segment.tests.is_empty();
        match segment.axis {
            _ if chooses || segment.inner.is_some() => None,
            Axis::Child(name) => Some((names.symbol(name, true), NodeKind::Element)),
            Axis::Attribute(name) => Some((names.symbol(name, true), NodeKind::Attribute)),
            Axis::Any => None,
        }
    };
    path.segments.iter().map(step).collect()
}

/// What a row reads begins with this name, and where that is not there its steps have no part in it.
fn quiet(row: &Row) -> Option<Sym> {
    let alone = match &row.how {
        How::Leaf { chain, each: false } => !chain.fills() && !chain.gathers() && row.join.is_none(),
        How::Leaf { each: true, .. } | How::Block { each: true, .. } => row.shares.len() == 1,
        How::Block { each: false, .. } => true,
        _ => false,
    };
    row.plain.as_ref().filter(|_| alone)?.first().map(|(name, _)| *name)
}

fn reliance(blocks: &[Block], rows: &[Row], index: usize, blank: Blank) -> Reliance {
    let row = &rows[index];
    let others = || rows.iter().enumerate().filter(|(other, _)| *other != index).map(|(_, other)| other);
    let alone = !others().any(|other| meet_on_the_wire(row, other));
    if row.how.derived() {
        // It is written whatever was read.
        return Reliance { absent: false, present: alone && !row.wire.segments.is_empty() };
    }
    let Some(record) = &row.record else { return Reliance::default() };
    let shared = assigns(record, record)
        || others().filter_map(|other| other.record.as_ref()).any(|other| meet_in_the_record(record, other));
    if shared || matches!(row.need, Need::Same) || !matches!(blank, Blank::Absent | Blank::Null) {
        return Reliance::default();
    }
    let (absent, own) = match &row.how {
        How::Leaf { chain, each } => {
            let alone = !(chain.gathers()
                || chain.bytes()
                || chain.wants_key()
                || chain.0.iter().any(|step| step.of_ids()));
            // What a list's items have no members for would not be told apart by them.
            let tests = record.segments.last().is_some_and(|last| !last.tests.is_empty());
            let dot = row.wire.segments.is_empty() && *each;
            (
                !chain.supplies() && !chain.blank(),
                alone && !tests && !dot && chain.looks_at().next().is_none(),
            )
        }
        How::Block { block, .. } => {
            let inner = &blocks[*block];
            let tests = record.segments.iter().flat_map(|segment| &segment.tests);
            let told =
                |key: &str| inner.rows.iter().any(|row| row.record.as_ref().is_some_and(|p| begins(p, key)));
            let clash = tests.map(|(key, _)| &**key).any(told);
            (true, !clash && inner.own_name.is_none() && !row.wire.segments.is_empty())
        }
        _ => (false, false),
    };
    let several =
        record.plus.iter().chain(Some(record)).any(|p| p.segments.iter().any(|s| s.index.is_some()));
    let one = record.plus.is_empty() && row.join.is_none() && row.split.is_none() && !several;
    Reliance { absent, present: alone && own && one }
}

fn begins(path: &RecordPath, key: &str) -> bool {
    path.places().any(|place| place.segments.first().is_some_and(|first| *first.key == *key))
}

/// Whether two rows may lead to one value of a record, or one to a part of the other's.
fn meet_in_the_record(a: &RecordPath, b: &RecordPath) -> bool {
    let meet = |a: &RecordPath, b: &RecordPath| {
        let apart = a.segments.iter().zip(&b.segments).any(|(a, b)| apart(a, b));
        !apart || assigns(a, b) || assigns(b, a)
    };
    a.places().any(|a| b.places().any(|b| meet(a, b)))
}

fn apart(a: &RecordSegment, b: &RecordSegment) -> bool {
    let clash =
        |(key, value): &(Box<str>, serde_json::Value)| b.tests.iter().any(|(k, v)| k == key && v != value);
    a.key != b.key || a.tests.iter().any(clash)
}

/// Whether what the predicates of `a` assign stands where `b` leads.
fn assigns(a: &RecordPath, b: &RecordPath) -> bool {
    a.segments.iter().enumerate().any(|(at, segment)| {
        let below = b.segments.get(at + 1);
        let told = segment.tests.iter().any(|(key, _)| below.is_some_and(|below| below.key == *key));
        told && !a.segments[..=at].iter().zip(&b.segments).any(|(a, b)| apart(a, b))
    })
}

/// Whether one row's path is another's, or the way to it.
fn meet_on_the_wire(a: &Row, b: &Row) -> bool {
    let leaf = |row: &Row| row.wire.segments.is_empty() && !matches!(row.how, How::Block { .. });
    let along = |a: &WirePath, b: &WirePath| {
        let same =
            |(a, b): (&Segment, &Segment)| a.axis == b.axis || a.axis == Axis::Any || b.axis == Axis::Any;
        a.segments.iter().zip(&b.segments).all(same)
    };
    // A node's own text stands beside everything below it.
    if leaf(a) != leaf(b) {
        return false;
    }
    a.wire.places().any(|a| b.wire.places().any(|b| along(a, b)))
}
