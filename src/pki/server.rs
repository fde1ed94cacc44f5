//! TLS of a listener that asks nobody for a certificate and stands alone: a witness's.
//!
//! Promise: the certificate is that of the key, or the error says so. It is read once; renewing it takes a restart.

use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;

use crate::clock::Clock;
use crate::pki::read;
use crate::pki::refusal::TrustError;
use crate::pki::reload::Time;

/// The configuration of a listener that shows this certificate (then its intermediates), both PEM.
pub fn server_config(
    certificate: &Path,
    key: &Path,
    clock: Arc<dyn Clock>,
) -> Result<ServerConfig, TrustError> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    ServerConfig::builder_with_details(provider, Arc::new(Time(clock)))
        .with_safe_default_protocol_versions()
        .map_err(|e| TrustError::Refused(e.to_string()))?
        .with_no_client_auth()
        .with_single_cert(read::certificates(certificate)?, read::key(key)?)
        .map_err(|source| TrustError::Key {
            certificate: certificate.to_owned(),
            key: key.to_owned(),
            source,
        })
}
