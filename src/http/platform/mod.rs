//! The platform listener: JSON for the platform's own systems and staff.
//!
//! Promise: every operation but the descriptions (`/openapi.json`, `/docs`, `/healthz`, `/readyz`) wants a Bearer
//! token (RFC 6750) and tells apart who may read and who may write; unknown query parameters are refused, for a
//! misspelt filter that is passed over shows everything; bodies are bounded; every refusal is a problem document.
//! One table names every route, and the OpenAPI document is made from the same table. What an operation means is
//! left to [`crate::exchange`]. Times are RFC 3339, ids and digests are strings.

pub mod docs;
pub mod input;
pub mod openapi;
pub mod serve;
pub mod token;
pub mod view;

mod attachments;
mod checkpoint;
mod deliveries;
mod feeds;
mod health;
mod hold;
mod intervene;
mod jobs;
mod journal_file;
mod list_cases;
mod list_events;
mod make_package;
mod notices;
mod post_answers;
mod post_file;
mod post_open;
mod post_record;
mod post_reply;
mod reason;
mod reconciliations;
mod show_case;
mod show_radar;
mod show_record;
mod show_schema;
mod show_submission;
mod submission_body;
mod submission_receipt;

use std::future::{Ready, ready};

use actix_web::http::Method;
use actix_web::web;
use utoipa::OpenApi;

use crate::http::problem::ProblemDocument;

/// How an operation answers: what it has, or a problem.
type Answer = Result<actix_web::HttpResponse, ProblemDocument>;

macro_rules! routes {
    ($($pattern:literal => $($method:ident $module:ident::$operation:ident),+;)+) => {
        /// Every route: method and path pattern.
        pub const ROUTES: &[(&str, &str)] = &[$($((stringify!($method), $pattern)),+),+];

        /// Puts every route into an application; what no route knows is a problem too.
        pub fn configure(config: &mut web::ServiceConfig) {
            $(
                let known = concat!($(stringify!($method), ", "),+).trim_end_matches(", ");
                let resource = web::resource($pattern)
                    $(.route(web::method(Method::$method).to($module::$operation)))+
                    .default_service(web::to(move || wrong_method(known)));
                config.service(resource);
            )+
            config.default_service(web::to(no_route));
        }

        #[derive(OpenApi)]
        #[openapi(paths($($($module::$operation),+),+))]
        struct Operations;
    };
}

routes! {
    "/platform/v1/cases" => GET list_cases::list_cases;
    "/platform/v1/cases/{case}" => GET show_case::show_case;
    "/platform/v1/cases/{case}/package" => GET make_package::make_package;
    "/platform/v1/cases/{case}/attachments" => GET attachments::list_attachments;
    "/platform/v1/cases/{case}/attachments/{sha256}" =>
        GET attachments::read_attachment,
        HEAD attachments::probe_attachment,
        PUT attachments::put_attachment,
        PATCH attachments::append_attachment,
        DELETE attachments::cancel_attachment;
    "/platform/v1/cases/{case}/hold" => PUT hold::put_hold, DELETE hold::end_hold;
    "/platform/v1/cases/{case}/records" => POST post_record::post_record;
    "/platform/v1/cases/{case}/records/{record}" => GET show_record::show_record;
    "/platform/v1/cases/{case}/replies" => POST post_reply::post_reply;
    "/platform/v1/records" => POST post_answers::post_answers;
    "/platform/v1/records/{kind}" => POST post_open::post_open;
    "/platform/v1/agencies/{agency}/files" => POST post_file::post_file;
    "/platform/v1/feeds/{agency}/{kind}" => GET feeds::list_windows;
    "/platform/v1/feeds/{agency}/{kind}/reports" => POST feeds::post_report;
    "/platform/v1/radar" => GET show_radar::show_radar;
    "/platform/v1/deliveries" => GET deliveries::list_deliveries;
    "/platform/v1/deliveries/{delivery}" => GET deliveries::show_delivery;
    "/platform/v1/deliveries/{delivery}/stop" => POST intervene::stop_delivery;
    "/platform/v1/deliveries/{delivery}/retry" => POST intervene::retry_delivery;
    "/platform/v1/deliveries/{delivery}/replay" => POST intervene::replay_delivery;
    "/platform/v1/jobs" => GET jobs::list_jobs;
    "/platform/v1/jobs/{job}/runs" => GET jobs::list_runs;
    "/platform/v1/jobs/{job}/run" => POST jobs::run_job;
    "/platform/v1/jobs/{job}/pause" => POST jobs::pause_job;
    "/platform/v1/jobs/{job}/resume" => POST jobs::resume_job;
    "/platform/v1/notices" => GET notices::list_notices;
    "/platform/v1/reconciliations" => GET reconciliations::list_reconciliations;
    "/platform/v1/reconciliations/{agency}/{day}" => GET reconciliations::show_reconciliation;
    "/platform/v1/events" => GET list_events::list_events;
    "/platform/v1/submissions/{submission}" => GET show_submission::show_submission;
    "/platform/v1/submissions/{submission}/body" => GET submission_body::submission_body;
    "/platform/v1/submissions/{submission}/receipt" => GET submission_receipt::submission_receipt;
    "/platform/v1/journal/checkpoint" => GET checkpoint::checkpoint;
    "/platform/v1/journal/vkey" => GET checkpoint::verifier_key;
    "/platform/v1/journal/entries/{path:.+}" => GET journal_file::entries;
    "/platform/v1/journal/tile/{path:.+}" => GET journal_file::tile;
    "/platform/v1/schemas/{kind}" => GET show_schema::show_schema;
    "/openapi.json" => GET openapi::openapi;
    "/docs" => GET docs::page;
    "/docs/docs.css" => GET docs::style;
    "/docs/docs.js" => GET docs::script;
    "/healthz" => GET health::alive;
    "/readyz" => GET health::ready;
}

fn no_route() -> Ready<Answer> {
    ready(Err(ProblemDocument::not_found()))
}

fn wrong_method(known: &'static str) -> Ready<Answer> {
    ready(Err(ProblemDocument::method_not_allowed(known)))
}

#[cfg(test)]
mod front;
#[cfg(test)]
mod hands;
#[cfg(test)]
mod tests;
