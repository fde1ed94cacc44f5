//! Expanded names, each kept once, found by one hash.
//!
//! Promise: a symbol stands for one `(namespace, local name)` and the other way round. A [`Vocabulary`] is made once and
//! shared: trees over it know its names by the same symbols, so that whoever compiled them compares numbers where it
//! would compare texts, and reading a document interns nothing but names that are new.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use ahash::RandomState;

/// A name as a tree knows it: an index into its vocabulary and, behind that, its own names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sym(pub(super) u32);

impl Sym {
    /// Its number.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }
}

/// A namespace as a vocabulary knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Space(u32);

/// A table of expanded names.
#[derive(Clone, Debug, Default)]
pub struct Vocabulary {
    /// A namespace is kept once, however many names are in it: a long one over short names must not multiply.
    names: Vec<(Space, Box<str>)>,
    spaces: Vec<Arc<str>>,
    namespaces: HashMap<Arc<str>, Space, RandomState>,
    /// Hash of a name in its namespace → its index, so that a look-up needs no copy of the name. The hash is keyed, so
    /// nobody can choose names that collide; two that do by chance take neighbouring keys.
    indexes: HashMap<u64, u32, BuildHasherDefault<Hashed>>,
    keyed: RandomState,
}

impl Vocabulary {
    /// How many names.
    #[must_use]
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The symbol of a name (`namespace` is empty for none, and for JSON), made if it is new.
    pub fn intern(&mut self, namespace: &str, local: &str) -> Sym {
        let space = self.space(namespace).unwrap_or_else(|| {
            let space = Space(u32::try_from(self.spaces.len()).unwrap_or(u32::MAX));
            let new: Arc<str> = namespace.into();
            self.spaces.push(Arc::clone(&new));
            self.namespaces.insert(new, space);
            space
        });
        match self.slot(space, local) {
            Ok(found) => Sym(found),
            Err(free) => {
                let index = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
                self.names.push((space, local.into()));
                self.indexes.insert(free, index);
                Sym(index)
            }
        }
    }

    /// The symbol of a name that is there.
    #[must_use]
    pub fn symbol(&self, namespace: &str, local: &str) -> Option<Sym> {
        self.symbol_in(self.space(namespace)?, local)
    }

    /// A namespace that some name is in.
    #[must_use]
    pub fn space(&self, namespace: &str) -> Option<Space> {
        self.namespaces.get(namespace).copied()
    }

    /// The symbol of a name in a namespace of this vocabulary, if it is there.
    #[must_use]
    pub fn symbol_in(&self, space: Space, local: &str) -> Option<Sym> {
        self.slot(space, local).ok().map(Sym)
    }

    /// `(namespace, local name)` of a symbol.
    #[must_use]
    pub fn expanded(&self, sym: Sym) -> (&str, &str) {
        let (Space(space), local) = &self.names[sym.0 as usize];
        (&self.spaces[*space as usize], local)
    }

    fn slot(&self, space: Space, local: &str) -> Result<u32, u64> {
        let mut key = self.keyed.hash_one((space, local));
        loop {
            let Some(index) = self.indexes.get(&key) else { return Err(key) };
            let (there, name) = &self.names[*index as usize];
            if *there == space && **name == *local {
                return Ok(*index);
            }
            key = key.wrapping_add(1);
        }
    }
}

/// A hasher for what is a keyed hash already.
#[derive(Clone, Copy, Debug, Default)]
struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("only whole numbers are hashed")
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_symbol_and_a_namespace_is_kept_once() {
        let mut names = Vocabulary::default();
        assert_eq!(names.symbol("", "a"), None);
        let (a, b, bare) = (names.intern("urn:x", "a"), names.intern("urn:x", "b"), names.intern("", "a"));
        assert_eq!(names.intern("urn:x", "a"), a);
        assert_eq!((names.symbol("urn:x", "b"), names.symbol("", "a")), (Some(b), Some(bare)));
        assert_eq!((names.expanded(a), names.expanded(b)), (("urn:x", "a"), ("urn:x", "b")));
        assert!(std::ptr::eq(names.expanded(a).0, names.expanded(b).0));
        assert_eq!(names.len(), 3);
    }
}
