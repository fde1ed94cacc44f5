//! Reading PEM files for TLS.
//!
//! Promise: what is asked for is there, or the error names the file.

use std::fs;
use std::path::Path;

use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};

use crate::pki::refusal::TrustError;

/// The certificates of a file: at least one.
pub(crate) fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TrustError> {
    sections(path, "certificate")
}

/// The CRLs of a file: at least one.
pub(crate) fn crls(path: &Path) -> Result<Vec<CertificateRevocationListDer<'static>>, TrustError> {
    sections(path, "CRL")
}

/// The private key of a file: PKCS#8, SEC1 or PKCS#1, not encrypted.
pub(crate) fn key(path: &Path) -> Result<PrivateKeyDer<'static>, TrustError> {
    let bytes = read(path)?;
    PrivateKeyDer::from_pem_slice(&bytes).map_err(|e| not_there(path, "unencrypted private key", &e))
}

fn sections<T: PemObject>(path: &Path, what: &'static str) -> Result<Vec<T>, TrustError> {
    let bytes = read(path)?;
    let found: Vec<T> =
        T::pem_slice_iter(&bytes).collect::<Result<_, _>>().map_err(|e| not_there(path, what, &e))?;
    if found.is_empty() { Err(not_there(path, what, &pem::Error::NoItemsFound)) } else { Ok(found) }
}

fn read(path: &Path) -> Result<Vec<u8>, TrustError> {
    fs::read(path).map_err(|source| TrustError::Unreadable { path: path.to_owned(), source })
}

fn not_there(path: &Path, what: &'static str, why: &pem::Error) -> TrustError {
    TrustError::NotThere { path: path.to_owned(), what, detail: why.to_string() }
}
