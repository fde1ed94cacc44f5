//! The loop that sends mails: lease, send, settle, wait.
//!
//! Promise: a mail server that fails is left alone for half a minute, doubling up to ten, and tried with one mail each time;
//! there are two log lines about it, one when it starts and one when it ends. The loss of the store is survived. A stop lets
//! the mails under way end, within a bound.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::watch;

use crate::exchange::Gateway;
use crate::exchange::notice::queue::{LeasedNotice, Posted};
use crate::exchange::port::Mailer;
use crate::worker::trouble::Troubles;

/// How fast mails are sent. The defaults carry their arithmetic.
#[derive(Clone, Debug)]
pub struct MailPace {
    /// Mails at once. One takes some 45 ms, most of it the network's waiting: four make 90 a second.
    pub at_once: u32,
    /// How long a lease holds: the longest mail twice, so that a settlement finds it while the store comes back.
    pub lease_seconds: u32,
    /// The wait between looks at what is due: nobody reads a mail sooner.
    pub tick: Duration,
    /// How long a server that fails is left alone at first.
    pub rest: Duration,
    /// And at most.
    pub longest_rest: Duration,
    /// How long a stop waits for the mails under way: the longest and its settlement.
    pub grace: Duration,
}

impl Default for MailPace {
    fn default() -> Self {
        Self::within(Duration::from_secs(30))
    }
}

impl MailPace {
    /// The pace where one mail may take so long.
    #[must_use]
    pub fn within(patience: Duration) -> Self {
        let seconds = u32::try_from(patience.as_secs()).unwrap_or(u32::MAX);
        Self {
            at_once: 4,
            lease_seconds: seconds.saturating_mul(2).saturating_add(30),
            tick: Duration::from_secs(2),
            rest: Duration::from_secs(30),
            longest_rest: Duration::from_mins(10),
            grace: patience + Duration::from_secs(5),
        }
    }
}

const STORE: &str = "store";
const SERVER: &str = "mail server";

/// Runs until `stop` turns true (or its sender is gone), then finishes what is under way.
pub async fn run(gateway: Gateway, mailer: Arc<dyn Mailer>, pace: MailPace, mut stop: watch::Receiver<bool>) {
    let loop_of = Loop { gateway, mailer, pace, troubles: Troubles::default() };
    let (mut store_failures, mut server_failures) = (0_u32, 0_u32);
    while !*stop.borrow_and_update() {
        let round = loop_of.round(server_failures);
        tokio::pin!(round);
        let round = tokio::select! {
            biased;
            round = &mut round => round,
            _ = stop.changed() => {
                if tokio::time::timeout(loop_of.pace.grace, round).await.is_err() {
                    tracing::warn!("stopped before every mail had ended; it is sent when its lease has run out");
                }
                return;
            }
        };
        let wait = match round {
            Round::Idle => loop_of.pace.tick,
            Round::Sent => {
                (store_failures, server_failures) = (0, 0);
                continue;
            }
            Round::ServerFailed => {
                server_failures = server_failures.saturating_add(1);
                loop_of.rest(server_failures)
            }
            Round::StoreFailed => {
                store_failures = store_failures.saturating_add(1);
                loop_of.rest(store_failures).min(Duration::from_secs(30)).max(loop_of.pace.tick)
            }
        };
        tokio::select! {
            _ = stop.changed() => return,
            () = tokio::time::sleep(wait) => {}
        }
    }
}

enum Round {
    /// Nothing was due.
    Idle,
    /// The server answered.
    Sent,
    ServerFailed,
    StoreFailed,
}

struct Loop {
    gateway: Gateway,
    mailer: Arc<dyn Mailer>,
    pace: MailPace,
    troubles: Troubles,
}

impl Loop {
    /// Sends what is due, at most a handful; a server that failed is tried with one.
    async fn round(&self, failures: u32) -> Round {
        let limit = if failures > 0 { 1 } else { self.pace.at_once };
        let leased = match self.gateway.lease_notices(self.pace.lease_seconds, limit).await {
            Ok(leased) => leased,
            Err(why) => {
                self.troubles.failed(STORE, &why.to_string(), self.now());
                return Round::StoreFailed;
            }
        };
        self.troubles.went_well(STORE, self.now());
        if leased.is_empty() {
            return Round::Idle;
        }
        let posted = join_all(leased.iter().map(|one| self.one(one))).await;
        let failed = posted.iter().find(|posted| posted.fate.is_of_the_server(posted.status));
        if let Some(posted) = failed {
            self.troubles.failed(SERVER, &posted.detail, self.now());
            return Round::ServerFailed;
        }
        self.troubles.went_well(SERVER, self.now());
        Round::Sent
    }

    async fn one(&self, leased: &LeasedNotice) -> Posted {
        let posted = self.mailer.post(&leased.letter).await;
        let (notice, status, detail) = (&leased.letter.id, posted.status, &posted.detail);
        tracing::debug!(notice, fate = ?posted.fate, ?status, detail, "mail");
        if posted.fate == crate::exchange::notice::queue::Fate::Refused {
            tracing::warn!(notice, ?status, "the mail server refuses its recipient for good");
        }
        // Twice, for a store that is away for a moment; then the lease runs out and the mail is sent again.
        for wait in [self.pace.tick, Duration::ZERO] {
            match self.gateway.settle_notice(leased, &posted).await {
                Ok(true) => break,
                Ok(false) => {
                    tracing::warn!(notice, "the lease had passed to another");
                    break;
                }
                Err(why) => self.troubles.failed(STORE, &why.to_string(), self.now()),
            }
            tokio::time::sleep(wait).await;
        }
        posted
    }

    fn now(&self) -> crate::clock::Timestamp {
        self.gateway.clock().now()
    }

    /// Between half and all of a ceiling that doubles: several gateways do not come back in step.
    fn rest(&self, failures: u32) -> Duration {
        let ceiling = self.pace.rest.saturating_mul(1 << failures.saturating_sub(1).min(16));
        let ceiling = ceiling.min(self.pace.longest_rest);
        let mut byte = [0];
        self.gateway.chance().fill(&mut byte);
        ceiling / 2 + ceiling / 2 * u32::from(byte[0]) / 255
    }
}
