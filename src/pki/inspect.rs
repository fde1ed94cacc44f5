//! What a PEM file says: for `pki inspect`, and for whoever is sent one.
//!
//! Promise: every certificate and CRL in the file is described; a private key is only said to be there.

use rustls::pki_types::CertificateDer;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::pem::Pem;
use x509_parser::prelude::FromDer;
use x509_parser::revocation_list::CertificateRevocationList;

use crate::clock::Timestamp;
use crate::domain::digest::Fingerprint;
use crate::pki::peer::{self, BadCertificate, Peer};

/// One thing in a PEM file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// A certificate.
    Certificate(CertificateFacts),
    /// A CRL.
    Crl(CrlFacts),
    /// Something else, by its label, such as `PRIVATE KEY`; its contents are not looked at.
    Other {
        /// The label.
        label: String,
    },
}

/// What a certificate says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFacts {
    /// Whom it names.
    pub subject: String,
    /// Who signed it.
    pub issuer: String,
    /// Its serial number, lower-case hexadecimal.
    pub serial: String,
    /// SHA-256 of its DER.
    pub fingerprint: Fingerprint,
    /// From when it is valid.
    pub not_before: Timestamp,
    /// Until when it is valid.
    pub not_after: Timestamp,
    /// Whether it may sign others.
    pub authority: bool,
    /// What it may be used for, such as `clientAuth`.
    pub usages: Vec<String>,
    /// Its host names and addresses.
    pub names: Vec<String>,
}

/// What a CRL says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrlFacts {
    /// Who signed it.
    pub issuer: String,
    /// Its number, if it has one.
    pub number: Option<String>,
    /// From when it holds.
    pub this_update: Timestamp,
    /// Until when it holds, if it says so.
    pub next_update: Option<Timestamp>,
    /// The serial numbers of the revoked.
    pub revoked: Vec<String>,
}

/// Bytes that are not a PEM file, or whose contents cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotPem {
    /// There is no PEM block.
    #[error("there is no PEM block (-----BEGIN …) in the file")]
    Nothing,
    /// A block is damaged.
    #[error("block {place}: {detail}")]
    Block {
        /// Which one, from 1.
        place: usize,
        /// What is wrong.
        detail: String,
    },
}

/// Describes every block of a PEM file.
pub fn inspect(bytes: &[u8]) -> Result<Vec<Fact>, NotPem> {
    let mut facts = Vec::new();
    for (place, block) in (1..).zip(Pem::iter_from_buffer(bytes)) {
        let damaged = |detail: String| NotPem::Block { place, detail };
        let block = block.map_err(|e| damaged(e.to_string()))?;
        facts.push(match block.label.as_str() {
            "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE" => {
                Fact::Certificate(certificate(&block.contents).map_err(|e| damaged(e.to_string()))?)
            }
            "X509 CRL" | "CRL" => Fact::Crl(crl(&block.contents).map_err(damaged)?),
            _ => Fact::Other { label: block.label },
        });
    }
    if facts.is_empty() { Err(NotPem::Nothing) } else { Ok(facts) }
}

/// Describes a certificate in DER.
pub fn certificate(der: &[u8]) -> Result<CertificateFacts, BadCertificate> {
    let der = CertificateDer::from(der);
    let own = Peer::of(std::slice::from_ref(&der))?;
    let parsed = peer::parse(&der)?;
    Ok(CertificateFacts {
        subject: own.subject,
        issuer: own.issuer,
        serial: own.serial,
        fingerprint: own.fingerprint,
        not_before: own.not_before,
        not_after: own.not_after,
        authority: parsed.is_ca(),
        usages: usages(&parsed),
        names: names(&parsed),
    })
}

fn usages(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(extension)) = certificate.extended_key_usage() else { return Vec::new() };
    let usage = extension.value;
    let known = [
        (usage.any, "any"),
        (usage.server_auth, "serverAuth"),
        (usage.client_auth, "clientAuth"),
        (usage.code_signing, "codeSigning"),
        (usage.email_protection, "emailProtection"),
        (usage.time_stamping, "timeStamping"),
        (usage.ocsp_signing, "OCSPSigning"),
    ];
    let named = known.into_iter().filter(|(set, _)| *set).map(|(_, name)| name.to_owned());
    named.chain(usage.other.iter().map(ToString::to_string)).collect()
}

fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(extension)) = certificate.subject_alternative_name() else { return Vec::new() };
    let print = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(name) | GeneralName::RFC822Name(name) | GeneralName::URI(name) => {
            (*name).to_owned()
        }
        GeneralName::IPAddress(bytes) => address(bytes),
        other => other.to_string(),
    };
    extension.value.general_names.iter().map(print).collect()
}

fn address(bytes: &[u8]) -> String {
    use std::net::IpAddr;
    if let Ok(four) = <[u8; 4]>::try_from(bytes) {
        IpAddr::from(four).to_string()
    } else if let Ok(sixteen) = <[u8; 16]>::try_from(bytes) {
        IpAddr::from(sixteen).to_string()
    } else {
        hex::encode(bytes)
    }
}

fn crl(der: &[u8]) -> Result<CrlFacts, String> {
    let (_, crl) = CertificateRevocationList::from_der(der).map_err(|e| e.to_string())?;
    let serial = |bytes: &[u8]| hex::encode(peer::without_zeros(bytes));
    Ok(CrlFacts {
        issuer: crl.issuer().to_string(),
        number: crl.crl_number().map(ToString::to_string),
        this_update: peer::timestamp(crl.last_update()),
        next_update: crl.next_update().map(peer::timestamp),
        revoked: crl.iter_revoked_certificates().map(|r| serial(r.raw_serial())).collect(),
    })
}
