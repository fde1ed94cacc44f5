//! Window by window: cut, taken out of the source, read, delivered.
//!
//! Promise: every byte of the source is in exactly one of: what stood before the records, a window, what stands between
//! records and is no record, what stands behind them; and each is read by the strict readers.

use std::io::Read;

use crate::domain::problem::Problem;
use crate::mapping::decode::Stage;
use crate::mapping::manifest::Format;
use crate::mapping::stream::window::{Cut, Found, Window, Wrong};
use crate::mapping::stream::{RecordStream, Streamed};
use crate::wire::cut::Step;
use crate::wire::limits::exceeded;
use crate::wire::origin::moved;
use crate::wire::source::Piece;
use crate::wire::tree::line_column;

/// Why a window has no more records.
enum End {
    Enough,
    Closed,
    Damage,
    TooLong,
}

impl<R: Read> RecordStream<'_, R> {
    /// Reads a window more.
    pub(super) fn pump(&mut self) {
        let (cuts, between, last, end) = self.window();
        self.take(cuts, between, last);
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
    fn window(&mut self) -> (Vec<Cut>, Option<(usize, usize)>, usize, End) {
        let (mut cuts, mut between, mut last) = (Vec::new(), None, 0);
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
                // What is no record is the message's, and is judged with it; so a window ends before it.
                Step::Between { to, .. } => {
                    between = Some((last, to));
                    last = to;
                    break End::Enough;
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
    fn take(&mut self, mut cuts: Vec<Cut>, between: Option<(usize, usize)>, last: usize) {
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
        if let Some((from, to)) = between {
            self.keep_between(part(&piece, from, to));
        }
        let gone = self.skipped(&ends);
        for cut in cuts[..gone].iter().take(self.needed.saturating_sub(self.firsts.len())) {
            self.keep_first(&|| part(&piece, cut.from, cut.to), true);
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

    fn deliver(&mut self, piece: &Piece, cuts: &[Cut], window: Window, ends: &[u64]) {
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
                    self.keep_first(&whole, true);
                    Ok(*record)
                }
                Found::Bad(problems) => {
                    self.keep_first(&whole, false);
                    Err(problems)
                }
            };
            self.index += 1;
            let (low, high) = self.bounds;
            if usize::try_from(self.index).unwrap_or(usize::MAX) > high {
                let problem = self.around.count(low, high, &format!("> {high}"), whole().place);
                return self.refuse(Stage::Map, vec![problem]);
            }
            self.ready.push_back(Streamed { index: self.index, offset: *offset, outcome });
        }
    }

    /// Keeps one of the first records, as it stood.
    fn keep_first(&mut self, piece: &dyn Fn() -> Piece, good: bool) {
        if good && self.firsts.len() < self.needed {
            self.firsts.push(piece());
        } else if !good && self.bad.is_none() && self.firsts.is_empty() {
            self.bad = Some(piece());
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
        self.around.damage(&rest, self.ordinals.iter().any(|count| *count > 0))
    }
}

/// A part of a piece, with its own place.
fn part(piece: &Piece, from: usize, to: usize) -> Piece {
    let place = moved(piece.place, line_column(&piece.text, from));
    Piece { text: piece.text[from..to].to_owned(), place }
}

fn moved_cuts(cuts: &[Cut], by: usize) -> Vec<Cut> {
    cuts.iter().map(|cut| Cut { from: cut.from - by, to: cut.to - by, ..*cut }).collect()
}
