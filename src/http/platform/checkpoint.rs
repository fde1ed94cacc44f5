//! `GET /platform/v1/journal/{checkpoint,vkey}`: the journal's signed head, and the key to check it with.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};

use crate::exchange::Gateway;
use crate::http::platform::token::Reader;
use crate::http::platform::view::ProblemShape;
use crate::http::platform::{Answer, input};

/// The journal's latest checkpoint: a signed note (C2SP tlog-checkpoint v1.0.0).
#[utoipa::path(get, path = "/platform/v1/journal/checkpoint", tag = "Journal", security(("token" = [])), responses(
    (status = 200, description = "The checkpoint", body = String, content_type = "text/plain; charset=utf-8"),
    (status = 401, description = "No valid token", body = ProblemShape, content_type = "application/problem+json"),
    (status = 404, description = "The journal is empty", body = ProblemShape, content_type = "application/problem+json"),
))]
pub(super) async fn checkpoint(_: Reader, request: HttpRequest, gateway: web::Data<Gateway>) -> Answer {
    text(&request, &gateway, "checkpoint").await
}

/// The verifier key of the journal's signatures (C2SP signed-note v1.0.0). Compare it with the one that was handed
/// over on paper: a key from the same place as the signature proves nothing.
#[utoipa::path(get, path = "/platform/v1/journal/vkey", tag = "Journal", security(("token" = [])), responses(
    (status = 200, description = "The verifier key", body = String, content_type = "text/plain; charset=utf-8"),
    (status = 401, description = "No valid token", body = ProblemShape, content_type = "application/problem+json"),
))]
pub(super) async fn verifier_key(_: Reader, request: HttpRequest, gateway: web::Data<Gateway>) -> Answer {
    text(&request, &gateway, "vkey").await
}

async fn text(request: &HttpRequest, gateway: &Gateway, path: &str) -> Answer {
    input::no_query(request)?;
    let bytes = gateway.published(path).await?;
    Ok(HttpResponse::Ok().insert_header((header::CONTENT_TYPE, "text/plain; charset=utf-8")).body(bytes))
}
