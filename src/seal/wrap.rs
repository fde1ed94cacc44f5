//! Keys under keys.
//!
//! A wrapped key is 74 bytes: version 1, algorithm, 8 bytes that name the wrapping key (the first of the SHA-256 over
//! it; zeros where that is a case's own), then nonce, ciphertext and tag. What it is the key of is bound to it: the key
//! of one case opens nothing in the place of another's.

use std::fmt;

use aws_lc_rs::aead::LessSafeKey;

use crate::clock::Chance;
use crate::domain::digest::Digest;
use crate::seal::{AES_256_GCM_RANDOM, Broken, OVERHEAD, cipher, open, seal};

const VERSION: u8 = 1;
const NAME: usize = 8;
const HEAD: usize = 2 + NAME;

/// The length of a wrapped key in bytes.
pub const WRAPPED: usize = HEAD + 32 + OVERHEAD;

/// A key: 32 secret bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Key([u8; 32]);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

impl Key {
    /// A new one.
    #[must_use]
    pub fn make(chance: &dyn Chance) -> Self {
        Self(chance.thirty_two())
    }

    /// From its bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Wraps another key under this one; `of` says what that is the key of.
    #[must_use]
    pub fn wrap(&self, key: &Self, of: &str, chance: &dyn Chance) -> Vec<u8> {
        wrap(self, [0; NAME], key, of, chance)
    }

    /// The key that was wrapped under this one.
    ///
    /// # Errors
    /// [`Broken`] if it was not, or is the key of something else.
    pub fn unwrap(&self, wrapped: &[u8], of: &str) -> Result<Self, Broken> {
        unwrap(wrapped, of, |name| (name == [0; NAME]).then_some(self))
    }

    pub(in crate::seal) fn cipher(&self) -> LessSafeKey {
        cipher(&self.0)
    }

    fn name(&self) -> [u8; NAME] {
        let digest = Digest::of(&self.0);
        *digest.as_bytes().first_chunk().expect("a digest has 32 bytes")
    }
}

/// The key-encryption keys: the one that wraps now, and older ones that still open.
#[derive(Clone, Debug)]
pub struct KeyRing {
    current: Key,
    older: Vec<Key>,
}

impl KeyRing {
    /// Under `current` everything is wrapped from now on.
    #[must_use]
    pub const fn new(current: Key, older: Vec<Key>) -> Self {
        Self { current, older }
    }

    /// Wraps a case's key; `of` is the case.
    #[must_use]
    pub fn wrap(&self, key: &Key, of: &str, chance: &dyn Chance) -> Vec<u8> {
        wrap(&self.current, self.current.name(), key, of, chance)
    }

    /// A case's key.
    ///
    /// # Errors
    /// [`Broken`] if none of the ring's keys wrapped it, or it is another case's.
    pub fn unwrap(&self, wrapped: &[u8], of: &str) -> Result<Key, Broken> {
        let all = || std::iter::once(&self.current).chain(&self.older);
        unwrap(wrapped, of, |name| all().find(|key| key.name() == name))
    }
}

fn wrap(by: &Key, name: [u8; NAME], key: &Key, of: &str, chance: &dyn Chance) -> Vec<u8> {
    let mut head = vec![VERSION, AES_256_GCM_RANDOM];
    head.extend_from_slice(&name);
    let sealed = seal(&by.cipher(), &about(&head, of), &key.0, chance);
    head.extend_from_slice(&sealed);
    head
}

fn unwrap<'k>(
    wrapped: &[u8],
    of: &str,
    by: impl FnOnce([u8; NAME]) -> Option<&'k Key>,
) -> Result<Key, Broken> {
    if wrapped.len() != WRAPPED || wrapped[..2] != [VERSION, AES_256_GCM_RANDOM] {
        return Err(Broken("no wrapped key of a form that is known here"));
    }
    let (head, sealed) = wrapped.split_at(HEAD);
    let name = *head[2..].first_chunk().expect("the head was measured");
    let by = by(name).ok_or(Broken("the key it is wrapped under is not at hand"))?;
    let plain = open(&by.cipher(), &about(head, of), sealed)?;
    Ok(Key(plain.try_into().map_err(|_| Broken("a key has 32 bytes"))?))
}

fn about(head: &[u8], of: &str) -> Vec<u8> {
    [head, of.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SeededChance;

    #[test]
    fn a_key_comes_back_under_its_own_name_only() {
        let chance = SeededChance::new(1);
        let (old, new) = (Key::make(&chance), Key::make(&chance));
        let key = Key::make(&chance);
        let before = KeyRing::new(old.clone(), Vec::new());
        let wrapped = before.wrap(&key, "case-1", &chance);
        assert_eq!(wrapped.len(), WRAPPED);
        assert_eq!(before.unwrap(&wrapped, "case-1"), Ok(key.clone()));
        assert!(before.unwrap(&wrapped, "case-2").is_err(), "another case's");
        let turned = KeyRing::new(new.clone(), vec![old]);
        assert_eq!(turned.unwrap(&wrapped, "case-1"), Ok(key.clone()), "the old key still opens");
        assert_ne!(turned.wrap(&key, "case-1", &chance)[2..HEAD], wrapped[2..HEAD], "the new one wraps");
        assert!(KeyRing::new(new, Vec::new()).unwrap(&wrapped, "case-1").is_err(), "without it nothing does");
        for at in 0..WRAPPED {
            let mut bad = wrapped.clone();
            bad[at] ^= 1;
            assert!(before.unwrap(&bad, "case-1").is_err(), "byte {at}");
        }
        let file = key.wrap(&Key::make(&chance), "file", &chance);
        assert!(key.unwrap(&file, "file").is_ok() && before.unwrap(&file, "file").is_err());
        assert_eq!(format!("{key:?}"), "Key(…)");
    }
}
