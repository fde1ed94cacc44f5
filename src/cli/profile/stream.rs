//! `regbridge profile map --stream`: a long message, record by record.

use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use serde_json::json;

use super::{guess, run_now, tell};
use crate::mapping::{Format, Profile, StreamLimits, Streamed};

/// How often progress is told.
const TELL: Duration = Duration::from_secs(1);

/// Bytes looked at to tell the format: an XML declaration, or white space and a brace.
const GUESS: usize = 256;

/// Prints what stood before the records, each record or its problems, and what stood behind them, a line each.
pub(super) fn run(
    profile: &Profile,
    kind: &str,
    format: Option<Format>,
    file: Option<&Path>,
    after: Option<&str>,
) -> anyhow::Result<bool> {
    let mut source: Box<dyn Read> = match file {
        Some(file) => Box::new(File::open(file).with_context(|| file.display().to_string())?),
        None => Box::new(std::io::stdin().lock()),
    };
    let mut first = Vec::new();
    source.by_ref().take(GUESS as u64).read_to_end(&mut first)?;
    let format = format.unwrap_or_else(|| guess(&first));
    let source = first.as_slice().chain(BufReader::new(source));
    let (limits, run) = (StreamLimits::default(), run_now());
    let mut stream = match profile.stream(source, format, None, &limits, &run) {
        Ok(stream) => stream,
        Err(refusal) => return Ok(tell(&refusal.problems)),
    };
    if stream.kind() != kind {
        bail!("the message is a {}, not a {kind}", stream.kind());
    }
    if let Some(after) = after {
        let parts = after.split_once(':').and_then(|(i, o)| Some((i.parse().ok()?, o.parse().ok()?)));
        let (index, offset) = parts.with_context(|| format!("--after {after}: expected INDEX:OFFSET"))?;
        stream.resume_after(index, offset);
    }
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    writeln!(out, "{}", json!({ "message": stream.message(), "envelope": stream.envelope() }))?;
    let start = Instant::now();
    let (mut told, mut good, mut bad) = (start, 0_u64, 0_u64);
    for item in &mut stream {
        let Streamed { index, offset, outcome } = item;
        match outcome {
            Ok(record) => {
                good += 1;
                writeln!(out, "{}", json!({ "index": index, "offset": offset, "record": record.value }))?;
            }
            Err(problems) => {
                bad += 1;
                writeln!(out, "{}", json!({ "index": index, "offset": offset, "problems": problems }))?;
            }
        }
        if told.elapsed() >= TELL {
            told = Instant::now();
            progress(good, bad, offset, start);
        }
    }
    progress(good, bad, stream.bytes(), start);
    let held = stream.most_held();
    let finished = match stream.finish() {
        Ok(end) => {
            let line = json!({ "records": end.records, "bytes": end.bytes, "envelope": end.envelope });
            writeln!(out, "{line}")?;
            true
        }
        Err(refusal) => tell(&refusal.problems),
    };
    out.flush()?;
    eprintln!("{} KiB of the document and its trees held at most", held / 1024);
    Ok(finished && bad == 0)
}

#[expect(clippy::cast_precision_loss, reason = "shown with one decimal place")]
fn progress(good: u64, bad: u64, bytes: u64, start: Instant) {
    let seconds = start.elapsed().as_secs_f64().max(0.001);
    let (records, megabytes) = (good + bad, bytes as f64 / 1e6);
    eprintln!("{records} records ({bad} bad)  {megabytes:.1} MB  {:.0} records/s", records as f64 / seconds);
}
