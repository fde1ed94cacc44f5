//! `/platform/v1/cases/{case}/attachments[/{sha256}]`: the files of a case.
//!
//! What each request means stands in [`crate::http::attachments`]; here is who may, and the description.

use actix_web::{HttpRequest, web};

use crate::exchange::Gateway;
use crate::exchange::attachments::Party;
use crate::http::attachments::{self as shared, AttachmentList, AttachmentShape};
use crate::http::platform::token::{Reader, Writer};
use crate::http::platform::view::ProblemShape;
use crate::http::platform::{Answer, input};

/// The files of a case, in the order they were brought, whoever brought them.
#[utoipa::path(get, path = "/platform/v1/cases/{case}/attachments", tag = "Attachments", security(("token" = [])),
    params(("case" = String, Path, description = "The case's id")),
    responses(
        (status = 200, description = "The files", body = AttachmentList),
        (status = 401, description = "No valid token", body = ProblemShape, content_type = "application/problem+json"),
        (status = 404, description = "No such case", body = ProblemShape, content_type = "application/problem+json"),
    ))]
pub(super) async fn list_attachments(
    Reader(actor): Reader,
    request: HttpRequest,
    gateway: web::Data<Gateway>,
) -> Answer {
    input::no_query(&request)?;
    shared::list(&gateway, &Party::Platform(actor), &request).await
}

/// A file's bytes, whole or one range of them. The reading is journalled under the token's name.
#[utoipa::path(get, path = "/platform/v1/cases/{case}/attachments/{sha256}", tag = "Attachments", security(("token" = [])),
    params(("case" = String, Path, description = "The case's id"),
        ("sha256" = String, Path, description = "SHA-256 of the file, 64 lower-case hexadecimal digits"),
        ("Range" = Option<String>, Header, description = "One range of bytes, such as `bytes=1000-`")),
    responses(
        (status = 200, description = "The bytes, in the file's media type", body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 206, description = "The bytes of the range", body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 401, description = "No valid token", body = ProblemShape, content_type = "application/problem+json"),
        (status = 404, description = "No such file", body = ProblemShape, content_type = "application/problem+json"),
        (status = 410, description = "The scanner refused it; its bytes are gone", body = ProblemShape, content_type = "application/problem+json"),
        (status = 416, description = "The range is beyond its end", body = ProblemShape, content_type = "application/problem+json"),
        (status = 423, description = "It waits for the scanner", body = ProblemShape, content_type = "application/problem+json"),
    ))]
pub(super) async fn read_attachment(
    Reader(actor): Reader,
    request: HttpRequest,
    gateway: web::Data<Gateway>,
) -> Answer {
    input::no_query(&request)?;
    shared::read(&gateway, &Party::Platform(actor), &request).await
}

/// What of a file is there: 200 for a whole one, 204 with `Upload-Offset` for one on its way.
#[utoipa::path(head, path = "/platform/v1/cases/{case}/attachments/{sha256}", tag = "Attachments", security(("token" = [])),
    params(("case" = String, Path, description = "The case's id"),
        ("sha256" = String, Path, description = "SHA-256 of the file, 64 lower-case hexadecimal digits")),
    responses(
        (status = 200, description = "It is whole; `Attachment-State` says whether it is released"),
        (status = 204, description = "It is on its way; go on at `Upload-Offset`"),
        (status = 401, description = "No valid token"),
        (status = 404, description = "Nothing of it is there"),
    ))]
pub(super) async fn probe_attachment(
    Reader(actor): Reader,
    request: HttpRequest,
    gateway: web::Data<Gateway>,
) -> Answer {
    input::no_query(&request)?;
    shared::head(&gateway, &Party::Platform(actor), &request).await
}

/// Brings a file to a case, from its beginning. What came before a break stays: HEAD says how much, PATCH goes on. A
/// record names the file by its SHA-256, and is then written to the agency with it.
#[utoipa::path(put, path = "/platform/v1/cases/{case}/attachments/{sha256}", tag = "Attachments", security(("token" = [])),
    params(("case" = String, Path, description = "The case's id"),
        ("sha256" = String, Path, description = "SHA-256 of the file, 64 lower-case hexadecimal digits"),
        ("role" = Option<String>, Query, description = "What it is to the case: a word such as `evidence`"),
        ("Content-Disposition" = Option<String>, Header, description = "Its name: `attachment; filename*=UTF-8''…`"),
        ("Upload-Length" = Option<u64>, Header, description = "Its whole length, where this request brings a part"),
        ("Upload-Complete" = Option<String>, Header, description = "`?0` where more is to come; `?1` if it is not said")),
    request_body(content = Vec<u8>, description = "The bytes, in the file's media type", content_type = "application/octet-stream"),
    responses(
        (status = 201, description = "Taken; or, with `Upload-Complete: ?0`, as far as `Upload-Offset`", body = AttachmentShape),
        (status = 200, description = "The case has it already", body = AttachmentShape),
        (status = 400, description = "A header or parameter is wrong, or the length is not as announced", body = ProblemShape, content_type = "application/problem+json"),
        (status = 401, description = "No valid token", body = ProblemShape, content_type = "application/problem+json"),
        (status = 403, description = "The token may not write", body = ProblemShape, content_type = "application/problem+json"),
        (status = 404, description = "No such case", body = ProblemShape, content_type = "application/problem+json"),
        (status = 413, description = "It is too large, or the case's files together; both figures are told", body = ProblemShape, content_type = "application/problem+json"),
        (status = 415, description = "Its type is not taken, or not what its content is", body = ProblemShape, content_type = "application/problem+json"),
        (status = 422, description = "Its SHA-256 is another; both are told", body = ProblemShape, content_type = "application/problem+json"),
    ))]
pub(super) async fn put_attachment(
    Writer(actor): Writer,
    request: HttpRequest,
    payload: web::Payload,
    gateway: web::Data<Gateway>,
) -> Answer {
    shared::put(&gateway, Party::Platform(actor), &request, payload, &input::RECORD).await
}

/// Goes on with a file from where it stands.
#[utoipa::path(patch, path = "/platform/v1/cases/{case}/attachments/{sha256}", tag = "Attachments", security(("token" = [])),
    params(("case" = String, Path, description = "The case's id"),
        ("sha256" = String, Path, description = "SHA-256 of the file, 64 lower-case hexadecimal digits"),
        ("Upload-Offset" = u64, Header, description = "How many bytes are there, as HEAD says"),
        ("Upload-Complete" = Option<String>, Header, description = "`?1` where this is the rest, `?0` where more is to come")),
    request_body(content = Vec<u8>, description = "The next bytes", content_type = "application/partial-upload"),
    responses(
        (status = 201, description = "It is whole, and taken", body = AttachmentShape),
        (status = 204, description = "Taken as far as `Upload-Offset`"),
        (status = 400, description = "A header is wrong, or the length is not as announced", body = ProblemShape, content_type = "application/problem+json"),
        (status = 401, description = "No valid token", body = ProblemShape, content_type = "application/problem+json"),
        (status = 403, description = "The token may not write", body = ProblemShape, content_type = "application/problem+json"),
        (status = 404, description = "No such upload", body = ProblemShape, content_type = "application/problem+json"),
        (status = 409, description = "It stands elsewhere: `expected-offset`", body = ProblemShape, content_type = "application/problem+json"),
        (status = 413, description = "It is too large", body = ProblemShape, content_type = "application/problem+json"),
        (status = 415, description = "Not `application/partial-upload`, or its content is of another type than declared", body = ProblemShape, content_type = "application/problem+json"),
        (status = 422, description = "Its SHA-256 is another; both are told", body = ProblemShape, content_type = "application/problem+json"),
    ))]
pub(super) async fn append_attachment(
    Writer(actor): Writer,
    request: HttpRequest,
    payload: web::Payload,
    gateway: web::Data<Gateway>,
) -> Answer {
    input::no_query(&request)?;
    shared::append(&gateway, Party::Platform(actor), &request, payload, &input::RECORD).await
}

/// Gives up an upload that has not come whole. A file that was taken stays.
#[utoipa::path(delete, path = "/platform/v1/cases/{case}/attachments/{sha256}", tag = "Attachments", security(("token" = [])),
    params(("case" = String, Path, description = "The case's id"),
        ("sha256" = String, Path, description = "SHA-256 of the file, 64 lower-case hexadecimal digits")),
    responses(
        (status = 204, description = "Given up"),
        (status = 401, description = "No valid token", body = ProblemShape, content_type = "application/problem+json"),
        (status = 403, description = "The token may not write", body = ProblemShape, content_type = "application/problem+json"),
        (status = 404, description = "No such upload", body = ProblemShape, content_type = "application/problem+json"),
    ))]
pub(super) async fn cancel_attachment(
    Writer(actor): Writer,
    request: HttpRequest,
    gateway: web::Data<Gateway>,
) -> Answer {
    input::no_query(&request)?;
    shared::cancel(&gateway, &Party::Platform(actor), &request).await
}
