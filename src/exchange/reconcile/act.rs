//! Acting on a difference: the one thing that was written beside it.
//!
//! Promise: `resend` queues the delivery again as an operator's word does, with its journal entry, and where its message is
//! gone it is refused and nothing was done; `re-pull` has the sync whose window held it run again for that window, where
//! the agency has such a sync; else it sends nothing, and neither does `ask`: they say that somebody has seen to it. What is acted on stays so until a comparison does not find it any more.

use serde_json::Value;

use crate::clock::Timestamp;
use crate::domain::id::DeliveryId;
use crate::exchange::entry::{self, Fact};
use crate::exchange::gateway::{Gateway, World};
use crate::exchange::intervene::{Action, Words, intervene};
use crate::exchange::job::run_now;
use crate::exchange::reconcile::fact::DifferenceFact;
use crate::exchange::reconcile::manifest::ManifestFault;
use crate::exchange::reconcile::{DifferenceRow, manifest};
use crate::exchange::refused::{Failed, Refused};
use crate::exchange::sync::asked;
use crate::store::delivery::DeliveryState;
use crate::store::{StoreError, Tx};

/// What was done about a difference.
#[derive(Clone, Debug)]
pub struct Acted {
    /// It, as it is now.
    pub difference: DifferenceRow,
    /// The delivery that was queued again.
    pub delivery: Option<DeliveryId>,
    /// The job that fetches it again, and the run.
    pub run: Option<(String, String)>,
    /// The journal entry that says so.
    pub journal_index: u64,
}

impl Gateway {
    /// Does what is to be done about a difference.
    ///
    /// # Errors
    /// [`Refused::NotFound`] without such a difference; [`Refused::Manifest`] when it is settled; [`Refused::Delivery`] when
    /// a delivery cannot be sent again.
    pub async fn act_on_difference(&self, id: &str, who: &Words, why: &Words) -> Result<Acted, Refused> {
        let world = &*self.world;
        let work = async |mut tx: Tx| act(world, id, (who, why), &mut tx).await;
        let acted = world.store.run_tx("reconcile.act", work).await.map_err(Failed::into_refused)?;
        world.bells.ring_for_deliveries();
        world.bells.ring_for_events();
        Ok(acted)
    }
}

async fn act(world: &World, id: &str, (who, why): (&Words, &Words), tx: &mut Tx) -> Result<Acted, Failed> {
    tx.journal_lock().await?;
    let known = tx.difference(id).await?.ok_or(Refused::NotFound)?;
    if known.state == "settled" {
        return Err(Refused::from(ManifestFault::Settled { state: known.state }).into());
    }
    let mut delivery = None;
    if known.action == "resend"
        && let Some(id) = &known.delivery
    {
        let stands = tx.delivery(id).await?.ok_or(Refused::NotFound)?.state;
        let action = match stands {
            DeliveryState::Queued => Action::Retry,
            _ => Action::Replay,
        };
        intervene(world, (id, action), (who, why), tx).await?;
        delivery = Some(id.clone());
    }
    let mut run = None;
    if known.action == "re-pull"
        && let Some((job, asked)) = again(world, &known, tx).await?
    {
        let id = run_now(world, tx, &job, (&who.to_string(), &why.to_string()), Some(&asked)).await?;
        run = Some((job, id));
    }
    let now = world.clock.now();
    let fact = Fact::Difference(DifferenceFact {
        difference: known.id.clone(),
        agency: known.agency.clone(),
        day: known.day.clone(),
        what: known.what.clone(),
        action: known.action.clone(),
        delivery: delivery.clone(),
        run: run.as_ref().map(|(_, id)| id.clone()),
        who: who.to_string(),
        why: why.to_string(),
    });
    tx.set_difference(id, "acted", (Some(&who.to_string()), Some(&why.to_string())), now).await?;
    let journal_index = world.journal.note(tx, vec![entry::bytes(&fact, now)], now).await?;
    let difference = tx.difference(id).await?.ok_or(Refused::NotFound)?;
    Ok(Acted { difference, delivery, run, journal_index })
}

/// The job that fetches what is missing, and what it is asked.
async fn again(
    world: &World,
    known: &DifferenceRow,
    tx: &mut Tx,
) -> Result<Option<(String, Value)>, StoreError> {
    let agency = world.registry.load().by_id(&known.agency);
    let (Some(agency), Some(day)) = (agency, manifest::day(&known.day)) else { return Ok(None) };
    let at = known.theirs.as_deref().and_then(|line| line.split(' ').next());
    let at = at.and_then(Timestamp::parse);
    asked(tx, &agency, (&known.kind, day, at)).await
}
