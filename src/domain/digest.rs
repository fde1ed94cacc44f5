//! Digests: SHA-256 of bytes, a certificate's fingerprint, and the salted digest that the journal holds.

use std::fmt;

use aws_lc_rs::{digest, hmac};
use serde::{Deserialize, Serialize};

use crate::domain::id::BadId;

/// A SHA-256 value, printed as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest([u8; 32]);

impl Digest {
    /// The SHA-256 of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let mut value = [0; 32];
        value.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
        Self(value)
    }

    /// HMAC-SHA-256 of `bytes` under `salt`: what the journal says of a body. Without the salt nobody can guess
    /// a short body (a phone number, say) from it; with the salt anybody who has the body can check it.
    #[must_use]
    pub fn salted(salt: &[u8; 32], bytes: &[u8]) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, salt);
        let mut value = [0; 32];
        value.copy_from_slice(hmac::sign(&key, bytes).as_ref());
        Self(value)
    }

    /// From 32 bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// From 64 hexadecimal digits of either case; colons between pairs are passed over (openssl prints them).
    pub fn parse(text: &str) -> Result<Self, BadId> {
        let bad = BadId { what: "digest", expected: "64 hexadecimal digits" };
        let plain: String = text.chars().filter(|c| *c != ':').collect();
        let mut value = [0; 32];
        hex::decode_to_slice(plain, &mut value).map_err(|_| bad)?;
        Ok(Self(value))
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// The SHA-256 of what comes piece by piece.
pub struct Digester(digest::Context);

impl Default for Digester {
    fn default() -> Self {
        Self(digest::Context::new(&digest::SHA256))
    }
}

impl Digester {
    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of them all.
    #[must_use]
    pub fn finish(self) -> Digest {
        let mut value = [0; 32];
        value.copy_from_slice(self.0.finish().as_ref());
        Digest(value)
    }
}

impl TryFrom<String> for Digest {
    type Error = BadId;
    fn try_from(text: String) -> Result<Self, BadId> {
        Self::parse(&text)
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> String {
        digest.to_string()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

/// The SHA-256 of a certificate's DER: how an agency is known.
pub type Fingerprint = Digest;
