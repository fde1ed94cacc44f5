//! `regbridge import`: a dropped file, taken in as if it had been sent.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

use crate::cli::Context;
use crate::cli::world::{Which, World};
use crate::domain::id::AgencyId;
use crate::domain::kind::Kind;
use crate::exchange::import::{ImportOrder, ImportReport, Watch, measure};
use crate::exchange::profiles::Profiles;
use crate::exchange::{Gateway, Refused};
use crate::files::whole::Whole;
use crate::mapping::Format;
use crate::wire::encoding::Encoding;

/// Take in the records of a file, whatever its size, with a report that can be verified.
///
/// The file is one message of the agency's profile, or of another one that is named, with any number of records. Good
/// records are taken, 64 to a transaction; bad ones are told in DIR/imports/ID.refused.jsonl, one a line. Memory
/// does not grow with the file. If it is stopped, by whatever, run it again: it goes on behind the last record that is
/// settled. A file that was imported before is not read twice: its report is printed again. The gateway may be serving
/// meanwhile.
#[derive(clap::Args)]
pub(super) struct Args {
    /// The agency whose file it is.
    agency: String,
    /// A profile, ID for its newest version or ID@VERSION; or a record kind, such as complaint-order, for the agency's own profile.
    #[arg(value_name = "PROFILE|KIND")]
    what: String,
    /// The file.
    file: PathBuf,
    /// How to read it: xml, json or form; by default what its name ends in, else its first character.
    #[arg(long)]
    format: Option<String>,
    /// Its charset, where it does not say so itself.
    #[arg(long)]
    charset: Option<String>,
}

/// How often the progress is told.
const TICK: Duration = Duration::from_secs(1);

/// Refused records that are read at once: at 1 KB each, 256 KB.
const PAGE: u32 = 256;

pub(super) async fn run(args: Args, context: &Context) -> anyhow::Result<bool> {
    let world = World::load(context)?;
    let (gateway, writer) = world.open(Which::All).await?;
    let order = order(&args, &gateway.profiles())?;
    let watch = Watch::default();
    let path = args.file.clone();
    let importing = gateway.import(order.clone(), move || File::open(&path), &watch);
    let outcome = told(importing, &watch, order.size).await;
    let outcome = match outcome {
        Ok(report) => show(&gateway, &report, &context.folder.imports(), &args.file).await.map(|()| report),
        Err(refused) => return refusal(refused),
    };
    drop(gateway);
    writer.await?;
    Ok(outcome?.state == "finished")
}

fn order(args: &Args, profiles: &Profiles) -> anyhow::Result<ImportOrder> {
    let agency = AgencyId::parse(&args.agency)?;
    let (profile, kind) = match (profiles.named(&args.what), Kind::parse(&args.what)) {
        (Some(_), _) => (Some(args.what.clone()), None),
        (None, Ok(kind)) => (None, Some(kind)),
        (None, Err(_)) => {
            let kinds: Vec<&str> = Kind::ALL.iter().map(|kind| kind.as_str()).collect();
            let profiles: Vec<String> = profiles.names().collect();
            bail!(
                "\"{}\" is neither a profile ({}) nor a record kind ({})",
                args.what,
                profiles.join(", "),
                kinds.join(", ")
            );
        }
    };
    let name = || args.file.display().to_string();
    let format = match &args.format {
        Some(word) => {
            Format::parse(word).with_context(|| format!("\"{word}\" is no format: xml, json or form"))?
        }
        None => guess(&args.file).with_context(name)?,
    };
    let charset = match &args.charset {
        Some(label) => Some(Encoding::parse(label).with_context(|| format!("\"{label}\" is no charset"))?),
        None => None,
    };
    eprintln!("reading {} once to know it", args.file.display());
    let (sha256, size) = measure(File::open(&args.file).with_context(name)?).with_context(name)?;
    Ok(ImportOrder { agency, profile, kind, format, charset, sha256, size })
}

/// By the ending of its name, else by its first character.
fn guess(file: &Path) -> anyhow::Result<Format> {
    let ending = file.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
    if let Some(format) = ending.as_deref().and_then(Format::parse) {
        return Ok(format);
    }
    let mut first = [0; 64];
    let count = File::open(file)?.read(&mut first)?;
    let first = first[..count].iter().find(|byte| !byte.is_ascii_whitespace());
    Ok(if matches!(first, Some(b'{' | b'[')) { Format::Json } else { Format::Xml })
}

/// Runs an import, and tells every second how far it is.
async fn told<T>(importing: impl Future<Output = T>, watch: &Watch, size: u64) -> T {
    let mut importing = std::pin::pin!(importing);
    let (begun, mut before) = (Instant::now(), None);
    loop {
        if let Ok(done) = tokio::time::timeout(TICK, &mut importing).await {
            return done;
        }
        let before = *before.get_or_insert(watch.records());
        #[expect(clippy::cast_precision_loss, reason = "figures for people")]
        let (taken, bytes, size) = ((watch.records() - before) as f64, watch.bytes() as f64, size as f64);
        eprintln!(
            "{} records, {:.1} of {:.1} MB, {:.0} records/s, {} refused",
            watch.records(),
            bytes / 1e6,
            size / 1e6,
            taken / begun.elapsed().as_secs_f64(),
            watch.refused()
        );
    }
}

/// Prints the report, and writes it and what was refused beside the database.
async fn show(gateway: &Gateway, report: &ImportReport, folder: &Path, file: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    let receipt = folder.join(format!("{}.json", report.import));
    let mut out = Whole::begin(&receipt).with_context(|| receipt.display().to_string())?;
    serde_json::to_writer_pretty(&mut out, report)?;
    out.done().with_context(|| receipt.display().to_string())?;
    println!("import   {}  {}", report.import, report.state);
    println!("file     {}  {} bytes  SHA-256 {}", file.display(), report.file_size, report.file_sha256);
    println!(
        "records  {}: {} accepted, {} duplicate, {} refused",
        report.records, report.accepted, report.duplicate, report.refused
    );
    for problem in &report.problems {
        println!("broken   {problem}");
    }
    if report.refused > 0 {
        let refused = folder.join(format!("{}.refused.jsonl", report.import));
        let mut out = Whole::begin(&refused).with_context(|| refused.display().to_string())?;
        let mut after = 0;
        loop {
            let page = gateway.import_refusals(&report.import, after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = last.index;
            for record in &page {
                serde_json::to_writer(&mut out, record)?;
                out.write_all(b"\n")?;
            }
        }
        out.done().with_context(|| refused.display().to_string())?;
        println!("refused  {}", refused.display());
    }
    println!("report   {}", receipt.display());
    Ok(())
}

/// Nothing was taken, or what was taken stays: says which.
fn refusal(refused: Refused) -> anyhow::Result<bool> {
    match refused {
        Refused::Malformed { problems, .. } => {
            for problem in problems {
                eprintln!("{problem}");
            }
            eprintln!("nothing was taken in this run");
            Ok(false)
        }
        Refused::NotFound => bail!("there is no such agency, or no such profile"),
        other => Err(anyhow::Error::new(other).context("the import stopped; run it again to go on")),
    }
}
