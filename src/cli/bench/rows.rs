//! The storage limit: the rows of submissions, written in batches by the store itself, with no gateway before it.
//!
//! One real message is taken in first; its rows are what is then written over and over, under new ids and numbers,
//! by the same calls in the same order, grouped by the same committer with as many callers as the load generator has
//! connections. Nothing is read, mapped, hashed, signed or looked up: what is left is the database.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::Context as _;

use crate::cli::bench::CONNECTIONS;
use crate::cli::bench::message::{ENCODING, Template, message_id, registration_number};
use crate::cli::bench::stage::AGENCY;
use crate::cli::world::{Which, World};
use crate::cli::{Context, block_on};
use crate::clock::{Chance as _, Clock as _, SystemChance, SystemClock};
use crate::domain::id::{AgencyId, CaseId, RecordId, SubmissionId};
use crate::domain::kind::Kind;
use crate::exchange::inbound::{Channel, Inbound, Sender};
use crate::mapping::Format;
use crate::store::case::Case;
use crate::store::event::Event;
use crate::store::group::Committer;
use crate::store::journal::{JournalHead, JournalTile};
use crate::store::record::Record;
use crate::store::submission::NewSubmission;
use crate::store::{Store, StoreError, Tx};

#[derive(clap::Args)]
pub(in crate::cli) struct Args {
    /// Seconds before anything is counted.
    #[arg(long)]
    warm: f64,
    /// Seconds that are counted.
    #[arg(long)]
    seconds: f64,
}

/// Writes rows for the time given and prints how many submissions a second were durable.
pub(super) fn run(args: &Args, context: &Context) -> anyhow::Result<bool> {
    let sleeps = (Duration::from_secs_f64(args.warm), Duration::from_secs_f64(args.seconds));
    block_on(async move {
        let world = World::load(context)?;
        let rows = taken_in(&world).await?;
        let store = world.open_store().await?;
        let count = write(store, rows, sleeps).await?;
        println!("{}", count / sleeps.1.as_secs_f64());
        Ok(true)
    })
}

/// All that one submission is in the store.
#[derive(Clone)]
struct Rows {
    case: Case,
    submission: NewSubmission,
    record: Record,
    event: Event,
    entry: Vec<u8>,
}

/// Takes a message in, and reads back what was written.
async fn taken_in(world: &World) -> anyhow::Result<Rows> {
    let (gateway, writer) = world.open(Which::Spoken).await?;
    gateway.journal_start(Vec::new()).await?;
    let agency = gateway.registry().by_id(&AgencyId::parse(AGENCY)?).context("the agency is registered")?;
    let certificate = *agency.certificates.first().context("the agency has a certificate")?;
    let inbound = Inbound {
        agency,
        sender: Sender::Certificate(certificate),
        kind: Some(Kind::ComplaintOrder),
        body: Template::shipped()?.message(0),
        format: Format::Xml,
        charset: Some(ENCODING),
        channel: Channel::Api,
        message_id: None,
    };
    let answer = gateway.submit(inbound).await.map_err(|refused| anyhow::anyhow!("{refused}"))?;
    drop(gateway);
    writer.await?;
    let store = world.open_store().await?;
    let id = answer.submission;
    let read = store
        .read("bench.rows", async |mut tx: Tx| {
            let submission = tx.submission(&id).await?;
            let body = tx.submission_body(&id).await?;
            let record = tx.records_in(&id).await?.into_iter().next();
            let case = match &record {
                Some(record) => tx.case(&record.case).await?,
                None => None,
            };
            let event = tx.events_after(None, 1).await?.into_iter().next();
            let index = submission.as_ref().map_or(0, |found| found.journal_index);
            let entry = tx.journal_entries(index..index + 1).await?.into_iter().next();
            Ok::<_, StoreError>((submission, body, record, case, event, entry))
        })
        .await?;
    store.close().await;
    let (Some(submission), Some(body), Some(record), Some(case), Some(event), Some(entry)) = read else {
        anyhow::bail!("a submission has not left the rows it should");
    };
    Ok(Rows { case, submission: NewSubmission { submission, body }, record, event, entry })
}

impl Rows {
    /// The same under new ids and numbers.
    fn numbered(&self, number: u64) -> Self {
        let (now, chance) = (SystemClock.now(), &SystemChance);
        let mut rows = self.clone();
        let registration_number = registration_number(number);
        let (case, submission) = (CaseId::mint(now, chance), SubmissionId::mint(now, chance));
        rows.case.id = case.clone();
        rows.case.registration_number.clone_from(&registration_number);
        rows.submission.submission.id = submission.clone();
        rows.submission.submission.message_id = message_id(number);
        rows.submission.submission.registration_number = Some(registration_number.clone());
        rows.record.id = RecordId::mint(now, chance);
        rows.record.submission = Some(submission);
        rows.record.case = case.clone();
        rows.record.registration_number = registration_number;
        rows.event.id = chance.uuid(now).to_string();
        rows.event.case = case;
        rows
    }
}

/// Keeps the committer busy; how many submissions became durable in the counted time.
async fn write(store: Store, rows: Rows, (warm, counted): (Duration, Duration)) -> anyhow::Result<f64> {
    let head = store.read("bench.head", async |mut tx: Tx| tx.journal_head().await).await?;
    let size = Arc::new(AtomicU64::new(head.size));
    let (committer, writer) = Committer::start(CONNECTIONS * 2, move |jobs: Vec<Arc<Rows>>| {
        let (store, head, size) = (store.clone(), head.clone(), Arc::clone(&size));
        async move {
            // One batch at a time: the committer awaits each.
            let first = size.load(Ordering::Relaxed);
            let batch = Batch::of(&jobs, first, &head);
            store.run_tx("bench.batch", async |mut tx: Tx| batch.insert(&mut tx, first).await).await?;
            size.store(batch.head.size, Ordering::Relaxed);
            Ok::<_, StoreError>(vec![(); jobs.len()])
        }
    });
    let committer = Arc::new(committer);
    let (rows, done) = (Arc::new(rows), Arc::new(AtomicUsize::new(0)));
    let (number, over) = (Arc::new(AtomicU64::new(1)), Arc::new(AtomicBool::new(false)));
    let callers: Vec<_> = (0..CONNECTIONS)
        .map(|_| {
            let (committer, rows, done) = (Arc::clone(&committer), Arc::clone(&rows), Arc::clone(&done));
            let (number, over) = (Arc::clone(&number), Arc::clone(&over));
            tokio::spawn(async move {
                while !over.load(Ordering::Relaxed) {
                    let job = rows.numbered(number.fetch_add(1, Ordering::Relaxed));
                    committer.submit(job).await?;
                    done.fetch_add(1, Ordering::Relaxed);
                }
                anyhow::Ok(())
            })
        })
        .collect();
    tokio::time::sleep(warm).await;
    let before = (done.load(Ordering::Relaxed), tokio::time::Instant::now());
    tokio::time::sleep(counted).await;
    let after = (done.load(Ordering::Relaxed), before.1.elapsed());
    over.store(true, Ordering::Relaxed);
    for caller in callers {
        caller.await??;
    }
    drop(committer);
    writer.await?;
    #[expect(clippy::cast_precision_loss, reason = "some hundred thousand")]
    let count = (after.0 - before.0) as f64;
    // The timer may wake late; what was counted belongs to the time that really passed.
    Ok(count * counted.as_secs_f64() / after.1.as_secs_f64())
}

/// The rows of a batch, as the store takes them.
struct Batch {
    cases: Vec<Case>,
    submissions: Vec<NewSubmission>,
    records: Vec<Record>,
    events: Vec<Event>,
    entries: Vec<Vec<u8>>,
    tiles: Vec<JournalTile>,
    head: JournalHead,
}

impl Batch {
    fn of(jobs: &[Arc<Rows>], first: u64, head: &JournalHead) -> Self {
        let size = first + jobs.len() as u64;
        let mut batch = Self {
            cases: Vec::new(),
            submissions: Vec::new(),
            records: Vec::new(),
            events: Vec::new(),
            entries: Vec::new(),
            // A tile of 256 hashes for every 256 entries.
            tiles: (first / 256..size / 256)
                .map(|number| JournalTile { level: 0, number, hashes: vec![7; 8192] })
                .collect(),
            head: JournalHead { size, ..head.clone() },
        };
        for (job, index) in jobs.iter().zip(first..) {
            let Rows { case, mut submission, mut record, mut event, entry } = Rows::clone(job);
            submission.submission.journal_index = index;
            record.journal_index = index;
            event.journal_index = index;
            batch.cases.push(case);
            batch.submissions.push(submission);
            batch.records.push(record);
            batch.events.push(event);
            batch.entries.push(entry);
        }
        batch
    }

    /// As intake writes them.
    async fn insert(&self, tx: &mut Tx, first: u64) -> Result<(), StoreError> {
        tx.gather();
        tx.insert_cases(&self.cases).await?;
        tx.insert_records(&self.records).await?;
        tx.insert_events(&self.events).await?;
        tx.journal_append(first, &self.entries, &self.tiles, &self.head).await?;
        tx.send_gathered().await?;
        tx.insert_submissions(&self.submissions).await
    }
}
