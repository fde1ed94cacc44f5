//! When a delivery is tried again.
//!
//! Promise: the wait before the next attempt is drawn with full jitter (evenly between nothing and a ceiling that
//! doubles), is never shorter than what the peer asked for, and never so short that a broken peer is hammered;
//! and no delivery is given up before it has had 72 hours and [`FEWEST`] attempts.
//!
//! The arithmetic: ceilings double from 5 s (5, 10, 20, … 2,560 s after ten attempts) and then stay at 1 h. Full
//! jitter draws half of that on average: 2,558 s (43 min) for the ten, then 30 min an attempt, so that 72 h hold
//! about 10 + (72 − 0.7) / 0.5 ≈ 153 attempts. The end is set by the clock and not by counting, because the sum
//! of random waits could otherwise fall short of 72 h; a gateway that was switched off over a weekend still owes
//! its peers the attempts, hence the second condition.

use crate::clock::{Chance, Timestamp};

/// The ceiling before the second attempt.
pub const FIRST_MILLIS: i64 = 5_000;
/// The highest ceiling: a peer that comes back is served again within the hour.
pub const HIGHEST_MILLIS: i64 = 3_600_000;
/// No wait is shorter, whatever is drawn: one attempt a second is the most that one delivery asks of a peer.
pub const SHORTEST_MILLIS: i64 = 1_000;
/// A long weekend: a bureau whose server fails on Friday evening is back on Monday.
pub const SPAN_MILLIS: i64 = 72 * 3_600_000;
/// The ten doubling ceilings and as many at the top.
pub const FEWEST: u32 = 20;

/// The highest wait that may be drawn after `attempts` attempts (from 1).
#[must_use]
pub fn ceiling_millis(attempts: u32) -> i64 {
    let doubled = 1_i64.checked_shl(attempts.saturating_sub(1)).filter(|d| *d > 0).unwrap_or(i64::MAX);
    FIRST_MILLIS.saturating_mul(doubled).min(HIGHEST_MILLIS)
}

/// When to try again a delivery made at `created_at` of which attempt `attempts` (from 1) just failed; `asked` is
/// what the peer asked for, in milliseconds. `None`: it had its chances.
#[must_use]
pub fn next(
    created_at: Timestamp,
    attempts: u32,
    now: Timestamp,
    asked: Option<i64>,
    chance: &dyn Chance,
) -> Option<Timestamp> {
    if attempts >= FEWEST && now.millis_since(created_at) >= SPAN_MILLIS {
        return None;
    }
    let drawn = draw(ceiling_millis(attempts), chance).max(SHORTEST_MILLIS);
    Some(now.plus_millis(drawn.max(asked.unwrap_or(0))))
}

/// Evenly from 0 to `ceiling`, both included. The remainder's bias is below 2^-41: the ceiling is below 2^22.
fn draw(ceiling: i64, chance: &dyn Chance) -> i64 {
    let mut bytes = [0; 8];
    chance.fill(&mut bytes);
    let bound = u64::try_from(ceiling).unwrap_or(0).saturating_add(1);
    i64::try_from(u64::from_le_bytes(bytes) % bound).unwrap_or(ceiling)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SeededChance;

    const START: Timestamp = Timestamp::from_micros(1_795_397_400_000_000);

    /// Plays a peer that never answers; returns the attempts made and the time from first to last.
    fn play(seed: u64, asked: Option<i64>) -> (u32, i64) {
        let chance = SeededChance::new(seed);
        let (mut attempts, mut now) = (1, START);
        while let Some(next) = next(START, attempts, now, asked, &chance) {
            assert!(next.millis_since(now) >= SHORTEST_MILLIS);
            assert!(next.millis_since(now) <= HIGHEST_MILLIS.max(asked.unwrap_or(0)));
            (attempts, now) = (attempts + 1, next);
        }
        (attempts, now.millis_since(START))
    }

    #[test]
    fn ceilings_double_and_stop_at_an_hour() {
        let seconds: Vec<i64> = (1..=12).map(|n| ceiling_millis(n) / 1000).collect();
        assert_eq!(seconds, [5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600]);
        assert_eq!(ceiling_millis(u32::MAX), HIGHEST_MILLIS);
    }

    #[test]
    fn every_delivery_has_its_seventy_two_hours_whatever_is_drawn() {
        for seed in 0..200 {
            let (attempts, span) = play(seed, None);
            assert!(span >= SPAN_MILLIS, "seed {seed}: {span} ms");
            assert!(span <= SPAN_MILLIS + HIGHEST_MILLIS, "seed {seed}: {span} ms");
            assert!((110..=200).contains(&attempts), "seed {seed}: {attempts} attempts");
        }
    }

    #[test]
    fn what_the_peer_asks_for_is_the_least() {
        let (attempts, span) = play(7, Some(6 * 3_600_000));
        assert_eq!(attempts, FEWEST, "72 h hold only twelve, the fewest are owed all the same");
        assert!(span >= SPAN_MILLIS);
    }

    #[test]
    fn the_jitter_is_full() {
        let chance = SeededChance::new(1);
        let draws: Vec<i64> = (0..2000).map(|_| draw(100_000, &chance)).collect();
        let mean = draws.iter().sum::<i64>() / 2000;
        assert!((47_000..=53_000).contains(&mean), "mean {mean}");
        assert!(draws.iter().any(|d| *d < 1_000) && draws.iter().any(|d| *d > 99_000));
    }
}
