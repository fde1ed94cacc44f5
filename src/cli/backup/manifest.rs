//! What a backup says of itself: `manifest.json`, the last file that is written.

use std::path::Path;

use anyhow::{Context as _, ensure};
use serde::{Deserialize, Serialize};

use crate::cli::backup::sealed::sha256;
use crate::files::whole;

pub(super) const FILE: &str = "manifest.json";

/// The one form there is.
const FORMAT: u32 = 1;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    pub(super) format: u32,
    /// Its name: the time it was begun.
    pub(super) backup: String,
    /// The program's version.
    pub(super) program: String,
    pub(super) database: Kind,
    /// The journal's verifier key.
    pub(super) vkey: String,
    /// Entries of its journal, and their root in hexadecimal, as the trial found them.
    pub(super) journal: Journal,
    /// The sealed files, and `attachments.list`.
    pub(super) files: Vec<Entry>,
    /// The files of cases, which stand in the pool that all backups share; absent where they are in a bucket.
    pub(super) attachments: Option<Attachments>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    Sqlite,
    Postgres,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Journal {
    pub(super) size: u64,
    pub(super) root: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) size: u64,
    pub(super) sha256: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Attachments {
    pub(super) count: u64,
    pub(super) bytes: u64,
}

impl Manifest {
    pub(super) fn new(backup: &str, database: Kind, vkey: String) -> Self {
        Self {
            format: FORMAT,
            backup: backup.to_owned(),
            program: env!("CARGO_PKG_VERSION").to_owned(),
            database,
            vkey,
            journal: Journal { size: 0, root: String::new() },
            files: Vec::new(),
            attachments: None,
        }
    }

    pub(super) fn read(generation: &Path) -> anyhow::Result<Self> {
        let path = generation.join(FILE);
        let bytes = std::fs::read(&path).with_context(|| path.display().to_string())?;
        let read: Self = serde_json::from_slice(&bytes).with_context(|| path.display().to_string())?;
        ensure!(read.format == FORMAT, "{}: format {}, {FORMAT} was expected", path.display(), read.format);
        Ok(read)
    }

    pub(super) fn write(&self, generation: &Path) -> anyhow::Result<()> {
        let path = generation.join(FILE);
        let mut bytes = serde_json::to_vec_pretty(self)?;
        bytes.push(b'\n');
        whole::write(&path, &bytes).with_context(|| path.display().to_string())
    }

    /// Whether each file is there, as long as it was and with the same bytes.
    pub(super) fn check(&self, generation: &Path) -> anyhow::Result<()> {
        for Entry { name, size, sha256: wanted } in &self.files {
            let path = generation.join(name);
            let found = std::fs::metadata(&path).with_context(|| path.display().to_string())?.len();
            ensure!(found == *size, "{}: {found} bytes; {size} were written", path.display());
            let found = sha256(&path)?;
            ensure!(found == *wanted, "{}: SHA-256 {found}; {wanted} was written", path.display());
        }
        Ok(())
    }
}
