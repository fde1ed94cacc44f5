//! The trail of a case: the journal's entries about it.
//!
//! Promise: every entry that names the case, or a submission, delivery or file of it, from the first one on. Left out is
//! what does not belong to what was exchanged: who looked at it, the packages made of it, the mails to staff about
//! it. Those do not change what is proved, and would make each package another.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::exchange::gateway::World;
use crate::exchange::package::gather::Gathered;
use crate::exchange::refused::Refused;
use crate::store::{StoreError, Tx};

/// An entry about the case.
pub(super) struct Told {
    pub(super) index: u64,
    /// Its exact text.
    pub(super) text: String,
    pub(super) fact: Value,
}

impl Told {
    /// A member that is a text.
    pub(super) fn text_of(&self, member: &str) -> Option<&str> {
        self.fact[member].as_str()
    }
}

/// Types that tell of looking and of telling.
const APART: [&str; 7] =
    ["read", "case-read", "attachment-read", "package", "trouble", "notice", "difference"];

/// So many entries are read at once: some hundreds of kilobytes.
const AT_ONCE: u64 = 1024;

/// The entries about a case, oldest first.
pub(super) async fn trail(world: &World, gathered: &Gathered) -> Result<Vec<Told>, Refused> {
    let names = Names::of(gathered);
    let mut found = Vec::new();
    let mut from = gathered.first();
    while from < gathered.size {
        let to = (from + AT_ONCE).min(gathered.size);
        let read = async |mut tx: Tx| tx.journal_entries(from..to).await;
        let entries = world.store.read::<_, StoreError, _>("package.entries", read).await?;
        found.extend((from..to).zip(entries).filter_map(|(index, entry)| names.told(index, entry)));
        from = to;
    }
    Ok(found)
}

impl Gathered {
    /// The first entry that may be about the case.
    fn first(&self) -> u64 {
        let records = self.records.iter().map(|one| one.journal_index);
        let submissions = self.submissions.iter().map(|(one, _)| one.journal_index);
        records.chain(submissions).min().unwrap_or(0)
    }
}

/// What entries call the case and its things.
struct Names {
    case: String,
    things: BTreeSet<String>,
}

impl Names {
    fn of(gathered: &Gathered) -> Self {
        let submissions = gathered.submissions.iter().map(|(one, _)| one.id.to_string());
        let deliveries = gathered.deliveries.iter().map(|(one, _)| one.id.to_string());
        let attachments = gathered.attachments.iter().map(|(one, _)| one.id.to_string());
        let things = submissions.chain(deliveries).chain(attachments).collect();
        Self { case: gathered.case.id.to_string(), things }
    }

    /// The entry, if it is about the case.
    fn told(&self, index: u64, entry: Vec<u8>) -> Option<Told> {
        let text = String::from_utf8(entry).ok()?;
        // Quotes within a text stand behind a backslash: what is found is a member. Most entries are no JSON to us.
        let named = ["case", "submission", "delivery", "attachment"].into_iter().any(|member| {
            let start = format!("\"{member}\":\"");
            let at = text.find(&start).map(|at| at + start.len());
            let name = at.and_then(|at| text[at..].split('"').next());
            name.is_some_and(|name| name == self.case || self.things.contains(name))
        });
        let fact: Value = named.then(|| serde_json::from_str(&text).ok()).flatten()?;
        let elsewhere = fact["case"].as_str().is_some_and(|case| case != self.case);
        let apart = fact["type"].as_str().is_none_or(|kind| APART.contains(&kind));
        (!elsewhere && !apart).then_some(Told { index, text, fact })
    }
}
