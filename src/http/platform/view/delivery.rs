//! Deliveries, and what becomes of a posted record.

use serde::Serialize;
use utoipa::ToSchema;

use crate::exchange::answer::Replied;
use crate::exchange::view;

/// One outbound message with its attempts.
#[derive(Serialize, ToSchema)]
pub struct Delivery {
    /// Its id: `Regbridge-Delivery` towards an agency, `webhook-id` towards a webhook.
    #[schema(format = "uuid")]
    id: String,
    /// Where it goes: `agency:…` or `webhook:…`.
    destination: String,
    /// What it carries: a record kind, or an event's type.
    kind: String,
    /// `queued`, `sent`, `received`, `accepted`, `refused` or `given_up`.
    state: String,
    /// When it was made.
    #[schema(format = "date-time")]
    created_at: String,
    /// When it is tried next, if it is to be.
    #[schema(format = "date-time")]
    #[serde(skip_serializing_if = "Option::is_none")]
    next_at: Option<String>,
    /// The journal entry of its making.
    journal_index: u64,
    /// The attempts, oldest first.
    attempts: Vec<Attempt>,
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
    /// The delivery that carries it to the agency.
    #[schema(format = "uuid")]
    delivery: String,
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
            kind: delivery.kind,
            state: delivery.state,
            created_at: delivery.created_at.to_string(),
            next_at: delivery.next_at.map(|at| at.to_string()),
            journal_index: delivery.journal_index,
            attempts: delivery.attempts.into_iter().map(Into::into).collect(),
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
            journal_index: replied.journal_index,
            duplicate: replied.duplicate,
            body_sha256: replied.body.to_string(),
        }
    }
}
