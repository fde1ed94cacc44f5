//! `GET /platform/v1/schemas/{kind}`: the JSON Schema of a canonical record.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};

use crate::domain::record;
use crate::http::platform::token::Reader;
use crate::http::platform::view::{AnyObject, ProblemShape};
use crate::http::platform::{Answer, input};
use crate::http::problem::{ProblemDocument, ProblemType};

/// The JSON Schema (2020-12) of one kind of record, or of `receipt`.
#[utoipa::path(get, path = "/platform/v1/schemas/{kind}", tag = "Descriptions", security(("token" = [])),
    params(("kind" = String, Path, description = "The record kind, such as `complaint-reply`, or `receipt`")),
    responses(
        (status = 200, description = "The schema", body = AnyObject, content_type = "application/schema+json"),
        (status = 401, description = "No valid token", body = ProblemShape, content_type = "application/problem+json"),
        (status = 404, description = "No such kind", body = ProblemShape, content_type = "application/problem+json"),
    ))]
pub(super) async fn show_schema(_: Reader, request: HttpRequest) -> Answer {
    input::no_query(&request)?;
    let kind = request.match_info().get("kind").unwrap_or("");
    let mut all = record::schemas();
    let found = all.remove(kind).ok_or_else(|| {
        let known: Vec<String> = record::schemas().into_keys().collect();
        let known = known.join(", ");
        ProblemDocument::new(
            ProblemType::NotFound,
            format!("没有这种记录；已知：{known}"),
            format!("no such kind; there are {known}"),
        )
    })?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/schema+json"))
        .body(found.to_string()))
}
