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
use crate::wire::cut::{Cutter, Step};
use crate::wire::encoding::Encoding;
use crate::wire::limits::{Limits, exceeded};
use crate::wire::source::{Piece, Source};
use crate::wire::tree::line_column;

pub use trailer::Trailer;
pub use window::OneRecord;
use window::{Around, Cut, Found, Wrong};

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
    /// As many of them as the message needs at least.
    needed: usize,
    /// The first bad one, if there is no good one.
    bad: Option<Piece>,
    /// What stood between records and is no record.
    between: Vec<Piece>,
    /// There may be more records.
    reading: bool,
    refused: Option<Box<Refusal>>,
    most: usize,
}

/// Why a window has no more records.
enum End {
    Enough,
    Closed,
    Damage,
    TooLong,
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

    /// Reads a window more.
    fn pump(&mut self) {
        let (cuts, between, last, end) = self.window();
        self.take(cuts, &between, last);
        if !self.reading {
            return;
        }
        match end {
            End::Enough => {}
            End::Closed => self.reading = false,
            End::Damage => {
                let problems = self.damage();
                self.refuse(Stage::Read, problems);
            }
            End::TooLong => {
                let (most, place) = (self.limits.record.bytes, self.source.place());
                let problem = exceeded("bytes", "一条记录的字节数", "a record's size in bytes", most)
                    .with_place(place.0, place.1)
                    .with_path(self.around.prefix(0));
                self.refuse(Stage::Read, vec![problem]);
            }
        }
    }

    /// Cuts a window: its records, what stands between them, where it ends, and why there.
    fn window(&mut self) -> (Vec<Cut>, Vec<(usize, usize)>, usize, End) {
        let (mut cuts, mut between, mut last) = (Vec::new(), Vec::new(), 0);
        let end = loop {
            if cuts.len() >= self.limits.records || last >= self.limits.window {
                break End::Enough;
            }
            match self.cutter.next(self.source.text(), self.source.ended()) {
                Step::More if self.source.text().len() - last > self.limits.record.bytes => {
                    break End::TooLong;
                }
                Step::More => self.source.fill(),
                Step::Record { from, to, .. } if to - from > self.limits.record.bytes => break End::TooLong,
                Step::Record { from, to, name } => {
                    self.ordinals[name] += 1;
                    cuts.push(Cut { from, to, name, ordinal: self.ordinals[name] });
                    last = to;
                }
                Step::Between { from, to } => {
                    between.push((from, to));
                    last = to;
                }
                Step::Closed(_) => break End::Closed,
                Step::Reached(_) | Step::End | Step::Damage => break End::Damage,
            }
        };
        let more = !matches!(end, End::Closed);
        for cut in &mut cuts {
            let twins = self.ordinals[cut.name] > 1 || more;
            cut.ordinal = if twins || self.around.format == Format::Json { cut.ordinal } else { 0 };
        }
        (cuts, between, last, end)
    }

    /// Takes a window out of the source and reads it.
    fn take(&mut self, mut cuts: Vec<Cut>, between: &[(usize, usize)], last: usize) {
        let ends = self.source.bytes_at(cuts.iter().map(|cut| cut.to));
        // Between JSON's items stand commas alone; between elements there may be what belongs to the message.
        let lead = match (self.around.format, cuts.first()) {
            (Format::Json, Some(first)) => first.from,
            _ => 0,
        };
        self.source.take(lead);
        let piece = self.source.take(last - lead);
        self.cutter.moved(last);
        for cut in &mut cuts {
            (cut.from, cut.to) = (cut.from - lead, cut.to - lead);
        }
        for (from, to) in between {
            self.keep_between(part(&piece, *from, *to));
        }
        let gone = self.skipped(&ends);
        for cut in &cuts[..gone] {
            self.keep_first(part(&piece, cut.from, cut.to), true);
        }
        if self.reading && gone < cuts.len() {
            self.read(&piece, &cuts, gone, &ends);
        }
    }

    /// Reads the records of a window from `first` on; one by one where that alone tells which of them is wrong.
    fn read(&mut self, piece: &Piece, cuts: &[Cut], first: usize, ends: &[u64]) {
        let start = |index: usize| match index.checked_sub(1) {
            Some(before) if self.around.format == Format::Xml => cuts[before].to,
            Some(_) => cuts[index].from,
            None => 0,
        };
        let from = start(first);
        let here = moved_cuts(&cuts[first..], from);
        let text = &part(piece, from, cuts[cuts.len() - 1].to);
        match self.around.read(&text.text, text.place, &here) {
            Ok(window) => self.deliver(piece, &cuts[first..], window, &ends[first..]),
            Err(_) if here.len() > 1 => {
                let starts: Vec<usize> = (first..cuts.len()).map(start).collect();
                for (index, from) in (first..cuts.len()).zip(starts) {
                    let text = part(piece, from, cuts[index].to);
                    let one = moved_cuts(&cuts[index..=index], from);
                    match self.around.read(&text.text, text.place, &one) {
                        Ok(window) => self.deliver(piece, &cuts[index..=index], window, &ends[index..=index]),
                        Err(Wrong(problems)) => return self.refuse(Stage::Read, problems),
                    }
                    if !self.reading {
                        return;
                    }
                }
            }
            Err(Wrong(problems)) => self.refuse(Stage::Read, problems),
        }
    }

    fn deliver(&mut self, piece: &Piece, cuts: &[Cut], window: window::Window, ends: &[u64]) {
        self.most = self.most.max(window.size);
        if !window.envelope.is_empty() {
            return self.refuse(Stage::Validate, window.envelope);
        }
        for ((found, cut), offset) in window.found.into_iter().zip(cuts).zip(ends) {
            let whole = || part(piece, cut.from, cut.to);
            let outcome = match found {
                Found::Nothing => {
                    self.keep_between(whole());
                    continue;
                }
                Found::Good(record) => {
                    self.good += 1;
                    self.keep_first(whole(), true);
                    Ok(*record)
                }
                Found::Bad(problems) => {
                    self.keep_first(whole(), false);
                    Err(problems)
                }
            };
            self.index += 1;
            let (low, high) = self.around.message.entry.records;
            if usize::try_from(self.index).unwrap_or(usize::MAX) > high {
                let problem = self.around.count(low, high, &format!("> {high}"), whole().place);
                return self.refuse(Stage::Map, vec![problem]);
            }
            self.ready.push_back(Streamed { index: self.index, offset: *offset, outcome });
        }
    }

    fn keep_first(&mut self, piece: Piece, good: bool) {
        if good && self.firsts.len() < self.needed {
            self.firsts.push(piece);
        } else if !good && self.bad.is_none() && self.firsts.is_empty() {
            self.bad = Some(piece);
        }
    }

    fn keep_between(&mut self, piece: Piece) {
        self.between.push(piece);
        let held: usize = self.between.iter().map(|piece| piece.text.len()).sum();
        if held > self.limits.envelope {
            let most = self.limits.envelope;
            let (line, column) = self.between[self.between.len() - 1].place;
            let problem =
                exceeded("envelope", "记录之间内容的字节数", "what stands between records, in bytes", most)
                    .with_place(line, column);
            self.refuse(Stage::Read, vec![problem]);
        }
    }

    /// Why the document cannot be cut further: the reader is asked about what is left of it.
    fn damage(&mut self) -> Vec<Problem> {
        if let Some(problem) = self.source.broken() {
            return vec![problem.clone()];
        }
        let rest = self.source.take(self.source.text().len());
        self.around.damage(rest, self.ordinals.iter().any(|count| *count > 0))
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

/// A part of a piece, with its own place.
fn part(piece: &Piece, from: usize, to: usize) -> Piece {
    let place = crate::wire::origin::moved(piece.place, line_column(&piece.text, from));
    Piece { text: piece.text[from..to].to_owned(), place }
}

fn moved_cuts(cuts: &[Cut], by: usize) -> Vec<Cut> {
    cuts.iter().map(|cut| Cut { from: cut.from - by, to: cut.to - by, ..*cut }).collect()
}
