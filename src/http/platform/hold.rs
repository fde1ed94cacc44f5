//! `PUT` and `DELETE /platform/v1/cases/{case}/hold`: a case is put under legal hold, and taken out of it.

use actix_web::{HttpRequest, HttpResponse, web};

use crate::domain::id::CaseId;
use crate::exchange::Gateway;
use crate::http::platform::token::Writer;
use crate::http::platform::view::{Hold, Intervention, ProblemShape};
use crate::http::platform::{Answer, input, reason};
use crate::http::problem::{ProblemDocument, ProblemType};

/// Puts a case under legal hold: nothing of it is removed until the hold ends. Journalled with the token's name and why. A
/// case has one hold: of a second the first word stands, and is the answer.
#[utoipa::path(put, path = "/platform/v1/cases/{case}/hold", tag = "Cases", security(("token" = [])),
    params(("case" = String, Path, description = "The case's id")),
    request_body(content = Intervention, description = "Why. No names of people it is about"),
    responses(
        (status = 200, description = "It was under hold already", body = Hold),
        (status = 201, description = "It is under hold now", body = Hold),
        (status = 401, description = "No valid token", body = ProblemShape, content_type = "application/problem+json"),
        (status = 403, description = "The token may not write", body = ProblemShape, content_type = "application/problem+json"),
        (status = 404, description = "No such case", body = ProblemShape, content_type = "application/problem+json"),
        (status = 422, description = "No `why`", body = ProblemShape, content_type = "application/problem+json"),
    ))]
pub(super) async fn put_hold(
    Writer(actor): Writer,
    request: HttpRequest,
    payload: web::Payload,
    gateway: web::Data<Gateway>,
) -> Answer {
    input::no_query(&request)?;
    let case: CaseId = input::segment(&request, "case")?;
    let (who, why) = reason::read(&actor, &request, payload).await?;
    let new = gateway.hold(&case, &who, &why).await?;
    // Another may have ended it since.
    let hold = gateway.hold_of(&case).await?.ok_or_else(not_held)?;
    let mut answer = if new { HttpResponse::Created() } else { HttpResponse::Ok() };
    Ok(answer.json(Hold::from(hold)))
}

/// Takes a case out of legal hold: from now on its time counts again. Journalled with the token's name and why.
#[utoipa::path(delete, path = "/platform/v1/cases/{case}/hold", tag = "Cases", security(("token" = [])),
    params(("case" = String, Path, description = "The case's id")),
    request_body(content = Intervention, description = "Why. No names of people it is about"),
    responses(
        (status = 204, description = "It is out of hold"),
        (status = 401, description = "No valid token", body = ProblemShape, content_type = "application/problem+json"),
        (status = 403, description = "The token may not write", body = ProblemShape, content_type = "application/problem+json"),
        (status = 404, description = "No such case, or it is under no hold", body = ProblemShape, content_type = "application/problem+json"),
        (status = 422, description = "No `why`", body = ProblemShape, content_type = "application/problem+json"),
    ))]
pub(super) async fn end_hold(
    Writer(actor): Writer,
    request: HttpRequest,
    payload: web::Payload,
    gateway: web::Data<Gateway>,
) -> Answer {
    input::no_query(&request)?;
    let case: CaseId = input::segment(&request, "case")?;
    let (who, why) = reason::read(&actor, &request, payload).await?;
    if gateway.release_hold(&case, &who, &why).await? {
        return Ok(HttpResponse::NoContent().finish());
    }
    Err(not_held())
}

fn not_held() -> ProblemDocument {
    ProblemDocument::new(ProblemType::NotFound, "该案件未被法律保全", "the case is under no hold")
}
