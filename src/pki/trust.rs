//! Whom the agency listener trusts, as one value that never changes.
//!
//! Promise: a [`TrustState`] is built whole from its files or not at all: roots, a CRL for each of them that its
//! root has signed, and the listener's own certificate with the key that fits. It answers for a peer at any later
//! moment ([`TrustState::still_trusts`]): TLS asks once for each connection, but a connection may outlive its
//! certificate, the certificate's good name and the list that vouches for it.

use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rustls::RootCertStore;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::UnixTime;
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::sign::CertifiedKey;

use crate::clock::Timestamp;
use crate::domain::digest::Fingerprint;
use crate::pki::lists::{List, read_lists, read_roots};
use crate::pki::peer::{self, Peer};
use crate::pki::read;
use crate::pki::refusal::{TrustError, WhyNot};
use crate::pki::reload::TrustPaths;

/// Verdicts kept for one state. There is one for each certificate that was presented and accepted, so there are
/// about as many as agencies; the limit is only there that nothing grows for ever.
const MAX_VERDICTS: usize = 10_000;

/// What a CRL in use says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListFacts {
    /// Who signed it.
    pub issuer: String,
    /// Where it stands.
    pub file: PathBuf,
    /// From when it holds.
    pub this_update: Timestamp,
    /// Until when it holds.
    pub next_update: Timestamp,
}

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

    /// Refuses what has ended: asked when files are to take the place of others that may still hold. A list that ended where
    /// it stands keeps out no other authority's new one.
    pub(crate) fn check_fresh(
        &self,
        before: &Self,
        paths: &TrustPaths,
        now: Timestamp,
    ) -> Result<(), TrustError> {
        let old = |list: &List| before.lists.iter().find(|old| old.issuer_der == list.issuer_der);
        let renewed = self.lists.iter().any(|list| {
            !list.is_stale(now) && old(list).is_some_and(|old| old.this_update < list.this_update)
        });
        let stood = |list: &List| old(list).is_some_and(|old| old.next_update == list.next_update);
        if let Some(list) = self.lists.iter().find(|list| list.is_stale(now) && !(renewed && stood(list))) {
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

    /// The CRLs, each with its file.
    pub fn lists(&self) -> impl Iterator<Item = ListFacts> {
        self.lists.iter().map(|list| ListFacts {
            issuer: list.issuer.clone(),
            file: list.path.clone(),
            this_update: list.this_update,
            next_update: list.next_update,
        })
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
            Err(error) => Err(WhyNot::from(&error)),
        }
    }
}

impl fmt::Debug for TrustState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TrustState(generation {})", self.generation)
    }
}

pub(crate) fn unix(at: Timestamp) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(at.seconds()).unwrap_or(0)))
}
