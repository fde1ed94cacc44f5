//! Sending what is queued: lease, send elsewhere, settle.
//!
//! Promise: what a mail server refuses for good is refused for its recipient alone; what it does not take now is tried again
//! after the backoff of deliveries, ten minutes at most, for 72 hours at least. A mail may go out twice, when its sender died between the
//! sending and the settling: under the same Message-ID.

use crate::clock::Timestamp;
use crate::exchange::backoff;
use crate::exchange::entry::{self, Fact};
use crate::exchange::gateway::{Gateway, World};
use crate::exchange::notice::digest::Sums;
use crate::exchange::notice::mails::Items;
use crate::exchange::notice::topic::{DIGEST, Edge, Severity};
use crate::exchange::notice::{Facts, Written, write};
use crate::exchange::refused::Refused;
use crate::store::notice::{Notice, NoticeSettlement, NoticeState};
use crate::store::{StoreError, Tx};
use serde::Serialize;

/// The longest wait between two attempts at a mail.
const LONGEST_WAIT_MILLIS: i64 = 600_000;

/// A mail to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// The notice's id, of which the Message-ID is made.
    pub id: String,
    /// The address of its one recipient.
    pub to: String,
    /// What it says.
    pub written: Written,
    /// When it was queued: its date.
    pub at: Timestamp,
}

/// A letter that one worker holds for a while.
#[derive(Clone, Debug)]
pub struct LeasedNotice {
    /// The letter.
    pub letter: Letter,
    notice: Notice,
    token: String,
}

/// How sending a letter ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    /// What of it.
    pub fate: Fate,
    /// The mail server's reply code, if it came so far.
    pub status: Option<u16>,
    /// Its words, or what went wrong, cut short.
    pub detail: String,
}

/// What became of a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The mail server has it.
    Sent,
    /// It refuses this recipient for good.
    Refused,
    /// Not now.
    Later,
    /// Not before somebody changes the settings, here or there: a wrong password, no TLS.
    Misconfigured,
}

impl Fate {
    /// Whether it is the server, and not this letter: the others need not be tried at present.
    #[must_use]
    pub const fn is_of_the_server(self, status: Option<u16>) -> bool {
        match self {
            Self::Misconfigured => true,
            Self::Later => status.is_none() || matches!(status, Some(421)),
            Self::Sent | Self::Refused => false,
        }
    }
}

/// What became of a mail, in the journal. The address is left out: the notice has it.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct NoticeFact {
    notice: String,
    topic: String,
    edge: String,
    /// The recipient's.
    role: String,
    /// `sent`, `refused` or `given_up`.
    state: &'static str,
    attempt: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
}

impl Gateway {
    /// Leases at most `limit` notices that are due for `seconds`, written out, the oldest first.
    ///
    /// # Errors
    /// [`Refused::Unavailable`] when the store cannot be asked.
    pub async fn lease_notices(&self, seconds: u32, limit: u32) -> Result<Vec<LeasedNotice>, Refused> {
        let world = &*self.world;
        let now = world.clock.now();
        let until = now.plus_millis(i64::from(seconds) * 1000);
        let token = hex::encode(world.chance.thirty_two());
        let lease = async |mut tx: Tx| tx.lease_notices(now, until, &token, limit).await;
        let leased = world.store.run_tx("notice.lease", lease).await?;
        let written = |notice: Notice| LeasedNotice {
            letter: Letter {
                id: notice.id.clone(),
                to: notice.recipient.clone(),
                written: written(world, &notice),
                at: notice.created_at,
            },
            notice,
            token: token.clone(),
        };
        Ok(leased.into_iter().map(written).collect())
    }

    /// Writes down how sending ended; `false`, and nothing is written, when the lease had passed to another.
    ///
    /// # Errors
    /// [`Refused::Unavailable`] when the store cannot be asked: the lease will run out and the mail be sent again.
    pub async fn settle_notice(&self, leased: &LeasedNotice, posted: &Posted) -> Result<bool, Refused> {
        let world = &*self.world;
        let settle = async |mut tx: Tx| settle(world, leased, posted, &mut tx).await;
        Ok(world.store.run_tx("notice.settle", settle).await?)
    }

    /// Removes notices that were settled so many days ago; how many.
    ///
    /// # Errors
    /// [`Refused::Unavailable`] when the store cannot be asked.
    pub async fn forget_notices(&self, days: u32) -> Result<u64, Refused> {
        let before = self.world.clock.now().plus_millis(-i64::from(days) * 86_400_000);
        let forget = async |mut tx: Tx| tx.forget_notices(before).await;
        Ok(self.world.store.run_tx("notice.forget", forget).await?)
    }
}

/// A notice as its recipient reads it.
pub(super) fn written(world: &World, notice: &Notice) -> Written {
    let notices = world.notices.load();
    let edge = Edge::parse(&notice.edge).unwrap_or(Edge::Begins);
    if notice.topic == DIGEST {
        let sums: Sums = serde_json::from_str(&notice.items).unwrap_or_default();
        return write::digest(&notices.templates, edge, &sums);
    }
    let severity = Severity::parse(&notice.severity).unwrap_or(Severity::Warning);
    let Items { list, more } = Items::read(&notice.items);
    let items: Vec<Facts> = list.into_iter().map(|item| item.facts).collect();
    write::trouble(&notices.templates, &notice.topic, edge, severity, &items, more)
}

async fn settle(
    world: &World,
    leased: &LeasedNotice,
    posted: &Posted,
    tx: &mut Tx,
) -> Result<bool, StoreError> {
    tx.journal_lock().await?;
    let now = world.clock.now();
    let notice = &leased.notice;
    let (state, next_at) = match posted.fate {
        Fate::Sent => (NoticeState::Sent, None),
        Fate::Refused => (NoticeState::Refused, None),
        Fate::Later | Fate::Misconfigured => {
            match backoff::next(notice.created_at, notice.attempts, now, None, &*world.chance) {
                // Sooner than a delivery: what tells of a trouble should not come when it is over.
                Some(at) => (NoticeState::Queued, Some(at.min(now.plus_millis(LONGEST_WAIT_MILLIS)))),
                None => (NoticeState::GivenUp, None),
            }
        }
    };
    let end = NoticeSettlement {
        id: &notice.id,
        token: &leased.token,
        state,
        next_at,
        status: posted.status,
        detail: &posted.detail,
        at: now,
    };
    if !tx.settle_notice(&end).await? {
        return Ok(false);
    }
    if state != NoticeState::Queued {
        let fact = Fact::Notice(NoticeFact {
            notice: notice.id.clone(),
            topic: notice.topic.clone(),
            edge: notice.edge.clone(),
            role: notice.role.clone(),
            state: state.as_str(),
            attempt: notice.attempts,
            status: posted.status,
        });
        world.journal.note(tx, vec![entry::bytes(&fact, now)], now).await?;
    }
    Ok(true)
}
