//! A look at a peer, step by step: what stands between us and an answer of its, for whoever has to find out why.
//!
//! Promise: the same identity and the same rules as a delivery's call; nothing is delivered. The request is OPTIONS
//! (RFC 9110, section 9.3.7), which changes nothing; whatever status it is answered with, the round trip was made. Each
//! step is bounded; the first that fails is the last.

use std::io::{self, Read as _, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{AlertDescription, ClientConnection, StreamOwned};

use crate::client::https::{Scheme, address};
use crate::client::identity::Identity;

/// How long each step may take: a bad line's handshake, or a busy server's answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Of an answer so much is read: its first line.
const FIRST_LINE: usize = 1024;

/// One step, and how it went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// `address`, `name`, `connection`, `handshake` or `request`.
    pub name: &'static str,
    /// What was found, or why it failed and whose it is to mend.
    pub outcome: Result<String, String>,
}

/// What a look found.
#[derive(Debug, Default)]
pub struct Probe {
    /// The steps, in order.
    pub steps: Vec<Step>,
    /// The certificates that the peer showed, its own first.
    pub certificates: Vec<CertificateDer<'static>>,
}

impl Probe {
    /// Whether an answer came.
    #[must_use]
    pub fn is_well(&self) -> bool {
        self.steps.iter().all(|step| step.outcome.is_ok())
    }

    fn note<T>(&mut self, name: &'static str, outcome: Result<(T, String), String>) -> Option<T> {
        let (found, outcome) = match outcome {
            Ok((found, said)) => (Some(found), Ok(said)),
            Err(why) => (None, Err(why)),
        };
        self.steps.push(Step { name, outcome });
        found
    }
}

/// Looks at the peer at an address. Blocks.
#[must_use]
pub fn probe(url: &str, identity: &Identity) -> Probe {
    let mut probe = Probe::default();
    // The first step that fails is the last.
    let _ = steps(url, identity, &mut probe);
    probe
}

fn steps(url: &str, identity: &Identity, probe: &mut Probe) -> Option<()> {
    let url = probe.note("address", parsed(url))?;
    let (host, port) = (url.host_str()?.to_owned(), url.port_or_known_default()?);
    let bare = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let addresses = probe.note("name", resolved(&bare, port))?;
    let socket = probe.note("connection", connected(&addresses))?;
    let stream = probe.note("handshake", shaken(socket, &bare, identity));
    let mut stream = stream?;
    probe.certificates = stream
        .conn
        .peer_certificates()
        .unwrap_or_default()
        .iter()
        .map(|one| one.clone().into_owned())
        .collect();
    probe.note("request", asked(&mut stream, &url))
}

fn parsed(text: &str) -> Result<(Url, String), String> {
    let url = address(text, Scheme::HttpsOnly)?;
    if url.host_str().is_none() {
        return Err(format!("{text} names no host"));
    }
    let said = url.to_string();
    Ok((url, said))
}

fn resolved(host: &str, port: u16) -> Result<(Vec<std::net::SocketAddr>, String), String> {
    let found = (host, port).to_socket_addrs().map_err(|error| {
        format!("{host} is not found ({error}): a mistake in delivery.url, or this machine's name service")
    })?;
    let addresses: Vec<_> = found.collect();
    if addresses.is_empty() {
        return Err(format!("{host} has no address"));
    }
    let said: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    Ok((addresses, said.join(", ")))
}

fn connected(addresses: &[std::net::SocketAddr]) -> Result<(TcpStream, String), String> {
    let mut whys = Vec::new();
    for address in addresses {
        match TcpStream::connect_timeout(address, PATIENCE) {
            Ok(socket) => return Ok((socket, address.to_string())),
            Err(error) => whys.push(format!("{address}: {error}")),
        }
    }
    Err(format!("{}: nobody listens there, or a firewall is between", whys.join("; ")))
}

type Stream = StreamOwned<ClientConnection, TcpStream>;

fn shaken(mut socket: TcpStream, host: &str, identity: &Identity) -> Result<(Stream, String), String> {
    let name = ServerName::try_from(host.to_owned()).map_err(|error| error.to_string())?;
    let mut tls = identity.tls().map_err(|error| format!("[outbound]: {error}"))?;
    tls.alpn_protocols = vec![b"http/1.1".to_vec()];
    let patience = Some(PATIENCE);
    socket
        .set_read_timeout(patience)
        .and_then(|()| socket.set_write_timeout(patience))
        .map_err(|e| e.to_string())?;
    let mut connection = ClientConnection::new(Arc::new(tls), name).map_err(|error| error.to_string())?;
    while connection.is_handshaking() {
        connection.complete_io(&mut socket).map_err(|error| cause(&error))?;
    }
    let version = connection.protocol_version().map_or_else(String::new, |version| format!("{version:?}"));
    let group = connection
        .negotiated_key_exchange_group()
        .map_or_else(String::new, |group| format!(", {:?}", group.name()));
    Ok((StreamOwned::new(connection, socket), format!("{version}{group}")))
}

fn asked(stream: &mut Stream, url: &Url) -> Result<((), String), String> {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let host = format!("{}{port}", url.host_str().unwrap_or_default());
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    let path = format!("{}{query}", url.path());
    let request = format!(
        "OPTIONS {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: regbridge/{}\r\nContent-Length: 0\r\nConnection: \
         close\r\n\r\n",
        env!("CARGO_PKG_VERSION")
    );
    stream.write_all(request.as_bytes()).and_then(|()| stream.flush()).map_err(|error| cause(&error))?;
    let mut answer = Vec::new();
    let mut piece = [0; 256];
    while !answer.contains(&b'\n') && answer.len() < FIRST_LINE {
        match stream.read(&mut piece) {
            Ok(0) => break,
            Ok(count) => answer.extend_from_slice(&piece[..count]),
            // A server that ends the connection without saying so (RFC 8446, section 6.1).
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof && !answer.is_empty() => break,
            Err(error) => return Err(cause(&error)),
        }
    }
    let line = String::from_utf8_lossy(&answer);
    let line: String = line.lines().next().unwrap_or_default().chars().filter(|c| !c.is_control()).collect();
    if line.is_empty() {
        return Err("the connection ended without an answer".to_owned());
    }
    if !line.starts_with("HTTP/1.") {
        return Err(format!("what answers is no HTTP server: \"{line}\""));
    }
    Ok(((), format!("OPTIONS {path} was answered: {line}")))
}

/// Why TLS broke off, and whose it is to mend.
fn cause(error: &io::Error) -> String {
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match tls {
        Some(rustls::Error::AlertReceived(alert)) => format!(
            "the peer refuses us (TLS alert {alert:?}): {}",
            if *alert == AlertDescription::CertificateRequired {
                "it wants a client certificate and we have none: [outbound]"
            } else {
                "our client certificate is not one that it knows; it has to let in the one of [outbound]"
            }
        ),
        Some(rustls::Error::InvalidCertificate(why)) => format!(
            "its certificate is not to be believed ({why}): its authority belongs into [outbound] authorities, or it \
             is not who the address says"
        ),
        Some(other) => other.to_string(),
        None if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
            format!("no answer within {} s", PATIENCE.as_secs())
        }
        None => format!("the connection broke ({error})"),
    }
}
