//! A file that belongs to a record. Its bytes live elsewhere, under their digest; here is how to find and check it.

use crate::domain::digest::Digest;
use crate::domain::record::part::part;

part! {
    /// A file (附件).
    pub struct Attachment {
        /// SHA-256 of its bytes, where they have been seen or the sender says so.
        may sha256: Digest,
        /// Its name.
        may name: String,
        /// Its media type, `image/jpeg`.
        may media_type: String,
        /// Its size in bytes.
        may size: u64,
        /// Where it can be fetched.
        may url: String,
        /// Its key in the sender's object store.
        may key: String,
    }
}
