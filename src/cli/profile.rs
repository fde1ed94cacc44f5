//! `regbridge profile`: check a profile, or map a message with it.

mod against;
mod diff;
mod explain;
mod new;
mod samples;
mod schema;
mod stream;
mod traffic;
pub(super) mod versions;

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Subcommand, ValueEnum};

use crate::cli::Context;
use crate::cli::shelf::Shelf;
use crate::cli::world::{MANIFEST, read_profile};
use crate::clock::{Clock as _, SystemChance, SystemClock};
use crate::domain::problem::Problem;
use crate::domain::record::schemas;
use crate::mapping::{Canonical, Format, Input, Profile, ProfileFiles, Run, unfit};
use crate::wire::limits::Limits;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Load a profile and say all that is wrong or doubtful in it; then run its samples both ways.
    Check {
        /// A folder; or ID, which means all its versions, or ID@VERSION. All of DIR/profiles if left out.
        profile: Option<String>,
    },
    /// List all versions of all profiles: name, digest, where they stand, and which agencies speak them.
    List,
    /// Run every sample both ways; say, field by field, where its record differs from its golden.
    Test(samples::Test),
    /// Where each value of a message came from: its place, the row that read it, what it became.
    Explain(explain::Explain),
    Diff(diff::Diff),
    /// Write a first draft of a profile, from the agency's schema, samples of its documents, or both.
    New(new::New),
    /// Print the JSON Schema of profile.toml or of *.map.toml, for editors that complete and check TOML.
    Schema {
        /// Which of the two.
        #[arg(value_enum, default_value = "profile")]
        file: schema::File,
    },
    /// Map a message to its records, as JSON on standard output; or back with --reverse.
    Map {
        /// A profile, ID for its newest version or ID@VERSION, or a folder.
        profile: String,
        /// The record kind, for example complaint-order.
        kind: String,
        /// From records to the agency's format.
        #[arg(long)]
        reverse: bool,
        /// The format of the message; by default what the file is called (.csv, .xlsx) or its first character says.
        #[arg(long, value_enum)]
        format: Option<Written>,
        /// Record by record, in constant memory: one line of JSON each on standard output, progress on standard error.
        #[arg(long, conflicts_with = "reverse")]
        stream: bool,
        /// With --stream: go on after the record of this index and offset, as its line said them: 120:48213.
        #[arg(long, requires = "stream", value_name = "INDEX:OFFSET")]
        after: Option<String>,
        /// The file; standard input without one.
        file: Option<PathBuf>,
    },
    /// Write a sheet to be filled in: headings, drop-downs and notes, made from a message that is a table.
    Template {
        /// A profile, ID for its newest version or ID@VERSION, or a folder.
        profile: String,
        /// The message, for example complaint-sheet.
        message: String,
        /// As CSV: the headings alone.
        #[arg(long)]
        csv: bool,
        /// The file to write.
        out: PathBuf,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum Written {
    Xml,
    Json,
    Form,
    Csv,
    Xlsx,
}

impl Command {
    /// Whether its 1 is an answer rather than a failure.
    pub(super) const fn answers_with_one(&self) -> bool {
        matches!(self, Self::Diff(_))
    }
}

pub(super) fn run(command: Command, context: &Context) -> anyhow::Result<bool> {
    match command {
        Command::Check { profile } => versions::check(profile.as_deref(), context),
        Command::List => versions::list(context),
        Command::Test(test) => samples::run(&test, context),
        Command::Explain(explain) => explain::run(&explain, context),
        Command::Diff(diff) => diff::run(&diff, context),
        Command::New(new) => new::run(&new),
        Command::Schema { file } => schema::run(file),
        Command::Template { profile, message, csv, out } => {
            template(&files(&profile, context)?, &message, csv, &out)
        }
        Command::Map { profile, kind, reverse, format, stream, after, file } => {
            let files = files(&profile, context)?;
            let (profile, _) = match Profile::load(&files, &Canonical(schemas())) {
                Ok(loaded) => loaded,
                Err(problems) => return Ok(tell(&problems)),
            };
            let ending = |file: &PathBuf| Format::parse(&file.extension()?.to_str()?.to_ascii_lowercase());
            let named = file.as_ref().and_then(ending).filter(|_| !reverse);
            let format = format.map(|format| match format {
                Written::Xml => Format::Xml,
                Written::Json => Format::Json,
                Written::Form => Format::Form,
                Written::Csv => Format::Csv,
                Written::Xlsx => Format::Xlsx,
            });
            if stream {
                return stream::run(&profile, &kind, format, file.as_deref(), after.as_deref());
            }
            let bytes = bytes(file.as_deref())?;
            let format = format.or(named.filter(|format| format.is_table()));
            if reverse {
                write(&profile, &kind, format, &bytes)
            } else {
                read(&profile, &kind, format, &bytes)
            }
        }
    }
}

/// The bytes of a file, or of standard input.
fn bytes(file: Option<&Path>) -> anyhow::Result<Vec<u8>> {
    if let Some(file) = file {
        return std::fs::read(file).with_context(|| file.display().to_string());
    }
    let mut bytes = Vec::new();
    std::io::stdin().read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The files of a profile, with those of the one it extends.
fn files(profile: &str, context: &Context) -> anyhow::Result<ProfileFiles> {
    let shelf = Shelf::read(&context.folder)?;
    let folder = PathBuf::from(profile);
    if !folder.join(MANIFEST).is_file() {
        return completed(&shelf.named(profile)?.files, &shelf);
    }
    let files = read_profile(&folder)?;
    // A base that is being written stands beside it.
    if let Some(base) = files.base()
        && let beside = folder.join("..").join(&base)
        && beside.join(MANIFEST).is_file()
    {
        return files.complete(&BTreeMap::from([(base, read_profile(&beside)?)])).map_err(|all| lines(&all));
    }
    completed(&files, &shelf)
}

fn completed(files: &ProfileFiles, shelf: &Shelf) -> anyhow::Result<ProfileFiles> {
    shelf.complete(files).map_err(|problems| lines(&problems))
}

fn lines(problems: &[Problem]) -> anyhow::Error {
    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
    anyhow::anyhow!(lines.join("\n"))
}

fn template(files: &ProfileFiles, message: &str, csv: bool, out: &PathBuf) -> anyhow::Result<bool> {
    let made = Profile::load(files, &Canonical(schemas())).and_then(|(profile, _)| {
        if csv { profile.csv_template(message) } else { profile.template(files, message) }
    });
    match made {
        Ok(bytes) => {
            std::fs::write(out, bytes).with_context(|| out.display().to_string())?;
            Ok(true)
        }
        Err(problems) => Ok(tell(&problems)),
    }
}

fn check(files: &ProfileFiles) -> bool {
    let (profile, warnings) = match Profile::check(files, &Canonical(schemas())) {
        Ok(loaded) => loaded,
        Err(problems) => return tell(&problems),
    };
    for warning in &warnings {
        println!("warning  {warning}");
    }
    let faults = profile.test(&run_now());
    tell(&faults);
    println!(
        "{}  {}  {} messages, {} samples, {} warnings, {} faults  {}",
        profile.pin(),
        profile.name(),
        profile.messages().count(),
        profile.samples().count(),
        warnings.len(),
        faults.len(),
        profile.digest()
    );
    faults.is_empty()
}

fn run_now() -> Run<'static> {
    Run { now: SystemClock.now(), chance: &SystemChance }
}

fn read(profile: &Profile, kind: &str, format: Option<Format>, bytes: &[u8]) -> anyhow::Result<bool> {
    let guess = guess(bytes);
    let limits = Limits::default();
    let input = Input { bytes, format: format.unwrap_or(guess), charset: None, limits: &limits };
    match profile.decode(&input, &run_now()) {
        Ok(decoded) if decoded.kind == kind => {
            println!("{}", serde_json::to_string_pretty(&decoded.to_message())?);
            for warning in &decoded.warnings {
                eprintln!("warning  {warning}");
            }
            for problem in decoded.refused.iter().flat_map(|record| &record.problems) {
                eprintln!("refused  {problem}");
            }
            let unfit = unfit(&decoded);
            for (zh, en) in &unfit {
                eprintln!("refused  {zh}\n    {en}");
            }
            Ok(decoded.refused.is_empty() && unfit.is_empty())
        }
        Ok(decoded) => anyhow::bail!(
            "the records are of kind {}, not {kind}; a record's kind is wanted, not a message's name",
            decoded.kind
        ),
        Err(refusal) => Ok(tell(&refusal.problems)),
    }
}

/// The format that the first character says.
fn guess(bytes: &[u8]) -> Format {
    match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'{' | b'[') => Format::Json,
        Some(b'<') | None => Format::Xml,
        _ if bytes.starts_with(b"PK\x03\x04") => Format::Xlsx,
        // A byte-order mark, or UTF-16: XML; a letter: a form.
        Some(byte) if byte.is_ascii_alphanumeric() => Format::Form,
        Some(_) => Format::Xml,
    }
}

fn write(profile: &Profile, kind: &str, format: Option<Format>, bytes: &[u8]) -> anyhow::Result<bool> {
    let value = serde_json::from_slice(bytes).context("the records are not JSON")?;
    let message = profile
        .message_for(kind)
        .with_context(|| format!("profile {} has no message of kind {kind}", profile.id()))?;
    match profile.encode(message, format, &value, &run_now()) {
        Ok(encoded) => {
            std::io::stdout().write_all(&encoded.bytes)?;
            for note in &encoded.report {
                eprintln!("note  {note}");
            }
            Ok(true)
        }
        Err(refusal) => Ok(tell(&refusal.problems)),
    }
}

/// Prints problems; whether there were none.
fn tell(problems: &[Problem]) -> bool {
    for problem in problems {
        eprintln!("{problem}");
    }
    problems.is_empty()
}
