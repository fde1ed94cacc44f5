//! `POST /platform/v1/deliveries/{delivery}/stop`, `…/retry`, `…/replay`: an operator's hand on a delivery.

use actix_web::{HttpRequest, HttpResponse, web};

use crate::exchange::Gateway;
use crate::exchange::intervene::Action;
use crate::exchange::view::Actor;
use crate::http::platform::token::Writer;
use crate::http::platform::view::{Intervened, Intervention, ProblemShape};
use crate::http::platform::{Answer, input, reason};

/// Gives a delivery up: it is not sent, and not given out, any more. Journalled with the token's name and why.
#[utoipa::path(post, path = "/platform/v1/deliveries/{delivery}/stop", tag = "Deliveries", security(("token" = [])),
    params(("delivery" = String, Path, description = "The delivery's id")),
    request_body(content = Intervention, description = "Why"),
    responses(
        (status = 200, description = "It is given up", body = Intervened),
        (status = 401, description = "No valid token", body = ProblemShape, content_type = "application/problem+json"),
        (status = 403, description = "The token may not write", body = ProblemShape, content_type = "application/problem+json"),
        (status = 404, description = "No such delivery", body = ProblemShape, content_type = "application/problem+json"),
        (status = 409, description = "It is settled already", body = ProblemShape, content_type = "application/problem+json"),
        (status = 422, description = "No `why`", body = ProblemShape, content_type = "application/problem+json"),
    ))]
pub(super) async fn stop_delivery(
    Writer(actor): Writer,
    request: HttpRequest,
    payload: web::Payload,
    gateway: web::Data<Gateway>,
) -> Answer {
    intervene(&actor, &request, payload, &gateway, Action::Stop).await
}

/// Tries what was not delivered again, now, with its whole backoff before it. Journalled with the token's name and why.
#[utoipa::path(post, path = "/platform/v1/deliveries/{delivery}/retry", tag = "Deliveries", security(("token" = [])),
    params(("delivery" = String, Path, description = "The delivery's id")),
    request_body(content = Intervention, description = "Why"),
    responses(
        (status = 200, description = "It is queued", body = Intervened),
        (status = 401, description = "No valid token", body = ProblemShape, content_type = "application/problem+json"),
        (status = 403, description = "The token may not write", body = ProblemShape, content_type = "application/problem+json"),
        (status = 404, description = "No such delivery", body = ProblemShape, content_type = "application/problem+json"),
        (status = 409, description = "It was delivered, is being sent, or waits to be fetched", body = ProblemShape, content_type = "application/problem+json"),
        (status = 410, description = "Its message was erased", body = ProblemShape, content_type = "application/problem+json"),
        (status = 422, description = "No `why`", body = ProblemShape, content_type = "application/problem+json"),
    ))]
pub(super) async fn retry_delivery(
    Writer(actor): Writer,
    request: HttpRequest,
    payload: web::Payload,
    gateway: web::Data<Gateway>,
) -> Answer {
    intervene(&actor, &request, payload, &gateway, Action::Retry).await
}

/// Sends what was delivered once more: the same bytes under the same delivery id, as long as they are there. Journalled
/// with the token's name and why.
#[utoipa::path(post, path = "/platform/v1/deliveries/{delivery}/replay", tag = "Deliveries", security(("token" = [])),
    params(("delivery" = String, Path, description = "The delivery's id")),
    request_body(content = Intervention, description = "Why"),
    responses(
        (status = 200, description = "It is queued", body = Intervened),
        (status = 401, description = "No valid token", body = ProblemShape, content_type = "application/problem+json"),
        (status = 403, description = "The token may not write", body = ProblemShape, content_type = "application/problem+json"),
        (status = 404, description = "No such delivery", body = ProblemShape, content_type = "application/problem+json"),
        (status = 409, description = "It was not delivered yet, or is fetched", body = ProblemShape, content_type = "application/problem+json"),
        (status = 410, description = "Its message was erased", body = ProblemShape, content_type = "application/problem+json"),
        (status = 422, description = "No `why`", body = ProblemShape, content_type = "application/problem+json"),
    ))]
pub(super) async fn replay_delivery(
    Writer(actor): Writer,
    request: HttpRequest,
    payload: web::Payload,
    gateway: web::Data<Gateway>,
) -> Answer {
    intervene(&actor, &request, payload, &gateway, Action::Replay).await
}

async fn intervene(
    actor: &Actor,
    request: &HttpRequest,
    payload: web::Payload,
    gateway: &Gateway,
    action: Action,
) -> Answer {
    input::no_query(request)?;
    let id = input::segment(request, "delivery")?;
    let (who, why) = reason::read(actor, request, payload).await?;
    let done = gateway.intervene(&id, action, &who, &why).await?;
    Ok(HttpResponse::Ok().json(Intervened {
        before: done.before.as_str().to_owned(),
        state: done.state.as_str().to_owned(),
        under_way: done.under_way,
        journal_index: done.journal_index,
    }))
}
