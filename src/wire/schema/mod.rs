//! Schemas of agencies: XML Schema 1.0 and JSON Schema (drafts 4 to 2020-12), offline.
//!
//! Promise: a schema that loads is enforced in full; what our validators would skip keeps it from loading. Nothing
//! is fetched: every reference leads to a given file or is a problem. Problems of documents carry place, path, found,
//! expected, and the schema's file and line where the validator tells them. [`Shape`] is the neutral view that maps
//! are compiled against.

mod across;
mod admission;
mod edges;
mod elsewhere;
mod fallen;
mod json;
mod json_shape;
mod lax;
mod names;
mod pattern;
mod quick;
mod rewrite;
mod shape;
mod source;
mod strict;
mod wording;
mod xsd;
mod xsd_shape;

pub use elsewhere::namespaces;
pub use fallen::is_guarded;
pub use json::Json;
pub use shape::{Child, Name, Shape, Type, TypeId, XSI};
pub use xsd::Xsd;

use std::collections::BTreeMap;

use crate::domain::problem::Problem;
use crate::wire::tree::Tree;

/// Problems told of one XML document. 100: more are not read, and each costs its path.
pub const MOST_PROBLEMS: usize = 100;

/// A schema that was admitted.
#[derive(Debug)]
pub enum Schema {
    /// XML Schema 1.0.
    Xsd(Xsd),
    /// JSON Schema.
    Json(Json),
}

impl Schema {
    /// Compiles an XML Schema: `main` and the files it leads to, by the catalogue (URL or namespace → file) or
    /// relative to one another.
    ///
    /// # Errors
    ///
    /// All that keeps it from being enforced in full, with file and line.
    pub fn xsd(
        main: &str,
        files: &BTreeMap<String, Vec<u8>>,
        catalogue: &BTreeMap<String, String>,
    ) -> Result<Self, Vec<Problem>> {
        Xsd::compile(main, files, catalogue).map(Self::Xsd)
    }

    /// Compiles a JSON Schema: `main` and the files it refers to, by their `$id` or relative to one another.
    ///
    /// # Errors
    ///
    /// All that keeps it from being enforced in full, with file and line.
    pub fn json(main: &str, files: &BTreeMap<String, Vec<u8>>) -> Result<Self, Vec<Problem>> {
        Json::compile(main, files).map(Self::Json)
    }

    /// Judges a document: `tree` was read from it, `text` is [`Tree::source`] (JSON Schema looks at the tree alone).
    /// No problems: it is valid.
    #[must_use]
    pub fn validate(&self, text: &[u8], tree: &Tree) -> Vec<Problem> {
        match self {
            Self::Xsd(xsd) => xsd.validate(text, tree),
            Self::Json(json) => json.validate(tree),
        }
    }

    /// Whether a tree is sure to be a valid document once it is written; `false` says nothing. It may be a tree that
    /// was read or one that is to be written.
    #[must_use]
    pub fn surely_holds(&self, tree: &Tree) -> bool {
        match self {
            Self::Xsd(xsd) => xsd.surely_holds(tree),
            Self::Json(_) => false,
        }
    }

    fn across(&self) -> &across::Across {
        match self {
            Self::Xsd(xsd) => xsd.across(),
            Self::Json(json) => json.across(),
        }
    }

    /// Whether it compares parts of a document with one another (`xs:unique`, `xs:key`, `xs:ID`; `uniqueItems`,
    /// `contains`), so that a part cannot be judged without the others.
    #[must_use]
    pub fn compares(&self) -> bool {
        self.across().compares
    }

    /// How many elements of a local name, or items of a member, it wants at least and allows at most.
    #[must_use]
    pub fn bounds(&self, name: &str) -> (usize, usize) {
        self.across().bounds(name)
    }

    /// What its documents look like.
    #[must_use]
    pub fn shape(&self) -> &Shape {
        match self {
            Self::Xsd(xsd) => xsd.shape(),
            Self::Json(json) => json.shape(),
        }
    }

    /// The schema file that a [`Child::file`] stands for.
    #[must_use]
    pub fn file(&self, index: usize) -> Option<&str> {
        match self {
            Self::Xsd(xsd) => xsd.file(index),
            Self::Json(json) => json.file(index),
        }
    }
}
