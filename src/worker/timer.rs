//! The clock that wakes what is done by it.
//!
//! Promise: the scheduler only wakes; which runs are due, whose they are and whether they were done is the database's word
//! ([`crate::exchange::job`]), so that a tick too many or too few changes nothing but the moment. The loss of the store is
//! survived, and told once when it begins and once when it ends. A stop ends at once: a run under way is taken up again, by
//! whoever comes, from where it last wrote down how far it was.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio_cron_scheduler::{Job as Tick, JobScheduler, JobSchedulerError};

use crate::exchange::Gateway;
use crate::exchange::job::{Fault, Jobs};
use crate::exchange::refused::Refused;
use crate::worker::trouble::Troubles;

/// How fast the clock goes. The defaults carry their arithmetic.
#[derive(Clone, Debug)]
pub struct TimerPace {
    /// Between ticks: the finest time that a cron expression says is a second.
    pub tick: Duration,
    /// Runs at once: each holds a connection to its peer, and its pages go through intake as everybody's do.
    pub at_once: usize,
}

impl Default for TimerPace {
    fn default() -> Self {
        Self { tick: Duration::from_secs(1), at_once: 8 }
    }
}

/// The name under which the store is in trouble.
const STORE: &str = "store";

/// Runs until `stop` turns true (or its sender is gone). `jobs` says at each tick which jobs there are.
///
/// # Errors
/// When the scheduler cannot be started.
pub async fn run(
    gateway: Gateway,
    jobs: impl Fn() -> Arc<Jobs>,
    holder: String,
    pace: TimerPace,
    mut stop: watch::Receiver<bool>,
) -> Result<(), JobSchedulerError> {
    let bell = Arc::new(Notify::new());
    let mut scheduler = JobScheduler::new().await?;
    let rings = Arc::clone(&bell);
    let tick = Tick::new_repeated_async(pace.tick, move |_, _| {
        let rings = Arc::clone(&rings);
        Box::pin(async move { rings.notify_one() })
    })?;
    scheduler.add(tick).await?;
    scheduler.start().await?;
    let (mut under_way, troubles) = (JoinSet::new(), Troubles::default());
    while !*stop.borrow_and_update() {
        match look(&gateway, &jobs(), &holder, pace.at_once, &mut under_way).await {
            Ok(()) => troubles.went_well(STORE, gateway.clock().now()),
            Err(refused) => troubles.failed(STORE, &refused.to_string(), gateway.clock().now()),
        }
        tokio::select! {
            changed = stop.changed() => if changed.is_err() { break },
            () = bell.notified() => {}
            Some(_) = under_way.join_next() => {}
        }
    }
    under_way.shutdown().await;
    scheduler.shutdown().await
}

/// Makes what is due, and begins it as far as there is room.
async fn look(
    gateway: &Gateway,
    jobs: &Jobs,
    holder: &str,
    at_once: usize,
    under_way: &mut JoinSet<()>,
) -> Result<(), Refused> {
    gateway.make_due_runs(jobs).await?;
    while under_way.len() < at_once {
        let Some(leased) = gateway.lease_run(jobs, holder).await? else { break };
        let gateway = gateway.clone();
        under_way.spawn(async move {
            let job = leased.job().to_owned();
            match gateway.do_run(leased).await {
                Ok(Ok(did)) => tracing::info!(job, "{did}"),
                Ok(Err(Fault::Lost)) => tracing::warn!(job, "another gateway has the run"),
                Ok(Err(fault)) => tracing::error!(job, %fault, "a job failed"),
                Err(refused) => tracing::error!(job, %refused, "the end of a run cannot be written down"),
            }
        });
    }
    Ok(())
}
