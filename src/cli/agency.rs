//! `regbridge agency`: the registry's files, `DIR/agencies/<id>.toml`.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Subcommand;

use crate::cli::Context;
use crate::cli::profile::versions::DIGEST;
use crate::cli::world::{Which, World, load_profiles};
use crate::clock::{Clock as _, SystemClock};
use crate::domain::agency::{Agency, DeliveryMode, RouterKey, Scope};
use crate::domain::digest::Fingerprint;
use crate::domain::folder::DropFolder;
use crate::domain::id::AgencyId;
use crate::domain::kind::{Direction, Kind};
use crate::domain::region::Region;
use crate::domain::registry::Registry;
use crate::exchange::profiles::Profiles;
use crate::pki::{Authority, Fact, inspect};

mod fare;
mod way;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Add an agency: writes its registry file, which a running gateway takes up within seconds.
    Add(Box<Add>),
    /// List the agencies: id, profile with version and digest, region, certificates, name.
    List,
    /// Show an agency's registry file as it is understood, the version of its profile that it speaks now, and since when
    /// sending to it fails, if it does.
    Show {
        /// Its id.
        id: String,
    },
    /// Check an agency: its file, its profile, its certificates and their validity; and the way to it: the folder that files
    /// are exchanged in, the endpoint that messages are pushed to. That is resolved, connected to, shaken hands with under
    /// our client certificate, and asked something that changes nothing (OPTIONS); each step is told, with the cause where one
    /// fails.
    Check {
        /// Its id.
        id: String,
        /// Look at files alone, and call nobody.
        #[arg(long)]
        offline: bool,
    },
}

#[derive(clap::Args)]
pub(super) struct Add {
    /// Its id: lower-case letters, digits and hyphens.
    id: String,
    /// Its official name.
    #[arg(long)]
    name: String,
    /// Its division, six digits of GB/T 2260.
    #[arg(long)]
    region: String,
    /// The profile whose formats it speaks: ID for the newest version there is at any time, or ID@VERSION for that one.
    #[arg(long)]
    profile: String,
    /// A client certificate it may present: a PEM file, or the fingerprint; may be repeated.
    #[arg(long = "certificate", value_name = "FILE|FINGERPRINT")]
    certificates: Vec<String>,
    /// A record kind it may exchange, in the kind's own direction; may be repeated.
    #[arg(long = "scope", value_name = "KIND", required = true)]
    scopes: Vec<String>,
    /// A division the scopes hold for; may be repeated. Its own without one.
    #[arg(long = "scope-region", value_name = "REGION")]
    scope_regions: Vec<String>,
    /// Push messages to this https address; without it they wait to be pulled.
    #[arg(long, value_name = "URL")]
    push: Option<String>,
    /// Push at most so many a minute; a second's worth may go at once.
    #[arg(long, value_name = "COUNT", requires = "push", value_parser = clap::value_parser!(u32).range(1..))]
    deliveries_per_minute: Option<u32>,
    /// It only rehearses: everything is done as for anybody, but the platform is told of no event, no deadline runs, and staff is
    /// not called.
    #[arg(long)]
    rehearsal: bool,
    /// Exchange files with it in a folder, DIR/folders/ID or the one that is named: it drops them into in/, and finds
    /// answers in done/ and refused/ and, without --push, its messages in out/.
    #[arg(long, value_name = "FOLDER", num_args = 0..=1)]
    #[expect(clippy::option_option, reason = "clap's form of an option whose value may be left out")]
    folder: Option<Option<PathBuf>>,
    /// The application key of its old open-platform client.
    #[arg(long, value_name = "KEY", requires = "secret_file")]
    app_key: Option<String>,
    /// The file with that client's secret, relative to DIR.
    #[arg(long, value_name = "FILE", requires = "app_key")]
    secret_file: Option<String>,
}

pub(super) fn run(command: Command, context: &Context) -> anyhow::Result<bool> {
    match command {
        Command::Add(add) => {
            let agency = agency(&add)?;
            let file = write(&agency, context)?;
            println!("wrote {}", file.display());
            check(&agency.id, context)
        }
        Command::List => {
            let (registry, profiles) = registry(context)?;
            for agency in registry.agencies() {
                let certificates: Vec<String> =
                    agency.certificates.iter().map(|f| f.to_string()[..12].to_owned()).collect();
                println!(
                    "{}\t{}\t{}\t{}\t{}",
                    agency.id,
                    version(agency, &profiles)?,
                    agency.region,
                    certificates.join(","),
                    agency.name
                );
            }
            Ok(true)
        }
        Command::Show { id } => {
            let (registry, profiles) = registry(context)?;
            let agency = registry.by_id(&AgencyId::parse(&id)?).with_context(|| format!("no agency {id}"))?;
            println!("# speaks {}", version(&agency, &profiles)?);
            match fare::trouble(&agency.id, context) {
                Ok(None) => {}
                Ok(Some(trouble)) => println!("# {trouble}"),
                Err(error) => println!("# how sending to it fares cannot be told: {error:#}"),
            }
            print!("{}", toml::to_string_pretty(&*agency)?);
            Ok(true)
        }
        Command::Check { id, offline } => {
            let id = AgencyId::parse(&id)?;
            let good = check(&id, context)?;
            Ok(if offline { good } else { way::look(&id, context)? && good })
        }
    }
}

fn agency(add: &Add) -> anyhow::Result<Agency> {
    let region = Region::parse(&add.region)?;
    let mut regions = add.scope_regions.iter().map(|r| Region::parse(r)).collect::<Result<Vec<_>, _>>()?;
    if regions.is_empty() {
        regions.push(region.clone());
    }
    let mut scopes = Vec::new();
    for kind in &add.scopes {
        let kind = Kind::parse(kind)?;
        let scope = |direction: &Direction| Scope {
            kind,
            direction: *direction,
            regions: regions.clone(),
            categories: Vec::new(),
        };
        scopes.extend(kind.directions().iter().map(scope));
    }
    let certificates = add.certificates.iter().map(|c| fingerprint(c)).collect::<Result<Vec<_>, _>>()?;
    let router = match (&add.app_key, &add.secret_file) {
        (Some(app_key), Some(secret_file)) => {
            Some(RouterKey { app_key: app_key.clone(), secret_file: secret_file.clone() })
        }
        _ => None,
    };
    Ok(Agency {
        id: AgencyId::parse(&add.id)?,
        name: add.name.clone(),
        region,
        profile: add.profile.clone(),
        certificates,
        scopes,
        delivery: match (&add.push, &add.folder) {
            (Some(url), _) => DeliveryMode::Push { url: url.clone() },
            (None, Some(_)) => DeliveryMode::Folder,
            (None, None) => DeliveryMode::Pull,
        },
        feed: crate::domain::agency::Feed::default(),
        requests_per_second: crate::domain::agency::DEFAULT_RATE,
        deliveries_per_minute: add.deliveries_per_minute,
        rehearsal: add.rehearsal,
        deliver: None,
        folder: add.folder.as_ref().map(|path| DropFolder { path: path.clone(), ..DropFolder::default() }),
        syncs: Vec::new(),
        reconcile: None,
        router,
    })
}

fn fingerprint(text: &str) -> anyhow::Result<Fingerprint> {
    if let Ok(fingerprint) = Fingerprint::parse(text) {
        return Ok(fingerprint);
    }
    let bytes =
        std::fs::read(text).with_context(|| format!("{text}: neither a fingerprint nor a readable file"))?;
    for fact in inspect(&bytes).with_context(|| text.to_owned())? {
        if let Fact::Certificate(certificate) = fact {
            return Ok(certificate.fingerprint);
        }
    }
    bail!("{text} holds no certificate")
}

/// Writes an agency's registry file; refuses to replace one.
pub(super) fn write(agency: &Agency, context: &Context) -> anyhow::Result<PathBuf> {
    let folder = context.folder.agencies();
    std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    let file = folder.join(format!("{}.toml", agency.id));
    if file.exists() {
        bail!("{} exists already; edit it, or remove it first", file.display());
    }
    // Written beside and renamed: a running gateway never reads half of it.
    let beside = folder.join(format!(".{}.toml.new", agency.id));
    std::fs::write(&beside, toml::to_string_pretty(agency)?).with_context(|| beside.display().to_string())?;
    std::fs::rename(&beside, &file).with_context(|| file.display().to_string())?;
    Ok(file)
}

fn registry(context: &Context) -> anyhow::Result<(Registry, Profiles)> {
    // A profile that does not load is told here, too.
    let profiles = load_profiles(&context.folder, Which::Spoken)?;
    Ok((World::load(context)?.load_registry(1)?, profiles))
}

/// The version that an agency speaks, with the beginning of its digest.
fn version(agency: &Agency, profiles: &Profiles) -> anyhow::Result<String> {
    let profile = profiles.named(&agency.profile);
    let profile = profile.with_context(|| format!("profile {} is not there any more", agency.profile))?;
    Ok(format!("{} {}", profile.pin(), &profile.digest().to_string()[..DIGEST]))
}

fn check(id: &AgencyId, context: &Context) -> anyhow::Result<bool> {
    let (registry, profiles) = registry(context)?;
    let agency = registry.by_id(id).with_context(|| format!("no agency {id}"))?;
    println!("ok       file, profile {}, {} scopes", version(&agency, &profiles)?, agency.scopes.len());
    if let Some(folder) = &agency.folder {
        let paths = folder.paths(context.folder.path(), id);
        println!("folder   files in {}, answers in done/ and refused/ beside it", paths.incoming.display());
    }
    if agency.certificates.is_empty() && agency.folder.is_some() {
        println!("ok       no certificate: it cannot call, and exchanges files");
        return Ok(true);
    }
    if agency.certificates.is_empty() {
        println!("missing  no certificate: it cannot call; add its fingerprint to `certificates`");
        return Ok(false);
    }
    let issued = Authority::open(&context.folder.pki()).and_then(|authority| authority.entries());
    let now = SystemClock.now();
    let mut good = true;
    for fingerprint in &agency.certificates {
        let entry = issued.as_ref().ok().and_then(|all| all.iter().find(|e| e.fingerprint == *fingerprint));
        match entry {
            None => {
                println!("unknown  {fingerprint}: not issued here; `pki inspect` tells what a file holds");
            }
            Some(entry) if entry.revoked.is_some() => {
                println!("revoked  {fingerprint} ({})", entry.name);
                good = false;
            }
            Some(entry) if entry.expires < now => {
                println!("expired  {fingerprint} ({}) at {}", entry.name, entry.expires);
                good = false;
            }
            Some(entry) => println!("ok       {fingerprint} ({}), until {}", entry.name, entry.expires),
        }
    }
    Ok(good)
}
