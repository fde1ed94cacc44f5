//! The agency listener: mutual TLS, `/agency/v1`, and the old open platform's `/router/rest`.
//!
//! Promise: who is calling is decided by the client certificate, anew at every request, against the registry and the
//! trust of that moment; a handler runs only for a known agency. One operation is one file. Certificates and their
//! revocation are left to [`crate::pki`], what a message means to [`crate::exchange`].

pub mod connection;
pub mod door;
pub mod handshakes;
pub mod limits;

mod attachments;
mod caller;
mod give_receipt;
mod identity;
mod manifests;
mod published;
mod pull;
mod rates;
mod receipt;
mod router;
mod routes;
mod submit;
mod waits;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::thread::available_parallelism;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::middleware::from_fn;
use actix_web::{App, HttpServer, web};

use crate::http::agency::connection::{Addresses, Connection};
use crate::http::agency::door::Door;
use crate::http::unread::close_unread;

pub use caller::Caller;

/// Binds the listener. The server runs when it is awaited, and stops when its handle says so: it takes no signals.
pub fn bind(address: SocketAddr, door: Door, tls: rustls::ServerConfig) -> io::Result<(Server, SocketAddr)> {
    let limits = door.limits.clone();
    let workers = match limits.workers {
        0 => workers_beside_the_writer(),
        workers => workers,
    };
    let door = web::Data::new(door);
    let addresses = Addresses::with_most(limits.connections_per_address);
    let listener = TcpListener::bind(address)?;
    let address = listener.local_addr()?;
    let seconds = |seconds: u32| Duration::from_secs(seconds.into());
    let server = HttpServer::new(move || {
        App::new()
            .app_data(door.clone())
            .wrap(from_fn(door::pass))
            .wrap(from_fn(close_unread))
            .configure(routes::routes)
    })
    .workers(workers)
    // actix counts both a worker, and a share of none would refuse everybody.
    .max_connections(limits.connections.div_ceil(workers))
    .max_connection_rate(limits.handshakes.div_ceil(workers))
    .tls_handshake_timeout(seconds(limits.handshake_seconds))
    .client_request_timeout(seconds(limits.header_seconds))
    .client_disconnect_timeout(FAREWELL)
    .keep_alive(seconds(limits.keep_alive_seconds))
    .tcp_nodelay(true)
    .shutdown_timeout(SHUTDOWN_SECONDS)
    .disable_signals()
    .on_connect(move |io, extensions| Connection::opened(io, extensions, &addresses, &limits))
    .listen_rustls_0_23(listener, tls)?;
    Ok((server.run(), address))
}

/// One a processor but one, which the writer needs: as many as processors keep it waiting for its turn, and every
/// sender with it. Measured with two processors: 10 to 15 % more submissions with one worker than with two.
fn workers_beside_the_writer() -> usize {
    available_parallelism().map_or(1, |processors| processors.get().saturating_sub(1).max(1))
}

/// How long a peer may take to close after a goodbye; then the socket goes.
const FAREWELL: Duration = Duration::from_secs(1);

/// How long requests that are being served may take when the process ends: a commit takes milliseconds, and an
/// orchestrator kills after ten to thirty seconds.
const SHUTDOWN_SECONDS: u64 = 8;
