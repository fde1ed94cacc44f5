//! Which child as written stands for which as it came, where they do not agree one by one.
//!
//! Promise: a thousand children on either side cost a few thousand looks.

use std::collections::{HashMap, HashSet};

use crate::mapping::keep::{Walk, mark};
use crate::wire::tree::{NodeId, NodeKind, Sym};

impl Walk<'_> {
    /// The node as written that stands for each as it came: the first free one that fits.
    pub(super) fn partners(&self, lefts: &[NodeId], rights: &[NodeId]) -> Vec<Option<NodeId>> {
        let mut free = Free::of(self, rights);
        let mut ahead = HashMap::new();
        for left in lefts {
            *ahead.entry(self.sort(*left, &self.pair.came)).or_insert(0_usize) += 1;
        }
        let mut partner = Vec::with_capacity(lefts.len());
        for (index, left) in lefts.iter().enumerate() {
            let sort = self.sort(*left, &self.pair.came);
            ahead.entry(sort).and_modify(|count| *count -= 1);
            let found = free.find(self, *left).filter(|at| {
                if !self.blank(*left) || self.blank(rights[*at]) {
                    return true;
                }
                // Of several alike, a blank one stands for nothing in the record.
                let (more, left_over) = if self.pair.assigned.is_empty() && sort.mark.is_none() {
                    (ahead[&sort], free.count(sort))
                } else {
                    let more = lefts[index + 1..].iter().filter(|l| self.fits(**l, rights[*at])).count();
                    let free =
                        rights.iter().enumerate().filter(|(i, r)| free.is(*i) && self.fits(*left, **r));
                    (more, free.count())
                };
                more < left_over
            });
            if let Some(at) = found {
                free.take(self, at);
            }
            partner.push(found.map(|at| rights[at]));
        }
        partner
    }

    fn sort(&self, node: NodeId, marks: &[(NodeId, u32)]) -> Sort {
        let class = match self.pair.tree.kind(node) {
            kind @ (NodeKind::Attribute | NodeKind::Text) => Some(kind),
            _ => None,
        };
        Sort { name: self.pair.tree.name(node), class, mark: mark(marks, node) }
    }
}

/// What nodes agree in that may stand for each other.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Sort {
    name: Sym,
    /// An attribute or text; `None` for all others, which may be forms of one thing.
    class: Option<NodeKind>,
    mark: Option<u32>,
}

/// Nodes as written that stand for none as it came yet, by their sort.
struct Free<'r> {
    rights: &'r [NodeId],
    open: Vec<bool>,
    sorts: HashMap<Sort, Queue>,
    /// Names under which there is a list: a lone value may stand for it, whatever its mark.
    lists: HashSet<Sym>,
}

/// Places among the nodes, in order; those before `next` are taken.
#[derive(Default)]
struct Queue {
    places: Vec<usize>,
    next: usize,
    left: usize,
}

impl<'r> Free<'r> {
    fn of(walk: &Walk<'_>, rights: &'r [NodeId]) -> Self {
        let mut sorts: HashMap<Sort, Queue> = HashMap::new();
        let mut lists = HashSet::new();
        for (place, right) in rights.iter().enumerate() {
            let sort = walk.sort(*right, &walk.pair.written);
            let queue = sorts.entry(sort).or_default();
            queue.places.push(place);
            queue.left += 1;
            if walk.pair.tree.kind(*right) == NodeKind::Array {
                lists.insert(sort.name);
            }
        }
        Self { rights, open: vec![true; rights.len()], sorts, lists }
    }

    /// The first that fits.
    fn find(&mut self, walk: &Walk<'_>, left: NodeId) -> Option<usize> {
        let sort = walk.sort(left, &walk.pair.came);
        let (rights, open) = (self.rights, &self.open);
        let fits = |at: &usize| open[*at] && walk.fits(left, rights[*at]);
        if self.lists.contains(&sort.name) || walk.pair.tree.kind(left) == NodeKind::Array {
            return (0..rights.len()).find(fits);
        }
        let queue = self.sorts.get_mut(&sort)?;
        while queue.places.get(queue.next).is_some_and(|at| !open[*at]) {
            queue.next += 1;
        }
        queue.places[queue.next..].iter().copied().find(fits)
    }

    fn is(&self, at: usize) -> bool {
        self.open[at]
    }

    fn count(&self, sort: Sort) -> usize {
        self.sorts.get(&sort).map_or(0, |queue| queue.left)
    }

    fn take(&mut self, walk: &Walk<'_>, at: usize) {
        self.open[at] = false;
        if let Some(queue) = self.sorts.get_mut(&walk.sort(self.rights[at], &walk.pair.written)) {
            queue.left -= 1;
        }
    }
}
