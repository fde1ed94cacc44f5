//! What is said of a file before it comes, and what of it is there.

use crate::exchange::attachments::{AttachmentLimits, AttachmentView};
use crate::exchange::refused::AttachmentFault;

/// What is said of a file before it comes.
#[derive(Clone, Debug, Default)]
pub struct Announced {
    /// Its media type, without parameters.
    pub media_type: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// What it is to the case: `evidence`, `letter`, `report`, …
    pub role: Option<String>,
    /// Its length in bytes.
    pub length: Option<u64>,
}

/// Where an upload begins.
#[derive(Clone, Debug)]
pub enum Start {
    /// At the beginning; what came of an earlier one is dropped.
    Anew(Announced),
    /// Where an earlier one ended.
    At {
        /// How many bytes are there, as the sender believes.
        offset: u64,
        /// The whole length, if it is said now.
        length: Option<u64>,
    },
}

/// What of a file is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Received {
    /// Nothing.
    Nothing,
    /// The first so many bytes, of so many where that was said.
    Part {
        /// How many came.
        offset: u64,
        /// How many there are.
        length: Option<u64>,
    },
    /// All of it.
    Whole(Box<AttachmentView>),
}

impl Announced {
    /// Whether such a file may come.
    pub(super) fn check(&self, limits: &AttachmentLimits) -> Result<(), AttachmentFault> {
        self.length.map_or(Ok(()), |length| limits.check_size(length))?;
        self.media_type.as_deref().map_or(Ok(()), |kind| limits.check_type(kind))
    }
}
