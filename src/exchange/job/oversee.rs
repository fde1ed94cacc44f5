//! What an operator sees of jobs and says to them.

use serde::Serialize;
use serde_json::Value;

use crate::clock::Timestamp;
use crate::domain::calendar::CN;
use crate::domain::schedule::Missed;
use crate::exchange::entry::{self, Fact};
use crate::exchange::gateway::{Gateway, World};
use crate::exchange::job::{Job, Jobs};
use crate::exchange::refused::{Failed, Refused};
use crate::store::job::{JobRow, NewRun, Paused, RunRow};
use crate::store::{StoreError, Tx};

/// A job as it is shown.
#[derive(Clone, Debug, Serialize)]
pub struct JobView {
    /// Its name.
    pub name: String,
    /// Its cron expression and time zone.
    pub schedule: String,
    /// What becomes of times at which nobody was there.
    pub missed: Missed,
    /// When it is due next; absent while it is paused.
    pub next: Option<Timestamp>,
    /// Since when it is paused, by whom and why.
    pub paused: Option<Paused>,
    /// Its last run.
    pub last: Option<RunView>,
}

/// A run as it is shown.
#[derive(Clone, Debug, Serialize)]
pub struct RunView {
    /// Its id.
    pub id: String,
    /// Its job.
    pub job: String,
    /// The time it is for.
    pub scheduled_at: Timestamp,
    /// `clock` or `hand`.
    pub cause: String,
    /// `waiting`, `running`, `done`, `failed` or `skipped`.
    pub state: String,
    /// Attempts begun.
    pub attempts: u32,
    /// When it is due, or due again.
    pub next_at: Option<Timestamp>,
    /// When it first began.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// How far it is.
    pub progress: Value,
    /// What it did, or what it failed of.
    pub detail: Option<String>,
}

impl From<RunRow> for RunView {
    fn from(row: RunRow) -> Self {
        Self {
            progress: serde_json::from_str(&row.progress).unwrap_or(Value::Null),
            id: row.id,
            job: row.job,
            scheduled_at: row.scheduled_at,
            cause: row.cause,
            state: row.state,
            attempts: row.attempts,
            next_at: row.next_at,
            started_at: row.started_at,
            finished_at: row.finished_at,
            detail: row.detail,
        }
    }
}

impl Gateway {
    /// These jobs, each with its last run.
    ///
    /// # Errors
    /// [`Refused::Unavailable`] when the store cannot be asked.
    pub async fn jobs(&self, jobs: &Jobs) -> Result<Vec<JobView>, Refused> {
        let world = &*self.world;
        let read = async |mut tx: Tx| {
            let (mut shown, rows) = (Vec::new(), tx.jobs().await?);
            for job in jobs.all() {
                let row = rows.iter().find(|row| row.name == job.name);
                let last = tx.runs(Some(&job.name), None, 1).await?.pop();
                shown.push(view(world, job, row, last));
            }
            Ok::<_, StoreError>(shown)
        };
        Ok(world.store.read("job.list", read).await?)
    }

    /// The last runs of a job, or of all, newest first.
    ///
    /// # Errors
    /// [`Refused::Unavailable`] when the store cannot be asked.
    pub async fn job_runs(&self, job: Option<&str>, limit: u32) -> Result<Vec<RunView>, Refused> {
        let read = async |mut tx: Tx| tx.runs(job, None, limit).await;
        let rows = self.world.store.read::<_, StoreError, _>("job.runs", read).await?;
        Ok(rows.into_iter().map(RunView::from).collect())
    }

    /// At most `limit` runs of a job from before one of them, newest first.
    ///
    /// # Errors
    /// [`Refused::NotFound`] without such a run of that job; [`Refused::Unavailable`] when the store cannot be asked.
    pub async fn earlier_runs(&self, job: &str, before: &str, limit: u32) -> Result<Vec<RunView>, Refused> {
        let read = async |mut tx: Tx| {
            let Some(from) = tx.run(before).await?.filter(|run| run.job == job) else { return Ok(None) };
            Ok::<_, StoreError>(Some(tx.runs(Some(job), Some((from.scheduled_at, before)), limit).await?))
        };
        let rows = self.world.store.read("job.earlier_runs", read).await?.ok_or(Refused::NotFound)?;
        Ok(rows.into_iter().map(RunView::from).collect())
    }

    /// Forgets runs that ended so many days ago; how many.
    ///
    /// # Errors
    /// [`Refused::Unavailable`] when the store cannot be written to.
    pub async fn forget_runs(&self, days: u32) -> Result<u64, Refused> {
        let world = &*self.world;
        let before = world.clock.now().plus_millis(-i64::from(days) * 86_400_000);
        let forget = async |mut tx: Tx| tx.forget_runs(before).await;
        Ok(world.store.run_tx::<_, StoreError, _>("job.forget", forget).await?)
    }

    /// Has a job run now, besides its times, also while it is paused; the run's id.
    ///
    /// # Errors
    /// [`Refused::Unavailable`] when the store cannot be written to.
    pub async fn run_by_hand(&self, job: &Job, who: &str, why: &str) -> Result<String, Refused> {
        let world = &*self.world;
        let make = async |mut tx: Tx| run_now(world, &mut tx, &job.name, (who, why), None).await;
        Ok(world.store.run_tx::<_, StoreError, _>("job.run_by_hand", make).await?)
    }

    /// Pauses a job: what becomes due meanwhile is made when it goes on, as far as the job wants what was missed.
    ///
    /// # Errors
    /// [`Refused::JobState`] when it is paused already; [`Refused::Unavailable`] when the store cannot be written to.
    pub async fn pause_job(&self, job: &Job, who: &str, why: &str) -> Result<(), Refused> {
        let world = &*self.world;
        let now = world.clock.now();
        let paused = Paused { at: now, by: who.to_owned(), why: why.to_owned() };
        let pause = async |mut tx: Tx| {
            note(world, &mut tx, (&job.name, "pause"), (who, why), now).await?;
            tx.meet_job(&job.name, now).await?;
            if tx.pause_job(&job.name, &paused).await? {
                Ok(())
            } else {
                Err(Failed::from(Refused::JobState { job: job.name.clone(), paused: true }))
            }
        };
        world.store.run_tx("job.pause", pause).await.map_err(Failed::into_refused)
    }

    /// Has a job go on.
    ///
    /// # Errors
    /// [`Refused::JobState`] when it is not paused; [`Refused::Unavailable`] when the store cannot be written to.
    pub async fn resume_job(&self, job: &Job, who: &str, why: &str) -> Result<(), Refused> {
        let world = &*self.world;
        let now = world.clock.now();
        let resume = async |mut tx: Tx| {
            note(world, &mut tx, (&job.name, "resume"), (who, why), now).await?;
            if tx.resume_job(&job.name).await? {
                Ok(())
            } else {
                Err(Failed::from(Refused::JobState { job: job.name.clone(), paused: false }))
            }
        };
        world.store.run_tx("job.resume", resume).await.map_err(Failed::into_refused)
    }
}

/// Makes a run that begins now, with its entry; its id. `asked` is what it is to do, where that is not what the job does by
/// itself.
pub(in crate::exchange) async fn run_now(
    world: &World,
    tx: &mut Tx,
    job: &str,
    (who, why): (&str, &str),
    asked: Option<&Value>,
) -> Result<String, StoreError> {
    let now = world.clock.now();
    note(world, tx, (job, "run"), (who, why), now).await?;
    tx.meet_job(job, now).await?;
    let mut run = NewRun {
        id: world.chance.uuid(now).to_string(),
        job: job.to_owned(),
        scheduled_at: now,
        cause: "hand",
        next_at: Some(now),
        detail: None,
    };
    // Two of one moment are two runs.
    while !tx.insert_run(&run, now).await? {
        run.scheduled_at = Timestamp::from_micros(run.scheduled_at.micros() + 1);
    }
    if let Some(asked) = asked {
        tx.ask_run(&run.id, &asked.to_string()).await?;
    }
    Ok(run.id)
}

async fn note(
    world: &World,
    tx: &mut Tx,
    (job, action): (&str, &'static str),
    (who, why): (&str, &str),
    now: Timestamp,
) -> Result<(), StoreError> {
    let fact = Fact::JobChange { job: job.to_owned(), action, who: who.to_owned(), why: why.to_owned() };
    world.journal.note(tx, vec![entry::bytes(&fact, now)], now).await.map(drop)
}

fn view(world: &World, job: &Job, row: Option<&JobRow>, last: Option<RunRow>) -> JobView {
    let paused = row.and_then(|row| row.paused.clone());
    let laws = world.laws.load();
    let next = job.schedule.next(world.clock.now(), laws.calendars().named(CN)).ok().flatten();
    JobView {
        name: job.name.clone(),
        schedule: format!("{} {}", job.schedule.cron(), job.schedule.zone()),
        missed: job.missed,
        next: next.filter(|_| paused.is_none()),
        paused,
        last: last.map(RunView::from),
    }
}
