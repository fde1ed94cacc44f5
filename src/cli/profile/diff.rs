//! `regbridge profile diff`: two versions of a profile on the same messages, and which records they read differently.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;

use crate::cli::Context;
use crate::cli::profile::against::{Document, Outcome, compare};
use crate::cli::profile::{files, guess, samples, tell, traffic};
use crate::clock::{Clock as _, SystemClock, Timestamp};
use crate::domain::id::AgencyId;
use crate::domain::problem::Problem;
use crate::domain::record::schemas;
use crate::mapping::{Canonical, Difference, Format, Profile};

/// Read messages with two versions of a profile: which records would change, be refused or be accepted.
///
/// The messages are the files that are named, or the samples of both versions, or with --traffic what agencies sent:
/// the stored submissions of OLD's profile, newest first, each read as of the moment it came. The store is only read, and
/// may be that of a gateway that serves. Records that came by `import` are not there: name their files. Of real traffic the
/// values stay hidden; the paths, the rules and how often each path changes are told.
///
/// Exits 0 if nothing would change, 1 if something would, 2 if it was asked wrongly or a version does not load.
#[derive(Args)]
pub(in crate::cli) struct Diff {
    /// The version in use: ID for the newest there is, ID@VERSION, or a folder.
    old: String,
    /// The version to be: the same ways.
    new: String,
    /// Messages, or folders of messages, to read with both; by default the samples of both.
    messages: Vec<PathBuf>,
    /// Read what agencies sent: the stored submissions of OLD's profile, whichever version of it read them.
    #[arg(long, conflicts_with = "messages")]
    pub(super) traffic: bool,
    /// With --traffic: only of this agency.
    #[arg(long, requires = "traffic", value_parser = |text: &str| AgencyId::parse(text).map_err(|bad| bad.to_string()))]
    pub(super) agency: Option<AgencyId>,
    /// With --traffic: only what came since then, a day of China's (2026-03-01) or a moment (2026-03-01T08:00:00+08:00).
    #[arg(long, requires = "traffic", value_parser = moment)]
    pub(super) since: Option<Timestamp>,
    /// With --traffic: at most so many messages, the newest.
    #[arg(long, requires = "traffic", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) limit: Option<u64>,
    /// With --traffic: print the values that differ, personal data included.
    #[arg(long, requires = "traffic")]
    show_values: bool,
}

fn moment(text: &str) -> Result<Timestamp, String> {
    let day = || Timestamp::parse(&format!("{text}T00:00:00+08:00"));
    Timestamp::parse(text).or_else(day).ok_or_else(|| "neither a day nor a moment with its offset".to_owned())
}

/// An error is answered with 2: 1 says that something would change.
pub(super) fn run(diff: &Diff, context: &Context) -> anyhow::Result<bool> {
    let load = |name: &str| match Profile::load(&files(name, context)?, &Canonical(schemas())) {
        Ok((profile, _)) => Ok(profile),
        Err(problems) => {
            tell(&problems);
            bail!("{name} does not load")
        }
    };
    let (old, new) = (load(&diff.old)?, load(&diff.new)?);
    println!("old  {}  {}", old.pin(), old.digest());
    println!("new  {}  {}", new.pin(), new.digest());
    if diff.traffic {
        return traffic::run(diff, &old, &new, context);
    }
    let mut documents = Vec::new();
    for path in &diff.messages {
        gather(path, &mut documents)?;
    }
    if diff.messages.is_empty() {
        for sample in old.samples().chain(new.samples()) {
            if documents.iter().all(|known: &Document| known.bytes != sample.bytes) {
                let (name, bytes) = (sample.path.clone(), sample.bytes.clone());
                let now = SystemClock.now();
                documents.push(Document { name, format: sample.format, charset: None, bytes, now });
            }
        }
    }
    if documents.is_empty() {
        bail!("there is no message to compare with: name some, or give the profiles samples");
    }
    let mut changed = 0;
    for document in &documents {
        let (outcome, _) = compare(&old, &new, document);
        changed += usize::from(!outcome.is_same());
        diff.show(&document.name, &outcome);
    }
    println!("{} messages, {changed} would change", documents.len());
    Ok(changed == 0)
}

impl Diff {
    /// Tells how a message would change; nothing of one that would not.
    pub(super) fn show(&self, name: &str, outcome: &Outcome) {
        match outcome {
            Outcome::Read { found, told } if !(found.is_empty() && told.is_empty()) => {
                println!("changed  {name}");
                self.differences(found);
                for turned in told {
                    println!("  records[{}] {}", turned.position, turned.how);
                    self.problems(&turned.problems);
                }
            }
            Outcome::Accepted => println!("newly accepted  {name}"),
            Outcome::Refused(problems) => {
                println!("newly refused  {name}");
                self.problems(problems);
            }
            Outcome::Otherwise(problems) => {
                println!("refused for other reasons  {name}");
                self.problems(problems);
            }
            Outcome::Read { .. } | Outcome::StillRefused => {}
        }
    }

    /// Whether values stay hidden: those of real messages are somebody's. A profile marks what is sealed, but no name,
    /// telephone or free text as personal, so that nothing is shown unasked.
    fn hides(&self) -> bool {
        self.traffic && !self.show_values
    }

    fn differences(&self, found: &[Difference]) {
        if !self.hides() {
            return samples::show(found, ["old", "new"]);
        }
        let hidden: Vec<Difference> = found.iter().map(traffic::masked).collect();
        samples::show(&hidden, ["old", "new"]);
    }

    fn problems(&self, problems: &[Problem]) {
        for problem in problems {
            if self.hides() {
                // Its sentences quote what was found.
                let place =
                    problem.line.zip(problem.column).map(|(line, column)| format!("{line}:{column}  "));
                let rule = problem.rule.as_deref().unwrap_or_default();
                println!("  {}{}  {}  {rule}", place.unwrap_or_default(), problem.path, problem.code);
            } else {
                println!("  {problem}");
            }
        }
    }
}

/// The messages of a file or, by the endings of their names, of a folder and those below.
fn gather(path: &Path, documents: &mut Vec<Document>) -> anyhow::Result<()> {
    let ending = path.extension().and_then(|ending| Format::parse(ending.to_str()?));
    if path.is_dir() {
        let entries = std::fs::read_dir(path).with_context(|| path.display().to_string())?;
        let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
        paths.sort();
        for below in paths {
            let known = below.extension().is_some_and(|e| e.to_str().and_then(Format::parse).is_some());
            let golden = below.to_string_lossy().ends_with(".golden.json");
            if below.is_dir() || (known && !golden) {
                gather(&below, documents)?;
            }
        }
        return Ok(());
    }
    let bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
    let format = ending.unwrap_or_else(|| guess(&bytes));
    documents.push(Document {
        name: path.display().to_string(),
        format,
        charset: None,
        bytes,
        now: SystemClock.now(),
    });
    Ok(())
}
