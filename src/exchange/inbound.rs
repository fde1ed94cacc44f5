//! What an edge hands over: one message as received, and who sent it.

use std::sync::Arc;

use crate::domain::agency::Agency;
use crate::domain::digest::Fingerprint;
use crate::domain::kind::Kind;
use crate::mapping::Format;
use crate::wire::encoding::Encoding;

/// One message as received.
#[derive(Clone, Debug)]
pub struct Inbound {
    /// Who sent it, by the certificate of this very connection.
    pub agency: Arc<Agency>,
    /// That certificate.
    pub certificate: Fingerprint,
    /// The kind that the caller named (the URL's), if the channel has one.
    pub kind: Option<Kind>,
    /// The bytes, untouched.
    pub body: Vec<u8>,
    /// How to read them.
    pub format: Format,
    /// The charset that the transport named.
    pub charset: Option<Encoding>,
    /// The road it came by.
    pub channel: Channel,
    /// The message id that the transport named (a header); the document's own comes first.
    pub message_id: Option<String>,
}

/// The road a message came by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// `POST /agency/v1/{kind}`.
    Api,
    /// The old open platform's `POST /router/rest`.
    Router,
}

impl Channel {
    /// The text form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Router => "router",
        }
    }
}

/// An attempt by a known agency that an edge turned away before there was a message to speak of.
#[derive(Clone, Debug)]
pub struct RefusalNote {
    /// Whose certificate it was.
    pub agency: Arc<Agency>,
    /// The certificate.
    pub certificate: Fingerprint,
    /// The kind it was about, if that was known.
    pub kind: Option<Kind>,
    /// The problem's short name, such as `out-of-scope` or `certificate-revoked`.
    pub why: &'static str,
}
