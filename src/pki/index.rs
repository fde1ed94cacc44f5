//! What the authority has issued and revoked: `index.toml`.
//!
//! Promise: every certificate stands in the index before its file is written, so that there is none that could not
//! be revoked. The CRL is made from it.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::clock::Timestamp;
use crate::domain::digest::Fingerprint;

/// The whole index.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Index {
    /// The number of the CRL last made; each has a higher one than those before it (RFC 5280, section 5.2.3).
    pub(crate) crl_number: u64,
    /// The certificates, in order of issue.
    #[serde(default, rename = "certificate")]
    pub(crate) certificates: Vec<Entry>,
}

/// One certificate of the authority.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The name of its files below `issued/`.
    pub name: String,
    /// Its serial number, lower-case hexadecimal.
    pub serial: String,
    /// What it is for.
    #[serde(rename = "use")]
    pub usage: Use,
    /// Whom it names.
    pub subject: String,
    /// SHA-256 of its DER.
    pub fingerprint: Fingerprint,
    /// From when it is valid.
    #[serde(with = "text")]
    pub issued: Timestamp,
    /// Until when it is valid.
    #[serde(with = "text")]
    pub expires: Timestamp,
    /// Since when it is revoked.
    #[serde(default, with = "maybe_text", skip_serializing_if = "Option::is_none")]
    pub revoked: Option<Timestamp>,
    /// Why it was revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}

/// What a certificate is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Use {
    /// To be called: a TLS server.
    Server,
    /// To call: a TLS client.
    Client,
}

/// Why a certificate is revoked (RFC 5280, section 5.3.1; those that an operator has cause to give).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// No reason is given.
    Unspecified,
    /// Its private key is in other hands.
    KeyCompromise,
    /// The holder's name or body has changed.
    AffiliationChanged,
    /// Another certificate took its place.
    Superseded,
    /// The holder no longer exchanges with us.
    CessationOfOperation,
    /// The holder may no longer exchange with us.
    PrivilegeWithdrawn,
}

impl Reason {
    /// All reasons with their printed words.
    pub const ALL: [(Self, &'static str); 6] = [
        (Self::Unspecified, "unspecified"),
        (Self::KeyCompromise, "key-compromise"),
        (Self::AffiliationChanged, "affiliation-changed"),
        (Self::Superseded, "superseded"),
        (Self::CessationOfOperation, "cessation-of-operation"),
        (Self::PrivilegeWithdrawn, "privilege-withdrawn"),
    ];

    /// From its printed word.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, word)| *word == text).map(|(reason, _)| reason)
    }
}

mod text {
    use super::{Deserialize, Deserializer, Serializer, Timestamp};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde's `with` calls")]
    pub(super) fn serialize<S: Serializer>(at: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&at.at_offset(0))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
        let text = String::deserialize(from)?;
        Timestamp::parse(&text)
            .ok_or_else(|| serde::de::Error::custom("expected a time such as 2026-11-23T09:30:00Z"))
    }
}

mod maybe_text {
    use super::{Deserializer, Serializer, Timestamp};

    #[expect(clippy::ref_option, reason = "the form that serde's `with` calls")]
    pub(super) fn serialize<S: Serializer>(at: &Option<Timestamp>, to: S) -> Result<S::Ok, S::Error> {
        match at {
            Some(at) => super::text::serialize(at, to),
            None => to.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Timestamp>, D::Error> {
        super::text::deserialize(from).map(Some)
    }
}
