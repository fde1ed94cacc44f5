//! What a witness remembers: of each log the checkpoint that it cosigned last.
//!
//! Promise: a checkpoint is on disk, past a loss of power, before its cosignature is given to anybody; one call at a time is
//! judged and written, so that no two can pass each other; and one process at a time has the folder. So of one size of one
//! log only one root is ever cosigned, whatever is killed when.
//!
//! Each log's file is named by the SHA-256 of its origin and holds the checkpoint's three lines. Without the folder a witness
//! has forgotten everything: its key must not be used any more.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::domain::digest::Digest;
use crate::files::whole;
use crate::tlog::{AddCheckpoint, Checkpoint, Cosigner, NotCosigned, Origin, Verifier, judge, origin_of};

/// A witness's key, its logs, and what it cosigned of them.
pub struct Memory {
    folder: PathBuf,
    cosigner: Cosigner,
    logs: Mutex<BTreeMap<String, Log>>,
    // Held while this lives.
    _lock: File,
}

struct Log {
    keys: Vec<Verifier>,
    last: Option<Checkpoint>,
}

/// Why there is no memory, or no cosignature.
#[derive(Debug, thiserror::Error)]
pub enum MemoryError {
    /// Another process has the folder.
    #[error("{}: another witness runs here", folder.display())]
    Taken {
        /// The folder.
        folder: PathBuf,
    },
    /// A file cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file holds something else than the log's checkpoint.
    #[error(
        "{}: {why}; it is the only word of what was cosigned of {origin}: bring it back as it was, or give the witness up",
        path.display()
    )]
    Damaged {
        /// Which.
        path: PathBuf,
        /// Whose it should be.
        origin: String,
        /// What is wrong.
        why: String,
    },
    /// The log is refused.
    #[error(transparent)]
    Refused(#[from] NotCosigned),
}

impl Memory {
    /// The memory in a folder, made if it is not there. Logs that are in it and not among these are kept for later.
    pub fn open(
        folder: &Path,
        cosigner: Cosigner,
        known: impl IntoIterator<Item = (Origin, Vec<Verifier>)>,
    ) -> Result<Self, MemoryError> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(|source| in_file(folder, source))?;
        let lock = lock(folder)?;
        let mut logs = BTreeMap::new();
        for (origin, keys) in known {
            let last = read(&place(folder, origin.as_str()), &origin)?;
            logs.insert(origin.as_str().to_owned(), Log { keys, last });
        }
        Ok(Self { folder: folder.to_owned(), cosigner, logs: Mutex::new(logs), _lock: lock })
    }

    /// The line that cosigns what is asked for, once it is written down. It waits for the disk.
    pub fn cosign(&self, asked: &AddCheckpoint, at: u64) -> Result<String, MemoryError> {
        let origin = origin_of(asked)?;
        // What is in memory changes last, after the disk: who panics before has changed nothing.
        let mut logs = self.logs.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(log) = logs.get_mut(&origin) else {
            return Err(NotCosigned::UnknownLog { origin }.into());
        };
        let (checkpoint, text) = judge(asked, &log.keys, log.last.as_ref())?;
        if log.last.as_ref() != Some(&checkpoint) {
            let path = place(&self.folder, &origin);
            whole::write(&path, checkpoint.text().as_bytes()).map_err(|source| in_file(&path, source))?;
            tracing::info!(origin, size = checkpoint.size, "cosigned");
            log.last = Some(checkpoint);
        }
        Ok(self.cosigner.cosign(&text, at))
    }
}

fn place(folder: &Path, origin: &str) -> PathBuf {
    folder.join(Digest::of(origin.as_bytes()).to_string())
}

fn lock(folder: &Path) -> Result<File, MemoryError> {
    let path = folder.join("lock");
    let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&path);
    let file = file.map_err(|source| in_file(&path, source))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(MemoryError::Taken { folder: folder.to_owned() }),
        Err(TryLockError::Error(source)) => Err(in_file(&path, source)),
    }
}

fn read(path: &Path, origin: &Origin) -> Result<Option<Checkpoint>, MemoryError> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(in_file(path, source)),
    };
    let damaged =
        |why: String| MemoryError::Damaged { path: path.to_owned(), origin: origin.as_str().to_owned(), why };
    let last = Checkpoint::parse(&text).map_err(|why| damaged(why.to_string()))?;
    if last.origin != *origin {
        return Err(damaged(format!("it is the checkpoint of {}", last.origin)));
    }
    Ok(Some(last))
}

fn in_file(path: &Path, source: io::Error) -> MemoryError {
    MemoryError::File { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests;
