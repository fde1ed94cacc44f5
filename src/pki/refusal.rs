//! Why a peer, or a file, is not trusted.
//!
//! Promise: each reason says who must act: the agency for its certificate, the operator for the files.

use std::io;
use std::path::PathBuf;

use rustls::CertificateError;

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

impl From<&rustls::Error> for WhyNot {
    fn from(error: &rustls::Error) -> Self {
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
}
