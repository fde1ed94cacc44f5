//! When a destination that fails is left in peace, and how fast one that has a rate may be called.
//!
//! Promise: after [`THRESHOLD`] failures in a row nothing goes to a destination for a while; then one delivery goes, as
//! a trial, and with it everything or, for longer, nothing. A refusal is an answer: whoever gives one is well. What
//! failed of those that were under way when the breaker opened makes it stay open no longer. Pure, but for chance; the
//! store keeps it, so that a restart does not forget it.
//!
//! The arithmetic: 30 s, doubling with each trial that fails, at most 10 min, so that a peer that comes back is served
//! again within ten minutes, whatever the backoff of the deliveries that wait. Of each a quarter is left to chance:
//! gateways that lost the same peer do not come back in step.

use crate::clock::{Chance, Timestamp};
use crate::store::breaker::Breaker;

/// Failures in a row that open it: one bad minute of a peer, not one bad message.
pub const THRESHOLD: u32 = 5;
/// How long it is open the first time.
pub const FIRST_MILLIS: i64 = 30_000;
/// How long at most.
pub const HIGHEST_MILLIS: i64 = 600_000;

/// A failed attempt.
#[derive(Clone, Copy, Debug)]
pub struct Failure<'a> {
    /// The token of the lease it was made under.
    pub token: &'a str,
    /// How long the peer asked to be left alone, in milliseconds.
    pub asked: Option<i64>,
    /// What was said.
    pub detail: &'a str,
}

/// How a destination fares after a failure.
#[must_use]
pub fn failed(before: Option<Breaker>, failure: Failure<'_>, now: Timestamp, chance: &dyn Chance) -> Breaker {
    let mut after = before.unwrap_or_default();
    after.failures = after.failures.saturating_add(1);
    after.failing_since.get_or_insert(now);
    after.detail = Some(failure.detail.to_owned());
    let tried = after.trial.as_deref() == Some(failure.token);
    if tried || (after.open_until.is_none() && after.failures >= THRESHOLD) {
        let wait = open_millis(after.openings, chance).max(failure.asked.unwrap_or(0));
        after.open_until = Some(now.plus_millis(wait));
        after.openings = after.openings.saturating_add(1);
        after.trial = None;
    }
    after
}

/// How long it is open after so many openings.
fn open_millis(openings: u32, chance: &dyn Chance) -> i64 {
    let ceiling = FIRST_MILLIS.saturating_mul(1 << openings.min(16)).min(HIGHEST_MILLIS);
    let mut byte = [0];
    chance.fill(&mut byte);
    ceiling - ceiling / 4 * i64::from(byte[0]) / 255
}

/// How many may begin now at `per_minute`, given when all that was begun would have been due. A second's worth may go at
/// once.
#[must_use]
pub fn allowed(per_minute: u32, paced_until: Timestamp, now: Timestamp) -> u32 {
    let burst = i64::from(per_minute.div_ceil(60)) * interval_micros(per_minute);
    let free = now.micros() + burst - paced_until.micros().max(now.micros());
    u32::try_from(free / interval_micros(per_minute)).unwrap_or(0)
}

/// When all that was begun will have been due, once `count` more begin.
#[must_use]
pub fn paced(per_minute: u32, paced_until: Timestamp, now: Timestamp, count: u32) -> Timestamp {
    let from = paced_until.micros().max(now.micros());
    Timestamp::from_micros(from + i64::from(count) * interval_micros(per_minute))
}

fn interval_micros(per_minute: u32) -> i64 {
    60_000_000 / i64::from(per_minute.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SeededChance;

    const START: Timestamp = Timestamp::from_micros(1_795_397_400_000_000);

    fn failure(token: &str) -> Failure<'_> {
        Failure { token, asked: None, detail: "down" }
    }

    #[test]
    fn it_opens_at_the_fifth_failure_and_stays_open_no_longer_for_those_under_way() {
        let chance = SeededChance::new(1);
        let mut breaker = None;
        for count in 1..THRESHOLD {
            let after = failed(breaker, failure("a"), START, &chance);
            assert_eq!((after.failures, after.open_until), (count, None));
            breaker = Some(after);
        }
        let open = failed(breaker, failure("a"), START, &chance);
        let wait = open.open_until.unwrap().millis_since(START);
        assert!((FIRST_MILLIS * 3 / 4..=FIRST_MILLIS).contains(&wait), "{wait}");
        let later = failed(Some(open.clone()), failure("b"), START.plus_millis(1_000), &chance);
        assert_eq!((later.failures, later.open_until), (THRESHOLD + 1, open.open_until));
        assert_eq!((later.openings, later.failing_since), (1, Some(START)));
    }

    #[test]
    fn a_failed_trial_opens_it_for_longer_up_to_a_bound() {
        let chance = SeededChance::new(2);
        let mut breaker = Breaker { failures: 5, openings: 1, ..Breaker::default() };
        for doubled in [60_000, 120_000, 240_000, 480_000, 600_000, 600_000] {
            breaker.trial = Some("t".to_owned());
            breaker.open_until = Some(START.plus_millis(90_000));
            breaker = failed(Some(breaker), failure("t"), START, &chance);
            let wait = breaker.open_until.unwrap().millis_since(START);
            assert!((doubled * 3 / 4..=doubled).contains(&wait), "{wait} of {doubled}");
            assert_eq!(breaker.trial, None);
        }
        breaker.trial = Some("t".to_owned());
        let asked = Failure { asked: Some(3_600_000), ..failure("t") };
        let asked = failed(Some(breaker), asked, START, &chance);
        assert_eq!(
            asked.open_until,
            Some(START.plus_millis(3_600_000)),
            "what the peer asks for is the least"
        );
    }

    #[test]
    fn a_rate_lets_a_second_pass_at_once_and_then_its_due() {
        assert_eq!(allowed(600, START, START), 10);
        let until = paced(600, START, START, 10);
        assert_eq!(allowed(600, until, START), 0);
        assert_eq!(allowed(600, until, START.plus_millis(250)), 2);
        assert_eq!(allowed(600, until, START.plus_millis(60_000)), 10, "nothing is saved up");
        let slow = paced(6, START, START, 1);
        assert_eq!((allowed(6, START, START), allowed(6, slow, START.plus_millis(9_999))), (1, 0));
        assert_eq!(allowed(6, slow, START.plus_millis(10_000)), 1);
    }
}
