//! Jobs and their runs: what is done by the clock, once each time.
//!
//! Promise: a run is made once for each job and time, whoever makes it and however often; it is held by at most one
//! lease, and so is its job: no two runs of one job at a time; who lost the lease can neither write down how far it is
//! nor end it. When something is due is not asked here.

use serde::Serialize;

use crate::clock::Timestamp;
use crate::store::StoreError;
use crate::store::tx::Tx;
use crate::store::value::{Reader, Sql, Value};

/// A job, as far as it must be remembered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobRow {
    /// Its name.
    pub name: String,
    /// What was due up to here has its runs, or was passed over.
    pub made_until: Timestamp,
    /// JSON: how far it has come over all its runs.
    pub mark: String,
    /// Since when it is paused, by whom and why.
    pub paused: Option<Paused>,
}

/// That a job is paused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Paused {
    /// Since when.
    pub at: Timestamp,
    /// By whom.
    pub by: String,
    /// Why, in their words.
    pub why: String,
}

/// A run to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRun {
    /// Its id.
    pub id: String,
    /// The job.
    pub job: String,
    /// The time it is for.
    pub scheduled_at: Timestamp,
    /// `clock` or `hand`.
    pub cause: &'static str,
    /// When it may begin; absent for one that is passed over.
    pub next_at: Option<Timestamp>,
    /// Why it is passed over.
    pub detail: Option<String>,
}

/// A run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunRow {
    /// Its id.
    pub id: String,
    /// The job.
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
    /// JSON: how far it is.
    pub progress: String,
    /// What it did, or what it failed of.
    pub detail: Option<String>,
}

/// A lease of a run to be.
#[derive(Clone, Copy, Debug)]
pub struct RunLease<'a> {
    /// From now on.
    pub now: Timestamp,
    /// Until then.
    pub until: Timestamp,
    /// Whose.
    pub holder: &'a str,
    /// New for every lease: it is what fences it.
    pub token: &'a str,
}

/// What becomes of a run after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunEnd {
    /// It did what it should.
    Done,
    /// Again at this time.
    Retry(Timestamp),
    /// It is given up.
    Failed,
}

const JOBS: Sql = Sql::both(
    "-- job.all\nSELECT name, made_until, mark, paused_at, paused_by, paused_why FROM jobs ORDER BY name",
);
const JOB: Sql = Sql::both(
    "-- job.one\nSELECT name, made_until, mark, paused_at, paused_by, paused_why FROM jobs WHERE name = $1",
);
const MEET: Sql = Sql::both(
    "-- job.meet\nINSERT INTO jobs (name, made_until, mark) VALUES ($1, $2, '{}') ON CONFLICT (name) DO NOTHING",
);
// Of several that saw the same job due one gets through.
const MADE: Sql =
    Sql::both("-- job.made\nUPDATE jobs SET made_until = $3 WHERE name = $1 AND made_until = $2");
const PAUSE: Sql = Sql::both(
    "-- job.pause\nUPDATE jobs SET paused_at = $2, paused_by = $3, paused_why = $4 WHERE name = $1 AND paused_at IS NULL",
);
const RESUME: Sql = Sql::both(
    "-- job.resume\n\
    UPDATE jobs SET paused_at = NULL, paused_by = NULL, paused_why = NULL WHERE name = $1 AND paused_at IS NOT NULL",
);
const MARK: Sql = Sql::both("-- job.mark\nUPDATE jobs SET mark = $2 WHERE name = $1");

const INSERT: Sql = Sql::both(
    "-- job.insert_run\n\
    INSERT INTO job_runs (id, job, scheduled_at, cause, state, attempts, next_at, finished_at, progress, detail) \
    VALUES ($1, $2, $3, $4, $5, 0, $6, $7, '{}', $8) ON CONFLICT (job, scheduled_at, cause) DO NOTHING",
);

macro_rules! columns {
    () => {
        "r.id, r.job, r.scheduled_at, r.cause, r.state, r.attempts, r.next_at, r.started_at, r.finished_at, \
         r.progress, r.detail"
    };
}

// $1 now. Oldest first; not while another run of the job is under way.
const DUE: Sql = Sql::both(concat!(
    "-- job.due_runs\nSELECT ",
    columns!(),
    " FROM job_runs AS r JOIN jobs AS j ON j.name = r.job \
     WHERE r.next_at <= $1 AND (r.lease_until IS NULL OR r.lease_until <= $1) \
     AND (j.paused_at IS NULL OR r.cause = 'hand') \
     AND NOT EXISTS (SELECT 1 FROM job_runs AS o WHERE o.job = r.job AND o.id <> r.id AND o.lease_until > $1) \
     ORDER BY r.scheduled_at, r.id LIMIT $2"
));

// The job's row is written as well: of two replicas that lease two runs of one job the second waits, and finds the first's.
const HOLD: Sql = Sql::both("-- job.hold\nUPDATE jobs SET mark = mark WHERE name = $1");
const LEASE: Sql = Sql::both(
    "-- job.lease_run\n\
    UPDATE job_runs SET state = 'running', attempts = attempts + 1, lease_until = $3, lease_holder = $4, lease_token = $5, \
    started_at = COALESCE(started_at, $2) \
    WHERE id = $1 AND next_at <= $2 AND (lease_until IS NULL OR lease_until <= $2) \
    AND NOT EXISTS (SELECT 1 FROM job_runs AS o WHERE o.job = job_runs.job AND o.id <> job_runs.id AND o.lease_until > $2)",
);
const KEEP: Sql =
    Sql::both("-- job.keep_run\nUPDATE job_runs SET lease_until = $3 WHERE id = $1 AND lease_token = $2");
const PROGRESS: Sql =
    Sql::both("-- job.progress\nUPDATE job_runs SET progress = $3 WHERE id = $1 AND lease_token = $2");
const SETTLE: Sql = Sql::both(
    "-- job.settle_run\n\
    UPDATE job_runs SET state = $3, next_at = $4, finished_at = $5, detail = $6, \
    lease_token = NULL, lease_holder = NULL, lease_until = NULL WHERE id = $1 AND lease_token = $2",
);
const ASK: Sql = Sql::both("-- job.ask\nUPDATE job_runs SET progress = $2 WHERE id = $1 AND attempts = 0");
const RUNS: Sql = Sql::both(concat!(
    "-- job.runs\nSELECT ",
    columns!(),
    " FROM job_runs AS r WHERE ($1 = '' OR r.job = $1) \
     AND (CAST($2 AS bigint) IS NULL OR r.scheduled_at < $2 OR (r.scheduled_at = $2 AND r.id < $3)) \
     ORDER BY r.scheduled_at DESC, r.id DESC LIMIT $4"
));
const RUN: Sql = Sql::both(concat!("-- job.run\nSELECT ", columns!(), " FROM job_runs AS r WHERE r.id = $1"));
const FORGET: Sql =
    Sql::both("-- job.forget_runs\nDELETE FROM job_runs WHERE next_at IS NULL AND finished_at < $1");

impl Tx {
    /// Every job that was ever met.
    pub async fn jobs(&mut self) -> Result<Vec<JobRow>, StoreError> {
        self.fetch(JOBS, &[]).await?.iter().map(|row| job(&mut row.reader())).collect()
    }

    /// One of them.
    pub async fn job(&mut self, name: &str) -> Result<Option<JobRow>, StoreError> {
        self.fetch_one(JOB, &[name.into()]).await?.map(|row| job(&mut row.reader())).transpose()
    }

    /// Notes a job that is seen for the first time: nothing of it was due before `at`.
    pub async fn meet_job(&mut self, name: &str, at: Timestamp) -> Result<(), StoreError> {
        self.execute(MEET, &[name.into(), at.into()]).await.map(drop)
    }

    /// Makes the runs of a job that were due after `from` up to `until`; false, and nothing made, if somebody else was
    /// first.
    pub async fn make_runs(
        &mut self,
        name: &str,
        (from, until): (Timestamp, Timestamp),
        runs: &[NewRun],
    ) -> Result<bool, StoreError> {
        if self.execute(MADE, &[name.into(), from.into(), until.into()]).await? != 1 {
            return Ok(false);
        }
        for run in runs {
            self.insert_run(run, until).await?;
        }
        Ok(true)
    }

    /// Makes a run; false if there is one of that job and time already. One that is passed over ends at `now`.
    pub async fn insert_run(&mut self, run: &NewRun, now: Timestamp) -> Result<bool, StoreError> {
        let values = [
            Value::from(run.id.as_str()),
            Value::from(run.job.as_str()),
            Value::from(run.scheduled_at),
            Value::from(run.cause),
            Value::from(if run.next_at.is_some() { "waiting" } else { "skipped" }),
            Value::from(run.next_at),
            Value::from(run.next_at.is_none().then_some(now)),
            Value::from(run.detail.as_deref()),
        ];
        Ok(self.execute(INSERT, &values).await? == 1)
    }

    /// Says what a run that has not begun is to do; false if it has.
    pub async fn ask_run(&mut self, id: &str, progress: &str) -> Result<bool, StoreError> {
        Ok(self.execute(ASK, &[id.into(), progress.into()]).await? == 1)
    }

    /// At most `limit` runs that may begin now, those for the earliest times first.
    pub async fn due_runs(&mut self, now: Timestamp, limit: u32) -> Result<Vec<RunRow>, StoreError> {
        self.fetch(DUE, &[now.into(), limit.into()]).await?.iter().map(|row| run(&mut row.reader())).collect()
    }

    /// Takes a lease of a run and begins an attempt; false if somebody else was first.
    pub async fn lease_run(&mut self, run: &RunRow, lease: RunLease<'_>) -> Result<bool, StoreError> {
        self.execute(HOLD, &[run.job.as_str().into()]).await?;
        let values = [
            Value::from(run.id.as_str()),
            Value::from(lease.now),
            Value::from(lease.until),
            Value::from(lease.holder),
            Value::from(lease.token),
        ];
        Ok(self.execute(LEASE, &values).await? == 1)
    }

    /// Holds a lease for longer; false if it is another's by now.
    pub async fn keep_run(&mut self, id: &str, token: &str, until: Timestamp) -> Result<bool, StoreError> {
        Ok(self.execute(KEEP, &[id.into(), token.into(), until.into()]).await? == 1)
    }

    /// Writes down how far a run is, and, where that is known, how far its job is over all runs; false, and nothing is
    /// written, if the lease is another's by now.
    pub async fn put_progress(
        &mut self,
        (id, token): (&str, &str),
        progress: &str,
        mark: Option<(&str, &str)>,
    ) -> Result<bool, StoreError> {
        if self.execute(PROGRESS, &[id.into(), token.into(), progress.into()]).await? != 1 {
            return Ok(false);
        }
        if let Some((name, mark)) = mark {
            self.execute(MARK, &[name.into(), mark.into()]).await?;
        }
        Ok(true)
    }

    /// Ends an attempt; false if the lease is another's by now.
    pub async fn settle_run(
        &mut self,
        (id, token): (&str, &str),
        end: RunEnd,
        now: Timestamp,
        detail: &str,
    ) -> Result<bool, StoreError> {
        let (state, next_at) = match end {
            RunEnd::Done => ("done", None),
            RunEnd::Retry(at) => ("waiting", Some(at)),
            RunEnd::Failed => ("failed", None),
        };
        let finished = next_at.is_none().then_some(now);
        let values: [Value<'_>; 6] =
            [id.into(), token.into(), state.into(), next_at.into(), finished.into(), detail.into()];
        Ok(self.execute(SETTLE, &values).await? == 1)
    }

    /// The last runs of a job, or of all, newest first; those before a time and id, where they are given.
    pub async fn runs(
        &mut self,
        job: Option<&str>,
        before: Option<(Timestamp, &str)>,
        limit: u32,
    ) -> Result<Vec<RunRow>, StoreError> {
        let values = [
            Value::from(job.unwrap_or_default()),
            Value::from(before.map(|before| before.0)),
            Value::from(before.map_or("", |before| before.1)),
            Value::from(limit),
        ];
        let rows = self.fetch(RUNS, &values).await?;
        rows.iter().map(|row| run(&mut row.reader())).collect()
    }

    /// One run.
    pub async fn run(&mut self, id: &str) -> Result<Option<RunRow>, StoreError> {
        self.fetch_one(RUN, &[id.into()]).await?.map(|row| run(&mut row.reader())).transpose()
    }

    /// Pauses a job; false if it is paused, or was never met.
    pub async fn pause_job(&mut self, name: &str, paused: &Paused) -> Result<bool, StoreError> {
        let values = [name.into(), paused.at.into(), paused.by.as_str().into(), paused.why.as_str().into()];
        Ok(self.execute(PAUSE, &values).await? == 1)
    }

    /// Has a job go on; false if it is not paused.
    pub async fn resume_job(&mut self, name: &str) -> Result<bool, StoreError> {
        Ok(self.execute(RESUME, &[name.into()]).await? == 1)
    }

    /// Forgets runs that ended before then; how many.
    pub async fn forget_runs(&mut self, before: Timestamp) -> Result<u64, StoreError> {
        self.execute(FORGET, &[before.into()]).await
    }
}

fn job(row: &mut Reader<'_>) -> Result<JobRow, StoreError> {
    let (name, made_until, mark) = (row.text()?, row.time()?, row.text()?);
    let (at, by, why) = (row.maybe_time()?, row.maybe_text()?, row.maybe_text()?);
    let paused = at.map(|at| Paused { at, by: by.unwrap_or_default(), why: why.unwrap_or_default() });
    Ok(JobRow { name, made_until, mark, paused })
}

fn run(row: &mut Reader<'_>) -> Result<RunRow, StoreError> {
    Ok(RunRow {
        id: row.text()?,
        job: row.text()?,
        scheduled_at: row.time()?,
        cause: row.text()?,
        state: row.text()?,
        attempts: row.small()?,
        next_at: row.maybe_time()?,
        started_at: row.maybe_time()?,
        finished_at: row.maybe_time()?,
        progress: row.text()?,
        detail: row.maybe_text()?,
    })
}
