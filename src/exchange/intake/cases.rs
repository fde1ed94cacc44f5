//! Cases in hand: what records do to them, in order, before anything is written.
//!
//! Promise: pure. Records of one batch see each other as if they had come one after the other; a message that is
//! refused has left no trace here. A record that its case does not allow, but that the case has already, word for word,
//! is a duplicate where the profile lets the good records of a message be taken; elsewhere it is refused.

use std::collections::HashMap;

use serde_json::Value;

use crate::clock::Timestamp;
use crate::domain::agency::Agency;
use crate::domain::case::{CaseState, Event};
use crate::domain::id::{AgencyId, CaseId};
use crate::exchange::bad_record::BadRecord;
use crate::exchange::intake::desk::{after, topic};
use crate::exchange::intake::item::Item;
use crate::exchange::intake::prepare::Prepared;
use crate::exchange::keep::marker::stands_for_words;
use crate::exchange::refused::Refused;
use crate::store::case::Case;
use crate::store::record::Record as Stored;

/// What becomes of one record.
pub(in crate::exchange) enum Fate {
    /// It is taken: its case after it, and whether it opened that case.
    Taken { case: Case, opened: bool },
    /// This case has it already.
    Duplicate(CaseId),
    /// It is refused.
    Refused(Refused),
}

/// The key of a case: agency, topic, registration number.
pub(in crate::exchange) type Key = (AgencyId, String, String);

/// Cases by their keys, as they stand after every record so far.
pub(in crate::exchange) struct Cases<'a> {
    tracked: HashMap<Key, Tracked<'a>>,
    /// What was there before, from the latest change back, while a message may still be refused.
    undo: Vec<(Key, Option<Tracked<'a>>)>,
}

#[derive(Clone)]
struct Tracked<'a> {
    case: Case,
    stored: bool,
    changed: bool,
    /// The records that the case had before, where somebody asked.
    had: Vec<Value>,
    /// Those it was given here.
    given: Vec<&'a Item>,
}

pub(in crate::exchange) fn key_of(agency: &AgencyId, item: &Item) -> Key {
    let record = &item.record;
    (agency.clone(), topic(record.kind()).to_owned(), record.registration_number().to_owned())
}

impl<'a> Cases<'a> {
    pub(in crate::exchange) fn new(stored: Vec<Case>) -> Self {
        let tracked = stored
            .into_iter()
            .map(|case| {
                let key = (case.agency.clone(), case.topic.clone(), case.registration_number.clone());
                (key, Tracked { case, stored: true, changed: false, had: Vec::new(), given: Vec::new() })
            })
            .collect();
        Self { tracked, undo: Vec::new() }
    }

    /// The stored cases that do not allow these records as they stand: they may have them already, so their records
    /// are worth a look.
    pub(in crate::exchange) fn doubtful<'i>(
        &self,
        agency: &AgencyId,
        items: impl IntoIterator<Item = &'i Item>,
    ) -> Vec<CaseId> {
        let doubt = |item: &Item| {
            let case = &self.tracked.get(&key_of(agency, item))?.case;
            let event = Event::of(&item.record);
            (event == Event::Open || after(case, event).is_err()).then(|| case.id.clone())
        };
        items.into_iter().filter_map(doubt).collect()
    }

    /// Notes the records that stored cases have.
    pub(in crate::exchange) fn had(&mut self, records: &[Stored]) {
        let by_id: HashMap<&CaseId, Vec<Value>> = records.iter().fold(HashMap::new(), |mut all, record| {
            all.entry(&record.case).or_insert_with(Vec::new).push(words(&record.body));
            all
        });
        for tracked in self.tracked.values_mut() {
            if let Some(had) = by_id.get(&tracked.case.id) {
                tracked.had.clone_from(had);
            }
        }
    }

    /// Applies a message's records; nothing of it stays if it is refused.
    pub(in crate::exchange) fn take(&mut self, job: &'a Prepared) -> Result<Vec<Fate>, Refused> {
        self.undo.clear();
        let agency = &*job.inbound.agency;
        if let Some(item) = job.only() {
            let (case, opened) = self.apply(agency, item, job.received_at, false)?;
            return Ok(vec![Fate::Taken { case, opened }]);
        }
        let fates: Vec<Fate> =
            job.items.iter().map(|item| self.fate(agency, item, job.received_at, job.skips_bad)).collect();
        let refused = fates.iter().filter(|fate| matches!(fate, Fate::Refused(_))).count();
        if refused == 0 || (job.skips_bad && refused < fates.len()) {
            return Ok(fates);
        }
        for (key, before) in self.undo.drain(..).rev() {
            match before {
                Some(before) => self.tracked.insert(key, before),
                None => self.tracked.remove(&key),
            };
        }
        Err(refusal(job, fates))
    }

    /// What becomes of one record, which others may follow whatever becomes of it.
    pub(in crate::exchange) fn fate(
        &mut self,
        agency: &Agency,
        item: &'a Item,
        now: Timestamp,
        skips_bad: bool,
    ) -> Fate {
        match self.apply(agency, item, now, !skips_bad) {
            Ok((case, opened)) => Fate::Taken { case, opened },
            Err(refused) => match self.holder(&key_of(&agency.id, item), item).filter(|_| skips_bad) {
                Some(case) => Fate::Duplicate(case),
                None => Fate::Refused(refused),
            },
        }
    }

    fn apply(
        &mut self,
        agency: &Agency,
        item: &'a Item,
        now: Timestamp,
        undoable: bool,
    ) -> Result<(Case, bool), Refused> {
        let event = Event::of(&item.record);
        let key = key_of(&agency.id, item);
        let number = || item.record.registration_number().to_owned();
        match self.tracked.get_mut(&key) {
            None => {
                let unknown = || Refused::UnknownCase { registration_number: number() };
                let state = CaseState::opened(item.record.kind(), event).ok_or_else(unknown)?;
                let case = opened(agency, item, state, now);
                let tracked = Tracked {
                    case: case.clone(),
                    stored: false,
                    changed: false,
                    had: Vec::new(),
                    given: vec![item],
                };
                if undoable {
                    self.undo.push((key.clone(), None));
                }
                self.tracked.insert(key, tracked);
                Ok((case, true))
            }
            Some(tracked) if event == Event::Open => Err(Refused::AlreadyRegistered {
                registration_number: number(),
                case: tracked.case.id.clone(),
            }),
            Some(tracked) => {
                let state = after(&tracked.case, event)?;
                if undoable {
                    self.undo.push((key, Some(tracked.clone())));
                }
                state.as_str().clone_into(&mut tracked.case.state);
                tracked.case.updated_at = now;
                tracked.changed = true;
                tracked.given.push(item);
                Ok((tracked.case.clone(), false))
            }
        }
    }

    /// The case that has this very record.
    fn holder(&self, key: &Key, item: &Item) -> Option<CaseId> {
        let tracked = self.tracked.get(key)?;
        let wanted = words(&item.json);
        let had = |had: &Value| *had == wanted || stands_for_words(had, &wanted);
        let has =
            tracked.had.iter().any(had) || tracked.given.iter().any(|given| words(&given.json) == wanted);
        has.then(|| tracked.case.id.clone())
    }

    /// The cases to insert, and the stored ones to update, as they stand at the end.
    pub(in crate::exchange) fn into_changes(self) -> (Vec<Case>, Vec<Case>) {
        let (mut new, mut changed) = (Vec::new(), Vec::new());
        for tracked in self.tracked.into_values() {
            match tracked {
                Tracked { case, stored: false, .. } => new.push(case),
                Tracked { case, changed: true, .. } => changed.push(case),
                Tracked { .. } => {}
            }
        }
        (new, changed)
    }
}

/// What a record says, apart from the message that carried it and from doubts, which name their place in it.
pub(in crate::exchange) fn words(json: &str) -> Value {
    let mut value: Value = serde_json::from_str(json).unwrap_or_default();
    if let Some(object) = value.as_object_mut() {
        object.remove("message_id");
        object.remove("warnings");
    }
    value
}

/// Why a message of many records is refused.
fn refusal(job: &Prepared, fates: Vec<Fate>) -> Refused {
    let of = job.size();
    let mut records = job.bad.clone();
    for (item, fate) in job.items.iter().zip(fates) {
        match fate {
            Fate::Refused(why) => {
                let number = item.record.registration_number().to_owned();
                records.push(BadRecord::new(item.index, Some(number), &why));
            }
            Fate::Taken { .. } | Fate::Duplicate(_) => {}
        }
    }
    records.sort_unstable_by_key(|record| record.index);
    Refused::Records { of, records }
}

fn opened(agency: &Agency, item: &Item, state: CaseState, now: Timestamp) -> Case {
    let record = &item.record;
    Case {
        id: item.case.clone(),
        agency: agency.id.clone(),
        topic: topic(record.kind()).to_owned(),
        registration_number: record.registration_number().to_owned(),
        state: state.as_str().to_owned(),
        region: record.region().unwrap_or(&agency.region).clone(),
        opened_at: now,
        updated_at: now,
        version: 1,
    }
}
