//! What is done by the clock in this gateway: the syncs of its agencies, and what the house needs.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;

use crate::cli::backup::{Place, make_and_tell};
use crate::cli::canary;
use crate::cli::running::expiry::in_use;
use crate::cli::running::lists;
use crate::cli::world::World;
use crate::config::{Folder, Settings};
use crate::domain::schedule::{Missed, Schedule, Words, ZONE};
use crate::exchange::Gateway;
use crate::exchange::job::{CurrentJobs, Job, Jobs, Run, Work};
use crate::exchange::keep::Mode;
use crate::exchange::notice::Period;
use crate::exchange::port::Source;
use crate::exchange::refused::Refused;
use crate::pki::Trust;

/// Each minute: the platform hears of a certificate that lapses, and staff of a deadline, within minutes of midnight.
pub(super) const MINUTE: &str = "* * * * *";
/// When somebody is there to order a certificate.
const MORNING: &str = "5 8 * * *";
/// While bureaus sleep.
const NIGHT: &str = "20 3 * * *";

/// When the day before is over and what was under way at midnight has ended.
const AFTER_MIDNIGHT: &str = "40 0 * * *";

/// How long an ended run is shown: a year, and the month in which its books are closed.
const RUN_DAYS: u32 = 400;

/// The jobs there are now; asked at each tick, made anew when the agencies changed.
pub(crate) fn jobs(
    gateway: &Gateway,
    settings: &Settings,
    source: &Arc<dyn Source>,
    data: &Path,
    trust: Option<&Trust>,
) -> anyhow::Result<Jobs> {
    let mut all = gateway.sync_jobs(source, data);
    all.extend(lists::jobs(settings, &Folder::at(data), trust)?);
    let mail = &settings.mail;
    let keep_days = mail.keep_days;
    all.push(job("keep:deadlines", MINUTE, false, |gateway: Gateway, _: Run| async move {
        Ok(gateway.watch_deadlines(gateway.clock().now()).await?.to_string())
    })?);
    all.push(job("keep:certificates", MINUTE, false, |gateway: Gateway, _: Run| async move {
        Ok(format!("{} certificates lapsed", gateway.lapse_certificates().await?))
    })?);
    all.push(job("keep:records", NIGHT, true, move |gateway: Gateway, _: Run| async move {
        let (mails, runs) = (gateway.forget_notices(keep_days).await?, gateway.forget_runs(RUN_DAYS).await?);
        Ok(format!("{mails} mails and {runs} runs of long ago forgotten"))
    })?);
    all.push(job("keep:journal", NIGHT, true, |gateway: Gateway, _: Run| async move {
        Ok(gateway.check_journal().await?)
    })?);
    if !settings.journal.witnesses.is_empty() {
        // What is seen is told by troubles of its own.
        all.push(job("keep:witnesses", MINUTE, false, |gateway: Gateway, _: Run| async move {
            Ok(gateway.ask_witnesses().await?)
        })?);
    }
    let (own, folder) = (settings.clone(), Folder::at(data));
    all.push(job("keep:expiry", MORNING, true, move |gateway: Gateway, _: Run| {
        let in_use = in_use(&gateway, &own, &folder);
        async move { Ok(gateway.tell_of_expiry(&in_use).await?) }
    })?);
    let canary = &settings.canary;
    if canary.agency.is_some() {
        let (canary, folder, cron) = (canary.clone(), Folder::at(data), canary.cron.clone());
        // What is seen is told by its own trouble; a run is nothing that the journal needs to know of.
        all.push(job("keep:canary", &cron, false, move |gateway: Gateway, _: Run| {
            let (canary, folder) = (canary.clone(), folder.clone());
            async move {
                let profiles = gateway.profiles();
                let flown = canary::fly(&canary, &folder, &|name| profiles.named(name), &mut |_| ()).await;
                Ok(gateway.tell_of_canary(&flown).await?)
            }
        })?);
    }
    if settings.backup.folder.is_some() {
        let (own, folder) = (settings.clone(), Folder::at(data));
        all.push(job("keep:backup", &settings.backup.cron, true, move |gateway: Gateway, run: Run| {
            let place = Place::of(&own, &folder);
            async move {
                let place = place.map_err(|error| Refused::Unavailable(format!("{error:#}")))?;
                let Some(place) = place else { return Ok("no folder is named".to_owned()) };
                match make_and_tell(&place, &gateway, run.scheduled_at, &mut |_| ()).await? {
                    Ok(line) => Ok(line),
                    Err(line) => Ok(format!("FAILED {line}")),
                }
            }
        })?);
    }
    let retention = settings.retention.kept();
    all.push(job("keep:retention", NIGHT, true, move |gateway: Gateway, run: Run| {
        let retention = retention.clone();
        async move { Ok(gateway.remove_expired(&retention, Mode::Remove, run.scheduled_at).await?) }
    })?);
    for agency in gateway.registry().agencies() {
        let id = agency.id.clone();
        let name = format!("reconcile:{id}");
        let source = Arc::clone(source);
        let mut night = job(&name, AFTER_MIDNIGHT, true, move |gateway: Gateway, run: Run| {
            let (id, source) = (id.clone(), Arc::clone(&source));
            async move { gateway.reconcile_fetching(&id, run.scheduled_at, &*source).await }
        })?;
        // Each day has a manifest of its own.
        (night.missed, night.agency) = (Missed::Each, Some(agency.id.clone()));
        all.push(night);
    }
    for (name, cron, period) in
        [("digest:daily", &mail.daily, Period::Daily), ("digest:weekly", &mail.weekly, Period::Weekly)]
    {
        all.push(job(name, cron, true, move |gateway: Gateway, run: Run| async move {
            Ok(gateway.digest(period, run.scheduled_at).await?)
        })?);
    }
    Ok(Jobs::new(all))
}

pub(super) fn job(
    name: &str,
    cron: &str,
    journalled: bool,
    work: impl Work + 'static,
) -> anyhow::Result<Job> {
    let schedule = Schedule::parse(Words { cron, zone: ZONE, quiet: None, working_days: false });
    let schedule = schedule.map_err(|(_, what)| anyhow::anyhow!(what)).with_context(|| name.to_owned())?;
    Ok(Job {
        name: name.to_owned(),
        schedule,
        missed: Missed::Latest,
        agency: None,
        journalled,
        work: Arc::new(work),
    })
}

/// The jobs as they are at each moment: made anew when the agencies changed.
pub(super) fn current(
    gateway: Gateway,
    settings: Settings,
    source: Arc<dyn Source>,
    data: PathBuf,
    trust: Trust,
) -> anyhow::Result<CurrentJobs> {
    let made = jobs(&gateway, &settings, &source, &data, Some(&trust))?;
    let cell = Mutex::new((gateway.registry().generation(), Arc::new(made)));
    Ok(Arc::new(move || {
        let generation = gateway.registry().generation();
        let mut cell = cell.lock().unwrap_or_else(PoisonError::into_inner);
        if cell.0 != generation {
            match jobs(&gateway, &settings, &source, &data, Some(&trust)) {
                Ok(made) => *cell = (generation, Arc::new(made)),
                Err(error) => tracing::error!("the jobs cannot be made anew; the old ones stay: {error:#}"),
            }
        }
        Arc::clone(&cell.1)
    }))
}

/// The jobs of a data directory, for commands that look at them.
pub(crate) fn of_world(world: &World, gateway: &Gateway, source: &Arc<dyn Source>) -> anyhow::Result<Jobs> {
    jobs(gateway, &world.settings, source, world.folder.path(), None)
}
