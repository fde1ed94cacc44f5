//! What a backup takes of a running gateway, and whether it was good.
//!
//! Where it is written, and how it is tried, is for whoever calls.

use std::collections::BTreeMap;
use std::path::Path;

use crate::domain::id::AttachmentId;
use crate::exchange::entry::Fact;
use crate::exchange::gateway::Gateway;
use crate::exchange::notice::{self, Severity, Topic, Trouble};
use crate::exchange::refused::Refused;
use crate::store::backup::CaseKey;
use crate::store::{StoreError, Tx};
use serde::Serialize;

const KEY: &str = "backup";

/// A backup that was made and tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct BackupFact {
    /// Its name: the time it was begun.
    pub backup: String,
    /// How many entries its journal has.
    pub size: u64,
    /// And their root.
    pub root: String,
}

/// A gateway that goes on from a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RestoredFact {
    /// The backup.
    pub backup: String,
    /// How many entries the journal had in it. What was acknowledged later is forgotten here.
    pub size: u64,
}

impl Gateway {
    /// Whether the database is the embedded one.
    #[must_use]
    pub fn is_embedded(&self) -> bool {
        self.world.store.is_embedded()
    }

    /// Writes the embedded database, as it is at one moment, to a new file.
    ///
    /// # Errors
    /// [`Refused::Unavailable`] when it cannot be.
    pub async fn snapshot(&self, to: &Path) -> Result<(), Refused> {
        Ok(self.world.store.snapshot(to).await?)
    }

    /// Keys of cases after this one.
    ///
    /// # Errors
    /// [`Refused::Unavailable`] when the store cannot be asked.
    pub async fn case_keys_after(&self, case: &str, limit: u32) -> Result<Vec<CaseKey>, Refused> {
        let keys = async |mut tx: Tx| tx.keys_after(case, limit).await;
        Ok(self.world.store.read::<_, StoreError, _>("backup.keys", keys).await?)
    }

    /// The sealed bytes of a file from `offset` on.
    ///
    /// # Errors
    /// What reading says.
    pub async fn sealed_bytes(&self, id: AttachmentId, offset: u64, length: u64) -> std::io::Result<Vec<u8>> {
        match &self.world.attachments {
            Some(parts) => parts.files.read(id, offset, length).await,
            None => Err(std::io::ErrorKind::NotFound.into()),
        }
    }

    /// Notes a good backup, and tells staff that backups are well again if they were not.
    ///
    /// # Errors
    /// [`Refused::Busy`] and [`Refused::Unavailable`] when the store cannot be asked.
    pub async fn backup_made(&self, fact: &BackupFact) -> Result<(), Refused> {
        self.note(Fact::Backup(fact.clone())).await?;
        let world = &*self.world;
        let more = BTreeMap::from([("backup".to_owned(), fact.backup.clone())]);
        let end = async |mut tx: Tx| notice::end(&mut tx, world, KEY, &more).await.map(drop);
        Ok(world.store.run_tx::<_, StoreError, _>("backup.well", end).await?)
    }

    /// Tells staff of a backup that was not made, or cannot be restored.
    ///
    /// # Errors
    /// [`Refused::Busy`] and [`Refused::Unavailable`] when the store cannot be asked.
    pub async fn backup_failed(&self, facts: BTreeMap<String, String>) -> Result<(), Refused> {
        let world = &*self.world;
        let trouble = Trouble {
            key: KEY.to_owned(),
            topic: Topic::BackupFailed,
            severity: Severity::Critical,
            agency: None,
            facts,
        };
        let tell = async |mut tx: Tx| notice::begin(&mut tx, world, &trouble).await.map(drop);
        Ok(world.store.run_tx::<_, StoreError, _>("backup.failed", tell).await?)
    }

    /// Journals that this gateway goes on from a backup.
    ///
    /// # Errors
    /// [`Refused::Unavailable`] when the store cannot be written to.
    pub async fn journal_restored(&self, fact: RestoredFact) -> Result<(), Refused> {
        Ok(self.note(Fact::Restored(fact)).await.map(drop)?)
    }
}
