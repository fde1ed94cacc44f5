//! `POST /platform/v1/records`: many records of the platform's, each for a case.

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::Value;

use crate::domain::id::CaseId;
use crate::exchange::Gateway;
use crate::exchange::view::Actor;
use crate::http::platform::post_open::{MOST, key_of, nothing_more};
use crate::http::platform::token::Writer;
use crate::http::platform::view::{AnsweredItem, Answering, Posted, PostedAnswers, ProblemShape};
use crate::http::platform::{Answer, input};
use crate::http::problem::{ProblemDocument, ProblemType};

/// Takes acknowledgements, replies, disposal results and the like for many cases at once, as
/// `POST /platform/v1/cases/{case}/records` takes each. The body is a list of items, or (`application/x-ndjson`) one a line.
/// Each item is taken or refused by itself and has an answer of its own, in order. The same key with the same item gets the
/// same answer again, for ever.
#[utoipa::path(post, path = "/platform/v1/records", tag = "Cases", security(("token" = [])),
    request_body(content = Vec<Answering>, description = "A list of at most 1000 items"),
    responses(
        (status = 200, description = "Each item with its answer", body = PostedAnswers),
        (status = 400, description = "An `Idempotency-Key` header, which could only be of one", body = ProblemShape, content_type = "application/problem+json"),
        (status = 401, description = "No valid token", body = ProblemShape, content_type = "application/problem+json"),
        (status = 403, description = "The token may not write", body = ProblemShape, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large", body = ProblemShape, content_type = "application/problem+json"),
        (status = 415, description = "Neither `application/json` nor `application/x-ndjson`", body = ProblemShape, content_type = "application/problem+json"),
        (status = 422, description = "The body is no list", body = ProblemShape, content_type = "application/problem+json"),
    ))]
pub(super) async fn post_answers(
    Writer(actor): Writer,
    request: HttpRequest,
    payload: web::Payload,
    gateway: web::Data<Gateway>,
) -> Answer {
    input::no_query(&request)?;
    input::no_key(input::idempotency_key(&request)?.as_ref())?;
    let items = match input::items(&request, payload).await? {
        input::Items::Many(items) => items,
        input::Items::One(_) => {
            let (zh, en) = (
                "应为列表；单条请发至 /platform/v1/cases/{case}/records",
                "a list is wanted; one record goes to /platform/v1/cases/{case}/records",
            );
            return Err(ProblemDocument::new(ProblemType::Malformed, zh, en));
        }
    };
    input::at_most(items.len(), MOST)?;
    let mut answers = Vec::with_capacity(items.len());
    for (index, item) in (1..).zip(items) {
        let answered = one(&actor, &gateway, item).await;
        answers.push(match answered {
            Ok((posted, duplicate)) => {
                let status = if duplicate { 200 } else { 201 };
                AnsweredItem { index, status, answer: Some(posted), problem: None }
            }
            Err(problem) => {
                let (status, problem) = (problem.problem_type.status().as_u16(), problem.to_value());
                AnsweredItem { index, status, answer: None, problem: Some(problem) }
            }
        });
    }
    Ok(HttpResponse::Ok().json(PostedAnswers { items: answers }))
}

async fn one(
    actor: &Actor,
    gateway: &Gateway,
    item: Result<Value, ProblemDocument>,
) -> Result<(Posted, bool), ProblemDocument> {
    let (case, record, key) = answering(item?)?;
    let replied = gateway.reply(actor, &case, record, key.as_deref()).await?;
    let duplicate = replied.duplicate;
    Ok((Posted::from(replied), duplicate))
}

/// `{"case": "…", "record": …, "idempotency_key": "…"}`.
fn answering(item: Value) -> Result<(CaseId, Value, Option<String>), ProblemDocument> {
    let wrong = |zh: &str, en: &str| ProblemDocument::new(ProblemType::Malformed, zh, en);
    let Value::Object(mut members) = item else {
        let (zh, en) = (
            "应为 JSON 对象：{\"case\": …, \"record\": …}",
            "an object is wanted: {\"case\": …, \"record\": …}",
        );
        return Err(wrong(zh, en));
    };
    let case = members.remove("case").and_then(|case| CaseId::parse(case.as_str()?).ok());
    let case = case.ok_or_else(|| wrong("case 应为案件的 UUID", "\"case\" is a case's id, a UUID"))?;
    let record = members.remove("record").filter(Value::is_object);
    let record = record.ok_or_else(|| wrong("缺少对象 record", "the object \"record\" is missing"))?;
    let key = key_of(&mut members)?;
    nothing_more(&members)?;
    Ok((case, record, key))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const CASE: &str = "0192f0c4-5a00-7000-8000-000000000002";

    #[test]
    fn an_item_says_which_case_and_nothing_that_nobody_looks_at() {
        let good = json!({"case": CASE, "record": {"kind": "complaint-reply"}, "idempotency_key": "k-1"});
        let (case, record, key) = answering(good).unwrap();
        assert_eq!((case.as_str(), record["kind"].as_str()), (CASE, Some("complaint-reply")));
        assert_eq!(key.as_deref(), Some("k-1"));
        let told = |item: Value| answering(item).unwrap_err().en.clone();
        assert!(told(json!([])).starts_with("an object is wanted"));
        assert!(told(json!({"case": "1", "record": {}})).contains("a case's id"));
        assert!(told(json!({"case": CASE})).contains("record"));
        assert!(told(json!({"case": CASE, "record": {}, "key": 1})).contains("unknown member key"));
        assert!(
            told(json!({"case": CASE, "record": {}, "idempotency_key": "a b"})).contains("visible ASCII")
        );
    }
}
