//! A long message, read record by record in constant memory (MAPPING, section 13).
//!
//! Promise: the records are exactly those that [`Profile::decode`] gives of the same document, each with what is kept of
//! it and with places in the whole source. What is held at once is what stood before the records and one window of
//! them, whatever the length of the source. A bad record is told and the stream goes on; what is not well-formed ends
//! it, with its place, after the records before it.
//!
//! How: the row that reads `records` says where the document is cut ([`plan`]). What stands before the first record is
//! read by itself; then a window of records at a time is put between what stood before and what closes it, and that
//! small document goes the way of every document ([`window`]). What stands behind the records, and what only the whole
//! can tell (counts, bounds), is judged at the end ([`trailer`]).

mod begin;
mod plan;
mod pump;
mod record;
mod resume;
mod trailer;
mod window;

use std::collections::VecDeque;
use std::io::Read;

use serde_json::{Map as JsonMap, Value};

use crate::domain::problem::Problem;
use crate::mapping::decode::{Refusal, Stage};
use crate::mapping::manifest::Format;
use crate::mapping::profile::Profile;
use crate::mapping::steps::Run;
use crate::wire::cut::Cutter;
use crate::wire::encoding::Encoding;
use crate::wire::limits::Limits;
use crate::wire::source::{Piece, Source};

pub use record::OneRecord;
pub use trailer::Trailer;
use window::Around;

/// How much of a stream is held at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamLimits {
    /// Records read together. 64: a schema's validator costs as much for one small document as for twenty records.
    pub records: usize,
    /// Bytes of records read together, unless one is longer. 256 KiB: 64 records of 4 KB; a tree, its counterpart and
    /// the records take about twelve times that.
    pub window: usize,
    /// Bytes of what stands before the records, of what stands behind them, and of what stands between them and is no
    /// record. 256 KiB each: it is read again with every window.
    pub envelope: usize,
    /// The limits of one window's document; its `bytes` are those of one record.
    pub record: Limits,
}

impl Default for StreamLimits {
    fn default() -> Self {
        Self { records: 64, window: 256 * 1024, envelope: 256 * 1024, record: Limits::default() }
    }
}

/// A record of a stream, or why it is refused.
#[derive(Clone, Debug)]
pub struct Streamed {
    /// Its position among the message's records, from 1, as in the path `records[2]`.
    pub index: u64,
    /// Bytes of the source up to the record's end. With [`Self::index`] it is where [`RecordStream::resume_after`]
    /// goes on.
    pub offset: u64,
    /// The record; or everything wrong with it.
    pub outcome: Result<OneRecord, Vec<Problem>>,
}

/// The records of a long message, in their order.
///
/// The iterator ends at the last record, or where the document cannot be read further; [`Self::finish`] tells which.
pub struct RecordStream<'a, R> {
    around: Around<'a>,
    source: Source<R>,
    cutter: Cutter,
    limits: &'a StreamLimits,
    envelope: JsonMap<String, Value>,
    ready: VecDeque<Streamed>,
    /// Records so far, and what bore each record's name so far.
    index: u64,
    /// How many of them were good; those passed over are taken to be.
    good: u64,
    ordinals: Vec<u64>,
    /// Where to go on: index and offset of the last record that is not wanted.
    skip: Option<(u64, u64)>,
    /// The first records as they stood: what stands around all of them is judged with them.
    firsts: Vec<Piece>,
    /// As many of them as the message needs at least, so that it can be judged.
    needed: usize,
    /// How many records there are at least and at most.
    bounds: (usize, usize),
    /// The first bad one, if there is no good one.
    bad: Option<Piece>,
    /// What stood between records and is no record.
    between: Vec<Piece>,
    /// There may be more records.
    reading: bool,
    refused: Option<Box<Refusal>>,
    most: usize,
}

impl Profile {
    /// Streams the records of one batch message: its envelope first, then one item per record, in order.
    ///
    /// A message streams whose records are read by rows `each BLOCK` from one list (`Orders/Order`, `data`): not a
    /// message that is one record as a whole, nor one whose records look at what may stand behind them.
    ///
    /// # Errors
    ///
    /// The source is empty, cannot be read or decoded, is not well-formed before its first record; it is none of the
    /// profile's messages by what stands before the records, or one that cannot be streamed (`not-streamable`); or
    /// something before the records is refused.
    pub fn stream<'a, R: Read>(
        &'a self,
        source: R,
        format: Format,
        charset: Option<Encoding>,
        limits: &'a StreamLimits,
        run: &'a Run<'a>,
    ) -> Result<RecordStream<'a, R>, Refusal> {
        begin::begin(self, source, format, charset, limits, run)
    }
}

impl<R: Read> RecordStream<'_, R> {
    /// Which message of the profile it is.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.around.message.entry.name
    }

    /// The kind of its records.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.around.message.entry.kind
    }

    /// What stood before the records.
    #[must_use]
    pub fn envelope(&self) -> &JsonMap<String, Value> {
        &self.envelope
    }

    /// The encoding, as the document calls it.
    #[must_use]
    pub fn encoding(&self) -> Encoding {
        self.source.encoding()
    }

    /// Bytes of the source that were read as records or what stands around them.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.source.taken()
    }

    /// The most bytes of the document, and of the trees made of it, that were held at once.
    #[must_use]
    pub fn most_held(&self) -> usize {
        self.most + self.source.most()
    }

    fn refuse(&mut self, stage: Stage, problems: Vec<Problem>) {
        self.reading = false;
        if self.refused.is_none() {
            self.refused = Some(Box::new(Refusal {
                message: Some(self.message().to_owned()),
                stage,
                problems,
                records: Vec::new(),
                envelope: Some(self.envelope.clone()),
            }));
        }
    }
}

impl<R: Read> Iterator for RecordStream<'_, R> {
    type Item = Streamed;

    fn next(&mut self) -> Option<Streamed> {
        loop {
            if let Some(ready) = self.ready.pop_front() {
                return Some(ready);
            }
            if !self.reading {
                return None;
            }
            self.pump();
        }
    }
}
