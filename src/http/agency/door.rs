//! The door: what every request passes on its way in, and every answer on its way out.
//!
//! In: who is calling ([`Caller`]), how large the header is, how often the agency asks. Out: problems in the caller's
//! markup, refusals of a known agency into the journal, the connection's end when its time has come, one line in the
//! log, which never holds a body.

use std::sync::Arc;

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Version;
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage as _, web};
use tokio::time::Instant;

use crate::domain::kind::Kind;
use crate::exchange::Gateway;
use crate::http::agency::caller::{Caller, TurnedAway};
use crate::http::agency::connection::Connection;
use crate::http::agency::limits::Limits;
use crate::http::agency::rates::{Rates, TooOften};
use crate::http::agency::waits::Waits;
use crate::http::body::{self, Body, Budget};
use crate::http::problem::{ProblemDocument, ProblemType};
use crate::pki::Trust;

/// What the listener's requests share.
pub struct Door {
    /// The use cases.
    pub gateway: Gateway,
    /// Whose certificates hold now.
    pub trust: Trust,
    /// What a caller may take.
    pub limits: Limits,
    pub(super) rates: Rates,
    pub(super) waits: Waits,
    pub(super) budget: Arc<Budget>,
}

/// How many bytes of body a request brought; for the log.
#[derive(Clone, Copy)]
struct Received(usize);

impl Door {
    /// A door to these use cases.
    #[must_use]
    pub fn new(gateway: Gateway, trust: Trust, limits: Limits) -> Self {
        let budget = Budget::of(limits.bodies_bytes);
        Self { gateway, trust, limits, rates: Rates::default(), waits: Waits::default(), budget }
    }

    /// Reads the request's body within the limits.
    pub(super) async fn body(
        &self,
        request: &actix_web::HttpRequest,
        payload: web::Payload,
    ) -> Result<Body, ProblemDocument> {
        let body = body::read(request.headers(), payload, &self.limits.body(), &self.budget).await?;
        request.extensions_mut().insert(Received(body.bytes.len()));
        Ok(body)
    }
}

/// The middleware.
pub(super) async fn pass(
    door: web::Data<Door>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let start = Instant::now();
    let mut note = false;
    let (caller, answered) = match enter(&door, &request, &mut note) {
        Ok(caller) => {
            request.extensions_mut().insert(caller.clone());
            (Some(caller), next.call(request).await?.map_into_boxed_body())
        }
        Err(away) => (away.caller, request.error_response(*away.problem)),
    };
    let (request, mut response) = answered.into_parts();
    let problem = response.error().map(problem_of);
    let connection = request.conn_data::<Connection>();
    let mut close = connection.is_none_or(|c| c.is_old(&door.limits));
    if let Some(problem) = &problem {
        response = problem.response(&request);
        close |= problem.close;
        if let Some(caller) = &caller
            && (note || is_noted(problem))
        {
            let kind = request.match_info().get("kind").and_then(|kind| Kind::parse(kind).ok());
            door.gateway.journal_refusal(caller.note(kind, problem.problem_type.slug())).await;
        }
    }
    if close {
        if request.version() < Version::HTTP_2 {
            response.head_mut().set_connection_type(actix_web::http::ConnectionType::Close);
        }
        if let Some(connection) = connection {
            connection.hang_up();
        }
    }
    let size = match response.body().size() {
        BodySize::Sized(bytes) => bytes,
        _ => 0,
    };
    tracing::info!(
        target: "regbridge::access",
        agency = caller.as_ref().map_or("-", |c| c.agency.id.as_str()),
        method = %request.method(),
        path = request.path(),
        status = response.status().as_u16(),
        problem = problem.as_ref().map_or("-", |p| p.problem_type.slug()),
        ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX),
        received = request.extensions().get::<Received>().map_or(0, |r| r.0),
        sent = size,
    );
    Ok(ServiceResponse::new(request, response))
}

fn problem_of(error: &Error) -> ProblemDocument {
    error.as_error::<ProblemDocument>().cloned().unwrap_or_else(|| {
        tracing::error!(%error, "an error of the web framework");
        ProblemDocument::plain(ProblemType::Internal)
    })
}

fn enter(door: &Door, request: &ServiceRequest, note: &mut bool) -> Result<Caller, TurnedAway> {
    let caller = Caller::of(request, door).inspect_err(|away| *note = away.caller.is_some())?;
    let away = |problem| TurnedAway { problem: Box::new(problem), caller: Some(caller.clone()) };
    let header: usize = request.headers().iter().map(|(n, v)| n.as_str().len() + v.len() + 4).sum();
    if header + request.uri().to_string().len() > door.limits.header_bytes {
        *note = true;
        return Err(away(too_large_header(door.limits.header_bytes)));
    }
    if let Err(TooOften { retry_after, note: first }) = door.rates.take(&caller.agency) {
        *note = first;
        let problem = ProblemDocument::plain(ProblemType::TooManyRequests).with_retry_after(retry_after);
        return Err(away(problem));
    }
    Ok(caller)
}

fn too_large_header(limit: usize) -> ProblemDocument {
    ProblemDocument::new(
        ProblemType::HeaderTooLarge,
        format!("请求头超过 {limit} 字节"),
        format!("the request header is larger than {limit} bytes"),
    )
    .closing()
}

/// Which refusals of handlers are journalled here: attempts at an exchange that never reached a use case. What a use
/// case refused it journalled itself; a wrong address or method is no attempt at an exchange.
fn is_noted(problem: &ProblemDocument) -> bool {
    !problem.journalled
        && matches!(
            problem.problem_type,
            ProblemType::OutOfScope
                | ProblemType::BadRequest
                | ProblemType::BadCursor
                | ProblemType::UnsupportedMedia
                | ProblemType::TooLarge
                | ProblemType::TooSlow
        )
}
