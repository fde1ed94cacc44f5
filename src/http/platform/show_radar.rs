//! `GET /platform/v1/radar`: what is overdue and due soon, and whom it waits for.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::domain::id::AgencyId;
use crate::exchange::Gateway;
use crate::http::platform::token::Reader;
use crate::http::platform::view::{ProblemShape, Radar};
use crate::http::platform::{Answer, input};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// Only of this agency.
    agency: Option<String>,
    /// Only of this team of the settings.
    team: Option<String>,
}

/// What presses: deadlines that are overdue or due soon, the most urgent first, and how many are open by agency and by team.
#[utoipa::path(get, path = "/platform/v1/radar", tag = "Deadlines", params(Wanted), security(("token" = [])), responses(
    (status = 200, description = "The radar", body = Radar),
    (status = 400, description = "A parameter is unknown or ill-formed", body = ProblemShape, content_type = "application/problem+json"),
    (status = 401, description = "No valid token", body = ProblemShape, content_type = "application/problem+json"),
    (status = 404, description = "No such team", body = ProblemShape, content_type = "application/problem+json"),
))]
pub(super) async fn show_radar(_: Reader, request: HttpRequest, gateway: web::Data<Gateway>) -> Answer {
    let wanted: Wanted = input::query(&request)?;
    let agency = wanted.agency.as_deref().map(AgencyId::parse).transpose();
    let agency = agency.map_err(|bad| {
        input::bad_request(
            format!("agency 应为 {}", bad.expected),
            format!("agency: {} is wanted", bad.expected),
        )
    })?;
    let radar = gateway.radar(agency.as_ref(), wanted.team.as_deref()).await?;
    Ok(HttpResponse::Ok().json(Radar::from(radar)))
}
