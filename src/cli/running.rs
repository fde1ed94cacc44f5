//! A running gateway: both listeners, the worker, and the watch over files that may change under it.
//!
//! Promise: what changes on disk (agencies, certificates, revocation lists, profiles) is taken up within two seconds,
//! or at once on SIGHUP, without dropping a connection; a change that does not load is refused whole, said once in
//! the log, and the old state stays. Stopping lets requests under way finish.

mod configuration;
pub(super) mod expiry;
pub(super) mod jobs;
mod lawful;
mod lists;
mod watch;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use anyhow::Context as _;
use tokio::sync::watch::{Receiver, Sender, channel};
use tokio::task::JoinHandle;

use crate::cli::backup::go_on;
use crate::cli::world::{Which, World};
use crate::client::https::{Https, Scheme};
use crate::client::identity::Identity;
use crate::client::network::Outbound;
use crate::client::signature::Secret;
use crate::client::source::Fetcher;
use crate::client::webhook::Webhook;
use crate::clock::{Clock, SystemClock};
use crate::config::{Folder, Settings};
use crate::exchange::Gateway;
use crate::exchange::port::Source;
use crate::http::agency::door::Door;
use crate::http::{agency, platform};
use crate::mail::Smtp;
use crate::pki::{Trust, TrustPaths};
use crate::store::Claim;
use crate::worker::driver;
use crate::worker::folders;
use crate::worker::mail::MailPace;
use crate::worker::scanner::ScannerCommand;
use crate::worker::timer::{self, TimerPace};

use watch::{Seen, renew_crl, watch_files};

/// How often files that nobody refers to are removed: they are an hour old at least, and cost nothing but room.
const SWEEP: Duration = Duration::from_mins(10);

/// A gateway that serves.
pub struct Running {
    /// Its use cases.
    pub gateway: Gateway,
    /// Where agencies call.
    pub agency_address: SocketAddr,
    /// Where the platform calls.
    pub platform_address: SocketAddr,
    handles: Vec<ServerHandle>,
    tasks: Vec<JoinHandle<()>>,
    writer: JoinHandle<()>,
    stop: Sender<bool>,
    /// Held until nothing is served any more.
    _claim: Claim,
}

impl Running {
    /// Starts everything that a data directory describes. Must be called on an actix system.
    pub(crate) async fn start(world: World) -> anyhow::Result<Self> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        // Before anything is read: what changes from here on is taken up by the watch, and nothing falls between.
        let seen = Seen::of(&world);
        let claim = world.claim()?;
        let (gateway, writer) = world.open(Which::Spoken).await?;
        if claim.is_sole() {
            let released = gateway.release_leases().await.context("the store cannot be written to")?;
            if released > 0 {
                tracing::info!(
                    released,
                    "took back deliveries that an earlier process was sending when it ended"
                );
            }
        }
        if let Err(error) = gateway.sweep_attachments(claim.is_sole()).await {
            tracing::error!(%error, "files that nobody refers to stay for now");
        }
        gateway
            .journal_start(configuration::all(&world))
            .await
            .context("the journal cannot be written to")?;
        go_on(&gateway, world.folder.path()).await?;
        lawful::tell(&gateway, world.settings.deadlines.missing_calendar).await?;
        renew_crl(&world);
        let trust = Trust::load(&trust_paths(&world.settings, &world.folder), Arc::clone(&clock))
            .context("the agency listener's trust")?;
        let settings = &world.settings;

        let listener = &settings.agency_listener;
        let door = Door::new(gateway.clone(), trust.clone(), listener.limits.clone());
        let (tell, refusals) = agency::handshakes::refusals();
        let (server, agency_address) =
            agency::bind(listener.address, door, trust.server_config_telling(tell))
                .with_context(|| format!("the agency listener cannot have {}", listener.address))?;
        let agencies =
            Arc::new(Https::new(&outbound_identity(&world)?, Scheme::HttpsOnly, Arc::clone(&clock))?);
        let source: Arc<dyn Source> = Arc::new(Fetcher::new(Arc::clone(&agencies)));
        let data = world.folder.path().to_owned();
        let jobs = jobs::current(gateway.clone(), settings.clone(), source, data, trust.clone())?;
        let address = settings.platform_listener.address;
        let bound = platform::serve::bind(gateway.clone(), Arc::clone(&jobs), address, None)
            .with_context(|| format!("the platform listener cannot have {address}"))?;
        let platform_address =
            bound.addresses.first().copied().context("the platform listener has no address")?;

        let (stop, stopped) = channel(false);
        let network = network(&world, &gateway, Arc::clone(&agencies), Arc::clone(&clock))?;
        let holder = format!("{}-{}", hostname(), std::process::id());
        let worker = driver::run(
            gateway.clone(),
            Arc::new(network),
            holder.clone(),
            driver::Pace::default(),
            stopped.clone(),
        );

        let scanner = &settings.attachments.scanner;
        let scanner = ScannerCommand {
            command: scanner.command.clone(),
            time: Duration::from_secs(scanner.seconds.into()),
        };
        let scans = (!scanner.command.is_empty()).then(|| {
            actix_web::rt::spawn(crate::worker::scanner::run(gateway.clone(), scanner, stopped.clone()))
        });
        let ticking = timer::run(
            gateway.clone(),
            move || jobs(),
            holder.clone(),
            TimerPace::default(),
            stopped.clone(),
        );
        let timer = async {
            if let Err(error) = ticking.await {
                tracing::error!(%error, "the clock does not go: nothing is done by it");
            }
        };
        let mails = mails(&world, &gateway, stopped.clone())?;
        let handles = vec![server.handle(), bound.server.handle()];
        let mut tasks = vec![
            actix_web::rt::spawn(until_stopped(sweep(gateway.clone()), stopped.clone())),
            actix_web::rt::spawn(timer),
            actix_web::rt::spawn(async move { ended("agency listener", server.await) }),
            actix_web::rt::spawn(async move { ended("platform listener", bound.server.await) }),
            actix_web::rt::spawn(worker),
            actix_web::rt::spawn(until_stopped(refusals.run(gateway.clone()), stopped.clone())),
            actix_web::rt::spawn(folders::run(
                gateway.clone(),
                world.folder.path().to_owned(),
                stopped.clone(),
            )),
            actix_web::rt::spawn(watch_files(world, seen, gateway.clone(), trust, agencies, stopped)),
        ];
        tasks.extend(scans.into_iter().chain(mails));
        Ok(Self { gateway, agency_address, platform_address, handles, tasks, writer, stop, _claim: claim })
    }

    /// Stops taking requests, finishes those under way, and waits until everything is at rest.
    pub async fn stop(self) {
        let _ = self.stop.send(true);
        for handle in &self.handles {
            handle.stop(true).await;
        }
        for task in self.tasks {
            let _ = task.await;
        }
        if let Err(error) = self.gateway.journal_stop().await {
            tracing::error!(%error, "the journal does not say that the gateway stopped");
        }
        drop(self.gateway);
        // The writer ends with the last clone of the gateway; the servers' threads may hold theirs a moment longer.
        let _ = tokio::time::timeout(Duration::from_secs(5), self.writer).await;
    }
}

/// The task that sends mails to staff, where a mail server is set.
fn mails(
    world: &World,
    gateway: &Gateway,
    stopped: Receiver<bool>,
) -> anyhow::Result<Option<JoinHandle<()>>> {
    let Some((server, sender)) = crate::cli::notice::server(world)? else { return Ok(None) };
    let pace = MailPace::within(server.patience);
    let smtp = Smtp::new(&server, sender, pace.at_once).map_err(anyhow::Error::msg)?;
    let gateway = gateway.clone();
    Ok(Some(actix_web::rt::spawn(crate::worker::mail::run(gateway, Arc::new(smtp), pace, stopped))))
}

/// Removes files that nobody refers to, from time to time.
async fn sweep(gateway: Gateway) {
    loop {
        tokio::time::sleep(SWEEP).await;
        if let Err(error) = gateway.sweep_attachments(false).await {
            tracing::error!(%error, "files that nobody refers to stay for now");
        }
    }
}

/// Runs a task that has no end of its own.
async fn until_stopped(task: impl Future<Output = ()>, mut stopped: Receiver<bool>) {
    tokio::select! {
        () = task => {}
        _ = stopped.changed() => {}
    }
}

fn ended(what: &str, outcome: std::io::Result<()>) {
    if let Err(error) = outcome {
        tracing::error!(%error, "the {what} ended");
    }
}

/// This machine's name.
fn hostname() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname")
        .map_or("gateway".to_owned(), |name| name.trim().to_owned())
}

fn trust_paths(settings: &Settings, folder: &Folder) -> TrustPaths {
    let listener = &settings.agency_listener;
    TrustPaths {
        authorities: listener.authorities.iter().map(|file| folder.resolve(file)).collect(),
        crls: listener.crls.iter().map(|file| folder.resolve(file)).collect(),
        certificate: folder.resolve(&listener.certificate),
        key: folder.resolve(&listener.key),
    }
}

/// Who we are to agencies that we call; nobody while no outbound certificate is configured.
pub(super) fn outbound_identity(world: &World) -> anyhow::Result<Identity> {
    let read = |path: &PathBuf| {
        let path = world.folder.resolve(path);
        std::fs::read(&path).with_context(|| path.display().to_string())
    };
    let outbound = &world.settings.outbound;
    let (Some(certificate), Some(key)) = (&outbound.certificate, &outbound.key) else {
        return Ok(Identity::nobody());
    };
    let mut authorities = Vec::new();
    for file in &outbound.authorities {
        authorities.extend(read(file)?);
    }
    Identity::mutual(&authorities, &read(certificate)?, &read(key)?).context("[outbound]")
}

fn network(
    world: &World,
    gateway: &Gateway,
    agencies: Arc<Https>,
    clock: Arc<dyn Clock>,
) -> anyhow::Result<Outbound> {
    let Settings { webhooks, journal, .. } = &world.settings;
    let mut hooks = BTreeMap::new();
    for hook in webhooks {
        let secret = world
            .environment
            .secret(&format!("webhook-{}", hook.name), &world.folder.resolve(&hook.secret_file))?;
        let text = String::from_utf8(secret.bytes().to_vec()).context("a webhook's secret is no text")?;
        let secret =
            Secret::parse(text.trim()).with_context(|| format!("the secret of webhook {}", hook.name))?;
        let https = Https::new(&Identity::nobody(), Scheme::HttpOnLoopback, Arc::clone(&clock))?;
        let source = format!("//{}", journal.origin);
        hooks.insert(
            hook.name.clone(),
            Webhook::new(&hook.name, hook.url.clone(), source, vec![secret], https)?,
        );
    }
    let registries = gateway.clone();
    let data = world.folder.path().to_owned();
    Ok(Outbound::new(agencies, Arc::new(move || registries.registry()), hooks, data, clock))
}
