//! A bureau: a client certificate and what is done with it.

use std::path::PathBuf;

use crate::curl::{Answer, Curl};
use crate::house::House;

/// Somebody with a client certificate.
#[derive(Clone)]
pub(crate) struct Bureau {
    pub(crate) authority: PathBuf,
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

impl Bureau {
    pub(crate) fn with(authority: PathBuf, certificate: PathBuf, key: PathBuf) -> Self {
        Self { authority, certificate, key }
    }

    /// A call with the certificate.
    pub(crate) fn curl(&self, house: &House, path: &str) -> Curl {
        Curl::to(&format!("{}{path}", house.agencies()))
            .file("--cacert", &self.authority)
            .file("--cert", &self.certificate)
            .file("--key", &self.key)
    }

    pub(crate) fn get(&self, house: &House, path: &str) -> Answer {
        self.curl(house, path).call()
    }

    /// Submits an XML message.
    pub(crate) fn submit(&self, house: &House, kind: &str, body: &[u8]) -> Answer {
        self.send(house, kind, body).call()
    }

    /// An XML message ready to be submitted; problems come as JSON.
    pub(crate) fn send(&self, house: &House, kind: &str, body: &[u8]) -> Curl {
        self.curl(house, &format!("/agency/v1/{kind}"))
            .header("Content-Type: application/xml")
            .header("Accept: application/json")
            .post(body)
    }

    pub(crate) fn pull(&self, house: &House, kind: &str, after: u64) -> Answer {
        self.get(house, &format!("/agency/v1/{kind}?after={after}"))
    }
}
