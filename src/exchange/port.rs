//! The seam to the network: who sends a delivery. The client implements it; a test may stand in for it.

use std::future::Future;
use std::pin::Pin;

use crate::exchange::delivery::{Leased, Outcome};

/// Sends deliveries.
pub trait Network: Send + Sync {
    /// Sends one delivery once and says how it went. Never panics, never takes longer than the lease.
    fn send<'a>(&'a self, leased: &'a Leased) -> Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;
}
