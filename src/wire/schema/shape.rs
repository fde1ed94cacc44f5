//! What documents of a schema look like, whatever the schema language: the view that maps are compiled against.
//!
//! Promise: finite even where the schema recurses (types refer to types by id), and never narrower than the schema:
//! a name the schema allows is in the shape, or its type is [`Type::open`]. Exactness is left to validation.

/// A type of a [`Shape`], by its place in [`Shape::types`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TypeId(pub usize);

/// An expanded name; the namespace is empty for none, and for JSON.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name {
    /// The namespace.
    pub namespace: String,
    /// The local name.
    pub local: String,
}

/// The shape of a schema's documents.
#[derive(Clone, Debug, Default)]
pub struct Shape {
    /// All types; a [`TypeId`] is an index into them.
    pub types: Vec<Type>,
    /// The elements a document may begin with; for JSON one root without a name.
    pub roots: Vec<(Name, TypeId)>,
    /// The types that an element may name as its own (`xsi:type`).
    pub typed: Vec<(Name, TypeId)>,
}

/// The namespace of `xsi:type`.
pub const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

impl Shape {
    /// The type of an id.
    #[must_use]
    pub fn of(&self, id: TypeId) -> &Type {
        &self.types[id.0]
    }

    /// The type of the root element of this name.
    #[must_use]
    pub fn root(&self, namespace: &str, local: &str) -> Option<TypeId> {
        let same = |(name, _): &&(Name, TypeId)| name.namespace == namespace && name.local == local;
        self.roots.iter().find(same).map(|(_, id)| *id)
    }

    /// The type that an `xsi:type` names, by its local name: `None` if there is none, or several in different
    /// namespaces. Prefixes are the document's own affair.
    #[must_use]
    pub fn typed(&self, qname: &str) -> Option<TypeId> {
        let local = qname.trim().rsplit(':').next()?;
        let mut found = self.typed.iter().filter(|(name, _)| name.local == local);
        let (_, id) = found.next()?;
        found.next().is_none().then_some(*id)
    }

    /// What the items are of a type that is nothing but an array (JSON), and of arrays in it; of another the type itself.
    #[must_use]
    pub fn items(&self, of: TypeId) -> TypeId {
        // An array of itself has no items to be seen.
        let mut seen = vec![of];
        while let Some(here) = seen.last().copied() {
            match &self.of(here).children[..] {
                [only] if self.of(here).array && only.name.is_empty() && !seen.contains(&only.of) => {
                    seen.push(only.of);
                }
                _ => return here,
            }
        }
        of
    }

    /// The first child of this name below a type, attributes not counted.
    #[must_use]
    pub fn child(&self, of: TypeId, namespace: &str, local: &str) -> Option<&Child> {
        self.of(of).children.iter().find(|c| c.name == local && c.namespace == namespace)
    }
}

/// What may stand in an element, object or array item.
#[derive(Clone, Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent facts of a schema, each asked for by its name"
)]
pub struct Type {
    /// Its name in the schema, if it has one.
    pub name: Option<String>,
    /// Child elements or members, in the order of the content model.
    pub children: Vec<Child>,
    /// Attributes.
    pub attributes: Vec<Child>,
    /// Whether names that are not listed may stand here too: `xs:any`, additional properties.
    pub open: bool,
    /// The namespace whose unlisted names may not stand here though the type is open: all its wildcards are for others.
    pub closed_to: Option<String>,
    /// The values allowed, where they are listed.
    pub enumeration: Vec<String>,
    /// Whether it may hold a value of its own: text, string, number.
    pub leaf: bool,
    /// Whether text may stand between the children (`mixed`).
    pub mixed: bool,
    /// Whether no element may be of it, but only of a type derived from it.
    pub abstracted: bool,
    /// Whether it stands for an array, so that a child of this type repeats (JSON).
    pub array: bool,
    /// Whether it is said to be an object (JSON).
    pub object: bool,
    /// Whether something must stand here, though no single child is required: one of several alternatives.
    pub chooses: bool,
}

impl Type {
    /// Names of any namespace may stand here.
    pub(crate) fn open_up(&mut self) {
        self.open = true;
        self.closed_to = None;
    }

    /// A wildcard stands here that keeps out what `own` holds and the schema does not list.
    pub(crate) fn open_to_others(&mut self, own: &str) {
        if !self.open {
            self.closed_to = Some(own.to_owned());
        }
        self.open = true;
    }

    /// Whether a name of this namespace may stand here without being listed. `##other` keeps out names without one, too.
    #[must_use]
    pub fn admits(&self, namespace: &str) -> bool {
        self.open && self.closed_to.as_deref().is_none_or(|own| own != namespace && !namespace.is_empty())
    }
}

/// One child element, member or attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent facts of a schema, each asked for by its name"
)]
pub struct Child {
    /// Its namespace, empty for none.
    pub namespace: String,
    /// Its local name.
    pub name: String,
    /// Its type; of a repeated member, the item's.
    pub of: TypeId,
    /// Whether every valid parent has it.
    pub required: bool,
    /// Whether it may stand more than once.
    pub repeats: bool,
    /// Its place in the order. Equal ranks are particles of one repeated group, which may alternate.
    pub rank: u32,
    /// Its line in the schema file.
    pub line: u32,
    /// The schema file, an index kept by the schema.
    pub file: usize,
    /// Whether it may say that it is nil (`xsi:nil`).
    pub nillable: bool,
    /// Whether it is a list in which something must stand (JSON).
    pub filled: bool,
}
