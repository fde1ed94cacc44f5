//! `GET /agency/v1/receipts/{id}`: the stored receipt of one of the agency's own submissions.
//!
//! 200 with the same bytes as at the first time; 404 for an unknown one, and for another agency's.

use actix_web::http::header;
use actix_web::{HttpResponse, web};

use crate::domain::id::SubmissionId;
use crate::http::agency::caller::Caller;
use crate::http::agency::door::Door;
use crate::http::problem::ProblemDocument;

pub(super) async fn receipt(
    door: web::Data<Door>,
    caller: Caller,
    id: web::Path<String>,
) -> Result<HttpResponse, ProblemDocument> {
    let id = SubmissionId::parse(&id).map_err(|_| ProblemDocument::not_found())?;
    let answer = door.gateway.receipt(&caller.agency, &id).await?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, answer.content_type))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header(("Regbridge-Submission", answer.submission.to_string()))
        .body(answer.receipt))
}
