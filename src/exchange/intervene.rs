//! An operator's word about a delivery: stop it, try it again, send it once more.
//!
//! Promise: each is journalled with who and why in the transaction that does it, or is refused and has done nothing.
//! What is sent again are the bytes that were sent before, under the same delivery id; where they were erased, that is
//! said. What is tried again has its whole backoff before it, and its destination is tried at once even if it is left
//! alone at present.

use crate::clock::Timestamp;
use crate::domain::agency::DeliveryMode;
use crate::domain::id::DeliveryId;
use crate::exchange::delivery::Destination;
use crate::exchange::delivery_fault::DeliveryFault;
use crate::exchange::entry::{self, Fact};
use crate::exchange::gateway::{Gateway, World};
use crate::exchange::intake::is_one_line;
use crate::exchange::receipts::heard::{Subject, tell};
use crate::exchange::refused::{Failed, Refused};
use crate::store::Tx;
use crate::store::delivery::{Delivery, DeliveryState};

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Give it up: it is not sent, and not given out, any more.
    Stop,
    /// What was not delivered is tried again, now.
    Retry,
    /// What was delivered is sent once more.
    Replay,
}

impl Action {
    /// Its word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Retry => "retry",
            Self::Replay => "replay",
        }
    }

    /// The states that it wants.
    const fn wanted(self) -> &'static str {
        match self {
            Self::Stop => "queued or sent",
            Self::Retry => "queued, refused or given_up",
            Self::Replay => "sent, received, accepted, refused or given_up",
        }
    }
}

/// A few words for the journal: who, or why. One line of 1 to 200 characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words(String);

/// A sentence; the journal keeps it for ever.
const LONGEST: usize = 200;

impl std::fmt::Display for Words {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::str::FromStr for Words {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if (1..=LONGEST).contains(&text.chars().count()) && is_one_line(text) {
            return Ok(Self(text.to_owned()));
        }
        Err(format!("one line of 1 to {LONGEST} characters is wanted"))
    }
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Intervened {
    /// The delivery's state before.
    pub before: DeliveryState,
    /// And now.
    pub state: DeliveryState,
    /// Whether it was being sent at that moment: it may arrive all the same.
    pub under_way: bool,
    /// The journal entry that says so.
    pub journal_index: u64,
}

impl Gateway {
    /// Does as an operator says.
    ///
    /// # Errors
    /// [`Refused::NotFound`] without such a delivery; [`Refused::Delivery`] when its state does not allow it, when its
    /// message was erased, or when it is not sent but fetched.
    pub async fn intervene(
        &self,
        id: &DeliveryId,
        action: Action,
        who: &Words,
        why: &Words,
    ) -> Result<Intervened, Refused> {
        let world = &*self.world;
        let work = async |mut tx: Tx| intervene(world, (id, action), (who, why), &mut tx).await;
        let done = world.store.run_tx("delivery.intervene", work).await.map_err(Failed::into_refused)?;
        world.bells.ring_for_deliveries();
        world.bells.ring_for_events();
        Ok(done)
    }
}

async fn intervene(
    world: &World,
    (id, action): (&DeliveryId, Action),
    (who, why): (&Words, &Words),
    tx: &mut Tx,
) -> Result<Intervened, Failed> {
    let head = tx.journal_lock().await?;
    let now = world.clock.now();
    let delivery = tx.delivery(id).await?.ok_or(Refused::NotFound)?;
    let under_way = tx.is_held(id, now).await?;
    match action {
        Action::Stop => {
            if !tx.stop_delivery(id, now, OPERATOR).await? {
                return Err(unfit(&delivery, action));
            }
        }
        Action::Retry | Action::Replay => again(world, &delivery, action, (under_way, now), tx).await?,
    }
    let state = if action == Action::Stop { DeliveryState::GivenUp } else { DeliveryState::Queued };
    let fact = Fact::Intervention {
        delivery: id.clone(),
        destination: delivery.destination.clone(),
        action: action.as_str(),
        who: who.0.clone(),
        why: why.0.clone(),
        before: delivery.state.as_str(),
        state: state.as_str(),
    };
    let grown = world.journal.grow(&head, vec![entry::bytes(&fact, now)], now)?;
    if let Some(Destination::Agency(agency)) = Destination::parse(&delivery.destination)
        && let Some(case) = tx.case(&delivery.case).await?
    {
        let subject = Subject { delivery: id, agency: &agency, case: &case, kind: &delivery.kind, state };
        tell(world, &subject, 0, (grown.first(), now), tx).await?;
    }
    grown.write(tx).await?;
    Ok(Intervened { before: delivery.state, state, under_way, journal_index: grown.first() })
}

/// Who settles what an operator stops.
const OPERATOR: &str = "operator";

/// Queues it again.
async fn again(
    world: &World,
    delivery: &Delivery,
    action: Action,
    (under_way, now): (bool, Timestamp),
    tx: &mut Tx,
) -> Result<(), Failed> {
    use DeliveryState::{Accepted, GivenUp, Queued, Received, Refused as RefusedByPeer, Sent};
    let (id, pushed) = (&delivery.id, is_pushed(world, delivery));
    let fits = match action {
        Action::Stop => false,
        Action::Retry => matches!(delivery.state, Queued | RefusedByPeer | GivenUp),
        Action::Replay => matches!(delivery.state, Sent | Received | Accepted | RefusedByPeer | GivenUp),
    };
    if !fits {
        return Err(unfit(delivery, action));
    }
    // One that was stopped can be fetched again; any other that is fetched is fetched already.
    let stopped = action == Action::Retry && delivery.state == GivenUp;
    if !pushed && !stopped {
        return Err(Refused::Delivery(DeliveryFault::Fetched).into());
    }
    if tx.delivery_body(id).await?.is_none() {
        return Err(Refused::Delivery(DeliveryFault::BodyGone { delivery: id.clone() }).into());
    }
    if delivery.state == Queued {
        if under_way || !tx.hurry_delivery(id, now).await? {
            let wanted = action.wanted();
            return Err(Refused::Delivery(DeliveryFault::State { state: "being sent", wanted }).into());
        }
    } else {
        tx.requeue_delivery(id, now, pushed.then_some(now)).await?;
    }
    tx.hurry_breaker(&delivery.destination, now).await?;
    Ok(())
}

/// Whether it goes out by itself.
fn is_pushed(world: &World, delivery: &Delivery) -> bool {
    match Destination::parse(&delivery.destination) {
        Some(Destination::Webhook(_)) => true,
        Some(Destination::Agency(id)) => {
            world.registry.load().by_id(&id).is_some_and(|agency| agency.delivery != DeliveryMode::Pull)
        }
        None => false,
    }
}

fn unfit(delivery: &Delivery, action: Action) -> Failed {
    let (state, wanted) = (delivery.state.as_str(), action.wanted());
    Refused::Delivery(DeliveryFault::State { state, wanted }).into()
}
