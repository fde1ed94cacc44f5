//! The journal as others see it: checkpoint, tiles, entry bundles, verifier key.

use crate::exchange::entry::Fact;
use crate::exchange::gateway::Gateway;
use crate::exchange::journal;
use crate::exchange::refused::Refused;
use crate::store::{StoreError, Tx};
use crate::tlog::Tile;

impl Gateway {
    /// A file of the published journal: `checkpoint`, `vkey`, `tile/…`, `tile/entries/…`.
    ///
    /// # Errors
    /// [`Refused::NotFound`] for what the journal does not reach, or a path that is none.
    pub async fn published(&self, path: &str) -> Result<Vec<u8>, Refused> {
        match path {
            "vkey" => Ok(format!("{}\n", self.verifier_key()).into_bytes()),
            "checkpoint" => {
                let head = async |mut tx: Tx| tx.journal_head().await;
                let head = self.world.store.read("journal.head", head).await?;
                if head.size == 0 { Err(Refused::NotFound) } else { Ok(head.checkpoint.into_bytes()) }
            }
            path => {
                let wanted = Tile::parse(path).map_err(|_| Refused::NotFound)?;
                let tile = async |mut tx: Tx| journal::tile(&mut tx, &wanted).await;
                self.world.store.read("journal.tile", tile).await?.ok_or(Refused::NotFound)
            }
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

    /// Journals that the gateway starts, with the profiles it uses.
    ///
    /// # Errors
    /// [`Refused::Unavailable`] when the store cannot be written to: then there is no point in starting.
    pub async fn journal_start(&self) -> Result<(), Refused> {
        let profiles = self.world.profiles.load().digests();
        self.note(Fact::Start { version: env!("CARGO_PKG_VERSION"), profiles }).await?;
        Ok(())
    }
}
