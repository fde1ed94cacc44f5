//! One keep-alive connection of the load generator: HTTP/1.1 over mutual TLS, as little as it takes.
//!
//! Blocking, on a thread of its own, and without a client library: what the generator uses of the processors is
//! taken from the server it measures.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};

/// An answer later than this is a failure, not a figure.
const PATIENCE: Duration = Duration::from_secs(20);

/// The connection, and a buffer for its answers.
pub(super) struct Connection {
    stream: StreamOwned<ClientConnection, TcpStream>,
    answer: Vec<u8>,
    request: Vec<u8>,
}

impl Connection {
    /// Connects, with the handshake done.
    pub(super) fn open(address: SocketAddr, tls: Arc<ClientConfig>) -> anyhow::Result<Self> {
        let mut socket = TcpStream::connect(address)?;
        socket.set_nodelay(true)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        let mut session = ClientConnection::new(tls, ServerName::try_from("localhost")?)?;
        while session.is_handshaking() {
            session.complete_io(&mut socket)?;
        }
        Ok(Self {
            stream: StreamOwned::new(session, socket),
            answer: vec![0; 16 * 1024],
            request: Vec::new(),
        })
    }

    /// Posts a body; the answer's status. The answer is read to its end.
    pub(super) fn post(&mut self, path: &str, body: &[u8]) -> anyhow::Result<u16> {
        self.request.clear();
        write!(
            self.request,
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/xml\r\nContent-Length: {}\r\n\r\n",
            body.len()
        )?;
        self.request.extend_from_slice(body);
        // One write is one TLS record and one segment.
        self.stream.write_all(&self.request)?;
        self.stream.flush()?;
        let mut filled = 0;
        let mut wanted = None;
        loop {
            let read = self.stream.read(&mut self.answer[filled..])?;
            if read == 0 {
                bail!("the server ended the connection");
            }
            filled += read;
            if wanted.is_none() {
                wanted = ends(&self.answer[..filled])?;
            }
            match wanted {
                Some((status, end)) if filled >= end => return Ok(status),
                Some((_, end)) if end > self.answer.len() => self.answer.resize(end, 0),
                _ => {}
            }
        }
    }
}

/// Status and length of an answer, once its header is whole.
fn ends(bytes: &[u8]) -> anyhow::Result<Option<(u16, usize)>> {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let header = std::str::from_utf8(&bytes[..end]).context("an answer's header is no text")?;
    let status =
        header.split(' ').nth(1).and_then(|word| word.parse().ok()).context("an answer without status")?;
    let length: Option<usize> = header.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    });
    let length = length.context("an answer without content-length")?;
    Ok(Some((status, end + 4 + length)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_ends_where_its_header_says() {
        assert_eq!(ends(b"HTTP/1.1 201 Created\r\ncontent-le").unwrap(), None);
        let whole = b"HTTP/1.1 201 Created\r\ncontent-length: 5\r\nx: y\r\n\r\nhello";
        assert_eq!(ends(whole).unwrap(), Some((201, whole.len())));
        assert!(ends(b"HTTP/1.1 204 No Content\r\n\r\n").is_err());
    }
}
