//! A file of any size: its records are taken in as if they had been sent, some at a time.
//!
//! Promise: memory does not grow with the file. Each chunk of records is one transaction: cases, records, journal
//! entries, events, what was refused, and how far the import came. So a crash at any moment loses nothing and doubles
//! nothing: the same file again goes on behind the last record that is settled, and a file that came to its end gets the
//! stored report, for ever. A file is known by its agency and its SHA-256.
//!
//! A message that is sent is answered whole, and its profile says whether a bad record refuses it. A file of a million
//! records is not: its good records are taken whatever the profile says of messages, and the others are told one by one.
//!
//! | file | idea |
//! |---|---|
//! | `reader` | the file, read record by record on a thread of its own |
//! | `chunk` | one transaction |
//! | `course` | beginning, going on, and the end |
//! | `report` | what came of it |

mod chunk;
mod course;
mod reader;
mod report;

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::Value;
use tokio::sync::mpsc;

use crate::domain::digest::{Digest, Digester};
use crate::domain::id::{AgencyId, ImportId};
use crate::domain::kind::Kind;
use crate::exchange::gateway::Gateway;
use crate::exchange::refused::Refused;
use crate::mapping::Format;
use crate::store::Tx;
use crate::store::import::ImportProgress;
use crate::wire::encoding::Encoding;

pub use report::{ImportReport, RefusedRecord};

use course::Course;
use reader::{Next, Reader};

/// Chunks that may wait for the database: the next is read while one is written.
const AHEAD: usize = 1;

/// What is to be imported.
#[derive(Clone, Debug)]
pub struct ImportOrder {
    /// Whose file.
    pub agency: AgencyId,
    /// The profile that reads it, `id` or `id@version`; the agency's own if none is named.
    pub profile: Option<String>,
    /// The kind that its records must be of.
    pub kind: Option<Kind>,
    /// How to read it.
    pub format: Format,
    /// The charset, if somebody knows it.
    pub charset: Option<Encoding>,
    /// SHA-256 of the whole file.
    pub sha256: Digest,
    /// Its length in bytes.
    pub size: u64,
}

/// How far an import came: for whoever watches.
#[derive(Debug, Default)]
pub struct Watch {
    offset: AtomicU64,
    position: AtomicU64,
    refused: AtomicU64,
}

impl Watch {
    /// Bytes of the file that are settled.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.offset.load(Ordering::Relaxed)
    }

    /// Records that are settled.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.position.load(Ordering::Relaxed)
    }

    /// Those of them that were refused.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    fn set(&self, progress: &ImportProgress) {
        self.offset.store(progress.offset, Ordering::Relaxed);
        self.position.store(progress.position, Ordering::Relaxed);
        self.refused.store(progress.refused, Ordering::Relaxed);
    }
}

/// SHA-256 and length of all that can be read.
///
/// # Errors
/// What reading met.
pub fn measure(mut source: impl Read) -> io::Result<(Digest, u64)> {
    // 1 MiB: reading and digesting cost a call each, which disappears beside a millisecond of digesting.
    let (mut digester, mut size, mut buffer) = (Digester::default(), 0, vec![0; 1024 * 1024]);
    loop {
        match source.read(&mut buffer) {
            Ok(0) => return Ok((digester.finish(), size)),
            Ok(count) => {
                digester.update(&buffer[..count]);
                size += count as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

impl Gateway {
    /// Takes in the records of a file, from its beginning or from where an earlier run was stopped. `open` opens it
    /// anew at each call.
    ///
    /// # Errors
    /// [`Refused::Malformed`] if the file is none of the profile's messages or cannot be read at all,
    /// [`Refused::WrongKind`], [`Refused::OutOfScope`], [`Refused::NotFound`] without such an agency or profile: nothing
    /// was taken then. [`Refused::Busy`] and [`Refused::Unavailable`]: what was settled stays so; run it again.
    pub async fn import<R, F>(
        &self,
        order: ImportOrder,
        open: F,
        watch: &Watch,
    ) -> Result<ImportReport, Refused>
    where
        R: Read + Send + 'static,
        F: Fn() -> io::Result<R> + Send + 'static,
    {
        let world = &self.world;
        let agency = world.registry.load().by_id(&order.agency).ok_or(Refused::NotFound)?;
        let profile = match &order.profile {
            Some(id) => world.profiles.load().named(id).ok_or(Refused::NotFound)?,
            None => world.profile_of(&agency)?,
        };
        let found = async |mut tx: Tx| tx.import_by_key(&agency.id, &order.sha256).await;
        let known = world.store.read("import.by_key", found).await?;
        if let Some(report) =
            known.as_ref().filter(|known| known.state == "finished").and_then(report::stored)
        {
            return Ok(report);
        }
        let progress = known.as_ref().map_or_else(ImportProgress::default, |known| known.progress);
        watch.set(&progress);
        let (send, mut chunks) = mpsc::channel(AHEAD);
        let reader = Reader {
            world: Arc::clone(world),
            agency: Arc::clone(&agency),
            profile: Arc::clone(&profile),
            order: order.clone(),
            after: progress,
        };
        let reading = tokio::task::spawn_blocking(move || reader.run(&open, &send));
        let ended = || Refused::Unavailable("reading the file ended without a word".to_owned());
        let kind = match chunks.recv().await.ok_or_else(ended)? {
            Next::Begun(kind) => kind,
            Next::Refused(refused) => return Err(refused),
            Next::Chunk(_) | Next::End(_) => return Err(ended()),
        };
        let mut course = Course::begin(world, &agency, &profile, &order, kind, known).await?;
        let report = loop {
            match chunks.recv().await.ok_or_else(ended)? {
                Next::Chunk(chunk) => {
                    course.go_on(world, &chunk).await?;
                    watch.set(&course.progress);
                    world.bells.ring_for_events();
                    if !world.webhooks.is_empty() {
                        world.bells.ring_for_deliveries();
                    }
                }
                Next::End(problems) => break course.end(world, problems).await?,
                Next::Begun(_) | Next::Refused(_) => return Err(ended()),
            }
        };
        reading.await.map_err(|error| Refused::Unavailable(format!("reading the file failed: {error}")))?;
        Ok(report)
    }

    /// At most `limit` refused records of an import, after this place in the file.
    ///
    /// # Errors
    /// [`Refused::Unavailable`] when the store cannot be asked.
    pub async fn import_refusals(
        &self,
        import: &ImportId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<RefusedRecord>, Refused> {
        let page = async |mut tx: Tx| tx.import_refusals(import, after, limit).await;
        let refusals = self.world.store.read("import.refusals", page).await?;
        let told = |refusal: crate::store::import::ImportRefusal| RefusedRecord {
            index: refusal.position,
            registration_number: refusal.registration_number,
            problems: serde_json::from_str(&refusal.problems).unwrap_or(Value::Null),
        };
        Ok(refusals.into_iter().map(told).collect())
    }
}
