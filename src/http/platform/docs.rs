//! `GET /docs`: the interface as a page that needs nothing from elsewhere.
//!
//! Promise: one page, one style sheet and one script, all from the binary; the script reads `/openapi.json` and
//! writes text nodes only. The content policy lets nothing else load, run or be sent anywhere. The token that a
//! reader types for the curl lines stays in the page and is never sent.

use actix_web::HttpResponse;
use actix_web::http::header;

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The interface as a page.
#[utoipa::path(get, path = "/docs", tag = "Descriptions", responses(
    (status = 200, description = "The page", body = String, content_type = "text/html; charset=utf-8"),
))]
pub(super) async fn page() -> HttpResponse {
    file("text/html; charset=utf-8", include_str!("docs/page.html"))
}

/// The page's style sheet.
#[utoipa::path(get, path = "/docs/docs.css", tag = "Descriptions", responses(
    (status = 200, description = "The style sheet", body = String, content_type = "text/css; charset=utf-8"),
))]
pub(super) async fn style() -> HttpResponse {
    file("text/css; charset=utf-8", include_str!("docs/docs.css"))
}

/// The page's script.
#[utoipa::path(get, path = "/docs/docs.js", tag = "Descriptions", responses(
    (status = 200, description = "The script", body = String, content_type = "text/javascript; charset=utf-8"),
))]
pub(super) async fn script() -> HttpResponse {
    file("text/javascript; charset=utf-8", include_str!("docs/docs.js"))
}

fn file(media: &'static str, text: &'static str) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, media))
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .body(text)
}
