//! A first, quick look at a document: most are valid, and for these the full validator need not be asked.
//!
//! Promise: [`Answer::Valid`] is said only of a document that XML Schema 1.0 surely accepts; of every other, and of
//! all that lies outside the subset compiled in [`build`], it says [`Answer::Unsure`], and the full validator judges
//! and words the problems. Content models are deterministic (part 1, section 3.8.6), so one greedy pass is enough;
//! nothing is tried twice, and expressions are compiled with the schema.

mod build;
mod leaf;
#[cfg(test)]
mod tests;

use crate::wire::tree::{NodeId, NodeKind, Tree};
use leaf::Leaf;

/// What the quick look tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// The document is valid.
    Valid,
    /// It may be; the full validator knows.
    Unsure,
}

/// The part of a schema that can be judged quickly.
#[derive(Debug)]
pub(super) struct Quick {
    types: Vec<Type>,
    roots: Vec<(Name, usize)>,
}

/// An expanded name.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Name {
    namespace: String,
    local: String,
}

#[derive(Clone, Debug)]
enum Type {
    /// Outside the subset.
    Unknown,
    Simple(Leaf),
    Complex {
        attributes: Vec<Attribute>,
        content: Content,
    },
}

#[derive(Clone, Debug)]
struct Attribute {
    name: Name,
    required: bool,
    /// None: its values cannot be judged.
    leaf: Option<Leaf>,
}

#[derive(Clone, Debug)]
enum Content {
    Empty,
    Simple(Leaf),
    Elements(Particle),
}

#[derive(Clone, Debug)]
struct Particle {
    least: u32,
    most: u32,
    term: Term,
}

#[derive(Clone, Debug)]
enum Term {
    Element(Name, usize),
    Sequence(Vec<Particle>),
    Choice(Vec<Particle>),
    All(Vec<Particle>),
}

/// What became of a particle at a place in a list of children.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    /// It took at least one child.
    Took,
    /// It is satisfied with none.
    Empty,
    /// It needs a child that is not there; none was taken.
    Stuck,
    /// Not surely valid.
    Failed,
}

impl Quick {
    /// Looks at a document.
    pub(super) fn ask(&self, tree: &Tree) -> Answer {
        let valid = tree.root().is_some_and(|root| {
            let of = self.roots.iter().find(|(name, _)| is(tree, root, name));
            of.is_some_and(|(_, of)| self.element(tree, root, *of))
        });
        if valid { Answer::Valid } else { Answer::Unsure }
    }

    /// Whether an element is surely valid. Its depth is bounded by the reader's limit.
    fn element(&self, tree: &Tree, node: NodeId, of: usize) -> bool {
        let mut next = tree.children(node).next();
        let (attributes, content) = match &self.types[of] {
            Type::Unknown => return false,
            Type::Simple(leaf) => return next.is_none() && leaf.holds(tree.text(node)),
            Type::Complex { attributes, content } => (attributes, content),
        };
        let mut required = attributes.iter().filter(|attribute| attribute.required).count();
        while let Some(child) = next.filter(|child| tree.kind(*child) == NodeKind::Attribute) {
            let Some(known) = attributes.iter().find(|known| is(tree, child, &known.name)) else {
                return false;
            };
            if !known.leaf.as_ref().is_some_and(|leaf| leaf.holds(tree.text(child))) {
                return false;
            }
            // The reader refuses a name that stands twice; a tree that is to be written may hold one.
            let mut before = tree.children(node).take_while(|earlier| *earlier != child);
            if before.any(|earlier| tree.name(earlier) == tree.name(child)) {
                return false;
            }
            required -= usize::from(known.required);
            next = tree.following(child);
        }
        if required > 0 {
            return false;
        }
        match content {
            Content::Empty => next.is_none() && tree.text(node).is_empty(),
            Content::Simple(leaf) => next.is_none() && leaf.holds(tree.text(node)),
            Content::Elements(particle) => {
                // Layout between children has no node; an element without children keeps its text.
                tree.text(node).bytes().all(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'))
                    && matches!(self.particle(tree, &mut next, particle), Step::Took | Step::Empty)
                    && next.is_none()
            }
        }
    }

    fn particle(&self, tree: &Tree, next: &mut Option<NodeId>, particle: &Particle) -> Step {
        let mut count = 0;
        while count < particle.most {
            match self.term(tree, next, &particle.term) {
                Step::Took => count += 1,
                Step::Failed => return Step::Failed,
                // What holds of one empty turn holds of all that are still due.
                Step::Empty => return if count == 0 { Step::Empty } else { Step::Took },
                Step::Stuck => break,
            }
        }
        match (count >= particle.least, count) {
            (true, 0) => Step::Empty,
            (true, _) => Step::Took,
            (false, 0) => Step::Stuck,
            (false, _) => Step::Failed,
        }
    }

    /// One turn of a term.
    fn term(&self, tree: &Tree, next: &mut Option<NodeId>, term: &Term) -> Step {
        match term {
            Term::Element(name, of) => {
                let here = next.filter(|n| tree.kind(*n) == NodeKind::Element && is(tree, *n, name));
                let Some(node) = here else { return Step::Stuck };
                if !self.element(tree, node, *of) {
                    return Step::Failed;
                }
                *next = tree.following(node);
                Step::Took
            }
            Term::Sequence(particles) => {
                let mut told = Step::Empty;
                for particle in particles {
                    match self.particle(tree, next, particle) {
                        Step::Took => told = Step::Took,
                        Step::Empty => {}
                        Step::Stuck if told == Step::Empty => return Step::Stuck,
                        Step::Stuck | Step::Failed => return Step::Failed,
                    }
                }
                told
            }
            Term::Choice(particles) => {
                let mut told = Step::Stuck;
                for particle in particles {
                    match self.particle(tree, next, particle) {
                        Step::Stuck => {}
                        Step::Empty => told = Step::Empty,
                        done => return done,
                    }
                }
                told
            }
            Term::All(particles) => self.all(tree, next, particles),
        }
    }

    /// Each at most once, in any order; [`build`] sees to it that there are no more than 64.
    fn all(&self, tree: &Tree, next: &mut Option<NodeId>, particles: &[Particle]) -> Step {
        let mut seen = 0_u64;
        loop {
            let before = seen;
            for (index, particle) in particles.iter().enumerate() {
                if seen & (1 << index) != 0 {
                    continue;
                }
                match self.particle(tree, next, particle) {
                    Step::Took => seen |= 1 << index,
                    Step::Failed => return Step::Failed,
                    Step::Empty | Step::Stuck => {}
                }
            }
            if seen == before {
                break;
            }
        }
        let missing = particles.iter().enumerate().any(|(index, p)| p.least > 0 && seen & (1 << index) == 0);
        match (missing, seen) {
            (true, 0) => Step::Stuck,
            (true, _) => Step::Failed,
            (false, 0) => Step::Empty,
            (false, _) => Step::Took,
        }
    }
}

fn is(tree: &Tree, node: NodeId, name: &Name) -> bool {
    let (namespace, local) = tree.expanded(tree.name(node));
    local == name.local && namespace == name.namespace
}
