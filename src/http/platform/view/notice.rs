//! Notices, and the troubles that they tell of.

use serde::Serialize;
use utoipa::ToSchema;

use crate::exchange::notice::list;

/// A page of notices, the newest first.
#[derive(Serialize, ToSchema)]
pub struct NoticePage {
    /// The notices.
    pub notices: Vec<Notice>,
    /// The troubles that are under way, whatever is asked for; the oldest first, at most 200.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub troubles: Vec<Trouble>,
    /// What to pass as `before` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A mail to one of the staff.
#[derive(Serialize, ToSchema)]
pub struct Notice {
    /// Its id, of which the mail's Message-ID is made.
    #[schema(format = "uuid")]
    id: String,
    /// The address.
    recipient: String,
    /// What the recipient is: `compliance`, `operations`, `legal`, or a word of the settings.
    role: String,
    /// What its troubles are about, or `digest`.
    topic: String,
    /// `begins`, `ends`, `daily` or `weekly`.
    edge: String,
    /// `info`, `warning` or `critical`.
    severity: String,
    /// `queued`, `sent`, `refused` or `given_up`.
    state: String,
    /// Attempts begun.
    attempts: u32,
    /// When it is tried next, if it is to be.
    #[schema(format = "date-time")]
    #[serde(skip_serializing_if = "Option::is_none")]
    next_at: Option<String>,
    /// The mail server's last reply code.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    /// And its words.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// When it was queued.
    #[schema(format = "date-time")]
    created_at: String,
    /// When it was settled.
    #[schema(format = "date-time")]
    #[serde(skip_serializing_if = "Option::is_none")]
    settled_at: Option<String>,
}

/// Something that staff was told of, and that is not over.
#[derive(Serialize, ToSchema)]
pub struct Trouble {
    /// What is in trouble.
    key: String,
    /// About what.
    topic: String,
    /// `info`, `warning` or `critical`.
    severity: String,
    /// Whose, if it is of one agency.
    #[serde(skip_serializing_if = "Option::is_none")]
    agency: Option<String>,
    /// How often it happened since it began.
    times: u64,
    /// When it began.
    #[schema(format = "date-time")]
    since: String,
    /// When it last happened.
    #[schema(format = "date-time")]
    last_at: String,
}

impl From<list::NoticeView> for Notice {
    fn from(notice: list::NoticeView) -> Self {
        Self {
            id: notice.id,
            recipient: notice.recipient,
            role: notice.role,
            topic: notice.topic,
            edge: notice.edge,
            severity: notice.severity,
            state: notice.state,
            attempts: notice.attempts,
            next_at: notice.next_at.map(|at| at.to_string()),
            status: notice.last_status,
            detail: notice.last_detail,
            created_at: notice.created_at.to_string(),
            settled_at: notice.settled_at.map(|at| at.to_string()),
        }
    }
}

impl From<list::TroubleView> for Trouble {
    fn from(trouble: list::TroubleView) -> Self {
        Self {
            key: trouble.key,
            topic: trouble.topic,
            severity: trouble.severity,
            agency: trouble.agency.map(|agency| agency.to_string()),
            times: trouble.times,
            since: trouble.since.to_string(),
            last_at: trouble.last_at.to_string(),
        }
    }
}
