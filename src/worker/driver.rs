//! The one loop: lease, send, settle, wait.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{Id, JoinSet};
use tokio::time::Instant;

use crate::exchange::delivery::{Leased, Outcome};
use crate::exchange::port::Network;
use crate::worker::book::Book;
use crate::worker::lanes::{Lane, Lanes};
use crate::worker::trouble::Troubles;

/// How fast the driver goes. The defaults carry their arithmetic.
#[derive(Clone, Debug)]
pub struct Pace {
    /// Deliveries in hand at once: at 50 ms a call, 32 make 640 a second, far above what bureaus are sent.
    pub at_once: usize,
    /// How long a lease holds: a call of at most 30 s, as long again to wait for a place, rounded up.
    pub lease_seconds: u32,
    /// The longest wait between looks at what is due: a backoff of seconds loses at most this to it.
    pub tick: Duration,
    /// The shortest: intake commits hundreds of times a second, and a look is a transaction that it waits for.
    pub pause: Duration,
    /// How long a stop waits for what is under way: the longest call and its settlement.
    pub grace: Duration,
    /// Of a lease, what must be left for a call to begin: less is not worth a connection.
    pub least: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            at_once: 32,
            lease_seconds: 90,
            tick: Duration::from_secs(1),
            pause: Duration::from_millis(20),
            grace: Duration::from_secs(35),
            least: Duration::from_secs(10),
        }
    }
}

/// The name under which the store is in trouble.
const STORE: &str = "store";
/// The longest wait between tries while the store is away; the shortest is [`Pace::tick`].
const STORE_WAIT: Duration = Duration::from_secs(30);

/// Runs until `stop` turns true (or its sender is gone), then finishes what is under way.
pub async fn run<B: Book>(
    book: B,
    network: Arc<dyn Network>,
    holder: String,
    pace: Pace,
    mut stop: watch::Receiver<bool>,
) {
    let mut driver = Driver {
        lanes: Lanes::new(pace.at_once),
        tasks: JoinSet::new(),
        lane_of: HashMap::new(),
        troubles: Arc::default(),
        look_at: Instant::now(),
        looked_at: Instant::now(),
        failures: 0,
        book: book.clone(),
        network,
        holder,
        pace,
    };
    while !*stop.borrow_and_update() {
        driver.look().await;
        driver.start();
        let (look_at, away) = (driver.look_at, driver.failures > 0);
        tokio::select! {
            changed = stop.changed() => if changed.is_err() { break },
            () = driver.settled() => {}
            // New work is no reason to hurry while the store is away.
            () = book.woken(), if !away => driver.hurry(),
            () = tokio::time::sleep_until(look_at) => {}
        }
    }
    driver.finish().await;
}

struct Driver<B> {
    lanes: Lanes,
    tasks: JoinSet<bool>,
    lane_of: HashMap<Id, Lane>,
    troubles: Arc<Troubles>,
    /// When to look next at what is due.
    look_at: Instant,
    /// When that was last done.
    looked_at: Instant,
    /// How many looks in a row the store failed.
    failures: u32,
    book: B,
    network: Arc<dyn Network>,
    holder: String,
    pace: Pace,
}

impl<B: Book> Driver<B> {
    /// Leases what is due, if it is time and there is room for a worthwhile batch.
    async fn look(&mut self) {
        let now = Instant::now();
        if now < self.look_at {
            return;
        }
        self.looked_at = now;
        self.look_at = now + self.pace.tick;
        let room = self.lanes.room();
        // A quarter of the places at a time: leasing one by one would make a transaction of each.
        if room < self.pace.at_once.div_ceil(4) {
            return;
        }
        let limit = u32::try_from(room).unwrap_or(u32::MAX);
        let share = u32::try_from(self.lanes.share()).unwrap_or(u32::MAX);
        match self.book.lease(&self.holder, self.pace.lease_seconds, limit, share).await {
            Ok(leased) => {
                self.troubles.went_well(STORE, self.book.now());
                self.failures = 0;
                if leased.len() == room {
                    self.hurry();
                }
                for leased in leased {
                    self.lanes.take(leased);
                }
            }
            Err(why) => {
                self.troubles.failed(STORE, &why.to_string(), self.book.now());
                self.failures = self.failures.saturating_add(1);
                self.look_at = now + wait_for_store(self.pace.tick, self.failures, self.book.jitter());
            }
        }
    }

    /// There is more to do: look again as soon as that is decent.
    fn hurry(&mut self) {
        self.look_at = self.look_at.min(self.looked_at + self.pace.pause);
    }

    /// Sets under way all that may go.
    fn start(&mut self) {
        while let Some(leased) = self.lanes.begin() {
            let lane = Lane::of(&leased);
            let left = leased.until.millis_since(self.book.now());
            if left < i64::try_from(self.pace.least.as_millis()).unwrap_or(i64::MAX) {
                // It waited too long behind others; it comes back when its lease has run out.
                self.lanes.ended(&lane, false);
                continue;
            }
            let (book, network) = (self.book.clone(), Arc::clone(&self.network));
            let (troubles, tick) = (Arc::clone(&self.troubles), self.pace.tick);
            let task =
                self.tasks.spawn(async move { attempt(&book, &*network, &troubles, &leased, tick).await });
            self.lane_of.insert(task.id(), lane);
        }
    }

    /// Resolves when one attempt ended; never while none is under way.
    async fn settled(&mut self) {
        let Some(ended) = self.tasks.join_next_with_id().await else {
            return std::future::pending().await;
        };
        let (id, arrived) = match ended {
            Ok((id, arrived)) => (id, arrived),
            Err(why) => {
                tracing::error!(%why, "an attempt broke off; the delivery comes back when its lease ends");
                (why.id(), false)
            }
        };
        if let Some(lane) = self.lane_of.remove(&id) {
            self.lanes.ended(&lane, arrived);
        }
        // A place is free, and what came in its lane may be due now.
        if self.failures == 0 {
            self.hurry();
        }
    }

    async fn finish(mut self) {
        self.lanes.let_go();
        let all = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(self.pace.grace, all).await.is_err() {
            tracing::warn!(left = self.lanes.underway(), "stopped before every attempt had ended");
        }
    }
}

/// One attempt and its settlement; whether the delivery arrived.
async fn attempt<B: Book>(
    book: &B,
    network: &dyn Network,
    troubles: &Troubles,
    leased: &Leased,
    tick: Duration,
) -> bool {
    let outcome = network.send(leased).await;
    let destination = leased.destination.to_text();
    let now = book.now();
    match &outcome {
        Outcome::RetryAfter { detail, .. } => troubles.failed(&destination, detail, now),
        // A refusal is an answer: the peer is well.
        Outcome::Done { .. } | Outcome::Placed { .. } | Outcome::GiveUp { .. } => {
            troubles.went_well(&destination, now);
        }
    }
    if let Outcome::GiveUp { status, .. } = &outcome {
        tracing::warn!(delivery = %leased.id, destination, ?status, "refused for good");
    }
    // One that was refused for good no longer stands in the way of those behind it.
    let over = !matches!(outcome, Outcome::RetryAfter { .. });
    settle(book, troubles, leased, outcome, tick).await && over
}

/// Writes it down, again and again while the lease holds; after that another holder may have the delivery.
async fn settle<B: Book>(
    book: &B,
    troubles: &Troubles,
    leased: &Leased,
    outcome: Outcome,
    tick: Duration,
) -> bool {
    let mut failures = 0;
    loop {
        match book.settle(leased, outcome.clone()).await {
            Ok(ours) => {
                troubles.went_well(STORE, book.now());
                if !ours {
                    tracing::warn!(delivery = %leased.id, "the lease had passed to another holder");
                }
                return ours;
            }
            Err(why) => troubles.failed(STORE, &why.to_string(), book.now()),
        }
        failures += 1;
        let wait = wait_for_store(tick, failures, book.jitter());
        let left = leased.until.millis_since(book.now());
        if i64::try_from(wait.as_millis()).unwrap_or(i64::MAX) >= left {
            return false;
        }
        tokio::time::sleep(wait).await;
    }
}

/// Between half and all of a ceiling that doubles from `tick` to [`STORE_WAIT`]: several replicas that lost the
/// same database do not come back in step.
fn wait_for_store(tick: Duration, failures: u32, jitter: u8) -> Duration {
    let ceiling = tick.saturating_mul(1 << failures.saturating_sub(1).min(16)).min(STORE_WAIT.max(tick));
    ceiling / 2 + ceiling / 2 * u32::from(jitter) / 255
}

#[cfg(test)]
mod tests;
