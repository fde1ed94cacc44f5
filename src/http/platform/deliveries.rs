//! `GET /platform/v1/deliveries`: what goes out, and how far it has come; `GET …/{delivery}`: one of them.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::domain::id::{AgencyId, CaseId, DeliveryId};
use crate::exchange::Gateway;
use crate::exchange::delivery::Destination;
use crate::exchange::view::{DeliveryFilter, DeliveryState};
use crate::http::platform::token::Reader;
use crate::http::platform::view::{Delivery, DeliveryPage, ProblemShape};
use crate::http::platform::{Answer, input};

/// A console's screen; more is asked for page by page.
const DEFAULT: u32 = 50;
const MOST: u32 = 200;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// Only deliveries in this state: `queued`, `sent`, `received`, `accepted`, `refused` or `given_up`.
    state: Option<String>,
    /// Only deliveries to this agency.
    agency: Option<String>,
    /// Only deliveries to this webhook.
    webhook: Option<String>,
    /// Only deliveries about this case.
    case: Option<String>,
    /// Only deliveries made after this one: `next` of the page before.
    after: Option<String>,
    /// How many at most, 1 to 200; 50 if it is not said.
    #[serde(default, deserialize_with = "input::number")]
    limit: Option<u32>,
}

/// A page of deliveries, oldest first, with the destinations that fail at present.
#[utoipa::path(get, path = "/platform/v1/deliveries", tag = "Deliveries", params(Wanted), security(("token" = [])), responses(
    (status = 200, description = "The page", body = DeliveryPage),
    (status = 400, description = "A parameter is unknown or ill-formed", body = ProblemShape, content_type = "application/problem+json"),
    (status = 401, description = "No valid token", body = ProblemShape, content_type = "application/problem+json"),
))]
pub(super) async fn list_deliveries(_: Reader, request: HttpRequest, gateway: web::Data<Gateway>) -> Answer {
    let wanted: Wanted = input::query(&request)?;
    let ill = |what: &str, expected: &str| {
        input::bad_request(format!("{what} 应为 {expected}"), format!("{what}: {expected} is wanted"))
    };
    let state = wanted.state.as_deref().map(DeliveryState::parse).transpose();
    let agency = wanted.agency.as_deref().map(AgencyId::parse).transpose();
    let case = wanted.case.as_deref().map(CaseId::parse).transpose();
    let after = wanted.after.as_deref().map(DeliveryId::parse).transpose();
    let agency = agency.map_err(|bad| ill("agency", bad.expected))?;
    // PostgreSQL does not even compare with U+0000.
    let webhook = wanted.webhook.filter(|name| !name.contains('\0'));
    if agency.is_some() && webhook.is_some() {
        return Err(input::bad_request(
            "agency 与 webhook 不能同用".to_owned(),
            "agency and webhook exclude each other".to_owned(),
        ));
    }
    let filter = DeliveryFilter {
        state: state.map_err(|bad| ill("state", bad.expected))?,
        destination: agency.map(Destination::Agency).or(webhook.map(Destination::Webhook)),
        case: case.map_err(|bad| ill("case", bad.expected))?,
        after: after.map_err(|bad| ill("after", bad.expected))?,
        limit: input::limit(wanted.limit, DEFAULT, MOST)?,
    };
    let deliveries = gateway.deliveries(&filter).await?;
    let full = u32::try_from(deliveries.len()).is_ok_and(|count| count == filter.limit);
    let next = deliveries.last().filter(|_| full).map(|delivery| delivery.id.to_string());
    let deliveries = deliveries.into_iter().map(Into::into).collect();
    let breakers = gateway.breakers().await?.into_iter().map(Into::into).collect();
    Ok(HttpResponse::Ok().json(DeliveryPage { deliveries, breakers, next }))
}

/// One delivery: its attempts, and what its agency said of it.
#[utoipa::path(get, path = "/platform/v1/deliveries/{delivery}", tag = "Deliveries", security(("token" = [])),
    params(("delivery" = String, Path, description = "The delivery's id")),
    responses(
        (status = 200, description = "The delivery", body = Delivery),
        (status = 401, description = "No valid token", body = ProblemShape, content_type = "application/problem+json"),
        (status = 404, description = "No such delivery", body = ProblemShape, content_type = "application/problem+json"),
    ))]
pub(super) async fn show_delivery(_: Reader, request: HttpRequest, gateway: web::Data<Gateway>) -> Answer {
    input::no_query(&request)?;
    let delivery = gateway.delivery(&input::segment(&request, "delivery")?).await?;
    Ok(HttpResponse::Ok().json(Delivery::from(delivery)))
}
