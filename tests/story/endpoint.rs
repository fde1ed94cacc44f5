//! A receiver of what the gateway sends: a bureau's endpoint over mutual TLS, or the platform's webhook.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::house::House;

/// A receiver in a process of its own; it keeps a book of what came.
pub(crate) struct Endpoint {
    child: Child,
    book: PathBuf,
    pub(crate) port: u16,
    _folder: tempfile::TempDir,
}

/// One POST that came.
pub(crate) struct Received {
    pub(crate) path: String,
    pub(crate) status: u64,
    pub(crate) peer: Option<String>,
    pub(crate) body: Vec<u8>,
    headers: Value,
}

impl Endpoint {
    /// A bureau's endpoint: TLS with a certificate of the house's authority, and a client certificate required.
    pub(crate) fn of_bureau(house: &House, name: &str) -> Self {
        house.must(&["pki", "issue", name, "--server-name", "localhost"]);
        let file = |name: &str| house.file(name).display().to_string();
        let issued = |end: &str| file(&format!("pki/issued/{name}.{end}"));
        Self::start(&[&issued("crt"), &issued("key"), &file("pki/ca.crt")])
    }

    /// The platform's receiver of events, over plain HTTP on this machine.
    pub(crate) fn of_webhook() -> Self {
        Self::start(&[])
    }

    fn start(tls: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let book = folder.path().join("book");
        let mut child = Command::new("python3")
            .args(["-c", include_str!("endpoint.py")])
            .arg(&book)
            .args(tls)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { child, book, port: line.trim().parse().unwrap(), _folder: folder }
    }

    /// All that came so far, in order.
    pub(crate) fn book(&self) -> Vec<Received> {
        let text = std::fs::read_to_string(&self.book).unwrap_or_default();
        text.lines().map(Received::read).collect()
    }

    /// From now on it answers 503, or well again.
    pub(crate) fn be_down(&self, down: bool) {
        self.mark("book.down", down);
    }

    /// From now on it answers after a while, or at once again.
    pub(crate) fn be_slow(&self, slow: bool) {
        self.mark("book.slow", slow);
    }

    /// From now on it answers in these words; `@ID@` stands for the id of the message that came.
    pub(crate) fn say(&self, words: &[u8]) {
        std::fs::write(self.book.with_file_name("book.answer"), words).unwrap();
    }

    fn mark(&self, name: &str, on: bool) {
        let file = self.book.with_file_name(name);
        if on {
            std::fs::write(file, "").unwrap();
        } else if file.exists() {
            std::fs::remove_file(file).unwrap();
        }
    }
}

impl Received {
    fn read(line: &str) -> Self {
        let value: Value = serde_json::from_str(line).unwrap();
        Self {
            path: value["path"].as_str().unwrap().to_owned(),
            status: value["status"].as_u64().unwrap(),
            peer: value["peer"].as_str().map(str::to_owned),
            body: STANDARD.decode(value["body"].as_str().unwrap()).unwrap(),
            headers: value["headers"].clone(),
        }
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers[name].as_str().unwrap_or_default()
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
