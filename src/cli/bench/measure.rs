//! Measuring each figure, once, with what it is compared with.
//!
//! The limit of a figure is measured right beside it, because a shared machine is faster at one minute than at
//! another. What stands behind the figures is told on standard error.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, bail};

use crate::cli::bench::batch::Form;
use crate::cli::bench::database::Database;
use crate::cli::bench::figure::{Figure, Name};
use crate::cli::bench::load::Outcome;
use crate::cli::bench::map::{BatchDesk, Desk, JsonDesk};
use crate::cli::bench::memory;
use crate::cli::bench::process::resident_megabytes;
use crate::cli::bench::stage::{Server, Stage};
use crate::cli::bench::{copy, feed};

/// How long is measured, in seconds.
#[derive(Clone, Copy)]
pub(super) struct Length {
    /// Uncounted: caches fill, statements are prepared, the first checkpoint of the write-ahead log is behind us.
    warm: f64,
    counted: f64,
    /// How large a batch is taken in, in MB of a million bytes.
    batch: u64,
    /// How many records are laid for each agency that pulls.
    laid: u32,
    /// How large a file is sent and read, in MB of a million bytes.
    file: usize,
}

impl Length {
    /// About half a minute a figure with its limit.
    pub(super) const FULL: Self = Self { warm: 3.0, counted: 10.0, batch: 1000, laid: 2000, file: 64 };
    /// A figure with its limit in some twenty seconds.
    pub(super) const QUICK: Self = Self { warm: 1.0, counted: 5.0, batch: 64, laid: 600, file: 32 };
}

/// After the start a server is left alone so long before its memory is looked at.
const SETTLED: Duration = Duration::from_secs(2);

/// What has been measured so far.
pub(super) struct Bench {
    postgres: Option<String>,
    length: Length,
    known: BTreeMap<Name, f64>,
    /// Messages a second at half of the load that SQLite bears, once that is known.
    half: Option<f64>,
}

impl Bench {
    /// `batch` is another size of batches than the length's own.
    pub(super) fn new(postgres: Option<String>, length: Length, batch: Option<u64>) -> Self {
        let length = Length { batch: batch.unwrap_or(length.batch), ..length };
        Self { postgres, length, known: BTreeMap::new(), half: None }
    }

    /// A figure, with the ratio to its limit where it has one.
    pub(super) fn figure(&mut self, name: Name) -> anyhow::Result<Figure> {
        let value = self.value(name)?;
        let limit = match name {
            Name::IntakeSqlite => Some(self.value(Name::LimitSqlite)?),
            Name::IntakePostgres => Some(self.value(Name::LimitPostgres)?),
            Name::IntakeSqliteP99 => Some(self.value(Name::LimitTransportP99)?),
            Name::MapXml => Some(self.value(Name::LimitParse)?),
            Name::MapXmlValidated => Some(self.value(Name::LimitXmllint)?),
            Name::MapXmlBatch => Some(self.value(Name::LimitParseBatch)?),
            Name::MapXmlBatchValidated => Some(self.value(Name::LimitXmllintBatch)?),
            Name::MapJson => Some(self.value(Name::LimitParseJson)?),
            Name::FeedRecords => Some(self.value(Name::LimitFeed)?),
            Name::FeedPages => Some(self.value(Name::LimitFeed)? / f64::from(feed::PAGE)),
            Name::AttachmentPut => Some(self.value(Name::LimitCopyPut)?),
            Name::AttachmentGet => Some(self.value(Name::LimitCopyGet)?),
            _ => None,
        };
        if matches!(name, Name::IntakeSqlite | Name::IntakePostgres)
            && let (Some(transport), Some(storage)) = (self.known.get(&Name::LimitTransport), limit)
        {
            eprintln!(
                "{name}: {:.2} of the storage limit, {:.2} of the transport limit",
                value / storage,
                value / transport
            );
        }
        Ok(Figure { name, value, limit })
    }

    fn value(&mut self, name: Name) -> anyhow::Result<f64> {
        if let Some(value) = self.known.get(&name) {
            return Ok(*value);
        }
        match name {
            Name::LimitTransport => self.transport()?,
            Name::LimitTransportP99 => self.waits()?,
            Name::IntakeSqlite | Name::IntakePostgres => self.intake(name)?,
            Name::IntakeSqliteP99 => self.intake(Name::IntakeSqlite)?,
            Name::IntakePostgresP99 => self.intake(Name::IntakePostgres)?,
            Name::LimitSqlite | Name::LimitPostgres => self.storage(name)?,
            Name::MemoryIdle => self.memory()?,
            Name::MapXml | Name::MapXmlValidated | Name::LimitParse | Name::LimitXmllint => self.map(name)?,
            Name::MapXmlBatch
            | Name::MapXmlBatchValidated
            | Name::LimitParseBatch
            | Name::LimitXmllintBatch => self.batch(name)?,
            Name::MapJson | Name::LimitParseJson => self.json(name)?,
            Name::FeedRecords | Name::FeedPages | Name::LimitFeed => self.feed(name)?,
            Name::AttachmentPut | Name::AttachmentGet => {
                let speed = copy::attachments(self.length.file)?;
                self.known.insert(Name::AttachmentPut, speed.put);
                self.known.insert(Name::AttachmentGet, speed.get);
            }
            Name::LimitCopyPut | Name::LimitCopyGet => {
                let speed = copy::plain(self.length.file)?;
                self.known.insert(Name::LimitCopyPut, speed.put);
                self.known.insert(Name::LimitCopyGet, speed.get);
            }
            Name::MemoryBatch => {
                let batch = self.length.batch;
                let peak = memory::of_import(Form::Xml, batch)?.max(memory::of_import(Form::Json, batch)?);
                self.known.insert(name, peak);
            }
        }
        self.known.get(&name).copied().context("it was measured now")
    }

    /// Each agency's feed to its end, or the same rows without a gateway.
    fn feed(&mut self, name: Name) -> anyhow::Result<()> {
        let stage = feed::laid(self.length.laid)?;
        if name == Name::LimitFeed {
            self.known.insert(name, feed::without_a_gateway(&stage)?);
            return Ok(());
        }
        let server = stage.serve(&["serve"])?;
        let pulled = feed::pull(&stage, &server)?;
        self.known.insert(Name::FeedRecords, pulled.records());
        self.known.insert(Name::FeedPages, pulled.pages());
        Ok(())
    }

    fn transport(&mut self) -> anyhow::Result<()> {
        let stage = Stage::make(None)?;
        let server = stage.serve(&["bench-part", "fixed"])?;
        let outcome = load(&stage, &server, self.length, 0, None)?;
        told("limit.transport", &outcome);
        self.known.insert(Name::LimitTransport, outcome.rate());
        Ok(())
    }

    /// How long one waits for a server that does nothing, at the rate that is half load for the gateway: what the
    /// machine itself makes everybody wait.
    fn waits(&mut self) -> anyhow::Result<()> {
        if self.half.is_none() {
            self.intake(Name::IntakeSqlite)?;
        }
        let stage = Stage::make(None)?;
        let server = stage.serve(&["bench-part", "fixed"])?;
        let outcome = load(&stage, &server, self.length, 0, self.half)?;
        told("limit.transport at that rate", &outcome);
        self.known.insert(Name::LimitTransportP99, outcome.p99);
        Ok(())
    }

    /// Full load, then half of it for the waits.
    fn intake(&mut self, name: Name) -> anyhow::Result<()> {
        let database = self.database(name)?;
        let stage = Stage::make(database.as_ref().map(|made| made.address.as_str()))?;
        let server = stage.serve(&["serve"])?;
        let full = load(&stage, &server, self.length, 1, None)?;
        told(&name.to_string(), &full);
        self.known.insert(name, full.rate());
        let waits = if name == Name::IntakeSqlite { Name::IntakeSqliteP99 } else { Name::IntakePostgresP99 };
        let half = load(&stage, &server, self.length, HALF, Some(full.rate() / 2.0))?;
        told(&format!("{name} at half load"), &half);
        if half.rate() < full.rate() * 0.45 {
            bail!("the generator reached {:.0}/s instead of {:.0}/s", half.rate(), full.rate() / 2.0);
        }
        self.known.insert(waits, half.p99);
        if name == Name::IntakeSqlite {
            self.half = Some(full.rate() / 2.0);
        }
        eprintln!("{name}: {:.0} MB resident after the load", resident_megabytes(server.process())?);
        Ok(())
    }

    fn storage(&mut self, name: Name) -> anyhow::Result<()> {
        let database = self.database(name)?;
        let stage = Stage::make(database.as_ref().map(|made| made.address.as_str()))?;
        let mut command = stage.program(&["bench-part", "rows"])?;
        command.args([
            "--warm",
            &self.length.warm.to_string(),
            "--seconds",
            &self.length.counted.to_string(),
        ]);
        let rate: f64 = said(command)?.trim().parse()?;
        eprintln!("{name}: {rate:.0}/s");
        self.known.insert(name, rate);
        Ok(())
    }

    fn memory(&mut self) -> anyhow::Result<()> {
        let stage = Stage::make(None)?;
        let server = stage.serve(&["serve"])?;
        std::thread::sleep(SETTLED);
        self.known.insert(Name::MemoryIdle, resident_megabytes(server.process())?);
        Ok(())
    }

    /// On this thread, in this process.
    fn map(&mut self, name: Name) -> anyhow::Result<()> {
        let (desk, length) = (Desk::shipped()?, Duration::from_secs_f64(self.length.counted / 4.0));
        let rate = match name {
            Name::LimitParse => desk.walk(length)?,
            Name::LimitXmllint => desk.xmllint()?,
            _ => desk.map(length, name == Name::MapXmlValidated)?,
        };
        self.known.insert(name, rate);
        Ok(())
    }

    /// The same of one large document, in records.
    fn batch(&mut self, name: Name) -> anyhow::Result<()> {
        let (desk, length) = (BatchDesk::shipped()?, Duration::from_secs_f64(self.length.counted / 4.0));
        let rate = match name {
            Name::LimitParseBatch => desk.walk(length)?,
            Name::LimitXmllintBatch => desk.xmllint()?,
            _ => desk.map(length, name == Name::MapXmlBatchValidated)?,
        };
        self.known.insert(name, rate);
        Ok(())
    }

    fn json(&mut self, name: Name) -> anyhow::Result<()> {
        let (desk, length) = (JsonDesk::shipped()?, Duration::from_secs_f64(self.length.counted / 4.0));
        let rate = if name == Name::MapJson { desk.map(length)? } else { desk.walk(length)? };
        self.known.insert(name, rate);
        Ok(())
    }

    fn database(&self, name: Name) -> anyhow::Result<Option<Database>> {
        if !name.is_postgres() {
            return Ok(None);
        }
        let address = self.postgres.as_ref().with_context(|| {
            format!("{name} needs a PostgreSQL server: --postgres or REGBRIDGE_BENCH_POSTGRES")
        })?;
        Database::create(address).map(Some)
    }
}

/// The number of the first message at half load: behind all that full load can have sent.
const HALF: u64 = 10_000_000_000;

/// Runs the generator against a server.
fn load(
    stage: &Stage,
    server: &Server,
    length: Length,
    first: u64,
    rate: Option<f64>,
) -> anyhow::Result<Outcome> {
    let mut command = stage.program(&["bench-part", "load"])?;
    command
        .args(["--address", &server.address.to_string(), "--server", &server.process().to_string()])
        .args(["--warm", &length.warm.to_string(), "--seconds", &length.counted.to_string()])
        .args(["--first", &first.to_string()]);
    if let Some(rate) = rate {
        command.args(["--rate", &rate.to_string()]);
    }
    let text = said(command).with_context(|| server.last_words())?;
    Ok(serde_json::from_str(&text)?)
}

/// What a part has printed.
fn said(mut command: Command) -> anyhow::Result<String> {
    let output = command.output()?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// For people.
fn told(what: &str, outcome: &Outcome) {
    eprintln!(
        "{what}: {:.0}/s, waits p50 {:.1} ms, p99 {:.1} ms; processors: server {:.2}, generator {:.2} ({:.0} % of both)",
        outcome.rate(),
        outcome.p50,
        outcome.p99,
        outcome.server / outcome.seconds,
        outcome.generator / outcome.seconds,
        100.0 * outcome.generator / (outcome.generator + outcome.server),
    );
}
