//! Entry bundles: the entries themselves, as `tlog-tiles` v0.1.0, "Log Entries", lays them out.
//!
//! Promise: each entry is its length in two bytes, big-endian, and its bytes; a bundle that ends in the middle of
//! one, or has another number of them than its path says, is refused.

/// The longest entry: what two bytes of length can say.
pub const MAX_ENTRY: usize = u16::MAX as usize;

/// Why a bundle was not written or read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadBundle {
    /// An entry is longer than [`MAX_ENTRY`].
    #[error("entry {place} of the bundle has {length} bytes; 65535 is the most")]
    TooLong {
        /// The entry's place in the bundle, from 0.
        place: usize,
        /// Its length in bytes.
        length: usize,
    },
    /// The bytes end inside an entry, or before the last one.
    #[error("the bundle ends at byte {length}, inside entry {place}")]
    CutShort {
        /// The entry's place in the bundle, from 0.
        place: usize,
        /// The bundle's length in bytes.
        length: usize,
    },
    /// There are bytes after the last entry.
    #[error("{surplus} bytes follow the last entry of the bundle")]
    Surplus {
        /// How many.
        surplus: usize,
    },
}

/// The bundle of `entries`.
pub fn encode_bundle<E: AsRef<[u8]>>(entries: &[E]) -> Result<Vec<u8>, BadBundle> {
    let mut bytes = Vec::with_capacity(entries.iter().map(|e| e.as_ref().len() + 2).sum());
    for (place, entry) in entries.iter().enumerate() {
        let entry = entry.as_ref();
        let length =
            u16::try_from(entry.len()).map_err(|_| BadBundle::TooLong { place, length: entry.len() })?;
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(entry);
    }
    Ok(bytes)
}

/// The first `width` entries of a bundle that must have exactly so many.
pub fn decode_bundle(bytes: &[u8], width: u16) -> Result<Vec<&[u8]>, BadBundle> {
    let (entries, rest) = split(bytes, width)?;
    if rest.is_empty() { Ok(entries) } else { Err(BadBundle::Surplus { surplus: rest.len() }) }
}

/// The first `width` entries of a bundle, and what follows them.
pub(crate) fn split(bytes: &[u8], width: u16) -> Result<(Vec<&[u8]>, &[u8]), BadBundle> {
    let mut entries = Vec::with_capacity(usize::from(width));
    let mut rest = bytes;
    for place in 0..usize::from(width) {
        let cut = BadBundle::CutShort { place, length: bytes.len() };
        let (length, after) = rest.split_first_chunk::<2>().ok_or(cut)?;
        let (entry, after) = after.split_at_checked(usize::from(u16::from_be_bytes(*length))).ok_or(cut)?;
        entries.push(entry);
        rest = after;
    }
    Ok((entries, rest))
}
