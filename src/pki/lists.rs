//! The roots, and the list of revoked certificates that each of them must have.
//!
//! Promise: a root is a certificate authority; a CRL in a root's name bears its signature, says when it ends, and is the
//! only one of its issuer (RFC 5280, section 5). Whether it has ended is asked later, at every use.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use rustls::pki_types::{CertificateDer, CertificateRevocationListDer};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;
use x509_parser::revocation_list::CertificateRevocationList;

use crate::clock::Timestamp;
use crate::pki::peer;
use crate::pki::read;
use crate::pki::refusal::TrustError;

/// A CRL, read.
pub(crate) struct List {
    pub(crate) path: PathBuf,
    pub(crate) issuer: String,
    pub(crate) issuer_der: Vec<u8>,
    pub(crate) this_update: Timestamp,
    pub(crate) next_update: Timestamp,
    pub(crate) revoked: HashSet<Vec<u8>>,
}

impl List {
    /// The moment named is past the end, as TLS counts it.
    pub(crate) fn is_stale(&self, now: Timestamp) -> bool {
        now.seconds() >= self.next_update.seconds()
    }
}

pub(crate) type Roots = Vec<(PathBuf, CertificateDer<'static>)>;

pub(crate) fn read_roots(paths: &[PathBuf]) -> Result<Roots, TrustError> {
    let mut roots = Vec::new();
    for path in paths {
        for der in read::certificates(path)? {
            let certificate = parse_root(path, &der)?;
            if !certificate.is_ca() {
                let subject = certificate.subject().to_string();
                return Err(TrustError::NotAnAuthority { path: path.clone(), subject });
            }
            roots.push((path.clone(), der));
        }
    }
    Ok(roots)
}

fn parse_root<'a>(path: &Path, der: &'a CertificateDer<'_>) -> Result<X509Certificate<'a>, TrustError> {
    peer::parse(der).map_err(|e| TrustError::Malformed { path: path.to_owned(), detail: e.to_string() })
}

pub(crate) type Lists = (Vec<List>, Vec<CertificateRevocationListDer<'static>>);

/// The CRLs, of which each root must have one. An intermediate's may be among them; TLS checks its signature.
pub(crate) fn read_lists(paths: &[PathBuf], roots: &Roots) -> Result<Lists, TrustError> {
    let mut lists: Vec<List> = Vec::new();
    let mut all = Vec::new();
    for path in paths {
        for der in read::crls(path)? {
            let list = read_list(path, &der, roots)?;
            if lists.iter().any(|other| other.issuer_der == list.issuer_der) {
                return Err(TrustError::SecondCrl { path: path.clone(), issuer: list.issuer });
            }
            lists.push(list);
            all.push(der);
        }
    }
    for (path, der) in roots {
        let root = parse_root(path, der)?;
        if !lists.iter().any(|list| list.issuer_der == root.subject().as_raw()) {
            return Err(TrustError::NoCrl { subject: root.subject().to_string() });
        }
    }
    Ok((lists, all))
}

fn read_list(path: &Path, der: &CertificateRevocationListDer<'_>, roots: &Roots) -> Result<List, TrustError> {
    let malformed = |detail: String| TrustError::Malformed { path: path.to_owned(), detail };
    let (_, crl) =
        CertificateRevocationList::from_der(der).map_err(|e| malformed(format!("not a CRL: {e}")))?;
    let issuer = crl.issuer().to_string();
    let mut named = false;
    let mut signed = false;
    for (path, der) in roots {
        let root = parse_root(path, der)?;
        if root.subject().as_raw() == crl.issuer().as_raw() {
            named = true;
            signed |= crl.verify_signature(root.public_key()).is_ok();
        }
    }
    if named && !signed {
        return Err(TrustError::ForgedCrl { path: path.to_owned(), issuer });
    }
    let next_update =
        crl.next_update().ok_or_else(|| malformed("the CRL does not say when it ends".to_owned()))?;
    let revoked = crl.iter_revoked_certificates();
    Ok(List {
        path: path.to_owned(),
        issuer,
        issuer_der: crl.issuer().as_raw().to_vec(),
        this_update: peer::timestamp(crl.last_update()),
        next_update: peer::timestamp(next_update),
        revoked: revoked.map(|r| peer::without_zeros(r.raw_serial()).to_vec()).collect(),
    })
}
