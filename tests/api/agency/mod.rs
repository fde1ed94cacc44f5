//! The agency listener.

mod assistance;
mod attachments;
mod identity;
mod inspection;
mod limits;
mod pull;
mod router;
mod submit;
