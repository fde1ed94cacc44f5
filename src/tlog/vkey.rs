//! Verifier keys: the public half of a note's key, in its printed form (`signed-note` v1.0.0, "Verifier keys").
//!
//! Promise: a [`Verifier`] is a key whose name is allowed and whose id is the hash of its name and key. Only Ed25519
//! (type 0x01): the standard asks for no more kinds than a design needs.

use std::fmt;

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::domain::digest::Digest;

/// The signature type of an Ed25519 key.
pub(crate) const ED25519_TYPE: u8 = 0x01;

/// Whose signatures on a note count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verifier {
    name: String,
    key_id: u32,
    public_key: [u8; 32],
}

/// Why text is not a verifier key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadKey {
    /// It has not the form `name+id+key`.
    #[error("not a verifier key: expected <name>+<8 hexadecimal digits>+<base64>")]
    Form,
    /// The name is empty or holds a space or a plus.
    #[error("not a key name: it must not be empty nor hold a space, a control character or '+'")]
    Name,
    /// It is not an Ed25519 key.
    #[error("not an Ed25519 key: expected type 1 and 32 bytes")]
    Kind,
    /// It is not a witness's key.
    #[error(
        "not a witness's Ed25519 key: expected type 4 and 32 bytes, as `regbridge witness init` prints it"
    )]
    NoWitness,
    /// The id does not belong to the name and key: something was mistyped.
    #[error("the key id is {found:08x}, but this name and key have {expected:08x}")]
    Id {
        /// What the name and key hash to.
        expected: u32,
        /// What stood there.
        found: u32,
    },
}

impl Verifier {
    /// The verifier of a name and a 32-byte Ed25519 public key.
    pub fn new(name: &str, public_key: [u8; 32]) -> Result<Self, BadKey> {
        if !is_key_name(name) {
            return Err(BadKey::Name);
        }
        Ok(Self { name: name.to_owned(), key_id: key_id(name, ED25519_TYPE, &public_key), public_key })
    }

    /// From its printed form.
    pub fn parse(text: &str) -> Result<Self, BadKey> {
        let (name, found, key) = parts(text)?;
        let [ED25519_TYPE, key @ ..] = key.as_slice() else { return Err(BadKey::Kind) };
        let verifier = Self::new(name, key.try_into().map_err(|_| BadKey::Kind)?)?;
        if verifier.key_id != found {
            return Err(BadKey::Id { expected: verifier.key_id, found });
        }
        Ok(verifier)
    }

    /// Its name; of a log's key, the log's origin.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The id that stands in each of its signatures.
    #[must_use]
    pub const fn key_id(&self) -> u32 {
        self.key_id
    }

    /// The 32 bytes of the key.
    #[must_use]
    pub const fn public_key(&self) -> &[u8; 32] {
        &self.public_key
    }

    /// Whether `signature` is this key's over `text`.
    #[must_use]
    pub fn verify(&self, text: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, &self.public_key).verify(text, signature).is_ok()
    }
}

impl fmt::Display for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut key = vec![ED25519_TYPE];
        key.extend_from_slice(&self.public_key);
        write!(f, "{}+{:08x}+{}", self.name, self.key_id, STANDARD.encode(key))
    }
}

/// Whether a key may bear this name. The standard forbids Unicode spaces and '+'; a control character could not
/// stand in a note anyway.
pub(crate) fn is_key_name(name: &str) -> bool {
    !name.is_empty() && !name.chars().any(|c| c.is_whitespace() || c.is_control() || c == '+')
}

/// Name, id, and type with key, of `name+id+key`.
pub(crate) fn parts(text: &str) -> Result<(&str, u32, Vec<u8>), BadKey> {
    let mut parts = text.splitn(3, '+');
    let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(BadKey::Form);
    };
    if id.len() != 8 || !id.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(BadKey::Form);
    }
    let id = u32::from_str_radix(id, 16).map_err(|_| BadKey::Form)?;
    Ok((name, id, STANDARD.decode(key).map_err(|_| BadKey::Form)?))
}

/// SHA-256(name ‖ newline ‖ type ‖ key), its first four bytes.
pub(crate) fn key_id(name: &str, kind: u8, public_key: &[u8; 32]) -> u32 {
    let whole = [name.as_bytes(), b"\n", &[kind], public_key].concat();
    let [a, b, c, d, ..] = *Digest::of(&whole).as_bytes();
    u32::from_be_bytes([a, b, c, d])
}
