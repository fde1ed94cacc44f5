//! A record of the platform's on its way to one agency: written in the agency's format, with the rows it leaves.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::clock::Timestamp;
use crate::domain::agency::Agency;
use crate::domain::digest::Digest;
use crate::domain::id::{DeliveryId, RecordId};
use crate::domain::kind::Kind;
use crate::domain::problem::Problem;
use crate::domain::record::Record;
use crate::exchange::delivery::Destination;
use crate::exchange::entry::Fact;
use crate::exchange::gateway::World;
use crate::exchange::intake::announcements;
use crate::exchange::refused::Refused;
use crate::exchange::view::Actor;
use crate::mapping::{Aside, Attachments, Profile, Run, Stage};
use crate::store::case::Case;
use crate::store::delivery::NewDelivery;
use crate::store::event::Event;
use crate::store::feed::FeedItem;
use crate::store::record::Record as Stored;
use crate::store::{StoreError, Tx};

/// A record of the platform's for one agency, ready to be written down.
pub(super) struct Outgoing {
    pub(super) agency: Arc<Agency>,
    pub(super) profile: Arc<Profile>,
    pub(super) record: Record,
    pub(super) json: String,
    pub(super) message: String,
    pub(super) body: Vec<u8>,
    pub(super) content_type: String,
    pub(super) salt: [u8; 32],
    pub(super) now: Timestamp,
    pub(super) record_id: RecordId,
    pub(super) delivery: DeliveryId,
}

/// What it leaves besides its case and the journal.
#[derive(Default)]
pub(super) struct Rows {
    records: Vec<Stored>,
    events: Vec<Event>,
    deliveries: Vec<NewDelivery>,
    items: Vec<FeedItem>,
}

impl Outgoing {
    pub(super) fn new(
        world: &World,
        agency: Arc<Agency>,
        profile: Arc<Profile>,
        record: Record,
        now: Timestamp,
    ) -> Result<Self, Refused> {
        let written = serde_json::to_value(&record).map_err(|error| unfit(&error.to_string(), "JSON"))?;
        Self::written(world, agency, profile, record, &written, None, now)
    }

    /// Of a record that names files: `written` is what the format is given, with their addresses, and `bytes` are those
    /// files where the format carries them.
    pub(super) fn written(
        world: &World,
        agency: Arc<Agency>,
        profile: Arc<Profile>,
        record: Record,
        written: &Value,
        bytes: Option<&Attachments>,
        now: Timestamp,
    ) -> Result<Self, Refused> {
        let (message, body, content_type) = encode(world, &profile, record.kind(), written, bytes, now)?;
        Ok(Self {
            json: serde_json::to_string(&record).expect("a record has text keys and no failing members"),
            message,
            body,
            content_type,
            salt: world.chance.thirty_two(),
            record_id: RecordId::mint(now, &*world.chance),
            delivery: DeliveryId::mint(now, &*world.chance),
            agency,
            profile,
            record,
            now,
        })
    }

    /// What the journal says; `case` is as it stands after the record.
    pub(super) fn fact(&self, actor: &Actor, case: &Case, opened: bool) -> Fact {
        Fact::Reply {
            record: self.record_id.clone(),
            case: case.id.clone(),
            opened: opened.then_some(true),
            state: case.state.clone(),
            actor: actor.name.clone(),
            kind: self.record.kind().to_string(),
            delivery: self.delivery.clone(),
            agency: self.agency.id.clone(),
            body: Digest::salted(&self.salt, &self.body),
            profile: self.profile.id().to_owned(),
            profile_sha256: self.profile.digest(),
        }
    }

    fn stored(&self, case: &Case, actor: &Actor, key: Option<&str>, index: u64) -> Stored {
        Stored {
            id: self.record_id.clone(),
            submission: None,
            import: None,
            case: case.id.clone(),
            kind: self.record.kind(),
            agency: self.agency.id.clone(),
            registration_number: self.record.registration_number().to_owned(),
            position: 0,
            body: self.json.clone(),
            recorded_at: self.now,
            actor: Some(actor.name.clone()),
            idempotency_key: key.map(str::to_owned),
            journal_index: index,
        }
    }

    fn delivery(&self, case: &Case, index: u64) -> NewDelivery {
        NewDelivery {
            id: self.delivery.clone(),
            destination: Destination::Agency(self.agency.id.clone()).to_text(),
            case: case.id.clone(),
            kind: self.record.kind().to_string(),
            message: self.message.clone(),
            body: self.body.clone(),
            content_type: self.content_type.clone(),
            salt: Some(self.salt),
            journal_index: index,
            next_at: self.agency.pushes(&self.record).then_some(self.now),
            created_at: self.now,
        }
    }

    fn item(&self) -> FeedItem {
        let report = match &self.record {
            Record::InspectionResult(result) => Some(result),
            _ => None,
        };
        FeedItem {
            delivery: self.delivery.clone(),
            record: self.record_id.clone(),
            destination: Destination::Agency(self.agency.id.clone()).to_text(),
            categories: self.record.categories(),
            number: report.and_then(|result| result.report_number()).map(str::to_owned),
            supersedes: report.and_then(|result| result.supersedes.clone()),
        }
    }

    fn event(&self, world: &World, case: &Case, index: u64) -> Event {
        let kind: Kind = self.record.kind();
        Event {
            journal_index: index,
            id: world.chance.uuid(self.now).to_string(),
            event_type: format!("regbridge.{kind}.queued"),
            case: case.id.clone(),
            agency: case.agency.clone(),
            kind,
            at: self.now,
            data: json!({
                "agency": case.agency,
                "case": case.id,
                "delivery": self.delivery,
                "kind": kind,
                "record": self.record_id,
                "registration_number": case.registration_number,
                "state": case.state,
            })
            .to_string(),
        }
    }
}

impl Rows {
    /// Adds those of one record; `index` is that of its journal entry.
    pub(super) fn add(
        &mut self,
        world: &World,
        out: &Outgoing,
        (case, actor): (&Case, &Actor),
        key: Option<&str>,
        index: u64,
    ) {
        let event = out.event(world, case, index);
        self.deliveries.extend(announcements(world, &event));
        self.deliveries.push(out.delivery(case, index));
        self.records.push(out.stored(case, actor, key, index));
        self.items.push(out.item());
        self.events.push(event);
    }

    /// Writes them all. Cases must be there.
    pub(super) async fn write(&self, tx: &mut Tx, at: Timestamp) -> Result<(), StoreError> {
        tx.insert_records(&self.records).await?;
        tx.insert_events(&self.events).await?;
        tx.insert_deliveries(&self.deliveries).await?;
        tx.insert_feed_items(&self.items, at).await
    }
}

/// The message's name, its bytes, their media type.
fn encode(
    world: &World,
    profile: &Profile,
    kind: Kind,
    record: &Value,
    bytes: Option<&Attachments>,
    now: Timestamp,
) -> Result<(String, Vec<u8>, String), Refused> {
    let message = profile.message_for(kind.as_str()).ok_or_else(|| {
        unfit(&format!("profile {} has no message for {kind}", profile.id()), "profile.toml [message.*]")
    })?;
    let mut value = json!({
        "message_id": record.get("message_id"),
        "id": record.get("message_id"),
        "sent_at": now.at_offset(profile.zone_seconds()),
        "records": [record],
    });
    if profile.messages().any(|asked| asked.answer == Some(message)) {
        // The agency asks for such records: what waits for it is the answer to its question.
        value["outcome"] = json!("accepted");
    }
    let run = Run { now, chance: &*world.chance };
    let encoded = profile
        .encode_aside(message, None, &value, &run, &Aside { attachments: bytes, sent: None })
        .map_err(|refusal| Refused::Malformed { stage: refusal.stage, problems: refusal.problems })?;
    Ok((message.to_owned(), encoded.bytes, encoded.content_type))
}

/// A record that does not fit, and what would.
pub(super) fn unfit(why: &str, expected: &str) -> Refused {
    let problem = Problem::new(
        "record-unfit",
        format!("记录不符合要求：{why}"),
        format!("the record does not fit: {why}"),
    )
    .with_expected(expected);
    Refused::Malformed { stage: Stage::Map, problems: vec![problem] }
}

/// What was posted, without the message id that is ours unless the platform gave one: two attempts that are the same
/// differ in it.
pub(super) fn said(json: &str) -> String {
    let mut value: Value = serde_json::from_str(json).unwrap_or_default();
    if let Some(object) = value.as_object_mut() {
        object.remove("message_id");
    }
    value.to_string()
}
