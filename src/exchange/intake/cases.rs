//! Cases in hand: what records do to them, in order, before anything is written.
//!
//! Promise: pure. Records of one batch see each other as if they had come one after the other; a message that is
//! refused has left no trace here. A record that its case does not allow, but that the case has already, word for word,
//! is a duplicate where the profile lets the good records of a message be taken; elsewhere it is refused.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use crate::clock::Timestamp;
use crate::domain::agency::Agency;
use crate::domain::case::{CaseState, Event};
use crate::domain::deadline::{Deadline, Happening, Laws, Opening};
use crate::domain::id::{AgencyId, CaseId};
use crate::exchange::bad_record::BadRecord;
use crate::exchange::deadline::{moved, of_case, settled};
use crate::exchange::intake::desk::{after, topic};
use crate::exchange::intake::item::Item;
use crate::exchange::intake::prepare::Prepared;
use crate::exchange::keep::marker::stands_for_words;
use crate::exchange::refused::Refused;
use crate::store::case::Case;
use crate::store::deadline::CaseDeadline;
use crate::store::record::Record as Stored;

/// What becomes of one record.
pub(in crate::exchange) enum Fate {
    /// It is taken: its case after it, whether it opened that case, and the deadlines that it moved.
    Taken { case: Case, opened: bool, deadlines: Vec<Deadline> },
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
    laws: Arc<Laws>,
}

/// What records did to cases.
#[derive(Default)]
pub(in crate::exchange) struct Changes {
    /// The cases to insert.
    pub(in crate::exchange) opened: Vec<Case>,
    /// The stored ones to update.
    pub(in crate::exchange) changed: Vec<Case>,
    /// The deadlines of the cases to insert.
    pub(in crate::exchange) begun: Vec<CaseDeadline>,
    /// Those of stored ones that were moved.
    pub(in crate::exchange) moved: Vec<CaseDeadline>,
    /// Those of stored ones that pressed and do so no more, with their cases.
    pub(in crate::exchange) settled: Vec<(Case, Vec<Deadline>)>,
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
    /// Its deadlines, as they were stored and as they stand.
    before: Vec<Deadline>,
    deadlines: Vec<Deadline>,
}

pub(in crate::exchange) fn key_of(agency: &AgencyId, item: &Item) -> Key {
    let record = &item.record;
    (agency.clone(), topic(record.kind()).to_owned(), record.registration_number().to_owned())
}

impl<'a> Cases<'a> {
    pub(in crate::exchange) fn new(stored: Vec<Case>, laws: Arc<Laws>) -> Self {
        let tracked = stored
            .into_iter()
            .map(|case| {
                let key = (case.agency.clone(), case.topic.clone(), case.registration_number.clone());
                (key, Tracked::of(case, true))
            })
            .collect();
        Self { tracked, undo: Vec::new(), laws }
    }

    /// The stored cases, whose deadlines are wanted before any record.
    pub(in crate::exchange) fn stored(&self) -> Vec<CaseId> {
        self.tracked.values().map(|tracked| tracked.case.id.clone()).collect()
    }

    /// Notes the deadlines that stored cases have.
    pub(in crate::exchange) fn timed(&mut self, stored: Vec<CaseDeadline>) {
        let mut by_id: HashMap<CaseId, Vec<Deadline>> = HashMap::new();
        for CaseDeadline { case, deadline } in stored {
            by_id.entry(case).or_default().push(deadline);
        }
        for tracked in self.tracked.values_mut() {
            if let Some(deadlines) = by_id.remove(&tracked.case.id) {
                tracked.before.clone_from(&deadlines);
                tracked.deadlines = deadlines;
            }
        }
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
            return Ok(vec![self.apply(agency, item, job.received_at, false)?]);
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
            Ok(taken) => taken,
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
    ) -> Result<Fate, Refused> {
        let event = Event::of(&item.record);
        let key = key_of(&agency.id, item);
        let number = || item.record.registration_number().to_owned();
        match self.tracked.get_mut(&key) {
            None => {
                let unknown = || Refused::UnknownCase { registration_number: number() };
                let state = CaseState::opened(item.record.kind(), event).ok_or_else(unknown)?;
                let case = opened(agency, item, state, now);
                let opening = Opening {
                    topic: &case.topic,
                    agency: &agency.id,
                    profile: &agency.profile,
                    record: &item.record,
                    at: now,
                };
                let deadlines = if agency.rehearsal { Vec::new() } else { self.laws.open(&opening) };
                let mut tracked = Tracked::of(case.clone(), false);
                tracked.given.push(item);
                tracked.deadlines.clone_from(&deadlines);
                if undoable {
                    self.undo.push((key.clone(), None));
                }
                self.tracked.insert(key, tracked);
                Ok(Fate::Taken { case, opened: true, deadlines })
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
                let happening = Happening::of(&item.record, &tracked.case.topic, Some(state), now);
                let before = tracked.deadlines.clone();
                self.laws.happen(&mut tracked.deadlines, &happening);
                let deadlines = moved(&before, &tracked.deadlines);
                Ok(Fate::Taken { case: tracked.case.clone(), opened: false, deadlines })
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

    /// The cases to insert, the stored ones to update, and the deadlines of both, as they stand at the end.
    pub(in crate::exchange) fn into_changes(self) -> Changes {
        let mut changes = Changes::default();
        for tracked in self.tracked.into_values() {
            let Tracked { case, stored, changed, before, deadlines, .. } = tracked;
            if !stored {
                changes.begun.extend(of_case(&case, &deadlines));
                changes.opened.push(case);
            } else if changed {
                changes.moved.extend(of_case(&case, &moved(&before, &deadlines)));
                let settled = settled(&before, &deadlines);
                if !settled.is_empty() {
                    changes.settled.push((case.clone(), settled));
                }
                changes.changed.push(case);
            }
        }
        changes
    }
}

impl Tracked<'_> {
    const fn of(case: Case, stored: bool) -> Self {
        Self {
            case,
            stored,
            changed: false,
            had: Vec::new(),
            given: Vec::new(),
            before: Vec::new(),
            deadlines: Vec::new(),
        }
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
