//! `regbridge profile diff`: two versions of a profile on the same messages, and which records they read differently.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::Value;

use crate::cli::Context;
use crate::cli::profile::{files, guess, samples, tell};
use crate::clock::{Clock as _, SeededChance, SystemClock, Timestamp};
use crate::domain::record::schemas;
use crate::mapping::{Canonical, Format, Input, Profile, Refusal, Run, differences};
use crate::wire::limits::Limits;

#[derive(Args)]
pub(in crate::cli) struct Diff {
    /// The version in use: a profile's id, or a folder.
    old: String,
    /// The version to be: a profile's id, or a folder.
    new: String,
    /// Messages, or folders of messages, to read with both; by default the samples of both.
    messages: Vec<PathBuf>,
}

/// A message and what it is called.
struct Document {
    name: String,
    format: Format,
    bytes: Vec<u8>,
    /// When it is read.
    now: Timestamp,
}

pub(super) fn run(diff: &Diff, context: &Context) -> anyhow::Result<bool> {
    let load = |id: &str| -> anyhow::Result<Option<Profile>> {
        match Profile::load(&files(id, context)?, &Canonical(schemas())) {
            Ok((profile, _)) => Ok(Some(profile)),
            Err(problems) => {
                eprintln!("{id} does not load:");
                tell(&problems);
                Ok(None)
            }
        }
    };
    let (Some(old), Some(new)) = (load(&diff.old)?, load(&diff.new)?) else { return Ok(false) };
    let mut documents = Vec::new();
    for path in &diff.messages {
        gather(path, &mut documents)?;
    }
    if diff.messages.is_empty() {
        for sample in old.samples().chain(new.samples()) {
            if documents.iter().all(|known: &Document| known.bytes != sample.bytes) {
                let (name, bytes) = (sample.path.clone(), sample.bytes.clone());
                documents.push(Document { name, format: sample.format, bytes, now: SystemClock.now() });
            }
        }
    }
    if documents.is_empty() {
        bail!("there is no message to compare with: name some, or give the profiles samples");
    }
    println!("old  {}  {}", old.id(), old.digest());
    println!("new  {}  {}", new.id(), new.digest());
    let changed = documents.iter().filter(|document| changes(&old, &new, document)).count();
    println!("{} messages, {changed} would change", documents.len());
    Ok(changed == 0)
}

/// Reads a message with both, and tells how they differ.
fn changes(old: &Profile, new: &Profile, document: &Document) -> bool {
    let name = &document.name;
    match (record(old, document), record(new, document)) {
        (Ok(before), Ok(after)) => {
            let found = differences(&before, &after);
            if !found.is_empty() {
                println!("changed  {name}");
                samples::show(&found, ["old", "new"]);
            }
            !found.is_empty()
        }
        (Err(_), Ok(_)) => {
            println!("newly accepted  {name}");
            true
        }
        (Ok(_), Err(refusal)) => {
            println!("newly refused  {name}");
            for problem in refusal.problems {
                println!("  {problem}");
            }
            true
        }
        (Err(before), Err(after)) => {
            // The same fault may stand in another row's line.
            let told = |refusal: &Refusal| {
                let problems = refusal.problems.iter();
                problems.map(|p| (p.code.clone(), p.path.clone(), p.found.clone())).collect::<Vec<_>>()
            };
            let other = told(&before) != told(&after);
            if other {
                println!("refused for other reasons  {name}");
                for problem in after.problems {
                    println!("  {problem}");
                }
            }
            other
        }
    }
}

/// What a version makes of a message, without its own name and digest.
fn record(profile: &Profile, document: &Document) -> Result<Value, Refusal> {
    let limits = Limits::default();
    let input = Input { bytes: &document.bytes, format: document.format, charset: None, limits: &limits };
    // What a step makes up is the same for both versions: one moment, and chance from one seed.
    let chance = SeededChance::new(0);
    let mut message = profile.decode(&input, &Run { now: document.now, chance: &chance })?.to_message();
    forget_stamps(&mut message);
    Ok(message)
}

/// What is kept is stamped with the profile that kept it: that one differs is known.
fn forget_stamps(value: &mut Value) {
    match value {
        Value::Object(object) => {
            for (key, member) in object.iter_mut() {
                if key == "kept"
                    && let Value::Array(stamps) = member
                {
                    for stamp in stamps.iter_mut().filter_map(Value::as_object_mut) {
                        stamp.remove("profile");
                    }
                }
                forget_stamps(member);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(forget_stamps),
        _ => {}
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
    documents.push(Document { name: path.display().to_string(), format, bytes, now: SystemClock.now() });
    Ok(())
}
