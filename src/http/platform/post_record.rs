//! `POST /platform/v1/cases/{case}/records`: a record of the platform's for a case.

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::Value;

use crate::exchange::Gateway;
use crate::exchange::view::Actor;
use crate::http::platform::token::Writer;
use crate::http::platform::view::{Posted, PostedRecord, ProblemShape};
use crate::http::platform::{Answer, input};
use crate::http::problem::{ProblemDocument, ProblemType};

/// Takes an acknowledgement, a reply or a disposal result, moves the case, and queues the record for the agency in
/// the agency's own format. The same `Idempotency-Key` with the same record gets the same answer again.
#[utoipa::path(post, path = "/platform/v1/cases/{case}/records", tag = "Cases", security(("token" = [])),
    params(("case" = String, Path, description = "The case's id"),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes a repetition harmless; 1 to 255 visible ASCII characters")),
    request_body(content = PostedRecord, description = "A canonical record; `registration_number` and `region` may be left to the case"),
    responses(
        (status = 201, description = "Taken, and queued for the agency", body = Posted),
        (status = 200, description = "Had been taken before under this key", body = Posted),
        (status = 401, description = "No valid token", body = ProblemShape, content_type = "application/problem+json"),
        (status = 403, description = "The token may not write, the agency may not receive it, or the same token approved what is to be released: another person releases, with a token of their own", body = ProblemShape, content_type = "application/problem+json"),
        (status = 404, description = "No such case", body = ProblemShape, content_type = "application/problem+json"),
        (status = 409, description = "The case's state does not allow it, or the key was used for another record", body = ProblemShape, content_type = "application/problem+json"),
        (status = 413, description = "The record is too large", body = ProblemShape, content_type = "application/problem+json"),
        (status = 415, description = "Not `application/json`", body = ProblemShape, content_type = "application/problem+json"),
        (status = 422, description = "The record is not right", body = ProblemShape, content_type = "application/problem+json"),
    ))]
pub(super) async fn post_record(
    Writer(actor): Writer,
    request: HttpRequest,
    payload: web::Payload,
    gateway: web::Data<Gateway>,
) -> Answer {
    let record = input::document(&request, payload).await?;
    post(&actor, &request, &gateway, record).await
}

/// Posts a record for the case in the path.
pub(super) async fn post(actor: &Actor, request: &HttpRequest, gateway: &Gateway, record: Value) -> Answer {
    input::no_query(request)?;
    if !record.is_object() {
        let (zh, en) = ("报文应为一个 JSON 对象", "a JSON object is wanted");
        return Err(ProblemDocument::new(ProblemType::Malformed, zh, en));
    }
    let case = input::segment(request, "case")?;
    let key = input::idempotency_key(request)?;
    let replied = gateway.reply(actor, &case, record, key.as_deref()).await?;
    let mut response = if replied.duplicate { HttpResponse::Ok() } else { HttpResponse::Created() };
    if !replied.duplicate {
        response.insert_header(("location", format!("/platform/v1/cases/{case}/records/{}", replied.record)));
    }
    Ok(response.json(Posted::from(replied)))
}
