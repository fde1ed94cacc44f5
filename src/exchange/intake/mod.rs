//! A message comes in: prepared on its own task, applied in a batch, answered when durable.
//!
//! | file | idea |
//! |---|---|
//! | `prepare`, `item` | read, validate, map, check the scope: pure |
//! | `desk`, `cases` | what each message of a batch does, and each of its records: pure |
//! | `facts` | what the journal says of that |
//! | `batch` | one transaction for many messages |
//! | `rows` | what an accepted message leaves in the database |
//! | `receipt` | the answer's bytes |
//! | `turned` | the answer to a message that is refused, in the agency's own format |

use std::sync::Arc;

use tokio::task::JoinHandle;

use crate::domain::agency::Agency;
use crate::domain::id::SubmissionId;
use crate::exchange::answer::Answer;
use crate::exchange::attachments::shelve;
use crate::exchange::entry::{self, Fact};
use crate::exchange::gateway::{Gateway, World};
use crate::exchange::inbound::{Inbound, RefusalNote};
use crate::exchange::refused::Refused;
use crate::store::group::{Committer, GroupError};
use crate::store::{StoreError, Tx};

mod batch;
pub(in crate::exchange) mod cases;
pub(in crate::exchange) mod desk;
pub(in crate::exchange) mod facts;
pub(in crate::exchange) mod item;
mod prepare;
mod receipt;
pub(in crate::exchange) mod rows;
mod turned;

pub(in crate::exchange) use item::is_one_line;
use prepare::Prepared;
pub(in crate::exchange) use prepare::{MOST_RECORDS, not_submitted};
pub(in crate::exchange) use rows::announcements;
pub use turned::{Told, Turned};

/// How many messages may wait for the writer. At 6,000 a second that is a sixth of a second of waiting; at 2 KB each,
/// 2 MB. Whoever comes when it is full is told to come back.
const QUEUE: usize = 1024;

/// A body above this is read on a thread of its own: at 10 MB/s for reading, validating and mapping, 64 KiB would
/// hold up the other connections of its worker for more than 6 ms.
const LARGE: usize = 64 * 1024;

/// The way in: a queue and the one task that writes.
pub(in crate::exchange) struct Intake(Committer<Prepared, batch::Told, StoreError>);

impl Intake {
    pub(in crate::exchange) fn start(world: Arc<World>) -> (Self, JoinHandle<()>) {
        let (committer, writer) = Committer::start(QUEUE, move |jobs: Vec<Arc<Prepared>>| {
            let world = Arc::clone(&world);
            async move {
                let told = batch::commit(Arc::clone(&world), jobs).await?;
                world.bells.ring_for_events();
                if !world.webhooks.is_empty() {
                    world.bells.ring_for_deliveries();
                }
                Ok(told)
            }
        });
        (Self(committer), writer)
    }
}

impl Gateway {
    /// Takes a message in: read, validate, map, apply to its case, journal; answered when durable. A repetition gets
    /// the stored receipt, the very same bytes.
    ///
    /// # Errors
    /// [`Refused`], journalled as the sender's attempt when the sender is at fault.
    pub async fn submit(&self, inbound: Inbound) -> Result<Answer, Refused> {
        let (agency, sender, kind) = (Arc::clone(&inbound.agency), inbound.sender.clone(), inbound.kind);
        let prepared = if inbound.body.len() > LARGE {
            let world = Arc::clone(&self.world);
            tokio::task::spawn_blocking(move || prepare::prepare(&world, inbound))
                .await
                .map_err(|error| Refused::Unavailable(format!("reading a message failed: {error}")))?
        } else {
            prepare::prepare(&self.world, inbound)
        };
        match prepared {
            Ok(prepared) => self.apply(prepared).await,
            Err(refused) => {
                let note = RefusalNote { agency, sender, kind, why: refused.name() };
                self.note_refusal(note, refused.codes()).await;
                Err(refused)
            }
        }
    }

    /// Files first, then the transaction that refers to them; if they are not referred to, they go.
    async fn apply(&self, mut prepared: Prepared) -> Result<Answer, Refused> {
        let mut files = Vec::new();
        for item in &mut prepared.items {
            files.extend(item.files.iter().map(|file| file.id().clone()));
            if let Err(refused) = shelve::put_down(&self.world, &mut item.files).await {
                shelve::take_away(&self.world, &files).await;
                return Err(refused);
            }
        }
        let told = self.intake.0.submit(prepared).await;
        // Of what the writer did not get through with nobody knows: that is for the sweep.
        if matches!(&told, Ok(Err(_) | Ok(Answer { duplicate: true, .. })) | Err(GroupError::Busy)) {
            shelve::take_away(&self.world, &files).await;
        }
        told.map_err(|error| match error {
            GroupError::Busy => Refused::Busy { retry_after: 1 },
            GroupError::Stopped => Refused::Unavailable("the writer has stopped".to_owned()),
            GroupError::Failed(error) => error.into(),
        })?
    }

    /// Journals an attempt that an edge turned away.
    pub async fn journal_refusal(&self, note: RefusalNote) {
        self.note_refusal(note, Vec::new()).await;
    }

    /// The attempt is refused whether or not it can be written down; when it cannot, the log says so.
    pub(in crate::exchange) async fn note_refusal(&self, note: RefusalNote, codes: Vec<String>) {
        let fact = Fact::Refusal {
            agency: note.agency.id.clone(),
            certificate: note.sender.certificate(),
            actor: note.sender.actor(),
            kind: note.kind.map(|kind| kind.to_string()),
            why: note.why.to_owned(),
            codes,
        };
        if let Err(error) = self.note(fact).await {
            tracing::error!(%error, agency = %note.agency.id, why = note.why, "a refusal could not be journalled");
        }
    }

    /// Journals one fact that changes nothing else.
    pub(in crate::exchange) async fn note(&self, fact: Fact) -> Result<u64, StoreError> {
        let world = &self.world;
        let now = world.clock.now();
        let entry = entry::bytes(&fact, now);
        world
            .store
            .run_tx("journal.note", async |mut tx: Tx| {
                world.journal.note(&mut tx, vec![entry.clone()], now).await
            })
            .await
    }

    /// The stored receipt of one of the agency's own submissions.
    ///
    /// # Errors
    /// [`Refused::NotFound`] for another agency's, too.
    pub async fn receipt(&self, agency: &Agency, submission: &SubmissionId) -> Result<Answer, Refused> {
        let found = self
            .world
            .store
            .read("submission.receipt", async |mut tx: Tx| tx.submission(submission).await)
            .await?
            .filter(|found| found.agency == agency.id)
            .ok_or(Refused::NotFound)?;
        Ok(Answer {
            receipt: found.receipt,
            content_type: found.receipt_content_type,
            submission: found.id,
            duplicate: true,
        })
    }
}
