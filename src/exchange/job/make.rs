//! Which runs are due, and which were missed.

use crate::clock::Timestamp;
use crate::domain::calendar::CN;
use crate::domain::schedule::Missed;
use crate::exchange::gateway::{Gateway, World};
use crate::exchange::job::{Job, Jobs};
use crate::exchange::refused::Refused;
use crate::store::job::{JobRow, NewRun};
use crate::store::{StoreError, Tx};

/// Times looked at in one go: a job that is due each minute was away for most of a day. What is beyond comes with the next
/// look.
const AT_ONCE: usize = 1000;

/// What is later than this was missed: a restart takes seconds, and so does a gateway that is busy.
const LATE_MILLIS: i64 = 5 * 60_000;

/// How far ahead of the clock a job may have been looked at before that is the clock's fault: gateways' clocks differ by less.
const AHEAD_MILLIS: i64 = 60_000;

impl Gateway {
    /// Makes the runs that are due; how many. Who looks first makes them.
    ///
    /// # Errors
    /// [`Refused::Busy`] and [`Refused::Unavailable`] when the store cannot be asked.
    pub async fn make_due_runs(&self, jobs: &Jobs) -> Result<usize, Refused> {
        let world = &*self.world;
        let read = async |mut tx: Tx| tx.jobs().await;
        let known = world.store.read::<_, StoreError, _>("job.all", read).await?;
        let mut made = 0;
        for job in jobs.all() {
            made += match known.iter().find(|row| row.name == job.name) {
                None => self.meet(job).await?,
                Some(row) => self.make(job, row).await?,
            };
        }
        Ok(made)
    }

    /// Before a job was first seen nothing of it was due.
    async fn meet(&self, job: &Job) -> Result<usize, Refused> {
        let world = &*self.world;
        let now = world.clock.now();
        let meet = async |mut tx: Tx| tx.meet_job(&job.name, now).await;
        world.store.run_tx::<(), StoreError, _>("job.meet", meet).await?;
        Ok(0)
    }

    async fn make(&self, job: &Job, row: &JobRow) -> Result<usize, Refused> {
        let world = &*self.world;
        let now = world.clock.now();
        if row.paused.is_some() {
            return Ok(0);
        }
        let runs = match due(world, job, row, now) {
            // The clock was ahead, and is not any more: what it made then stands, and is not made again.
            None if row.made_until.millis_since(now) > AHEAD_MILLIS => (now, Vec::new()),
            None => return Ok(0),
            Some(due) => due,
        };
        let (until, runs) = runs;
        let make = async |mut tx: Tx| tx.make_runs(&job.name, (row.made_until, until), &runs).await;
        let made = world.store.run_tx::<_, StoreError, _>("job.make", make).await?;
        Ok(if made { runs.iter().filter(|run| run.next_at.is_some()).count() } else { 0 })
    }
}

/// The runs that are due, and up to when these are all; none where nothing is.
fn due(world: &World, job: &Job, row: &JobRow, now: Timestamp) -> Option<(Timestamp, Vec<NewRun>)> {
    let laws = world.laws.load();
    let times = match job.schedule.between(row.made_until, now, AT_ONCE, laws.calendars().named(CN)) {
        Ok(times) => times,
        Err(missing) => {
            tracing::error!(job = %job.name, %missing, "a job is not run");
            return None;
        }
    };
    let last = *times.last()?;
    let until = if times.len() == AT_ONCE { last } else { now };
    let is_late = |at: Timestamp| now.millis_since(at) > LATE_MILLIS;
    let runs = times.iter().map(|at| {
        let passed_over = match job.missed {
            Missed::Each => None,
            Missed::Latest => (*at != last).then_some("one run for all that were missed: the last"),
            Missed::Skip if is_late(*at) => Some("nobody was there, and the next time is soon enough"),
            Missed::Skip => (*at != last).then_some("a later one is due as well"),
        };
        NewRun {
            id: world.chance.uuid(now).to_string(),
            job: job.name.clone(),
            scheduled_at: *at,
            cause: "clock",
            next_at: passed_over.is_none().then(|| job.schedule.begins(*at)),
            detail: passed_over.map(str::to_owned),
        }
    });
    Some((until, runs.collect()))
}
