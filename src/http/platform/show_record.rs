//! `GET /platform/v1/cases/{case}/records/{record}`: one record of a case.

use actix_web::{HttpRequest, HttpResponse, web};

use crate::domain::id::RecordId;
use crate::exchange::{Gateway, Refused};
use crate::http::platform::token::Reader;
use crate::http::platform::view::{ProblemShape, Record};
use crate::http::platform::{Answer, input};

/// One record of a case, as the platform schema writes it.
#[utoipa::path(get, path = "/platform/v1/cases/{case}/records/{record}", tag = "Cases", security(("token" = [])),
    params(("case" = String, Path, description = "The case's id"), ("record" = String, Path, description = "The record's id")),
    responses(
        (status = 200, description = "The record", body = Record),
        (status = 401, description = "No valid token", body = ProblemShape, content_type = "application/problem+json"),
        (status = 404, description = "No such case, or no such record in it", body = ProblemShape, content_type = "application/problem+json"),
    ))]
pub(super) async fn show_record(reader: Reader, request: HttpRequest, gateway: web::Data<Gateway>) -> Answer {
    input::no_query(&request)?;
    let wanted: RecordId = input::segment(&request, "record")?;
    let case = gateway.case(&reader.0, &input::segment(&request, "case")?).await?;
    let found = case.records.into_iter().find(|record| record.id == wanted).ok_or(Refused::NotFound)?;
    Ok(HttpResponse::Ok().json(Record::from(found)))
}
