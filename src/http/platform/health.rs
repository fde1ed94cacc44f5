//! `GET /healthz` and `GET /readyz`: whether the process lives, and whether it can do its work.

use actix_web::{HttpResponse, web};

use crate::exchange::{Gateway, Refused};
use crate::http::platform::Answer;
use crate::http::platform::view::ProblemShape;

/// The process lives and answers.
#[utoipa::path(get, path = "/healthz", tag = "Health", responses(
    (status = 200, description = "It lives", body = String, content_type = "text/plain; charset=utf-8"),
))]
pub(super) async fn alive() -> Answer {
    Ok(HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ok\n"))
}

/// The store answers.
#[utoipa::path(get, path = "/readyz", tag = "Health", responses(
    (status = 200, description = "It can work", body = String, content_type = "text/plain; charset=utf-8"),
    (status = 503, description = "The store does not answer", body = ProblemShape, content_type = "application/problem+json"),
))]
pub(super) async fn ready(gateway: web::Data<Gateway>) -> Answer {
    // The smallest question that goes to the store; a gateway without an event yet is ready too.
    match gateway.events(0, 1).await {
        Ok(_) | Err(Refused::NotFound) => {
            Ok(HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ready\n"))
        }
        Err(why) => Err(why.into()),
    }
}
