//! Where sealed bytes stand: a folder of the data directory, or a bucket of an S3-compatible store; and plain files that
//! are there whole or not at all ([`whole`]).
//!
//! Promise: what [`Files::keep`] has taken survives a loss of power; a file is named by its attachment's id, which is given once, and its bytes never change;
//! what is not whole yet is a [`staged::Staged`] file that nobody reads. Bytes come here sealed ([`crate::seal`]) and
//! leave sealed; whose they are, and whether they may be read, is the exchange's affair.

pub mod disk;
pub mod mark;
pub mod staged;
pub mod whole;

use std::future::Future;
use std::io;
use std::path::PathBuf;
use std::pin::Pin;

use crate::domain::id::AttachmentId;

/// What a call of the port resolves to.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = io::Result<T>> + Send + 'a>>;

/// The seam to where sealed bytes stand.
pub trait Files: Send + Sync {
    /// Takes a staged file, which is whole and on disk, under a new name. When this resolves it survives a loss of
    /// power, and the staged file is gone.
    fn keep(&self, name: AttachmentId, staged: PathBuf) -> Answer<'_, ()>;

    /// The bytes from `offset` on, `length` of them; fewer where the file ends.
    fn read(&self, name: AttachmentId, offset: u64, length: u64) -> Answer<'_, Vec<u8>>;

    /// Removes a file; one that is not there is no error.
    fn remove(&self, name: AttachmentId) -> Answer<'_, ()>;

    /// All there are.
    fn list(&self) -> Answer<'_, Vec<AttachmentId>>;
}
