//! The use cases, in the words of the glossary: submit, reply, deliver, pull, publish.
//!
//! Promise: every change of a case, its journal entry and what must be told to others are written in one
//! transaction, and nobody is answered before that transaction is durable. HTTP, TLS and files are left to the
//! edges; SQL to [`crate::store`]; formats to [`crate::mapping`].

pub mod answer;
pub mod backoff;
pub mod delivery;
pub mod entry;
pub mod gateway;
pub mod inbound;
pub mod port;
pub mod refused;
pub mod view;

pub use gateway::Gateway;
pub use refused::Refused;
