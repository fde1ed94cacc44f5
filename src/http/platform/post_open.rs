//! `POST /platform/v1/records/{kind}`: records of the platform's that answer nothing, one or many.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Map, Value};

use crate::domain::id::AgencyId;
use crate::domain::kind::Kind;
use crate::exchange::Gateway;
use crate::exchange::post::Posting;
use crate::exchange::view::Actor;
use crate::http::platform::token::Writer;
use crate::http::platform::view::{OpenPosted, OpenPostedMany, OpenPosting, PostedItem, ProblemShape};
use crate::http::platform::{Answer, input};
use crate::http::problem::{ProblemDocument, ProblemType};

/// Items of one request: each is a transaction of its own, some milliseconds.
pub(super) const MOST: usize = 1000;

/// Takes results of the platform's own checks (`inspection-result`), leads (`enforcement-lead`), questions about certificates
/// (`certificate-check`) or operators' identities (`operator-identity`), opens a case with each
/// agency they are for, and queues them in the agency's own format. Without `to`, the agencies' scopes decide by kind,
/// division and category: a result goes to all that may receive it, a lead to the nearest. A lead that names no division
/// belongs where its respondent is registered, else where that lives.
///
/// The body is one item, a list of them, or (`application/x-ndjson`) one a line. One item is answered as it fares; of
/// many each has an answer of its own, in order, and the request succeeds. The same key with the same item gets the same
/// answer again, for ever.
#[utoipa::path(post, path = "/platform/v1/records/{kind}", tag = "Cases", security(("token" = [])),
    params(("kind" = String, Path, description = "`inspection-result`, `enforcement-lead`, `certificate-check` or `operator-identity`"),
        ("Idempotency-Key" = Option<String>, Header, description = "Of one item, in place of its `idempotency_key`")),
    request_body(content = OpenPosting, description = "An item, or a list of at most 1000"),
    responses(
        (status = 201, description = "One item was taken, and queued for each agency", body = OpenPosted),
        (status = 200, description = "One item had been taken before under this key; or many, each with its answer", body = OpenPostedMany),
        (status = 400, description = "A key is ill-formed", body = ProblemShape, content_type = "application/problem+json"),
        (status = 401, description = "No valid token", body = ProblemShape, content_type = "application/problem+json"),
        (status = 403, description = "The token may not write, or a named agency may not receive it", body = ProblemShape, content_type = "application/problem+json"),
        (status = 404, description = "No such kind", body = ProblemShape, content_type = "application/problem+json"),
        (status = 409, description = "The number has a case already, the case's state does not allow it, or the key was used for another item", body = ProblemShape, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large", body = ProblemShape, content_type = "application/problem+json"),
        (status = 415, description = "Neither `application/json` nor `application/x-ndjson`", body = ProblemShape, content_type = "application/problem+json"),
        (status = 422, description = "The record is not right, or no agency may receive it", body = ProblemShape, content_type = "application/problem+json"),
    ))]
pub(super) async fn post_open(
    Writer(actor): Writer,
    request: HttpRequest,
    payload: web::Payload,
    gateway: web::Data<Gateway>,
) -> Answer {
    input::no_query(&request)?;
    let kind = input::kind(&request)?;
    let key = input::idempotency_key(&request)?;
    let items = match input::items(&request, payload).await? {
        input::Items::One(item) => {
            let mut posting = posting(item)?;
            posting.key = key.or(posting.key);
            let (posted, duplicate) = gateway.post(&actor, kind, posting).await?;
            let mut response = if duplicate { HttpResponse::Ok() } else { HttpResponse::Created() };
            response.insert_header((header::CACHE_CONTROL, "no-store"));
            return Ok(response.json(OpenPosted::new(posted, duplicate)));
        }
        input::Items::Many(items) => items,
    };
    input::no_key(key.as_ref())?;
    input::at_most(items.len(), MOST)?;
    let mut answers = Vec::with_capacity(items.len());
    for (index, item) in (1..).zip(items) {
        answers.push(one(&actor, &gateway, kind, index, item).await);
    }
    Ok(HttpResponse::Ok().json(OpenPostedMany { items: answers }))
}

async fn one(
    actor: &Actor,
    gateway: &Gateway,
    kind: Kind,
    index: u32,
    item: Result<Value, ProblemDocument>,
) -> PostedItem {
    let answer = async {
        let posting = posting(item?)?;
        gateway.post(actor, kind, posting).await.map_err(ProblemDocument::from)
    };
    match answer.await {
        Ok((posted, duplicate)) => PostedItem {
            index,
            status: if duplicate { 200 } else { 201 },
            answer: Some(OpenPosted::new(posted, duplicate)),
            problem: None,
        },
        Err(problem) => PostedItem {
            index,
            status: problem.problem_type.status().as_u16(),
            answer: None,
            problem: Some(problem.to_value()),
        },
    }
}

/// `{"record": …, "to": […], "split": …, "idempotency_key": "…"}`.
fn posting(item: Value) -> Result<Posting, ProblemDocument> {
    let wrong = |zh: &str, en: &str| Err(ProblemDocument::new(ProblemType::Malformed, zh, en));
    let Value::Object(mut members) = item else {
        return wrong("应为 JSON 对象：{\"record\": …}", "an object is wanted: {\"record\": …}");
    };
    let Some(record) = members.remove("record").filter(Value::is_object) else {
        return wrong("缺少对象 record", "the object \"record\" is missing");
    };
    let to = match members.remove("to").map(serde_json::from_value::<Vec<AgencyId>>) {
        None => Vec::new(),
        Some(Ok(to)) if !to.is_empty() => to,
        Some(_) => return wrong("to 应为机构编号的列表", "\"to\" is a list of agencies' ids"),
    };
    let split = match members.remove("split") {
        None => false,
        Some(Value::Bool(split)) => split,
        Some(_) => return wrong("split 应为 true 或 false", "\"split\" is true or false"),
    };
    let key = key_of(&mut members)?;
    nothing_more(&members)?;
    Ok(Posting { record, to, key, split })
}

/// The key of one item among many.
pub(super) fn key_of(members: &mut Map<String, Value>) -> Result<Option<String>, ProblemDocument> {
    match members.remove("idempotency_key") {
        None => Ok(None),
        Some(Value::String(key)) if input::is_key(&key) => Ok(Some(key)),
        Some(_) => Err(ProblemDocument::new(
            ProblemType::Malformed,
            "idempotency_key 应为 1 到 255 个可见 ASCII 字符",
            "idempotency_key is 1 to 255 visible ASCII characters",
        )),
    }
}

/// Refuses what nobody would look at.
pub(super) fn nothing_more(members: &Map<String, Value>) -> Result<(), ProblemDocument> {
    let Some(name) = members.keys().next() else { return Ok(()) };
    let name = crate::domain::problem::cut(name);
    let (zh, en) = (format!("未知成员 {name}"), format!("unknown member {name}"));
    Err(ProblemDocument::new(ProblemType::Malformed, zh, en))
}
