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

use crate::domain::digest::Digest;
use crate::domain::id::AgencyId;
use crate::exchange::answer::Answer;
use crate::exchange::entry::{self, Fact};
use crate::exchange::gateway::World;
use crate::exchange::intake::desk::{Decision, Desk, Earlier, key_of};
use crate::exchange::intake::prepare::Prepared;
use crate::exchange::intake::receipt::{self, Written};
use crate::exchange::intake::rows::{Accepted, Rows};
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
    let (head, mut desk) = open_desk(jobs, tx).await?;
    let decisions: Vec<Decision> =
        jobs.iter().enumerate().map(|(place, job)| desk.decide(place, job)).collect();

    let now = world.clock.now();
    let mut entries = Vec::new();
    let mut accepted = Vec::new();
    for (job, decision) in jobs.iter().zip(&decisions) {
        if let Decision::Accept { case, .. } = decision {
            let index = head.size + entries.len() as u64;
            accepted.push(Accepted { job: Arc::clone(job), case: case.clone(), index });
        }
        entries.extend(fact(job, decision).map(|fact| entry::bytes(&fact, now)));
    }
    if entries.is_empty() {
        return Ok(decisions.into_iter().map(|decision| Ok(repeat_only(decision))).collect());
    }
    let (grown, accepted) = (Arc::new(world.journal.grow(&head, entries, now)?), Arc::new(accepted));

    let receipts = receipt::write_out(world, &accepted, &grown);
    let (opened, changed) = desk.into_cases();
    tx.update_cases(&changed).await?;
    tx.gather();
    tx.insert_cases(&opened).await?;
    Rows::of(world, &accepted, now).write(tx).await?;
    grown.write(tx).await?;
    tx.send_gathered().await?;
    let receipts = receipts.await?;
    let submissions: Vec<_> =
        accepted.iter().zip(&receipts).map(|(one, receipt)| one.submission(receipt)).collect();
    tx.insert_submissions(&submissions).await?;
    Ok(tell(jobs, decisions, receipts))
}

/// What each sender is told, in the order of the jobs; the receipts are those of the accepted ones, in that order.
fn tell(jobs: &[Arc<Prepared>], decisions: Vec<Decision>, receipts: Vec<Written>) -> Vec<Told> {
    let mut receipts = receipts.into_iter();
    let mut told: Vec<Told> = Vec::with_capacity(jobs.len());
    for (job, decision) in jobs.iter().zip(decisions) {
        told.push(match decision {
            Decision::Accept { .. } => {
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

async fn open_desk(jobs: &[Arc<Prepared>], tx: &mut Tx) -> Result<(JournalHead, Desk), StoreError> {
    let messages: BTreeSet<(&AgencyId, &str)> =
        jobs.iter().map(|job| (&job.inbound.agency.id, job.message_id.as_str())).collect();
    let keys: BTreeSet<_> = jobs.iter().map(|job| key_of(job)).collect();
    let messages: Vec<_> = messages.into_iter().collect();
    let keys: Vec<_> =
        keys.iter().map(|(agency, topic, number)| (agency, topic.as_str(), number.as_str())).collect();
    let Known { head, submissions, cases } = tx.lock_and_look_up(&messages, &keys).await?;
    Ok((head, Desk::new(submissions, cases)))
}

/// A batch of nothing but repetitions writes nothing.
fn repeat_only(decision: Decision) -> Answer {
    match decision {
        Decision::Repeat(Earlier::Stored(stored)) => repeated(&stored),
        Decision::Repeat(Earlier::Here(_))
        | Decision::Accept { .. }
        | Decision::Conflict { .. }
        | Decision::Refuse(_) => unreachable!("each of these has an entry, or follows one that has"),
    }
}

/// What the journal says of a decision; nothing of a repetition, whose entry is there already.
fn fact(job: &Prepared, decision: &Decision) -> Option<Fact> {
    let agency = job.inbound.agency.id.clone();
    let certificate = job.inbound.certificate;
    match decision {
        Decision::Accept { case, opened } => Some(Fact::Submission {
            submission: job.submission.clone(),
            case: case.id.clone(),
            opened: *opened,
            state: case.state.clone(),
            agency,
            certificate,
            kind: job.record.kind().to_string(),
            channel: job.inbound.channel.as_str(),
            body: job.body_salted,
            profile: job.profile.id().to_owned(),
            profile_sha256: job.profile.digest(),
        }),
        Decision::Repeat(_) => None,
        Decision::Conflict { earlier, .. } => Some(Fact::Conflict {
            submission: earlier.submission.clone(),
            agency,
            certificate,
            found: Digest::salted(&earlier.salt, &job.inbound.body),
        }),
        Decision::Refuse(refused) => Some(Fact::Refusal {
            agency,
            certificate,
            kind: Some(job.record.kind().to_string()),
            why: refused.name().to_owned(),
            codes: Vec::new(),
        }),
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
