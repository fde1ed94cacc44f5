//! When the validator falls: what a document is told over which the library panics.
//!
//! Promise: such a document is refused, at the value that made the library fall where that can be told, and nobody else
//! is touched by it. It takes a value that nobody would send in earnest: a date with a lower bound and Chinese
//! characters in it is one.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::domain::problem::Problem;
use crate::wire::tree::{NodeId, NodeKind, Tree};

/// Above this many bytes the value is not looked for, which takes as many judgements as the length has binary digits:
/// twenty of a document of 256 KiB take a tenth of a second, and nobody may make us work longer than that.
const LONGEST: usize = 256 * 1024;

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread stands ready for a panic: whoever reports panics has nothing to say of it.
#[must_use]
pub fn is_guarded() -> bool {
    GUARDED.get()
}

/// What `work` gives; nothing if it panics.
pub(super) fn guarded<T>(work: impl FnOnce() -> T) -> Option<T> {
    let before = GUARDED.replace(true);
    // What `work` borrows is only read.
    let done = catch_unwind(AssertUnwindSafe(work));
    GUARDED.set(before);
    done.ok()
}

/// The problem of a document over which the validator fell. `falls` tells whether it falls over this beginning of
/// `text`, which stands `skip` bytes into the document.
pub(super) fn problem(text: &[u8], skip: usize, tree: &Tree, falls: impl Fn(&[u8]) -> bool) -> Problem {
    tracing::warn!(bytes = text.len(), "the schema validator fell over a document, which is refused");
    let problem = Problem::new(
        "schema-validator",
        "校验器无法判断该值",
        "the validator cannot judge this value: it is of no form it knows",
    );
    let node = (text.len() <= LONGEST).then(|| last_begun(tree, skip + shortest(text, falls))).flatten();
    let Some(node) = node.or_else(|| tree.root()) else { return problem };
    let (line, column) = tree.place(node);
    problem.with_place(line, column).with_path(tree.path(node)).with_found(tree.text(node))
}

/// The length of the shortest beginning over which it falls; whatever goes on behind it changes nothing.
fn shortest(text: &[u8], falls: impl Fn(&[u8]) -> bool) -> usize {
    let (mut stands, mut fallen) = (0, text.len());
    while fallen - stands > 1 {
        let middle = stands.midpoint(fallen);
        if falls(&text[..middle]) {
            fallen = middle;
        } else {
            stands = middle;
        }
    }
    fallen
}

/// The last element that begins before a byte of the document.
fn last_begun(tree: &Tree, before: usize) -> Option<NodeId> {
    let mut here = tree.root()?;
    loop {
        let begun = |n: &NodeId| tree.kind(*n) == NodeKind::Element && tree.offset(*n) < before;
        match tree.children(here).filter(begun).last() {
            Some(child) => here = child,
            None => return Some(here),
        }
    }
}
