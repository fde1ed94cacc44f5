//! One transaction for many messages.
//!
//! Promise: submission, record, case, journal entry, event and outbox rows of each accepted message are written
//! together; the receipt is written with them and holds the proof of its own entry. Nothing has happened for anybody
//! until the transaction is committed.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::clock::Timestamp;
use crate::domain::digest::Digest;
use crate::domain::id::{AgencyId, DeliveryId};
use crate::exchange::answer::Answer;
use crate::exchange::entry::{self, Fact};
use crate::exchange::gateway::World;
use crate::exchange::intake::desk::{Decision, Desk, Earlier, key_of};
use crate::exchange::intake::prepare::Prepared;
use crate::exchange::intake::receipt;
use crate::exchange::journal::Grown;
use crate::exchange::refused::Refused;
use crate::store::case::Case;
use crate::store::delivery::NewDelivery;
use crate::store::event::Event;
use crate::store::record::Record;
use crate::store::submission::{NewSubmission, Submission};
use crate::store::{StoreError, Tx};

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

async fn apply(world: &World, jobs: &[Arc<Prepared>], tx: &mut Tx) -> Result<Vec<Told>, StoreError> {
    let head = tx.journal_lock().await?;
    let mut desk = open_desk(jobs, tx).await?;
    let decisions: Vec<Decision> =
        jobs.iter().enumerate().map(|(place, job)| desk.decide(place, job)).collect();

    let now = world.clock.now();
    let mut entries = Vec::new();
    let mut indexes = Vec::with_capacity(jobs.len());
    for (job, decision) in jobs.iter().zip(&decisions) {
        let fact = fact(job, decision);
        indexes.push(head.size + entries.len() as u64);
        entries.extend(fact.map(|fact| entry::bytes(&fact, now)));
    }
    if entries.is_empty() {
        return Ok(decisions.into_iter().map(|decision| Ok(repeat_only(decision))).collect());
    }
    let grown = world.journal.grow(&head, entries, now)?;

    let mut rows = Rows::default();
    let mut told: Vec<Told> = Vec::with_capacity(jobs.len());
    for ((job, decision), index) in jobs.iter().zip(decisions).zip(indexes) {
        told.push(match decision {
            Decision::Accept { case, .. } => Ok(rows.accept(world, job, &case, index, &grown, now)?),
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
    let (opened, changed) = desk.into_cases();
    rows.write(tx, &opened, &changed).await?;
    grown.write(tx).await?;
    Ok(told)
}

async fn open_desk(jobs: &[Arc<Prepared>], tx: &mut Tx) -> Result<Desk, StoreError> {
    let messages: BTreeSet<(&AgencyId, &str)> =
        jobs.iter().map(|job| (&job.inbound.agency.id, job.message_id.as_str())).collect();
    let stored = tx.submissions_by_key(&messages.into_iter().collect::<Vec<_>>()).await?;
    let keys: BTreeSet<_> = jobs.iter().map(|job| key_of(job)).collect();
    let keys: Vec<_> =
        keys.iter().map(|(agency, topic, number)| (agency, topic.as_str(), number.as_str())).collect();
    let cases = tx.cases_by_key(&keys).await?;
    Ok(Desk::new(stored, cases))
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
            body: Digest::salted(&job.salt, &job.inbound.body),
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

#[derive(Default)]
struct Rows {
    submissions: Vec<NewSubmission>,
    records: Vec<Record>,
    events: Vec<Event>,
    deliveries: Vec<NewDelivery>,
}

impl Rows {
    fn accept(
        &mut self,
        world: &World,
        job: &Prepared,
        case: &Case,
        index: u64,
        grown: &Grown,
        now: Timestamp,
    ) -> Result<Answer, StoreError> {
        let proof = grown.proof(index, &job.salt)?;
        let (receipt, content_type) = receipt::render(world, job, case, index, proof)?;
        self.submissions.push(NewSubmission {
            submission: Submission {
                id: job.submission.clone(),
                agency: job.inbound.agency.id.clone(),
                message_id: job.message_id.clone(),
                kind: job.record.kind(),
                registration_number: Some(job.record.registration_number().to_owned()),
                body_digest: job.body_sha256,
                content_type: job.content_type().to_owned(),
                charset: job.inbound.charset.map(|charset| charset.label().to_owned()),
                channel: job.inbound.channel.as_str().to_owned(),
                certificate: job.inbound.certificate,
                profile: job.profile.id().to_owned(),
                profile_digest: job.profile.digest(),
                received_at: job.received_at,
                salt: job.salt,
                receipt: receipt.clone(),
                receipt_content_type: content_type.clone(),
                journal_index: index,
            },
            body: job.inbound.body.clone(),
        });
        self.records.push(Record {
            id: job.record_id.clone(),
            submission: Some(job.submission.clone()),
            case: case.id.clone(),
            kind: job.record.kind(),
            agency: job.inbound.agency.id.clone(),
            registration_number: job.record.registration_number().to_owned(),
            position: 0,
            body: job.record_json.clone(),
            recorded_at: now,
            actor: None,
            idempotency_key: None,
            journal_index: index,
        });
        let event = Event {
            journal_index: index,
            id: world.chance.uuid(now).to_string(),
            event_type: format!("regbridge.{}.received", job.record.kind()),
            case: case.id.clone(),
            agency: job.inbound.agency.id.clone(),
            kind: job.record.kind(),
            at: now,
            data: announcement(job, case).to_string(),
        };
        self.deliveries.extend(announcements(world, &event));
        self.events.push(event);
        Ok(Answer { receipt, content_type, submission: job.submission.clone(), duplicate: false })
    }

    async fn write(&self, tx: &mut Tx, opened: &[Case], changed: &[Case]) -> Result<(), StoreError> {
        tx.insert_cases(opened).await?;
        tx.update_cases(changed).await?;
        tx.insert_submissions(&self.submissions).await?;
        tx.insert_records(&self.records).await?;
        tx.insert_events(&self.events).await?;
        tx.insert_deliveries(&self.deliveries).await.map(drop)
    }
}

/// What the platform is told: ids and states. The record itself is read from the case.
fn announcement(job: &Prepared, case: &Case) -> Value {
    json!({
        "agency": job.inbound.agency.id,
        "case": case.id,
        "kind": job.record.kind(),
        "record": job.record_id,
        "registration_number": job.record.registration_number(),
        "state": case.state,
        "submission": job.submission,
    })
}

/// One delivery of an event for each of the platform's webhooks.
pub(in crate::exchange) fn announcements(world: &World, event: &Event) -> Vec<NewDelivery> {
    let delivery = |name: &String| NewDelivery {
        id: DeliveryId::mint(event.at, &*world.chance),
        destination: format!("webhook:{name}"),
        case: event.case.clone(),
        kind: event.event_type.clone(),
        message: event.id.clone(),
        body: event.data.clone().into_bytes(),
        content_type: "application/json".to_owned(),
        salt: None,
        journal_index: event.journal_index,
        next_at: Some(event.at),
        created_at: event.at,
    };
    world.webhooks.iter().map(delivery).collect()
}
