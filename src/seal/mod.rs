//! Sealing bytes at rest: AES-256-GCM under keys that are themselves sealed.
//!
//! Promise: whoever has a file or a database, and not the key file, reads nothing; a sealed thing that was cut,
//! reordered, swapped for another or changed by a bit is refused; destroying a case's key makes all that was sealed
//! under it unreadable for ever. Pure: keys and chance are arguments, files are somebody else's.
//!
//! ```text
//! key-encryption key (a file)  wraps  a case's key (a row of the case)  wraps  the key of one sealed thing (its row)
//! ```
//!
//! Each layer has a format of its own that names its algorithm, so that another can stand beside it: [`wrap`] for keys,
//! [`chunks`] for bytes of any length.

pub mod chunks;
pub mod wrap;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

pub use chunks::Seal;
pub use wrap::{Key, KeyRing};

use crate::clock::Chance;

/// AES-256-GCM with a nonce of twelve random bytes, in every format here. Random nonces are safe up to 2^32 of them
/// under one key (NIST SP 800-38D, section 8.3): 64 KiB each, that is 256 TiB.
pub(in crate::seal) const AES_256_GCM_RANDOM: u8 = 1;

const NONCE: usize = 12;
const TAG: usize = 16;

/// What a seal adds to the bytes under it.
pub(in crate::seal) const OVERHEAD: usize = NONCE + TAG;

/// A sealed thing that is not what was sealed: changed, cut, another's, or under another key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("sealed bytes do not open: {0}")]
pub struct Broken(&'static str);

pub(in crate::seal) fn cipher(key: &[u8; 32]) -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).expect("the key is 32 bytes long"))
}

/// Nonce, ciphertext, tag.
pub(in crate::seal) fn seal(
    cipher: &LessSafeKey,
    about: &[u8],
    plain: &[u8],
    chance: &dyn Chance,
) -> Vec<u8> {
    let mut nonce = [0; NONCE];
    chance.fill(&mut nonce);
    let mut sealed = Vec::with_capacity(plain.len() + OVERHEAD);
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(plain);
    let tag = cipher
        .seal_in_place_separate_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(about),
            &mut sealed[NONCE..],
        )
        .expect("no plaintext here comes near the 64 GiB that the mode allows");
    sealed.extend_from_slice(tag.as_ref());
    sealed
}

pub(in crate::seal) fn open(cipher: &LessSafeKey, about: &[u8], sealed: &[u8]) -> Result<Vec<u8>, Broken> {
    let (nonce, rest) = sealed.split_first_chunk::<NONCE>().ok_or(Broken("too short"))?;
    let mut bytes = rest.to_vec();
    let plain = cipher
        .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(about), &mut bytes)
        .map_err(|_| Broken("the tag is wrong"))?
        .len();
    bytes.truncate(plain);
    Ok(bytes)
}
