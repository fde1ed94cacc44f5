//! A connection: who is at its other end, since when, and what it takes of the listener.
//!
//! Promise: facts come from the TLS session itself, once, when the connection opens. A connection of an address that
//! has too many is hung up at once. One that outlives its time is hung up too: over HTTP/1.1 politely by
//! `Connection: close`, over HTTP/2, which has no such header, by shutting the socket.

use std::any::Any;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::{IpAddr, Shutdown, TcpStream};
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::dev::Extensions;
use actix_web::rt;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::http::agency::limits::Limits;
use crate::pki::Peer;

/// An answer on its way gets so long before an HTTP/2 socket is shut: a round trip to the far end of the country.
const FAREWELL: Duration = Duration::from_millis(500);

/// What is known of a connection; reached through `HttpRequest::conn_data`.
#[derive(Debug)]
pub struct Connection {
    /// The peer, by the certificate that TLS verified.
    pub peer: Option<Peer>,
    /// When it opened.
    opened: Instant,
    /// Only where the protocol cannot say goodbye.
    socket: Option<Socket>,
    _slot: Option<Slot>,
}

impl Connection {
    /// Reads the connection's facts into `extensions`. A stream that is not ours leaves them empty, and whoever looks
    /// for them there refuses.
    pub fn opened(io: &dyn Any, extensions: &mut Extensions, addresses: &Arc<Addresses>, limits: &Limits) {
        let Some(stream) = io.downcast_ref::<TlsStream<rt::net::TcpStream>>() else { return };
        let (tcp, tls) = stream.get_ref();
        let slot = tcp.peer_addr().ok().and_then(|a| Addresses::enter(addresses, a.ip()));
        let socket = || tcp.as_fd().try_clone_to_owned().map(TcpStream::from).ok();
        if slot.is_none() {
            tracing::warn!(address = ?tcp.peer_addr().ok(), "too many connections of one address: hung up");
            // What is left of the connection finds a closed socket.
            socket().map(|s| s.shutdown(Shutdown::Both));
            return;
        }
        let http2 = tls.alpn_protocol() == Some(b"h2");
        let life = Duration::from_secs(limits.connection_seconds.into());
        extensions.insert(Self {
            peer: tls.peer_certificates().and_then(|chain| Peer::of(chain).ok()),
            opened: Instant::now(),
            socket: http2.then(socket).flatten().map(|s| Socket::until(s, life)),
            _slot: slot,
        });
    }

    /// Whether it has lived long enough.
    #[must_use]
    pub fn is_old(&self, limits: &Limits) -> bool {
        self.opened.elapsed() >= Duration::from_secs(limits.connection_seconds.into())
    }

    /// Ends it after the answer, where `Connection: close` does not.
    pub fn hang_up(&self) {
        if let Some(socket) = &self.socket {
            socket.shut_after(FAREWELL);
        }
    }
}

/// A second handle on a connection's socket, which shuts it when its time is over.
#[derive(Debug)]
struct Socket {
    handle: Arc<TcpStream>,
    end: JoinHandle<()>,
}

impl Socket {
    fn until(handle: TcpStream, life: Duration) -> Self {
        let handle = Arc::new(handle);
        Self { end: shut(Arc::clone(&handle), life), handle }
    }

    fn shut_after(&self, pause: Duration) {
        shut(Arc::clone(&self.handle), pause);
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.end.abort();
    }
}

fn shut(handle: Arc<TcpStream>, after: Duration) -> JoinHandle<()> {
    rt::spawn(async move {
        tokio::time::sleep(after).await;
        // It may be closed already, which is what we want.
        let _ = handle.shutdown(Shutdown::Both);
    })
}

/// How many connections each address has open.
#[derive(Debug)]
pub struct Addresses {
    most: usize,
    open: Mutex<HashMap<IpAddr, usize>>,
}

/// One connection's place among those of its address; given back when it is dropped.
#[derive(Debug)]
pub struct Slot {
    addresses: Arc<Addresses>,
    address: IpAddr,
}

impl Addresses {
    /// At most so many connections an address.
    #[must_use]
    pub fn with_most(most: usize) -> Arc<Self> {
        Arc::new(Self { most, open: Mutex::default() })
    }

    /// A place for one connection more, if there is one.
    #[must_use]
    pub fn enter(addresses: &Arc<Self>, address: IpAddr) -> Option<Slot> {
        let mut open = addresses.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(address).or_default();
        if *count >= addresses.most {
            return None;
        }
        *count += 1;
        Some(Slot { addresses: Arc::clone(addresses), address })
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut open = self.addresses.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Entry::Occupied(mut entry) = open.entry(self.address) {
            *entry.get_mut() -= 1;
            // An address without connections is forgotten, or the table would grow for ever.
            if *entry.get() == 0 {
                entry.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_so_many_places_and_gets_them_back() {
        let addresses = Addresses::with_most(2);
        let (one, other) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        let first = Addresses::enter(&addresses, one).unwrap();
        let _second = Addresses::enter(&addresses, one).unwrap();
        assert!(Addresses::enter(&addresses, one).is_none());
        drop(Addresses::enter(&addresses, other).unwrap());
        drop(first);
        assert!(Addresses::enter(&addresses, one).is_some());
        let open = addresses.open.lock().unwrap();
        assert_eq!(open.len(), 1, "who left is forgotten: {open:?}");
    }
}
