//! The agency listener.

mod identity;
mod limits;
mod pull;
mod router;
mod submit;
