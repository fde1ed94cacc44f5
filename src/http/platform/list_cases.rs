//! `GET /platform/v1/cases`: a page of cases.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::domain::case::CaseState;
use crate::domain::deadline::Standing;
use crate::domain::id::{AgencyId, CaseId};
use crate::exchange::Gateway;
use crate::exchange::view::{CaseFilter, topics};
use crate::http::platform::token::Reader;
use crate::http::platform::view::{CasePage, ProblemShape};
use crate::http::platform::{Answer, input};

/// A console's screen; more is asked for page by page.
const DEFAULT: u32 = 50;
/// The exchange's most.
const MOST: u32 = 200;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// Only cases in this state: a word of the published list `case-state`.
    state: Option<String>,
    /// Only cases of this agency.
    agency: Option<String>,
    /// Only cases about this: `complaint`, `disposal`, `inspection`, `assistance`, `lead`, `service`, `certificate` or
    /// `operator`.
    topic: Option<String>,
    /// Only the case with this registration number.
    registration_number: Option<String>,
    /// Only cases with a deadline that is `overdue`, or due `soon`.
    due: Option<String>,
    /// Only cases opened after this one: `next` of the page before.
    after: Option<String>,
    /// How many at most, 1 to 200; 50 if it is not said.
    #[serde(default, deserialize_with = "input::number")]
    limit: Option<u32>,
}

/// A page of cases, oldest first.
#[utoipa::path(get, path = "/platform/v1/cases", tag = "Cases", params(Wanted), security(("token" = [])), responses(
    (status = 200, description = "The page", body = CasePage),
    (status = 400, description = "A parameter is unknown or ill-formed", body = ProblemShape, content_type = "application/problem+json"),
    (status = 401, description = "No valid token", body = ProblemShape, content_type = "application/problem+json"),
))]
pub(super) async fn list_cases(_: Reader, request: HttpRequest, gateway: web::Data<Gateway>) -> Answer {
    let wanted: Wanted = input::query(&request)?;
    let ill = |what: &str, expected: &str| {
        input::bad_request(format!("{what} 应为 {expected}"), format!("{what}: {expected} is wanted"))
    };
    let agency = wanted.agency.as_deref().map(AgencyId::parse).transpose();
    let after = wanted.after.as_deref().map(CaseId::parse).transpose();
    // PostgreSQL does not even compare with U+0000.
    if wanted.registration_number.as_ref().is_some_and(|number| number.contains('\0')) {
        return Err(ill("registration_number", "text without U+0000"));
    }
    let filter = CaseFilter {
        state: wanted.state,
        agency: agency.map_err(|bad| ill("agency", bad.expected))?,
        topic: wanted.topic,
        registration_number: wanted.registration_number,
        due: match wanted.due.as_deref() {
            None => None,
            Some("overdue") => Some(Standing::Overdue),
            Some("soon") => Some(Standing::DueSoon),
            Some(_) => return Err(ill("due", "overdue | soon")),
        },
        after: after.map_err(|bad| ill("after", bad.expected))?,
        limit: input::limit(wanted.limit, DEFAULT, MOST)?,
    };
    let states: Vec<&str> = CaseState::ALL.iter().map(|state| state.as_str()).collect();
    let topics = topics();
    for (name, value, known) in [("state", &filter.state, &states), ("topic", &filter.topic, &topics)] {
        if value.as_ref().is_some_and(|value| !known.contains(&value.as_str())) {
            return Err(ill(name, &known.join(" | ")));
        }
    }
    let cases = gateway.cases(&filter).await?;
    let full = u32::try_from(cases.len()).is_ok_and(|count| count == filter.limit);
    let next = cases.last().filter(|_| full).map(|case| case.id.to_string());
    let cases = cases.into_iter().map(Into::into).collect();
    Ok(HttpResponse::Ok().json(CasePage { cases, next }))
}
