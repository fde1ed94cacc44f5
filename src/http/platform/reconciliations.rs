//! `GET /platform/v1/reconciliations`: days that were compared; `GET …/{agency}/{day}`: one of them with its differences.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::domain::id::AgencyId;
use crate::exchange::Gateway;
use crate::exchange::reconcile::manifest;
use crate::http::platform::token::Reader;
use crate::http::platform::view::{ProblemShape, ReconciliationDetail, ReconciliationPage};
use crate::http::platform::{Answer, input};
use crate::http::problem::ProblemDocument;

/// A console's screen; more is asked for page by page.
const DEFAULT: u32 = 50;
const MOST: u32 = 200;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// Only those of this agency.
    agency: Option<String>,
    /// Only those behind this one: `next` of the page before.
    after: Option<String>,
    /// How many at most, 1 to 200; 50 if it is not said.
    #[serde(default, deserialize_with = "input::number")]
    limit: Option<u32>,
}

/// A page of days that were compared, the newest first.
#[utoipa::path(get, path = "/platform/v1/reconciliations", tag = "Reconciliation", params(Wanted), security(("token" = [])), responses(
    (status = 200, description = "The page", body = ReconciliationPage),
    (status = 400, description = "A parameter is unknown or ill-formed", body = ProblemShape, content_type = "application/problem+json"),
    (status = 401, description = "No valid token", body = ProblemShape, content_type = "application/problem+json"),
))]
pub(super) async fn list_reconciliations(
    _: Reader,
    request: HttpRequest,
    gateway: web::Data<Gateway>,
) -> Answer {
    let wanted: Wanted = input::query(&request)?;
    let limit = input::limit(wanted.limit, DEFAULT, MOST)?;
    let ill = |what: &str, expected: &str| {
        input::bad_request(format!("{what} 应为 {expected}"), format!("{what}: {expected} is wanted"))
    };
    let agency = wanted.agency.as_deref().map(AgencyId::parse).transpose();
    let agency = agency.map_err(|bad| ill("agency", bad.expected))?;
    let place = |text: &str| {
        let (day, id) = text.split_once('/')?;
        Some((manifest::day(day)?, AgencyId::parse(id).ok()?))
    };
    let after = match wanted.after.as_deref() {
        Some(text) => Some(place(text).ok_or_else(|| ill("after", "`next` of the page before"))?),
        None => None,
    };
    let found = gateway.reconciliations(agency.as_ref(), after, limit).await?;
    let full = u32::try_from(found.len()).is_ok_and(|count| count == limit);
    let next = found.last().filter(|_| full).map(|last| format!("{}/{}", last.day, last.agency));
    let reconciliations = found.into_iter().map(Into::into).collect();
    Ok(HttpResponse::Ok().json(ReconciliationPage { reconciliations, next }))
}

/// A day that was compared: what came of it, and each difference with the one thing to be done about it.
#[utoipa::path(get, path = "/platform/v1/reconciliations/{agency}/{day}", tag = "Reconciliation", security(("token" = [])),
    params(("agency" = String, Path, description = "The agency's id"), ("day" = String, Path, description = "The day in China: 2026-11-23")),
    responses(
        (status = 200, description = "The day", body = ReconciliationDetail),
        (status = 401, description = "No valid token", body = ProblemShape, content_type = "application/problem+json"),
        (status = 404, description = "No such day, or nothing was compared of it", body = ProblemShape, content_type = "application/problem+json"),
    ))]
pub(super) async fn show_reconciliation(
    _: Reader,
    request: HttpRequest,
    gateway: web::Data<Gateway>,
) -> Answer {
    input::no_query(&request)?;
    let agency: AgencyId = input::segment(&request, "agency")?;
    let day = manifest::day(request.match_info().get("day").unwrap_or_default());
    let day = day.ok_or_else(ProblemDocument::not_found)?;
    let (one, differences) = gateway.reconciliation(&agency, day).await?;
    let differences = differences.into_iter().map(Into::into).collect();
    Ok(HttpResponse::Ok().json(ReconciliationDetail { reconciliation: one.into(), differences }))
}
