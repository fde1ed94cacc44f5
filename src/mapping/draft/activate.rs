//! Which rows must run: what has a place in the record, and what the agency's schema requires beside it.

use std::collections::BTreeSet;

use crate::mapping::draft::outline::{Field, Outline, sayable, written};
use crate::mapping::draft::plan::Row;

/// The paths of the rows of a block that run; `assigned` are those with a place in the record.
pub(super) fn live(outline: &Outline, block: &Field, assigned: &BTreeSet<String>) -> BTreeSet<String> {
    let mut live = assigned.clone();
    // What stands for a required part makes others required that stand beside it.
    loop {
        let before = live.len();
        visit(outline, block, "", true, &mut live);
        if live.len() == before {
            return live;
        }
    }
}

/// Adds what is required in a part that is written; `forced`: the part is, whatever stands in it.
fn visit(outline: &Outline, part: &Field, prefix: &str, forced: bool, live: &mut BTreeSet<String>) {
    let within = |live: &BTreeSet<String>, prefix: &str| {
        live.iter().any(|path| path.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('/')))
    };
    if !forced && !within(live, prefix) {
        return;
    }
    for child in part.children.iter().filter(|child| sayable(child)) {
        let path = join(outline, prefix, child);
        let must = child.required && outline.from_schema;
        let row = !child.is_group() || child.repeats;
        if row && must {
            live.insert(path.clone());
        }
        let list = child.repeats && !child.children.is_empty();
        if !list && (child.is_group() || live.contains(&path)) {
            visit(outline, child, &path, must || (!child.is_group() && live.contains(&path)), live);
        }
    }
    if forced && !prefix.is_empty() && part.is_group() && !within(live, prefix) {
        // Required, and all in it is optional: one of its leaves stands for it.
        let mut paths = Vec::new();
        leaves(outline, part, prefix, &mut paths);
        let seen = paths.iter().find(|(_, seen)| *seen).or_else(|| paths.first());
        live.extend(seen.map(|(path, _)| path.clone()));
    }
}

fn leaves(outline: &Outline, part: &Field, prefix: &str, out: &mut Vec<(String, bool)>) {
    for child in part.children.iter().filter(|child| sayable(child)) {
        let path = join(outline, prefix, child);
        if !child.is_group() || child.repeats {
            out.push((path, child.seen));
        } else {
            leaves(outline, child, &path, out);
        }
    }
}

fn join(outline: &Outline, prefix: &str, child: &Field) -> String {
    let name = written(&outline.prefixes, child);
    if prefix.is_empty() { name } else { format!("{prefix}/{name}") }
}

/// Of every required part of a block, some row must be a `must`.
pub(super) fn sure(outline: &Outline, block: &Field, rows: &mut [Row]) {
    for child in block.children.iter().filter(|child| child.required && sayable(child)) {
        let path = written(&outline.prefixes, child);
        let below = format!("{path}/");
        let leads = |row: &Row| !row.waits && (row.wire == path || row.wire.starts_with(&below));
        if rows.iter().any(|row| leads(row) && row.need == "must") {
            continue;
        }
        if let Some(row) = rows.iter_mut().find(|row| leads(row)) {
            "must".clone_into(&mut row.need);
        }
    }
}
