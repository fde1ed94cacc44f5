//! Trouble, told once.
//!
//! Promise: of any stretch of trouble with one thing (the store, a destination) there are exactly two log lines,
//! one when it starts and one when it ends, however many attempts lie between; the second says how many and how
//! long.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::clock::Timestamp;

/// Who is in trouble at present.
#[derive(Debug, Default)]
pub struct Troubles(Mutex<HashMap<String, Stretch>>);

#[derive(Clone, Copy, Debug)]
struct Stretch {
    since: Timestamp,
    failures: u64,
}

/// What is worth a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It started.
    Started,
    /// It ended.
    Ended {
        /// After so many failures.
        failures: u64,
        /// After so many seconds.
        seconds: i64,
    },
}

impl Troubles {
    /// Something failed with `thing`.
    pub fn failed(&self, thing: &str, why: &str, now: Timestamp) {
        if self.note(thing, true, now) == Some(Turn::Started) {
            tracing::warn!(thing, why, "trouble started; further failures are counted, not logged");
        }
    }

    /// Something went well with `thing`.
    pub fn went_well(&self, thing: &str, now: Timestamp) {
        if let Some(Turn::Ended { failures, seconds }) = self.note(thing, false, now) {
            tracing::info!(thing, failures, seconds, "trouble ended");
        }
    }

    fn note(&self, thing: &str, failed: bool, now: Timestamp) -> Option<Turn> {
        let mut stretches = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if failed {
            let known = stretches.get_mut(thing).map(|stretch| stretch.failures += 1);
            if known.is_some() {
                return None;
            }
            stretches.insert(thing.to_owned(), Stretch { since: now, failures: 1 });
            return Some(Turn::Started);
        }
        let Stretch { since, failures } = stretches.remove(thing)?;
        Some(Turn::Ended { failures, seconds: now.millis_since(since) / 1000 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stretch_of_trouble_turns_twice() {
        let troubles = Troubles::default();
        let at = |seconds: i64| Timestamp::from_micros(seconds * 1_000_000);
        assert_eq!(troubles.note("store", false, at(0)), None);
        assert_eq!(troubles.note("store", true, at(1)), Some(Turn::Started));
        assert_eq!(troubles.note("store", true, at(2)), None);
        assert_eq!(troubles.note("webhook:a", true, at(2)), Some(Turn::Started), "things are told apart");
        assert_eq!(troubles.note("store", true, at(3)), None);
        assert_eq!(troubles.note("store", false, at(61)), Some(Turn::Ended { failures: 3, seconds: 60 }));
        assert_eq!(troubles.note("store", false, at(62)), None);
        assert_eq!(troubles.note("store", true, at(63)), Some(Turn::Started));
    }
}
