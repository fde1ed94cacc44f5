//! `GET /agency/v1/checkpoint`, `…/checkpoint.cosigned`, `…/vkey`, `…/tile/…`: the journal's head, the newest one that its
//! witnesses cosigned, its key and hash tiles (C2SP tlog-tiles).
//!
//! With them an agency checks that the journal only grows. 404 for a tile that is not there, and while nothing is cosigned. Entry bundles are not
//! served here: they speak of other agencies.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};

use crate::http::agency::caller::Caller;
use crate::http::agency::door::Door;
use crate::http::problem::ProblemDocument;

pub(super) async fn published(
    door: web::Data<Door>,
    _caller: Caller,
    request: HttpRequest,
) -> Result<HttpResponse, ProblemDocument> {
    let path = request.path().strip_prefix("/agency/v1/").unwrap_or_default();
    if path.starts_with("tile/entries") {
        return Err(ProblemDocument::not_found());
    }
    let bytes = door.gateway.published(path).await?;
    // A tile never changes; the head does with every entry.
    let (media_type, keep) = if path.starts_with("tile/") {
        ("application/octet-stream", "max-age=31536000, immutable")
    } else {
        ("text/plain; charset=utf-8", "no-cache")
    };
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, media_type))
        .insert_header((header::CACHE_CONTROL, keep))
        .body(bytes))
}
