//! `POST /agency/v1/receipts`: an agency says what became of something that was sent to it.
//!
//! The body is a message of its profile of kind `receipt`, which names by its `correlate` what it is for: our delivery,
//! our message, its number, or the case. 201 with the `.tlog-proof` of the journal entry when it was taken, 200 with the
//! same when the same had been said before; 408, 413, 415 for the body; 422 for the document, and when nothing that was
//! sent to this agency bears that name; 409 when several do, and when the agency said something else before; 429 and
//! 503 to ask again.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};

use crate::exchange::receipts::{Channel, Given};
use crate::http::agency::caller::Caller;
use crate::http::agency::door::Door;
use crate::http::media::media;
use crate::http::problem::ProblemDocument;

pub(super) async fn give_receipt(
    door: web::Data<Door>,
    caller: Caller,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, ProblemDocument> {
    let (format, charset) = media(&request)?;
    let body = door.body(&request, payload).await?;
    let given = Given {
        sender: caller.sender(),
        agency: caller.agency,
        body: body.bytes,
        format,
        charset,
        channel: Channel::Api,
    };
    let taken = door.gateway.take_receipt(given).await?;
    // Until here the message was in memory.
    drop(body.share);
    let mut response = if taken.duplicate { HttpResponse::Ok() } else { HttpResponse::Created() };
    Ok(response
        .insert_header((header::CONTENT_TYPE, "text/plain; charset=utf-8"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header(("Regbridge-Delivery", taken.delivery.to_string()))
        .insert_header(("Regbridge-Delivery-State", taken.state))
        .insert_header(("Regbridge-Outcome", if taken.duplicate { "duplicate" } else { "accepted" }))
        .body(taken.proof))
}
