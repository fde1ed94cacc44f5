//! Reconciliation: days that were compared, and where the two sides differ.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::digest::Digest;
use crate::exchange::reconcile::{DifferenceRow, ReconciliationRow};

/// A day of an agency that was compared.
#[derive(Serialize, ToSchema)]
pub struct Reconciliation {
    /// The agency.
    agency: String,
    /// The day in China.
    #[schema(format = "date")]
    day: String,
    /// How many exchanges the agency's manifest has.
    count: u64,
    /// The root over them.
    root: String,
    /// How many ours had.
    our_count: u64,
    /// Ours that nobody has fetched yet: no differences.
    waiting: u64,
    /// Those that the other side has on another day: no differences.
    elsewhere: u64,
    /// `api` (over mutual TLS, sent or fetched) or `file`.
    channel: String,
    /// The comparison's journal entry.
    journal_index: u64,
    /// When it was compared last.
    #[schema(format = "date-time")]
    compared_at: String,
}

/// A page of days that were compared, the newest first.
#[derive(Serialize, ToSchema)]
pub struct ReconciliationPage {
    /// The days.
    pub reconciliations: Vec<Reconciliation>,
    /// What to pass as `after` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A day that was compared, with all its differences.
#[derive(Serialize, ToSchema)]
pub struct ReconciliationDetail {
    /// The day.
    #[serde(flatten)]
    pub reconciliation: Reconciliation,
    /// Its differences, settled ones too.
    pub differences: Vec<Difference>,
}

/// Where the two sides differ, and the one thing to be done about it.
#[derive(Serialize, ToSchema)]
pub struct Difference {
    /// Its id.
    id: String,
    /// `missing-here`, `missing-there`, `bytes` or `time`.
    what: String,
    /// `submit` or `receive`, as the agency sees it.
    direction: String,
    /// A record kind.
    kind: String,
    /// The message's id, as it stands in the manifest.
    message: String,
    /// Our line.
    #[serde(skip_serializing_if = "Option::is_none")]
    ours: Option<String>,
    /// The agency's line.
    #[serde(skip_serializing_if = "Option::is_none")]
    theirs: Option<String>,
    /// Our delivery, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery: Option<String>,
    /// `resend`, `re-pull` or `ask`.
    action: String,
    /// `open`, `acted` or `settled`.
    state: String,
    /// When it was first found.
    #[schema(format = "date-time")]
    found_at: String,
    /// When its state last changed.
    #[schema(format = "date-time")]
    changed_at: String,
    /// Who acted on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    acted_by: Option<String>,
    /// What was said then.
    #[serde(skip_serializing_if = "Option::is_none")]
    words: Option<String>,
}

impl From<ReconciliationRow> for Reconciliation {
    fn from(one: ReconciliationRow) -> Self {
        Self {
            agency: one.agency.to_string(),
            day: one.day,
            count: one.lines,
            root: Digest::from_bytes(one.root).to_string(),
            our_count: one.own_lines,
            waiting: one.waiting,
            elsewhere: one.elsewhere,
            channel: one.channel,
            journal_index: one.journal_index,
            compared_at: one.compared_at.to_string(),
        }
    }
}

impl From<DifferenceRow> for Difference {
    fn from(one: DifferenceRow) -> Self {
        Self {
            id: one.id,
            what: one.what,
            direction: one.direction,
            kind: one.kind,
            message: one.message,
            ours: one.ours,
            theirs: one.theirs,
            delivery: one.delivery.map(|id| id.to_string()),
            action: one.action,
            state: one.state,
            found_at: one.found_at.to_string(),
            changed_at: one.changed_at.to_string(),
            acted_by: one.acted_by,
            words: one.words,
        }
    }
}
