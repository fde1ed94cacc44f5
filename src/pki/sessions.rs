//! TLS sessions that may be resumed.
//!
//! Promise: a session is resumed only under the very trust it was made under. Resumption skips the check of the
//! certificate, so a session saved before a revocation would otherwise be let in after it. Every key carries the
//! trust's generation and how many CRLs are past their end; whatever changes either makes all older sessions strange.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use arc_swap::ArcSwap;
use rustls::server::{ServerSessionMemoryCache, StoresServerSessions};

use crate::clock::{Clock, Timestamp};
use crate::pki::trust::TrustState;

/// How many sessions are kept: 1,024 of about 2 KiB (certificate and secrets) are 2 MiB. An agency's client reuses
/// its connections; what is resumed are the first ones after a pause.
const SESSIONS: usize = 1024;

/// No session is kept that ends its handshake so soon after a change of trust: it may have begun before. Longer
/// than a listener lets a handshake take (10 s at most).
const QUIET_MILLIS: i64 = 15_000;

/// The sessions of a listener.
pub(crate) struct Sessions {
    cache: Arc<dyn StoresServerSessions>,
    state: Arc<ArcSwap<TrustState>>,
    clock: Arc<dyn Clock>,
    quiet_until: AtomicI64,
}

impl Sessions {
    pub(crate) fn new(state: Arc<ArcSwap<TrustState>>, clock: Arc<dyn Clock>) -> Self {
        let cache = ServerSessionMemoryCache::new(SESSIONS);
        Self { cache, state, clock, quiet_until: AtomicI64::new(i64::MIN) }
    }

    /// To be called after the trust changed.
    pub(crate) fn changed(&self) {
        let until = self.clock.now().plus_millis(QUIET_MILLIS);
        self.quiet_until.store(until.micros(), Ordering::SeqCst);
    }

    fn key(&self, key: &[u8]) -> Vec<u8> {
        under(&self.state.load(), key, self.clock.now())
    }
}

impl StoresServerSessions for Sessions {
    fn put(&self, key: Vec<u8>, value: Vec<u8>) -> bool {
        let now = self.clock.now();
        // A CRL may have ended during the handshake just as well.
        let before = now.plus_millis(-QUIET_MILLIS);
        let state = self.state.load();
        let quiet = now.micros() < self.quiet_until.load(Ordering::SeqCst);
        if quiet || state.epoch(before) != state.epoch(now) {
            return false;
        }
        self.cache.put(under(&state, &key, now), value)
    }

    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.cache.get(&self.key(key))
    }

    fn take(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.cache.take(&self.key(key))
    }

    fn can_cache(&self) -> bool {
        true
    }
}

/// A session's key under a state, which the caller must not load twice: it may change in between.
fn under(state: &TrustState, key: &[u8], now: Timestamp) -> Vec<u8> {
    [&state.epoch(now)[..], key].concat()
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sessions")
    }
}
