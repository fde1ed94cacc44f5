//! The listeners.
//!
//! Promise: nothing reaches a use case before the caller is known, is allowed to, and has sent a whole body within
//! its bounds; whatever is refused is refused in one vocabulary ([`problem`]). What a request means is left to
//! [`crate::exchange`].

pub mod agency;
mod attachments;
pub mod body;
pub mod header;
mod media;
pub mod platform;
pub mod problem;
pub mod unread;
pub mod witness;
