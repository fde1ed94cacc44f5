//! Who is at the other end: the facts of a presented certificate.
//!
//! Promise: read from the DER that TLS checked, by nothing else. Whether the peer is trusted, and which agency it
//! is, are other questions.

use rustls::pki_types::CertificateDer;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;
use x509_parser::time::ASN1Time;

use crate::clock::Timestamp;
use crate::domain::digest::Fingerprint;

/// A TLS peer by its certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// SHA-256 of the certificate's DER: how an agency is known.
    pub fingerprint: Fingerprint,
    /// The serial number, lower-case hexadecimal without leading zero bytes.
    pub serial: String,
    /// The issuer's name, for people.
    pub issuer: String,
    /// The subject's name, for people.
    pub subject: String,
    /// From when it is valid.
    pub not_before: Timestamp,
    /// Until when it is valid.
    pub not_after: Timestamp,
    /// The `SubjectPublicKeyInfo`, DER.
    pub public_key: Vec<u8>,
    /// The issuer's name, DER.
    pub issuer_der: Vec<u8>,
    /// The certificate and what intermediates came with it.
    chain: Vec<CertificateDer<'static>>,
    /// When the first certificate of the chain ends.
    chain_ends: Timestamp,
}

/// A certificate that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an X.509 certificate: {detail}")]
pub struct BadCertificate {
    /// What the reader says of it.
    pub detail: String,
}

impl Peer {
    /// The peer of a presented chain, its own certificate first.
    pub fn of(chain: &[CertificateDer<'_>]) -> Result<Self, BadCertificate> {
        let own = chain.first().ok_or_else(|| BadCertificate { detail: "there is none".to_owned() })?;
        let certificate = parse(own)?;
        let mut chain_ends = not_after(&certificate);
        for further in &chain[1..] {
            chain_ends = chain_ends.min(not_after(&parse(further)?));
        }
        Ok(Self {
            fingerprint: Fingerprint::of(own),
            serial: hex::encode(without_zeros(certificate.raw_serial())),
            issuer: certificate.issuer().to_string(),
            subject: certificate.subject().to_string(),
            not_before: timestamp(certificate.validity().not_before),
            not_after: not_after(&certificate),
            public_key: certificate.public_key().raw.to_vec(),
            issuer_der: certificate.issuer().as_raw().to_vec(),
            chain: chain.iter().map(|c| c.clone().into_owned()).collect(),
            chain_ends,
        })
    }

    /// The certificate and its intermediates, as presented.
    #[must_use]
    pub fn chain(&self) -> &[CertificateDer<'static>] {
        &self.chain
    }

    /// When the peer's certificate or one that it stands on ends.
    #[must_use]
    pub const fn chain_ends(&self) -> Timestamp {
        self.chain_ends
    }
}

pub(crate) fn parse<'a>(der: &'a CertificateDer<'_>) -> Result<X509Certificate<'a>, BadCertificate> {
    match X509Certificate::from_der(der) {
        Ok(([], certificate)) => Ok(certificate),
        Ok(_) => Err(BadCertificate { detail: "bytes follow it".to_owned() }),
        Err(e) => Err(BadCertificate { detail: e.to_string() }),
    }
}

pub(crate) fn timestamp(at: ASN1Time) -> Timestamp {
    Timestamp::from_micros(at.timestamp().saturating_mul(1_000_000))
}

/// A serial number's bytes without the zero that DER puts before a high bit.
pub(crate) fn without_zeros(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|b| **b == 0).count();
    &bytes[zeros..]
}

/// The last second in which it is valid (RFC 5280, section 4.1.2.5: the end is part of the time).
fn not_after(certificate: &X509Certificate<'_>) -> Timestamp {
    timestamp(certificate.validity().not_after)
}
