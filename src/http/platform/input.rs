//! What callers send: path segments, query parameters, JSON bodies, idempotency keys.
//!
//! Promise: what an operation receives has been parsed whole, or the caller is told in one problem what was wrong
//! and what is right. Parameters that an operation does not know are refused; empty ones count as absent (forms send
//! them). Bodies are read by the strict reader: no duplicate keys, bounded depth.

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header;
use actix_web::{HttpRequest, web};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::domain::id::{AgencyId, BadId, CaseId, DeliveryId, RecordId, SubmissionId};
use crate::domain::kind::Kind;
use crate::http::body::{self, Body, BodyLimits, Budget};
use crate::http::header::only;
use crate::http::problem::{ProblemDocument, ProblemType};
use crate::wire::{json, limits};

/// What a record of the platform's may take: 1 MiB, five hundred times an ordinary reply; evidence travels as
/// addresses and digests. The platform is near: a body that is not there in half a minute is not coming.
pub const RECORD: BodyLimits = BodyLimits {
    bytes: 1024 * 1024,
    total: Duration::from_secs(30),
    grace: Duration::from_secs(5),
    bytes_per_second: 1024,
};

/// What many records of the platform's may take together: what is ever read of a body.
pub const MANY: BodyLimits = BodyLimits { bytes: 8 * 1024 * 1024, ..RECORD };

/// What all bodies on this listener hold together: 32 of the largest records at once, or four bodies of many.
#[must_use]
pub fn budget() -> Arc<Budget> {
    Budget::of(32 * RECORD.bytes)
}

/// An identifier that stands in a path.
pub trait Segment: Sized {
    /// From its printed form.
    fn parse(text: &str) -> Result<Self, BadId>;
}

macro_rules! segments {
    ($($id:ident),*) => {
        $(impl Segment for $id {
            fn parse(text: &str) -> Result<Self, BadId> {
                Self::parse(text)
            }
        })*
    };
}

segments!(AgencyId, CaseId, DeliveryId, Kind, RecordId, SubmissionId);

/// The identifier in a path's segment; what is none names nothing.
pub fn segment<T: Segment>(request: &HttpRequest, name: &str) -> Result<T, ProblemDocument> {
    let text = request.match_info().get(name).unwrap_or("");
    T::parse(text).map_err(|bad| {
        ProblemDocument::new(
            ProblemType::NotFound,
            format!("路径中的 {name} 应为 {}", bad.expected),
            format!("{name} in the path: {bad}"),
        )
    })
}

/// The record kind in a path.
pub fn kind(request: &HttpRequest) -> Result<Kind, ProblemDocument> {
    segment(request, "kind")
}

/// The query parameters, as `T` knows them.
pub fn query<T: DeserializeOwned>(request: &HttpRequest) -> Result<T, ProblemDocument> {
    let given =
        form_urlencoded::parse(request.query_string().as_bytes()).filter(|(_, value)| !value.is_empty());
    let text: String = form_urlencoded::Serializer::new(String::new()).extend_pairs(given).finish();
    web::Query::<T>::from_query(&text).map(web::Query::into_inner).map_err(|why| {
        let why = why.to_string();
        let why = why.strip_prefix("Query deserialize error: ").unwrap_or(&why);
        bad_request(format!("查询参数有误：{why}"), format!("query: {why}"))
    })
}

/// A number in a query, for `deserialize_with`: the error says what stood there.
pub fn number<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: std::str::FromStr,
{
    let text = String::deserialize(deserializer)?;
    let read = text.parse().map_err(|_| {
        serde::de::Error::custom(format!(
            "a whole number is wanted, not {:?}",
            crate::domain::problem::cut(&text)
        ))
    })?;
    Ok(Some(read))
}

/// An operation that takes no parameters.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// Refuses every query parameter.
pub fn no_query(request: &HttpRequest) -> Result<(), ProblemDocument> {
    query::<Nothing>(request).map(|Nothing {}| ())
}

/// A page's length, `default` if none was asked for, between 1 and `most`.
pub fn limit(asked: Option<u32>, default: u32, most: u32) -> Result<u32, ProblemDocument> {
    match asked.unwrap_or(default) {
        limit if (1..=most).contains(&limit) => Ok(limit),
        other => Err(bad_request(
            format!("limit 应为 1 到 {most}，收到 {other}"),
            format!("limit is 1 to {most}, not {other}"),
        )),
    }
}

/// The JSON document in the body.
pub async fn document(request: &HttpRequest, payload: web::Payload) -> Result<Value, ProblemDocument> {
    refuse_other_media(request)?;
    let budget = request
        .app_data::<web::Data<Arc<Budget>>>()
        .ok_or_else(|| ProblemDocument::plain(ProblemType::Internal))?;
    let body = body::read(request.headers(), payload, &RECORD, budget).await?;
    value(&body.bytes, RECORD.bytes)
}

/// The bytes in the body, up to what many records may take.
pub(super) async fn many(request: &HttpRequest, payload: web::Payload) -> Result<Body, ProblemDocument> {
    let budget = request
        .app_data::<web::Data<Arc<Budget>>>()
        .ok_or_else(|| ProblemDocument::plain(ProblemType::Internal))?;
    body::read(request.headers(), payload, &MANY, budget).await
}

/// Refuses one key for many items.
pub(super) fn no_key(key: Option<&String>) -> Result<(), ProblemDocument> {
    if key.is_none() {
        return Ok(());
    }
    let (zh, en) = ("多条记录请逐条给出 idempotency_key", "of many items each has its own idempotency_key");
    Err(bad_request(zh.to_owned(), en.to_owned()))
}

/// Refuses more items than one request may bring.
pub(super) fn at_most(items: usize, most: usize) -> Result<(), ProblemDocument> {
    if items <= most {
        return Ok(());
    }
    Err(ProblemDocument::new(
        ProblemType::TooLarge,
        format!("一次最多 {most} 条"),
        format!("at most {most} items at once"),
    ))
}

/// One item, or many of which each may be ill-formed by itself.
pub enum Items {
    /// An object, or whatever is no list.
    One(Value),
    /// A list, or a line each.
    Many(Vec<Result<Value, ProblemDocument>>),
}

/// The items in the body: a JSON document, or one a line (`application/x-ndjson`).
pub async fn items(request: &HttpRequest, payload: web::Payload) -> Result<Items, ProblemDocument> {
    let stated = only(request, header::CONTENT_TYPE)?.and_then(|v| v.to_str().ok()).unwrap_or("");
    let media = stated.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    let lines = match media.as_str() {
        "application/json" => false,
        "application/x-ndjson" => true,
        _ => {
            return Err(ProblemDocument::new(
                ProblemType::UnsupportedMedia,
                "请使用 Content-Type: application/json 或 application/x-ndjson",
                "send Content-Type: application/json or application/x-ndjson",
            ));
        }
    };
    let body = many(request, payload).await?;
    if lines {
        let lines = body.bytes.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
        return Ok(Items::Many(lines.map(|line| value(line, MANY.bytes)).collect()));
    }
    Ok(match value(&body.bytes, MANY.bytes)? {
        Value::Array(items) => Items::Many(items.into_iter().map(Ok).collect()),
        one => Items::One(one),
    })
}

/// One JSON document of so many bytes at most.
fn value(bytes: &[u8], most: usize) -> Result<Value, ProblemDocument> {
    let limits = limits::Limits { bytes: most, ..limits::Limits::default() };
    let tree = json::read(bytes, &limits).map_err(|problems| {
        ProblemDocument::new(
            ProblemType::Malformed,
            "报文不是合格的 JSON",
            "the body is not well-formed JSON",
        )
        .with_problems(problems)
    })?;
    tree.root()
        .map(|root| json::to_value(&tree, root))
        .ok_or_else(|| bad_request("报文是空的".to_owned(), "the body is empty".to_owned()))
}

fn refuse_other_media(request: &HttpRequest) -> Result<(), ProblemDocument> {
    let stated = only(request, header::CONTENT_TYPE)?.and_then(|v| v.to_str().ok()).unwrap_or("");
    let media = stated.split(';').next().unwrap_or("").trim();
    if media.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    Err(ProblemDocument::new(
        ProblemType::UnsupportedMedia,
        "请使用 Content-Type: application/json",
        "send Content-Type: application/json",
    ))
}

/// The `Idempotency-Key`, if there is one: 1 to 255 visible ASCII characters.
pub fn idempotency_key(request: &HttpRequest) -> Result<Option<String>, ProblemDocument> {
    let Some(value) = only(request, "idempotency-key")? else { return Ok(None) };
    let text = value.to_str().unwrap_or("");
    if is_key(text) {
        return Ok(Some(text.to_owned()));
    }
    Err(bad_request(
        "Idempotency-Key 应为 1 到 255 个可见 ASCII 字符".to_owned(),
        "Idempotency-Key is 1 to 255 visible ASCII characters".to_owned(),
    ))
}

/// Whether this is a key of idempotency: 1 to 255 visible ASCII characters.
#[must_use]
pub fn is_key(text: &str) -> bool {
    (1..=255).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
}

pub(super) fn bad_request(zh: String, en: String) -> ProblemDocument {
    ProblemDocument::new(ProblemType::BadRequest, zh, en)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Wanted {
        state: Option<String>,
        #[serde(default, deserialize_with = "number")]
        after: Option<u64>,
    }

    fn asked(uri: &str) -> Result<Wanted, String> {
        query(&TestRequest::with_uri(uri).to_http_request()).map_err(|p| p.en.clone())
    }

    #[test]
    fn unknown_double_and_ill_formed_parameters_are_named() {
        let good = asked("/x?state=received&after=").unwrap();
        assert_eq!((good.state.as_deref(), good.after), (Some("received"), None));
        let refused = |uri| asked(uri).unwrap_err();
        assert_eq!(refused("/x?sate=received"), "query: unknown field `sate`, expected `state` or `after`");
        assert_eq!(refused("/x?after=x"), "query: a whole number is wanted, not \"x\"");
        assert_eq!(refused("/x?after=1&after=2"), "query: duplicate field `after`");
        assert!(no_query(&TestRequest::with_uri("/x?a=1").to_http_request()).is_err());
        assert!(no_query(&TestRequest::with_uri("/x").to_http_request()).is_ok());
    }

    #[test]
    fn a_page_has_a_length() {
        assert_eq!(limit(None, 50, 200).unwrap(), 50);
        assert_eq!(limit(Some(200), 50, 200).unwrap(), 200);
        assert!(limit(Some(0), 50, 200).is_err() && limit(Some(201), 50, 200).is_err());
    }

    #[test]
    fn keys_are_visible() {
        let key = |value: &str| {
            let request = TestRequest::default().insert_header(("idempotency-key", value)).to_http_request();
            idempotency_key(&request)
        };
        assert_eq!(key("a-1").unwrap().as_deref(), Some("a-1"));
        assert!(key("a b").is_err() && key("").is_err() && key(&"a".repeat(256)).is_err());
        assert!(idempotency_key(&TestRequest::default().to_http_request()).unwrap().is_none());
    }
}
