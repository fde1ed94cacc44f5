//! The trust of a running listener, and its exchange.
//!
//! Promise: one [`ServerConfig`] for the listener's whole life; what it asks (client certificates, its own
//! certificate, resumed sessions) is answered from the [`TrustState`] of the moment. A reload builds the new state
//! first; if anything in it fails, the old one stays and the error says why. Open connections are not dropped: they
//! are asked again at each request, through [`TrustState::still_trusts`].

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{ClientHello, NoServerSessionStorage, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::time_provider::TimeProvider;
use rustls::{DigitallySignedStruct, DistinguishedName, ServerConfig, SignatureScheme};

use crate::clock::Clock;
use crate::domain::digest::Fingerprint;
use crate::pki::refusal::{TrustError, WhyNot};
use crate::pki::sessions::Sessions;
use crate::pki::trust::{TrustState, unix};

/// The files that a listener's trust is read from. All PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustPaths {
    /// The authorities whose client certificates are accepted; each file may hold several.
    pub authorities: Vec<PathBuf>,
    /// Their CRLs, one for each; each file may hold several.
    pub crls: Vec<PathBuf>,
    /// The listener's own certificate, then its intermediates.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

impl TrustPaths {
    /// The files of an own authority's directory: its CA and CRL, and the certificate `issued/server`.
    #[must_use]
    pub fn of_authority(directory: &Path) -> Self {
        Self {
            authorities: vec![directory.join("ca.crt")],
            crls: vec![directory.join("crl.pem")],
            certificate: directory.join("issued/server.crt"),
            key: directory.join("issued/server.key"),
        }
    }
}

/// Told of each client certificate that a handshake refused, and why. The certificate was shown; whether the peer has
/// its key, TLS had not asked yet.
pub type OnRefusal = Arc<dyn Fn(Fingerprint, &WhyNot) + Send + Sync>;

/// The trust of one listener.
#[derive(Clone)]
pub struct Trust(Arc<Shared>);

struct Shared {
    paths: TrustPaths,
    provider: Arc<CryptoProvider>,
    clock: Arc<dyn Clock>,
    state: Arc<ArcSwap<TrustState>>,
    sessions: Arc<Sessions>,
    /// Held while reloading, so that two reloads cannot give the same generation.
    reloading: Mutex<()>,
}

impl Trust {
    /// Reads the files for the first time. A CRL past its end is taken: the listener starts and refuses that
    /// issuer's clients until there is a new one, which is better for all the others than no listener.
    pub fn load(paths: &TrustPaths, clock: Arc<dyn Clock>) -> Result<Self, TrustError> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let state = Arc::new(ArcSwap::from_pointee(TrustState::load(paths, 1, &provider)?));
        let sessions = Arc::new(Sessions::new(state.clone(), clock.clone()));
        let paths = paths.clone();
        Ok(Self(Arc::new(Shared { paths, provider, clock, state, sessions, reloading: Mutex::new(()) })))
    }

    /// Reads the files again. On an error nothing changes.
    pub fn reload(&self) -> Result<Arc<TrustState>, TrustError> {
        let shared = &self.0;
        let _one = shared.reloading.lock().unwrap_or_else(PoisonError::into_inner);
        let generation = shared.state.load().generation() + 1;
        let state = TrustState::load(&shared.paths, generation, &shared.provider)?;
        state.check_fresh(&shared.state.load(), &shared.paths, shared.clock.now())?;
        let state = Arc::new(state);
        // Before and after: a handshake may end between the two.
        shared.sessions.changed();
        shared.state.store(state.clone());
        shared.sessions.changed();
        Ok(state)
    }

    /// The state of this moment.
    #[must_use]
    pub fn current(&self) -> Arc<TrustState> {
        self.0.state.load_full()
    }

    /// The configuration of the listener: TLS 1.2 and 1.3, a client certificate required, X25519MLKEM768 first. It
    /// follows every reload by itself.
    #[must_use]
    pub fn server_config(&self) -> ServerConfig {
        self.server_config_telling(Arc::new(|_, _| {}))
    }

    /// The configuration of the listener, which tells whom it refused. What is told must not wait: the handshake does.
    #[must_use]
    #[expect(clippy::missing_panics_doc, reason = "the provider's default suites have TLS 1.2 and 1.3")]
    pub fn server_config_telling(&self, refused: OnRefusal) -> ServerConfig {
        let shared = &self.0;
        let delegate = Arc::new(Delegate { trust: self.clone(), refused });
        let mut config = ServerConfig::builder_with_details(shared.provider.clone(), self.time())
            .with_safe_default_protocol_versions()
            .expect("the provider has suites of both versions")
            .with_client_cert_verifier(delegate.clone())
            .with_cert_resolver(delegate);
        config.session_storage = shared.sessions.clone();
        // Early data can be replayed by whoever copied it.
        config.max_early_data_size = 0;
        config
    }

    /// The configuration of a listener with the same certificate that asks nobody for one.
    #[must_use]
    #[expect(clippy::missing_panics_doc, reason = "the provider's default suites have TLS 1.2 and 1.3")]
    pub fn open_server_config(&self) -> ServerConfig {
        let mut config = ServerConfig::builder_with_details(self.0.provider.clone(), self.time())
            .with_safe_default_protocol_versions()
            .expect("the provider has suites of both versions")
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(Delegate { trust: self.clone(), refused: Arc::new(|_, _| {}) }));
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        config
    }

    fn time(&self) -> Arc<dyn TimeProvider> {
        Arc::new(Time(self.0.clock.clone()))
    }
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Trust({:?})", self.current())
    }
}

/// Our clock, for TLS.
pub(crate) struct Time(pub(crate) Arc<dyn Clock>);

impl TimeProvider for Time {
    fn current_time(&self) -> Option<UnixTime> {
        Some(unix(self.0.now()))
    }
}

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Time")
    }
}

/// Answers TLS from the state of the moment.
struct Delegate {
    trust: Trust,
    refused: OnRefusal,
}

impl Delegate {
    fn state(&self) -> arc_swap::Guard<Arc<TrustState>> {
        self.trust.0.state.load()
    }
}

impl fmt::Debug for Delegate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Delegate({:?})", self.trust)
    }
}

impl ResolvesServerCert for Delegate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.state().certified_key())
    }
}

impl ClientCertVerifier for Delegate {
    /// None: a hint would have to be borrowed from a state that may be exchanged meanwhile. Clients then offer
    /// the certificate they are configured with.
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        self.state().verifier().verify_client_cert(end_entity, intermediates, now).inspect_err(|error| {
            (self.refused)(Fingerprint::of(end_entity), &WhyNot::from(error));
        })
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.state().verifier().verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.state().verifier().verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.state().verifier().supported_verify_schemes()
    }
}
