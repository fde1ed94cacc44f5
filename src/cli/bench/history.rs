//! `ops/bench-history.tsv`: figures of the past, a line each: date, revision, processors, then the figure's own line.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::Command;
use std::thread::available_parallelism;

use anyhow::Context as _;

use crate::cli::bench::figure::Figure;
use crate::clock::{Clock as _, SystemClock};

const FILE: &str = "ops/bench-history.tsv";

/// Appends the figures of one run.
pub(super) fn append(figures: &[Figure]) -> anyhow::Result<()> {
    let date = SystemClock.now().to_string();
    let cores = available_parallelism().map_or(1, usize::from);
    let text = lines(figures, &date[..10], &revision(), cores);
    let mut file = std::fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(FILE)
        .with_context(|| format!("{FILE}: run this from the repository's root"))?;
    file.write_all(text.as_bytes())?;
    Ok(())
}

fn lines(figures: &[Figure], date: &str, revision: &str, cores: usize) -> String {
    figures.iter().fold(String::new(), |mut text, figure| {
        let _ = writeln!(text, "{date}\t{revision}\t{cores}\t{figure}");
        text
    })
}

/// The commit that stands here, with a plus if files were changed since; `-` outside of a repository.
fn revision() -> String {
    let said = Command::new("git").args(["describe", "--always", "--dirty=+", "--exclude=*"]).output().ok();
    let text = said.filter(|said| said.status.success()).map(|said| said.stdout).unwrap_or_default();
    let text = String::from_utf8_lossy(&text).trim().to_owned();
    if text.is_empty() { "-".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::bench::figure::Name;

    #[test]
    fn a_line_has_seven_fields() {
        let figure = Figure { name: Name::MemoryIdle, value: 31.27, limit: None };
        let text = lines(&[figure], "2026-11-23", "abc1234", 2);
        assert_eq!(text, "2026-11-23\tabc1234\t2\tmemory.idle\t31.3\tMB\t-\n");
    }
}
