//! The tree's hashes: RFC 6962, section 2.1, with SHA-256.
//!
//! Promise: a leaf and an inner node can never hash to the same value by exchange, because each begins with its
//! own byte (0x00, 0x01).

use aws_lc_rs::digest::{Context, SHA256};

/// A SHA-256 value in the tree.
pub type Hash = [u8; 32];

/// The root of the tree without entries: the SHA-256 of nothing.
pub const EMPTY_ROOT: Hash = [
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27,
    0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
];

/// The hash of an entry: SHA-256(0x00 ‖ entry).
#[must_use]
pub fn leaf_hash(entry: &[u8]) -> Hash {
    hash(&[&[0x00], entry])
}

/// The hash of two neighbours: SHA-256(0x01 ‖ left ‖ right).
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    hash(&[&[0x01], left, right])
}

fn hash(parts: &[&[u8]]) -> Hash {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(part);
    }
    let mut value = [0; 32];
    value.copy_from_slice(context.finish().as_ref());
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::digest::Digest;

    #[test]
    fn the_prefixes_are_those_of_rfc_6962() {
        assert_eq!(EMPTY_ROOT, *Digest::of(b"").as_bytes());
        assert_eq!(leaf_hash(b"entry"), *Digest::of(b"\0entry").as_bytes());
        let (left, right) = ([7; 32], [9; 32]);
        let whole = [&[1u8][..], &left, &right].concat();
        assert_eq!(node_hash(&left, &right), *Digest::of(&whole).as_bytes());
    }
}
