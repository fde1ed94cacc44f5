//! The platform answers: its record moves the case and is queued for the agency in the agency's format.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::clock::Timestamp;
use crate::domain::agency::{Agency, DeliveryMode};
use crate::domain::case::Event as CaseEvent;
use crate::domain::digest::Digest;
use crate::domain::id::{CaseId, DeliveryId, RecordId};
use crate::domain::kind::{Direction, Kind};
use crate::domain::problem::Problem;
use crate::domain::record::Record;
use crate::exchange::answer::Replied;
use crate::exchange::attachments::{Quoted, quoted};
use crate::exchange::delivery::Destination;
use crate::exchange::entry::{self, Fact};
use crate::exchange::gateway::{Gateway, World};
use crate::exchange::intake::announcements;
use crate::exchange::intake::desk::{after, topic};
use crate::exchange::refused::{Failed, Refused};
use crate::exchange::view::Actor;
use crate::mapping::{Aside, Attachments, Profile, Run, Stage};
use crate::store::case::Case;
use crate::store::delivery::NewDelivery;
use crate::store::event::Event;
use crate::store::record::Record as Stored;
use crate::store::submission::Submission;
use crate::store::{StoreError, Tx};

/// A record of the platform's, ready to be written.
struct Post {
    agency: Arc<Agency>,
    profile: Arc<Profile>,
    record: Record,
    json: String,
    message: String,
    body: Vec<u8>,
    content_type: String,
    salt: [u8; 32],
    now: Timestamp,
    record_id: RecordId,
    delivery: DeliveryId,
    /// The files that it names.
    quoted: Quoted,
}

impl Gateway {
    /// Takes a record of the platform's for a case (acknowledgement, reply, disposal result), moves the case and
    /// queues the record for the agency in the agency's format. `key` makes a repetition harmless: the same key and
    /// record get the same answer.
    ///
    /// # Errors
    /// [`Refused::NotFound`] without such a case, [`Refused::Malformed`] for a record that does not fit the platform
    /// schema or cannot be written in the agency's format, [`Refused::WrongState`], [`Refused::OutOfScope`] when the
    /// agency may not receive it, [`Refused::Conflict`] when the key was used for another record.
    pub async fn reply(
        &self,
        actor: &Actor,
        case: &CaseId,
        record: Value,
        key: Option<&str>,
    ) -> Result<Replied, Refused> {
        let world = &*self.world;
        let found = world.store.read("case.show", async |mut tx: Tx| tx.case(case).await).await?;
        let found = found.ok_or(Refused::NotFound)?;
        let submissions = async |mut tx: Tx| tx.submissions_of(case).await;
        let last = world.store.read::<_, StoreError, _>("reply.spoken", submissions).await?.pop();
        let quoted = quoted(world, &found, &record).await?;
        let mut post = match prepare(world, &found, last.as_ref(), record.clone(), &quoted, None) {
            // The format carries files as bytes.
            Err(Refused::Malformed { problems, .. })
                if !quoted.is_empty()
                    && problems.iter().any(|problem| problem.code == "attachment-missing") =>
            {
                let bytes = quoted.bytes(world).await?;
                prepare(world, &found, last.as_ref(), record, &quoted, Some(&bytes))?
            }
            other => other?,
        };
        post.quoted = quoted;
        let replied = world
            .store
            .run_tx("reply.post", async |mut tx: Tx| write(world, actor, case, &post, key, &mut tx).await)
            .await
            .map_err(Failed::into_refused)?;
        world.bells.ring_for_events();
        world.bells.ring_for_deliveries();
        Ok(replied)
    }
}

fn prepare(
    world: &World,
    case: &Case,
    last: Option<&Submission>,
    mut value: Value,
    quoted: &Quoted,
    bytes: Option<&Attachments>,
) -> Result<Post, Refused> {
    let now = world.clock.now();
    let agency = world.registry.load().by_id(&case.agency).ok_or_else(|| {
        Refused::Unavailable(format!("agency {} of the case is not in the registry any more", case.agency))
    })?;
    let object = value.as_object_mut().ok_or_else(|| unfit("the record must be a JSON object", "对象"))?;
    fill(object, case, world, now);
    let record: Record =
        Record::from_value(value).map_err(|error| unfit(&error.to_string(), "平台数据规范"))?;
    let kind = record.kind();
    if !kind.travels(Direction::Receive) || topic(kind) != case.topic {
        return Err(unfit(
            &format!("a {} case takes no {kind} from the platform", case.topic),
            "complaint-acknowledgement、complaint-reply、disposal-result、inspection-result、assistance-reply 或 enforcement-lead",
        ));
    }
    if record.registration_number() != case.registration_number && !record.registration_number().is_empty() {
        return Err(unfit("registration_number is not the case's", &case.registration_number));
    }
    if let Some(member) = record.lacks().first() {
        return Err(unfit(
            &format!("its decision asks for \"{member}\", given by another person where two sign"),
            member,
        ));
    }
    agency.may_for(kind, Direction::Receive, &case.region).map_err(Refused::OutOfScope)?;
    let profile = spoken(world, &agency, last, kind)?;
    let written = serde_json::to_value(&record).map_err(|error| unfit(&error.to_string(), "JSON"))?;
    let written = quoted.addressed(world, case, written);
    let (message, encoded) = encode(world, &profile, kind, written, bytes, now)?;
    Ok(Post {
        json: serde_json::to_string(&record).expect("a record has text keys and no failing members"),
        message,
        body: encoded.0,
        content_type: encoded.1,
        salt: world.chance.thirty_two(),
        record_id: RecordId::mint(now, &*world.chance),
        delivery: DeliveryId::mint(now, &*world.chance),
        agency,
        profile,
        record,
        now,
        quoted: Quoted::default(),
    })
}

/// The version that writes to an agency about a case: the one that read the agency's last message about it, since that
/// is what its system spoke then. The agency's own of today where the other is gone, is of another profile than the
/// agency speaks now, or has no message of this kind; and where nothing of the case came as a message (an import).
fn spoken(
    world: &World,
    agency: &Agency,
    last: Option<&Submission>,
    kind: Kind,
) -> Result<Arc<Profile>, Refused> {
    let current = world.profile_of(agency)?;
    let then = last
        .filter(|last| last.profile == current.id())
        .and_then(|last| world.profiles.load().by_digest(&last.profile, &last.profile_digest))
        .filter(|then| then.message_for(kind.as_str()).is_some());
    Ok(then.unwrap_or(current))
}

/// What the platform need not say, since the case does.
fn fill(object: &mut Map<String, Value>, case: &Case, world: &World, now: Timestamp) {
    object.entry("registration_number").or_insert_with(|| json!(case.registration_number));
    object.entry("region").or_insert_with(|| json!(case.region));
    object.entry("message_id").or_insert_with(|| json!(world.chance.uuid(now).to_string()));
}

type Written = (Vec<u8>, String);

fn encode(
    world: &World,
    profile: &Profile,
    kind: Kind,
    record: Value,
    bytes: Option<&Attachments>,
    now: Timestamp,
) -> Result<(String, Written), Refused> {
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
    Ok((message.to_owned(), (encoded.bytes, encoded.content_type)))
}

fn unfit(why: &str, expected: &str) -> Refused {
    let problem = Problem::new(
        "record-unfit",
        format!("记录不符合要求：{why}"),
        format!("the record does not fit: {why}"),
    )
    .with_expected(expected);
    Refused::Malformed { stage: Stage::Map, problems: vec![problem] }
}

async fn write(
    world: &World,
    actor: &Actor,
    case: &CaseId,
    post: &Post,
    key: Option<&str>,
    tx: &mut Tx,
) -> Result<Replied, Failed> {
    let head = tx.journal_lock().await?;
    if let Some(key) = key
        && let Some(stored) = tx.record_by_idempotency_key(case, key).await?
    {
        return repeated(post, &stored, key, tx).await;
    }
    let mut now_case = tx.case(case).await?.ok_or(Refused::NotFound)?;
    after(&now_case, CaseEvent::of(&post.record))?.as_str().clone_into(&mut now_case.state);
    now_case.updated_at = post.now;
    let destination = Destination::Agency(post.agency.id.clone()).to_text();
    let fact = Fact::Reply {
        record: post.record_id.clone(),
        case: case.clone(),
        state: now_case.state.clone(),
        actor: actor.name.clone(),
        kind: post.record.kind().to_string(),
        delivery: post.delivery.clone(),
        agency: post.agency.id.clone(),
        body: Digest::salted(&post.salt, &post.body),
        profile: post.profile.id().to_owned(),
        profile_sha256: post.profile.digest(),
    };
    let grown = world.journal.grow(&head, vec![entry::bytes(&fact, post.now)], post.now)?;
    let index = grown.first();
    tx.update_cases(std::slice::from_ref(&now_case)).await?;
    tx.insert_records(&[stored(post, case, actor, key, index)]).await?;
    tx.share_attachments(&post.quoted.ids(), post.now).await?;
    let event = event(world, post, &now_case, index);
    let mut deliveries = announcements(world, &event);
    deliveries.push(NewDelivery {
        id: post.delivery.clone(),
        destination,
        case: case.clone(),
        kind: post.record.kind().to_string(),
        message: post.message.clone(),
        body: post.body.clone(),
        content_type: post.content_type.clone(),
        salt: Some(post.salt),
        journal_index: index,
        next_at: matches!(post.agency.delivery, DeliveryMode::Push { .. }).then_some(post.now),
        created_at: post.now,
    });
    tx.insert_events(&[event]).await?;
    tx.insert_deliveries(&deliveries).await?;
    grown.write(tx).await?;
    Ok(Replied {
        record: post.record_id.clone(),
        state: now_case.state,
        delivery: post.delivery.clone(),
        journal_index: index,
        duplicate: false,
        body: Digest::of(&post.body),
    })
}

/// The answer to a record that was posted before under the same key.
async fn repeated(post: &Post, stored: &Stored, key: &str, tx: &mut Tx) -> Result<Replied, Failed> {
    let said = |json: &str| {
        // The message id is ours unless the platform gave one; it differs between two attempts that are the same.
        let mut value: Value = serde_json::from_str(json).unwrap_or_default();
        if let Some(object) = value.as_object_mut() {
            object.remove("message_id");
        }
        value.to_string()
    };
    let (before, now) = (said(&stored.body), said(&post.json));
    if before != now {
        return Err(Failed::Refused(Refused::Conflict {
            message_id: key.to_owned(),
            stored: Digest::of(before.as_bytes()),
            found: Digest::of(now.as_bytes()),
        }));
    }
    let state = tx.case(&stored.case).await?.ok_or(Refused::NotFound)?.state;
    let delivery = tx
        .deliveries_of(&stored.case)
        .await?
        .into_iter()
        .find(|d| d.journal_index == stored.journal_index && d.destination.starts_with("agency:"))
        .ok_or_else(|| Refused::Unavailable(format!("record {} has lost its delivery", stored.id)))?;
    let body = tx.delivery_body(&delivery.id).await?.unwrap_or_default();
    Ok(Replied {
        record: stored.id.clone(),
        state,
        delivery: delivery.id,
        journal_index: stored.journal_index,
        duplicate: true,
        body: Digest::of(&body),
    })
}

fn stored(post: &Post, case: &CaseId, actor: &Actor, key: Option<&str>, index: u64) -> Stored {
    Stored {
        id: post.record_id.clone(),
        submission: None,
        import: None,
        case: case.clone(),
        kind: post.record.kind(),
        agency: post.agency.id.clone(),
        registration_number: post.record.registration_number().to_owned(),
        position: 0,
        body: post.json.clone(),
        recorded_at: post.now,
        actor: Some(actor.name.clone()),
        idempotency_key: key.map(str::to_owned),
        journal_index: index,
    }
}

fn event(world: &World, post: &Post, case: &Case, index: u64) -> Event {
    let kind: Kind = post.record.kind();
    Event {
        journal_index: index,
        id: world.chance.uuid(post.now).to_string(),
        event_type: format!("regbridge.{kind}.queued"),
        case: case.id.clone(),
        agency: case.agency.clone(),
        kind,
        at: post.now,
        data: json!({
            "agency": case.agency,
            "case": case.id,
            "delivery": post.delivery,
            "kind": kind,
            "record": post.record_id,
            "registration_number": case.registration_number,
            "state": case.state,
        })
        .to_string(),
    }
}
