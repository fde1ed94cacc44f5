//! A real mail server (aiosmtpd) in a process of its own, which keeps a book of all it is told.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::debian::python_with;

/// Name and password that it wants.
pub(crate) const LOGIN: (&str, &str) = ("regbridge", "correct horse");

/// The server; it ends with the test.
pub(crate) struct MailServer {
    child: Option<Child>,
    folder: tempfile::TempDir,
    certificate: PathBuf,
    key: PathBuf,
    pub(crate) port: u16,
}

/// A mail that came.
#[derive(Clone, Debug)]
pub(crate) struct Mail {
    pub(crate) to: String,
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) html: String,
    pub(crate) raw: String,
    pub(crate) headers: Value,
}

impl Mail {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers[name].as_str().unwrap_or_default()
    }
}

impl MailServer {
    /// With STARTTLS, AUTH and a certificate for `localhost`.
    pub(crate) fn start(certificate: &Path, key: &Path) -> Self {
        Self::with(certificate, key, &serde_json::json!({"user": LOGIN.0, "password": LOGIN.1}))
    }

    /// With rules of one's own.
    pub(crate) fn with(certificate: &Path, key: &Path, rules: &Value) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut server =
            Self { child: None, folder, certificate: certificate.to_owned(), key: key.to_owned(), port: 0 };
        server.rule(rules);
        server.come_back();
        server
    }

    /// What it does from now on.
    pub(crate) fn rule(&self, rules: &Value) {
        std::fs::write(self.file("rules"), rules.to_string()).unwrap();
    }

    /// It is gone: nobody listens at its port.
    pub(crate) fn go_down(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// It is there (again), at the same port.
    pub(crate) fn come_back(&mut self) {
        let file = |name: &str| self.file(name).display().to_string();
        let mut child = Command::new(python_with("aiosmtpd"))
            .args(["-c", include_str!("smtp.py"), &file("book"), &file("rules"), &self.port.to_string()])
            .args([&self.certificate, &self.key])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        self.child = Some(child);
        self.port = line.trim().parse().expect("the mail server prints its port");
    }

    /// All that it was told, in order.
    pub(crate) fn book(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.file("book")).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The mails that it took, in order.
    pub(crate) fn mails(&self) -> Vec<Mail> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let mail = |entry: Value| Mail {
            to: text(&entry["to"][0]),
            subject: text(&entry["subject"]),
            text: text(&entry["text"]),
            html: text(&entry["html"]),
            raw: text(&entry["raw"]),
            headers: entry["headers"].clone(),
        };
        self.book().into_iter().filter(|entry| entry["command"] == "DATA").map(mail).collect()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.go_down();
    }
}
