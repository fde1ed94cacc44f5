//! How often each agency may ask: one token bucket an agency.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use tokio::time::Instant;

use crate::domain::agency::Agency;
use crate::domain::id::AgencyId;

/// A burst of so many seconds' requests passes: a client that wakes up sends what it gathered.
const BURST_SECONDS: u32 = 10;

/// Refusals of one agency for its rate are journalled at most so often: the journal must not amplify a loop.
const NOTE_EVERY: Duration = Duration::from_mins(1);

/// The buckets.
#[derive(Default)]
pub(super) struct Rates {
    buckets: Mutex<HashMap<AgencyId, Bucket>>,
    clock: DefaultClock,
}

struct Bucket {
    per_second: u32,
    limiter: Arc<DefaultDirectRateLimiter>,
    noted: Option<Instant>,
}

/// An agency asked too often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooOften {
    /// After how many whole seconds there is room again, at least 1.
    pub(super) retry_after: u32,
    /// Whether this is the one to journal of many.
    pub(super) note: bool,
}

impl Rates {
    /// Takes one request of the agency's bucket. A changed rate makes a new bucket.
    pub(super) fn take(&self, agency: &Agency) -> Result<(), TooOften> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let per_second = agency.requests_per_second;
        if buckets.get(&agency.id).is_none_or(|bucket| bucket.per_second != per_second) {
            buckets.insert(agency.id.clone(), Bucket::of(per_second));
        }
        let Some(bucket) = buckets.get_mut(&agency.id) else { return Ok(()) };
        let Err(until) = bucket.limiter.check() else { return Ok(()) };
        let wait = until.wait_time_from(self.clock.now());
        let now = Instant::now();
        let note = bucket.noted.is_none_or(|at| now.duration_since(at) >= NOTE_EVERY);
        if note {
            bucket.noted = Some(now);
        }
        let seconds = wait.as_millis().div_ceil(1000).max(1);
        Err(TooOften { retry_after: u32::try_from(seconds).unwrap_or(u32::MAX), note })
    }
}

impl Bucket {
    fn of(per_second: u32) -> Self {
        let rate = NonZeroU32::new(per_second).unwrap_or(NonZeroU32::MIN);
        let burst = rate.saturating_mul(NonZeroU32::new(BURST_SECONDS).unwrap_or(NonZeroU32::MIN));
        let quota = Quota::per_second(rate).allow_burst(burst);
        Self { per_second, limiter: Arc::new(RateLimiter::direct(quota)), noted: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::agency::DeliveryMode;
    use crate::domain::region::Region;

    fn agency(id: &str, requests_per_second: u32) -> Agency {
        Agency {
            id: AgencyId::parse(id).unwrap(),
            name: id.to_owned(),
            region: Region::parse("330100").unwrap(),
            profile: "cn-amr-xml".to_owned(),
            certificates: Vec::new(),
            scopes: Vec::new(),
            delivery: DeliveryMode::Pull,
            feed: crate::domain::agency::Feed::default(),
            requests_per_second,
            deliveries_per_minute: None,
            rehearsal: false,
            deliver: None,
            folder: None,
            syncs: Vec::new(),
            reconcile: None,
            router: None,
        }
    }

    #[test]
    fn a_burst_passes_then_the_rate_holds_for_that_agency_alone() {
        let rates = Rates::default();
        let (hz, wz) = (agency("hz-amr", 1), agency("wz-amr", 1));
        for _ in 0..10 {
            assert_eq!(rates.take(&hz), Ok(()));
        }
        assert_eq!(rates.take(&hz), Err(TooOften { retry_after: 1, note: true }));
        assert_eq!(rates.take(&hz), Err(TooOften { retry_after: 1, note: false }));
        assert_eq!(rates.take(&wz), Ok(()));
        assert_eq!(rates.take(&agency("hz-amr", 2)), Ok(()), "a changed rate holds at once");
    }
}
