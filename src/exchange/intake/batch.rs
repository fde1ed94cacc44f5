//! One transaction for many messages.
//!
//! Promise: submission, record, case, journal entry, event and outbox rows of each accepted message are written
//! together; the receipt is written with them and holds the proof of its own entry. Nothing has happened for anybody
//! until the transaction is committed.
//!
//! The database works on a thread of its own; the receipts, which are the most work here, are written out while it
//! takes everything else.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::clock::Timestamp;
use crate::domain::id::AgencyId;
use crate::exchange::answer::Answer;
use crate::exchange::attachments::shelve::{Shelf, Source};
use crate::exchange::deadline::settle;
use crate::exchange::gateway::World;
use crate::exchange::intake::cases::{Fate, key_of};
use crate::exchange::intake::desk::{Decision, Desk, Earlier};
use crate::exchange::intake::facts;
use crate::exchange::intake::prepare::Prepared;
use crate::exchange::intake::receipt::{self, Written};
use crate::exchange::intake::rows::{Accepted, Rows};
use crate::exchange::notice::tell_urgent;
use crate::exchange::refused::Refused;
use crate::store::journal::JournalHead;
use crate::store::submission::Submission;
use crate::store::{Known, StoreError, Tx};

/// What a sender is told.
pub(in crate::exchange) type Told = Result<Answer, Refused>;

/// Applies a batch in one transaction; what each sender is told, in order.
pub(in crate::exchange) async fn commit(
    world: Arc<World>,
    jobs: Vec<Arc<Prepared>>,
) -> Result<Vec<Told>, StoreError> {
    let store = world.store.clone();
    store.run_tx("intake.accept", async |mut tx: Tx| apply(&world, &jobs, &mut tx).await).await
}

async fn apply(world: &Arc<World>, jobs: &[Arc<Prepared>], tx: &mut Tx) -> Result<Vec<Told>, StoreError> {
    let (head, mut desk) = open_desk(world, jobs, tx).await?;
    let decisions: Vec<Decision> =
        jobs.iter().enumerate().map(|(place, job)| desk.decide(place, job)).collect();

    let now = world.clock.now();
    let mut shelf = open_shelf(jobs, &decisions, tx).await?;
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
    if entries.is_empty() {
        return Ok(decisions.into_iter().map(|decision| Ok(repeat_only(decision))).collect());
    }
    let (grown, accepted) = (Arc::new(world.journal.grow(&head, entries, now)?), Arc::new(accepted));

    let receipts = receipt::write_out(world, &accepted, &grown);
    let changes = desk.cases.into_changes();
    tx.update_cases(&changes.changed).await?;
    tx.put_deadlines(&changes.moved).await?;
    tx.gather();
    tx.insert_cases(&changes.opened).await?;
    tx.insert_deadlines(&changes.begun).await?;
    Rows::of(world, accepted.iter().flat_map(Accepted::taken), now).write(tx).await?;
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
    Ok(tell(jobs, decisions, receipts))
}

/// A shelf that knows what the cases have to which files come; most batches bring none.
async fn open_shelf(
    jobs: &[Arc<Prepared>],
    decisions: &[Decision],
    tx: &mut Tx,
) -> Result<Shelf, StoreError> {
    let mut cases = BTreeSet::new();
    for (job, decision) in jobs.iter().zip(decisions) {
        let Decision::Accept(fates) = decision else { continue };
        for (item, fate) in job.items.iter().zip(&**fates) {
            match fate {
                Fate::Taken { case, opened: false, .. } if !item.files.is_empty() => {
                    cases.insert(case.id.clone());
                }
                _ => {}
            }
        }
    }
    Shelf::knowing(&cases.into_iter().collect::<Vec<_>>(), tx).await
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

async fn open_desk<'a>(
    world: &World,
    jobs: &'a [Arc<Prepared>],
    tx: &mut Tx,
) -> Result<(JournalHead, Desk<'a>), StoreError> {
    let messages: BTreeSet<(&AgencyId, &str)> =
        jobs.iter().map(|job| (&job.inbound.agency.id, job.message_id.as_str())).collect();
    let keys: BTreeSet<_> = jobs
        .iter()
        .flat_map(|job| job.items.iter().map(|item| key_of(&job.inbound.agency.id, item)))
        .collect();
    let messages: Vec<_> = messages.into_iter().collect();
    let keys: Vec<_> =
        keys.iter().map(|(agency, topic, number)| (agency, topic.as_str(), number.as_str())).collect();
    let Known { head, submissions, cases } = tx.lock_and_look_up(&messages, &keys).await?;
    let mut desk = Desk::new(submissions, cases, world.laws.load_full());
    let stored = desk.cases.stored();
    if !stored.is_empty() {
        desk.cases.timed(tx.deadlines_of(&stored).await?);
    }
    let doubtful = desk.doubtful(jobs);
    if !doubtful.is_empty() {
        desk.cases.had(&tx.records_of_cases(&doubtful).await?);
    }
    Ok((head, desk))
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
