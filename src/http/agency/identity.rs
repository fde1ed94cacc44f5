//! `GET /agency/v1`: who the gateway takes the caller for, what it may exchange, and its limits.
//!
//! Always 200 for a known agency: the first call of a new client.

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::json;

use crate::http::agency::caller::Caller;
use crate::http::agency::connection::Connection;
use crate::http::agency::door::Door;

pub(super) async fn identity(door: web::Data<Door>, caller: Caller, request: HttpRequest) -> HttpResponse {
    let peer = request.conn_data::<Connection>().and_then(|c| c.peer.as_ref());
    let agency = &caller.agency;
    let limits = &door.limits;
    HttpResponse::Ok().json(json!({
        "agency": agency.id,
        "name": agency.name,
        "region": agency.region,
        "profile": agency.profile,
        "certificate": {
            "sha256": caller.certificate,
            "not_after": peer.map(|peer| peer.not_after.to_string()),
        },
        "scopes": agency.scopes,
        "delivery": agency.delivery,
        "limits": {
            "requests_per_second": agency.requests_per_second,
            "body_bytes": limits.body_bytes,
            "body_seconds": limits.body_seconds,
            "connection_seconds": limits.connection_seconds,
        },
    }))
}
