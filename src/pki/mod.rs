//! Certificates: our own small authority, and whom the TLS edges trust.
//!
//! Promise: private keys are written for their owner alone and nothing is overwritten unasked; a certificate that
//! was revoked, has expired or lost its issuer is refused at the next handshake, at a resumed session and at
//! the next request of an open connection alike; a reload takes all of the new files or none. X.509 and CRLs are
//! those of RFC 5280. Left to others: which agency a certificate belongs to (the registry), HTTP, and the commands.

mod authority;
mod files;
mod index;
mod inspect;
mod issue;
mod lists;
mod outbound;
mod peer;
mod read;
mod refusal;
mod reload;
mod renew;
mod revoke;
mod server;
mod sessions;
mod trust;

#[cfg(test)]
mod tests;

pub use authority::{Authority, Created, NewAuthority, PkiError};
pub use index::{Entry, Reason, Use};
pub use inspect::{CertificateFacts, CrlFacts, Fact, NotPem, certificate, inspect};
pub use issue::{Issue, Issued};
pub use outbound::{OutboundPaths, client_config};
pub use peer::{BadCertificate, Peer};
pub use refusal::{TrustError, WhyNot};
pub use reload::{OnRefusal, Trust, TrustPaths};
pub use renew::{NotTaken, Renewed, renew};
pub use revoke::{Revoked, Which};
pub use server::server_config;
pub use trust::{ListFacts, TrustState};
