//! Looking at notices and troubles, as a person at the gateway does.

use serde::Serialize;

use crate::clock::Timestamp;
use crate::domain::id::AgencyId;
use crate::exchange::gateway::Gateway;
use crate::exchange::notice::{Written, queue};
use crate::exchange::refused::Refused;
use crate::store::notice::Notice;
pub use crate::store::notice::NoticeState;
use crate::store::trouble::Trouble;
use crate::store::{StoreError, Tx};

/// A notice in a list.
#[derive(Clone, Debug, Serialize)]
pub struct NoticeView {
    /// Its id.
    pub id: String,
    /// The address.
    pub recipient: String,
    /// What the recipient is.
    pub role: String,
    /// Of its troubles, or `digest`.
    pub topic: String,
    /// `begins`, `ends`, `daily` or `weekly`.
    pub edge: String,
    /// `info`, `warning` or `critical`.
    pub severity: String,
    /// `queued`, `sent`, `refused` or `given_up`.
    pub state: String,
    /// Attempts begun.
    pub attempts: u32,
    /// When it is tried next, if it is to be.
    pub next_at: Option<Timestamp>,
    /// The mail server's last reply code.
    pub last_status: Option<u16>,
    /// And its words.
    pub last_detail: Option<String>,
    /// When it was queued.
    pub created_at: Timestamp,
    /// When it was settled.
    pub settled_at: Option<Timestamp>,
}

/// A trouble that is under way.
#[derive(Clone, Debug, Serialize)]
pub struct TroubleView {
    /// What is in trouble.
    pub key: String,
    /// About what.
    pub topic: String,
    /// `info`, `warning` or `critical`.
    pub severity: String,
    /// Whose.
    pub agency: Option<AgencyId>,
    /// How often it happened since it began.
    pub times: u64,
    /// When it began.
    pub since: Timestamp,
    /// When it last happened.
    pub last_at: Timestamp,
}

/// Which notices to list.
#[derive(Clone, Debug, Default)]
pub struct NoticeFilter {
    /// In this state.
    pub state: Option<NoticeState>,
    /// Queued before this one.
    pub before: Option<String>,
    /// At most so many.
    pub limit: u32,
}

impl Gateway {
    /// A page of notices, the newest first.
    ///
    /// # Errors
    /// [`Refused::Unavailable`] when the store cannot be asked.
    pub async fn notices(&self, filter: &NoticeFilter) -> Result<Vec<NoticeView>, Refused> {
        let page =
            async |mut tx: Tx| tx.notice_page(filter.state, filter.before.as_deref(), filter.limit).await;
        let found = self.world.store.read::<_, StoreError, _>("notice.page", page).await?;
        Ok(found.into_iter().map(view).collect())
    }

    /// One notice, and what it says.
    ///
    /// # Errors
    /// [`Refused::NotFound`] without such a notice.
    pub async fn notice(&self, id: &str) -> Result<(NoticeView, Written), Refused> {
        let read = async |mut tx: Tx| tx.notice(id).await;
        let found = self.world.store.read::<_, StoreError, _>("notice.show", read).await?;
        let notice = found.ok_or(Refused::NotFound)?;
        let written = queue::written(&self.world, &notice);
        Ok((view(notice), written))
    }

    /// The addresses whose last mail was refused for good: of each, that notice.
    ///
    /// # Errors
    /// [`Refused::Unavailable`] when the store cannot be asked.
    pub async fn refused_recipients(&self) -> Result<Vec<NoticeView>, Refused> {
        let read = async |mut tx: Tx| tx.refused_notices().await;
        let found = self.world.store.read::<_, StoreError, _>("notice.refused", read).await?;
        Ok(found.into_iter().map(view).collect())
    }

    /// At most `limit` troubles that are under way, the oldest first.
    ///
    /// # Errors
    /// [`Refused::Unavailable`] when the store cannot be asked.
    pub async fn troubles(&self, limit: u32) -> Result<Vec<TroubleView>, Refused> {
        let read = async |mut tx: Tx| tx.troubles_under_way(limit).await;
        let found = self.world.store.read::<_, StoreError, _>("trouble.under_way", read).await?;
        let view = |trouble: Trouble| TroubleView {
            key: trouble.key,
            topic: trouble.topic,
            severity: trouble.severity,
            agency: trouble.agency,
            times: trouble.times,
            since: trouble.since,
            last_at: trouble.last_at,
        };
        Ok(found.into_iter().map(view).collect())
    }
}

fn view(notice: Notice) -> NoticeView {
    NoticeView {
        id: notice.id,
        recipient: notice.recipient,
        role: notice.role,
        topic: notice.topic,
        edge: notice.edge,
        severity: notice.severity,
        state: notice.state.as_str().to_owned(),
        attempts: notice.attempts,
        next_at: notice.next_at,
        last_status: notice.last_status,
        last_detail: notice.last_detail,
        created_at: notice.created_at,
        settled_at: notice.settled_at,
    }
}
