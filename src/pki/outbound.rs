//! TLS towards an agency's endpoint.
//!
//! Promise: the client presents our certificate, trusts the given authorities and no others (not the machine's), and
//! never resumes a session: a resumed one would go on under the certificate it was made with, after we have changed
//! ours. Each change of certificate is a new configuration. Left to others: HTTP's protocols (ALPN) and time limits.

use std::path::PathBuf;
use std::sync::Arc;

use rustls::client::Resumption;
use rustls::crypto::aws_lc_rs;
use rustls::{ClientConfig, RootCertStore};

use crate::clock::Clock;
use crate::pki::read;
use crate::pki::refusal::TrustError;
use crate::pki::reload::Time;

/// The files of an outbound identity. All PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboundPaths {
    /// The authorities whose server certificates are accepted.
    pub authorities: Vec<PathBuf>,
    /// Our certificate, then its intermediates.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// The configuration of a client with a certificate.
pub fn client_config(paths: &OutboundPaths, clock: Arc<dyn Clock>) -> Result<ClientConfig, TrustError> {
    let mut roots = RootCertStore::empty();
    for path in &paths.authorities {
        for der in read::certificates(path)? {
            roots
                .add(der)
                .map_err(|e| TrustError::Malformed { path: path.clone(), detail: e.to_string() })?;
        }
    }
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_details(provider, Arc::new(Time(clock)))
        .with_safe_default_protocol_versions()
        .map_err(|e| TrustError::Refused(e.to_string()))?
        .with_root_certificates(roots)
        .with_client_auth_cert(read::certificates(&paths.certificate)?, read::key(&paths.key)?)
        .map_err(|source| TrustError::Key {
            certificate: paths.certificate.clone(),
            key: paths.key.clone(),
            source,
        })?;
    config.resumption = Resumption::disabled();
    Ok(config)
}
