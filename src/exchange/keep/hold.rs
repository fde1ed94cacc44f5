//! Legal hold: nothing of a case is removed while somebody wants it kept.
//!
//! Promise: each hold and each end of one is journalled with who and why in the transaction that does it. A case has one
//! hold at most: to hold it again changes nothing, and the first word stands.

use serde::Serialize;

use crate::clock::Timestamp;
use crate::domain::id::CaseId;
use crate::exchange::entry::{self, Fact};
use crate::exchange::gateway::Gateway;
use crate::exchange::intervene::Words;
use crate::exchange::refused::{Failed, Refused};
use crate::store::keep::Hold;
use crate::store::{StoreError, Tx};

/// A case under hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HoldView {
    /// The case.
    pub case: CaseId,
    /// Who said so.
    pub who: String,
    /// Why.
    pub why: String,
    /// Since when.
    pub since: Timestamp,
    /// The journal entry.
    pub journal_index: u64,
}

impl Gateway {
    /// Puts a case under hold; false if it was under one already, whose words stand.
    ///
    /// # Errors
    /// [`Refused::NotFound`] without such a case.
    pub async fn hold(&self, case: &CaseId, who: &Words, why: &Words) -> Result<bool, Refused> {
        let world = &*self.world;
        let work = async |mut tx: Tx| {
            let head = tx.journal_lock().await?;
            tx.case(case).await?.ok_or(Refused::NotFound)?;
            let now = world.clock.now();
            let hold = Hold {
                case: case.clone(),
                who: who.to_string(),
                why: why.to_string(),
                since: now,
                journal_index: head.size,
            };
            if !tx.hold_case(&hold).await? {
                return Ok::<_, Failed>(false);
            }
            let fact = Fact::Hold { case: case.clone(), who: hold.who, why: hold.why };
            world.journal.grow(&head, vec![entry::bytes(&fact, now)], now)?.write(&mut tx).await?;
            Ok(true)
        };
        world.store.run_tx("keep.hold", work).await.map_err(Failed::into_refused)
    }

    /// Takes a case out of hold; false if it was not under one.
    ///
    /// # Errors
    /// [`Refused::NotFound`] without such a case.
    pub async fn release_hold(&self, case: &CaseId, who: &Words, why: &Words) -> Result<bool, Refused> {
        let world = &*self.world;
        let work = async |mut tx: Tx| {
            let head = tx.journal_lock().await?;
            tx.case(case).await?.ok_or(Refused::NotFound)?;
            let now = world.clock.now();
            if !tx.release_case(case).await? {
                return Ok::<_, Failed>(false);
            }
            let fact = Fact::HoldEnd { case: case.clone(), who: who.to_string(), why: why.to_string() };
            world.journal.grow(&head, vec![entry::bytes(&fact, now)], now)?.write(&mut tx).await?;
            Ok(true)
        };
        world.store.run_tx("keep.release", work).await.map_err(Failed::into_refused)
    }

    /// The hold that a case is under, if it is.
    ///
    /// # Errors
    /// [`Refused::Unavailable`] when the store cannot be asked.
    pub async fn hold_of(&self, case: &CaseId) -> Result<Option<HoldView>, Refused> {
        let read = async |mut tx: Tx| tx.hold_of(case).await;
        let hold = self.world.store.read::<_, StoreError, _>("keep.hold_of", read).await?;
        Ok(hold.map(HoldView::from))
    }

    /// At most `limit` cases under hold, after this one, oldest first.
    ///
    /// # Errors
    /// [`Refused::Unavailable`] when the store cannot be asked.
    pub async fn holds(&self, after: Option<&CaseId>, limit: u32) -> Result<Vec<HoldView>, Refused> {
        let page = async |mut tx: Tx| tx.holds(after, limit).await;
        let holds = self.world.store.read::<_, StoreError, _>("keep.holds", page).await?;
        Ok(holds.into_iter().map(HoldView::from).collect())
    }
}

impl From<Hold> for HoldView {
    fn from(hold: Hold) -> Self {
        let Hold { case, who, why, since, journal_index } = hold;
        Self { case, who, why, since, journal_index }
    }
}
