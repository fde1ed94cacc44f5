//! XML 1.0 (fifth edition) with Namespaces in XML 1.0 ↔ trees.
//!
//! Promise: exactly the documents that are well-formed and namespace-well-formed are read, less those with a document
//! type declaration; nothing is fetched and no entity but the five predefined ones is known. quick-xml finds the
//! markup; everything it lets pass is checked here. Comments and processing instructions are dropped.

mod attributes;
mod canonical;
mod characters;
pub(crate) mod cut;
mod declaration;
mod faults;
mod namespaces;
mod read;
pub(in crate::wire) mod references;
mod write;

pub use canonical::canonical;
pub(crate) use declaration::settled;
pub use read::{read, read_knowing, read_text};
pub use write::{XmlStyle, write};
