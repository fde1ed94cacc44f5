//! `GET /platform/v1/submissions/{submission}/receipt`: what the sender was answered.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};

use crate::exchange::Gateway;
use crate::http::platform::token::Reader;
use crate::http::platform::view::ProblemShape;
use crate::http::platform::{Answer, input};

/// The receipt, byte for byte as the agency got it, in the agency's own format.
#[utoipa::path(get, path = "/platform/v1/submissions/{submission}/receipt", tag = "Submissions", security(("token" = [])),
    params(("submission" = String, Path, description = "The submission's id")),
    responses(
        (status = 200, description = "The receipt, in the media type that the agency got", content_type = "application/octet-stream", body = Vec<u8>),
        (status = 401, description = "No valid token", body = ProblemShape, content_type = "application/problem+json"),
        (status = 404, description = "No such submission", body = ProblemShape, content_type = "application/problem+json"),
    ))]
pub(super) async fn submission_receipt(
    _: Reader,
    request: HttpRequest,
    gateway: web::Data<Gateway>,
) -> Answer {
    input::no_query(&request)?;
    let (bytes, media) = gateway.submission_receipt(&input::segment(&request, "submission")?).await?;
    Ok(HttpResponse::Ok().insert_header((header::CONTENT_TYPE, media)).body(bytes))
}
