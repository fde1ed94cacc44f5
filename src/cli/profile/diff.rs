//! `regbridge profile diff`: two versions of a profile on the same messages, and which records they read differently.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::Value;

use crate::cli::Context;
use crate::cli::profile::{files, guess, samples, tell};
use crate::clock::{Clock as _, SeededChance, SystemClock, Timestamp};
use crate::domain::problem::Problem;
use crate::domain::record::schemas;
use crate::mapping::{Canonical, Difference, Format, Input, Profile, Refusal, Run, differences};
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

/// What a version makes of a message.
struct Reading {
    /// The message without its records; all of it where it is one record as a whole.
    around: Value,
    /// Each record by its position in the document, or what is wrong with it.
    records: BTreeMap<usize, Result<Value, Vec<Problem>>>,
}

/// Reads a message with both, and tells how they differ.
fn changes(old: &Profile, new: &Profile, document: &Document) -> bool {
    let name = &document.name;
    match (read(old, document), read(new, document)) {
        (Ok(before), Ok(after)) => {
            let mut told = Vec::new();
            let positions: BTreeSet<usize> =
                before.records.keys().chain(after.records.keys()).copied().collect();
            let mut found = differences(&before.around, &after.around);
            for at in positions {
                compare(at, before.records.get(&at), after.records.get(&at), &mut found, &mut told);
            }
            let changed = !found.is_empty() || !told.is_empty();
            if changed {
                println!("changed  {name}");
                samples::show(&found, ["old", "new"]);
                told.iter().for_each(tell_record);
            }
            changed
        }
        (Err(_), Ok(_)) => {
            println!("newly accepted  {name}");
            true
        }
        (Ok(_), Err(refusal)) => {
            println!("newly refused  {name}");
            show(&refusal.problems);
            true
        }
        (Err(before), Err(after)) => {
            let other = reasons(&before.problems) != reasons(&after.problems);
            if other {
                println!("refused for other reasons  {name}");
                show(&after.problems);
            }
            other
        }
    }
}

/// A record that one version refuses, or both for other reasons: what is said of it.
struct Turned {
    position: usize,
    how: &'static str,
    problems: Vec<Problem>,
}

fn tell_record(turned: &Turned) {
    println!("  records[{}] {}", turned.position, turned.how);
    show(&turned.problems);
}

/// One record in both versions. One that is not there for a version was folded into another.
fn compare(
    position: usize,
    before: Option<&Result<Value, Vec<Problem>>>,
    after: Option<&Result<Value, Vec<Problem>>>,
    found: &mut Vec<Difference>,
    told: &mut Vec<Turned>,
) {
    let mut turned =
        |how, problems: &[Problem]| told.push(Turned { position, how, problems: problems.to_vec() });
    match (before, after) {
        (Some(Err(_)), Some(Ok(_))) => turned("newly accepted", &[]),
        (Some(Ok(_)), Some(Err(problems))) => turned("newly refused", problems),
        (Some(Err(left)), Some(Err(right))) => {
            if reasons(left) != reasons(right) {
                turned("refused for other reasons", right);
            }
        }
        (left, right) => {
            let value = |side: Option<&Result<Value, _>>| side.and_then(|side| side.as_ref().ok()).cloned();
            match (value(left), value(right)) {
                (Some(left), Some(right)) => {
                    for one in differences(&left, &right) {
                        let path = format!("records[{position}].{}", one.path);
                        found.push(Difference { path, ..one });
                    }
                }
                (before, after) => {
                    found.push(Difference { path: format!("records[{position}]"), before, after });
                }
            }
        }
    }
}

/// What is wrong, apart from where the row stands that says so.
fn reasons(problems: &[Problem]) -> Vec<(&str, &str, Option<&str>, Option<&str>)> {
    problems.iter().map(|p| (&*p.code, p.path.as_str(), p.found.as_deref(), p.expected.as_deref())).collect()
}

fn show(problems: &[Problem]) {
    for problem in problems {
        println!("  {problem}");
    }
}

/// What a version makes of a message, without its own name.
fn read(profile: &Profile, document: &Document) -> Result<Reading, Refusal> {
    let limits = Limits::default();
    let input = Input { bytes: &document.bytes, format: document.format, charset: None, limits: &limits };
    // What a step makes up is the same for both versions: one moment, and chance from one seed.
    let chance = SeededChance::new(0);
    let decoded = profile.decode(&input, &Run { now: document.now, chance: &chance })?;
    let mut around = decoded.to_message();
    let mut records = BTreeMap::new();
    if let Some(Value::Array(good)) = around.as_object_mut().and_then(|object| object.remove("records")) {
        records.extend(decoded.positions().zip(good.into_iter().map(Ok)));
        records.extend(decoded.refused.into_iter().map(|bad| (bad.index, Err(bad.problems))));
        records.values_mut().flatten().for_each(forget_stamps);
    }
    forget_stamps(&mut around);
    Ok(Reading { around, records })
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
