//! The journal as others see it: checkpoint, tiles, entry bundles, verifier key.

use crate::domain::digest::Digest;
use crate::exchange::entry::Fact;
use crate::exchange::gateway::Gateway;
use crate::exchange::journal;
use crate::exchange::refused::Refused;
use crate::store::{Store, StoreError, Tx};
use crate::tlog::Tile;

/// A file of a store's journal, but for `vkey`; none where the journal does not reach, or the path is none.
pub(in crate::exchange) async fn published(store: &Store, path: &str) -> Result<Option<Vec<u8>>, StoreError> {
    if path == "checkpoint" {
        let head = async |mut tx: Tx| tx.journal_head().await;
        let head = store.read::<_, StoreError, _>("journal.head", head).await?;
        return Ok((head.size > 0).then(|| head.checkpoint.into_bytes()));
    }
    let Ok(wanted) = Tile::parse(path) else { return Ok(None) };
    let tile = async |mut tx: Tx| journal::tile(&mut tx, &wanted).await;
    store.read("journal.tile", tile).await
}

impl Gateway {
    /// A file of the published journal: `checkpoint`, `checkpoint.cosigned`, `vkey`, `tile/…`, `tile/entries/…`.
    ///
    /// # Errors
    /// [`Refused::NotFound`] for what the journal does not reach, or a path that is none.
    pub async fn published(&self, path: &str) -> Result<Vec<u8>, Refused> {
        match path {
            "vkey" => Ok(format!("{}\n", self.verifier_key()).into_bytes()),
            "checkpoint.cosigned" => Ok(self.cosigned().await?.ok_or(Refused::NotFound)?.into_bytes()),
            path => published(&self.world.store, path).await?.ok_or(Refused::NotFound),
        }
    }

    /// How many entries the journal has.
    ///
    /// # Errors
    /// [`Refused::Unavailable`] when the store cannot be asked.
    pub async fn journal_size(&self) -> Result<u64, Refused> {
        let head = async |mut tx: Tx| tx.journal_head().await;
        Ok(self.world.store.read::<_, StoreError, _>("journal.head", head).await?.size)
    }

    /// Journals that the gateway starts, with the profiles it uses and the files of its configuration.
    ///
    /// # Errors
    /// [`Refused::Unavailable`] when the store cannot be written to: then there is no point in starting.
    pub async fn journal_start(&self, configuration: Vec<(String, Digest)>) -> Result<(), Refused> {
        let profiles = self.world.profiles.load().digests();
        self.note(Fact::Start { version: env!("CARGO_PKG_VERSION"), profiles, configuration }).await?;
        Ok(())
    }

    /// Journals that the gateway goes by new files from now on.
    ///
    /// # Errors
    /// [`Refused::Unavailable`] when the store cannot be written to.
    pub async fn journal_change(
        &self,
        what: &'static str,
        files: Vec<(String, Digest)>,
    ) -> Result<(), Refused> {
        let files = if what == "profiles" { self.world.profiles.load().digests() } else { files };
        self.note(Fact::Change { what, files }).await?;
        Ok(())
    }

    /// Journals that the gateway has stopped.
    ///
    /// # Errors
    /// [`Refused::Unavailable`] when the store cannot be written to.
    pub async fn journal_stop(&self) -> Result<(), Refused> {
        self.note(Fact::Stop {}).await?;
        Ok(())
    }
}
