//! `POST /agency/v1/{kind}`: an agency submits a message.
//!
//! 201 with the receipt when it was accepted now, 200 with the very same bytes when it had been; 403 without the
//! scope (asked before the body is read), 404 for an unknown kind, 408, 413, 415 for the body, 422 for the document,
//! 409 for a conflict, 429 and 503 to ask again. A refusal is a problem document, or the answer of the agency's own
//! format where its profile says `refusal = "answer"`.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};

use crate::domain::kind::{Direction, Kind};
use crate::exchange::inbound::{Channel, Inbound};
use crate::exchange::{Told, Turned};
use crate::http::agency::caller::Caller;
use crate::http::agency::door::Door;
use crate::http::header::only;
use crate::http::media::media;
use crate::http::problem::{ProblemDocument, ProblemType};

/// The longest message id that a header may name: three UUIDs; it is a column's key.
const MESSAGE_ID_CHARACTERS: usize = 128;

pub(super) async fn submit(
    door: web::Data<Door>,
    caller: Caller,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, ProblemDocument> {
    let kind = kind_of(&request)?;
    caller.may(kind, Direction::Submit)?;
    let (format, charset) = media(&request)?;
    let message_id = message_id(&request)?;
    let body = door.body(&request, payload).await?;
    let inbound = Inbound {
        sender: caller.sender(),
        agency: caller.agency,
        kind: Some(kind),
        body: body.bytes,
        format,
        charset,
        channel: Channel::Api,
        message_id,
    };
    let answer = match door.gateway.submit_and_tell(inbound).await {
        Ok(answer) => answer,
        Err(Turned { refused, told }) => return turned(&request, refused.into(), told),
    };
    // Until here the message was in memory.
    drop(body.share);
    let mut response = if answer.duplicate { HttpResponse::Ok() } else { HttpResponse::Created() };
    Ok(response
        .insert_header((header::CONTENT_TYPE, answer.content_type))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::LOCATION, format!("/agency/v1/receipts/{}", answer.submission)))
        .insert_header(("Regbridge-Submission", answer.submission.to_string()))
        .insert_header(("Regbridge-Outcome", if answer.duplicate { "duplicate" } else { "accepted" }))
        .body(answer.receipt))
}

/// A refusal as the agency's format says it, unless the caller asks for ours: a problem document.
fn turned(
    request: &HttpRequest,
    problem: ProblemDocument,
    told: Option<Told>,
) -> Result<HttpResponse, ProblemDocument> {
    let accepted = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let ours = accepted.is_some_and(|accepted| accepted.contains("application/problem+"));
    match told.filter(|_| !ours) {
        Some(Told { body, content_type }) => Ok(HttpResponse::build(problem.problem_type.status())
            .insert_header((header::CONTENT_TYPE, content_type))
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .insert_header(("Regbridge-Outcome", "refused"))
            .body(body)),
        None => Err(problem),
    }
}

/// The record kind that the address names.
pub(super) fn kind_of(request: &HttpRequest) -> Result<Kind, ProblemDocument> {
    let name = request.match_info().get("kind").unwrap_or_default();
    Kind::parse(name).map_err(|bad| {
        ProblemDocument::new(
            ProblemType::NotFound,
            format!(
                "没有这种记录；可用的有 {}",
                Kind::ALL.iter().map(|k| k.as_str()).collect::<Vec<_>>().join("、")
            ),
            bad.to_string(),
        )
    })
}

/// The message id that a header names: `Idempotency-Key`, bare or as a quoted string.
fn message_id(request: &HttpRequest) -> Result<Option<String>, ProblemDocument> {
    let Some(value) = only(request, "Idempotency-Key")? else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    let id = text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).unwrap_or(text);
    if id.is_empty() || id.len() > MESSAGE_ID_CHARACTERS || !id.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(ProblemDocument::new(
            ProblemType::BadRequest,
            format!("Idempotency-Key 须为 1 至 {MESSAGE_ID_CHARACTERS} 个可见 ASCII 字符"),
            format!("Idempotency-Key must be 1 to {MESSAGE_ID_CHARACTERS} visible ASCII characters"),
        ));
    }
    Ok(Some(id.to_owned()))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn with(name: &'static str, value: &'static str) -> HttpRequest {
        TestRequest::default().insert_header((name, value)).to_http_request()
    }

    #[test]
    fn a_message_id_is_short_and_visible() {
        let read = |value| message_id(&with("idempotency-key", value)).map_err(|p| p.problem_type);
        assert_eq!(read("\"m-1\""), Ok(Some("m-1".to_owned())));
        assert_eq!(read("m-1"), Ok(Some("m-1".to_owned())));
        assert_eq!(read("two words"), Err(ProblemType::BadRequest));
        assert_eq!(read("\"\""), Err(ProblemType::BadRequest));
        let twice = TestRequest::default()
            .append_header(("idempotency-key", "a"))
            .append_header(("idempotency-key", "b"))
            .to_http_request();
        assert_eq!(message_id(&twice).unwrap_err().problem_type, ProblemType::BadRequest);
    }
}
