//! Attachments over HTTP, the same on both listeners.
//!
//! Promise: a file is one address, `…/cases/{case}/attachments/{sha256}`, that is written with PUT, gone on with by
//! PATCH, asked about with HEAD, read with GET and given up with DELETE; memory holds pieces of it, never all. Uploads
//! follow the fields of draft-ietf-httpbis-resumable-upload-09 (`Upload-Offset`, `Upload-Complete`, `Upload-Length`,
//! `Upload-Limit`), the upload being the file's own address; downloads follow RFC 9110, section 14. Who may is the
//! exchange's affair.

mod describe;
mod fetch;
mod send;

use std::time::Duration;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};

use crate::domain::digest::Digest;
use crate::domain::id::CaseId;
use crate::exchange::Gateway;
use crate::exchange::attachments::Party;
use crate::http::body::BodyLimits;
use crate::http::header::only;
use crate::http::problem::{ProblemDocument, ProblemType};

pub(in crate::http) use describe::{AttachmentList, AttachmentShape};
pub(in crate::http) use fetch::{head, read};
pub(in crate::http) use send::{append, put};

/// How an operation ends.
type Answer = Result<HttpResponse, ProblemDocument>;

/// The time that a file may take: 200 MB at half a megabit a second come to 53 minutes; whoever needs longer goes on
/// with a second request. Its rate is any body's.
pub(in crate::http) fn pace(rate: &BodyLimits) -> BodyLimits {
    BodyLimits { bytes: usize::MAX, total: Duration::from_hours(1), ..*rate }
}

/// The case that an address names.
pub(in crate::http) fn case_of(request: &HttpRequest) -> Result<CaseId, ProblemDocument> {
    let text = request.match_info().get("case").unwrap_or_default();
    CaseId::parse(text).map_err(|_| ProblemDocument::not_found())
}

/// The file that an address names.
fn file_of(request: &HttpRequest) -> Result<(CaseId, Digest), ProblemDocument> {
    let text = request.match_info().get("sha256").unwrap_or_default();
    // One address, one file: colons and capitals would make several.
    let plain = text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    let digest = Digest::parse(text).ok().filter(|_| plain).ok_or_else(|| {
        ProblemDocument::new(
            ProblemType::NotFound,
            "路径末段应为附件内容的 SHA-256：64 位小写十六进制",
            "the address ends with the SHA-256 of the file, in 64 lower-case hexadecimal digits",
        )
    })?;
    Ok((case_of(request)?, digest))
}

/// `GET …/attachments`: the files of a case.
///
/// # Errors
/// Those of the exchange.
pub(in crate::http) async fn list(gateway: &Gateway, party: &Party, request: &HttpRequest) -> Answer {
    let all = gateway.attachments(party, &case_of(request)?).await?;
    let attachments = all.into_iter().map(Into::into).collect();
    Ok(HttpResponse::Ok().json(AttachmentList { attachments }))
}

/// `DELETE`: gives up an upload that has not come whole. 204; 404 without one.
///
/// # Errors
/// Those of the exchange.
pub(in crate::http) async fn cancel(gateway: &Gateway, party: &Party, request: &HttpRequest) -> Answer {
    let (case, digest) = file_of(request)?;
    if gateway.cancel_upload(party, &case, &digest).await? {
        return Ok(HttpResponse::NoContent().finish());
    }
    Err(ProblemDocument::new(
        ProblemType::NotFound,
        "没有进行中的上传；已收下的附件不能删除",
        "there is no upload to give up; a file that was taken stays",
    ))
}

/// A header that is a number.
fn number(request: &HttpRequest, name: &str) -> Result<Option<u64>, ProblemDocument> {
    let Some(value) = only(request, name)? else { return Ok(None) };
    match value.to_str().ok().and_then(|text| text.trim().parse().ok()) {
        Some(number) => Ok(Some(number)),
        None => Err(bad(format!("{name} 应为整数"), format!("{name} is a whole number"))),
    }
}

/// A structured field's boolean (RFC 9651, section 3.3.6).
fn boolean(request: &HttpRequest, name: &str) -> Result<Option<bool>, ProblemDocument> {
    match only(request, name)?.map(|value| value.as_bytes().trim_ascii()) {
        None => Ok(None),
        Some(b"?1") => Ok(Some(true)),
        Some(b"?0") => Ok(Some(false)),
        Some(_) => Err(bad(format!("{name} 应为 ?1 或 ?0"), format!("{name} is ?1 or ?0"))),
    }
}

/// What the sender says the body is, without parameters.
fn media_type(request: &HttpRequest) -> Result<Option<String>, ProblemDocument> {
    let stated = only(request, header::CONTENT_TYPE)?.and_then(|value| value.to_str().ok());
    Ok(stated.map(crate::exchange::attachments::limits::essence).filter(|stated| !stated.is_empty()))
}

fn bad(zh: impl Into<String>, en: impl Into<String>) -> ProblemDocument {
    ProblemDocument::new(ProblemType::BadRequest, zh, en)
}
