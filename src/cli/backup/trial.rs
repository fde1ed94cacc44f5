//! A backup, restored into an empty place to see whether it can be.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, bail};

use crate::cli::backup::database::{self, Server, beside};
use crate::cli::backup::manifest::{Journal, Kind, Manifest};
use crate::cli::backup::place::{Place, Scratch};
use crate::cli::backup::sealed::open;
use crate::clock::SystemChance;
use crate::exchange::keep::journal::recompute;
use crate::store::{Store, Target};
use crate::tlog::Verifier;

/// A restored database.
pub(super) struct Trial {
    pub(super) store: Store,
    /// The PostgreSQL database that is to be dropped: on which server, and its name.
    database: Option<(String, String)>,
}

/// Restores a generation's SQLite database into a new file, and looks through it.
pub(super) async fn open_sqlite(
    place: &Place,
    generation: &Path,
    name: &str,
    file: &Path,
) -> anyhow::Result<()> {
    let mut out = File::create_new(file).with_context(|| file.display().to_string())?;
    open(&generation.join(database::FILE), &place.about(name, database::FILE), &place.key, &mut out)?;
    out.sync_all()?;
    let faults = Store::faults(file).await?;
    if !faults.is_empty() {
        bail!("SQLite finds: {}", faults.join("; "));
    }
    Ok(())
}

/// Restores a generation's PostgreSQL database into an empty one.
pub(super) async fn open_postgres(
    place: &Place,
    generation: &Path,
    name: &str,
    url: &str,
) -> anyhow::Result<()> {
    let about = place.about(name, database::FILE);
    let (url, programs, key) = (url.to_owned(), place.programs.clone(), place.key.clone());
    let generation = generation.to_owned();
    tokio::task::spawn_blocking(move || {
        Server { url: &url, programs: &programs }.restore(&generation, (&about, &key))
    })
    .await?
}

/// Restores a generation and opens what came of it.
pub(super) async fn try_out(
    place: &Place,
    scratch: &Scratch,
    generation: &Path,
    manifest: &Manifest,
) -> anyhow::Result<Trial> {
    let name = &manifest.backup;
    let chance = Arc::new(SystemChance);
    match manifest.database {
        Kind::Sqlite => {
            let file = scratch.path().join("trial.sqlite");
            open_sqlite(place, generation, name, &file).await?;
            let store = Store::look_at(&Target::Sqlite(file), chance).await?;
            Ok(Trial { store, database: None })
        }
        Kind::Postgres => {
            let database = format!("regbridge_trial_{}", name.to_lowercase());
            Store::make_database(&place.url, &database)
                .await
                .context("making a database to try the backup in (the user must be allowed to: CREATEDB)")?;
            let opened = async {
                let url = beside(&place.url, &database)?;
                open_postgres(place, generation, name, &url).await?;
                Ok::<_, anyhow::Error>(Store::look_at(&Target::parse(&url)?, chance).await?)
            };
            match opened.await {
                Ok(store) => Ok(Trial { store, database: Some((place.url.clone(), database)) }),
                Err(why) => {
                    drop_database(&place.url, &database).await;
                    Err(why)
                }
            }
        }
    }
}

impl Trial {
    /// Computes its journal anew.
    pub(super) async fn journal(&self, vkey: &str) -> anyhow::Result<Journal> {
        let known = Verifier::parse(vkey.trim()).context("the journal's key")?;
        match recompute(&self.store, known).await? {
            Ok(whole) => {
                Ok(Journal { size: whole.checkpoint.size, root: hex::encode(whole.checkpoint.root) })
            }
            Err(broken) => bail!("the journal is not what its checkpoint says: {broken}"),
        }
    }

    /// Ends it; nothing of it stays.
    pub(super) async fn close(self) {
        self.store.close().await;
        if let Some((url, database)) = self.database {
            drop_database(&url, &database).await;
        }
    }
}

async fn drop_database(url: &str, database: &str) {
    if let Err(error) = Store::drop_database(url, database).await {
        tracing::error!(%error, database, "a database in which a backup was tried stays behind");
    }
}
