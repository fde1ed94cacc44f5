//! The file, read record by record on a thread of its own.
//!
//! Promise: what is in hand is one chunk, and the one that waits to be written. A file whose message cannot be cut into
//! records (it is one record as a whole, say) is read at once, within the limits of a message that is sent; of such a
//! one the profile says what a bad record does.

use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use tokio::sync::mpsc::Sender;

use crate::domain::agency::Agency;
use crate::domain::digest::{Digest, Digester};
use crate::domain::kind::{Direction, Kind};
use crate::domain::problem::Problem;
use crate::exchange::bad_record::BadRecord;
use crate::exchange::gateway::World;
use crate::exchange::import::ImportOrder;
use crate::exchange::intake::item::{Item, Reading};
use crate::exchange::intake::not_submitted;
use crate::exchange::refused::Refused;
use crate::mapping::{Input, Profile, Refusal, Run, StreamLimits};
use crate::store::import::ImportProgress;
use crate::wire::limits::Limits;

/// Records of one transaction: as many as a batch of messages has.
const CHUNK: usize = crate::store::group::BATCH;

/// Some records in a row.
#[derive(Default)]
pub(super) struct Chunk {
    pub(super) items: Vec<Item>,
    pub(super) bad: Vec<BadRecord>,
    /// The last of them, from 1, and the bytes up to its end.
    pub(super) position: u64,
    pub(super) offset: u64,
}

/// What the reader says.
pub(super) enum Next {
    /// The file is readable, and this is what it holds.
    Begun(Kind),
    /// It is not. Nothing else follows.
    Refused(Refused),
    Chunk(Arc<Chunk>),
    /// It was read to its end; or no further, because of these.
    End(Vec<Problem>),
}

pub(super) struct Reader {
    pub(super) world: Arc<World>,
    pub(super) agency: Arc<Agency>,
    pub(super) profile: Arc<Profile>,
    pub(super) order: ImportOrder,
    /// How far an earlier run came.
    pub(super) after: ImportProgress,
}

/// Nobody listens any more.
struct Gone;

impl Reader {
    pub(super) fn run<R: Read>(&self, open: &dyn Fn() -> io::Result<R>, tell: &Sender<Next>) {
        let run = Run { now: self.world.clock.now(), chance: &*self.world.chance };
        let outcome = match self.stream(open, &run, tell) {
            Err(refusal) if refusal.problems.iter().any(|problem| problem.code == "not-streamable") => {
                self.whole(open, &run, tell)
            }
            other => other,
        };
        if let Err(Refusal { stage, problems, .. }) = outcome {
            // Nobody to tell: whoever asked has met an error of its own.
            let _ = tell.blocking_send(Next::Refused(Refused::Malformed { stage, problems }));
        }
    }

    /// Record by record. `Err` before the first word only.
    fn stream<R: Read>(
        &self,
        open: &dyn Fn() -> io::Result<R>,
        run: &Run<'_>,
        tell: &Sender<Next>,
    ) -> Result<(), Refusal> {
        let digester = Arc::new(Mutex::new(Digester::default()));
        let source = match open() {
            Ok(source) => Watched { source, digester: Arc::clone(&digester) },
            Err(error) => return Err(unreadable(&error)),
        };
        let limits = StreamLimits::default();
        let mut records = self.profile.stream(source, self.order.format, self.order.charset, &limits, run)?;
        let Ok(kind) = self.begun(records.message(), records.kind(), tell) else { return Ok(()) };
        if self.after.position > 0 {
            records.resume_after(self.after.position, self.after.offset);
        }
        let mut chunk = Chunk::default();
        for streamed in records.by_ref() {
            let value = streamed.outcome.map(|record| record.value);
            self.add(&mut chunk, kind, streamed.index, value);
            chunk.offset = streamed.offset;
            if chunk.len() >= CHUNK && send(&mut chunk, tell).is_err() {
                return Ok(());
            }
        }
        if send(&mut chunk, tell).is_err() {
            return Ok(());
        }
        let problems = records.finish().map_or_else(
            |refusal| refusal.problems,
            |_| {
                let digester = std::mem::take(&mut *digester.lock().unwrap_or_else(PoisonError::into_inner));
                self.changed(digester.finish()).into_iter().collect()
            },
        );
        let _ = tell.blocking_send(Next::End(problems));
        Ok(())
    }

    /// All at once.
    fn whole<R: Read>(
        &self,
        open: &dyn Fn() -> io::Result<R>,
        run: &Run<'_>,
        tell: &Sender<Next>,
    ) -> Result<(), Refusal> {
        let limits = Limits::default();
        let mut bytes = Vec::new();
        // One byte more than the limit, so that the reader sees that it is beyond it.
        let most = limits.bytes as u64 + 1;
        open()
            .and_then(|source| source.take(most).read_to_end(&mut bytes))
            .map_err(|error| unreadable(&error))?;
        let input =
            Input { bytes: &bytes, format: self.order.format, charset: self.order.charset, limits: &limits };
        let decoded = self.profile.decode(&input, run)?;
        let Ok(kind) = self.begun(&decoded.message, &decoded.kind, tell) else { return Ok(()) };
        let good: Vec<usize> = decoded.positions().collect();
        let mut all: Vec<(u64, Result<Value, Vec<Problem>>)> =
            good.into_iter().map(|index| index as u64).zip(decoded.records.into_iter().map(Ok)).collect();
        all.extend(decoded.refused.into_iter().map(|bad| (bad.index as u64, Err(bad.problems))));
        all.sort_by_key(|(index, _)| *index);
        let mut chunk = Chunk::default();
        for (index, value) in all.into_iter().filter(|(index, _)| *index > self.after.position) {
            self.add(&mut chunk, kind, index, value);
            if chunk.len() >= CHUNK && send(&mut chunk, tell).is_err() {
                return Ok(());
            }
        }
        if send(&mut chunk, tell).is_ok() {
            let _ = tell.blocking_send(Next::End(self.changed(Digest::of(&bytes)).into_iter().collect()));
        }
        Ok(())
    }

    /// Says what the file holds, or that this agency may not send it.
    fn begun(&self, message: &str, kind: &str, tell: &Sender<Next>) -> Result<Kind, Gone> {
        let found = Kind::parse(kind).ok().filter(|kind| kind.travels(Direction::Submit));
        let wrong = |wanted| Refused::WrongKind { wanted, found: kind.to_owned() };
        let checked = match (found, self.order.kind) {
            (Some(found), Some(wanted)) if found != wanted => Err(wrong(wanted)),
            (None, Some(wanted)) => Err(wrong(wanted)),
            (None, None) => Err(not_submitted(message, kind)),
            (Some(found), _) => {
                self.agency.may(found, Direction::Submit).map(|()| found).map_err(Refused::OutOfScope)
            }
        };
        match checked {
            Ok(kind) => tell.blocking_send(Next::Begun(kind)).map(|()| kind).map_err(|_| Gone),
            Err(refused) => {
                let _ = tell.blocking_send(Next::Refused(refused));
                Err(Gone)
            }
        }
    }

    fn add(&self, chunk: &mut Chunk, kind: Kind, index: u64, value: Result<Value, Vec<Problem>>) {
        chunk.position = index;
        let place = u32::try_from(index).unwrap_or(u32::MAX);
        let (now, chance) = (self.world.clock.now(), &*self.world.chance);
        let reading = Reading { agency: &self.agency, kind, now, chance };
        match value {
            Ok(value) => match reading.item(place, value) {
                Ok(item) => chunk.items.push(item),
                Err(unfit) => chunk.bad.push(unfit.into()),
            },
            Err(problems) => {
                chunk.bad.push(BadRecord { index: place, registration_number: None, problems });
            }
        }
    }

    /// The file was another one when it was measured.
    fn changed(&self, found: Digest) -> Option<Problem> {
        let expected = self.order.sha256;
        (found != expected).then(|| {
            Problem::new(
                "file-changed",
                "文件在导入过程中被改动：请用改动后的文件再导入一次",
                "the file was changed while it was imported: import it again as it is now",
            )
            .with_found(&found.to_string())
            .with_expected(expected.to_string())
        })
    }
}

impl Chunk {
    const fn len(&self) -> usize {
        self.items.len() + self.bad.len()
    }
}

fn send(chunk: &mut Chunk, tell: &Sender<Next>) -> Result<(), Gone> {
    let chunk = std::mem::take(chunk);
    if chunk.len() == 0 {
        return Ok(());
    }
    tell.blocking_send(Next::Chunk(Arc::new(chunk))).map_err(|_| Gone)
}

fn unreadable(error: &io::Error) -> Refusal {
    let problem = Problem::new(
        "file-unreadable",
        format!("文件无法读取：{error}"),
        format!("the file cannot be read: {error}"),
    );
    Refusal {
        message: None,
        stage: crate::mapping::Stage::Read,
        problems: vec![problem],
        records: Vec::new(),
        envelope: None,
    }
}

/// A source whose bytes are digested as they pass.
struct Watched<R> {
    source: R,
    digester: Arc<Mutex<Digester>>,
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.source.read(buffer)?;
        self.digester.lock().unwrap_or_else(PoisonError::into_inner).update(&buffer[..count]);
        Ok(count)
    }
}
