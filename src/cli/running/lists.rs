//! The revocation lists of the agency listener: fetched anew by the clock, and watched.
//!
//! Each gateway has files of its own, so the jobs bear the machine's name: no other gateway does them.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;

use crate::cli::running::hostname;
use crate::cli::running::jobs::{MINUTE, job};
use crate::client::https::{Https, Scheme};
use crate::client::identity::Identity;
use crate::client::said;
use crate::clock::SystemClock;
use crate::config::settings::CrlSource;
use crate::config::{Folder, Settings};
use crate::exchange::Gateway;
use crate::exchange::job::{Done, Fault, Job, Run};
use crate::exchange::keep::ListInUse;
use crate::pki::{self, Renewed, Trust, TrustPaths};

/// The largest list that is fetched: a certificate takes forty bytes of it, so this is one of 800,000.
const LARGEST: usize = 32 * 1024 * 1024;

/// What is asked for (RFC 2585, section 4.2); servers that know better send what they have.
const ACCEPT: &str = "application/pkix-crl, */*";

/// The jobs of this machine's lists. `trust` is what its listener trusts; a command that only looks has none.
pub(super) fn jobs(settings: &Settings, folder: &Folder, trust: Option<&Trust>) -> anyhow::Result<Vec<Job>> {
    let machine = hostname();
    let paths = super::trust_paths(settings, folder);
    let mut all = Vec::new();
    for source in &settings.agency_listener.crl_sources {
        let fetch = Arc::new(Fetch {
            url: source.crl_url.clone(),
            file: folder.resolve(&source.file),
            https: https(source, settings, folder)?,
            paths: paths.clone(),
        });
        let name = format!("keep:crl:{}@{machine}", source.name);
        all.push(job(&name, &source.cron, true, move |gateway: Gateway, _: Run| {
            let fetch = Arc::clone(&fetch);
            async move { fetch.run(&gateway).await }
        })?);
    }
    let trust = trust.cloned();
    all.push(job(&format!("keep:crls@{machine}"), MINUTE, false, move |gateway: Gateway, _: Run| {
        let (lists, machine) = (in_use(trust.as_ref()), machine.clone());
        async move { Ok(gateway.tell_of_lists(&machine, &lists).await?) }
    })?);
    Ok(all)
}

fn https(source: &CrlSource, settings: &Settings, folder: &Folder) -> anyhow::Result<Https> {
    let files =
        if source.authorities.is_empty() { &settings.outbound.authorities } else { &source.authorities };
    let mut authorities = Vec::new();
    for file in files {
        let file = folder.resolve(file);
        authorities.extend(std::fs::read(&file).with_context(|| file.display().to_string())?);
    }
    let peers = if authorities.is_empty() { Identity::nobody() } else { Identity::anonymous(&authorities)? };
    Ok(Https::new(&peers, Scheme::Http, Arc::new(SystemClock))?)
}

fn in_use(trust: Option<&Trust>) -> Vec<ListInUse> {
    let state = trust.map(Trust::current);
    let lists = state.iter().flat_map(|state| state.lists());
    let shown = lists.map(|list| ListInUse {
        issuer: list.issuer,
        file: list.file.display().to_string(),
        this_update: list.this_update,
        next_update: list.next_update,
    });
    shown.collect()
}

/// What one list is fetched with.
struct Fetch {
    url: String,
    file: PathBuf,
    https: Https,
    paths: TrustPaths,
}

impl Fetch {
    /// Fetches it and puts it in its place, if it may take it; the watch over files takes it up from there.
    async fn run(&self, gateway: &Gateway) -> Done {
        let got = self.https.get(&self.url, ACCEPT, LARGEST).await.map_err(|trouble| {
            let what = format!("{}: {trouble}", self.url);
            if trouble.is_configuration() { Fault::Final(what) } else { Fault::Passing(what) }
        })?;
        if got.status != 200 {
            let said = said::in_short(got.status, &got.content_type, &got.body);
            let what = format!("{} answers {}: {said}", self.url, got.status);
            let passes = matches!(got.status, 408 | 425 | 429) || got.status >= 500;
            return Err(if passes { Fault::Passing(what) } else { Fault::Final(what) });
        }
        let now = gateway.clock().now();
        let (paths, file) = (self.paths.clone(), self.file.clone());
        let renewed = tokio::task::spawn_blocking(move || pki::renew(&paths, &file, &got.body, now)).await;
        match renewed.map_err(|error| Fault::Passing(error.to_string()))? {
            Ok(Renewed::Same { next_update }) => Ok(format!("it is the list in use, until {next_update}")),
            Ok(Renewed::Taken { number, revoked, next_update }) => {
                let number = number.map_or_else(String::new, |number| format!(" number {number}"));
                Ok(format!("took list{number} with {revoked} certificates, until {next_update}"))
            }
            Err(why) => Err(Fault::Final(format!("{} is kept out: {why}", self.url))),
        }
    }
}
