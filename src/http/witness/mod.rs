//! The listener of a witness: one address, `POST /add-checkpoint` (`tlog-witness` v1.0.0).
//!
//! Promise: whoever asks, the log's signature on the checkpoint decides; nothing is answered before what it says is on disk
//! ([`memory`]). A witness knows no case, no agency and no database: it is handed to somebody else.

mod add_checkpoint;
pub mod memory;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::middleware::from_fn;
use actix_web::{App, HttpServer, web};

use crate::clock::Clock;
use crate::http::body::Budget;
use crate::http::platform::serve::Bound;
use crate::http::problem::ProblemDocument;
use crate::http::unread::close_unread;
use crate::http::witness::memory::Memory;

/// A header that is not whole after five seconds is not coming.
const HEADER: Duration = Duration::from_secs(5);
/// A log asks once a minute, and is to keep its connection.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// A stop waits this long for answers under way: each is a write to disk.
const STOP_SECONDS: u64 = 5;
/// A log asks once a minute; two threads keep one slow body from holding up the rest.
const WORKERS: usize = 2;
/// Connections at once, a worker: a log keeps one, and a witness has some dozens of logs.
const CONNECTIONS: usize = 256;
/// Bodies at once, each of the largest size: 64 of 64 KiB are 4 MiB.
const BODIES: usize = 64;

/// Binds the listener; plain HTTP unless there is TLS. It leaves the process's signals alone.
///
/// # Errors
/// When the address cannot be had.
pub fn bind(
    memory: Memory,
    clock: Arc<dyn Clock>,
    address: SocketAddr,
    tls: Option<rustls::ServerConfig>,
) -> io::Result<Bound> {
    let (memory, clock) = (web::Data::new(memory), web::Data::new(clock));
    let budget = web::Data::new(Budget::of(BODIES * add_checkpoint::BODY.bytes));
    let server = HttpServer::new(move || {
        let refuse = || async { Err::<String, _>(ProblemDocument::method_not_allowed("POST")) };
        App::new()
            .app_data(memory.clone())
            .app_data(clock.clone())
            .app_data(budget.clone())
            .wrap(from_fn(close_unread))
            .service(
                web::resource("/add-checkpoint")
                    .route(web::post().to(add_checkpoint::add_checkpoint))
                    .default_service(web::to(refuse)),
            )
            .default_service(web::to(|| async { Err::<String, _>(ProblemDocument::not_found()) }))
    })
    .workers(WORKERS)
    .max_connections(CONNECTIONS)
    .client_request_timeout(HEADER)
    .keep_alive(KEEP_ALIVE)
    .shutdown_timeout(STOP_SECONDS)
    .disable_signals();
    let server = match tls {
        Some(tls) => server.bind_rustls_0_23(address, tls)?,
        None => server.bind(address)?,
    };
    Ok(Bound { addresses: server.addrs(), server: server.run() })
}
