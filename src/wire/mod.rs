//! Bytes of strangers ↔ trees.
//!
//! Promise: whatever arrives, reading it is bounded in time and memory, refuses what is not well-formed, and says
//! where. Nothing is fetched, no entity is expanded, no document type is accepted. What a tree means is left to
//! [`crate::mapping`].

pub mod csv;
pub(crate) mod cut;
pub mod encoding;
pub mod form;
pub mod json;
pub mod limits;
pub mod origin;
pub mod schema;
pub mod sheet;
pub(crate) mod source;
pub mod tree;
pub mod vocabulary;
pub mod xlsx;
pub mod xml;
pub mod zip;
