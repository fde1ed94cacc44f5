//! Cases, their records and submissions.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::exchange::keep::HoldView;
use crate::exchange::view;
use crate::http::platform::view::{AnyRecord, Deadline, Delivery};

/// A case: the thread of everything exchanged about one matter.
#[derive(Serialize, ToSchema)]
pub struct Case {
    /// Its id.
    #[schema(format = "uuid")]
    id: String,
    /// The agency whose case it is.
    agency: String,
    /// What it is about: `complaint`, `disposal`, `inspection`, `assistance`, `lead`, `service`, `certificate` or `operator`.
    topic: String,
    /// The agency's registration number.
    registration_number: String,
    /// Where it stands: of a complaint `received`, `acknowledged`, `replied`, `closed`, `returned` or `withdrawn`; all states are
    /// in `schemas/canonical/codes/case-state.csv`.
    state: String,
    /// The division it belongs to, GB/T 2260.
    region: String,
    /// When it was opened.
    #[schema(format = "date-time")]
    opened_at: String,
    /// When it last changed.
    #[schema(format = "date-time")]
    updated_at: String,
}

/// A page of cases, oldest first.
#[derive(Serialize, ToSchema)]
pub struct CasePage {
    /// The cases.
    pub cases: Vec<Case>,
    /// What to pass as `after` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A case with everything exchanged about it.
#[derive(Serialize, ToSchema)]
pub struct CaseDetail {
    #[serde(flatten)]
    case: Case,
    /// The legal hold it is under: while it is, nothing of it is removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    hold: Option<Hold>,
    /// Its records, oldest first.
    records: Vec<Record>,
    /// The submissions that brought some of them.
    submissions: Vec<Submission>,
    /// What was sent about it, oldest first.
    deliveries: Vec<Delivery>,
    /// Until when what must be done, in the order they began.
    deadlines: Vec<Deadline>,
}

/// A legal hold.
#[derive(Serialize, ToSchema)]
pub struct Hold {
    /// The token's name, or whoever said so at the machine.
    who: String,
    /// Why.
    why: String,
    /// Since when.
    #[schema(format = "date-time")]
    since: String,
    /// The journal entry that says so.
    journal_index: u64,
}

/// A record of a case.
#[derive(Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "the members' published names")]
pub struct Record {
    /// Its id.
    #[schema(format = "uuid")]
    id: String,
    /// Its kind.
    kind: String,
    /// The submission that brought it, if one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    submission: Option<String>,
    /// The import that brought it, if a file of the agency's was imported.
    #[serde(skip_serializing_if = "Option::is_none")]
    import: Option<String>,
    /// The token's name under which it was posted, if the platform did.
    #[serde(skip_serializing_if = "Option::is_none")]
    actor: Option<String>,
    /// When.
    #[schema(format = "date-time")]
    recorded_at: String,
    /// The journal entry that says so.
    journal_index: u64,
    /// The canonical record, as its kind's schema describes it.
    #[schema(value_type = AnyRecord)]
    record: Value,
}

/// A submission without its body.
#[derive(Serialize, ToSchema)]
pub struct Submission {
    /// Its id.
    #[schema(format = "uuid")]
    id: String,
    /// The sender.
    agency: String,
    /// The sender's message id.
    message_id: String,
    /// The record kind.
    kind: String,
    /// When it came.
    #[schema(format = "date-time")]
    received_at: String,
    /// SHA-256 of the body.
    body_sha256: String,
    /// The body's media type.
    content_type: String,
    /// The profile that read it.
    profile: String,
    /// SHA-256 over that profile's files.
    profile_sha256: String,
    /// The journal entry.
    journal_index: u64,
}

impl From<view::CaseSummary> for Case {
    fn from(case: view::CaseSummary) -> Self {
        Self {
            id: case.id.to_string(),
            agency: case.agency.to_string(),
            topic: case.topic,
            registration_number: case.registration_number,
            state: case.state,
            region: case.region,
            opened_at: case.opened_at.to_string(),
            updated_at: case.updated_at.to_string(),
        }
    }
}

impl From<view::CaseDetail> for CaseDetail {
    fn from(detail: view::CaseDetail) -> Self {
        Self {
            case: detail.case.into(),
            hold: detail.hold.map(Into::into),
            records: detail.records.into_iter().map(Into::into).collect(),
            submissions: detail.submissions.into_iter().map(Into::into).collect(),
            deliveries: detail.deliveries.into_iter().map(Into::into).collect(),
            deadlines: detail.deadlines.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<HoldView> for Hold {
    fn from(hold: HoldView) -> Self {
        Self {
            who: hold.who,
            why: hold.why,
            since: hold.since.to_string(),
            journal_index: hold.journal_index,
        }
    }
}

impl From<view::RecordView> for Record {
    fn from(record: view::RecordView) -> Self {
        Self {
            id: record.id.to_string(),
            kind: record.kind,
            submission: record.submission.map(|id| id.to_string()),
            import: record.import.map(|id| id.to_string()),
            actor: record.actor,
            recorded_at: record.recorded_at.to_string(),
            journal_index: record.journal_index,
            record: record.record,
        }
    }
}

impl From<view::SubmissionView> for Submission {
    fn from(submission: view::SubmissionView) -> Self {
        Self {
            id: submission.id.to_string(),
            agency: submission.agency.to_string(),
            message_id: submission.message_id,
            kind: submission.kind,
            received_at: submission.received_at.to_string(),
            body_sha256: submission.body_sha256.to_string(),
            content_type: submission.content_type,
            profile: submission.profile,
            profile_sha256: submission.profile_sha256.to_string(),
            journal_index: submission.journal_index,
        }
    }
}
