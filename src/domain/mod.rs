//! What the parties talk about: pure values, no I/O, no async.
//!
//! Promise: every type here can only hold what its name says (parsed once, at the edge), and nothing here knows
//! how it travels or where it is stored. The field's words are explained in the crate's glossary.

pub mod agency;
pub mod calendar;
pub mod case;
pub mod deadline;
pub mod digest;
pub mod folder;
pub mod hours;
pub mod id;
pub mod kind;
pub mod problem;
pub mod profile_name;
pub mod receipt;
pub mod reconcile;
pub mod record;
pub mod region;
pub mod registry;
pub mod schedule;
pub mod sync;
