//! A record of the platform's on its way to one agency: written in the agency's format, with the rows it leaves.

use std::fmt::Display;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::clock::Timestamp;
use crate::domain::agency::Agency;
use crate::domain::deadline::Deadline;
use crate::domain::digest::Digest;
use crate::domain::id::{DeliveryId, RecordId};
use crate::domain::kind::Kind;
use crate::domain::problem::Problem;
use crate::domain::record::Record;
use crate::exchange::deadline::told::DeadlineFact;
use crate::exchange::delivery::Destination;
use crate::exchange::entry::Fact;
use crate::exchange::gateway::World;
use crate::exchange::hours;
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
    /// At least one, in order.
    pub(super) parts: Vec<Part>,
    pub(super) now: Timestamp,
    pub(super) record_id: RecordId,
}

/// One message of it, as it leaves: a delivery of its own.
pub(super) struct Part {
    message_id: Option<String>,
    pub(super) body: Vec<u8>,
    content_type: String,
    salt: [u8; 32],
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
        let written = serde_json::to_value(&record).map_err(|error| unread(&error, "JSON"))?;
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
        let (message, parts) = encode(world, &profile, record.kind(), written, bytes, now)?;
        Ok(Self {
            json: serde_json::to_string(&record).expect("a record has text keys and no failing members"),
            message,
            parts,
            record_id: RecordId::mint(now, &*world.chance),
            agency,
            profile,
            record,
            now,
        })
    }

    /// The first of its messages; mostly there is no other.
    pub(super) fn first(&self) -> &Part {
        self.parts.first().expect("a record is written as one message at least")
    }

    /// The deliveries of all its messages, where there are several.
    pub(super) fn several(&self) -> Vec<DeliveryId> {
        let ids = self.parts.iter().map(|part| part.delivery.clone());
        if self.parts.len() > 1 { ids.collect() } else { Vec::new() }
    }

    /// What the journal says: an entry of the record with its first message, and one of each further message. `case` is
    /// as it stands after the record, and `deadlines` are those that it moved.
    pub(super) fn facts(
        &self,
        actor: &Actor,
        (case, opened): (&Case, bool),
        deadlines: &[Deadline],
    ) -> Vec<Fact> {
        let count = u32::try_from(self.parts.len()).unwrap_or(u32::MAX);
        let first = Fact::Reply {
            record: self.record_id.clone(),
            case: case.id.clone(),
            opened: opened.then_some(true),
            state: case.state.clone(),
            deadlines: deadlines.iter().map(|one| DeadlineFact::of(one, self.now)).collect(),
            actor: actor.name.clone(),
            kind: self.record.kind().to_string(),
            delivery: self.first().delivery.clone(),
            parts: (count > 1).then_some(count),
            agency: self.agency.id.clone(),
            body: self.first().digest(),
            profile: self.profile.id().to_owned(),
            profile_sha256: self.profile.digest(),
        };
        let further = (2..).zip(&self.parts[1..]).map(|(number, part)| Fact::Part {
            record: self.record_id.clone(),
            case: case.id.clone(),
            part: number,
            delivery: part.delivery.clone(),
            agency: self.agency.id.clone(),
            body: part.digest(),
            profile: self.profile.id().to_owned(),
            profile_sha256: self.profile.digest(),
        });
        std::iter::once(first).chain(further).collect()
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

    /// The deliveries; `index` is that of the record's entry, behind which those of its further messages stand.
    fn deliveries(
        &self,
        world: &World,
        case: &Case,
        (index, hurries): (u64, bool),
    ) -> impl Iterator<Item = NewDelivery> {
        let due = || if hurries { self.now } else { hours::due(world, &self.agency, self.now) };
        let next_at = self.agency.pushes(&self.record).then(due);
        (index..).zip(&self.parts).map(move |(journal_index, part)| NewDelivery {
            id: part.delivery.clone(),
            destination: Destination::Agency(self.agency.id.clone()).to_text(),
            case: case.id.clone(),
            kind: self.record.kind().to_string(),
            message: self.message.clone(),
            message_id: part.message_id.clone(),
            body: part.body.clone(),
            content_type: part.content_type.clone(),
            salt: Some(part.salt),
            journal_index,
            next_at,
            created_at: self.now,
        })
    }

    fn items(&self) -> impl Iterator<Item = FeedItem> {
        let report = match &self.record {
            Record::InspectionResult(result) => Some(result),
            _ => None,
        };
        self.parts.iter().map(move |part| FeedItem {
            delivery: part.delivery.clone(),
            record: self.record_id.clone(),
            destination: Destination::Agency(self.agency.id.clone()).to_text(),
            categories: self.record.categories(),
            number: report.and_then(|result| result.report_number()).map(str::to_owned),
            supersedes: report.and_then(|result| result.supersedes.clone()),
        })
    }

    fn event(&self, world: &World, case: &Case, index: u64) -> Event {
        let kind: Kind = self.record.kind();
        let mut data = json!({
            "agency": case.agency,
            "case": case.id,
            "delivery": self.first().delivery,
            "kind": kind,
            "record": self.record_id,
            "registration_number": case.registration_number,
            "state": case.state,
        });
        if self.parts.len() > 1 {
            data["deliveries"] = json!(self.several());
        }
        Event {
            journal_index: index,
            id: world.chance.uuid(self.now).to_string(),
            event_type: format!("regbridge.{kind}.queued"),
            case: case.id.clone(),
            agency: case.agency.clone(),
            kind,
            at: self.now,
            data: data.to_string(),
        }
    }
}

impl Part {
    /// Its digest in the journal.
    fn digest(&self) -> Digest {
        Digest::salted(&self.salt, &self.body)
    }
}

impl Rows {
    /// Adds those of one record; `index` is that of its journal entry. What hurries does not wait for the agency's hour.
    pub(super) fn add(
        &mut self,
        world: &World,
        out: &Outgoing,
        (case, actor): (&Case, &Actor),
        key: Option<&str>,
        (index, hurries): (u64, bool),
    ) {
        let event = out.event(world, case, index);
        self.deliveries.extend(announcements(world, &event));
        self.deliveries.extend(out.deliveries(world, case, (index, hurries)));
        self.records.push(out.stored(case, actor, key, index));
        self.items.extend(out.items());
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

/// Messages of one record: an agency's system that takes a line a message does not take a thousand at once.
const MOST_PARTS: usize = 1000;

/// The message's name, and the messages that the record takes: one, but where the profile says `per`.
fn encode(
    world: &World,
    profile: &Profile,
    kind: Kind,
    record: &Value,
    bytes: Option<&Attachments>,
    now: Timestamp,
) -> Result<(String, Vec<Part>), Refused> {
    let message = profile.message_for(kind.as_str()).ok_or_else(|| {
        unfit(
            &format!("格式 {} 没有 {kind} 的报文", profile.id()),
            &format!("profile {} has no message for {kind}", profile.id()),
            "profile.toml [message.*]",
        )
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
    let mut spread = profile.spread(message, &value);
    if spread.len() > MOST_PARTS {
        let count = spread.len();
        return Err(unfit(
            &format!("须写成对方格式的 {count} 个报文"),
            &format!("{count} messages of the agency's format would be needed"),
            &format!("≤ {MOST_PARTS}"),
        ));
    }
    // Each is a message of its own to its receiver.
    for further in spread.iter_mut().skip(1) {
        let id = world.chance.uuid(now).to_string();
        (further["message_id"], further["id"]) = (json!(id), json!(id));
    }
    let run = Run { now, chance: &*world.chance };
    let aside = Aside { attachments: bytes, sent: None };
    let part = |value: &Value| {
        let encoded = profile
            .encode_aside(message, None, value, &run, &aside)
            .map_err(|refusal| Refused::Malformed { stage: refusal.stage, problems: refusal.problems })?;
        Ok(Part {
            message_id: value["message_id"].as_str().map(str::to_owned),
            body: encoded.bytes,
            content_type: encoded.content_type,
            salt: world.chance.thirty_two(),
            delivery: DeliveryId::mint(now, &*world.chance),
        })
    };
    let parts = spread.iter().map(part).collect::<Result<_, Refused>>()?;
    Ok((message.to_owned(), parts))
}

/// A record that does not fit, and what would.
pub(super) fn unfit(zh: &str, en: &str, expected: &str) -> Refused {
    let problem = Problem::new(
        "record-unfit",
        format!("记录不符合要求：{zh}"),
        format!("the record does not fit: {en}"),
    )
    .with_expected(expected);
    Refused::Malformed { stage: Stage::Map, problems: vec![problem] }
}

/// A record that its type does not take: the reason is told as it is.
pub(super) fn unread(error: &impl Display, expected: &str) -> Refused {
    let told = error.to_string();
    unfit(&told, &told, expected)
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
