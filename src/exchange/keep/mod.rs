//! Housekeeping: what is kept for how long, and what nobody may remove.
//!
//! Promise: what a proof needs is never removed: journal entries, ids, digests, salts, receipts that were given. What is
//! removed is a case's contents, when the case ended so long ago as the settings say and nobody holds it. When that is
//! looked for is left to whoever calls.

pub mod backup;
pub mod canary;
pub mod expiry;
pub mod hold;
pub mod journal;
pub mod lists;
pub(in crate::exchange) mod marker;
pub mod retention;

pub use canary::Flown;
pub use expiry::InUse;
pub use hold::HoldView;
pub use lists::ListInUse;
pub use retention::{Mode, Retention};
