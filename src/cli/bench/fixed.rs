//! The transport limit: the agency listener's TLS and server, and a handler that reads the body and answers the same
//! 2 KB to everybody.

use std::sync::Arc;
use std::thread::available_parallelism;

use actix_web::http::header;
use actix_web::web::ServiceConfig;
use actix_web::{App, HttpResponse, HttpServer, web};

use crate::cli::Context;
use crate::cli::bench::listening;
use crate::cli::serve::stop_asked;
use crate::clock::SystemClock;
use crate::pki::{Trust, TrustPaths};

/// About the size of a receipt with its proof.
const ANSWER: [u8; 2048] = [b'x'; 2048];

pub(super) async fn run(context: &Context) -> anyhow::Result<bool> {
    serve(context, |app| {
        app.default_service(web::to(answer));
    })
    .await
}

/// A server with the agency listener's TLS that has only these routes, until it is asked to stop.
pub(super) async fn serve(
    context: &Context,
    routes: impl Fn(&mut ServiceConfig) + Clone + Send + 'static,
) -> anyhow::Result<bool> {
    let trust = Trust::load(&TrustPaths::of_authority(&context.folder.pki()), Arc::new(SystemClock))?;
    // As in `http::agency::bind`, which also says why; the limits of the door are left out.
    let server = HttpServer::new(move || App::new().configure(&routes))
        .workers(available_parallelism().map_or(1, usize::from))
        .tcp_nodelay(true)
        .disable_signals()
        .bind_rustls_0_23("127.0.0.1:0", trust.server_config())?;
    for address in server.addrs() {
        println!("{}", listening(address));
    }
    let server = server.run();
    let handle = server.handle();
    actix_web::rt::spawn(server);
    stop_asked().await?;
    handle.stop(false).await;
    Ok(true)
}

async fn answer(body: web::Bytes) -> HttpResponse {
    if body.is_empty() {
        return HttpResponse::BadRequest().finish();
    }
    HttpResponse::Created().insert_header((header::CONTENT_TYPE, "application/xml")).body(ANSWER.as_slice())
}
