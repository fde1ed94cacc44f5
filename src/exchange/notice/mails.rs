//! The mails of troubles: who is told, and in which mail that still waits.
//!
//! Promise: a mail tells of at most [`MOST_ITEMS`] troubles by name. Of a topic that counts its crowd the others are told as a number
//! in the same mail; of every other topic they make another mail.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::exchange::gateway::World;
use crate::exchange::notice::recipient::{self, Recipient};
use crate::exchange::notice::{
    Edge, Facts, GATHER_MILLIS, HOLD_MILLIS, SHARE_MILLIS, Severity, Topic, Trouble, facts,
};
use crate::store::notice::{NewNotice, Notice};
use crate::store::trouble::Trouble as Stored;
use crate::store::{StoreError, Tx};

/// Troubles in one mail: two screens.
pub(super) const MOST_ITEMS: usize = 50;

/// What a notice tells of.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Items {
    /// Each by name.
    pub(super) list: Vec<Item>,
    /// How many more there are.
    #[serde(default)]
    pub(super) more: u32,
}

/// What a notice tells of one trouble.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Item {
    pub(super) key: String,
    pub(super) facts: Facts,
}

impl Items {
    pub(super) fn read(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }

    pub(super) fn text(&self) -> String {
        serde_json::to_string(self).expect("texts and maps of them always serialise")
    }

    fn is_full(&self) -> bool {
        self.list.len() >= MOST_ITEMS
    }

    /// One more: by name while there is room.
    fn add(&mut self, trouble: &Trouble, facts: Facts) {
        if self.is_full() {
            self.more = self.more.saturating_add(1);
        } else {
            self.list.push(Item { key: trouble.key.clone(), facts });
        }
    }
}

/// Queues the mails of troubles of one topic; of each, how many recipients are told.
pub(super) async fn queue(
    tx: &mut Tx,
    world: &World,
    (topic, edge): (Topic, Edge),
    troubles: &[(&Trouble, Stored)],
    now: Timestamp,
) -> Result<Vec<u32>, StoreError> {
    let notices = world.notices.load_full();
    let mut told = vec![0; troubles.len()];
    // Whom of what, in the order of the settings.
    let mut letters: Vec<(&Recipient, Vec<usize>)> = Vec::new();
    for (place, (trouble, _)) in troubles.iter().enumerate() {
        let agency = trouble.agency.as_ref();
        for recipient in recipient::told(&notices.recipients, topic, trouble.severity, agency) {
            told[place] += 1;
            match letters.iter_mut().find(|(other, _)| other.address == recipient.address) {
                Some((_, places)) => places.push(place),
                None => letters.push((recipient, vec![place])),
            }
        }
    }
    if letters.is_empty() {
        return Ok(told);
    }
    let wait = wait_millis(topic, edge);
    let mut waiting = if topic.shares_mails() {
        tx.waiting_notices(topic.as_str(), edge.as_str()).await?
    } else {
        Vec::new()
    };
    // So that the first in a mail waits at most twice as long, and the last long enough.
    waiting.retain(|notice| now.millis_since(notice.created_at) < wait);
    let mut new = Vec::new();
    for (recipient, places) in letters {
        let mut open = Mail::waiting(topic, recipient, &waiting);
        for place in places {
            let (trouble, stored) = &troubles[place];
            if let Some(full) = open.take_if(|mail| mail.items.is_full() && !topic.counts_its_crowd()) {
                full.put(tx, world, (topic, edge), now.plus_millis(wait), now, &mut new).await?;
            }
            let mail = open.get_or_insert_with(|| Mail::new(recipient));
            mail.severity = mail.severity.max(trouble.severity);
            mail.items.add(trouble, facts(world, trouble, stored));
        }
        if let Some(mail) = open {
            mail.put(tx, world, (topic, edge), now.plus_millis(wait), now, &mut new).await?;
        }
    }
    tx.insert_notices(&new).await?;
    Ok(told)
}

/// A mail that is being filled: one that waits, or a new one.
struct Mail<'a> {
    waits: Option<&'a str>,
    recipient: &'a Recipient,
    severity: Severity,
    items: Items,
}

impl<'a> Mail<'a> {
    const fn new(recipient: &'a Recipient) -> Self {
        let items = Items { list: Vec::new(), more: 0 };
        Self { waits: None, recipient, severity: Severity::Info, items }
    }

    /// The recipient's mail that waits and has room, if there is one.
    fn waiting(topic: Topic, recipient: &'a Recipient, waiting: &'a [Notice]) -> Option<Self> {
        let theirs = waiting.iter().filter(|notice| notice.recipient == recipient.address);
        theirs
            .map(|notice| Self {
                waits: Some(&notice.id),
                recipient,
                severity: Severity::parse(&notice.severity).unwrap_or(Severity::Info),
                items: Items::read(&notice.items),
            })
            .find(|mail| !mail.items.is_full() || topic.counts_its_crowd())
    }

    /// Rewrites the one that waits; a new one is added to the others.
    async fn put(
        self,
        tx: &mut Tx,
        world: &World,
        (topic, edge): (Topic, Edge),
        next_at: Timestamp,
        now: Timestamp,
        new: &mut Vec<NewNotice>,
    ) -> Result<(), StoreError> {
        if let Some(id) = self.waits {
            tx.rewrite_notice(id, &self.items.text(), self.severity.as_str()).await?;
            return tx.postpone_notice(id, next_at).await;
        }
        new.push(NewNotice {
            id: world.chance.uuid(now).to_string(),
            recipient: self.recipient.address.clone(),
            role: self.recipient.role.clone(),
            topic: topic.as_str().to_owned(),
            edge: edge.as_str(),
            severity: self.severity.as_str().to_owned(),
            items: self.items.text(),
            once: None,
            next_at,
            created_at: now,
        });
        Ok(())
    }
}

/// How long a mail waits before it is first sent.
const fn wait_millis(topic: Topic, edge: Edge) -> i64 {
    match (edge, topic) {
        (Edge::Ends, _) => HOLD_MILLIS,
        (_, Topic::DeliveryGivenUp) => GATHER_MILLIS,
        (_, topic) if topic.shares_mails() => SHARE_MILLIS,
        _ => 0,
    }
}
