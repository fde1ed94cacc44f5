//! `regbridge backup`: backups that were tried, and a gateway made again from one.
//!
//! | file | idea |
//! |---|---|
//! | `place` | where backups stand |
//! | `manifest` | what a backup says of itself |
//! | `sealed` | files, sealed as they are written |
//! | `database` | the database's part, SQLite's and PostgreSQL's |
//! | `make` | making one |
//! | `trial` | restoring one into an empty place, to see |
//! | `restore` | restoring one in earnest |

mod database;
mod make;
mod manifest;
mod place;
mod restore;
mod sealed;
mod trial;

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Subcommand;

use crate::cli::Context;
use crate::cli::world::{Which, World};
use crate::clock::Timestamp;
use crate::exchange::Gateway;
use crate::exchange::keep::backup::BackupFact;
use crate::exchange::refused::Refused;

pub(crate) use make::Fault;
use manifest::Manifest;
pub(crate) use place::Place;
pub(crate) use restore::go_on;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Make a backup now, beside a running gateway or without one: sealed, restored into an empty place, its journal computed anew.
    /// Exit status 1 where a step failed; then there is no new backup.
    Make,
    /// List the backups: name, database, entries of the journal, files of cases.
    List,
    /// Restore a backup into an empty place, look through it, and throw it away.
    Verify {
        /// Its name; the newest without one.
        name: Option<String>,
    },
    /// Make a gateway's data directory again from a backup.
    Restore {
        /// Its name.
        name: String,
        /// The directory, empty or not there yet.
        #[arg(long, value_name = "DIR")]
        to: PathBuf,
        /// An empty database, where the backup is of a PostgreSQL one: `postgres://user:password@host/database`.
        #[arg(long, value_name = "URL", env = "REGBRIDGE_RESTORE_DATABASE", hide_env_values = true)]
        database: Option<String>,
    },
}

pub(super) async fn run(command: Command, context: &Context) -> anyhow::Result<bool> {
    let world = World::load(context)?;
    let place = Place::of(&world.settings, &world.folder)?
        .context("[backup] names no folder; ops/config.example.toml says what may stand there")?;
    let mut say = |line: &str| println!("{line}");
    match command {
        Command::Make => {
            let (gateway, _) = world.open(Which::Spoken).await?;
            let now = gateway.clock().now();
            match make_and_tell(&place, &gateway, now, &mut say).await? {
                Ok(line) => println!("OK  {line}"),
                Err(line) => {
                    println!("FAILED  {line}");
                    return Ok(false);
                }
            }
        }
        Command::List => {
            for name in place.generations()? {
                let Manifest { database, journal, attachments, program, .. } =
                    Manifest::read(&place.generation(&name))?;
                let files = attachments.map_or_else(
                    || "files in a bucket".to_owned(),
                    |all| format!("{} files of cases, {} bytes", all.count, all.bytes),
                );
                println!("{name}\t{database:?} of version {program}\t{} entries\t{files}", journal.size);
            }
        }
        Command::Verify { name } => {
            let name = match name {
                Some(name) => name,
                None => place.generations()?.pop().context("there is no backup yet")?,
            };
            verify(&place, &name, &mut say).await?;
            println!("OK  {name} can be restored");
        }
        Command::Restore { name, to, database } => {
            restore::restore(&place, &name, &to, database.as_deref(), &mut say).await?;
            println!("OK  {} goes on from {name} at its next start", to.display());
        }
    }
    Ok(true)
}

/// Restores a generation, looks through it, and throws that away.
async fn verify(place: &Place, name: &str, say: &mut (dyn FnMut(&str) + Send)) -> anyhow::Result<()> {
    let _lock = place.lock()?;
    let generation = place.generation(name);
    let manifest = Manifest::read(&generation)?;
    manifest.check(&generation)?;
    say(&format!("files\t{} as they were written", manifest.files.len()));
    let scratch = place.scratch()?;
    let trial = trial::try_out(place, &scratch, &generation, &manifest).await?;
    let journal = trial.journal(&manifest.vkey).await;
    trial.close().await;
    let journal = journal?;
    anyhow::ensure!(journal == manifest.journal, "its journal is not the one that was backed up");
    say(&format!("trial\trestored; its journal of {} entries is whole", journal.size));
    let mut missing = 0_u64;
    for id in make::listed(&generation)? {
        missing += u64::from(!place.pooled(&id).is_file());
    }
    anyhow::ensure!(missing == 0, "{missing} files of cases are not in the pool");
    Ok(())
}

/// Makes a backup and tells of it: the journal of a good one, staff of one that failed. One line of either.
pub(crate) async fn make_and_tell(
    place: &Place,
    gateway: &Gateway,
    now: Timestamp,
    say: &mut (dyn FnMut(&str) + Send),
) -> Result<Result<String, String>, Refused> {
    let name: String =
        now.to_string().chars().filter(|c| !matches!(c, '-' | ':')).take(15).chain(['Z']).collect();
    match make::make(place, gateway, &name, say).await {
        Ok(Manifest { journal, files, .. }) => {
            let line = format!("{name}: {} files, a journal of {} entries", files.len(), journal.size);
            gateway.backup_made(&BackupFact { backup: name, size: journal.size, root: journal.root }).await?;
            Ok(Ok(line))
        }
        Err(Fault { step, why }) => {
            tracing::error!(step, "no backup was made: {why:#}");
            let last = place.generations().ok().and_then(|mut all| all.pop());
            let facts = BTreeMap::from([
                ("backup".to_owned(), name),
                ("step".to_owned(), step.to_owned()),
                ("file".to_owned(), place.folder.display().to_string()),
                ("reason".to_owned(), format!("{why:#}")),
                ("last_good".to_owned(), last.unwrap_or_else(|| "没有 none".to_owned())),
            ]);
            gateway.backup_failed(facts).await?;
            Ok(Err(format!("at {step}: {why:#}")))
        }
    }
}
