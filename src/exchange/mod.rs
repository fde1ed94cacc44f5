//! The use cases, in the words of the glossary: submit, reply, deliver, pull, publish.
//!
//! Promise: every change of a case, its journal entry and what must be told to others are written in one
//! transaction, and nobody is answered before that transaction is durable. HTTP, TLS and files are left to the
//! edges; SQL to [`crate::store`]; formats to [`crate::mapping`].

pub mod answer;
pub mod attachments;
pub mod backoff;
pub mod bad_record;
pub mod breaker;
mod certificates;
pub mod deadline;
mod deliver;
pub mod delivery;
pub mod delivery_fault;
pub mod entry;
pub mod feed;
pub mod file;
pub mod gateway;
mod hours;
pub mod import;
pub mod inbound;
pub(crate) mod intake;
pub mod intervene;
pub mod job;
pub mod journal;
pub mod keep;
mod look;
pub mod notice;
mod outbox;
mod outgoing;
pub mod package;
pub mod port;
pub mod post;
pub mod profiles;
mod publish;
mod pull;
pub mod receipts;
pub mod reconcile;
pub mod refused;
mod reply;
mod route;
mod standing;
mod sync;
pub mod view;
pub mod witness;

pub use gateway::{Gateway, Parts};
pub use intake::{Told, Turned};
pub use refused::Refused;
pub use standing::{QUERY_KEYS, Wanted};
