//! Outbound work under lease, and how it ended.

use std::fmt;

use crate::clock::Timestamp;
use crate::domain::id::{AgencyId, CaseId, DeliveryId};

/// Where a delivery goes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Destination {
    /// An agency.
    Agency(AgencyId),
    /// One of the platform's webhooks, by name.
    Webhook(String),
}

impl Destination {
    /// The column value: `agency:hz-amr`, `webhook:cases`.
    #[must_use]
    pub fn to_text(&self) -> String {
        match self {
            Self::Agency(id) => format!("agency:{id}"),
            Self::Webhook(name) => format!("webhook:{name}"),
        }
    }

    /// From the column value.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (road, name) = text.split_once(':')?;
        match road {
            "agency" => AgencyId::parse(name).ok().map(Self::Agency),
            "webhook" => Some(Self::Webhook(name.to_owned())),
            _ => None,
        }
    }
}

/// What a peer said in answer to a delivery, as it came.
#[derive(Clone, PartialEq, Eq)]
pub struct Said {
    /// Its media type.
    pub content_type: String,
    /// Its bytes, all of them.
    pub body: Vec<u8>,
}

/// It may be a letter: only its size is shown.
impl fmt::Debug for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes of {}", self.body.len(), self.content_type)
    }
}

/// A delivery that one worker holds until `until`.
#[derive(Clone, Debug)]
pub struct Leased {
    /// The delivery.
    pub id: DeliveryId,
    /// Where it goes.
    pub destination: Destination,
    /// Its number among the deliveries to its destination.
    pub sequence: u64,
    /// The case it is about.
    pub case: CaseId,
    /// What it carries: a record kind for an agency, an event type for a webhook.
    pub kind: String,
    /// The profile's message that it is; for a webhook the event's id.
    pub message: String,
    /// The message's bytes.
    pub body: Vec<u8>,
    /// Its media type.
    pub content_type: String,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// When the delivery was made.
    pub created_at: Timestamp,
    /// Since when it is tried: when it was made, or when an operator had it tried again.
    pub since: Timestamp,
    /// Which attempt this is since then, from 1.
    pub tried: u32,
    /// Fencing token: the settlement of an older lease is refused.
    pub token: String,
    /// When the lease began.
    pub leased_at: Timestamp,
    /// Until when the lease holds.
    pub until: Timestamp,
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The peer has it.
    Done {
        /// HTTP status.
        status: Option<u16>,
        /// The peer's own words, cut short.
        detail: String,
        /// The same as they came, where they came whole.
        said: Option<Said>,
    },
    /// It lies where the peer takes it away.
    Placed {
        /// Where, in short.
        detail: String,
        /// The mark of that folder.
        mark: String,
    },
    /// Not now: again after the backoff, or after what the peer asked for if that is longer.
    RetryAfter {
        /// Milliseconds that the peer asked for.
        millis: Option<i64>,
        /// HTTP status, if it came so far.
        status: Option<u16>,
        /// What went wrong.
        detail: String,
    },
    /// Never: the peer refused it for good.
    GiveUp {
        /// HTTP status.
        status: Option<u16>,
        /// The peer's own words, cut short.
        detail: String,
        /// The same as they came, where they came whole.
        said: Option<Said>,
    },
}
