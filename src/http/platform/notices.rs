//! `GET /platform/v1/notices`: the mails to staff, how far each has come, and the troubles that are under way.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::exchange::Gateway;
use crate::exchange::notice::list::{NoticeFilter, NoticeState};
use crate::http::platform::token::Reader;
use crate::http::platform::view::{NoticePage, ProblemShape};
use crate::http::platform::{Answer, input};

/// A console's screen; more is asked for page by page.
const DEFAULT: u32 = 50;
const MOST: u32 = 200;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// Only notices in this state: `queued`, `sent`, `refused` or `given_up`.
    state: Option<String>,
    /// Only notices before this one: `next` of the page before.
    before: Option<String>,
    /// How many at most, 1 to 200; 50 if it is not said.
    #[serde(default, deserialize_with = "input::number")]
    limit: Option<u32>,
}

/// A page of notices, the newest first, with the troubles that are under way.
#[utoipa::path(get, path = "/platform/v1/notices", tag = "Notices", params(Wanted), security(("token" = [])), responses(
    (status = 200, description = "The page", body = NoticePage),
    (status = 400, description = "A parameter is unknown or ill-formed", body = ProblemShape, content_type = "application/problem+json"),
    (status = 401, description = "No valid token", body = ProblemShape, content_type = "application/problem+json"),
))]
pub(super) async fn list_notices(_: Reader, request: HttpRequest, gateway: web::Data<Gateway>) -> Answer {
    let wanted: Wanted = input::query(&request)?;
    let ill = |what: &str, expected: &str| {
        input::bad_request(format!("{what} 应为 {expected}"), format!("{what}: {expected} is wanted"))
    };
    let state = wanted.state.as_deref().map(NoticeState::parse).transpose();
    let before = wanted.before.filter(|id| !id.is_empty());
    if before.as_ref().is_some_and(|id| !id.chars().all(|c| c.is_ascii_hexdigit() || c == '-')) {
        return Err(ill("before", "a notice's id"));
    }
    let filter = NoticeFilter {
        state: state.map_err(|bad| ill("state", bad.expected))?,
        before,
        limit: input::limit(wanted.limit, DEFAULT, MOST)?,
    };
    let notices = gateway.notices(&filter).await?;
    let full = u32::try_from(notices.len()).is_ok_and(|count| count == filter.limit);
    let next = notices.last().filter(|_| full).map(|notice| notice.id.clone());
    let troubles = gateway.troubles(MOST).await?.into_iter().map(Into::into).collect();
    let notices = notices.into_iter().map(Into::into).collect();
    Ok(HttpResponse::Ok().json(NoticePage { notices, troubles, next }))
}
