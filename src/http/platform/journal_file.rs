//! `GET /platform/v1/journal/tile/…` and `…/entries/…`: the journal's tiles (C2SP tlog-tiles v0.1.0).
//!
//! The journal's prefix is `/platform/v1/journal`; entry bundles stand at `tile/entries/…` there, as the format
//! says, and at `entries/…` for short.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};

use crate::exchange::Gateway;
use crate::http::platform::token::Reader;
use crate::http::platform::view::ProblemShape;
use crate::http::platform::{Answer, input};

/// A tile of hashes (`<L>/<N>[.p/<W>]`) or a bundle of entries (`entries/<N>[.p/<W>]`). The slashes of the path stay
/// slashes.
#[utoipa::path(get, path = "/platform/v1/journal/tile/{path}", tag = "Journal", security(("token" = [])),
    params(("path" = String, Path, description = "The tile, such as `0/000` or `0/x001/234.p/56`")),
    responses(
        (status = 200, description = "The tile", content_type = "application/octet-stream", body = Vec<u8>),
        (status = 401, description = "No valid token", body = ProblemShape, content_type = "application/problem+json"),
        (status = 404, description = "The journal has no such tile", body = ProblemShape, content_type = "application/problem+json"),
    ))]
pub(super) async fn tile(_: Reader, request: HttpRequest, gateway: web::Data<Gateway>) -> Answer {
    file(&request, &gateway, "tile").await
}

/// A bundle of entries: `<N>[.p/<W>]`. Entries hold salted digests, never bodies.
#[utoipa::path(get, path = "/platform/v1/journal/entries/{path}", tag = "Journal", security(("token" = [])),
    params(("path" = String, Path, description = "The bundle, such as `000` or `x001/234.p/56`")),
    responses(
        (status = 200, description = "The bundle", content_type = "application/octet-stream", body = Vec<u8>),
        (status = 401, description = "No valid token", body = ProblemShape, content_type = "application/problem+json"),
        (status = 404, description = "The journal has no such bundle", body = ProblemShape, content_type = "application/problem+json"),
    ))]
pub(super) async fn entries(_: Reader, request: HttpRequest, gateway: web::Data<Gateway>) -> Answer {
    file(&request, &gateway, "tile/entries").await
}

async fn file(request: &HttpRequest, gateway: &Gateway, folder: &str) -> Answer {
    input::no_query(request)?;
    let path = request.match_info().get("path").unwrap_or("");
    let bytes = gateway.published(&format!("{folder}/{path}")).await?;
    // What a tile of this width holds never changes.
    let keep = "private, max-age=31536000, immutable";
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/octet-stream"))
        .insert_header((header::CACHE_CONTROL, keep))
        .body(bytes))
}
