//! `GET /platform/v1/submissions/{submission}`: a submission without its body.

use actix_web::{HttpRequest, HttpResponse, web};

use crate::exchange::Gateway;
use crate::http::platform::token::Reader;
use crate::http::platform::view::{ProblemShape, Submission};
use crate::http::platform::{Answer, input};

/// What is known of a submission: sender, time, digests, journal entry.
#[utoipa::path(get, path = "/platform/v1/submissions/{submission}", tag = "Submissions", security(("token" = [])),
    params(("submission" = String, Path, description = "The submission's id")),
    responses(
        (status = 200, description = "The submission", body = Submission),
        (status = 401, description = "No valid token", body = ProblemShape, content_type = "application/problem+json"),
        (status = 404, description = "No such submission", body = ProblemShape, content_type = "application/problem+json"),
    ))]
pub(super) async fn show_submission(_: Reader, request: HttpRequest, gateway: web::Data<Gateway>) -> Answer {
    input::no_query(&request)?;
    let submission = gateway.submission(&input::segment(&request, "submission")?).await?;
    Ok(HttpResponse::Ok().json(Submission::from(submission)))
}
