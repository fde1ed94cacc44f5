//! Deliveries, and what becomes of a posted record.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::exchange::answer::Replied;
use crate::exchange::view;
use crate::http::platform::view::AnyObject;

/// One outbound message with its attempts.
#[derive(Serialize, ToSchema)]
pub struct Delivery {
    /// Its id: `Regbridge-Delivery` towards an agency, `webhook-id` towards a webhook.
    #[schema(format = "uuid")]
    id: String,
    /// Where it goes: `agency:…` or `webhook:…`.
    destination: String,
    /// The case it is about.
    #[schema(format = "uuid")]
    case: String,
    /// What it carries: a record kind, or an event's type.
    kind: String,
    /// The id that the message bears, by which its agency may answer it; absent for a webhook.
    #[serde(skip_serializing_if = "Option::is_none")]
    message_id: Option<String>,
    /// `queued`, `sent`, `received`, `accepted`, `refused` or `given_up`.
    state: String,
    /// When it was made.
    #[schema(format = "date-time")]
    created_at: String,
    /// When it is tried next, if it is to be.
    #[schema(format = "date-time")]
    #[serde(skip_serializing_if = "Option::is_none")]
    next_at: Option<String>,
    /// When it was settled.
    #[schema(format = "date-time")]
    #[serde(skip_serializing_if = "Option::is_none")]
    settled_at: Option<String>,
    /// By whom: `worker`, `pull`, `folder`, `receipt`, `superseded` or `operator`.
    #[serde(skip_serializing_if = "Option::is_none")]
    settled_by: Option<String>,
    /// The journal entry of its making.
    journal_index: u64,
    /// The attempts, oldest first.
    attempts: Vec<Attempt>,
    /// What its agency said of it, oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    receipts: Vec<DeliveryReceipt>,
}

/// What an agency said of a delivery.
#[derive(Serialize, ToSchema)]
pub struct DeliveryReceipt {
    /// The journal entry.
    journal_index: u64,
    /// `push` (in the answer to our call), `api` or `file`.
    channel: String,
    /// `accepted`, `duplicate` or `refused`; absent where it says only that it has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<String>,
    /// The agency's own number.
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<String>,
    /// The agency's sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    /// What is wrong, as a problem of the canonical receipt; `path` is a place of our record where theirs led to one.
    #[schema(value_type = Vec<AnyObject>)]
    problems: Vec<Value>,
    /// When it came.
    #[schema(format = "date-time")]
    at: String,
}

/// A page of deliveries, oldest first.
#[derive(Serialize, ToSchema)]
pub struct DeliveryPage {
    /// The deliveries.
    pub deliveries: Vec<Delivery>,
    /// The destinations that fail at present, whatever is asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub breakers: Vec<Breaker>,
    /// What to pass as `after` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A destination that fails.
#[derive(Serialize, ToSchema)]
pub struct Breaker {
    /// `agency:…` or `webhook:…`.
    destination: String,
    /// Failures in a row.
    failures: u32,
    /// Since when.
    #[schema(format = "date-time")]
    #[serde(skip_serializing_if = "Option::is_none")]
    failing_since: Option<String>,
    /// Until when nothing goes there, and from when on one delivery goes as a trial; absent while all may go.
    #[schema(format = "date-time")]
    #[serde(skip_serializing_if = "Option::is_none")]
    open_until: Option<String>,
    /// What was said of the last failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

/// Why an operator does it.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is described here and read member by member")]
pub struct Intervention {
    /// One line of 1 to 200 characters: the journal keeps it, with the token's name.
    why: String,
}

/// What was done to a delivery.
#[derive(Serialize, ToSchema)]
pub struct Intervened {
    /// Its state before.
    pub before: String,
    /// Its state now.
    pub state: String,
    /// Whether it was being sent at that moment: it may arrive all the same.
    pub under_way: bool,
    /// The journal entry that says so.
    pub journal_index: u64,
}

/// One attempt at a delivery.
#[derive(Serialize, ToSchema)]
pub struct Attempt {
    /// From 1.
    number: u32,
    /// When it began.
    #[schema(format = "date-time")]
    started_at: String,
    /// When it ended.
    #[schema(format = "date-time")]
    finished_at: String,
    /// `done`, `retry` or `give_up`.
    outcome: String,
    /// HTTP status, if there was an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    /// What was said, in short.
    detail: String,
}

/// What became of a posted record.
#[derive(Serialize, ToSchema)]
pub struct Posted {
    /// The record's id.
    #[schema(format = "uuid")]
    record: String,
    /// The case's state after it.
    state: String,
    /// The delivery that carries it to the agency, or its first message.
    #[schema(format = "uuid")]
    delivery: String,
    /// Where the agency's format takes several messages for it: the deliveries of all of them, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    deliveries: Vec<String>,
    /// The journal entry that says so.
    journal_index: u64,
    /// Whether the same record had been posted before under the same `Idempotency-Key`.
    duplicate: bool,
    /// SHA-256 of the message as it leaves for the agency.
    body_sha256: String,
}

impl From<view::DeliveryView> for Delivery {
    fn from(delivery: view::DeliveryView) -> Self {
        Self {
            id: delivery.id.to_string(),
            destination: delivery.destination,
            case: delivery.case.to_string(),
            kind: delivery.kind,
            message_id: delivery.message_id,
            state: delivery.state,
            created_at: delivery.created_at.to_string(),
            next_at: delivery.next_at.map(|at| at.to_string()),
            settled_at: delivery.settled_at.map(|at| at.to_string()),
            settled_by: delivery.settled_by,
            journal_index: delivery.journal_index,
            attempts: delivery.attempts.into_iter().map(Into::into).collect(),
            receipts: delivery.receipts.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<view::ReceiptView> for DeliveryReceipt {
    fn from(receipt: view::ReceiptView) -> Self {
        let problems = receipt.problems.as_array().cloned().unwrap_or_default();
        Self {
            journal_index: receipt.journal_index,
            channel: receipt.channel,
            outcome: receipt.outcome,
            number: receipt.number,
            message: receipt.message,
            problems,
            at: receipt.at.to_string(),
        }
    }
}

impl From<view::BreakerView> for Breaker {
    fn from(breaker: view::BreakerView) -> Self {
        Self {
            destination: breaker.destination,
            failures: breaker.failures,
            failing_since: breaker.failing_since.map(|at| at.to_string()),
            open_until: breaker.open_until.map(|at| at.to_string()),
            detail: breaker.detail,
        }
    }
}

impl From<view::AttemptView> for Attempt {
    fn from(attempt: view::AttemptView) -> Self {
        Self {
            number: attempt.number,
            started_at: attempt.started_at.to_string(),
            finished_at: attempt.finished_at.to_string(),
            outcome: attempt.outcome,
            status: attempt.status,
            detail: attempt.detail,
        }
    }
}

impl From<Replied> for Posted {
    fn from(replied: Replied) -> Self {
        Self {
            record: replied.record.to_string(),
            state: replied.state,
            delivery: replied.delivery.to_string(),
            deliveries: replied.deliveries.iter().map(ToString::to_string).collect(),
            journal_index: replied.journal_index,
            duplicate: replied.duplicate,
            body_sha256: replied.body.to_string(),
        }
    }
}
