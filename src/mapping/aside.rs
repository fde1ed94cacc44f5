//! What stands beside a document: the bytes of its attachments, and the message of ours that an answer speaks of.
//!
//! Promise: nothing is looked up outside. Who has a store for attachments hands bytes in and takes bytes out; who has
//! none leaves them in the record, where they are kept as the text they came in, and loses nothing.

use std::collections::BTreeMap;

use crate::domain::digest::Digest;
use crate::mapping::sent::Sent;
use crate::mapping::steps::Run;

/// The bytes of attachments, by their SHA-256.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attachments(BTreeMap<Digest, Vec<u8>>);

impl Attachments {
    /// None yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// Adds bytes; gives their digest.
    pub fn add(&mut self, bytes: Vec<u8>) -> Digest {
        let digest = Digest::of(&bytes);
        self.0.insert(digest, bytes);
        digest
    }

    /// The bytes of a digest.
    #[must_use]
    pub fn bytes(&self, digest: &Digest) -> Option<&[u8]> {
        self.0.get(digest).map(Vec::as_slice)
    }

    /// All of them, by digest.
    pub fn iter(&self) -> impl Iterator<Item = (&Digest, &[u8])> {
        self.0.iter().map(|(digest, bytes)| (digest, bytes.as_slice()))
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What stands beside a document.
#[derive(Clone, Copy, Debug, Default)]
pub struct Aside<'a> {
    /// Where bytes are looked up when writing. When reading it says that somebody takes them: they are set apart into
    /// [`Decoded::attachments`](crate::mapping::Decoded::attachments). Without it they stay in the record as kept text.
    pub attachments: Option<&'a Attachments>,
    /// The message that an answer's places (`place`) are places of.
    pub sent: Option<&'a Sent>,
}

/// A run, and what stands beside its document.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) run: Run<'a>,
    pub(crate) aside: Aside<'a>,
}

impl<'a> From<Run<'a>> for Context<'a> {
    fn from(run: Run<'a>) -> Self {
        Self { run, aside: Aside::default() }
    }
}
