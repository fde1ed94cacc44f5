//! The platform posts what answers nothing: a result of its own checks, a lead. It is sent to the agencies it is for,
//! and opens a case with each of them, or goes on in the one that bears its number.
//!
//! Promise: cases, records, journal entries, events and outbox rows of all the agencies are written in one transaction,
//! or nothing is. Who it is for is either said (`to`) or follows from the scopes ([`route`]).

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::clock::Timestamp;
use crate::domain::case::{CaseState, Event as CaseEvent};
use crate::domain::digest::Digest;
use crate::domain::id::{AgencyId, CaseId};
use crate::domain::kind::Kind;
use crate::domain::record::Record;
use crate::exchange::answer::Posted;
use crate::exchange::gateway::{Gateway, World};
use crate::exchange::hours;
use crate::exchange::intake::desk::{after, topic};
use crate::exchange::outgoing::{Outgoing, Rows, said, unfit, unread};
use crate::exchange::refused::{Failed, Refused};
use crate::exchange::route;
use crate::exchange::view::Actor;
use crate::exchange::{deadline, entry};
use crate::store::Tx;
use crate::store::case::Case;

/// A record on its way.
#[derive(Clone, Debug, PartialEq)]
pub struct Posting {
    /// The canonical record.
    pub record: Value,
    /// The agencies it is for; empty where the rule decides.
    pub to: Vec<AgencyId>,
    /// Makes a repetition harmless.
    pub key: Option<String>,
    /// Whether a lead whose respondents belong to several divisions becomes several leads.
    pub split: bool,
}

impl Gateway {
    /// Takes a record of this kind and queues it for the agencies it is for; what became of it at each, and whether the
    /// same had been posted before under the same key.
    ///
    /// # Errors
    /// [`Refused::Malformed`] for a record that does not fit the platform schema or cannot be written in an agency's
    /// format, and for an agency nobody knows; [`Refused::OutOfScope`] when a named agency may not receive it,
    /// [`Refused::Nobody`] when none may; [`Refused::AlreadyRegistered`] for a lead under a number that an agency has;
    /// [`Refused::WrongState`]; [`Refused::Conflict`] when the key was used for another record.
    pub async fn post(
        &self,
        actor: &Actor,
        kind: Kind,
        posting: Posting,
    ) -> Result<(Vec<Posted>, bool), Refused> {
        let world = &*self.world;
        let mut whole =
            json!({ "kind": kind, "record": said(&posting.record.to_string()), "to": posting.to });
        if posting.split {
            whole["split"] = json!(true);
        }
        let digest = Digest::of(whole.to_string().as_bytes());
        let key = posting.key.clone();
        // Asked before anything is prepared: what was posted then may not fit any more today.
        if let Some(key) = key.as_deref() {
            let stored = world.store.read("post.known", async |mut tx: Tx| tx.posting(key).await).await?;
            if let Some(stored) = stored {
                return repeated(key, digest, &stored).map(|posted| (posted, true));
            }
        }
        let out = prepare(world, kind, posting)?;
        let done = world
            .store
            .run_tx("post.write", async |mut tx: Tx| {
                write(world, actor, &out, key.as_deref(), digest, &mut tx).await
            })
            .await
            .map_err(Failed::into_refused)?;
        world.bells.ring_for_events();
        world.bells.ring_for_deliveries();
        Ok(done)
    }
}

fn prepare(world: &World, kind: Kind, posting: Posting) -> Result<Vec<Outgoing>, Refused> {
    let now = world.clock.now();
    let Value::Object(mut object) = posting.record else {
        return Err(unfit("应为 JSON 对象", "the record must be a JSON object", "{…}"));
    };
    fill(&mut object, kind, world, now);
    let record: Record =
        Record::from_value(Value::Object(object)).map_err(|error| unread(&error, "schemas/canonical/"))?;
    if record.kind() != kind {
        return Err(Refused::WrongKind { wanted: kind, found: record.kind().to_string() });
    }
    if !OPENING.contains(&kind) {
        return Err(unfit(
            &format!("{kind} 不开立平台的案件；请提交到它所答复的案件"),
            &format!("a {kind} opens no case of the platform's; post it to the case it answers"),
            &OPENING.map(Kind::as_str).join("、"),
        ));
    }
    if record.registration_number().trim().is_empty() {
        return Err(unfit(
            "registration_number 为平台对该事项的编号，不能为空",
            "registration_number is the platform's number of the matter, and must not be empty",
            "registration_number",
        ));
    }
    if let Some(member) = record.lacks().first() {
        return Err(unfit(&format!("缺少“{member}”"), &format!("\"{member}\" is missing"), member));
    }
    let mut all = Vec::new();
    for part in route::parts(record, posting.split)? {
        for agency in route::recipients(world, kind, &part, &posting.to)? {
            let profile = world.profile_of(&agency)?;
            all.push(Outgoing::new(world, agency, profile, part.clone(), now)?);
        }
    }
    Ok(all)
}

/// What the platform posts without being asked.
const OPENING: [Kind; 4] =
    [Kind::InspectionResult, Kind::EnforcementLead, Kind::CertificateCheck, Kind::OperatorIdentity];

/// What the platform need not say.
fn fill(object: &mut Map<String, Value>, kind: Kind, world: &World, now: Timestamp) {
    object.entry("kind").or_insert_with(|| json!(kind));
    object.entry("message_id").or_insert_with(|| json!(world.chance.uuid(now).to_string()));
}

async fn write(
    world: &World,
    actor: &Actor,
    out: &[Outgoing],
    key: Option<&str>,
    digest: Digest,
    tx: &mut Tx,
) -> Result<(Vec<Posted>, bool), Failed> {
    let head = tx.journal_lock().await?;
    if let Some(key) = key
        && let Some(stored) = tx.posting(key).await?
    {
        return Ok((repeated(key, digest, &stored)?, true));
    }
    let keys: Vec<(&AgencyId, &str, &str)> = out
        .iter()
        .map(|out| (&out.agency.id, topic(out.record.kind()), out.record.registration_number()))
        .collect();
    let cases = tx.cases_by_key(&keys).await?;
    let mut known: BTreeMap<(AgencyId, String), Case> = cases
        .into_iter()
        .map(|case| ((case.agency.clone(), case.registration_number.clone()), case))
        .collect();
    let (mut opened, mut changed, mut cases, mut entries) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut indexes, mut settled) = (Vec::new(), Vec::new());
    for one in out {
        let (case, new) = moved(world, one, known.remove(&key_of(one)))?;
        indexes.push(head.size + entries.len() as u64);
        let moved = if new {
            deadline::Moved::default()
        } else {
            deadline::happen(world, &case, &one.record, one.now, tx).await?
        };
        let facts = one.facts(actor, (&case, new), &moved.moved);
        entries.extend(facts.iter().map(|fact| entry::bytes(fact, one.now)));
        if new {
            opened.push(case.clone());
        } else {
            changed.push(case.clone());
        }
        settled.push((case.clone(), moved.settled));
        cases.push((case, new));
    }
    let now = out.first().map_or_else(|| world.clock.now(), |one| one.now);
    let grown = world.journal.grow(&head, entries, now)?;
    tx.insert_cases(&opened).await?;
    tx.update_cases(&changed).await?;
    let (mut rows, mut posted) = (Rows::default(), Vec::new());
    for ((one, (case, new)), index) in out.iter().zip(cases).zip(indexes) {
        let hurries = hours::hurries(&one.agency, &case.id, &one.record, tx).await?;
        rows.add(world, one, (&case, actor), key, (index, hurries));
        posted.push(Posted {
            agency: one.agency.id.clone(),
            registration_number: case.registration_number,
            case: case.id,
            opened: new,
            record: one.record_id.clone(),
            state: case.state,
            delivery: one.first().delivery.clone(),
            deliveries: one.several(),
            journal_index: index,
            body_sha256: Digest::of(&one.first().body),
        });
    }
    rows.write(tx, now).await?;
    grown.write(tx).await?;
    for (case, settled) in &settled {
        deadline::settle(tx, world, case, settled).await?;
    }
    if let Some(key) = key {
        let answer = serde_json::to_string(&posted).expect("an answer has text keys and no failing members");
        tx.insert_posting(key, digest.as_bytes(), &answer, now).await?;
    }
    Ok((posted, false))
}

fn key_of(out: &Outgoing) -> (AgencyId, String) {
    (out.agency.id.clone(), out.record.registration_number().to_owned())
}

/// The case after a record, and whether it opens it.
fn moved(world: &World, out: &Outgoing, known: Option<Case>) -> Result<(Case, bool), Refused> {
    let (kind, event) = (out.record.kind(), CaseEvent::of(&out.record));
    let number = out.record.registration_number().to_owned();
    match known {
        Some(case) if event == CaseEvent::Open => {
            Err(Refused::AlreadyRegistered { registration_number: number, case: case.id })
        }
        Some(mut case) => {
            after(&case, event)?.as_str().clone_into(&mut case.state);
            case.updated_at = out.now;
            Ok((case, false))
        }
        None => {
            let state = CaseState::opened_by_platform(kind, event)
                .ok_or(Refused::UnknownCase { registration_number: number.clone() })?;
            let case = Case {
                id: CaseId::mint(out.now, &*world.chance),
                agency: out.agency.id.clone(),
                topic: topic(kind).to_owned(),
                registration_number: number,
                state: state.as_str().to_owned(),
                region: out.record.concerns().unwrap_or(&out.agency.region).clone(),
                opened_at: out.now,
                updated_at: out.now,
                version: 1,
            };
            Ok((case, true))
        }
    }
}

/// The answer to what was posted before under the same key.
fn repeated(
    key: &str,
    digest: Digest,
    (stored, answer): &([u8; 32], String),
) -> Result<Vec<Posted>, Refused> {
    let stored = Digest::from_bytes(*stored);
    if stored != digest {
        return Err(Refused::Conflict { message_id: key.to_owned(), stored, found: digest });
    }
    serde_json::from_str(answer)
        .map_err(|error| Refused::Unavailable(format!("the answer kept under {key} is damaged: {error}")))
}
