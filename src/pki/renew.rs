//! A CRL that was fetched takes the place of the one in use, or does not.
//!
//! Promise: it is one whole CRL (RFC 5280, section 5), signed by an authority that is trusted, of the issuer whose list
//! stands in the file, newer than that by number and date, and not past its end; and with it the listener's trust loads as
//! a whole. Else the file stays as it was, byte for byte. Who fetched it, and whom it is told, is left to the caller.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateRevocationListDer;
use rustls::pki_types::pem::PemObject as _;
use x509_parser::num_bigint::BigUint;
use x509_parser::prelude::FromDer as _;
use x509_parser::revocation_list::CertificateRevocationList;

use crate::clock::Timestamp;
use crate::pki::files::{self, PUBLIC};
use crate::pki::peer;
use crate::pki::refusal::TrustError;
use crate::pki::reload::TrustPaths;
use crate::pki::trust::TrustState;

/// How far ahead of ours an authority's clock may be.
const AHEAD_MILLIS: i64 = 5 * 60_000;

/// What became of a CRL that was fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Renewed {
    /// It is the one that stands there.
    Same {
        /// Until when that holds.
        next_update: Timestamp,
    },
    /// It took the place of the one that stood there.
    Taken {
        /// Its number, if it has one.
        number: Option<String>,
        /// How many certificates it has.
        revoked: usize,
        /// Until when it holds.
        next_update: Timestamp,
    },
}

/// Why a CRL that was fetched is kept out. The authority, or whoever serves its list, must mend it.
#[derive(Debug, thiserror::Error)]
pub enum NotTaken {
    /// It is none.
    #[error("what was fetched is no CRL, in DER or PEM: {0}")]
    NoCrl(String),
    /// The list in use is another authority's.
    #[error("it is the CRL of {found}; {} has that of {wanted}", file.display())]
    OtherIssuer {
        /// The file in use.
        file: PathBuf,
        /// Whose list that has.
        wanted: String,
        /// Whose was fetched.
        found: String,
    },
    /// None of the trusted authorities has signed it.
    #[error("none of the trusted authorities has signed it; it bears the name of {issuer}")]
    Unsigned {
        /// The name it bears.
        issuer: String,
    },
    /// It does not say when it ends.
    #[error("it does not say when it ends")]
    NoEnd,
    /// It is past its end.
    #[error("it ended at {next_update}")]
    Ended {
        /// Its end.
        next_update: String,
    },
    /// It holds from a later moment on.
    #[error("it holds from {this_update} on, which is to come")]
    NotYet {
        /// From when.
        this_update: String,
    },
    /// It is no newer than the list in use.
    #[error(
        "it is no newer than the list in use: number {number}, of {this_update}; in use is number {own_number}, of {own_update}"
    )]
    Older {
        /// Its number.
        number: String,
        /// From when it holds.
        this_update: String,
        /// The number of the list in use.
        own_number: String,
        /// From when that holds.
        own_update: String,
    },
    /// With it the listener's trust would not load.
    #[error("with it the listener's trust does not load: {0}")]
    Trust(TrustError),
    /// The file cannot be written.
    #[error("{}: {source}", file.display())]
    Disk {
        /// The file.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Has what was fetched take the place of `file`, one of `paths.crls`, if it may.
///
/// # Errors
/// Why it may not; the file is then as it was.
pub fn renew(paths: &TrustPaths, file: &Path, fetched: &[u8], now: Timestamp) -> Result<Renewed, NotTaken> {
    let disk = |source| NotTaken::Disk { file: file.to_owned(), source };
    let _lock = files::lock(file.parent().unwrap_or(Path::new("."))).map_err(disk)?;
    let der = der_of(fetched)?;
    let new = parse(&der)?;
    let next_update = peer::timestamp(new.next_update().ok_or(NotTaken::NoEnd)?);
    let old = fs::read(file).ok().and_then(|bytes| der_of(&bytes).ok());
    if old.as_ref() == Some(&der) {
        return Ok(Renewed::Same { next_update });
    }
    signed(&new, paths)?;
    timely(&new, next_update, now)?;
    if let Some(old) = old.as_deref() {
        newer(&new, &parse(old)?, file)?;
    }
    let candidate = file.with_extension("candidate");
    files::replace(&candidate, pem(&der).as_bytes(), PUBLIC).map_err(disk)?;
    let tried = try_with(paths, file, &candidate);
    if tried.is_err() {
        fs::remove_file(&candidate).map_err(disk)?;
        tried?;
    }
    fs::rename(&candidate, file).and_then(|()| files::sync_directory(file)).map_err(disk)?;
    Ok(Renewed::Taken {
        number: new.crl_number().map(ToString::to_string),
        revoked: new.iter_revoked_certificates().count(),
        next_update,
    })
}

/// The one CRL of these bytes.
fn der_of(bytes: &[u8]) -> Result<Vec<u8>, NotTaken> {
    if !bytes.trim_ascii_start().starts_with(b"-----BEGIN") {
        return Ok(bytes.to_vec());
    }
    let found: Result<Vec<_>, _> = CertificateRevocationListDer::pem_slice_iter(bytes).collect();
    match found.map_err(|why| NotTaken::NoCrl(why.to_string()))?.as_slice() {
        [one] => Ok(one.to_vec()),
        several => Err(NotTaken::NoCrl(format!("{} CRLs stand in it, one is wanted", several.len()))),
    }
}

fn parse(der: &[u8]) -> Result<CertificateRevocationList<'_>, NotTaken> {
    match CertificateRevocationList::from_der(der) {
        Ok(([], crl)) => Ok(crl),
        Ok(_) => Err(NotTaken::NoCrl("bytes follow it".to_owned())),
        Err(why) => Err(NotTaken::NoCrl(why.to_string())),
    }
}

fn signed(new: &CertificateRevocationList<'_>, paths: &TrustPaths) -> Result<(), NotTaken> {
    for (_, der) in crate::pki::lists::read_roots(&paths.authorities).map_err(NotTaken::Trust)? {
        let Ok(root) = peer::parse(&der) else { continue };
        if root.subject().as_raw() == new.issuer().as_raw() && new.verify_signature(root.public_key()).is_ok()
        {
            return Ok(());
        }
    }
    Err(NotTaken::Unsigned { issuer: new.issuer().to_string() })
}

fn timely(
    new: &CertificateRevocationList<'_>,
    next_update: Timestamp,
    now: Timestamp,
) -> Result<(), NotTaken> {
    let this_update = peer::timestamp(new.last_update());
    if this_update > now.plus_millis(AHEAD_MILLIS) {
        return Err(NotTaken::NotYet { this_update: this_update.to_string() });
    }
    if next_update <= now {
        return Err(NotTaken::Ended { next_update: next_update.to_string() });
    }
    Ok(())
}

/// By number where both have one, and never with an earlier date.
fn newer(
    new: &CertificateRevocationList<'_>,
    old: &CertificateRevocationList<'_>,
    file: &Path,
) -> Result<(), NotTaken> {
    if new.issuer().as_raw() != old.issuer().as_raw() {
        let (wanted, found) = (old.issuer().to_string(), new.issuer().to_string());
        return Err(NotTaken::OtherIssuer { file: file.to_owned(), wanted, found });
    }
    let of =
        |crl: &CertificateRevocationList<'_>| (crl.crl_number().cloned(), peer::timestamp(crl.last_update()));
    let ((number, this_update), (own_number, own_update)) = (of(new), of(old));
    let is_newer = match (&number, &own_number) {
        (Some(number), Some(own)) => number > own && this_update >= own_update,
        _ => this_update > own_update,
    };
    if is_newer {
        return Ok(());
    }
    let shown = |number: Option<BigUint>| number.map_or_else(|| "-".to_owned(), |number| number.to_string());
    Err(NotTaken::Older {
        number: shown(number),
        this_update: this_update.to_string(),
        own_number: shown(own_number),
        own_update: own_update.to_string(),
    })
}

/// The listener's trust as it would be.
fn try_with(paths: &TrustPaths, file: &Path, candidate: &Path) -> Result<(), NotTaken> {
    let mut paths = paths.clone();
    for path in &mut paths.crls {
        if path == file {
            candidate.clone_into(path);
        }
    }
    TrustState::load(&paths, 0, &Arc::new(aws_lc_rs::default_provider())).map(drop).map_err(NotTaken::Trust)
}

/// RFC 7468, section 6.
fn pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let mut pem = String::from("-----BEGIN X509 CRL-----\n");
    for line in text.as_bytes().chunks(64) {
        pem.extend(line.iter().map(|byte| char::from(*byte)));
        pem.push('\n');
    }
    pem + "-----END X509 CRL-----\n"
}
