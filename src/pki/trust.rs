//! Whom the agency listener trusts, as one value that never changes.
//!
//! Promise: a [`TrustState`] is built whole from its files or not at all: roots, a CRL for each of them that its
//! root has signed, and the listener's own certificate with the key that fits. It answers for a peer at any later
//! moment ([`TrustState::still_trusts`]): TLS asks once for each connection, but a connection may outlive its
//! certificate, the certificate's good name and the list that vouches for it.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::sign::CertifiedKey;
use rustls::{CertificateError, RootCertStore};
use x509_parser::prelude::FromDer;
use x509_parser::revocation_list::CertificateRevocationList;

use crate::clock::Timestamp;
use crate::domain::digest::Fingerprint;
use crate::pki::peer::{self, Peer};
use crate::pki::read;
use crate::pki::reload::TrustPaths;

/// Verdicts kept for one state. There is one for each certificate that was presented and accepted, so there are
/// about as many as agencies; the limit is only there that nothing grows for ever.
const MAX_VERDICTS: usize = 10_000;

/// What is trusted, from one reading of the files.
pub struct TrustState {
    generation: u64,
    verifier: Arc<dyn ClientCertVerifier>,
    certified_key: Arc<CertifiedKey>,
    certificate_ends: Timestamp,
    lists: Vec<List>,
    /// By certificate and by how many CRLs were past their end: the answer can change with nothing else but the
    /// certificates' own end, which is asked every time.
    verdicts: RwLock<HashMap<(Fingerprint, usize), Result<(), WhyNot>>>,
}

/// A CRL, read.
struct List {
    path: PathBuf,
    issuer: String,
    issuer_der: Vec<u8>,
    next_update: Timestamp,
    revoked: HashSet<Vec<u8>>,
}

/// Why a peer is not, or no longer, trusted. The agency must see to its certificate, except for `StaleCrl`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WhyNot {
    /// Its certificate is in the CRL.
    #[error("its certificate is revoked")]
    Revoked,
    /// Its certificate, or one that it stands on, has ended.
    #[error("its certificate has expired")]
    Expired,
    /// Its certificate is not valid yet.
    #[error("its certificate is not valid yet")]
    NotYetValid,
    /// Its issuer is none of those we trust.
    #[error("the issuer of its certificate is not trusted")]
    IssuerNotTrusted,
    /// The CRL of its issuer is past its end: the operator must bring a new one.
    #[error("the CRL of its issuer is past its end")]
    StaleCrl,
    /// Something else, in the TLS library's words.
    #[error("its certificate is refused: {0}")]
    Other(String),
}

/// Why the files were not taken. The operator must put them right; until then the old state stands.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// A file cannot be read.
    #[error("{}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file has not what is looked for in it.
    #[error("{}: no {what} in it ({detail})", path.display())]
    NotThere {
        /// The file.
        path: PathBuf,
        /// What was looked for.
        what: &'static str,
        /// What the reader says.
        detail: String,
    },
    /// A certificate or CRL cannot be read.
    #[error("{}: {detail}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        detail: String,
    },
    /// A certificate among the roots may not sign others.
    #[error("{}: {subject} is not a certificate authority", path.display())]
    NotAnAuthority {
        /// The file.
        path: PathBuf,
        /// Whose it is.
        subject: String,
    },
    /// A root has no CRL; without one, none of its certificates could be checked.
    #[error("there is no CRL of {subject}; every trusted authority needs one")]
    NoCrl {
        /// The root.
        subject: String,
    },
    /// Two CRLs are of the same issuer; which of them holds cannot be known.
    #[error("{}: a second CRL of {issuer}", path.display())]
    SecondCrl {
        /// The file of the second.
        path: PathBuf,
        /// The issuer.
        issuer: String,
    },
    /// A CRL bears a root's name and not its signature.
    #[error("{}: the CRL is not signed by {issuer}", path.display())]
    ForgedCrl {
        /// The file.
        path: PathBuf,
        /// The name it bears.
        issuer: String,
    },
    /// A new CRL is past its end already.
    #[error("{}: the CRL of {issuer} ended on {next_update}", path.display())]
    StaleCrl {
        /// The file.
        path: PathBuf,
        /// The issuer.
        issuer: String,
        /// Its end.
        next_update: String,
    },
    /// The new certificate of the listener has expired already.
    #[error("{}: the certificate ended on {not_after}", path.display())]
    Expired {
        /// The file.
        path: PathBuf,
        /// Its end.
        not_after: String,
    },
    /// The private key does not belong to the certificate, or is of a kind that TLS does not know.
    #[error("{} and {}: {source}", certificate.display(), key.display())]
    Key {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
        /// What the TLS library says.
        source: rustls::Error,
    },
    /// The TLS library refused the roots or CRLs.
    #[error("roots and CRLs: {0}")]
    Refused(String),
}

impl TrustState {
    /// Reads everything.
    pub(crate) fn load(
        paths: &TrustPaths,
        generation: u64,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Self, TrustError> {
        let roots = read_roots(&paths.authorities)?;
        let (lists, crls) = read_lists(&paths.crls, &roots)?;
        let mut store = RootCertStore::empty();
        for (path, der) in &roots {
            store
                .add(der.clone())
                .map_err(|e| TrustError::Malformed { path: path.clone(), detail: e.to_string() })?;
        }
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(store), provider.clone())
            .with_crls(crls)
            .enforce_revocation_expiration()
            .clear_root_hint_subjects()
            .build()
            .map_err(|e| TrustError::Refused(e.to_string()))?;
        let chain = read::certificates(&paths.certificate)?;
        let certificate_ends = Peer::of(&chain)
            .map_err(|e| TrustError::Malformed { path: paths.certificate.clone(), detail: e.to_string() })?
            .chain_ends();
        let key = read::key(&paths.key)?;
        let wrong_key = |source| TrustError::Key {
            certificate: paths.certificate.clone(),
            key: paths.key.clone(),
            source,
        };
        let key = provider.key_provider.load_private_key(key).map_err(wrong_key)?;
        let certified_key = CertifiedKey::new(chain, key);
        certified_key.keys_match().map_err(wrong_key)?;
        Ok(Self {
            generation,
            verifier,
            certified_key: Arc::new(certified_key),
            certificate_ends,
            lists,
            verdicts: RwLock::default(),
        })
    }

    /// Refuses what has ended: asked when files are to take the place of others that may still hold.
    pub(crate) fn check_fresh(&self, paths: &TrustPaths, now: Timestamp) -> Result<(), TrustError> {
        if let Some(list) = self.lists.iter().find(|list| list.is_stale(now)) {
            return Err(TrustError::StaleCrl {
                path: list.path.clone(),
                issuer: list.issuer.clone(),
                next_update: list.next_update.at_offset(0),
            });
        }
        if self.certificate_ends <= now {
            let not_after = self.certificate_ends.at_offset(0);
            return Err(TrustError::Expired { path: paths.certificate.clone(), not_after });
        }
        Ok(())
    }

    /// Which reading of the files this is, from 1.
    #[must_use]
    pub const fn generation(&self) -> u64 {
        self.generation
    }

    /// When the first of the CRLs ends; from then on its issuer's certificates are refused.
    #[must_use]
    pub fn crl_next_update(&self) -> Timestamp {
        let ends = self.lists.iter().map(|list| list.next_update);
        ends.min().unwrap_or(Timestamp::from_micros(i64::MAX))
    }

    /// When the listener's own certificate ends.
    #[must_use]
    pub const fn certificate_ends(&self) -> Timestamp {
        self.certificate_ends
    }

    /// The issuers whose CRL is past its end.
    pub fn stale_issuers(&self, now: Timestamp) -> impl Iterator<Item = &str> {
        self.lists.iter().filter(move |list| list.is_stale(now)).map(|list| list.issuer.as_str())
    }

    /// Whether the CRL of this issuer (its name's DER) has this serial number.
    #[must_use]
    pub fn is_revoked(&self, serial: &[u8], issuer_der: &[u8]) -> bool {
        let serial = peer::without_zeros(serial);
        self.lists.iter().any(|list| list.issuer_der == issuer_der && list.revoked.contains(serial))
    }

    /// Whether a peer that was let in would be let in now: to be asked at every request of an open connection.
    /// Cheap: the signatures are checked once for each certificate and state.
    pub fn still_trusts(&self, peer: &Peer, now: Timestamp) -> Result<(), WhyNot> {
        if now.seconds() > peer.chain_ends().seconds() {
            return Err(WhyNot::Expired);
        }
        if now.seconds() < peer.not_before.seconds() {
            return Err(WhyNot::NotYetValid);
        }
        let key = (peer.fingerprint, self.stale(now));
        let known = self.verdicts.read().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some(verdict) = known {
            return verdict;
        }
        let verdict = self.verify(peer, now);
        let mut verdicts = self.verdicts.write().unwrap_or_else(PoisonError::into_inner);
        if verdicts.len() >= MAX_VERDICTS {
            verdicts.clear();
        }
        verdicts.insert(key, verdict.clone());
        verdict
    }

    pub(crate) fn verifier(&self) -> &dyn ClientCertVerifier {
        self.verifier.as_ref()
    }

    pub(crate) fn certified_key(&self) -> Arc<CertifiedKey> {
        self.certified_key.clone()
    }

    /// What a session must have been made under to be resumed: this reading, and the same CRLs past their end.
    pub(crate) fn epoch(&self, now: Timestamp) -> [u8; 16] {
        let stale = self.stale(now) as u64;
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.generation.to_be_bytes());
        bytes[8..].copy_from_slice(&stale.to_be_bytes());
        bytes
    }

    fn stale(&self, now: Timestamp) -> usize {
        self.lists.iter().filter(|list| list.is_stale(now)).count()
    }

    fn verify(&self, peer: &Peer, now: Timestamp) -> Result<(), WhyNot> {
        let Some((own, intermediates)) = peer.chain().split_first() else {
            return Err(WhyNot::IssuerNotTrusted);
        };
        match self.verifier.verify_client_cert(own, intermediates, unix(now)) {
            Ok(_) => Ok(()),
            Err(error) => Err(why_not(&error)),
        }
    }
}

impl fmt::Debug for TrustState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TrustState(generation {})", self.generation)
    }
}

impl List {
    /// The moment named is past the end, as TLS counts it.
    fn is_stale(&self, now: Timestamp) -> bool {
        now.seconds() >= self.next_update.seconds()
    }
}

pub(crate) fn unix(at: Timestamp) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(at.seconds()).unwrap_or(0)))
}

fn why_not(error: &rustls::Error) -> WhyNot {
    use CertificateError as Found;
    let rustls::Error::InvalidCertificate(found) = error else { return WhyNot::Other(error.to_string()) };
    match found {
        Found::Revoked => WhyNot::Revoked,
        Found::Expired | Found::ExpiredContext { .. } => WhyNot::Expired,
        Found::NotValidYet | Found::NotValidYetContext { .. } => WhyNot::NotYetValid,
        // An authority that changed its key and kept its name leaves signatures that do not fit.
        Found::UnknownIssuer | Found::BadSignature => WhyNot::IssuerNotTrusted,
        Found::ExpiredRevocationList | Found::ExpiredRevocationListContext { .. } => WhyNot::StaleCrl,
        _ => WhyNot::Other(error.to_string()),
    }
}

type Roots = Vec<(PathBuf, CertificateDer<'static>)>;

fn read_roots(paths: &[PathBuf]) -> Result<Roots, TrustError> {
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

fn parse_root<'a>(
    path: &Path,
    der: &'a CertificateDer<'_>,
) -> Result<x509_parser::certificate::X509Certificate<'a>, TrustError> {
    peer::parse(der).map_err(|e| TrustError::Malformed { path: path.to_owned(), detail: e.to_string() })
}

type Lists = (Vec<List>, Vec<CertificateRevocationListDer<'static>>);

/// The CRLs, of which each root must have one. An intermediate's may be among them; TLS checks its signature.
fn read_lists(paths: &[PathBuf], roots: &Roots) -> Result<Lists, TrustError> {
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
        next_update: peer::timestamp(next_update),
        revoked: revoked.map(|r| peer::without_zeros(r.raw_serial()).to_vec()).collect(),
    })
}
