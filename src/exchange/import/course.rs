//! The course of an import: its beginning, chunk after chunk, its end.

use std::sync::Arc;
use std::time::Duration;

use crate::domain::agency::Agency;
use crate::domain::digest::Digest;
use crate::domain::id::ImportId;
use crate::domain::kind::Kind;
use crate::domain::problem::Problem;
use crate::domain::receipt::ReceiptProof;
use crate::domain::record::extensions::Extensions;
use crate::exchange::entry::{self, Counts, Fact};
use crate::exchange::gateway::World;
use crate::exchange::import::ImportOrder;
use crate::exchange::import::chunk;
use crate::exchange::import::reader::Chunk;
use crate::exchange::import::report::ImportReport;
use crate::mapping::Profile;
use crate::store::import::{Import, ImportProgress};
use crate::store::{StoreError, Tx};

/// How often a chunk waits for others that are in the way, and for how long: half a minute in all. A gateway that
/// serves the same database has its transactions, each of which takes some milliseconds.
const WAITS: u32 = 60;
const WAIT: Duration = Duration::from_millis(500);

/// An import under way.
pub(super) struct Course {
    agency: Arc<Agency>,
    import: Import,
    pub(super) progress: ImportProgress,
}

impl Course {
    /// Begins an import, or goes on with the one that is known, and says so in the journal.
    pub(super) async fn begin(
        world: &World,
        agency: &Arc<Agency>,
        profile: &Profile,
        order: &ImportOrder,
        kind: Kind,
        known: Option<Import>,
    ) -> Result<Self, StoreError> {
        let now = world.clock.now();
        let new = known.is_none();
        let import = known.unwrap_or_else(|| Import {
            id: ImportId::mint(now, &*world.chance),
            agency: agency.id.clone(),
            file_digest: order.sha256,
            file_size: order.size,
            kind,
            salt: world.chance.thirty_two(),
            progress: ImportProgress::default(),
            changed_at: now,
            started_at: now,
            state: "running".to_owned(),
            report: None,
        });
        let fact = Fact::Import {
            import: import.id.clone(),
            agency: agency.id.clone(),
            kind: kind.to_string(),
            file: salted(&import),
            size: order.size,
            after: import.progress.position,
            profile: profile.id().to_owned(),
            profile_sha256: profile.digest(),
        };
        let entry = entry::bytes(&fact, now);
        let begin = async |mut tx: Tx| {
            world.journal.note(&mut tx, vec![entry.clone()], now).await?;
            if new {
                return tx.insert_import(&import).await;
            }
            let place = (&import.id, import.progress.position);
            tx.set_import_state(place, &import.state, "running", None, now).await
        };
        world.store.run_tx("import.begin", begin).await?;
        Ok(Self { agency: Arc::clone(agency), progress: import.progress, import })
    }

    /// Settles the records of a chunk.
    pub(super) async fn go_on(&mut self, world: &World, chunk: &Chunk) -> Result<(), StoreError> {
        let of = (&self.import.id, &*self.agency);
        let mut waits = 0;
        self.progress = loop {
            let apply = async |mut tx: Tx| chunk::apply(world, of, chunk, self.progress, &mut tx).await;
            match world.store.run_tx("import.chunk", apply).await {
                Err(StoreError::Contended(_)) if waits < WAITS => {
                    waits += 1;
                    tokio::time::sleep(WAIT).await;
                }
                other => break other?,
            }
        };
        Ok(())
    }

    /// Ends it: it was read to its end, or no further because of `problems`.
    pub(super) async fn end(
        &self,
        world: &World,
        problems: Vec<Problem>,
    ) -> Result<ImportReport, StoreError> {
        let (import, progress) = (&self.import, self.progress);
        let now = world.clock.now();
        let state = if problems.is_empty() { "finished" } else { "broken" };
        let ImportProgress { accepted, duplicate, refused, .. } = progress;
        let fact = Fact::ImportEnd {
            import: import.id.clone(),
            agency: import.agency.clone(),
            file: salted(import),
            state,
            records: Counts { accepted, duplicate, refused },
        };
        let entry = entry::bytes(&fact, now);
        let end = async |mut tx: Tx| {
            let head = tx.journal_lock().await?;
            let grown = world.journal.grow(&head, vec![entry.clone()], now)?;
            let proof = ReceiptProof {
                index: head.size,
                origin: world.journal.origin().as_str().to_owned(),
                text: grown.proof(head.size, &import.salt)?,
                extensions: Extensions::default(),
            };
            let report = ImportReport {
                import: import.id.clone(),
                agency: import.agency.clone(),
                state: state.to_owned(),
                file_sha256: import.file_digest,
                file_size: import.file_size,
                kind: import.kind,
                records: accepted + duplicate + refused,
                accepted,
                duplicate,
                refused,
                started_at: import.started_at.to_string(),
                ended_at: now.to_string(),
                problems: problems.clone(),
                proof,
            };
            let json = serde_json::to_string(&report).expect("a report has text keys and no failing members");
            tx.set_import_state((&import.id, progress.position), "running", state, Some(&json), now).await?;
            grown.write(&mut tx).await?;
            Ok::<_, StoreError>(report)
        };
        world.store.run_tx("import.end", end).await
    }
}

/// What the journal says of the file: the digest of its digest, which is as good as one of its bytes and does not ask
/// to read a large file twice.
fn salted(import: &Import) -> Digest {
    Digest::salted(&import.salt, import.file_digest.as_bytes())
}
