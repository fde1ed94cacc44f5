//! The platform answers: its record moves the case and is queued for the agency in the agency's format.

mod conditions;

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::clock::Timestamp;
use crate::domain::agency::Agency;
use crate::domain::case::Event as CaseEvent;
use crate::domain::digest::Digest;
use crate::domain::id::CaseId;
use crate::domain::kind::{Direction, Kind};
use crate::domain::record::Record;
use crate::exchange::answer::Replied;
use crate::exchange::attachments::{Quoted, quoted};
use crate::exchange::gateway::{Gateway, World};
use crate::exchange::hours;
use crate::exchange::intake::desk::{after, topic};
use crate::exchange::keep::marker::said_digest;
use crate::exchange::outgoing::{Outgoing, Rows, said, unfit, unread};
use crate::exchange::refused::{Failed, Refused};
use crate::exchange::view::Actor;
use crate::exchange::{deadline, entry};
use crate::mapping::{Attachments, Profile};
use crate::store::case::Case;
use crate::store::record::Record as Stored;
use crate::store::submission::Submission;
use crate::store::{StoreError, Tx};

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
        let post = match prepare(world, &found, last.as_ref(), record.clone(), &quoted, None) {
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
        let replied = world
            .store
            .run_tx("reply.post", async |mut tx: Tx| {
                write(world, actor, (case, &quoted), &post, key, &mut tx).await
            })
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
) -> Result<Outgoing, Refused> {
    let now = world.clock.now();
    let agency = world.registry.load().by_id(&case.agency).ok_or_else(|| {
        Refused::Unavailable(format!("agency {} of the case is not in the registry any more", case.agency))
    })?;
    let object = value
        .as_object_mut()
        .ok_or_else(|| unfit("应为 JSON 对象", "the record must be a JSON object", "{…}"))?;
    fill(object, case, world, now);
    let record: Record = Record::from_value(value).map_err(|error| unread(&error, "schemas/canonical/"))?;
    let kind = record.kind();
    if !kind.travels(Direction::Receive) || topic(kind) != case.topic {
        return Err(unfit(
            &format!("{} 案件不接受平台的 {kind}", case.topic),
            &format!("a {} case takes no {kind} from the platform", case.topic),
            "complaint-acknowledgement、complaint-reply、disposal-result、inspection-result、assistance-reply 或 enforcement-lead",
        ));
    }
    if record.registration_number() != case.registration_number && !record.registration_number().is_empty() {
        return Err(unfit(
            "registration_number 与案件不符",
            "registration_number is not the case's",
            &case.registration_number,
        ));
    }
    if let Some(member) = record.lacks().first() {
        return Err(unfit(
            &format!("其决定须有“{member}”；须两人签署的，由另一人给出"),
            &format!("its decision asks for \"{member}\", given by another person where two sign"),
            member,
        ));
    }
    agency.may_receive(kind, &case.region, &record.categories()).map_err(Refused::OutOfScope)?;
    let profile = spoken(world, &agency, last, kind)?;
    let written = serde_json::to_value(&record).map_err(|error| unread(&error, "JSON"))?;
    let written = quoted.addressed(world, case, written);
    Outgoing::written(world, agency, profile, record, &written, bytes, now)
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

async fn write(
    world: &World,
    actor: &Actor,
    (case, quoted): (&CaseId, &Quoted),
    post: &Outgoing,
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
    conditions::hold(actor, case, &post.record, tx).await?;
    let moved = deadline::happen(world, &now_case, &post.record, post.now, tx).await?;
    let facts = post.facts(actor, (&now_case, false), &moved.moved);
    let entries = facts.iter().map(|fact| entry::bytes(fact, post.now)).collect();
    let grown = world.journal.grow(&head, entries, post.now)?;
    let index = grown.first();
    tx.update_cases(std::slice::from_ref(&now_case)).await?;
    let mut rows = Rows::default();
    let hurries = hours::hurries(&post.agency, case, &post.record, tx).await?;
    rows.add(world, post, (&now_case, actor), key, (index, hurries));
    rows.write(tx, post.now).await?;
    tx.share_attachments(&quoted.ids(), post.now).await?;
    grown.write(tx).await?;
    deadline::settle(tx, world, &now_case, &moved.settled).await?;
    Ok(Replied {
        record: post.record_id.clone(),
        state: now_case.state,
        delivery: post.first().delivery.clone(),
        deliveries: post.several(),
        journal_index: index,
        duplicate: false,
        body: Digest::of(&post.first().body),
    })
}

/// The answer to a record that was posted before under the same key.
async fn repeated(post: &Outgoing, stored: &Stored, key: &str, tx: &mut Tx) -> Result<Replied, Failed> {
    // Of a record that was removed the digest is left.
    let before = said_digest(&stored.body).unwrap_or_else(|| Digest::of(said(&stored.body).as_bytes()));
    let now = Digest::of(said(&post.json).as_bytes());
    if before != now {
        return Err(Failed::Refused(Refused::Conflict {
            message_id: key.to_owned(),
            stored: before,
            found: now,
        }));
    }
    let state = tx.case(&stored.case).await?.ok_or(Refused::NotFound)?.state;
    let ids = tx.deliveries_with(stored).await?;
    let delivery = ids
        .first()
        .cloned()
        .ok_or_else(|| Refused::Unavailable(format!("record {} has lost its delivery", stored.id)))?;
    let body = match tx.message_digest(&delivery).await? {
        Some(removed) => removed,
        None => Digest::of(&tx.delivery_body(&delivery).await?.unwrap_or_default()),
    };
    Ok(Replied {
        record: stored.id.clone(),
        state,
        delivery,
        deliveries: if ids.len() > 1 { ids } else { Vec::new() },
        journal_index: stored.journal_index,
        duplicate: true,
        body,
    })
}
