//! The rows that an accepted message leaves.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::clock::Timestamp;
use crate::domain::agency::Agency;
use crate::domain::id::{CaseId, DeliveryId, ImportId, SubmissionId};
use crate::domain::record::Record as Domain;
use crate::domain::record::certificate_status::CertificateState;
use crate::exchange::gateway::World;
use crate::exchange::intake::cases::Fate;
use crate::exchange::intake::item::Item;
use crate::exchange::intake::prepare::Prepared;
use crate::exchange::intake::receipt::Written;
use crate::store::case::Case;
use crate::store::delivery::NewDelivery;
use crate::store::event::Event;
use crate::store::record::Record;
use crate::store::submission::{NewSubmission, Submission};
use crate::store::{StoreError, Tx};

/// An accepted message: what became of its records, and its place in the journal.
pub(super) struct Accepted {
    pub(super) job: Arc<Prepared>,
    /// In the order of the job's items.
    pub(super) fates: Arc<Vec<Fate>>,
    pub(super) index: u64,
}

/// A record that moved a case.
pub(in crate::exchange) struct Taken<'a> {
    pub(in crate::exchange) agency: &'a Agency,
    pub(in crate::exchange) origin: Origin<'a>,
    pub(in crate::exchange) item: &'a Item,
    /// Its case after it.
    pub(in crate::exchange) case: &'a Case,
    /// Its journal entry.
    pub(in crate::exchange) journal_index: u64,
}

/// What brought a record.
#[derive(Clone, Copy)]
pub(in crate::exchange) enum Origin<'a> {
    Submission(&'a SubmissionId),
    Import(&'a ImportId),
}

impl Origin<'_> {
    pub(in crate::exchange) fn submission(self) -> Option<SubmissionId> {
        match self {
            Self::Submission(id) => Some(id.clone()),
            Self::Import(_) => None,
        }
    }

    pub(in crate::exchange) fn import(self) -> Option<ImportId> {
        match self {
            Self::Submission(_) => None,
            Self::Import(id) => Some(id.clone()),
        }
    }
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
                kind: job.kind,
                registration_number: job.registration_number().map(str::to_owned),
                body_digest: job.body_sha256,
                content_type: job.content_type().to_owned(),
                charset: job.inbound.charset.map(|charset| charset.label().to_owned()),
                channel: job.inbound.channel.as_str().to_owned(),
                certificate: job.inbound.sender.certificate(),
                actor: job.inbound.sender.actor(),
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

    /// The records that moved their cases. The entry of an only record is the message's; those of many follow it.
    pub(super) fn taken(&self) -> impl Iterator<Item = Taken<'_>> {
        let first = self.index + u64::from(self.job.only().is_none());
        let taken = self.job.items.iter().zip(&*self.fates).filter_map(|(item, fate)| match fate {
            Fate::Taken { case, .. } => Some((item, case)),
            Fate::Duplicate(_) | Fate::Refused(_) => None,
        });
        (first..).zip(taken).map(|(journal_index, (item, case))| Taken {
            agency: &self.job.inbound.agency,
            origin: Origin::Submission(&self.job.submission),
            item,
            case,
            journal_index,
        })
    }
}

impl Taken<'_> {
    fn record(&self, now: Timestamp) -> Record {
        let item = self.item;
        Record {
            id: item.id.clone(),
            submission: self.origin.submission(),
            import: self.origin.import(),
            case: self.case.id.clone(),
            kind: item.record.kind(),
            agency: self.agency.id.clone(),
            registration_number: item.record.registration_number().to_owned(),
            position: item.index - 1,
            body: item.json.clone(),
            recorded_at: now,
            actor: None,
            idempotency_key: None,
            journal_index: self.journal_index,
        }
    }

    /// Until when the certificate holds that this record speaks of.
    fn certificate(&self) -> Option<(CaseId, Option<String>)> {
        let Domain::CertificateStatus(status) = &self.item.record else { return None };
        let holds = matches!(status.status, CertificateState::Valid | CertificateState::Suspended);
        let day = status.valid_until.as_ref().filter(|_| holds).map(ToString::to_string);
        Some((self.case.id.clone(), day))
    }

    fn event(&self, world: &World, now: Timestamp) -> Event {
        let kind = self.item.record.kind();
        Event {
            journal_index: self.journal_index,
            id: world.chance.uuid(now).to_string(),
            event_type: format!("regbridge.{kind}.received"),
            case: self.case.id.clone(),
            agency: self.agency.id.clone(),
            kind,
            at: now,
            data: self.announcement().to_string(),
        }
    }

    /// What the platform is told: ids and states. The record itself is read from the case.
    fn announcement(&self) -> Value {
        let mut told = json!({
            "agency": self.agency.id,
            "case": self.case.id,
            "kind": self.item.record.kind(),
            "record": self.item.id,
            "registration_number": self.item.record.registration_number(),
            "state": self.case.state,
        });
        match self.origin {
            Origin::Submission(id) => told["submission"] = json!(id),
            Origin::Import(id) => told["import"] = json!(id),
        }
        told
    }
}

/// What a batch leaves besides cases, submissions and the journal.
pub(in crate::exchange) struct Rows {
    records: Vec<Record>,
    events: Vec<Event>,
    deliveries: Vec<NewDelivery>,
    /// Until when certificates hold, where it was said.
    certificates: Vec<(CaseId, Option<String>)>,
}

impl Rows {
    pub(in crate::exchange) fn of<'a>(
        world: &World,
        taken: impl Iterator<Item = Taken<'a>>,
        now: Timestamp,
    ) -> Self {
        let mut certificates = Vec::new();
        let (mut records, mut events) = (Vec::new(), Vec::new());
        for one in taken {
            certificates.extend(one.certificate());
            records.push(one.record(now));
            if !one.agency.rehearsal {
                events.push(one.event(world, now));
            }
        }
        let deliveries = events.iter().flat_map(|event| announcements(world, event)).collect();
        Self { records, events, deliveries, certificates }
    }

    pub(in crate::exchange) async fn write(&self, tx: &mut Tx) -> Result<(), StoreError> {
        tx.insert_records(&self.records).await?;
        tx.insert_events(&self.events).await?;
        tx.insert_deliveries(&self.deliveries).await?;
        for (case, valid_until) in &self.certificates {
            tx.put_certificate(case, valid_until.as_deref()).await?;
        }
        Ok(())
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
        message_id: None,
        body: event.data.clone().into_bytes(),
        content_type: "application/json".to_owned(),
        salt: None,
        journal_index: event.journal_index,
        next_at: Some(event.at),
        created_at: event.at,
    };
    world.webhooks.iter().map(delivery).collect()
}
