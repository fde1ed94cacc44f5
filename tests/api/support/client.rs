//! A small client: one TLS connection, requests written as they are, so that a test can be as rude as it likes.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

/// One connection.
pub(crate) struct Client {
    stream: StreamOwned<ClientConnection, TcpStream>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Client {
    /// Connects; the handshake is done when this returns, as far as the client can tell.
    pub(crate) fn connect(
        address: SocketAddr,
        authority: &Path,
        identity: Option<(&Path, &Path)>,
    ) -> Result<Self, String> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(authority).unwrap()).unwrap();
        let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots);
        let config = match identity {
            None => builder.with_no_client_auth(),
            Some((certificate, key)) => builder
                .with_client_auth_cert(
                    vec![CertificateDer::from_pem_file(certificate).unwrap()],
                    PrivateKeyDer::from_pem_file(key).unwrap(),
                )
                .unwrap(),
        };
        let name = ServerName::try_from("localhost").unwrap();
        let mut tls = ClientConnection::new(Arc::new(config), name).unwrap();
        let mut tcp = TcpStream::connect(address).map_err(|e| e.to_string())?;
        tcp.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        tls.complete_io(&mut tcp).map_err(|e| e.to_string())?;
        Ok(Self { stream: StreamOwned::new(tls, tcp) })
    }

    /// `GET`.
    pub(crate) fn get(&mut self, path: &str) -> Reply {
        self.try_get(path).expect("an answer")
    }

    /// `GET`, where the connection may be gone.
    pub(crate) fn try_get(&mut self, path: &str) -> Result<Reply, String> {
        self.send(&format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"), b"")?;
        self.reply()
    }

    /// `POST` of a whole body.
    pub(crate) fn post(&mut self, path: &str, content_type: &str, body: &[u8]) -> Reply {
        self.post_with(path, &[("Content-Type", content_type)], body)
    }

    /// `POST` of a whole body with these headers.
    pub(crate) fn post_with(&mut self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        let mut head =
            format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n", body.len());
        for (name, value) in headers {
            head.extend([*name, ": ", *value, "\r\n"]);
        }
        self.send(&(head + "\r\n"), body).expect("it can be sent");
        self.reply().expect("an answer")
    }

    /// Any method, with a body; of an answer to HEAD there is only the head.
    pub(crate) fn ask(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n");
        if !body.is_empty() || method.starts_with('P') {
            head.extend(["Content-Length: ", &body.len().to_string(), "\r\n"]);
        }
        for (name, value) in headers {
            head.extend([*name, ": ", *value, "\r\n"]);
        }
        self.send(&(head + "\r\n"), body).expect("it can be sent");
        self.answer(method != "HEAD").expect("an answer")
    }

    /// Writes bytes as they are.
    pub(crate) fn send(&mut self, head: &str, body: &[u8]) -> Result<(), String> {
        let mut send = || {
            self.stream.write_all(head.as_bytes())?;
            self.stream.write_all(body)?;
            self.stream.flush()
        };
        send().map_err(|e| e.to_string())
    }

    /// Reads one answer.
    pub(crate) fn reply(&mut self) -> Result<Reply, String> {
        self.answer(true)
    }

    fn answer(&mut self, has_body: bool) -> Result<Reply, String> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            match self.stream.read(&mut byte) {
                Ok(0) => return Err("the connection ended".to_owned()),
                Ok(_) => head.push(byte[0]),
                Err(e) => return Err(e.to_string()),
            }
        }
        let head = String::from_utf8(head).unwrap();
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
            .collect();
        let mut reply = Reply { status, headers, body: Vec::new() };
        let length = reply.header("content-length").filter(|_| has_body).map_or(0, |l| l.parse().unwrap());
        reply.body = vec![0; length];
        self.stream.read_exact(&mut reply.body).map_err(|e| e.to_string())?;
        Ok(reply)
    }

    /// Whether the other side hangs up, within the read timeout.
    pub(crate) fn is_hung_up(&mut self) -> bool {
        let mut byte = [0];
        match self.stream.read(&mut byte) {
            Ok(count) => count == 0,
            Err(e) => !matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
        }
    }
}

impl Reply {
    /// A header's value.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.text()))
    }

    /// The body as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The slug of the problem that the body states.
    pub(crate) fn problem(&self) -> String {
        let uri = self.json()["type"].as_str().expect("a problem has a type").to_owned();
        uri.strip_prefix("urn:regbridge:problem:").expect("one of ours").to_owned()
    }
}
