//! XML Schema → [`Quick`].
//!
//! Promise: only what is wholly understood is compiled; a type or an element with anything else is
//! [`Type::Unknown`], and so is every document that reaches it. Unknown are: identity constraints, fixed values and
//! defaults, nillable and abstract declarations, mixed content, restriction of complex content, lists, unions, types
//! and facets not named here.

use std::collections::HashMap;

use super::leaf::{Facets, Kind, Leaf, Space, number};
use super::{Attribute, Content, Name, Particle, Quick, Term, Type};
use crate::wire::schema::names::{Names, Place};
use crate::wire::schema::pattern::exact_xsd;
use crate::wire::schema::source::{Document, XS};
use crate::wire::tree::NodeId;

/// How deep groups and derivations may lead: 32, a guard against those that go round in circles.
const DEPTH: usize = 32;

/// Particles in all: 50,000, above the largest real schema; groups that double at each step stop here.
const PARTICLES: usize = 50_000;

/// The type that is known to be unknown.
const UNKNOWN: usize = 0;

impl Quick {
    /// Compiles the files of a schema.
    pub(in crate::wire::schema) fn new(documents: &[Document], names: &Names) -> Self {
        let mut builder = Builder {
            documents,
            names,
            types: vec![Type::Unknown],
            known: HashMap::new(),
            budget: PARTICLES,
        };
        let mut roots = Vec::new();
        for (file, document) in documents.iter().enumerate() {
            let Some(schema) = document.tree.root() else { continue };
            for (node, _) in document.words(schema).filter(|(_, word)| *word == "element") {
                roots.push((builder.global(file, node), builder.element_type(file, node)));
            }
        }
        Self { types: builder.types, roots }
    }
}

struct Builder<'d> {
    documents: &'d [Document],
    names: &'d Names<'d>,
    types: Vec<Type>,
    /// Types already begun, by their declaration.
    known: HashMap<Place, usize>,
    budget: usize,
}

/// Whether a boolean attribute of a declaration is absent or false.
fn off(document: &Document, node: NodeId, name: &str) -> bool {
    matches!(document.attribute(node, name), None | Some("false" | "0"))
}

/// Whether a declaration has neither a fixed value nor a default.
fn free(document: &Document, node: NodeId) -> bool {
    document.attribute(node, "fixed").is_none() && document.attribute(node, "default").is_none()
}

impl Builder<'_> {
    fn global(&self, file: usize, node: NodeId) -> Name {
        let local = self.documents[file].attribute(node, "name").unwrap_or_default().to_owned();
        Name { namespace: self.names.targets[file].clone(), local }
    }

    /// The name of a local declaration.
    fn local(&self, file: usize, node: NodeId, default: &str) -> Name {
        let document = &self.documents[file];
        let form = document
            .attribute(node, "form")
            .or_else(|| document.tree.root().and_then(|root| document.attribute(root, default)));
        let mut name = self.global(file, node);
        if form != Some("qualified") {
            name.namespace.clear();
        }
        name
    }

    fn element_type(&mut self, file: usize, node: NodeId) -> usize {
        let documents = self.documents;
        let document = &documents[file];
        let plain =
            off(document, node, "abstract") && off(document, node, "nillable") && free(document, node);
        let known = |word| matches!(word, "annotation" | "complexType" | "simpleType");
        if !plain || !document.words(node).all(|(_, word)| known(word)) {
            return UNKNOWN;
        }
        let inline = document.words(node).find(|(_, word)| *word != "annotation");
        match (document.attribute(node, "type"), inline) {
            (Some(name), None) => match self.names.find("type", file, node, name) {
                Some((file, node)) => self.declared_type(file, node),
                None => match self.named_leaf(file, node, name, 0) {
                    Some(leaf) => self.push(Type::Simple(leaf)),
                    None => UNKNOWN,
                },
            },
            (None, Some((inline, _))) => self.declared_type(file, inline),
            _ => UNKNOWN,
        }
    }

    fn push(&mut self, new: Type) -> usize {
        self.types.push(new);
        self.types.len() - 1
    }

    fn declared_type(&mut self, file: usize, node: NodeId) -> usize {
        if let Some(known) = self.known.get(&(file, node)) {
            return *known;
        }
        let id = self.push(Type::Unknown);
        self.known.insert((file, node), id);
        let built = if self.documents[file].word(node) == Some("simpleType") {
            self.leaf(file, node, 0).map(Type::Simple)
        } else {
            self.complex(file, node, 0).map(|(attributes, content)| Type::Complex { attributes, content })
        };
        if let Some(built) = built {
            self.types[id] = built;
        }
        id
    }

    /// A complex type, or an extension in one: its attributes and its content.
    fn complex(&mut self, file: usize, node: NodeId, depth: usize) -> Option<(Vec<Attribute>, Content)> {
        let documents = self.documents;
        let document = &documents[file];
        if depth > DEPTH || !off(document, node, "mixed") || !off(document, node, "abstract") {
            return None;
        }
        let (mut attributes, mut content) = (Vec::new(), Content::Empty);
        for (child, word) in document.words(node) {
            match word {
                "annotation" | "anyAttribute" => {}
                "attribute" => self.attribute(file, child, &mut attributes)?,
                "attributeGroup" => self.attribute_group(file, child, &mut attributes, depth)?,
                "simpleContent" | "complexContent" => {
                    (attributes, content) = self.extension(file, child, word, depth)?;
                }
                "sequence" | "choice" | "all" | "group" => {
                    if let Some(particle) = self.particle(file, child, word, depth)? {
                        content = Content::Elements(particle);
                    }
                }
                _ => return None,
            }
        }
        Some((attributes, content))
    }

    fn extension(
        &mut self,
        file: usize,
        node: NodeId,
        word: &str,
        depth: usize,
    ) -> Option<(Vec<Attribute>, Content)> {
        let documents = self.documents;
        let document = &documents[file];
        let (derivation, _) = document.words(node).find(|(_, w)| *w != "annotation")?;
        if document.word(derivation) != Some("extension") || !off(document, node, "mixed") {
            return None;
        }
        let base = document.attribute(derivation, "base")?;
        let complex = self
            .names
            .find("type", file, derivation, base)
            .filter(|(file, node)| documents[*file].word(*node) == Some("complexType"));
        let (mut attributes, inherited) = match complex {
            // An abstract base is left out, though it may be extended.
            Some((file, node)) => self.complex(file, node, depth + 1)?,
            None => (Vec::new(), Content::Simple(self.named_leaf(file, derivation, base, depth)?)),
        };
        if (word == "simpleContent") != matches!(inherited, Content::Simple(_)) {
            return None;
        }
        let (own_attributes, own) = self.complex(file, derivation, depth + 1)?;
        for attribute in own_attributes {
            add(&mut attributes, attribute)?;
        }
        let content = match (inherited, own) {
            (inherited, Content::Empty) => inherited,
            (Content::Empty, own) => own,
            (Content::Elements(first), Content::Elements(second)) => {
                Content::Elements(Particle { least: 1, most: 1, term: Term::Sequence(vec![first, second]) })
            }
            _ => return None,
        };
        Some((attributes, content))
    }

    fn attribute_group(
        &mut self,
        file: usize,
        node: NodeId,
        into: &mut Vec<Attribute>,
        depth: usize,
    ) -> Option<()> {
        let documents = self.documents;
        let name = documents[file].attribute(node, "ref")?;
        let (file, group) = self.names.find("attributeGroup", file, node, name)?;
        let (attributes, _) = self.complex(file, group, depth + 1)?;
        attributes.into_iter().try_for_each(|attribute| add(into, attribute))
    }

    fn attribute(&mut self, file: usize, node: NodeId, into: &mut Vec<Attribute>) -> Option<()> {
        let documents = self.documents;
        let document = &documents[file];
        let required = match document.attribute(node, "use") {
            None | Some("optional") => false,
            Some("required") => true,
            // What may not stand is unknown where it stands.
            Some("prohibited") => return Some(()),
            Some(_) => return None,
        };
        let (name, target_file, target) = match document.attribute(node, "ref") {
            None => (self.local(file, node, "attributeFormDefault"), file, node),
            Some(reference) => match self.names.find("attribute", file, node, reference) {
                Some((file, node)) => (self.global(file, node), file, node),
                // `xml:lang` and its like: unknown where it stands.
                None => return (!required).then_some(()),
            },
        };
        let declared = &documents[target_file];
        let inline = declared.words(target).find(|(_, word)| *word == "simpleType");
        let leaf = match (declared.attribute(target, "type"), inline) {
            _ if !free(document, node) || !free(declared, target) => None,
            (Some(name), None) => self.named_leaf(target_file, target, name, 0),
            (None, Some((inline, _))) => self.leaf(target_file, inline, 0),
            _ => None,
        };
        add(into, Attribute { name, required, leaf })
    }

    /// A particle, or none where it stands for nothing; the outer `None`: outside the subset.
    #[expect(
        clippy::option_option,
        reason = "unknown and absent are two things, and `?` wants the outer one"
    )]
    fn particle(&mut self, file: usize, node: NodeId, word: &str, depth: usize) -> Option<Option<Particle>> {
        let documents = self.documents;
        let document = &documents[file];
        self.budget = self.budget.checked_sub(1)?;
        if depth > DEPTH {
            return None;
        }
        let least = document.attribute(node, "minOccurs").map_or(Some(1), |text| text.parse().ok())?;
        let most = match document.attribute(node, "maxOccurs") {
            None => 1,
            Some("unbounded") => u32::MAX,
            Some(text) => text.parse().ok()?,
        };
        if most == 0 {
            return Some(None);
        }
        let term = match word {
            "element" => self.element(file, node)?,
            "any" => return (least == 0).then_some(None),
            "group" => {
                let (file, group) = self.names.find("group", file, node, document.attribute(node, "ref")?)?;
                let (model, word) = documents[file].words(group).find(|(_, word)| *word != "annotation")?;
                match self.particle(file, model, word, depth + 1)? {
                    Some(particle) => Term::Sequence(vec![particle]),
                    None => return Some(None),
                }
            }
            "sequence" | "choice" | "all" => {
                let mut particles = Vec::new();
                for (child, inner) in document.words(node).filter(|(_, word)| *word != "annotation") {
                    match self.particle(file, child, inner, depth + 1)? {
                        Some(particle) if word != "all" || particle.most == 1 => particles.push(particle),
                        None if word != "choice" => {}
                        // An alternative that stands for nothing makes the choice one that may take nothing.
                        _ => return None,
                    }
                }
                match word {
                    "sequence" => Term::Sequence(particles),
                    "choice" => Term::Choice(particles),
                    _ if particles.len() <= 64 => Term::All(particles),
                    _ => return None,
                }
            }
            _ => return None,
        };
        Some(Some(Particle { least, most, term }))
    }

    fn element(&mut self, file: usize, node: NodeId) -> Option<Term> {
        let documents = self.documents;
        let Some(reference) = documents[file].attribute(node, "ref") else {
            return Some(Term::Element(
                self.local(file, node, "elementFormDefault"),
                self.element_type(file, node),
            ));
        };
        // Members of its substitution group are not taken, which leaves them over.
        let (file, target) = self.names.find("element", file, node, reference)?;
        Some(Term::Element(self.global(file, target), self.element_type(file, target)))
    }

    fn named_leaf(&self, file: usize, node: NodeId, name: &str, depth: usize) -> Option<Leaf> {
        if let Some((file, node)) = self.names.find("type", file, node, name) {
            return self.leaf(file, node, depth + 1);
        }
        let (namespace, local) = self.names.expand(file, node, name);
        if namespace == XS { Leaf::built_in(&local) } else { None }
    }

    fn leaf(&self, file: usize, node: NodeId, depth: usize) -> Option<Leaf> {
        let document = &self.documents[file];
        if depth > DEPTH || document.word(node) != Some("simpleType") {
            return None;
        }
        let (restriction, word) = document.words(node).find(|(_, word)| *word != "annotation")?;
        if word != "restriction" {
            return None;
        }
        let mut leaf = self.named_leaf(file, restriction, document.attribute(restriction, "base")?, depth)?;
        let mut facets = Facets::default();
        for (node, word) in document.words(restriction).filter(|(_, word)| *word != "annotation") {
            facet(&mut leaf, &mut facets, word, document.attribute(node, "value")?)?;
        }
        leaf.steps.push(facets);
        Some(leaf)
    }
}

fn add(attributes: &mut Vec<Attribute>, new: Attribute) -> Option<()> {
    let twin = attributes.iter().any(|known| known.name == new.name);
    (!twin).then(|| attributes.push(new))
}

fn facet(leaf: &mut Leaf, facets: &mut Facets, word: &str, value: &str) -> Option<()> {
    let text = leaf.kind == Kind::Text;
    let numeric = matches!(leaf.kind, Kind::Integer(..) | Kind::Decimal);
    let bound = || number(value).filter(|_| numeric).map(|n| n.value);
    let count = |fits: bool| value.parse::<usize>().ok().filter(|_| fits);
    match word {
        "enumeration" => facets.enumeration.push(value.to_owned()),
        "pattern" => facets.patterns.push(exact_xsd(value)?),
        "length" => {
            let length = count(text)?;
            (facets.least_length, facets.most_length) = (Some(length), Some(length));
        }
        "minLength" => facets.least_length = Some(count(text)?),
        "maxLength" => facets.most_length = Some(count(text)?),
        "minInclusive" => facets.least = Some(bound()?),
        "minExclusive" => facets.above = Some(bound()?),
        "maxInclusive" => facets.most = Some(bound()?),
        "maxExclusive" => facets.below = Some(bound()?),
        "totalDigits" => facets.total_digits = Some(count(numeric)?),
        "fractionDigits" => facets.fraction_digits = Some(count(numeric)?),
        "whiteSpace" => {
            let space = match value {
                "preserve" => Space::Preserve,
                "replace" => Space::Replace,
                "collapse" => Space::Collapse,
                _ => return None,
            };
            leaf.space = leaf.space.max(space);
        }
        _ => return None,
    }
    Some(())
}
