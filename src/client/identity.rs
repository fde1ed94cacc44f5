//! Who we are to a peer, and whom we believe: our client certificate and the private authorities of the peers.
//!
//! Promise: an [`Identity`] that was built is usable: the key belongs to the certificate, at least one authority
//! is trusted, and the resulting TLS configuration offers TLS 1.3 and 1.2 with the post-quantum exchange first.
//! Every identity makes a TLS configuration with a session cache of its own: with a shared one, a connection
//! opened after the certificate changed is resumed under the old certificate's name.

use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

/// Why an identity cannot be used. The operator's to mend; no variant carries key material.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The text holds no readable certificate.
    #[error("{what}: no readable PEM certificate in it")]
    NoCertificate {
        /// Which text.
        what: &'static str,
    },
    /// The text holds no readable private key; encrypted ones must be decrypted first.
    #[error("client key: no readable PEM private key in it (an encrypted one must be decrypted first)")]
    NoKey,
    /// A trusted authority that rustls does not take.
    #[error("trusted authorities: {0}")]
    BadAuthority(rustls::Error),
    /// The key does not belong to the certificate, or is of a kind that we cannot use.
    #[error("client certificate and key: {0}")]
    BadPair(rustls::Error),
}

/// Our client certificate with its key, and the authorities that we believe.
#[derive(Debug)]
pub struct Identity {
    roots: RootCertStore,
    pair: Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>,
}

impl Identity {
    /// From PEM texts: the authorities of the peers, and our certificate (leaf first) with its key.
    pub fn mutual(authorities: &[u8], certificate: &[u8], key: &[u8]) -> Result<Self, IdentityError> {
        let mut identity = Self::anonymous(authorities)?;
        let chain = certificates(certificate, "client certificate")?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| IdentityError::NoKey)?;
        identity.pair = Some((chain, key));
        identity.tls().map(|_| identity)
    }

    /// From the PEM text of the authorities alone: a peer that does not ask who we are, such as the platform's
    /// own webhook receiver.
    pub fn anonymous(authorities: &[u8]) -> Result<Self, IdentityError> {
        let mut roots = RootCertStore::empty();
        for authority in certificates(authorities, "trusted authorities")? {
            roots.add(authority).map_err(IdentityError::BadAuthority)?;
        }
        Ok(Self { roots, pair: None })
    }

    /// Believes nobody: for receivers on this machine that are called without TLS.
    #[must_use]
    pub fn nobody() -> Self {
        Self { roots: RootCertStore::empty(), pair: None }
    }

    /// A fresh TLS configuration with its own session cache.
    pub fn tls(&self) -> Result<ClientConfig, IdentityError> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(IdentityError::BadPair)?
            .with_root_certificates(self.roots.clone());
        let mut tls = match &self.pair {
            Some((chain, key)) => builder
                .with_client_auth_cert(chain.clone(), key.clone_key())
                .map_err(IdentityError::BadPair)?,
            None => builder.with_no_client_auth(),
        };
        tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(tls)
    }
}

fn certificates(pem: &[u8], what: &'static str) -> Result<Vec<CertificateDer<'static>>, IdentityError> {
    let none = || IdentityError::NoCertificate { what };
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let found = found.map_err(|_| none())?;
    if found.is_empty() { Err(none()) } else { Ok(found) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(name: &str) -> (String, String) {
        let made = rcgen::generate_simple_self_signed(vec![name.to_owned()]).unwrap();
        (made.cert.pem(), made.signing_key.serialize_pem())
    }

    #[test]
    fn a_pair_that_belongs_together_is_taken_and_another_key_is_refused() {
        let (ours, key) = made("a.example");
        let (_, other) = made("b.example");
        assert!(Identity::mutual(ours.as_bytes(), ours.as_bytes(), key.as_bytes()).is_ok());
        let refused = Identity::mutual(ours.as_bytes(), ours.as_bytes(), other.as_bytes());
        assert!(matches!(refused, Err(IdentityError::BadPair(_))), "{refused:?}");
    }

    #[test]
    fn what_is_missing_is_named() {
        let (ours, _) = made("a.example");
        let refused = Identity::mutual(b"", ours.as_bytes(), b"");
        assert!(matches!(refused, Err(IdentityError::NoCertificate { what: "trusted authorities" })));
        let refused = Identity::mutual(ours.as_bytes(), ours.as_bytes(), b"");
        assert!(matches!(refused, Err(IdentityError::NoKey)));
    }
}
