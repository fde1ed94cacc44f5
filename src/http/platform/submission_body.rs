//! `GET /platform/v1/submissions/{submission}/body`: the bytes as received.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};

use crate::domain::id::SubmissionId;
use crate::exchange::Gateway;
use crate::http::platform::token::Reader;
use crate::http::platform::view::ProblemShape;
use crate::http::platform::{Answer, input};

/// The bytes as the agency sent them. The reading is journalled under the token's name before they are handed out.
#[utoipa::path(get, path = "/platform/v1/submissions/{submission}/body", tag = "Submissions", security(("token" = [])),
    params(("submission" = String, Path, description = "The submission's id")),
    responses(
        (status = 200, description = "The bytes, in the media type that they came in", content_type = "application/octet-stream", body = Vec<u8>),
        (status = 401, description = "No valid token", body = ProblemShape, content_type = "application/problem+json"),
        (status = 404, description = "No such submission", body = ProblemShape, content_type = "application/problem+json"),
    ))]
pub(super) async fn submission_body(
    Reader(actor): Reader,
    request: HttpRequest,
    gateway: web::Data<Gateway>,
) -> Answer {
    input::no_query(&request)?;
    let id: SubmissionId = input::segment(&request, "submission")?;
    let (bytes, media) = gateway.submission_body(&actor, &id).await?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, media))
        // A stranger's document is saved, never shown: a browser would run what is in it.
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{id}\"")))
        .insert_header((header::CONTENT_SECURITY_POLICY, "sandbox"))
        .body(bytes))
}
