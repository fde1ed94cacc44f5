//! What is done by the clock: jobs and their runs.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::exchange::job::{JobView, RunView};
use crate::http::platform::view::AnyObject;

/// All jobs.
#[derive(Serialize, ToSchema)]
pub struct JobList {
    /// The jobs, by name.
    pub jobs: Vec<Job>,
}

/// Something that is done by the clock.
#[derive(Serialize, ToSchema)]
pub struct Job {
    /// Its name, for example `sync:hz-amr:orders` or `keep:deadlines`.
    name: String,
    /// Its cron expression and time zone.
    schedule: String,
    /// What becomes of times at which nobody was there: `each`, `latest` or `skip`.
    missed: String,
    /// When it is due next; absent while it is paused, and where the calendar of the year is missing.
    #[schema(format = "date-time")]
    #[serde(skip_serializing_if = "Option::is_none")]
    next_at: Option<String>,
    /// Present while it is paused.
    #[serde(skip_serializing_if = "Option::is_none")]
    paused: Option<JobPause>,
    /// Its last run, if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<Run>,
}

/// A pause of a job.
#[derive(Serialize, ToSchema)]
pub struct JobPause {
    /// Since when.
    #[schema(format = "date-time")]
    since: String,
    /// The token's name, or whoever said so at the machine.
    who: String,
    /// Why.
    why: String,
}

/// A page of a job's runs, the newest first.
#[derive(Serialize, ToSchema)]
pub struct RunPage {
    /// The runs.
    pub runs: Vec<Run>,
    /// What to pass as `before` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A run that begins within seconds.
#[derive(Serialize, ToSchema)]
pub struct Begun {
    /// Its id.
    #[schema(format = "uuid")]
    pub run: String,
}

/// A run of a job.
#[derive(Serialize, ToSchema)]
pub struct Run {
    /// Its id.
    #[schema(format = "uuid")]
    id: String,
    /// The time it is for.
    #[schema(format = "date-time")]
    scheduled_at: String,
    /// `clock` or `hand`.
    cause: String,
    /// `waiting`, `running`, `done`, `failed` or `skipped`.
    state: String,
    /// Attempts begun.
    attempts: u32,
    /// When it is due, or due again.
    #[schema(format = "date-time")]
    #[serde(skip_serializing_if = "Option::is_none")]
    next_at: Option<String>,
    /// When it first began.
    #[schema(format = "date-time")]
    #[serde(skip_serializing_if = "Option::is_none")]
    started_at: Option<String>,
    /// When it ended.
    #[schema(format = "date-time")]
    #[serde(skip_serializing_if = "Option::is_none")]
    finished_at: Option<String>,
    /// How far it is, in its job's own words.
    #[schema(value_type = AnyObject)]
    progress: Value,
    /// What it did, or what it failed of.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

impl From<JobView> for Job {
    fn from(job: JobView) -> Self {
        Self {
            name: job.name,
            schedule: job.schedule,
            missed: job.missed.as_str().to_owned(),
            next_at: job.next.map(|at| at.to_string()),
            paused: job.paused.map(|paused| JobPause {
                since: paused.at.to_string(),
                who: paused.by,
                why: paused.why,
            }),
            last: job.last.map(Into::into),
        }
    }
}

impl From<RunView> for Run {
    fn from(run: RunView) -> Self {
        Self {
            id: run.id,
            scheduled_at: run.scheduled_at.to_string(),
            cause: run.cause,
            state: run.state,
            attempts: run.attempts,
            next_at: run.next_at.map(|at| at.to_string()),
            started_at: run.started_at.map(|at| at.to_string()),
            finished_at: run.finished_at.map(|at| at.to_string()),
            progress: run.progress,
            detail: run.detail,
        }
    }
}
