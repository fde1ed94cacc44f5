//! Deadlines of cases: set when a case opens, moved by what happens in it, raised when they press.
//!
//! Promise: deadlines are written in the transaction of the record that sets or moves them, and its journal entry says so.
//! Each is told as due soon once, and as overdue once. What they are is the domain's
//! ([`crate::domain::deadline`]); who reads of them in a mail is left to notices.
//!
//! | file | idea |
//! |---|---|
//! | `watch` | due soon, overdue, and counted at last |
//! | `alarm` | what staff is told of it |
//! | `radar` | what presses, and whom it waits for |
//! | `told` | deadlines in the words of the journal, of receipts and of views |

mod alarm;
pub mod radar;
pub(in crate::exchange) mod told;
mod watch;

use crate::clock::Timestamp;
use crate::domain::case::CaseState;
use crate::domain::deadline::{Deadline, Happening, Laws};
use crate::domain::record::Record;
use crate::exchange::gateway::{Gateway, World};
use crate::exchange::refused::Refused;
use crate::store::case::Case;
use crate::store::deadline::CaseDeadline;
use crate::store::{StoreError, Tx};

pub(in crate::exchange) use alarm::settle;
pub use watch::{MissingCalendar, Watched};

/// What a record did to a case's deadlines.
#[derive(Default)]
pub(in crate::exchange) struct Moved {
    /// Those that it moved.
    pub(in crate::exchange) moved: Vec<Deadline>,
    /// Those of them that pressed and do so no more: for [`settle`], behind the last entry.
    pub(in crate::exchange) settled: Vec<Deadline>,
}

/// A record of the platform's moves the deadlines of a stored case. `case` is as it stands after it.
pub(in crate::exchange) async fn happen(
    world: &World,
    case: &Case,
    record: &Record,
    now: Timestamp,
    tx: &mut Tx,
) -> Result<Moved, StoreError> {
    let stored = tx.deadlines_of(std::slice::from_ref(&case.id)).await?;
    if stored.is_empty() {
        return Ok(Moved::default());
    }
    let before: Vec<Deadline> = stored.into_iter().map(|one| one.deadline).collect();
    let mut after = before.clone();
    let happening = Happening::of(record, &case.topic, CaseState::parse(&case.state), now);
    world.laws.load().happen(&mut after, &happening);
    let moved = moved(&before, &after);
    tx.put_deadlines(&of_case(case, &moved)).await?;
    Ok(Moved { settled: settled(&before, &after), moved })
}

/// What differs from before: begun, paused, counted anew, ended.
pub(in crate::exchange) fn moved(before: &[Deadline], after: &[Deadline]) -> Vec<Deadline> {
    after.iter().filter(|one| !before.contains(one)).cloned().collect()
}

/// Those that pressed before, and do so no more.
pub(in crate::exchange) fn settled(before: &[Deadline], after: &[Deadline]) -> Vec<Deadline> {
    let pressing = |one: &Deadline| one.is_open() && (one.warned_at.is_some() || one.missed_at.is_some());
    let still = |old: &Deadline| {
        let same = after.iter().find(|new| (&new.name, new.round) == (&old.name, old.round));
        same.is_some_and(pressing)
    };
    before.iter().filter(|old| pressing(old) && !still(old)).cloned().collect()
}

/// Deadlines as they are stored.
pub(in crate::exchange) fn of_case(case: &Case, deadlines: &[Deadline]) -> Vec<CaseDeadline> {
    deadlines.iter().map(|one| CaseDeadline { case: case.id.clone(), deadline: one.clone() }).collect()
}

impl Gateway {
    /// The rule sets and calendars as they are now.
    #[must_use]
    pub fn laws(&self) -> std::sync::Arc<Laws> {
        self.world.laws.load_full()
    }

    /// The rule sets and calendars are these from now on, for cases that begin from now on: their texts are kept, and those
    /// that earlier cases began with are known with them.
    ///
    /// # Errors
    /// [`Refused::Unavailable`] when the store cannot be written to.
    pub async fn replace_laws(&self, laws: Laws) -> Result<(), Refused> {
        let world = &*self.world;
        let now = world.clock.now();
        let sets: Vec<_> = laws.sets().map(|set| (set.digest, set.id.as_str(), set.text.as_str())).collect();
        let known = async |mut tx: Tx| tx.rule_sets().await;
        let mut earlier = world.store.read::<_, StoreError, _>("rule_set.all", known).await?;
        let is_new = |text: &str| !earlier.iter().any(|(_, known)| known == text);
        // Mostly there is nothing new, and who only looks writes nothing.
        if sets.iter().any(|(_, _, text)| is_new(text)) {
            let know = async |mut tx: Tx| {
                tx.know_rule_sets(&sets, now).await?;
                tx.rule_sets().await
            };
            earlier = world.store.run_tx::<_, StoreError, _>("rule_set.know", know).await?;
        }
        world.laws.store(std::sync::Arc::new(laws.with_earlier(earlier)));
        Ok(())
    }
}
