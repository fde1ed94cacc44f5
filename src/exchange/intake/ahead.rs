//! What is known of the batch that is being committed, before it is.
//!
//! Promise: the head that is handed out is the one the journal has if that batch is committed and nothing else comes between;
//! and only to messages that the batch cannot have anything to do with: what it brings cannot be found in the database yet.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::id::AgencyId;
use crate::exchange::intake::cases::{Key, key_of};
use crate::exchange::intake::plan::Done;
use crate::exchange::intake::prepare::Prepared;
use crate::store::journal::JournalHead;

/// Batches that are not planned ahead after a plan was in vain: where others write to the journal all the time, plans are
/// nothing but work.
const PAUSE: u32 = 16;

/// The batch under way, as the next one sees it.
#[derive(Default)]
pub(super) struct Ahead(Mutex<State>);

#[derive(Default)]
struct State {
    head: Option<JournalHead>,
    messages: HashSet<(AgencyId, String)>,
    cases: HashSet<Key>,
    pause: u32,
}

impl Ahead {
    /// Notes a batch that has nothing but its commit before it; whether the next one may be planned.
    pub(super) fn note(&self, done: &Done, jobs: &[Arc<Prepared>]) -> bool {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.pause > 0 {
            state.pause -= 1;
            return false;
        }
        state.head = Some(done.head.clone());
        state.messages =
            jobs.iter().map(|job| (job.inbound.agency.id.clone(), job.message_id.clone())).collect();
        state.cases = cases(jobs).collect();
        true
    }

    /// The head behind which these messages come, if none of them has to do with the batch under way.
    pub(super) fn before(&self, jobs: &[Arc<Prepared>]) -> Option<JournalHead> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let head = state.head.take()?;
        let known = |job: &Arc<Prepared>| {
            state.messages.contains(&(job.inbound.agency.id.clone(), job.message_id.clone()))
        };
        let apart = !jobs.iter().any(known) && !cases(jobs).any(|key| state.cases.contains(&key));
        apart.then_some(head)
    }

    /// A plan was thrown away: somebody else has written to the journal.
    pub(super) fn was_in_vain(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pause = PAUSE;
    }
}

fn cases(jobs: &[Arc<Prepared>]) -> impl Iterator<Item = Key> {
    jobs.iter().flat_map(|job| job.items.iter().map(|item| key_of(&job.inbound.agency.id, item)))
}
