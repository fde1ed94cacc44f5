//! 红盾云桥 as a bureau's client calls it: `POST /router/rest`.
//!
//! Promise: a client of the old open platform changes one URL and goes on. The call is known twice: by the client
//! certificate, as everywhere here, and by its signature, whose application key must belong to the same agency. A call
//! that fails as a call is answered by an `error_response` with the open platform's own codes, always with status 200,
//! as its clients expect. Answers are written by the agency's profile; parameters, signature and failed calls are this
//! folder's.
//!
//! Parameters may come in the query, in the form body, or in both: clients differ. The submission that is stored
//! and journalled is what remains of them without the call's own (`timestamp`, `sign`, …), so that a letter sent again
//! is the same submission.

mod answer;
mod assistance;
mod call;
mod fault;
mod inspection;
mod query;
mod report;
mod signature;
mod submit;

use crate::http::agency::caller::Caller;
use crate::http::agency::door::Door;
use crate::http::agency::router::answer::Wish;
use crate::http::agency::router::call::Call;
use crate::http::agency::router::fault::{Code, Fault};
use crate::http::problem::ProblemDocument;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};

/// The methods that are known here, to be answered under this id.
struct Asked<'a> {
    door: &'a Door,
    caller: &'a Caller,
    call: &'a Call,
    wish: Wish,
    request_id: &'a str,
}

pub(super) async fn rest(
    door: web::Data<Door>,
    caller: Caller,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, ProblemDocument> {
    let form = is_form(&request);
    let body = door.body(&request, payload).await?;
    let request_id = request_id(&door);
    let mut wish = Wish::default();
    let answered = if form {
        run(&door, &caller, &request, &body.bytes, &request_id, &mut wish).await
    } else {
        Err(Fault::new(
            Code::InvalidArguments,
            "isv.invalid-content-type",
            "application/x-www-form-urlencoded",
        ))
    };
    let bytes = match answered {
        Ok(bytes) => bytes,
        Err(fault) => {
            if let Some(why) = fault.noted() {
                door.gateway.journal_refusal(caller.note(None, why)).await;
            }
            tracing::info!(agency = %caller.agency.id, code = fault.code.number(), request_id, "a call failed");
            wish.fault(&fault, &request_id)
        }
    };
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, wish.content_type()))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(bytes))
}

async fn run(
    door: &Door,
    caller: &Caller,
    request: &HttpRequest,
    body: &[u8],
    request_id: &str,
    wish: &mut Wish,
) -> Result<Vec<u8>, Fault> {
    let call = Call::read(request.query_string(), body)?;
    // First of all, so that a refusal of the rest is written as the client reads.
    *wish = call.wish()?;
    let method = call.method()?;
    check(door, caller, &call)?;
    let asked = Asked { door, caller, call: &call, wish: *wish, request_id };
    match method {
        submit::METHOD => submit::submit(&asked).await,
        query::METHOD => query::query(&asked).await,
        inspection::METHOD => inspection::submit(&asked).await,
        assistance::METHOD => assistance::execute(&asked).await,
        report::ADD => report::add(&asked).await,
        report::GET => report::get(&asked).await,
        _ => Err(Fault::new(Code::InvalidMethod, "isv.invalid-method", method)),
    }
}

/// Application key, version, timestamp, signature: in this order, and nothing of the method before.
fn check(door: &Door, caller: &Caller, call: &Call) -> Result<(), Fault> {
    let app_key = call.app_key()?;
    let registry = door.gateway.registry();
    let unknown = || Fault::new(Code::InvalidAppKey, "isv.appkey-not-exists", app_key);
    let (agency, secret) = registry.by_app_key(app_key).ok_or_else(unknown)?;
    // Another agency's key is none, as far as this caller learns.
    if agency.id != caller.agency.id {
        return Err(unknown());
    }
    call.check_version()?;
    call.check_timestamp(door.gateway.clock().now())?;
    call.check_signature(secret)
}

fn is_form(request: &HttpRequest) -> bool {
    let value = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let mut parts = value.split(';').map(str::trim);
    let form = parts.next().is_some_and(|t| t.eq_ignore_ascii_case("application/x-www-form-urlencoded"));
    let charset =
        parts.find_map(|p| p.split_once('=').filter(|(n, _)| n.trim().eq_ignore_ascii_case("charset")));
    form && charset.is_none_or(|(_, value)| value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8"))
}

/// Twelve characters, as the open platform's: enough to find one call in a day's log.
fn request_id(door: &Door) -> String {
    let mut bytes = [0; 6];
    door.gateway.chance().fill(&mut bytes);
    hex::encode(bytes)
}
