//! How much memory taking in a large file needs: the real program, on a generated batch.

use std::fs::File;
use std::io::{BufWriter, Read as _};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

use crate::cli::bench::batch::{Batch, Form};
use crate::cli::bench::process::peak_megabytes;
use crate::cli::bench::stage::{AGENCY, Stage};

/// How often the mark is read. It only rises, so that what is missed is what it rose in the last moment; an import ends
/// with one small transaction.
const LOOK: Duration = Duration::from_millis(20);

/// An import, ended with the value that holds it.
struct Import(Child);

impl Drop for Import {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The most memory that was resident, in MB of a million bytes, while `regbridge import` took in a batch of so many.
pub(super) fn of_import(form: Form, megabytes: u64) -> anyhow::Result<f64> {
    let stage = Stage::make(None)?;
    let file = stage.path().join(format!("batch.{}", form.ending()));
    let out = File::create(&file).with_context(|| file.display().to_string())?;
    let records =
        Batch::shipped(form)?.write(&mut BufWriter::new(out), megabytes.saturating_mul(1_000_000))?;
    let log = stage.path().join("import.log");
    let begun = Instant::now();
    let mut command = stage.program(&["import", AGENCY, form.profile()])?;
    command.arg(&file).stdout(Stdio::piped()).stderr(File::create(&log)?);
    let mut import = Import(command.spawn()?);
    let mut peak = None;
    let status = loop {
        if let Some(status) = import.0.try_wait()? {
            break status;
        }
        // A process that has just ended has no memory to tell of.
        peak = peak_megabytes(import.0.id()).ok().or(peak);
        std::thread::sleep(LOOK);
    };
    let mut said = String::new();
    import.0.stdout.take().context("its output is piped")?.read_to_string(&mut said)?;
    if !status.success() || !said.contains(&format!("records  {records}: {records} accepted")) {
        let log = String::from_utf8_lossy(&std::fs::read(&log)?).into_owned();
        let last: Vec<&str> = log.lines().rev().take(5).collect();
        bail!("the import of {} ended with {status}:\n{said}{}", file.display(), last.join("\n"));
    }
    let peak = peak.context("the import was over before its memory was looked at")?;
    #[expect(clippy::cast_precision_loss, reason = "figures for people")]
    let rate = records as f64 / begun.elapsed().as_secs_f64();
    eprintln!(
        "memory.batch: {megabytes} MB of {}, {records} records, {rate:.0}/s, {peak:.1} MB at most",
        form.ending()
    );
    Ok(peak)
}
