//! Bytes of any length, sealed in chunks: written from front to back, read from any place on.
//!
//! ```text
//! sealed := header chunk*                     at least one chunk; all but the last hold 65,536 bytes
//! header := "RGBS" version=1 algorithm=1 0 16 the last is the chunk's length as a power of two
//! chunk  := nonce(12) ciphertext tag(16)
//! ```
//!
//! Bound to each chunk are the header, the sealed thing's name, the chunk's number and whether it is the last: chunks
//! cannot be cut off, moved, or taken from another. The construction is that of STREAM (Hoang, Reyhanitabar, Rogaway,
//! Vizár 2015), with random nonces, so that a writer that was interrupted may seal its last chunk anew.

use aws_lc_rs::aead::LessSafeKey;

use crate::clock::Chance;
use crate::seal::{AES_256_GCM_RANDOM, Broken, Key, OVERHEAD, open, seal};

/// What a chunk holds: small enough to be in memory by the thousand, large enough that its 28 bytes more are nothing.
pub const CHUNK: usize = 1 << 16;

/// A whole chunk's length when sealed.
pub const FRAME: usize = CHUNK + OVERHEAD;

/// What stands before the first chunk.
pub const HEADER: [u8; 8] = [b'R', b'G', b'B', b'S', 1, AES_256_GCM_RANDOM, 0, 16];

/// Seals and opens the chunks of one thing.
pub struct Seal {
    cipher: LessSafeKey,
    about: Vec<u8>,
}

impl Seal {
    /// Of the thing of this name under its key.
    #[must_use]
    pub fn of(name: &str, key: &Key) -> Self {
        Self { cipher: key.cipher(), about: [&HEADER, name.as_bytes()].concat() }
    }

    /// A chunk of at most [`CHUNK`] bytes, sealed.
    #[must_use]
    pub fn seal(&self, number: u64, last: bool, plain: &[u8], chance: &dyn Chance) -> Vec<u8> {
        seal(&self.cipher, &self.about(number, last), plain, chance)
    }

    /// A chunk, opened.
    ///
    /// # Errors
    /// [`Broken`] if it is not this chunk of this thing.
    pub fn open(&self, number: u64, last: bool, frame: &[u8]) -> Result<Vec<u8>, Broken> {
        open(&self.cipher, &self.about(number, last), frame)
    }

    fn about(&self, number: u64, last: bool) -> Vec<u8> {
        [&*self.about, &[0], &number.to_be_bytes(), &[u8::from(last)]].concat()
    }
}

/// How many chunks hold so many bytes.
#[must_use]
pub const fn count(bytes: u64) -> u64 {
    if bytes == 0 { 1 } else { bytes.div_ceil(CHUNK as u64) }
}

/// Where a chunk begins in the sealed bytes.
#[must_use]
pub const fn place(number: u64) -> u64 {
    HEADER.len() as u64 + number * FRAME as u64
}

/// How long so many bytes are when sealed.
#[must_use]
pub const fn sealed_length(bytes: u64) -> u64 {
    HEADER.len() as u64 + bytes + count(bytes) * OVERHEAD as u64
}

/// How many bytes stand in the chunks of something of this sealed length, if the last is whole.
#[must_use]
pub const fn plain_length(sealed: u64) -> u64 {
    let frames = sealed.saturating_sub(HEADER.len() as u64);
    let rest = frames % FRAME as u64;
    frames / FRAME as u64 * CHUNK as u64 + rest.saturating_sub(OVERHEAD as u64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::clock::SeededChance;

    fn sealed(bytes: &[u8], seal: &Seal) -> Vec<u8> {
        let chance = SeededChance::new(9);
        let mut out = HEADER.to_vec();
        let count = count(bytes.len() as u64);
        for number in 0..count {
            let at = usize::try_from(number).unwrap() * CHUNK;
            let chunk = &bytes[at..bytes.len().min(at + CHUNK)];
            out.extend(seal.seal(number, number + 1 == count, chunk, &chance));
        }
        out
    }

    #[test]
    fn lengths_and_places() {
        let seal = Seal::of("a", &Key::from_bytes([3; 32]));
        for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK] {
            let bytes = vec![7; length];
            let all = sealed(&bytes, &seal);
            assert_eq!(all.len() as u64, sealed_length(length as u64), "{length}");
            assert_eq!(plain_length(all.len() as u64), length as u64, "{length}");
            let last = count(length as u64) - 1;
            let frame = &all[usize::try_from(place(last)).unwrap()..];
            let open = seal.open(last, true, frame).unwrap();
            assert_eq!(open, bytes[usize::try_from(last).unwrap() * CHUNK..]);
            assert!(seal.open(last, false, frame).is_err(), "it is the last");
        }
    }

    #[test]
    fn a_chunk_is_nobody_elses() {
        let key = Key::from_bytes([3; 32]);
        let seal = Seal::of("a", &key);
        let chance = SeededChance::new(2);
        let frame = seal.seal(1, false, b"hello", &chance);
        assert_ne!(frame, seal.seal(1, false, b"hello", &chance), "the nonce is new");
        assert_eq!(seal.open(1, false, &frame).unwrap(), b"hello");
        assert!(seal.open(2, false, &frame).is_err(), "another place");
        assert!(Seal::of("b", &key).open(1, false, &frame).is_err(), "another thing");
        assert!(Seal::of("a", &Key::from_bytes([4; 32])).open(1, false, &frame).is_err(), "another key");
        assert!(seal.open(1, false, &frame[..frame.len() - 1]).is_err(), "cut");
        assert!(seal.open(1, false, b"").is_err());
    }

    proptest! {
        #[test]
        fn no_bit_can_change(at in 0_usize..33, bit in 0_u32..8) {
            let seal = Seal::of("a", &Key::from_bytes([3; 32]));
            let mut frame = seal.seal(0, true, b"hello", &SeededChance::new(2));
            frame[at] ^= 1 << bit;
            prop_assert!(seal.open(0, true, &frame).is_err());
        }
    }
}
