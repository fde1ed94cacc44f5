//! `regbridge sync`: what is done by the clock, and its runs.

use std::sync::Arc;

use anyhow::bail;
use clap::Subcommand;

use crate::cli::Context;
use crate::cli::running::{jobs, outbound_identity};
use crate::cli::world::{Which, World};
use crate::client::https::{Https, Scheme};
use crate::client::source::Fetcher;
use crate::clock::SystemClock;
use crate::exchange::Gateway;
use crate::exchange::job::{Job, Jobs, RunView};
use crate::exchange::port::Source;

#[derive(Subcommand)]
pub(super) enum Command {
    /// List the jobs: name, when, next time or since when it is paused, last run and what it did. Syncs of agencies are called
    /// sync:AGENCY:NAME, what the house needs keep:… and digest:….
    List,
    /// Have a job run now, besides its times; a running gateway begins within seconds.
    Run(Word),
    /// Pause a job. What becomes due meanwhile is made when it goes on, as far as the job wants what was missed.
    Pause(Word),
    /// Have a paused job go on.
    Resume(Word),
    /// List runs, newest first: job, time, state, attempts, how far it is, what it did or failed of.
    History {
        /// Only of this job.
        job: Option<String>,
        /// At most so many.
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        limit: u32,
    },
}

#[derive(clap::Args)]
pub(super) struct Word {
    /// The job.
    job: String,
    /// Why, for the journal.
    #[arg(long)]
    why: String,
    /// Who says so; the user of this machine without it.
    #[arg(long, env = "USER", default_value = "operator")]
    who: String,
}

pub(super) async fn run(command: Command, context: &Context) -> anyhow::Result<bool> {
    let world = World::load(context)?;
    let (gateway, _) = world.open(Which::Spoken).await?;
    let https = Https::new(&outbound_identity(&world)?, Scheme::HttpsOnly, Arc::new(SystemClock))?;
    let source: Arc<dyn Source> = Arc::new(Fetcher::new(Arc::new(https)));
    let jobs = jobs::of_world(&world, &gateway, &source)?;
    match command {
        Command::List => {
            for job in gateway.jobs(&jobs).await? {
                let next = job.next.map(|at| format!("next {at}"));
                let paused = job
                    .paused
                    .map(|paused| format!("paused since {} {}: {}", paused.at, paused.by, paused.why));
                let next = paused.or(next);
                let last = job.last.as_ref().map(line).unwrap_or_default();
                println!("{}\t{}\t{}\t{last}", job.name, job.schedule, next.unwrap_or_default());
            }
        }
        Command::Run(asked) => {
            let id = gateway.run_by_hand(named(&jobs, &asked.job)?, &asked.who, &asked.why).await?;
            println!(
                "run {id}: a running gateway begins it within seconds; `sync history {}` shows it",
                asked.job
            );
        }
        Command::Pause(asked) => pause(&gateway, named(&jobs, &asked.job)?, &asked).await?,
        Command::Resume(asked) => {
            gateway.resume_job(named(&jobs, &asked.job)?, &asked.who, &asked.why).await?;
            println!("{} goes on", asked.job);
        }
        Command::History { job, limit } => {
            for run in gateway.job_runs(job.as_deref(), limit).await? {
                println!("{}\t{}", run.job, line(&run));
            }
        }
    }
    Ok(true)
}

async fn pause(gateway: &Gateway, job: &Job, word: &Word) -> anyhow::Result<()> {
    gateway.pause_job(job, &word.who, &word.why).await?;
    println!("{} is paused", word.job);
    Ok(())
}

fn named<'a>(jobs: &'a Jobs, name: &str) -> anyhow::Result<&'a Job> {
    if let Some(job) = jobs.named(name) {
        return Ok(job);
    }
    let all: Vec<&str> = jobs.all().map(|job| job.name.as_str()).collect();
    bail!("there is no job {name}; there are {}", all.join(", "))
}

fn line(run: &RunView) -> String {
    let again =
        run.next_at.filter(|_| run.attempts > 0).map(|at| format!(", again {at}")).unwrap_or_default();
    let progress = run.progress.as_object().filter(|progress| !progress.is_empty());
    let progress = progress.filter(|_| run.state == "running");
    let progress = progress.map(|far| format!("\t{}", serde_json::json!(far))).unwrap_or_default();
    let detail = run.detail.as_deref().unwrap_or_default();
    format!("{}\t{}{again}\t{} attempts\t{detail}{progress}", run.scheduled_at, run.state, run.attempts)
}
