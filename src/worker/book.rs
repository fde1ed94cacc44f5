//! What the driver needs of the exchange: the seam at which its tests stand in for the store.

use std::future::Future;

use crate::clock::Timestamp;
use crate::exchange::delivery::{Leased, Outcome};
use crate::exchange::{Gateway, Refused};

/// The deliveries and what becomes of them.
pub trait Book: Clone + Send + Sync + 'static {
    /// The time that leases go by.
    fn now(&self) -> Timestamp;
    /// A random byte, for the jitter of waits.
    fn jitter(&self) -> u8;
    /// Leases at most `limit` deliveries that are due, in order; of one destination no more than `share` are in hand.
    fn lease(
        &self,
        holder: &str,
        seconds: u32,
        limit: u32,
        share: u32,
    ) -> impl Future<Output = Result<Vec<Leased>, Refused>> + Send;
    /// Writes down how an attempt ended; `false` when the lease had passed to another.
    fn settle(&self, leased: &Leased, outcome: Outcome)
    -> impl Future<Output = Result<bool, Refused>> + Send;
    /// Resolves when there may be new work.
    fn woken(&self) -> impl Future<Output = ()> + Send;
}

impl Book for Gateway {
    fn now(&self) -> Timestamp {
        self.clock().now()
    }

    fn jitter(&self) -> u8 {
        let mut byte = [0];
        self.chance().fill(&mut byte);
        byte[0]
    }

    async fn lease(
        &self,
        holder: &str,
        seconds: u32,
        limit: u32,
        share: u32,
    ) -> Result<Vec<Leased>, Refused> {
        self.lease_deliveries(holder, seconds, limit, share).await
    }

    async fn settle(&self, leased: &Leased, outcome: Outcome) -> Result<bool, Refused> {
        self.settle(leased, outcome).await
    }

    async fn woken(&self) {
        self.woken().await;
    }
}
