//! `POST /platform/v1/agencies/{agency}/files`: a file that a person brings for an agency.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::domain::id::AgencyId;
use crate::domain::kind::Kind;
use crate::exchange::Gateway;
use crate::exchange::file::{GivenFile, HandedIn};
use crate::exchange::inbound::Sender;
use crate::http::media::media;
use crate::http::platform::token::Writer;
use crate::http::platform::view::ProblemShape;
use crate::http::platform::{Answer, input};
use crate::http::problem::ProblemDocument;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// The record kind that the file must hold; what it says itself where nothing is said.
    #[param(value_type = Option<String>)]
    kind: Option<Kind>,
}

/// Takes in a file of an agency's as if the agency had sent it: XML, JSON, CSV or XLSX in its own format, checked against its
/// scopes, and answered with the receipt that the agency would have got, which is to be handed on to it. A file that is a
/// receipt of the agency's for what it was sent is taken as one, and answered with a proof. The journal says whose token
/// brought it. A file of more than 1000 records is for `regbridge import`, or the agency's folder.
#[utoipa::path(post, path = "/platform/v1/agencies/{agency}/files", tag = "Submissions", security(("token" = [])),
    params(("agency" = String, Path, description = "The agency's id"), Wanted),
    request_body(content = Vec<u8>, description = "The file, in its media type; `charset` where a CSV file is not UTF-8", content_type = "application/xml"),
    responses(
        (status = 201, description = "Taken; the receipt in the agency's format", body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 200, description = "Had been taken before; the same receipt", body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 400, description = "A parameter is unknown or ill-formed", body = ProblemShape, content_type = "application/problem+json"),
        (status = 401, description = "No valid token", body = ProblemShape, content_type = "application/problem+json"),
        (status = 403, description = "The token may not write, or the agency may not submit that", body = ProblemShape, content_type = "application/problem+json"),
        (status = 404, description = "No such agency", body = ProblemShape, content_type = "application/problem+json"),
        (status = 409, description = "Its message id was used for another file, or its case's state does not allow it", body = ProblemShape, content_type = "application/problem+json"),
        (status = 413, description = "The file is too large", body = ProblemShape, content_type = "application/problem+json"),
        (status = 415, description = "None of the media types that files come in", body = ProblemShape, content_type = "application/problem+json"),
        (status = 422, description = "The file is not right: each problem with its place", body = ProblemShape, content_type = "application/problem+json"),
    ))]
pub(super) async fn post_file(
    Writer(actor): Writer,
    request: HttpRequest,
    payload: web::Payload,
    gateway: web::Data<Gateway>,
) -> Answer {
    let Wanted { kind } = input::query(&request)?;
    let id: AgencyId = input::segment(&request, "agency")?;
    let agency = gateway.registry().by_id(&id).ok_or_else(ProblemDocument::not_found)?;
    let (format, charset) = media(&request)?;
    let body = input::many(&request, payload).await?;
    let sender = Sender::Person(actor);
    let given = GivenFile { agency, sender, kind, format, charset, body: body.bytes };
    let (given, content) = gateway.look_into(given).await?;
    let handed_in = gateway.hand_in(given, content).await.map_err(|turned| turned.refused)?;
    drop(body.share);
    let duplicate = match &handed_in {
        HandedIn::Message(answer) => answer.duplicate,
        HandedIn::Receipt(taken) => taken.duplicate,
    };
    let mut response = if duplicate { HttpResponse::Ok() } else { HttpResponse::Created() };
    response
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header(("Regbridge-Outcome", if duplicate { "duplicate" } else { "accepted" }));
    Ok(match handed_in {
        HandedIn::Message(answer) => response
            .insert_header((header::CONTENT_TYPE, answer.content_type))
            .insert_header((header::LOCATION, format!("/platform/v1/submissions/{}", answer.submission)))
            .insert_header(("Regbridge-Submission", answer.submission.to_string()))
            .body(answer.receipt),
        HandedIn::Receipt(taken) => response
            .insert_header((header::CONTENT_TYPE, "text/plain; charset=utf-8"))
            .insert_header((header::LOCATION, format!("/platform/v1/deliveries/{}", taken.delivery)))
            .insert_header(("Regbridge-Delivery", taken.delivery.to_string()))
            .insert_header(("Regbridge-Delivery-State", taken.state))
            .body(taken.proof),
    })
}
