//! Why a call brought no answer, told apart by what must happen next.
//!
//! Promise: an error of the HTTP client is walked to its root: a certificate that one side refused is a fault of
//! configuration, which no number of attempts mends; everything else (nobody listens, a timeout, a broken
//! connection) is an outage. Under TLS 1.3 a server refuses a client certificate after the handshake, so the
//! alert comes while the request is being written and does not look like a connect error; hence the walk.

use std::error::Error;
use std::io;

use rustls::AlertDescription;

/// Why no answer came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The peer refused our certificate with this alert.
    OursRefused(AlertDescription),
    /// We do not believe the peer's certificate; what is wrong with it.
    TheirsRefused(String),
    /// The address is one that may not be called.
    Address(String),
    /// Time ran out.
    Timeout,
    /// Nobody answered there, or the connection broke.
    Unreachable(String),
}

impl Trouble {
    /// From the client's error.
    #[must_use]
    pub fn of(error: &reqwest::Error) -> Self {
        if error.is_builder() {
            return Self::Address(root(error));
        }
        match tls(error) {
            Some(rustls::Error::AlertReceived(alert)) if refuses_certificate(*alert) => {
                return Self::OursRefused(*alert);
            }
            Some(rustls::Error::InvalidCertificate(why)) => return Self::TheirsRefused(why.to_string()),
            _ => {}
        }
        if error.is_timeout() { Self::Timeout } else { Self::Unreachable(root(error)) }
    }

    /// Whether somebody has to change something before another attempt can go better.
    #[must_use]
    pub const fn is_configuration(&self) -> bool {
        matches!(self, Self::OursRefused(_) | Self::TheirsRefused(_) | Self::Address(_))
    }
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::OursRefused(alert) => {
                write!(f, "configuration: the peer refuses our client certificate (TLS alert {alert:?})")
            }
            Self::TheirsRefused(why) => {
                write!(f, "configuration: the peer's certificate is not to be believed ({why})")
            }
            Self::Address(why) => write!(f, "configuration: the address may not be called ({why})"),
            Self::Timeout => f.write_str("no answer in time"),
            Self::Unreachable(why) => write!(f, "not reachable ({why})"),
        }
    }
}

/// The alerts by which servers turn a client certificate away (RFC 8446, section 6.2). `DecryptError` comes when
/// the server knows another authority of the same name, as after an authority got a new key; `HandshakeFailure`
/// and `AccessDenied` are how TLS 1.2 servers and appliances say it.
const fn refuses_certificate(alert: AlertDescription) -> bool {
    matches!(
        alert,
        AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::CertificateRequired
            | AlertDescription::UnknownCA
            | AlertDescription::AccessDenied
            | AlertDescription::DecryptError
            | AlertDescription::HandshakeFailure
    )
}

fn tls<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(tls) = error.downcast_ref::<rustls::Error>() {
            return Some(tls);
        }
        // An io::Error passes over the error it wraps when asked for its source.
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = match wrapped {
            Some(inner) => Some(inner as &(dyn Error + 'static)),
            None => error.source(),
        };
    }
    None
}

fn root(error: &(dyn Error + 'static)) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}
