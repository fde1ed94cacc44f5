//! What an edge hands over: one message as received, and how its sender is known.

use std::sync::Arc;

use crate::domain::agency::Agency;
use crate::domain::digest::Fingerprint;
use crate::domain::kind::Kind;
use crate::exchange::view::Actor;
use crate::mapping::Format;
use crate::wire::encoding::Encoding;

/// One message as received.
#[derive(Clone, Debug)]
pub struct Inbound {
    /// Who sent it.
    pub agency: Arc<Agency>,
    /// How that is known.
    pub sender: Sender,
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

/// How it is known whose a message is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sender {
    /// By the certificate of this very connection.
    Certificate(Fingerprint),
    /// It lay in the agency's folder. Who may write there is the operator's affair.
    Folder,
    /// It was fetched from the address, or the directory, that is known as the agency's.
    Fetched,
    /// A person or program of the platform brought it, and says whose it is.
    Person(Actor),
}

impl Sender {
    /// The certificate, where there was one.
    #[must_use]
    pub const fn certificate(&self) -> Option<Fingerprint> {
        match self {
            Self::Certificate(certificate) => Some(*certificate),
            Self::Folder | Self::Fetched | Self::Person(_) => None,
        }
    }

    /// The name of who brought it, where that was somebody else than the agency.
    #[must_use]
    pub fn actor(&self) -> Option<String> {
        match self {
            Self::Person(actor) => Some(actor.name.clone()),
            Self::Certificate(_) | Self::Folder | Self::Fetched => None,
        }
    }
}

/// The road a message came by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// `POST /agency/v1/{kind}`.
    Api,
    /// The old open platform's `POST /router/rest`.
    Router,
    /// A file: uploaded by a person, or dropped into the agency's folder.
    File,
    /// Fetched by a sync.
    Pull,
}

impl Channel {
    /// The text form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Router => "router",
            Self::File => "file",
            Self::Pull => "pull",
        }
    }
}

/// An attempt by a known agency that an edge turned away before there was a message to speak of.
#[derive(Clone, Debug)]
pub struct RefusalNote {
    /// Whose it was.
    pub agency: Arc<Agency>,
    /// How that is known.
    pub sender: Sender,
    /// The kind it was about, if that was known.
    pub kind: Option<Kind>,
    /// The problem's short name, such as `out-of-scope` or `certificate-revoked`.
    pub why: &'static str,
}
