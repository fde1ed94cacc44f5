//! JSON (RFC 8259) ↔ trees.
//!
//! Promise: a document that two readers could understand differently is refused: names twice in one object, bytes
//! that are not UTF-8, half surrogates. Numbers stay the literals they were. What a member means is left to the
//! mapping.

pub(crate) mod cut;
mod read;
mod value;
mod write;

pub use read::{read, read_knowing, read_text};
pub use value::{from_value, to_value};
pub use write::write;
