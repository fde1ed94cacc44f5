//! The ids of a document, when all of it is in hand: each stands once, each reference meets one, wanted ones are made.

use std::collections::HashSet;

use crate::mapping::steps::Wrong;
use crate::mapping::steps::ident::Id;
use crate::wire::tree::{NodeId, NodeKind, Tree};

/// What values said of ids, where they stand, and the problem of each that would turn out wrong.
#[derive(Debug)]
pub(crate) struct Ids<P>(Vec<(NodeId, Id, P)>);

impl<P> Default for Ids<P> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

/// What is wrong with an id that stands twice, or a reference that meets none.
pub(crate) fn wrong(id: &Id) -> Wrong {
    match id {
        Id::Meets(_) => Wrong::new("no-such-id", "文档中已有的标识", "an id that the document has"),
        _ => Wrong::new("id-twice", "文档内不重复的标识", "an id that stands once in the document"),
    }
}

impl<P> Ids<P> {
    /// Adds what a value said.
    pub(crate) fn add(&mut self, node: NodeId, id: Id, problem: P) {
        self.0.push((node, id, problem));
    }

    /// Gives every wanted id the first free number.
    pub(crate) fn make(&mut self, tree: &mut Tree) {
        let mut taken: HashSet<String> =
            self.0.iter().filter_map(|(_, id, _)| is(id)).map(str::to_owned).collect();
        let mut next = 1_usize;
        for (node, id, _) in &mut self.0 {
            let Id::Wanted(prefix) = &*id else { continue };
            let made = loop {
                let made = format!("{prefix}{next}");
                next += 1;
                if taken.insert(made.clone()) {
                    break made;
                }
            };
            tree.set_text(*node, &made);
            *id = Id::Is(made);
        }
    }

    /// The problems of ids that stand twice and of references that meet none. An id that no row reads counts, too, if
    /// it stands under a name where rows read ids.
    pub(crate) fn wrong(self, tree: &Tree) -> Vec<P> {
        let mut known: HashSet<String> = HashSet::new();
        let mut names: HashSet<(NodeKind, String)> = HashSet::new();
        let (mut problems, mut meets) = (Vec::new(), Vec::new());
        for (node, id, problem) in self.0 {
            match id {
                Id::Is(text) => {
                    names.insert((tree.kind(node), tree.local(node).to_owned()));
                    if !known.insert(text) {
                        problems.push(problem);
                    }
                }
                Id::Meets(text) => meets.push((text, problem)),
                Id::Wanted(_) => {}
            }
        }
        meets.retain(|(text, _)| !known.contains(text));
        if !meets.is_empty() {
            let others = unread(tree, &names);
            problems.extend(meets.into_iter().filter(|(text, _)| !others.contains(text)).map(|(_, p)| p));
        }
        problems
    }
}

fn is(id: &Id) -> Option<&str> {
    match id {
        Id::Is(text) => Some(text),
        _ => None,
    }
}

/// The texts of all nodes under these names.
fn unread(tree: &Tree, names: &HashSet<(NodeKind, String)>) -> HashSet<String> {
    let mut todo: Vec<NodeId> = tree.root().into_iter().collect();
    let mut found = HashSet::new();
    while let Some(node) = todo.pop() {
        if names.contains(&(tree.kind(node), tree.local(node).to_owned())) {
            found.insert(tree.text(node).to_owned());
        }
        todo.extend(tree.children(node));
    }
    found
}
