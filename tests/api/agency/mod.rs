//! The agency listener.

mod assistance;
mod attachments;
mod feed;
mod identity;
mod inspection;
mod limits;
mod manifests;
mod pull;
mod receipts;
mod router;
mod scopes;
mod submit;
