//! `GET /platform/v1/cases/{case}/package`: the evidence package of a case.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use crate::domain::id::CaseId;
use crate::exchange::Gateway;
use crate::http::platform::token::Reader;
use crate::http::platform::view::ProblemShape;
use crate::http::platform::{Answer, input, reason};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    #[serde(default)]
    why: String,
}

/// Everything about a case in one zip file that anybody can verify offline. Journalled under the token's name, with why and the
/// file's SHA-256, before it is handed out. Made again it has the same bytes while nothing happens in the case.
#[utoipa::path(get, path = "/platform/v1/cases/{case}/package", tag = "Cases", security(("token" = [])),
    params(
        ("case" = String, Path, description = "The case's id"),
        ("why" = String, Query, description = "Why, in one line of 1 to 200 characters. No names of people it is about"),
    ),
    responses(
        (status = 200, description = "The package", content_type = "application/zip", body = Vec<u8>),
        (status = 401, description = "No valid token", body = ProblemShape, content_type = "application/problem+json"),
        (status = 404, description = "No such case", body = ProblemShape, content_type = "application/problem+json"),
        (status = 422, description = "No `why`", body = ProblemShape, content_type = "application/problem+json"),
    ))]
pub(super) async fn make_package(
    Reader(actor): Reader,
    request: HttpRequest,
    gateway: web::Data<Gateway>,
) -> Answer {
    let Asked { why } = input::query(&request)?;
    let case: CaseId = input::segment(&request, "case")?;
    let (who, why) = (reason::who(&actor)?, reason::asked(&why)?);
    let package = gateway.package(&case, &who, &why).await?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/zip"))
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{case}.zip\"")))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(package.bytes))
}
