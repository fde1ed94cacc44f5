//! `/agency/v1/cases/{case}/attachments[/{sha256}]`: the files of one of the agency's own cases.
//!
//! PUT, PATCH, HEAD, GET, DELETE as of [`crate::http::attachments`]; GET of the list. 404 for another agency's case;
//! 403 without a scope for the case's topic and region.

use actix_web::{HttpRequest, web};

use crate::exchange::attachments::Party;
use crate::http::agency::caller::Caller;
use crate::http::agency::door::Door;
use crate::http::attachments as shared;
use crate::http::problem::ProblemDocument;

type Answer = Result<actix_web::HttpResponse, ProblemDocument>;

impl From<Caller> for Party {
    fn from(caller: Caller) -> Self {
        Self::Agency { agency: caller.agency, certificate: caller.certificate }
    }
}

pub(super) async fn list(door: web::Data<Door>, caller: Caller, request: HttpRequest) -> Answer {
    shared::list(&door.gateway, &caller.into(), &request).await
}

pub(super) async fn put(
    door: web::Data<Door>,
    caller: Caller,
    request: HttpRequest,
    payload: web::Payload,
) -> Answer {
    shared::put(&door.gateway, caller.into(), &request, payload, &door.limits.body()).await
}

pub(super) async fn append(
    door: web::Data<Door>,
    caller: Caller,
    request: HttpRequest,
    payload: web::Payload,
) -> Answer {
    shared::append(&door.gateway, caller.into(), &request, payload, &door.limits.body()).await
}

pub(super) async fn head(door: web::Data<Door>, caller: Caller, request: HttpRequest) -> Answer {
    shared::head(&door.gateway, &caller.into(), &request).await
}

pub(super) async fn read(door: web::Data<Door>, caller: Caller, request: HttpRequest) -> Answer {
    shared::read(&door.gateway, &caller.into(), &request).await
}

pub(super) async fn cancel(door: web::Data<Door>, caller: Caller, request: HttpRequest) -> Answer {
    shared::cancel(&door.gateway, &caller.into(), &request).await
}
