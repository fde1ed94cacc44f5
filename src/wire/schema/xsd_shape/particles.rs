//! What a complex type holds: particles → children, attribute uses → attributes.
//!
//! Promise: whether a child is required, may repeat, and where it stands among its siblings is told as wide as the
//! content model allows: of an alternative nothing is required, in a repeated group all share one rank, and any member
//! of a substitution group may stand for its head.

use super::is_true;
use super::{Builder, GROUPS};
use crate::wire::schema::shape::{Child, Type};
use crate::wire::tree::NodeId;

/// How often the particles at hand may stand.
#[derive(Clone, Copy)]
pub(super) struct Occurs {
    required: bool,
    repeats: bool,
    /// The rank that all particles share, in a repeated group.
    rank: Option<u32>,
}

impl Occurs {
    /// Exactly once.
    pub(super) const ONCE: Self = Self { required: true, repeats: false, rank: None };

    /// The same for particles below; where they share one rank, it is a new one unless they have one already.
    fn below(self, share: bool, rank: &mut u32) -> Self {
        if share && self.rank.is_none() {
            *rank += 1;
            return Self { rank: Some(*rank), ..self };
        }
        self
    }
}

impl Builder<'_> {
    #[expect(clippy::too_many_arguments, reason = "one step of a recursion that carries its surroundings")]
    pub(super) fn particle(
        &mut self,
        file: usize,
        node: NodeId,
        word: &str,
        outer: Occurs,
        into: &mut Type,
        rank: &mut u32,
        depth: usize,
    ) {
        let documents = self.documents;
        let document = &documents[file];
        self.budget = self.budget.saturating_sub(1);
        let given_up = depth > GROUPS || self.budget == 0;
        if given_up || document.attribute(node, "maxOccurs") == Some("0") {
            if given_up {
                into.open_up();
                into.chooses = true;
            }
            return;
        }
        let repeated = document.attribute(node, "maxOccurs").is_some_and(|most| most != "1");
        let own = Occurs {
            required: outer.required && document.attribute(node, "minOccurs") != Some("0"),
            repeats: outer.repeats || repeated,
            rank: outer.rank,
        };
        match word {
            "element" => self.child(file, node, own, into, rank),
            "any" => {
                into.chooses |= own.required;
                self.wildcard(file, node, into);
                *rank += 1;
            }
            "group" => {
                let target = document
                    .attribute(node, "ref")
                    .and_then(|name| self.names.find("group", file, node, name));
                let Some((file, target)) = target else { return };
                for (child, word) in documents[file].words(target) {
                    let inner = own.below(repeated, rank);
                    self.particle(file, child, word, inner, into, rank, depth + 1);
                }
            }
            "sequence" | "choice" | "all" => {
                into.chooses |= word == "choice" && own.required && self.must_choose(file, node);
                // `all` has no order, and the alternatives of a repeated group may take turns.
                let mut inner = own.below(repeated || word == "all", rank);
                inner.required &=
                    word != "choice" || document.words(node).filter(|(_, w)| *w != "annotation").count() == 1;
                for (child, word) in document.words(node) {
                    self.particle(file, child, word, inner, into, rank, depth + 1);
                }
            }
            _ => {}
        }
    }

    /// Whether a choice is between several of which each must be there. Of alternatives that are groups that is taken
    /// for granted.
    fn must_choose(&self, file: usize, node: NodeId) -> bool {
        let document = &self.documents[file];
        let alternatives: Vec<_> =
            document.words(node).filter(|(_, word)| *word != "annotation").map(|(child, _)| child).collect();
        let may = |child: &NodeId| document.attribute(*child, "minOccurs") == Some("0");
        alternatives.len() > 1 && !alternatives.iter().any(may)
    }

    /// An element particle, or those that may stand for it.
    fn child(&mut self, file: usize, node: NodeId, occurs: Occurs, into: &mut Type, rank: &mut u32) {
        let rank = occurs.rank.unwrap_or_else(|| {
            *rank += 1;
            *rank
        });
        let document = &self.documents[file];
        let line = document.tree.place(node).0;
        let Some(reference) = document.attribute(node, "ref") else {
            let namespace = self.form(file, node, "elementFormDefault");
            let name = document.attribute(node, "name").unwrap_or_default().to_owned();
            let of = self.element_type(file, node);
            let Occurs { required, repeats, .. } = occurs;
            let nillable = is_true(document.attribute(node, "nillable"));
            push(
                &mut into.children,
                Child { namespace, name, of, required, repeats, rank, line, file, nillable, filled: false },
            );
            return;
        };
        let Some(target) = self.names.find("element", file, node, reference) else {
            into.open_up();
            return;
        };
        let mut candidates = vec![target];
        let mut next = 0;
        while let Some((file, node)) = candidates.get(next).copied() {
            next += 1;
            let name = self.documents[file].attribute(node, "name").unwrap_or_default().to_owned();
            for member in self.names.members(&self.names.targets[file], &name) {
                if !candidates.contains(member) {
                    candidates.push(*member);
                }
            }
        }
        let alone = candidates.len() == 1;
        into.chooses |= occurs.required && !alone;
        for (target_file, target) in candidates {
            let declared = &self.documents[target_file];
            if declared.attribute(target, "abstract") == Some("true") {
                continue;
            }
            let name = declared.attribute(target, "name").unwrap_or_default().to_owned();
            let namespace = self.names.targets[target_file].clone();
            let of = self.element_type(target_file, target);
            let required = occurs.required && alone;
            let nillable = is_true(declared.attribute(target, "nillable"));
            push(
                &mut into.children,
                Child {
                    namespace,
                    name,
                    of,
                    required,
                    repeats: occurs.repeats,
                    rank,
                    line,
                    file,
                    nillable,
                    filled: false,
                },
            );
        }
    }

    pub(super) fn attribute(&mut self, file: usize, node: NodeId, into: &mut Type) {
        let document = &self.documents[file];
        let required = document.attribute(node, "use") == Some("required");
        let line = document.tree.place(node).0;
        let (target_file, target, namespace) = match document.attribute(node, "ref") {
            None => (file, node, self.form(file, node, "attributeFormDefault")),
            Some(reference) => {
                let Some((file, node)) = self.names.find("attribute", file, node, reference) else {
                    // `xml:lang` and its like, whose schema need not be given.
                    let (namespace, name) = self.names.expand(file, node, reference);
                    let of = self.fresh(Type { leaf: true, ..Type::default() });
                    let child = Child {
                        namespace,
                        name,
                        of,
                        required,
                        repeats: false,
                        rank: 0,
                        line,
                        file,
                        nillable: false,
                        filled: false,
                    };
                    push(&mut into.attributes, child);
                    return;
                };
                (file, node, self.names.targets[file].clone())
            }
        };
        let declared = &self.documents[target_file];
        let name = declared.attribute(target, "name").unwrap_or_default().to_owned();
        if document.attribute(node, "use") == Some("prohibited") {
            into.attributes.retain(|a| a.name != name || a.namespace != namespace);
            return;
        }
        let of = match declared.attribute(target, "type") {
            Some(type_name) => self.named_type(target_file, target, type_name),
            None => match declared.words(target).find(|(_, word)| *word == "simpleType") {
                Some((inline, _)) => self.declared_type(target_file, inline),
                None => self.fresh(Type { leaf: true, ..Type::default() }),
            },
        };
        push(
            &mut into.attributes,
            Child {
                namespace,
                name,
                of,
                required,
                repeats: false,
                rank: 0,
                line,
                file,
                nillable: false,
                filled: false,
            },
        );
    }

    /// The namespace of a local declaration.
    fn form(&self, file: usize, node: NodeId, default: &str) -> String {
        let document = &self.documents[file];
        // A global declaration reached here is always qualified.
        let global = document.tree.parent(node) == document.tree.root();
        let schema = document.tree.root();
        let form = document
            .attribute(node, "form")
            .or_else(|| schema.and_then(|root| document.attribute(root, default)));
        if global || form == Some("qualified") { self.names.targets[file].clone() } else { String::new() }
    }
}

/// Adds a child; a second particle of the same name makes it repeatable.
fn push(children: &mut Vec<Child>, child: Child) {
    match children.iter_mut().find(|c| c.name == child.name && c.namespace == child.namespace) {
        // In a choice the two never stand together, but a sequence may hold both: the wider of the two.
        Some(known) if known.rank != child.rank => {
            known.repeats = true;
            known.required |= child.required;
        }
        Some(known) => known.required &= child.required,
        None => children.push(child),
    }
}
