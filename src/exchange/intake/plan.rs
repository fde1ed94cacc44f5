//! What a batch does: everything there is to know before it is written, and the writing.
//!
//! Promise: a plan is made without the database, by what was found there; its rows are those of that moment and of that head of
//! the journal, and of no other. The database works on a thread of its own; the receipts, which are the most work here, are
//! written out on another meanwhile.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::clock::Timestamp;
use crate::exchange::answer::Answer;
use crate::exchange::attachments::shelve::{Shelf, Source};
use crate::exchange::deadline::settle;
use crate::exchange::gateway::World;
use crate::exchange::intake::batch::Told;
use crate::exchange::intake::cases::{Changes, Fate};
use crate::exchange::intake::desk::{Decision, Earlier};
use crate::exchange::intake::facts;
use crate::exchange::intake::prepare::Prepared;
use crate::exchange::intake::receipt::{self, Written};
use crate::exchange::intake::rows::{Accepted, Rows};
use crate::exchange::journal::Grown;
use crate::exchange::notice::tell_urgent;
use crate::exchange::refused::Refused;
use crate::store::journal::JournalHead;
use crate::store::submission::Submission;
use crate::store::{StoreError, Tx};

/// What a batch does.
pub(super) struct Plan {
    jobs: Arc<Vec<Arc<Prepared>>>,
    /// The journal's head before it.
    head: JournalHead,
    decisions: Vec<Decision>,
    now: Timestamp,
    /// Absent where it writes nothing.
    work: Option<Writing>,
}

struct Writing {
    accepted: Arc<Vec<Accepted>>,
    changes: Changes,
    rows: Rows,
    grown: Arc<Grown>,
    shelf: Shelf,
    receipts: Pin<Box<dyn Future<Output = Result<Vec<Written>, StoreError>> + Send>>,
}

/// A batch that is written and not committed yet.
pub(super) struct Done {
    /// What each sender is told once it is.
    pub(super) answers: Vec<Told>,
    /// The journal's head with it.
    pub(super) head: JournalHead,
}

/// Plans a batch by its decisions, behind this head of the journal.
pub(super) fn plan(
    world: &Arc<World>,
    jobs: &Arc<Vec<Arc<Prepared>>>,
    head: JournalHead,
    (decisions, changes): (Vec<Decision>, Changes),
    mut shelf: Shelf,
) -> Result<Plan, StoreError> {
    let now = world.clock.now();
    let mut entries = Vec::new();
    let mut accepted = Vec::new();
    for (job, decision) in jobs.iter().zip(&decisions) {
        if let Decision::Accept(fates) = decision {
            let index = head.size + entries.len() as u64;
            accepted.push(Accepted { job: Arc::clone(job), fates: Arc::clone(fates), index });
        }
        facts::write(job, decision, now, &mut entries);
        if let Decision::Accept(fates) = decision {
            shelve(world, job, fates, &mut shelf, (head.size, now), &mut entries);
        }
    }
    let work = if entries.is_empty() {
        None
    } else {
        let (grown, accepted) = (Arc::new(world.journal.grow(&head, entries, now)?), Arc::new(accepted));
        let receipts = Box::pin(receipt::write_out(world, &accepted, &grown));
        let rows = Rows::of(world, accepted.iter().flat_map(Accepted::taken), now);
        Some(Writing { accepted, changes, rows, grown, shelf, receipts })
    };
    Ok(Plan { jobs: Arc::clone(jobs), head, decisions, now, work })
}

impl Plan {
    /// Whether it was made for this head of the journal.
    pub(super) fn is_behind(&self, head: &JournalHead) -> bool {
        (head.size, head.root) == (self.head.size, self.head.root)
    }

    /// Writes it; the transaction holds the journal already.
    pub(super) async fn write(self, world: &World, tx: &mut Tx) -> Result<Done, StoreError> {
        let Self { jobs, head, decisions, now, work } = self;
        let Some(Writing { accepted, changes, rows, grown, shelf, receipts }) = work else {
            let answers = decisions.into_iter().map(|decision| Ok(repeat_only(decision))).collect();
            return Ok(Done { answers, head });
        };
        tx.update_cases(&changes.changed).await?;
        tx.put_deadlines(&changes.moved).await?;
        tx.gather();
        tx.insert_cases(&changes.opened).await?;
        tx.insert_deadlines(&changes.begun).await?;
        rows.write(tx).await?;
        grown.write(tx).await?;
        tx.send_gathered().await?;
        shelf.write(world, now, tx).await?;
        let receipts = receipts.await?;
        let submissions: Vec<_> =
            accepted.iter().zip(&receipts).map(|(one, receipt)| one.submission(receipt)).collect();
        tx.insert_submissions(&submissions).await?;
        tell_urgent(tx, world, accepted.iter().flat_map(Accepted::taken)).await?;
        for (case, settled) in &changes.settled {
            settle(tx, world, case, settled).await?;
        }
        Ok(Done { answers: tell(&jobs, decisions, receipts), head: grown.head() })
    }
}

/// Puts the files of a message on the shelf; their entries follow the message's own.
fn shelve(
    world: &World,
    job: &Prepared,
    fates: &[Fate],
    shelf: &mut Shelf,
    before: (u64, Timestamp),
    entries: &mut Vec<Vec<u8>>,
) {
    let source = Source {
        agency: &job.inbound.agency,
        certificate: job.inbound.sender.certificate(),
        submission: &job.submission,
    };
    for (item, fate) in job.items.iter().zip(fates) {
        if let Fate::Taken { case, .. } = fate {
            shelf.add(world, &case.id, &item.files, source, before, entries);
        }
    }
}

/// What each sender is told, in the order of the jobs; the receipts are those of the accepted ones, in that order.
fn tell(jobs: &[Arc<Prepared>], decisions: Vec<Decision>, receipts: Vec<Written>) -> Vec<Told> {
    let mut receipts = receipts.into_iter();
    let mut told: Vec<Told> = Vec::with_capacity(jobs.len());
    for (job, decision) in jobs.iter().zip(decisions) {
        told.push(match decision {
            Decision::Accept(_) => {
                let Written { bytes, content_type } =
                    receipts.next().expect("each accepted job has its receipt");
                let submission = job.submission.clone();
                Ok(Answer { receipt: bytes, content_type, submission, duplicate: false })
            }
            Decision::Repeat(Earlier::Stored(stored)) => Ok(repeated(&stored)),
            Decision::Repeat(Earlier::Here(place)) => match &told[place] {
                Ok(answer) => Ok(Answer { duplicate: true, ..answer.clone() }),
                Err(_) => unreachable!("only an accepted message is repeated"),
            },
            Decision::Conflict { stored, .. } => {
                Err(Refused::Conflict { message_id: job.message_id.clone(), stored, found: job.body_sha256 })
            }
            Decision::Refuse(refused) => Err(refused),
        });
    }
    told
}

/// A batch of nothing but repetitions writes nothing.
fn repeat_only(decision: Decision) -> Answer {
    match decision {
        Decision::Repeat(Earlier::Stored(stored)) => repeated(&stored),
        Decision::Repeat(Earlier::Here(_))
        | Decision::Accept(_)
        | Decision::Conflict { .. }
        | Decision::Refuse(_) => unreachable!("each of these has an entry, or follows one that has"),
    }
}

fn repeated(stored: &Submission) -> Answer {
    Answer {
        receipt: stored.receipt.clone(),
        content_type: stored.receipt_content_type.clone(),
        submission: stored.id.clone(),
        duplicate: true,
    }
}
