//! The rows that an accepted message leaves.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::clock::Timestamp;
use crate::domain::id::DeliveryId;
use crate::exchange::gateway::World;
use crate::exchange::intake::prepare::Prepared;
use crate::exchange::intake::receipt::Written;
use crate::store::case::Case;
use crate::store::delivery::NewDelivery;
use crate::store::event::Event;
use crate::store::record::Record;
use crate::store::submission::{NewSubmission, Submission};
use crate::store::{StoreError, Tx};

/// An accepted message: its case after it, and its place in the journal.
pub(super) struct Accepted {
    pub(super) job: Arc<Prepared>,
    pub(super) case: Case,
    pub(super) index: u64,
}

impl Accepted {
    /// Its submission, which holds its receipt.
    pub(super) fn submission(&self, receipt: &Written) -> NewSubmission {
        let job = &self.job;
        NewSubmission {
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
                receipt: receipt.bytes.clone(),
                receipt_content_type: receipt.content_type.clone(),
                journal_index: self.index,
            },
            body: job.inbound.body.clone(),
        }
    }

    fn record(&self, now: Timestamp) -> Record {
        let job = &self.job;
        Record {
            id: job.record_id.clone(),
            submission: Some(job.submission.clone()),
            case: self.case.id.clone(),
            kind: job.record.kind(),
            agency: job.inbound.agency.id.clone(),
            registration_number: job.record.registration_number().to_owned(),
            position: 0,
            body: job.record_json.clone(),
            recorded_at: now,
            actor: None,
            idempotency_key: None,
            journal_index: self.index,
        }
    }

    fn event(&self, world: &World, now: Timestamp) -> Event {
        let kind = self.job.record.kind();
        Event {
            journal_index: self.index,
            id: world.chance.uuid(now).to_string(),
            event_type: format!("regbridge.{kind}.received"),
            case: self.case.id.clone(),
            agency: self.job.inbound.agency.id.clone(),
            kind,
            at: now,
            data: self.announcement().to_string(),
        }
    }

    /// What the platform is told: ids and states. The record itself is read from the case.
    fn announcement(&self) -> Value {
        let job = &self.job;
        json!({
            "agency": job.inbound.agency.id,
            "case": self.case.id,
            "kind": job.record.kind(),
            "record": job.record_id,
            "registration_number": job.record.registration_number(),
            "state": self.case.state,
            "submission": job.submission,
        })
    }
}

/// What a batch leaves besides cases, submissions and the journal.
pub(super) struct Rows {
    records: Vec<Record>,
    events: Vec<Event>,
    deliveries: Vec<NewDelivery>,
}

impl Rows {
    pub(super) fn of(world: &World, accepted: &[Accepted], now: Timestamp) -> Self {
        let events: Vec<Event> = accepted.iter().map(|one| one.event(world, now)).collect();
        Self {
            records: accepted.iter().map(|one| one.record(now)).collect(),
            deliveries: events.iter().flat_map(|event| announcements(world, event)).collect(),
            events,
        }
    }

    pub(super) async fn write(&self, tx: &mut Tx) -> Result<(), StoreError> {
        tx.insert_records(&self.records).await?;
        tx.insert_events(&self.events).await?;
        tx.insert_deliveries(&self.deliveries).await.map(drop)
    }
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
