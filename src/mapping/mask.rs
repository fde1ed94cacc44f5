//! Sealed texts do not show: in what a problem says they found, and in what an explanation repeats of the kept.

use std::collections::HashSet;

use serde_json::Value;

use crate::domain::problem::{Problem, cut};
use crate::mapping::compile::{Block, How, Map};
use crate::mapping::path::wire::{Axis, Names};
use crate::mapping::steps::sealed::MASK;
use crate::wire::tree::Tree;

/// Under so many characters a text is no ciphertext, but may be a placeholder for one.
const SHORT: usize = 4;

/// The local names of the wire places that `sealed` rows read. A block that reads its own node (`.`) is sealed by
/// the names under which others call it.
pub(crate) fn sealed_names(blocks: &[Block], names: &Names) -> HashSet<Box<str>> {
    let name = |axis: Axis| match axis {
        Axis::Child(id) | Axis::Attribute(id) => Some(names.expanded(id).1.into()),
        Axis::Any => None,
    };
    let mut found = HashSet::new();
    for (index, block) in blocks.iter().enumerate() {
        for row in &block.rows {
            if !matches!(&row.how, How::Leaf { chain, .. } if chain.sealed()) {
                continue;
            }
            let lasts: Vec<Axis> =
                row.wire.places().filter_map(|place| Some(place.segments.last()?.axis)).collect();
            if !lasts.is_empty() {
                found.extend(lasts.into_iter().filter_map(name));
                continue;
            }
            let callers = blocks.iter().flat_map(|block| &block.rows);
            let calls = callers.filter(|row| matches!(row.how, How::Block { block, .. } if block == index));
            found.extend(calls.filter_map(|row| name(row.wire.segments.last()?.axis)));
        }
    }
    found
}

/// Takes every sealed text of a document out of what is said of it.
pub(crate) fn problems<'p>(map: &Map, tree: &Tree, told: impl Iterator<Item = &'p mut Problem>) {
    if map.sealed.is_empty() {
        return;
    }
    let mut texts: Vec<String> = Vec::new();
    let mut todo: Vec<_> = tree.root().into_iter().collect();
    while let Some(node) = todo.pop() {
        let text = tree.text(node);
        if map.sealed.contains(tree.local(node)) && !text.trim().is_empty() {
            texts.extend([text.to_owned(), cut(text)]);
        }
        todo.extend(tree.children(node));
    }
    // The longest first, so that no rest of a longer one is left by a shorter one inside it.
    texts.sort_by_key(|text| std::cmp::Reverse(text.len()));
    for problem in told {
        for text in &texts {
            // A text this short is found in any sentence; it is hidden only where it is what was found.
            if text.chars().count() < SHORT && problem.found.as_ref() != Some(text) {
                continue;
            }
            let hide = |said: &mut String| {
                if said.contains(text.as_str()) {
                    *said = said.replace(text.as_str(), MASK);
                }
            };
            hide(&mut problem.zh);
            hide(&mut problem.en);
            problem.found.as_mut().map(hide);
            problem.expected.as_mut().map(hide);
        }
    }
}

/// A kept entry as it may be shown: whatever it says of a sealed place is masked.
pub(crate) fn entry(map: &Map, entry: &Value) -> Value {
    let mut shown = entry.clone();
    let at = entry.get("at").and_then(Value::as_str).unwrap_or_default();
    let own = at.rsplit('/').next().and_then(|step| step.split('[').next()).unwrap_or_default();
    let own = own.trim_start_matches('@').rsplit(':').next().unwrap_or_default();
    let below = map.sealed.contains(own);
    for key in ["as", "while", "node"] {
        if let Some(value) = shown.get_mut(key) {
            hide(map, value, below);
        }
    }
    shown
}

fn hide(map: &Map, value: &mut Value, sealed: bool) {
    match value {
        Value::String(text) if sealed => MASK.clone_into(text),
        Value::Object(members) => {
            for (name, member) in members {
                hide(map, member, sealed || map.sealed.contains(name.as_str()));
            }
        }
        // An XML node: its name, then its attributes and content.
        Value::Array(items) => {
            let name = items.first().and_then(Value::as_str).and_then(|name| name.rsplit([':', '}']).next());
            let sealed = sealed || name.is_some_and(|name| map.sealed.contains(name));
            let named = items.len() > 1 && items[0].is_string();
            items.iter_mut().skip(usize::from(named)).for_each(|item| hide(map, item, sealed));
        }
        _ => {}
    }
}
