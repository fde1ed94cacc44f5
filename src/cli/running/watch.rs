//! The watch over files that may change under a running gateway.
//!
//! Promise: what changes is taken up within two seconds, or at once on SIGHUP; a change that does not load is refused whole,
//! said once in the log, and the old state stays.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::watch;

use crate::cli::running::{configuration, outbound_identity, trust_paths};
use crate::cli::world::{Which, World, load_profiles};
use crate::client::https::Https;
use crate::clock::{Clock as _, SystemClock};
use crate::domain::digest::Digest;
use crate::exchange::Gateway;
use crate::exchange::profiles::Profiles;
use crate::pki::{Authority, Trust};

/// How often files are looked at: an operator who revokes a certificate sees it refused before the prompt is back.
const LOOK: Duration = Duration::from_secs(1);

/// A revocation list of our own authority is renewed when it has less than this left: half of its thirty days.
const RENEW_CRL_MILLIS: i64 = 15 * 24 * 3_600_000;

/// These profiles, if each agency still finds among them the one it names.
fn spoken(profiles: Profiles, gateway: &Gateway) -> anyhow::Result<Profiles> {
    for agency in gateway.registry().agencies() {
        if profiles.named(&agency.profile).is_none() {
            anyhow::bail!("agency {} speaks {}, which is not among them any more", agency.id, agency.profile);
        }
    }
    Ok(profiles)
}

/// Looks for changed files every second and takes them up.
pub(super) async fn watch_files(
    world: World,
    mut seen: Seen,
    gateway: Gateway,
    trust: Trust,
    agencies: Arc<Https>,
    mut stopped: watch::Receiver<bool>,
) {
    let mut hangup = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup()).ok();
    let mut generation = 1;
    loop {
        let asked = async {
            match &mut hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        let forced = tokio::select! {
            _ = stopped.changed() => return,
            _ = asked => true,
            () = tokio::time::sleep(LOOK) => false,
        };
        renew_crl(&world);
        let now = Seen::of(&world);
        if forced || now.trust != seen.trust {
            match trust.reload() {
                Ok(state) => {
                    tracing::info!(generation = state.generation(), "took up the certificates");
                    note(&gateway, "certificates", configuration::certificates(&world)).await;
                }
                Err(error) => tracing::error!(%error, "the certificates do not load; the old ones stay"),
            }
        }
        if forced || now.outbound != seen.outbound {
            match outbound_identity(&world).and_then(|identity| Ok(agencies.replace(&identity)?)) {
                Ok(()) => {
                    tracing::info!("took up the outbound certificate");
                    note(&gateway, "outbound", configuration::outbound(&world)).await;
                }
                Err(error) => {
                    tracing::error!("the outbound certificate does not load; the old one stays: {error:#}");
                }
            }
        }
        if forced || now.cursors != seen.cursors {
            match world.cursor_keys() {
                Ok(keys) => {
                    gateway.replace_cursor_keys(keys);
                    tracing::info!("took up the keys of the feeds' cursors");
                }
                Err(error) => {
                    tracing::error!(
                        "the keys of the feeds' cursors do not load; the old ones stay: {error:#}"
                    );
                }
            }
        }
        if forced || now.profiles != seen.profiles {
            match load_profiles(&world.folder, Which::Spoken).and_then(|all| spoken(all, &gateway)) {
                Ok(profiles) => {
                    gateway.replace_profiles(profiles);
                    tracing::info!("took up the profiles");
                    note(&gateway, "profiles", Vec::new()).await;
                }
                Err(error) => tracing::error!("the profiles do not load; the old ones stay: {error:#}"),
            }
        }
        if forced || now.laws != seen.laws {
            match take_up_laws(&world, &gateway).await {
                Ok(()) => {
                    tracing::info!("took up the rule sets and calendars");
                    note(&gateway, "rules", configuration::rules(&world)).await;
                }
                Err(error) => {
                    tracing::error!("the rule sets or calendars do not load; the old ones stay: {error:#}");
                }
            }
        }
        if forced || now.agencies != seen.agencies {
            // A new agency may speak what none spoke before.
            let both = load_profiles(&world.folder, Which::Spoken)
                .and_then(|profiles| Ok((profiles, world.load_registry(generation + 1)?)));
            match both {
                Ok((profiles, registry)) => {
                    generation += 1;
                    let count = registry.agencies().len();
                    gateway.replace_profiles(profiles);
                    gateway.replace_registry(registry);
                    tracing::info!(agencies = count, generation, "took up the agencies");
                    note(&gateway, "agencies", configuration::agencies(&world)).await;
                }
                Err(error) => tracing::error!("the agencies do not load; the old ones stay: {error:#}"),
            }
        }
        seen = now;
    }
}

/// Journals what was taken up. It is in force whether or not that can be written now.
async fn note(gateway: &Gateway, what: &'static str, files: Vec<(String, Digest)>) {
    if let Err(error) = gateway.journal_change(what, files).await {
        tracing::error!(%error, what, "the journal does not say which files are in force");
    }
}

/// Rule sets and calendars as they are on disk now; what waited for a year is counted with them.
async fn take_up_laws(world: &World, gateway: &Gateway) -> anyhow::Result<()> {
    gateway.replace_laws(crate::config::laws::load(&world.folder)?).await?;
    gateway.watch_deadlines(gateway.clock().now()).await?;
    Ok(())
}

/// The listener's revocation list, when it is our own authority's, is renewed in good time.
pub(super) fn renew_crl(world: &World) {
    let Ok(authority) = Authority::open(&world.folder.pki()) else { return };
    if !trust_paths(&world.settings, &world.folder).crls.contains(&authority.crl_path()) {
        return;
    }
    let ends = std::fs::read(authority.crl_path())
        .ok()
        .and_then(|bytes| crate::pki::inspect(&bytes).ok())
        .and_then(|facts| {
            facts.into_iter().find_map(|fact| match fact {
                crate::pki::Fact::Crl(list) => list.next_update,
                _ => None,
            })
        });
    let Some(ends) = ends else { return };
    if ends.millis_since(SystemClock.now()) < RENEW_CRL_MILLIS {
        match authority.refresh_crl(&SystemClock) {
            Ok(until) => tracing::info!(%until, "renewed the revocation list"),
            Err(error) => tracing::error!(%error, "the revocation list cannot be renewed"),
        }
    }
}

/// What the watched files looked like: name, length and time of change of each.
#[derive(PartialEq, Eq)]
pub(super) struct Seen {
    trust: Vec<Look>,
    outbound: Vec<Look>,
    cursors: Look,
    profiles: Vec<Look>,
    agencies: Vec<Look>,
    laws: Vec<Look>,
}

type Look = (PathBuf, u64, Option<SystemTime>);

impl Seen {
    pub(super) fn of(world: &World) -> Self {
        let trust = trust_paths(&world.settings, &world.folder);
        let files = trust.authorities.iter().chain(&trust.crls).chain([&trust.certificate, &trust.key]);
        let outbound = &world.settings.outbound;
        let ours = outbound.certificate.iter().chain(&outbound.key).chain(&outbound.authorities);
        Self {
            trust: files.map(|file| look(file)).collect(),
            outbound: ours.map(|file| look(&world.folder.resolve(file))).collect(),
            cursors: look(&world.folder.cursor_keys()),
            profiles: below(&world.folder.profiles()),
            agencies: below(&world.folder.agencies()),
            laws: [below(&world.folder.calendars()), below(&world.folder.rules())].concat(),
        }
    }
}

fn look(file: &Path) -> Look {
    let found = std::fs::metadata(file).ok();
    let length = found.as_ref().map_or(0, std::fs::Metadata::len);
    (file.to_owned(), length, found.and_then(|found| found.modified().ok()))
}

fn below(folder: &Path) -> Vec<Look> {
    let mut looks = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(here) = folders.pop() {
        for entry in std::fs::read_dir(&here).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() { folders.push(path) } else { looks.push(look(&path)) }
        }
    }
    looks.sort();
    looks
}
