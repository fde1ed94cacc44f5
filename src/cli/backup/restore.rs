//! A gateway made again from a backup.
//!
//! Promise: only into an empty place. What was acknowledged after the backup is not in it, and nobody here can know it: the
//! first start journals from which backup it goes on, and says whom to ask.

use std::fs::{self, File};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail, ensure};
use serde::{Deserialize, Serialize};

use crate::cli::backup::make::{CASE_KEYS, listed, read_keys};
use crate::cli::backup::manifest::{Kind, Manifest};
use crate::cli::backup::place::Place;
use crate::cli::backup::sealed::open;
use crate::cli::backup::trial::{open_postgres, open_sqlite};
use crate::clock::SystemChance;
use crate::domain::id::AttachmentId;
use crate::exchange::Gateway;
use crate::exchange::keep::backup::RestoredFact;
use crate::exchange::keep::journal::recompute;
use crate::files::disk::Disk;
use crate::files::{Files as _, whole};
use crate::store::{Store, StoreError, Target, Tx};
use crate::tlog::Verifier;

/// What a restored data directory says until its first start.
const MARK: &str = "restored.json";

#[derive(Serialize, Deserialize)]
struct Mark {
    backup: String,
    size: u64,
}

/// Keys that are given back in one transaction.
const AT_ONCE: usize = 500;

/// Restores a generation into an empty directory, and into an empty PostgreSQL database where it was one.
pub(super) async fn restore(
    place: &Place,
    name: &str,
    to: &Path,
    database: Option<&str>,
    say: &mut (dyn FnMut(&str) + Send),
) -> anyhow::Result<()> {
    let generation = place.generation(name);
    let manifest = Manifest::read(&generation)?;
    manifest.check(&generation)?;
    say("files\tas they were written");
    if to.exists() {
        ensure!(fs::read_dir(to)?.next().is_none(), "{} is not empty", to.display());
    }
    fs::create_dir_all(to).with_context(|| to.display().to_string())?;
    for file in manifest.files.iter().filter(|file| file.name.starts_with("settings/")) {
        let inside = inside(&file.name)?;
        let target = to.join(inside);
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent)?;
        }
        let mut out = File::create_new(&target).with_context(|| target.display().to_string())?;
        open(&generation.join(&file.name), &place.about(name, &file.name), &place.key, &mut out)?;
        out.sync_all()?;
    }
    say(
        "settings\trestored; private keys and secrets are not in a backup: put DIR/keys and the *.key files of DIR/pki in their places",
    );

    let target = match (manifest.database, database) {
        (Kind::Sqlite, None) => {
            let file = to.join("regbridge.sqlite");
            open_sqlite(place, &generation, name, &file).await?;
            Target::Sqlite(file)
        }
        (Kind::Postgres, Some(url)) => {
            open_postgres(place, &generation, name, url).await?;
            Target::parse(url)?
        }
        (Kind::Sqlite, Some(_)) => bail!("the backup is of an SQLite database; --database is for PostgreSQL"),
        (Kind::Postgres, None) => {
            bail!("the backup is of a PostgreSQL database: --database postgres://… names an empty one")
        }
    };
    let store = Store::open(&target, Arc::new(SystemChance)).await?;
    let known = Verifier::parse(manifest.vkey.trim()).context("the journal's key")?;
    let whole = match recompute(&store, known).await? {
        Ok(whole) => whole,
        Err(broken) => bail!("the journal is not what its checkpoint says: {broken}"),
    };
    ensure!(
        hex::encode(whole.checkpoint.root) == manifest.journal.root,
        "the journal is whole, and not the one that was backed up"
    );
    say(&format!("database\trestored; its journal of {} entries is whole", whole.checkpoint.size));

    if place.folder.join(CASE_KEYS).exists() {
        let keys = read_keys(place)?;
        let mut given = 0;
        for some in keys.chunks(AT_ONCE) {
            let give = async |mut tx: Tx| tx.give_keys_back(some).await;
            given += store.run_tx::<_, StoreError, _>("backup.give_keys", give).await?;
        }
        say(&format!("case keys\t{given} of {}; the others are of cases that came later", keys.len()));
    }
    store.close().await;
    if manifest.attachments.is_some() {
        let files = attachments(place, &generation, &to.join("attachments")).await?;
        say(&format!("attachments\t{files} files"));
    }
    let mark = Mark { backup: name.to_owned(), size: manifest.journal.size };
    whole::write(&to.join(MARK), &serde_json::to_vec(&mark)?)?;
    Ok(())
}

/// Copies the files of cases from the pool to where a gateway keeps them.
async fn attachments(place: &Place, generation: &Path, folder: &Path) -> anyhow::Result<usize> {
    let disk = Disk::open(folder).with_context(|| folder.display().to_string())?;
    let staged = folder.join("staging");
    fs::create_dir_all(&staged)?;
    let ids = listed(generation)?;
    for id in &ids {
        let (from, on_its_way) = (place.pooled(id), staged.join(id));
        fs::copy(&from, &on_its_way).with_context(|| from.display().to_string())?;
        disk.keep(AttachmentId::parse(id)?, on_its_way).await?;
    }
    Ok(ids.len())
}

/// The path in the data directory of a settings file; nothing outside of it.
fn inside(name: &str) -> anyhow::Result<PathBuf> {
    let path = PathBuf::from(name.trim_start_matches("settings/"));
    ensure!(
        path.components().all(|part| matches!(part, Component::Normal(_))),
        "{name} is no place for a setting"
    );
    Ok(path)
}

/// At the first start after a restore: journals it, and says what may be forgotten.
pub(crate) async fn go_on(gateway: &Gateway, data: &Path) -> anyhow::Result<()> {
    let path = data.join(MARK);
    let Ok(bytes) = fs::read(&path) else { return Ok(()) };
    let Mark { backup, size } = serde_json::from_slice(&bytes).with_context(|| path.display().to_string())?;
    gateway.journal_restored(RestoredFact { backup: backup.clone(), size }).await?;
    tracing::warn!(
        backup,
        size,
        "this gateway goes on from a backup: what it acknowledged later is forgotten here. Each agency and the platform hold \
         receipts for it; ops/runbooks/backup.md says how the books are compared"
    );
    fs::rename(&path, path.with_extension("json.done"))?;
    Ok(())
}
