//! The end of a stream: what stands behind the records, and what only the whole can tell.
//!
//! Promise: the message around the records is judged as its whole document would be: read and validated with its first
//! records in place of all of them, and with the count of all of them in place of theirs.

use std::io::Read;

use serde_json::{Map as JsonMap, Value};

use crate::domain::problem::Problem;
use crate::mapping::batch::{self, Judged};
use crate::mapping::blame;
use crate::mapping::compile::{How, RECORDS, Row};
use crate::mapping::condition::Need;
use crate::mapping::decode::{Refusal, Stage};
use crate::mapping::inner;
use crate::mapping::keep::Kept;
use crate::mapping::manifest::Format;
use crate::mapping::path::find::Finder;
use crate::mapping::profile::Profile;
use crate::mapping::read;
use crate::mapping::recognise::recognise;
use crate::mapping::stream::RecordStream;
use crate::mapping::stream::window::{beside, read_text};
use crate::wire::limits::exceeded;
use crate::wire::origin::Origins;
use crate::wire::source::Piece;
use crate::wire::tree::{NodeId, Tree};

/// What was told once the last record had been read.
#[derive(Clone, Debug)]
pub struct Trailer {
    /// What stands beside the records, before and behind them, with what is kept of it.
    pub envelope: JsonMap<String, Value>,
    /// The members of it that were not in [`RecordStream::envelope`].
    pub after: JsonMap<String, Value>,
    /// How many records there were, bad ones included.
    pub records: u64,
    /// How many bytes the source had.
    pub bytes: u64,
    /// Doubts about what stands beside the records.
    pub warnings: Vec<Problem>,
}

impl<R: Read> RecordStream<'_, R> {
    /// Reads what stands behind the records (those not taken yet are passed over), and judges the whole.
    ///
    /// # Errors
    ///
    /// The document was not well-formed or could not be read up to its end, or the message around the records is
    /// refused: by its schema, by its rows, for the number of its records.
    pub fn finish(mut self) -> Result<Trailer, Refusal> {
        while self.next().is_some() {}
        if self.refused.is_none()
            && let Some((_, offset)) = self.skip
        {
            self.mismatch(offset);
        }
        if let Some(refused) = self.refused.take() {
            return Err(*refused);
        }
        let tail = self.tail()?;
        let (text, origins, records) = self.around_records(&tail);
        self.judge(text, origins, records)
    }

    /// What stands behind the last record.
    fn tail(&mut self) -> Result<Piece, Refusal> {
        while !self.source.ended() {
            if self.source.text().len() > self.limits.envelope {
                let place = self.source.place();
                let (zh, en) = ("末条记录之后的字节数", "what stands behind the last record, in bytes");
                let problem = exceeded("envelope", zh, en, self.limits.envelope).with_place(place.0, place.1);
                return Err(self.refusal(Stage::Read, vec![problem]));
            }
            self.source.fill();
        }
        if let Some(problem) = self.source.broken() {
            return Err(self.refusal(Stage::Read, vec![problem.clone()]));
        }
        Ok(self.source.take(self.source.text().len()))
    }

    fn refusal(&self, stage: Stage, problems: Vec<Problem>) -> Refusal {
        Refusal {
            message: Some(self.message().to_owned()),
            stage,
            problems,
            records: Vec::new(),
            envelope: Some(self.envelope.clone()),
        }
    }

    /// The document with its first records alone, and how many of those are good.
    fn around_records(&mut self, tail: &Piece) -> (String, Origins, usize) {
        let mut text = std::mem::take(&mut self.around.head);
        let mut origins = Origins::default();
        let records = self.firsts.len();
        if records == 0 {
            self.firsts.extend(self.bad.take());
        }
        let mut pieces: Vec<Piece> = std::mem::take(&mut self.firsts);
        pieces.append(&mut self.between);
        let json = self.around.format == Format::Json;
        for (index, piece) in pieces.iter().enumerate() {
            if json && index > 0 {
                text.push(',');
            }
            origins.push(text.len(), piece.place);
            text.push_str(&piece.text);
        }
        if self.around.lone && pieces.is_empty() {
            text.push_str("null");
        }
        origins.push(text.len(), tail.place);
        text.push_str(&tail.text);
        (text, origins, records)
    }

    fn judge(&mut self, text: String, origins: Origins, records: usize) -> Result<Trailer, Refusal> {
        let (profile, message, format) = (self.around.profile, self.around.message, self.around.format);
        let (map, run) = (&profile.map, *self.around.run);
        let mut tree = read_text(format, text, origins, &self.around.limits, map.names.vocabulary())
            .map_err(|problems| self.refusal(Stage::Read, problems))?;
        let (known, top) = recognise(&profile.messages, &tree, &map.names, format)
            .map_err(|problems| self.refusal(Stage::Recognise, problems))?;
        if !std::ptr::eq(known, message) {
            let problem = Problem::new(
                "message-unknown",
                format!("报文到末尾成了“{}”，开头却是“{}”", known.entry.name, message.entry.name),
                format!(
                    "by its end the message is \"{}\", but it began as \"{}\"",
                    known.entry.name, message.entry.name
                ),
            );
            return Err(self.refusal(Stage::Recognise, vec![problem]));
        }
        let mut invalid = Profile::validate(message, &tree, format);
        if map.inner {
            invalid.extend(inner::graft(map, &map.below(message.block), &mut tree, top, &self.around.limits));
        }
        let stage = if invalid.is_empty() { Stage::Map } else { Stage::Validate };
        let totals = self.totals(&mut tree, top, records);
        let mut out = read::read(map, &tree, message.block, top, run);
        let (low, high) = message.entry.records;
        let all = usize::try_from(self.index).unwrap_or(usize::MAX);
        let count = (!(low..=high).contains(&all))
            .then(|| self.around.count(low, high, &all.to_string(), tree.place(top)));
        let judged = Judged::of(&mut out, &tree, count, invalid);
        let mut problems = judged.envelope;
        // Theirs speak of the first records alone.
        let counted: Vec<_> = totals.iter().map(|total| tree.place(total.node)).collect();
        let outdated = |problem: &Problem| {
            &*problem.code == "derived"
                && problem.line.zip(problem.column).is_some_and(|at| counted.contains(&at))
        };
        problems.retain(|problem| !outdated(problem));
        problems.extend(totals.iter().filter_map(|total| total.problem.clone()));
        if !problems.is_empty() {
            problems.sort_by_key(|problem| (problem.line, problem.column));
            return Err(self.refusal(stage, problems));
        }
        batch::set_aside(map, &mut tree, &mut out, &judged.records);
        // What is kept of counts is mended below, and that is said of what was compared.
        out.mirror = None;
        let warnings = std::mem::take(&mut out.warnings)
            .into_iter()
            .filter(|told| told.record.is_none())
            .map(|told| told.problem);
        let warnings = warnings.collect();
        let mut kept = profile.keep(message, &mut tree, top, format, &out, run);
        mend(&mut kept, &totals, records);
        let mut value = Value::Object(out.message);
        profile.stamp(&mut value, kept, &message.entry.name, format);
        let mut envelope = match value {
            Value::Object(object) => object,
            _ => JsonMap::new(),
        };
        envelope.remove(RECORDS);
        let after = beside(&envelope, &self.envelope);
        Ok(Trailer { envelope, after, records: self.index, bytes: self.source.taken(), warnings })
    }

    /// Checks the counts of records that the message states, and has those that are right state how many are in hand.
    fn totals(&self, tree: &mut Tree, top: NodeId, records: usize) -> Vec<Total> {
        let map = &self.around.profile.map;
        let mut totals = Vec::new();
        for row in &map.blocks[self.around.message.block].rows {
            let counts = matches!(&row.how, How::Count(path) if &*path.text == RECORDS);
            let mut found = Vec::new();
            let finder = Finder { tree, names: &map.names, top };
            if counts {
                finder.find(top, &row.wire, false, &mut found);
            }
            let Some(node) = found.first().copied() else { continue };
            // As with a whole document: the sender counts all records, we write the good ones.
            let (text, wanted) = (tree.text(node).to_owned(), self.index.to_string());
            let good = self.good.to_string();
            let problem = (text != wanted && matches!(row.need, Need::Must))
                .then(|| self.place(blame::derived(row, &wanted, &text), row, tree, node));
            if text == good {
                tree.set_text(node, &records.to_string());
            }
            totals.push(Total { node, text, good, problem });
        }
        totals
    }

    fn place(&self, problem: Problem, row: &Row, tree: &Tree, node: NodeId) -> Problem {
        let (line, column) = tree.place(node);
        let rule = row.spot.rule(&self.around.profile.map.profile);
        problem.with_place(line, column).with_path(tree.path(node)).with_rule(rule)
    }
}

/// A count that the message states.
struct Total {
    node: NodeId,
    text: String,
    good: String,
    problem: Option<Problem>,
}

/// A wrong count is kept while ours is what it is for all the records, not for those in hand.
fn mend(kept: &mut Kept, totals: &[Total], records: usize) {
    let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    for total in totals.iter().filter(|total| total.text != total.good) {
        for entry in kept.get_mut(&0).into_iter().flatten() {
            let of = |key: &str| entry.get(key).map(plain);
            if of("as").as_deref() == Some(&total.text) && of("while") == Some(records.to_string()) {
                let number = entry["while"].is_number();
                entry["while"] = match total.good.parse::<u64>() {
                    Ok(good) if number => good.into(),
                    _ => total.good.clone().into(),
                };
            }
        }
    }
}
