//! The listener itself: address, TLS if any, limits of a connection.
//!
//! Promise: what is bound answers every route of the table; plain HTTP unless a TLS configuration is given. Errors
//! that the web framework finds by itself (a path that is no path, a header that is too large) keep the status it
//! gives them.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::http::header;
use actix_web::middleware::{DefaultHeaders, from_fn};
use actix_web::{App, HttpServer, web};

use crate::exchange::Gateway;
use crate::exchange::job::CurrentJobs;
use crate::http::platform::{configure, input};
use crate::http::unread::close_unread;

/// The platform's systems are near: a header that is not whole after five seconds is not coming.
const HEADER: Duration = Duration::from_secs(5);
/// Idle connections: longer than the longest poll, so that a poller keeps its connection.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// A stop waits this long for answers under way: a long poll is cut, its caller asks again with its cursor.
const STOP_SECONDS: u64 = 5;
/// One thread does thousands of requests a second, and the platform makes tens; two keep a large page from
/// holding up the health checks.
const WORKERS: usize = 2;

/// A listener that is bound and not yet running.
pub struct Bound {
    /// Where it listens; with port 0 asked for, this is the port that was found.
    pub addresses: Vec<SocketAddr>,
    /// Await it to run; its handle stops it.
    pub server: Server,
}

/// Binds the platform listener. It leaves the process's signals alone.
///
/// # Errors
/// When the address cannot be had.
pub fn bind(
    gateway: Gateway,
    jobs: CurrentJobs,
    address: SocketAddr,
    tls: Option<rustls::ServerConfig>,
) -> io::Result<Bound> {
    let (gateway, jobs) = (web::Data::new(gateway), web::Data::new(jobs));
    let budget = web::Data::new(input::budget());
    let server = HttpServer::new(move || {
        let defaults = DefaultHeaders::new()
            .add((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
            // Cases hold personal data: no cache between us and the platform keeps them.
            .add((header::CACHE_CONTROL, "no-store"));
        App::new()
            .app_data(gateway.clone())
            .app_data(jobs.clone())
            .app_data(budget.clone())
            .wrap(defaults)
            .wrap(from_fn(close_unread))
            .configure(configure)
    })
    .workers(WORKERS)
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
