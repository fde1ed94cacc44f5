//! Many records, each for a case, and what became of each.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::http::platform::view::{AnyObject, Posted, PostedRecord};

/// A record of the platform's, with the case it is for.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is described here and read member by member")]
pub struct Answering {
    /// The case's id.
    #[schema(format = "uuid")]
    case: String,
    /// The canonical record; `registration_number` and `region` may be left to the case.
    #[schema(value_type = PostedRecord)]
    record: Value,
    /// Makes a repetition harmless; 1 to 255 visible ASCII characters.
    idempotency_key: Option<String>,
}

/// What became of many, in their order.
#[derive(Serialize, ToSchema)]
pub struct PostedAnswers {
    /// Each with its answer.
    pub items: Vec<AnsweredItem>,
}

/// What became of one.
#[derive(Serialize, ToSchema)]
pub struct AnsweredItem {
    /// Its place, from 1.
    pub index: u32,
    /// The status it would have been answered with alone.
    pub status: u16,
    /// What became of it, if it was taken.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    #[schema(inline)]
    pub answer: Option<Posted>,
    /// Why it was not: an RFC 9457 document.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = AnyObject)]
    pub problem: Option<Value>,
}
