//! The order of what is in hand.
//!
//! Promise: a lane is a destination and a case; of one lane at most one delivery is under way, in the order in which
//! they were leased. When one does not arrive, those behind it in its lane are let go (their leases run out and
//! they come back behind it), so that a reply never overtakes its acknowledgement. Lanes do not wait for each
//! other, but one destination holds at most its share of the places, so that a slow bureau delays itself alone.
//! Pure: no clock, no I/O.

use std::collections::{HashMap, HashSet, VecDeque};

use crate::domain::id::CaseId;
use crate::exchange::delivery::{Destination, Leased};

/// What keeps its order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Lane {
    destination: Destination,
    case: CaseId,
}

impl Lane {
    /// The lane of a delivery.
    #[must_use]
    pub fn of(leased: &Leased) -> Self {
        Self { destination: leased.destination.clone(), case: leased.case.clone() }
    }
}

/// Everything in hand: what is under way and what waits behind it.
#[derive(Debug)]
pub struct Lanes {
    waiting: VecDeque<Leased>,
    busy: HashSet<Lane>,
    underway: HashMap<Destination, usize>,
    places: usize,
    share: usize,
}

impl Lanes {
    /// With so many places.
    #[must_use]
    pub fn new(places: usize) -> Self {
        Self {
            waiting: VecDeque::new(),
            busy: HashSet::new(),
            underway: HashMap::new(),
            places,
            share: places.div_ceil(4),
        }
    }

    /// How many more may be taken in hand.
    #[must_use]
    pub fn room(&self) -> usize {
        self.places.saturating_sub(self.busy.len() + self.waiting.len())
    }

    /// How many of one destination may be in hand: a quarter of the places, so that three that take their time leave
    /// room for everybody else.
    #[must_use]
    pub fn share(&self) -> usize {
        self.share
    }

    /// How many are under way.
    #[must_use]
    pub fn underway(&self) -> usize {
        self.busy.len()
    }

    /// Takes one in hand.
    pub fn take(&mut self, leased: Leased) {
        self.waiting.push_back(leased);
    }

    /// The next that may go, if one may; it is under way from here on.
    pub fn begin(&mut self) -> Option<Leased> {
        let at = self.waiting.iter().position(|leased| {
            !self.busy.contains(&Lane::of(leased))
                && self.underway.get(&leased.destination).is_none_or(|n| *n < self.share)
        })?;
        let leased = self.waiting.remove(at)?;
        self.busy.insert(Lane::of(&leased));
        *self.underway.entry(leased.destination.clone()).or_default() += 1;
        Some(leased)
    }

    /// One came to its end; if it did not arrive, those behind it are let go.
    pub fn ended(&mut self, lane: &Lane, arrived: bool) {
        self.busy.remove(lane);
        if let Some(count) = self.underway.get_mut(&lane.destination) {
            *count -= 1;
            if *count == 0 {
                self.underway.remove(&lane.destination);
            }
        }
        if !arrived {
            self.waiting.retain(|leased| Lane::of(leased) != *lane);
        }
    }

    /// Lets go of all that has not begun.
    pub fn let_go(&mut self) {
        self.waiting.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::webhook::tests::leased;
    use crate::clock::{SeededChance, Timestamp};
    use crate::domain::id::DeliveryId;

    fn delivery(hook: &str, case: u64) -> Leased {
        let mut leased = leased(Destination::Webhook(hook.to_owned()));
        let now = Timestamp::from_micros(1_795_397_400_000_000);
        leased.case = CaseId::mint(now, &SeededChance::new(case));
        leased.id = DeliveryId::mint(now, &SeededChance::new(case + 1000));
        leased
    }

    #[test]
    fn one_lane_goes_one_at_a_time_and_others_do_not_wait() {
        let mut lanes = Lanes::new(8);
        for (hook, case) in [("a", 1), ("a", 1), ("a", 2), ("b", 1)] {
            lanes.take(delivery(hook, case));
        }
        assert_eq!(lanes.room(), 4);
        let going: Vec<Leased> = std::iter::from_fn(|| lanes.begin()).collect();
        let seen: Vec<_> = going.iter().map(|l| (l.destination.to_text(), l.case.clone())).collect();
        assert_eq!(seen.len(), 3, "{seen:?}");
        assert_eq!(lanes.underway(), 3);
        lanes.ended(&Lane::of(&going[0]), true);
        assert_eq!(Lane::of(&lanes.begin().unwrap()), Lane::of(&going[0]));
        assert!(lanes.begin().is_none());
    }

    #[test]
    fn nothing_overtakes_what_did_not_arrive() {
        let mut lanes = Lanes::new(8);
        for case in [1, 1, 1, 2, 2] {
            lanes.take(delivery("a", case));
        }
        let first = lanes.begin().unwrap();
        let other = lanes.begin().unwrap();
        lanes.ended(&Lane::of(&first), false);
        assert!(lanes.begin().is_none(), "the two behind it were let go");
        lanes.ended(&Lane::of(&other), true);
        assert_eq!(lanes.begin().unwrap().case, other.case);
    }

    #[test]
    fn one_destination_holds_a_quarter_of_the_places_at_most() {
        let mut lanes = Lanes::new(8);
        for (hook, case) in [("slow", 1), ("slow", 2), ("slow", 3), ("quick", 4)] {
            lanes.take(delivery(hook, case));
        }
        assert_eq!((lanes.room(), lanes.share()), (4, 2));
        let going: Vec<String> =
            std::iter::from_fn(|| lanes.begin()).map(|l| l.destination.to_text()).collect();
        assert_eq!(going, ["webhook:slow", "webhook:slow", "webhook:quick"]);
    }
}
