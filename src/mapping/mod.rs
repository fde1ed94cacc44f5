//! Declarative mapping: an agency's messages ↔ our records, by files alone.
//!
//! Promise: a profile that loads cannot fail later for being ill-formed; what is read and written back equals what
//! came; every refusal says line, column, path, rule, what was found and what would be right, in Chinese and English.
//! The language is described in `schemas/README.md`. Pure: profiles come as bytes in memory, time and chance as
//! arguments. Reading bytes into trees, schemas and encodings are [`crate::wire`]'s.

mod address;
mod against;
mod amid;
mod aside;
mod batch;
mod beside;
mod blame;
mod canonical;
mod check;
mod codes;
mod compile;
mod condition;
mod correlate;
mod cover;
mod decode;
mod derive;
mod difference;
pub mod draft;
mod encode;
mod equal;
mod explain;
mod extends;
mod fault;
pub mod file_schema;
mod files;
mod fold;
mod hollow;
mod ids;
mod inner;
mod keep;
mod manifest;
mod mask;
mod message;
mod mirror;
mod node;
mod order;
mod parts;
mod path;
mod profile;
mod read;
mod recognise;
mod restore;
mod rows;
mod schemas;
mod sent;
mod shape_file;
mod signed;
mod steps;
mod stream;
mod table;
mod template;
mod toml_view;
mod trace;
mod typing;
mod words;
mod write;
mod zone;

pub use aside::{Aside, Attachments};
pub use batch::RefusedRecord;
pub use canonical::Canonical;
pub use check::{Tested, golden_text, unfit};
pub use decode::{Decoded, Input, Refusal, Stage};
pub use difference::{Difference, differences};
pub use encode::Encoded;
pub use explain::{Explained, value_at};
pub(crate) use fault::nearest;
pub use files::ProfileFiles;
pub use manifest::{Format, UNSAID};
pub use profile::{MessageInfo, Profile, Sample, golden_path};
pub use sent::Sent;
pub use steps::Run;
pub(crate) use steps::sealed::MASK;
pub use stream::{OneRecord, RecordStream, StreamLimits, Streamed, Trailer};
pub use trace::{Made, Trace};
