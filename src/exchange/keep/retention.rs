//! Retention: the contents of cases that ended so long ago go.
//!
//! Promise: only cases that have ended, that nobody holds and of which nothing is still to be delivered; each with its
//! journal entry in one transaction, some at a time, in the order in which they were opened. Stopped anywhere, the next run
//! finds the rest. A sealed file goes after the transaction that forgets it and its key; where a stop comes between, the
//! sweep of attachments finds it.
//!
//! A year counts 366 days here, so that nothing goes a day too early.

use std::collections::BTreeMap;

use crate::clock::Timestamp;
use crate::domain::case::{CaseState, Turn};
use crate::domain::digest::Digest;
use crate::domain::id::{AttachmentId, CaseId};
use crate::exchange::entry::{self, Fact};
use crate::exchange::gateway::{Gateway, World};
use crate::exchange::intake::cases::words;
use crate::exchange::keep::marker::{is_marker, marker};
use crate::exchange::outgoing::said;
use crate::exchange::refused::Refused;
use crate::store::keep::{Due, Ended};
use crate::store::{StoreError, Tx};

/// Cases of one transaction: with a megabyte each, what a writer waits for stays below a second on a slow disk.
const AT_ONCE: u32 = 32;

const YEAR_MILLIS: i64 = 366 * 24 * 3_600_000;

/// For how many years the cases of a topic are kept after they ended. A topic that is not named is kept for ever.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Retention(BTreeMap<String, u32>);

/// Whether it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It is only said what would be done.
    Look,
    /// It is done.
    Remove,
}

/// What was found and done.
#[derive(Clone, Copy, Debug, Default)]
struct Done {
    cases: u64,
    records: u64,
    messages: u64,
    submissions: u64,
    files: u64,
    held: u64,
    open: u64,
}

impl Retention {
    /// Years by topic.
    #[must_use]
    pub fn new(years: impl IntoIterator<Item = (String, u32)>) -> Self {
        Self(years.into_iter().collect())
    }

    /// Topics and years.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u32)> {
        self.0.iter().map(|(topic, years)| (topic.as_str(), *years))
    }
}

impl Gateway {
    /// Removes what was kept long enough at `scheduled`, or says what that would be; one line of what was done.
    ///
    /// # Errors
    /// [`Refused::Busy`] and [`Refused::Unavailable`] when the store or the files cannot be asked.
    pub async fn remove_expired(
        &self,
        retention: &Retention,
        mode: Mode,
        scheduled: Timestamp,
    ) -> Result<String, Refused> {
        let mut done = Done::default();
        // A run that was scheduled for the future removes nothing that is not over yet.
        let scheduled = scheduled.min(self.world.clock.now());
        for (topic, years) in retention.iter() {
            let before = scheduled.plus_millis(-i64::from(years) * YEAR_MILLIS);
            let mut after = None;
            while let Some(last) = self.some(topic, (years, before), after, mode, &mut done).await? {
                after = Some(last);
            }
        }
        Ok(done.line(mode))
    }

    /// Looks at some cases, and removes what they hold; the last of them.
    async fn some(
        &self,
        topic: &str,
        (years, before): (u32, Timestamp),
        after: Option<CaseId>,
        mode: Mode,
        done: &mut Done,
    ) -> Result<Option<CaseId>, Refused> {
        let world = &*self.world;
        let states = ended_states();
        let ended = Ended { topic, states: &states, before };
        let work = async |mut tx: Tx| {
            let head = match mode {
                Mode::Remove => Some(tx.journal_lock().await?),
                Mode::Look => None,
            };
            let due = tx.cases_due(&ended, after.as_ref(), AT_ONCE).await?;
            let (mut some, mut entries, mut files) = (Done::default(), Vec::new(), Vec::new());
            let now = world.clock.now();
            for case in &due {
                if case.held {
                    some.held += 1;
                } else if case.open {
                    some.open += 1;
                } else if let Some(head) = &head {
                    let index = head.size + entries.len() as u64;
                    let (fact, of) = remove(case, years, (index, now), &mut some, &mut tx).await?;
                    entries.push(entry::bytes(&fact, now));
                    files.extend(of);
                } else {
                    some.cases += 1;
                }
            }
            if let Some(head) = head.filter(|_| !entries.is_empty()) {
                world.journal.grow(&head, entries, now)?.write(&mut tx).await?;
            }
            Ok::<_, StoreError>((due.into_iter().next_back().map(|last| last.case), some, files))
        };
        let (last, some, files) = match mode {
            Mode::Remove => world.store.run_tx("keep.remove", work).await?,
            Mode::Look => world.store.read("keep.due", work).await?,
        };
        done.add(some);
        remove_files(world, files).await;
        Ok(last)
    }
}

/// Removes what one case holds; what the journal says of it, and the files that are to go.
async fn remove(
    due: &Due,
    years: u32,
    (index, now): (u64, Timestamp),
    done: &mut Done,
    tx: &mut Tx,
) -> Result<(Fact, Vec<AttachmentId>), StoreError> {
    let case = &due.case;
    tx.note_removal(due, now, index).await?;
    let mut records = 0;
    for record in tx.records_of(case).await? {
        let words = words(&record.body);
        if !is_marker(&words) {
            tx.mark_record(&record.id, &marker(record.kind, &words, &said(&record.body))).await?;
            records += 1;
        }
    }
    let mut messages = 0;
    for (id, body) in tx.messages_of(case).await? {
        tx.empty_message(&id, &Digest::of(&body)).await?;
        messages += 1;
    }
    let submissions = tx.empty_received(case).await?;
    let files = tx.forget_files(case, now).await?;
    let fact = Fact::Removal {
        case: case.clone(),
        agency: due.agency.clone(),
        ended_at: due.ended_at.to_string(),
        years,
        records,
        messages,
        files: files.len() as u64,
    };
    done.add(Done { cases: 1, records, messages, submissions, files: files.len() as u64, held: 0, open: 0 });
    Ok((fact, files))
}

/// Takes files from the disk of which the store knows nothing any more. One that stays is found by the sweep.
async fn remove_files(world: &World, files: Vec<AttachmentId>) {
    let Ok(parts) = world.attachments() else { return };
    for id in files {
        if let Err(error) = parts.files.remove(id.clone()).await {
            tracing::warn!(%error, attachment = %id, "a removed file is still on disk; the sweep will take it");
        }
    }
}

/// The states of cases that have ended. A certificate that holds, or may hold again, and a published service have not.
fn ended_states() -> String {
    let going_on = |state: CaseState| {
        matches!(state, CaseState::Published | CaseState::Valid | CaseState::Suspended)
            || state.turn() != Turn::Nobody
    };
    let ended = CaseState::ALL.iter().filter(|state| !going_on(**state)).map(|state| state.as_str());
    serde_json::Value::from(ended.collect::<Vec<_>>()).to_string()
}

impl Done {
    fn add(&mut self, other: Self) {
        self.cases += other.cases;
        self.records += other.records;
        self.messages += other.messages;
        self.submissions += other.submissions;
        self.files += other.files;
        self.held += other.held;
        self.open += other.open;
    }

    fn line(self, mode: Mode) -> String {
        let Self { cases, records, messages, submissions, files, held, open } = self;
        let skipped = format!("{held} under hold, {open} with something still to be delivered");
        match mode {
            Mode::Look => format!("{cases} cases would go; {skipped}"),
            Mode::Remove => format!(
                "removed what {cases} cases held: {records} records, {submissions} submissions, {messages} messages, \
                 {files} files; {skipped}"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_still_hold_has_not_ended() {
        let ended: Vec<String> = serde_json::from_str(&ended_states()).unwrap();
        for state in [
            "closed",
            "withdrawn",
            "disposed",
            "final",
            "released",
            "refused",
            "concluded",
            "lapsed",
            "reported",
        ] {
            assert!(ended.iter().any(|one| one == state), "{state}");
        }
        assert_eq!(ended.len(), 9, "{ended:?}");
    }
}
