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
        self.send("POST", path, "application/xml", body)?;
        Ok(self.answer(false)?.status)
    }

    /// Sends a body; the answer with its own.
    pub(super) fn call(
        &mut self,
        method: &str,
        path: &str,
        media: &str,
        body: &[u8],
    ) -> anyhow::Result<Answer> {
        self.send(method, path, media, body)?;
        self.answer(true)
    }

    /// Asks for something; the answer without its body, which is read to its end.
    pub(super) fn get(&mut self, path: &str) -> anyhow::Result<Answer> {
        self.request.clear();
        write!(self.request, "GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
        self.stream.write_all(&self.request)?;
        self.stream.flush()?;
        self.answer(false)
    }

    fn send(&mut self, method: &str, path: &str, media: &str, body: &[u8]) -> anyhow::Result<()> {
        self.request.clear();
        write!(
            self.request,
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {media}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        )?;
        if body.len() <= ONE_WRITE {
            // One write is one TLS record and one segment.
            self.request.extend_from_slice(body);
            self.stream.write_all(&self.request)?;
        } else {
            self.stream.write_all(&self.request)?;
            self.stream.write_all(body)?;
        }
        Ok(self.stream.flush()?)
    }

    fn answer(&mut self, keep: bool) -> anyhow::Result<Answer> {
        let mut filled = 0;
        let (status, start, length) = loop {
            if filled == self.answer.len() {
                self.answer.resize(filled * 2, 0);
            }
            let read = self.stream.read(&mut self.answer[filled..])?;
            if read == 0 {
                bail!("the server ended the connection");
            }
            filled += read;
            if let Some(found) = ends(&self.answer[..filled])? {
                break found;
            }
        };
        let header = String::from_utf8_lossy(&self.answer[..start]).into_owned();
        let mut body = if keep { self.answer[start..filled].to_vec() } else { Vec::new() };
        let mut left = (start + length).checked_sub(filled).context("more than one answer")?;
        while left > 0 {
            let most = left.min(self.answer.len());
            let read = self.stream.read(&mut self.answer[..most])?;
            if read == 0 {
                bail!("the server ended the connection");
            }
            if keep {
                body.extend_from_slice(&self.answer[..read]);
            }
            left -= read;
        }
        Ok(Answer { status, header, length, body })
    }
}

/// Bodies up to this go in one write with their header.
const ONE_WRITE: usize = 16 * 1024;

/// What came back.
pub(super) struct Answer {
    pub(super) status: u16,
    header: String,
    /// How long the body was.
    pub(super) length: usize,
    /// The body, where it was kept.
    pub(super) body: Vec<u8>,
}

impl Answer {
    /// A header's value; `name` in lower case.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.header.lines().find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// Status of an answer, where its body begins, and how long that is, once its header is whole.
fn ends(bytes: &[u8]) -> anyhow::Result<Option<(u16, usize, usize)>> {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let header = std::str::from_utf8(&bytes[..end]).context("an answer's header is no text")?;
    let status =
        header.split(' ').nth(1).and_then(|word| word.parse().ok()).context("an answer without status")?;
    let length: Option<usize> = header.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    });
    // RFC 9110, section 8.6: a 204 has none.
    let length = if status == 204 { 0 } else { length.context("an answer without content-length")? };
    Ok(Some((status, end + 4, length)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_ends_where_its_header_says() {
        assert_eq!(ends(b"HTTP/1.1 201 Created\r\ncontent-le").unwrap(), None);
        let whole = b"HTTP/1.1 201 Created\r\ncontent-length: 5\r\nx: y\r\n\r\nhello";
        assert_eq!(ends(whole).unwrap(), Some((201, whole.len() - 5, 5)));
        assert!(ends(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
        assert_eq!(ends(b"HTTP/1.1 204 No Content\r\n\r\n").unwrap(), Some((204, 27, 0)));
    }
}
