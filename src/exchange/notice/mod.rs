//! Notices: staff is told by mail, once when a trouble begins and once when it ends, whatever happens between.
//!
//! Promise: a trouble's state, its mails and its journal entry are written in the transaction of what brings it about.
//! While a trouble is under way nothing more is told of it. Nothing in a mail is about a person: a trouble carries facts
//! ([`Topic::facts`]), and there is none for that. Whom a mail is for the settings say ([`Recipient`]); without them no
//! mail is queued, and the troubles are kept all the same.
//!
//! Flapping is damped: the mail of an end waits [`HOLD_MILLIS`] (ten minutes). What begins again before that has not
//! ended: the mail is taken back, and the trouble goes on under its old beginning. So of a stretch in which something
//! comes and goes within ten minutes there are two mails, and whoever reads that it ended may rely on ten good minutes.
//!
//! Whoever calls [`begin`], [`end`] or [`tell_once`] does so behind the last write to the journal of their own in that
//! transaction: each appends an entry, and a head that was read before it no longer holds.
//!
//! How a mail travels is left to [`crate::mail`], when it is tried again to [`crate::exchange::backoff`].

mod destination;
pub mod digest;
pub mod list;
mod mails;
pub mod queue;
pub mod recipient;
mod table;
pub mod template;
pub mod topic;
mod urgent;
mod write;

use serde::Serialize;

use crate::clock::Timestamp;
use crate::domain::id::AgencyId;
use crate::exchange::entry::{self, Fact};
use crate::exchange::gateway::{Gateway, World};
use crate::store::trouble::Trouble as Stored;
use crate::store::{StoreError, Tx};

pub(in crate::exchange) use destination::{failing, given_up, well};
use mails::Items;
pub use recipient::{Period, Recipient};
pub use template::{TemplateFault, Templates};
pub use topic::{Edge, Severity, Topic};
pub(in crate::exchange) use urgent::tell_urgent;
pub use write::{Facts, Written};

/// How long the mail of an end waits for the trouble to come back. A destination that fails is tried at least every ten
/// minutes: one that fails again has shown it by then.
pub const HOLD_MILLIS: i64 = 600_000;
/// How long the first mail of a topic whose troubles come in crowds waits for more of them: a job that looks at all
/// deadlines, or a message of many orders, is done within it.
pub const SHARE_MILLIS: i64 = 60_000;
/// How long the mail about deliveries given up waits for more of them: what was queued in one half-hour three days ago is
/// given up within one.
pub const GATHER_MILLIS: i64 = 1_800_000;
/// The offset of China Standard Time, in seconds.
const CHINA: i32 = 8 * 3600;

/// Something that staff is told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// What is in trouble, the same words each time: `overdue:<case>:<deadline>`.
    pub key: String,
    /// About what.
    pub topic: Topic,
    /// How grave.
    pub severity: Severity,
    /// Whose, if it is of one agency.
    pub agency: Option<AgencyId>,
    /// What its notices show, of [`Topic::facts`]; others are dropped.
    pub facts: Facts,
}

/// Who is told, and in which words.
#[derive(Clone, Debug, Default)]
pub struct Notices {
    /// The words.
    pub templates: Templates,
    /// Who is told; nobody: no mail is queued.
    pub recipients: Vec<Recipient>,
}

impl Gateway {
    /// These are told from now on, and in these words.
    pub fn replace_notices(&self, notices: Notices) {
        self.world.notices.store(std::sync::Arc::new(notices));
    }
}

/// A time as staff reads it.
#[must_use]
pub fn when(at: Timestamp) -> String {
    let text = at.at_offset(CHINA);
    text.get(..19).map_or_else(|| text.clone(), |start| format!("{} 北京时间", start.replace('T', " ")))
}

/// A trouble begins, or happens again; true if it is new: then one mail tells each who is to know.
pub(in crate::exchange) async fn begin(
    tx: &mut Tx,
    world: &World,
    trouble: &Trouble,
) -> Result<bool, StoreError> {
    let now = world.clock.now();
    let under_way = |known: &Stored| known.ended_at.is_none();
    if let Some(known) = tx.trouble(&trouble.key).await?.filter(under_way) {
        again(tx, world, trouble, known, now).await?;
        return Ok(false);
    }
    // The journal first, then the trouble: so do all, and no two wait for each other.
    tx.journal_lock().await?;
    let known = tx.lock_trouble(&trouble.key).await?;
    if let Some(known) = known {
        match known.ended_at {
            None => {
                again(tx, world, trouble, known, now).await?;
                return Ok(false);
            }
            Some(ended) if now.millis_since(ended) < HOLD_MILLIS => {
                recall(tx, trouble).await?;
                again(tx, world, trouble, Stored { ended_at: None, ..known }, now).await?;
                note(tx, world, trouble, "resumes", 0, now).await?;
                return Ok(false);
            }
            Some(_) => {}
        }
    }
    let stored = stored(trouble, now, None);
    tx.put_trouble(&stored).await?;
    let told = tell(tx, world, (trouble, stored), Edge::Begins, now).await?;
    note(tx, world, trouble, Edge::Begins.as_str(), told, now).await?;
    Ok(true)
}

/// A trouble ended; true if it was under way: then one mail tells each who is to know, unless its topic is one whose end
/// is no news ([`Topic::tells_its_end`]). `more` is added to what was known of it.
pub(in crate::exchange) async fn end(
    tx: &mut Tx,
    world: &World,
    key: &str,
    more: &Facts,
) -> Result<bool, StoreError> {
    let under_way = |known: &Stored| known.ended_at.is_none();
    if !tx.trouble(key).await?.as_ref().is_some_and(under_way) {
        return Ok(false);
    }
    tx.journal_lock().await?;
    let Some(known) = tx.lock_trouble(key).await?.filter(under_way) else {
        return Ok(false);
    };
    let now = world.clock.now();
    let Some(mut trouble) = read(&known) else {
        return Ok(false);
    };
    trouble.facts.extend(more.clone());
    let stored = Stored { facts: facts_text(&trouble), ended_at: Some(now), ..known };
    tx.put_trouble(&stored).await?;
    let told = if trouble.topic.tells_its_end() {
        tell(tx, world, (&trouble, stored), Edge::Ends, now).await?
    } else {
        0
    };
    note(tx, world, &trouble, Edge::Ends.as_str(), told, now).await?;
    Ok(true)
}

/// Something happened that has no end; true if it was not told before under this key.
pub(in crate::exchange) async fn tell_once(
    tx: &mut Tx,
    world: &World,
    trouble: &Trouble,
) -> Result<bool, StoreError> {
    tx.journal_lock().await?;
    Ok(tell_each_once(tx, world, trouble.topic, std::slice::from_ref(trouble)).await? > 0)
}

/// Things of one topic happened that have no end, each of another key; how many were not told before. The caller holds the
/// journal. A crowd costs as many statements as one.
async fn tell_each_once(
    tx: &mut Tx,
    world: &World,
    topic: Topic,
    troubles: &[Trouble],
) -> Result<usize, StoreError> {
    let now = world.clock.now();
    let keys: Vec<&str> = troubles.iter().map(|trouble| trouble.key.as_str()).collect();
    let known = tx.known_troubles(&keys).await?;
    let new: Vec<(&Trouble, Stored)> = troubles
        .iter()
        .filter(|trouble| !known.contains(&trouble.key))
        .map(|trouble| (trouble, stored(trouble, now, Some(now))))
        .collect();
    if new.is_empty() {
        return Ok(0);
    }
    tx.insert_troubles(new.iter().map(|(_, stored)| stored)).await?;
    let told = mails::queue(tx, world, (topic, Edge::Begins), &new, now).await?;
    let entries =
        new.iter().zip(told).map(|((trouble, _), told)| noted(trouble, "once", told, now)).collect();
    world.journal.note(tx, entries, now).await?;
    Ok(new.len())
}

/// It happened again while it is under way: that is kept, and shown by the mail that still waits, if one does.
async fn again(
    tx: &mut Tx,
    world: &World,
    trouble: &Trouble,
    known: Stored,
    now: Timestamp,
) -> Result<(), StoreError> {
    let stored = Stored { facts: facts_text(trouble), times: known.times + 1, last_at: now, ..known };
    tx.put_trouble(&stored).await?;
    if trouble.topic != Topic::DeliveryGivenUp {
        return Ok(());
    }
    let facts = facts(world, trouble, &stored);
    for notice in tx.waiting_notices(trouble.topic.as_str(), Edge::Begins.as_str()).await? {
        let mut items = Items::read(&notice.items);
        if let Some(item) = items.list.iter_mut().find(|item| item.key == trouble.key) {
            item.facts.clone_from(&facts);
            tx.rewrite_notice(&notice.id, &items.text(), &notice.severity).await?;
        }
    }
    Ok(())
}

/// Takes back that it ended.
async fn recall(tx: &mut Tx, trouble: &Trouble) -> Result<(), StoreError> {
    for notice in tx.waiting_notices(trouble.topic.as_str(), Edge::Ends.as_str()).await? {
        let mut items = Items::read(&notice.items);
        let before = items.list.len();
        items.list.retain(|item| item.key != trouble.key);
        if items.list.is_empty() {
            tx.recall_notice(&notice.id).await?;
        } else if items.list.len() < before {
            tx.rewrite_notice(&notice.id, &items.text(), &notice.severity).await?;
        }
    }
    Ok(())
}

/// Queues the mails of one trouble; how many recipients are told.
async fn tell(
    tx: &mut Tx,
    world: &World,
    trouble: (&Trouble, Stored),
    edge: Edge,
    now: Timestamp,
) -> Result<u32, StoreError> {
    let topic = trouble.0.topic;
    Ok(mails::queue(tx, world, (topic, edge), &[trouble], now).await?.into_iter().sum())
}

/// What the journal says of it.
async fn note(
    tx: &mut Tx,
    world: &World,
    trouble: &Trouble,
    edge: &'static str,
    notices: u32,
    now: Timestamp,
) -> Result<(), StoreError> {
    world.journal.note(tx, vec![noted(trouble, edge, notices, now)], now).await.map(drop)
}

fn noted(trouble: &Trouble, edge: &'static str, notices: u32, now: Timestamp) -> Vec<u8> {
    let fact = Fact::Trouble(TroubleFact {
        key: trouble.key.clone(),
        topic: trouble.topic,
        severity: trouble.severity,
        agency: trouble.agency.clone(),
        edge,
        notices,
    });
    entry::bytes(&fact, now)
}

/// A trouble, in the journal.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct TroubleFact {
    key: String,
    topic: Topic,
    severity: Severity,
    #[serde(skip_serializing_if = "Option::is_none")]
    agency: Option<AgencyId>,
    /// `begins`, `resumes`, `ends` or `once`.
    edge: &'static str,
    /// How many recipients are told.
    notices: u32,
}

fn stored(trouble: &Trouble, now: Timestamp, ended_at: Option<Timestamp>) -> Stored {
    Stored {
        key: trouble.key.clone(),
        topic: trouble.topic.as_str().to_owned(),
        severity: trouble.severity.as_str().to_owned(),
        agency: trouble.agency.clone(),
        facts: facts_text(trouble),
        times: 1,
        since: now,
        last_at: now,
        ended_at,
    }
}

fn read(stored: &Stored) -> Option<Trouble> {
    Some(Trouble {
        key: stored.key.clone(),
        topic: Topic::parse(&stored.topic).ok()?,
        severity: Severity::parse(&stored.severity).ok()?,
        agency: stored.agency.clone(),
        facts: serde_json::from_str(&stored.facts).unwrap_or_default(),
    })
}

/// Its facts as the store keeps them: those that its topic has, and no others.
fn facts_text(trouble: &Trouble) -> String {
    let mut kept = Facts::new();
    for (name, value) in &trouble.facts {
        if trouble.topic.facts().contains(&name.as_str()) {
            kept.insert(name.clone(), write::plain(value));
        } else {
            tracing::warn!(topic = %trouble.topic, fact = name, "no notice of this topic has such a fact; it is left out");
        }
    }
    serde_json::to_string(&kept).expect("a map of texts always serialises")
}

/// Everything that its notices may show.
fn facts(world: &World, trouble: &Trouble, stored: &Stored) -> Facts {
    let mut facts: Facts = serde_json::from_str(&stored.facts).unwrap_or_default();
    let both = |zh: &str, en: &str| format!("{zh} {en}");
    let mut add = |name: &str, value: String| facts.insert(name.to_owned(), write::plain(&value));
    add("topic", both(trouble.topic.zh(), trouble.topic.as_str()));
    add("severity", both(trouble.severity.zh(), trouble.severity.as_str()));
    add("key", trouble.key.clone());
    add("gateway", world.journal.origin().to_string());
    add("since", when(stored.since));
    add("times", stored.times.to_string());
    if let Some(ended) = stored.ended_at {
        add("until", when(ended));
        add("minutes", (ended.millis_since(stored.since) / 60_000).to_string());
    }
    if let Some(agency) = &trouble.agency {
        add("agency", agency.to_string());
        let known = world.registry.load().by_id(agency);
        add("agency_name", known.map_or_else(|| agency.to_string(), |agency| agency.name.clone()));
    }
    facts
}

#[cfg(test)]
mod tests;
