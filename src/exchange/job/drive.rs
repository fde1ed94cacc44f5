//! Leasing a run, doing it, ending it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::clock::Timestamp;
use crate::exchange::entry::{self, Fact};
use crate::exchange::gateway::{Gateway, World};
use crate::exchange::job::{Done, Fault, Job, Jobs, Run};
use crate::exchange::notice::{self, Severity, Topic, Trouble};
use crate::exchange::refused::Refused;
use crate::store::job::{RunEnd, RunLease, RunRow};
use crate::store::{StoreError, Tx};

/// How long a lease holds: a gateway that dies is missed after a minute.
const LEASE_MILLIS: i64 = 60_000;
/// How often it is held for longer: three may fail before it is lost.
const KEEP: Duration = Duration::from_secs(15);
/// Attempts of a run, with waits of 1, 2, 4, 8 and 16 minutes between them: a restart of the other side is outlasted, and a
/// nightly run is over before the morning.
const ATTEMPTS: u32 = 6;
/// The first wait.
const WAIT_MILLIS: i64 = 60_000;
/// Runs looked at for one lease.
const LOOK: u32 = 50;

/// A run under lease, with its job.
pub struct LeasedRun {
    job: Arc<Job>,
    run: Run,
}

impl LeasedRun {
    /// Its job's name.
    #[must_use]
    pub fn job(&self) -> &str {
        &self.job.name
    }
}

impl Gateway {
    /// Leases the run that is longest due of these jobs; `None` if none is.
    ///
    /// # Errors
    /// [`Refused::Busy`] and [`Refused::Unavailable`] when the store cannot be asked.
    pub async fn lease_run(&self, jobs: &Jobs, holder: &str) -> Result<Option<LeasedRun>, Refused> {
        let world = &*self.world;
        let token = hex::encode(&world.chance.thirty_two()[..16]);
        let look = async |mut tx: Tx| {
            let now = world.clock.now();
            let lease = RunLease { now, until: now.plus_millis(LEASE_MILLIS), holder, token: &token };
            for row in tx.due_runs(now, LOOK).await? {
                let Some(job) = jobs.named(&row.job) else { continue };
                if tx.lease_run(&row, lease).await? {
                    let mark = tx.job(&row.job).await?.map(|job| job.mark).unwrap_or_default();
                    return Ok::<_, StoreError>(Some((Arc::clone(job), row, mark)));
                }
            }
            Ok(None)
        };
        // Who finds nothing to lease has written nothing.
        let any = async |mut tx: Tx| {
            let due = tx.due_runs(world.clock.now(), LOOK).await?;
            Ok::<_, StoreError>(due.iter().any(|row| jobs.named(&row.job).is_some()))
        };
        if !world.store.read("job.due", any).await? {
            return Ok(None);
        }
        let leased = world.store.run_tx("job.lease", look).await?;
        Ok(leased.map(|(job, row, mark)| LeasedRun { run: begun(row, &mark, token.clone()), job }))
    }

    /// Does the work of a run, holding its lease meanwhile, and ends it; how it ended.
    ///
    /// # Errors
    /// [`Refused::Busy`] and [`Refused::Unavailable`] when the end cannot be written down: the run is taken up again when
    /// its lease is over.
    pub async fn do_run(&self, leased: LeasedRun) -> Result<Done, Refused> {
        let LeasedRun { job, run } = leased;
        let (id, token) = (run.id.clone(), run.token.clone());
        let work = job.work.run(self.clone(), run.clone());
        let done = if run.attempt > ATTEMPTS {
            Err(Fault::Final(format!("it was begun {ATTEMPTS} times and never came to an end")))
        } else {
            tokio::select! {
                done = work => done,
                () = self.keep(&id, &token) => Err(Fault::Lost),
            }
        };
        if done != Err(Fault::Lost) {
            self.end_run(&job, &run, &done).await?;
        }
        Ok(done)
    }

    /// Holds the lease until it is lost.
    async fn keep(&self, id: &str, token: &str) {
        let world = &*self.world;
        loop {
            tokio::time::sleep(KEEP).await;
            let until = world.clock.now().plus_millis(LEASE_MILLIS);
            let keep = async |mut tx: Tx| tx.keep_run(id, token, until).await;
            match world.store.run_tx::<_, StoreError, _>("job.keep", keep).await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => {
                    tracing::warn!(%error, run = id, "the lease of a run cannot be held for longer")
                }
            }
        }
    }

    async fn end_run(&self, job: &Job, run: &Run, done: &Done) -> Result<(), Refused> {
        let world = &*self.world;
        let settle = async |mut tx: Tx| settle(world, job, run, done, &mut tx).await;
        world.store.run_tx::<(), StoreError, _>("job.settle", settle).await?;
        Ok(())
    }
}

fn begun(row: RunRow, mark: &str, token: String) -> Run {
    let read = |text: &str| serde_json::from_str(text).unwrap_or(Value::Null);
    Run {
        progress: read(&row.progress),
        mark: read(mark),
        id: row.id,
        job: row.job,
        scheduled_at: row.scheduled_at,
        attempt: row.attempts + 1,
        token,
    }
}

async fn settle(world: &World, job: &Job, run: &Run, done: &Done, tx: &mut Tx) -> Result<(), StoreError> {
    let now = world.clock.now();
    let end = match done {
        Ok(_) => RunEnd::Done,
        Err(Fault::Passing(_)) if run.attempt < ATTEMPTS => RunEnd::Retry(again(run.attempt, now)),
        Err(_) => RunEnd::Failed,
    };
    let detail = match done {
        Ok(did) => did.clone(),
        Err(fault) => fault.to_string(),
    };
    // The journal first, as everybody does.
    tx.journal_lock().await?;
    if !tx.settle_run((&run.id, &run.token), end, now, &detail).await? {
        return Ok(());
    }
    let key = format!("job:{}", job.name);
    match end {
        RunEnd::Retry(_) => return Ok(()),
        RunEnd::Done => drop(notice::end(tx, world, &key, &BTreeMap::new()).await?),
        RunEnd::Failed => drop(notice::begin(tx, world, &failed(job, run, key, &detail)).await?),
    }
    if end == RunEnd::Failed || job.journalled {
        let fact = Fact::Run {
            job: job.name.clone(),
            run: run.id.clone(),
            scheduled: run.scheduled_at.to_string(),
            attempt: run.attempt,
            outcome: if end == RunEnd::Done { "done" } else { "failed" },
            detail,
        };
        world.journal.note(tx, vec![entry::bytes(&fact, now)], now).await?;
    }
    Ok(())
}

fn again(attempt: u32, now: Timestamp) -> Timestamp {
    now.plus_millis(WAIT_MILLIS << attempt.saturating_sub(1).min(6))
}

fn failed(job: &Job, run: &Run, key: String, detail: &str) -> Trouble {
    let facts = [
        ("job", job.name.clone()),
        ("run", run.id.clone()),
        ("scheduled", notice::when(run.scheduled_at)),
        ("attempts", run.attempt.to_string()),
        ("reason", detail.chars().take(300).collect()),
    ];
    Trouble {
        key,
        topic: Topic::JobFailed,
        severity: Severity::Warning,
        agency: job.agency.clone(),
        facts: facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<BTreeMap<_, _>>(),
    }
}
