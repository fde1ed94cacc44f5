//! Where backups stand, and what is under which name.
//!
//! ```text
//! FOLDER/20261128T025000Z/   a generation: manifest.json, database, settings/…, attachments.list
//! FOLDER/attachments/ab/ID   the files of cases, sealed as they always are, each once
//! FOLDER/case-keys           the keys of cases, sealed; of the newest backup alone
//! ```

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use crate::cli::backup::make::listed;
use crate::cli::backup::manifest;
use crate::cli::world::backup_key;
use crate::config::{Folder, Settings};
use crate::seal::Key;

const POOL: &str = "attachments";

/// Where backups stand, of which gateway, and under which key.
pub(crate) struct Place {
    pub(super) folder: PathBuf,
    pub(super) data: Folder,
    pub(super) key: Key,
    /// The address of the database.
    pub(super) url: String,
    /// Where PostgreSQL's programs stand.
    pub(super) programs: PathBuf,
    /// How many generations stay.
    keep: usize,
    bucket: bool,
}

/// A folder for what is plain for a while, in the data directory, where the database itself is plain; gone at the end.
pub(super) struct Scratch(PathBuf);

impl Scratch {
    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            tracing::error!(%error, folder = %self.0.display(), "what a backup was tried in stays behind");
        }
    }
}

impl Place {
    /// The place that the settings name; none where they name none. The key is made where there is none yet.
    pub(crate) fn of(settings: &Settings, data: &Folder) -> anyhow::Result<Option<Self>> {
        let backup = &settings.backup;
        let Some(folder) = &backup.folder else { return Ok(None) };
        Ok(Some(Self {
            folder: data.resolve(folder),
            data: data.clone(),
            key: backup_key(&data.resolve(&backup.key_file))?,
            url: settings.store_url(data)?,
            programs: backup.postgres_programs.clone(),
            keep: usize::from(backup.keep),
            bucket: settings.attachments.bucket.is_some(),
        }))
    }

    /// What a sealed file is the file of.
    #[expect(clippy::unused_self, reason = "a name of the place's")]
    pub(super) fn about(&self, generation: &str, file: &str) -> String {
        format!("backup/{generation}/{file}")
    }

    pub(super) fn generation(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Whether the files of cases are copied; those in a bucket are kept by its own versions.
    pub(super) const fn keeps_attachments(&self) -> bool {
        !self.bucket
    }

    /// Where a file of a case stands: ids differ at their ends.
    pub(super) fn pooled(&self, id: &str) -> PathBuf {
        let end = id.get(id.len().saturating_sub(2)..).unwrap_or(id);
        self.folder.join(POOL).join(end).join(id)
    }

    /// Alone until it is dropped.
    pub(super) fn lock(&self) -> anyhow::Result<File> {
        fs::create_dir_all(&self.folder).with_context(|| self.folder.display().to_string())?;
        let path = self.folder.join(".lock");
        let file = File::create(&path).with_context(|| path.display().to_string())?;
        if file.try_lock().is_err() {
            bail!("another backup is being made in {}", self.folder.display());
        }
        Ok(file)
    }

    /// A folder for what is plain for a while.
    pub(super) fn scratch(&self) -> anyhow::Result<Scratch> {
        let path = self.data.resolve("backup.tmp");
        if path.exists() {
            fs::remove_dir_all(&path).with_context(|| path.display().to_string())?;
        }
        fs::create_dir(&path).with_context(|| path.display().to_string())?;
        Ok(Scratch(path))
    }

    /// The folder of a generation that is being made; what was left of others is removed.
    pub(super) fn begin(&self, name: &str) -> anyhow::Result<PathBuf> {
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|end| end == "new") {
                fs::remove_dir_all(&path).with_context(|| path.display().to_string())?;
            }
        }
        let new = self.folder.join(format!("{name}.new"));
        fs::create_dir(&new).with_context(|| new.display().to_string())?;
        Ok(new)
    }

    /// The generations there are, the oldest first.
    pub(super) fn generations(&self) -> anyhow::Result<Vec<String>> {
        let mut found = Vec::new();
        if self.folder.is_dir() {
            for entry in fs::read_dir(&self.folder)? {
                let entry = entry?;
                if entry.path().join(manifest::FILE).is_file()
                    && let Some(name) = entry.file_name().to_str().filter(|name| !name.contains('.'))
                {
                    found.push(name.to_owned());
                }
            }
        }
        found.sort();
        Ok(found)
    }

    /// Removes the generations that are too many, and files of cases that none of the others has.
    pub(super) fn prune(&self) -> anyhow::Result<usize> {
        let all = self.generations()?;
        let (old, kept) = all.split_at(all.len().saturating_sub(self.keep));
        if old.is_empty() {
            return Ok(0);
        }
        for name in old {
            fs::remove_dir_all(self.generation(name))?;
        }
        let mut wanted = BTreeSet::new();
        for name in kept {
            wanted.extend(listed(&self.generation(name))?);
        }
        let pool = self.folder.join(POOL);
        if pool.is_dir() {
            for shelf in fs::read_dir(&pool)? {
                for file in fs::read_dir(shelf?.path())? {
                    let file = file?;
                    if !file.file_name().to_str().is_some_and(|name| wanted.contains(name)) {
                        fs::remove_file(file.path())?;
                    }
                }
            }
        }
        Ok(old.len())
    }
}
