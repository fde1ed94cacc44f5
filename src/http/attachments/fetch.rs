//! A file goes out: GET, whole or a range of it; HEAD says what is there.
//!
//! 200 with the bytes, 206 with those of one range (RFC 9110, section 14; several at once get all), 416 beyond the end,
//! 423 until the scanner has released it, 410 when it refused it. HEAD of a file on its way: 204 with `Upload-Offset`.

use actix_web::body::SizedStream;
use actix_web::http::header;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use futures_util::{StreamExt as _, stream};

use crate::exchange::Gateway;
use crate::exchange::attachments::{AttachmentView, Party, Received};
use crate::http::attachments::{Answer, file_of};
use crate::http::header::only;
use crate::http::problem::{ProblemDocument, ProblemType};

/// `GET`.
///
/// # Errors
/// Those of the exchange.
pub(in crate::http) async fn read(gateway: &Gateway, party: &Party, request: &HttpRequest) -> Answer {
    let (case, digest) = file_of(request)?;
    let view = gateway.attachment(party, &case, &digest).await?;
    let tag = format!("\"{}\"", view.sha256);
    let range = match only(request, header::RANGE)? {
        Some(_) if only(request, header::IF_RANGE)?.is_some_and(|stated| stated != tag.as_str()) => {
            Wanted::All
        }
        Some(value) => range(value.to_str().unwrap_or_default(), view.size),
        None => Wanted::All,
    };
    let (from, length) = match range {
        Wanted::All => (0, view.size),
        Wanted::Part(from, length) => (from, length),
        Wanted::Beyond => {
            return Err(ProblemDocument::new(
                ProblemType::RangeUnsatisfiable,
                format!("附件共 {} 字节", view.size),
                format!("the file has {} bytes", view.size),
            )
            .with("size", view.size));
        }
    };
    let mut reading = gateway.read_attachment(party, &case, &digest, (from, length)).await?;
    // Before the answer begins: bytes that cannot be had are an answer of their own.
    let first = reading.next().await.transpose()?;
    let mut response = match range {
        Wanted::Part(..) => {
            let mut response = HttpResponse::PartialContent();
            let last = (from + length).saturating_sub(1);
            response.insert_header((header::CONTENT_RANGE, format!("bytes {from}-{last}/{}", view.size)));
            response
        }
        _ => HttpResponse::Ok(),
    };
    describe(&mut response, &view);
    let first = stream::iter(first.map(|piece| Ok(Bytes::from(piece))));
    let pieces = stream::unfold(reading, async |mut reading| {
        let piece = reading.next().await?;
        let piece = piece.map(Bytes::from).map_err(|refused| {
            // The answer has begun: all that is left is to end it before its length, and to tell the operator.
            tracing::error!(%refused, "a download ended early");
            ProblemDocument::plain(ProblemType::Internal)
        });
        Some((piece, reading))
    });
    Ok(response.body(SizedStream::new(length, Box::pin(first.chain(pieces)))))
}

/// `HEAD`.
///
/// # Errors
/// Those of the exchange.
pub(in crate::http) async fn head(gateway: &Gateway, party: &Party, request: &HttpRequest) -> Answer {
    let (case, digest) = file_of(request)?;
    let most = gateway.attachment_limits().map_or(0, |limits| limits.most_bytes);
    match gateway.upload_received(party, &case, &digest).await? {
        Received::Nothing => Err(ProblemDocument::not_found()),
        Received::Part { offset, length } => {
            let mut response = HttpResponse::NoContent();
            response
                .insert_header((header::CACHE_CONTROL, "no-store"))
                .insert_header(("Upload-Complete", "?0"))
                .insert_header(("Upload-Offset", offset.to_string()))
                .insert_header(("Upload-Limit", format!("max-size={most}")));
            if let Some(length) = length {
                response.insert_header(("Upload-Length", length.to_string()));
            }
            Ok(response.finish())
        }
        Received::Whole(view) => {
            let mut response = HttpResponse::Ok();
            describe(&mut response, &view);
            response
                .insert_header(("Upload-Complete", "?1"))
                .insert_header(("Upload-Offset", view.size.to_string()))
                .insert_header(("Attachment-State", view.state.as_str()));
            let nothing = stream::empty::<Result<Bytes, ProblemDocument>>();
            Ok(response.body(SizedStream::new(view.size, nothing)))
        }
    }
}

/// What every answer about a whole file says. Whatever it holds, no browser runs it.
fn describe(response: &mut HttpResponseBuilder, view: &AttachmentView) {
    let name = view.name.clone().unwrap_or_else(|| view.sha256.to_string());
    response
        .insert_header((header::CONTENT_TYPE, view.media_type.as_str()))
        .insert_header((header::ACCEPT_RANGES, "bytes"))
        .insert_header((header::ETAG, format!("\"{}\"", view.sha256)))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::CONTENT_SECURITY_POLICY, "sandbox"))
        .insert_header((header::CONTENT_DISPOSITION, disposition(&name)))
        // RFC 9530: base64 of the digest, as a structured field's bytes.
        .insert_header(("Repr-Digest", format!("sha-256=:{}:", base64(view.sha256.as_bytes()))));
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// RFC 6266, with the name in UTF-8 (RFC 8187): only what its `attr-char` allows stands as it is.
fn disposition(name: &str) -> String {
    let encoded: String = name
        .bytes()
        .map(|b| match b {
            b if b.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&b) => char::from(b).to_string(),
            b => format!("%{b:02X}"),
        })
        .collect();
    format!("attachment; filename*=UTF-8''{encoded}")
}

/// What of a file is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    All,
    /// From here so many bytes.
    Part(u64, u64),
    Beyond,
}

/// One range; several, other units and what is ill-formed are passed over, as the standard allows.
fn range(text: &str, size: u64) -> Wanted {
    let Some((first, last)) = text
        .strip_prefix("bytes=")
        .filter(|spec| !spec.contains(','))
        .and_then(|spec| spec.trim().split_once('-'))
    else {
        return Wanted::All;
    };
    let number = |text: &str| text.parse::<u64>().ok().filter(|_| text.bytes().all(|b| b.is_ascii_digit()));
    match (first, last) {
        ("", last) => match number(last) {
            None => Wanted::All,
            Some(0) => Wanted::Beyond,
            Some(_) if size == 0 => Wanted::Beyond,
            Some(count) => Wanted::Part(size.saturating_sub(count), count.min(size)),
        },
        (first, last) => match (number(first), number(last)) {
            (Some(first), _) if first >= size => Wanted::Beyond,
            (Some(first), None) if last.is_empty() => Wanted::Part(first, size - first),
            (Some(first), Some(last)) if last >= first => Wanted::Part(first, last.min(size - 1) - first + 1),
            _ => Wanted::All,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        for (text, wanted) in [
            ("bytes=0-", Wanted::Part(0, 10)),
            ("bytes=3-5", Wanted::Part(3, 3)),
            ("bytes=3-99", Wanted::Part(3, 7)),
            ("bytes=-4", Wanted::Part(6, 4)),
            ("bytes=-99", Wanted::Part(0, 10)),
            ("bytes=10-", Wanted::Beyond),
            ("bytes=-0", Wanted::Beyond),
            ("bytes=5-3", Wanted::All),
            ("bytes=1-2,4-5", Wanted::All),
            ("bytes=+1-2", Wanted::All),
            ("lines=1-2", Wanted::All),
            ("bytes=1-x", Wanted::All),
        ] {
            assert_eq!(range(text, 10), wanted, "{text}");
        }
        assert_eq!(range("bytes=-5", 0), Wanted::Beyond);
    }

    #[test]
    fn names_leave_as_headers_can_carry_them() {
        assert_eq!(disposition("凭证 1.pdf"), "attachment; filename*=UTF-8''%E5%87%AD%E8%AF%81%201.pdf");
        assert_eq!(disposition("a\"b;c.txt"), "attachment; filename*=UTF-8''a%22b%3Bc.txt");
    }
}
