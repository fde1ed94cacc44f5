//! The agency listener.

mod identity;
mod inspection;
mod limits;
mod pull;
mod router;
mod submit;
