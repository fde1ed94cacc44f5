//! `GET /platform/v1/feeds/{agency}/{kind}`: what an agency pulled, and when; `POST …/reports`: a report of a feed.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::domain::id::AgencyId;
use crate::exchange::Gateway;
use crate::http::platform::token::{Reader, Writer};
use crate::http::platform::view::{FeedWindow, FeedWindowPage, ProblemShape};
use crate::http::platform::{Answer, input};

/// A window with its note is a kilobyte.
const DEFAULT: u32 = 50;
const MOST: u32 = 200;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// Windows journalled after this entry: `next` of the page before.
    #[serde(default, deserialize_with = "input::number")]
    after: Option<u64>,
    /// How many at most, 1 to 200; 50 if it is not said.
    #[serde(default, deserialize_with = "input::number")]
    limit: Option<u32>,
}

/// The windows that an agency was given of a feed, and the reports made of it, oldest first.
#[utoipa::path(get, path = "/platform/v1/feeds/{agency}/{kind}", tag = "Feeds", security(("token" = [])),
    params(("agency" = String, Path, description = "The agency's id"), ("kind" = String, Path, description = "A record kind"), Wanted),
    responses(
        (status = 200, description = "The page", body = FeedWindowPage),
        (status = 400, description = "A parameter is unknown or ill-formed", body = ProblemShape, content_type = "application/problem+json"),
        (status = 401, description = "No valid token", body = ProblemShape, content_type = "application/problem+json"),
        (status = 404, description = "No such kind", body = ProblemShape, content_type = "application/problem+json"),
    ))]
pub(super) async fn list_windows(_: Reader, request: HttpRequest, gateway: web::Data<Gateway>) -> Answer {
    let wanted: Wanted = input::query(&request)?;
    let limit = input::limit(wanted.limit, DEFAULT, MOST)?;
    let agency: AgencyId = input::segment(&request, "agency")?;
    let windows = gateway.feed_windows(&agency, input::kind(&request)?, wanted.after, limit).await?;
    let next = windows.last().map(|last| last.journal_index);
    let windows = windows.into_iter().map(FeedWindow::from).collect();
    Ok(HttpResponse::Ok().json(FeedWindowPage { windows, next }))
}

/// Makes a report of all that was queued for an agency since its last report: how much it was, and the root over it. With
/// nothing there it is the explicit empty report. The agency gets it with its next empty page, if its registry file says
/// `empty_report`.
#[utoipa::path(post, path = "/platform/v1/feeds/{agency}/{kind}/reports", tag = "Feeds", security(("token" = [])),
    params(("agency" = String, Path, description = "The agency's id"), ("kind" = String, Path, description = "A record kind")),
    responses(
        (status = 201, description = "The report", body = FeedWindow),
        (status = 401, description = "No valid token", body = ProblemShape, content_type = "application/problem+json"),
        (status = 403, description = "The token may not write, or the agency may not receive the kind", body = ProblemShape, content_type = "application/problem+json"),
        (status = 404, description = "No such agency or kind", body = ProblemShape, content_type = "application/problem+json"),
    ))]
pub(super) async fn post_report(_: Writer, request: HttpRequest, gateway: web::Data<Gateway>) -> Answer {
    input::no_query(&request)?;
    let agency: AgencyId = input::segment(&request, "agency")?;
    let report = gateway.report_feed(&agency, input::kind(&request)?).await?;
    Ok(HttpResponse::Created().json(FeedWindow::from(report)))
}
