//! Revocation lists that end: told once when the last fifth of a list's time begins, and once when it was renewed.
//!
//! Which lists are in use is for whoever calls; each gateway tells of its own.

use std::collections::BTreeMap;

use crate::clock::Timestamp;
use crate::exchange::gateway::Gateway;
use crate::exchange::notice::{self, Facts, Severity, Topic, Trouble};
use crate::exchange::refused::Refused;
use crate::store::{StoreError, Tx};

/// Of how many parts of its time the last is the one in which a list should have been renewed: of a month six days, of a day
/// five hours.
const PARTS: i64 = 5;

const HOUR_MILLIS: i64 = 3_600_000;

/// Troubles under way that are looked through for lists that are in use no more: one authority has one list.
const LOOK: u32 = 1000;

/// A revocation list that is in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListInUse {
    /// Whose it is.
    pub issuer: String,
    /// Its file.
    pub file: String,
    /// From when it holds.
    pub this_update: Timestamp,
    /// Until when it holds.
    pub next_update: Timestamp,
}

impl ListInUse {
    /// Whether it should have been renewed by now.
    #[must_use]
    pub fn is_late(&self, now: Timestamp) -> bool {
        let whole = self.next_update.millis_since(self.this_update);
        self.next_update.millis_since(now) < whole / PARTS
    }

    fn facts(&self, now: Timestamp) -> Facts {
        let left = self.next_update.millis_since(now);
        let reason = if left <= 0 {
            "已过期：该机构签发的证书一律拒绝 · It is past its end: nobody with a certificate of this authority is let in"
        } else {
            "即将过期 · It ends soon"
        };
        let facts = [
            ("authority", self.issuer.clone()),
            ("list", notice::when(self.this_update)),
            ("file", self.file.clone()),
            ("next_update", notice::when(self.next_update)),
            ("hours", left.div_euclid(HOUR_MILLIS).max(0).to_string()),
            ("reason", reason.to_owned()),
        ];
        facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

impl Gateway {
    /// Tells of those of this machine's lists that should have been renewed by now, and of those that are; one line of what
    /// was done.
    ///
    /// # Errors
    /// [`Refused::Busy`] and [`Refused::Unavailable`] when the store cannot be asked.
    pub async fn tell_of_lists(&self, machine: &str, lists: &[ListInUse]) -> Result<String, Refused> {
        let world = &*self.world;
        let now = world.clock.now();
        let own = format!("crl:{machine}:");
        let read = async |mut tx: Tx| tx.troubles_under_way(LOOK).await;
        let under_way = world.store.read::<_, StoreError, _>("crl.under_way", read).await?;
        let under_way: Vec<String> =
            under_way.into_iter().map(|trouble| trouble.key).filter(|key| key.starts_with(&own)).collect();
        let mut late = 0;
        let mut well = BTreeMap::new();
        for list in lists {
            let key = format!("{own}{}", list.issuer);
            if !list.is_late(now) {
                well.insert(key, list.facts(now));
                continue;
            }
            late += 1;
            let past = list.next_update <= now;
            let trouble = Trouble {
                severity: if past { Severity::Critical } else { Severity::Warning },
                facts: list.facts(now),
                topic: Topic::CrlStale,
                agency: None,
                key,
            };
            if under_way.contains(&trouble.key) && !past {
                continue;
            }
            let begin = async |mut tx: Tx| notice::begin(&mut tx, world, &trouble).await;
            world.store.run_tx::<_, StoreError, _>("crl.late", begin).await?;
        }
        let is_late = |key: &String| {
            lists.iter().any(|list| *key == format!("{own}{}", list.issuer) && list.is_late(now))
        };
        for key in under_way.iter().filter(|key| !is_late(key)) {
            // One whose authority is trusted no more has ended too.
            let more = well.get(key).cloned().unwrap_or_default();
            let end = async |mut tx: Tx| notice::end(&mut tx, world, key, &more).await;
            world.store.run_tx::<_, StoreError, _>("crl.renewed", end).await?;
        }
        Ok(format!("{} lists in use, {late} to be renewed", lists.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_late_in_the_last_fifth_of_its_time() {
        let from = Timestamp::parse("2026-11-01T00:00:00+08:00").unwrap();
        let list = ListInUse {
            issuer: "CN=x".to_owned(),
            file: String::new(),
            this_update: from,
            next_update: from.plus_millis(30 * 24 * HOUR_MILLIS),
        };
        let after = |days: i64| from.plus_millis(days * 24 * HOUR_MILLIS);
        assert!(!list.is_late(after(0)) && !list.is_late(after(24)));
        assert!(list.is_late(after(24).plus_millis(1)) && list.is_late(after(31)));
        assert_eq!(list.facts(after(29))["hours"], "24");
        assert_eq!(list.facts(after(31))["hours"], "0");
        assert!(list.facts(after(31))["reason"].contains("past its end"));
    }
}
