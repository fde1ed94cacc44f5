//! `GET /platform/v1/cases/{case}`: one case with everything exchanged about it.

use actix_web::{HttpRequest, HttpResponse, web};

use crate::exchange::Gateway;
use crate::http::platform::token::Reader;
use crate::http::platform::view::{CaseDetail, ProblemShape};
use crate::http::platform::{Answer, input};

/// One case: its records, submissions, deliveries with their attempts, and the journal entries of each. Of a request for
/// assistance the reading is journalled under the token's name.
#[utoipa::path(get, path = "/platform/v1/cases/{case}", tag = "Cases", security(("token" = [])),
    params(("case" = String, Path, description = "The case's id")),
    responses(
        (status = 200, description = "The case", body = CaseDetail),
        (status = 401, description = "No valid token", body = ProblemShape, content_type = "application/problem+json"),
        (status = 404, description = "No such case", body = ProblemShape, content_type = "application/problem+json"),
    ))]
pub(super) async fn show_case(reader: Reader, request: HttpRequest, gateway: web::Data<Gateway>) -> Answer {
    input::no_query(&request)?;
    let case = gateway.case(&reader.0, &input::segment(&request, "case")?).await?;
    Ok(HttpResponse::Ok().json(CaseDetail::from(case)))
}
