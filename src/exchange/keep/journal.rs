//! The journal checks itself: every leaf, tile and the root are computed anew from what it serves.
//!
//! Promise: nothing is mended and nothing is written but the trouble, its entry and its mails. What cannot be read now is no
//! fault of the journal: it is for the next run.

use std::collections::BTreeMap;

use tokio::runtime::Handle;

use crate::exchange::gateway::Gateway;
use crate::exchange::notice::{self, Severity, Topic, Trouble};
use crate::exchange::publish;
use crate::exchange::refused::Refused;
use crate::store::{Store, StoreError, Tx};
use crate::tlog::Verifier;
use crate::tlog::published::{self, Broken, Fault, Whole};

/// The one trouble of the one journal.
const KEY: &str = "journal:self-check";

/// Computes the root of a store's journal from its entries, and compares every tile and the checkpoint signed by this key.
///
/// # Errors
/// [`StoreError::Unfit`] if the work is lost on the way.
pub async fn recompute(
    store: &Store,
    known: Verifier,
) -> Result<Result<Whole, Broken<StoreError>>, StoreError> {
    let (store, runtime) = (store.clone(), Handle::current());
    // Hashing is work for a processor; the tiles are fetched by the runtime meanwhile.
    let checked = tokio::task::spawn_blocking(move || {
        published::check(&|path: &str| runtime.block_on(publish::published(&store, path)), &[known])
    });
    checked.await.map_err(|panic| StoreError::Unfit(format!("checking the journal: {panic}")))
}

impl Gateway {
    /// Computes the journal's root from the published entries and compares every tile and the signed checkpoint; one line of
    /// what was found. Staff is told when it is not right, and when it is again.
    ///
    /// # Errors
    /// [`Refused::Busy`] and [`Refused::Unavailable`] when the store cannot be asked.
    pub async fn check_journal(&self) -> Result<String, Refused> {
        if self.journal_size().await? == 0 {
            return Ok("the journal is empty".to_owned());
        }
        let known = Verifier::parse(&self.verifier_key())
            .map_err(|why| Refused::Unavailable(format!("the journal's own key: {why}")))?;
        let checked = recompute(&self.world.store, known).await?;
        match checked {
            Ok(Whole { checkpoint, bundles, tiles }) => {
                let world = &*self.world;
                let end =
                    async |mut tx: Tx| notice::end(&mut tx, world, KEY, &BTreeMap::new()).await.map(drop);
                world.store.run_tx::<_, StoreError, _>("journal.well", end).await?;
                Ok(format!(
                    "{} entries in {bundles} bundles and {tiles} tiles are what the checkpoint says",
                    checkpoint.size
                ))
            }
            Err(Broken { fault: Fault::Unreadable(error), .. }) => Err(error.into()),
            Err(broken) => self.tell_of_fault(&broken).await,
        }
    }

    async fn tell_of_fault(&self, broken: &Broken<StoreError>) -> Result<String, Refused> {
        let world = &*self.world;
        let mut facts = BTreeMap::from([
            ("check".to_owned(), format!("公布文件重算 published {}", broken.file)),
            ("size".to_owned(), self.journal_size().await?.to_string()),
            ("checkpoint".to_owned(), world.journal.origin().to_string()),
            ("reason".to_owned(), broken.fault.to_string()),
        ]);
        match &broken.fault {
            Fault::Bundle { entry, .. } => drop(facts.insert("entry".to_owned(), entry.to_string())),
            Fault::Hash { first, last, .. } => {
                drop(facts.insert("entry".to_owned(), format!("{first} – {last}")));
            }
            _ => {}
        }
        let trouble = Trouble {
            key: KEY.to_owned(),
            topic: Topic::JournalFault,
            severity: Severity::Critical,
            agency: None,
            facts,
        };
        tracing::error!(file = broken.file, why = %broken.fault, "the journal is not what its checkpoint says");
        let tell = async |mut tx: Tx| notice::begin(&mut tx, world, &trouble).await.map(drop);
        world.store.run_tx::<_, StoreError, _>("journal.fault", tell).await?;
        Ok(format!("FAULT: {broken}"))
    }
}
