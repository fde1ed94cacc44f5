//! A file comes: PUT from its beginning, PATCH from where it stands.
//!
//! 201 when the file is whole and new to the case, 200 when the case had it, both with what is known of it; 201 (PUT)
//! and 204 (PATCH) with `Upload-Complete: ?0` when more is to come. A body that breaks off leaves what came of it:
//! HEAD says how much. 409 for another offset, 413 for size, 415 for type, 422 for the digest: nothing is kept.

use actix_web::http::header::{self, ContentDisposition, DispositionParam};
use actix_web::{HttpRequest, HttpResponse, web};

use crate::exchange::Gateway;
use crate::exchange::attachments::{Announced, Party, Start, Upload};
use crate::http::attachments::{Answer, AttachmentShape, bad, boolean, file_of, media_type, number};
use crate::http::body::{BodyLimits, Poured, pour};
use crate::http::header::only;
use crate::http::problem::{ProblemDocument, ProblemType};

/// The media type of a PATCH that goes on with an upload.
const PARTIAL: &str = "application/partial-upload";

/// `PUT`.
///
/// # Errors
/// Those of the exchange, and of the body.
pub(in crate::http) async fn put(
    gateway: &Gateway,
    party: Party,
    request: &HttpRequest,
    payload: web::Payload,
    rate: &BodyLimits,
) -> Answer {
    let (case, digest) = file_of(request)?;
    // RFC 9110, section 14.5: whoever sends one believes that a part is written.
    if only(request, header::CONTENT_RANGE)?.is_some() {
        return Err(bad(
            "PUT 不接受 Content-Range：请用 PATCH 与 Upload-Offset 续传",
            "PUT takes no Content-Range: go on with PATCH and Upload-Offset",
        ));
    }
    let complete = boolean(request, "upload-complete")?.unwrap_or(true);
    let content = number(request, "content-length")?.filter(|_| complete);
    let announced = Announced {
        media_type: media_type(request)?,
        name: file_name(request)?,
        role: role(request)?,
        length: number(request, "upload-length")?.or(content),
    };
    let upload = gateway.upload(party, &case, digest, Start::Anew(announced)).await?;
    take(upload, request, payload, Some(complete), rate).await
}

/// `PATCH`.
///
/// # Errors
/// Those of the exchange, and of the body.
pub(in crate::http) async fn append(
    gateway: &Gateway,
    party: Party,
    request: &HttpRequest,
    payload: web::Payload,
    rate: &BodyLimits,
) -> Answer {
    let (case, digest) = file_of(request)?;
    if media_type(request)?.as_deref() != Some(PARTIAL) {
        return Err(ProblemDocument::new(
            ProblemType::UnsupportedMedia,
            format!("续传请使用 Content-Type: {PARTIAL}"),
            format!("send Content-Type: {PARTIAL} to go on with an upload"),
        ));
    }
    let offset = number(request, "upload-offset")?.ok_or_else(|| {
        bad(
            "续传须有 Upload-Offset；HEAD 会告知当前位置",
            "Upload-Offset is wanted; HEAD tells where the upload stands",
        )
    })?;
    let length = number(request, "upload-length")?;
    let complete = boolean(request, "upload-complete")?;
    let upload = gateway.upload(party, &case, digest, Start::At { offset, length }).await?;
    take(upload, request, payload, complete, rate).await
}

async fn take(
    mut upload: Upload,
    request: &HttpRequest,
    payload: web::Payload,
    complete: Option<bool>,
    rate: &BodyLimits,
) -> Answer {
    let limits = super::pace(rate);
    let taken =
        pour(request.headers(), payload, &limits, async |bytes| Ok(upload.write(&bytes).await?)).await;
    match taken? {
        Poured::Whole => {}
        Poured::Broken(problem) => {
            upload.pause().await?;
            return Err(problem);
        }
    }
    if complete.unwrap_or_else(|| upload.length() == Some(upload.received())) {
        let taken = upload.finish().await?;
        let mut response = if taken.duplicate { HttpResponse::Ok() } else { HttpResponse::Created() };
        let size = taken.attachment.size;
        return Ok(response
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .insert_header((header::LOCATION, request.path()))
            .insert_header(("Upload-Complete", "?1"))
            .insert_header(("Upload-Offset", size.to_string()))
            .json(AttachmentShape::from(taken.attachment)));
    }
    let offset = upload.pause().await?;
    let mut response = match *request.method() {
        actix_web::http::Method::PATCH => HttpResponse::NoContent(),
        _ => HttpResponse::Created(),
    };
    Ok(response
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::LOCATION, request.path()))
        .insert_header(("Upload-Complete", "?0"))
        .insert_header(("Upload-Offset", offset.to_string()))
        .finish())
}

/// The longest name that file systems take.
const NAME_CHARACTERS: usize = 255;

/// The name in `Content-Disposition` (RFC 6266); `filename*` before `filename`, without folders.
fn file_name(request: &HttpRequest) -> Result<Option<String>, ProblemDocument> {
    let Some(value) = only(request, header::CONTENT_DISPOSITION)? else { return Ok(None) };
    let unfit = || {
        bad(
            format!("Content-Disposition 的文件名应为 1 至 {NAME_CHARACTERS} 个字符的一行文本，不含路径"),
            format!(
                "the file name in Content-Disposition is one line of 1 to {NAME_CHARACTERS} characters, no path"
            ),
        )
    };
    let stated = ContentDisposition::from_raw(value).map_err(|_| unfit())?;
    let plain = |param: &DispositionParam| match param {
        DispositionParam::Filename(name) => Some(name.clone()),
        _ => None,
    };
    let extended = |param: &DispositionParam| match param {
        DispositionParam::FilenameExt(name) => Some(String::from_utf8(name.value.clone()).ok()),
        _ => None,
    };
    let name = match stated.parameters.iter().find_map(extended) {
        Some(name) => name.ok_or_else(unfit)?,
        None => match stated.parameters.iter().find_map(plain) {
            Some(name) => name,
            None => return Ok(None),
        },
    };
    let fits = (1..=NAME_CHARACTERS).contains(&name.chars().count())
        && !name.chars().any(|c| c.is_control() || matches!(c, '/' | '\\' | '\u{2028}' | '\u{2029}'));
    if fits { Ok(Some(name)) } else { Err(unfit()) }
}

/// The one parameter: `role`, a short word.
fn role(request: &HttpRequest) -> Result<Option<String>, ProblemDocument> {
    let mut role = None;
    for (name, value) in form_urlencoded::parse(request.query_string().as_bytes()) {
        let word = (1..=64).contains(&value.len())
            && value.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if name != "role" || role.is_some() || !word {
            return Err(bad(
                "唯一的参数是 role：1 至 64 个小写字母、数字或连字符",
                "the only parameter is role: 1 to 64 lower-case letters, digits or hyphens",
            ));
        }
        role = Some(value.into_owned());
    }
    Ok(role)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn a_name_is_one_line_without_a_path() {
        let name = |value: &str| {
            let request = TestRequest::default().insert_header(("content-disposition", value));
            file_name(&request.to_http_request())
        };
        assert_eq!(name("attachment; filename=\"a.pdf\"").unwrap().as_deref(), Some("a.pdf"));
        let both = "attachment; filename=\"x.pdf\"; filename*=UTF-8''%E5%87%AD%E8%AF%81.pdf";
        assert_eq!(name(both).unwrap().as_deref(), Some("凭证.pdf"));
        assert_eq!(name("attachment").unwrap(), None);
        for bad in [
            "attachment; filename=\"../a\"",
            "attachment; filename*=UTF-8''a%0Ab",
            "attachment; filename*=UTF-8''%FF",
        ] {
            assert_eq!(name(bad).unwrap_err().problem_type, ProblemType::BadRequest, "{bad}");
        }
    }

    #[test]
    fn a_role_is_a_word() {
        let role = |query: &str| role(&TestRequest::with_uri(&format!("/x{query}")).to_http_request());
        assert_eq!(role("?role=evidence").unwrap().as_deref(), Some("evidence"));
        assert_eq!(role("").unwrap(), None);
        for bad in ["?role=", "?role=A", "?role=a&role=b", "?rol=a"] {
            assert!(role(bad).is_err(), "{bad}");
        }
    }
}
