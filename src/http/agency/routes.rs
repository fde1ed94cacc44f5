//! Every address of the agency listener.

use actix_web::{HttpResponse, Resource, web};

use crate::http::agency::{
    attachments, give_receipt, identity, manifests, published, pull, receipt, router, submit,
};
use crate::http::problem::ProblemDocument;

pub(super) fn routes(app: &mut web::ServiceConfig) {
    app.service(at("/agency/v1", "GET").route(web::get().to(identity::identity)))
        .service(at("/agency/v1/checkpoint", "GET").route(web::get().to(published::published)))
        .service(at("/agency/v1/checkpoint.cosigned", "GET").route(web::get().to(published::published)))
        .service(at("/agency/v1/vkey", "GET").route(web::get().to(published::published)))
        .service(at("/agency/v1/receipts", "POST").route(web::post().to(give_receipt::give_receipt)))
        .service(at("/agency/v1/manifests", "GET").route(web::get().to(manifests::list)))
        // Nearly every message takes this road: it stands before all whose paths have to be matched by a pattern.
        .service(
            at("/agency/v1/{kind}", "GET, POST")
                .route(web::get().to(pull::pull))
                .route(web::post().to(submit::submit)),
        )
        .service(at("/agency/v1/tile/{path:.*}", "GET").route(web::get().to(published::published)))
        .service(at("/agency/v1/receipts/{id}", "GET").route(web::get().to(receipt::receipt)))
        .service(
            at("/agency/v1/manifests/{day}", "GET, POST")
                .route(web::get().to(manifests::ours))
                .route(web::post().to(manifests::theirs)),
        )
        .service(at("/agency/v1/cases/{case}/attachments", "GET").route(web::get().to(attachments::list)))
        .service(
            at("/agency/v1/cases/{case}/attachments/{sha256}", "GET, HEAD, PUT, PATCH, DELETE")
                .route(web::get().to(attachments::read))
                .route(web::head().to(attachments::head))
                .route(web::put().to(attachments::put))
                .route(web::patch().to(attachments::append))
                .route(web::delete().to(attachments::cancel)),
        )
        .service(at("/router/rest", "POST").route(web::post().to(router::rest)))
        .default_service(web::to(nowhere));
}

/// A resource that answers every other method with 405.
fn at(path: &str, allow: &'static str) -> Resource {
    let refuse = move || async move {
        Err::<HttpResponse, ProblemDocument>(ProblemDocument::method_not_allowed(allow))
    };
    web::resource(path).default_service(web::to(refuse))
}

async fn nowhere() -> Result<HttpResponse, ProblemDocument> {
    Err(ProblemDocument::not_found())
}
