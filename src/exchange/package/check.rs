//! A package looked at by whoever has it: one line for each thing that must hold.
//!
//! Promise: offline, and with nothing but the package and, from elsewhere, the journal's key. Nothing is unpacked and nothing
//! grows ([`crate::wire::zip`]). Every line says which member it is about; a package is good if every line is.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use crate::domain::digest::Digest;
use crate::exchange::package::manifest::{CHECKPOINT, Entry, FORMAT, MANIFEST, Manifest, NOTE, note};
use crate::tlog::{Checkpoint, Proof, Verifier, open};
use crate::wire::zip;

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What holds, or does not; begins with the member.
    pub what: String,
    /// Why it does not hold.
    pub fault: Option<String>,
}

/// Everything that was looked at, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checklist {
    /// The lines.
    pub lines: Vec<Line>,
    /// What is not in the package, by its own account.
    pub left_out: Vec<String>,
}

impl Checklist {
    /// Whether everything holds.
    #[must_use]
    pub fn is_good(&self) -> bool {
        !self.lines.is_empty() && self.lines.iter().all(|line| line.fault.is_none())
    }

    fn add(&mut self, what: impl Into<String>, outcome: Result<(), String>) {
        self.lines.push(Line { what: what.into(), fault: outcome.err() });
    }
}

impl fmt::Display for Checklist {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Line { what, fault } in &self.lines {
            match fault {
                None => writeln!(f, "OK      {what}")?,
                Some(fault) => writeln!(f, "FAILED  {what}: {fault}")?,
            }
        }
        self.left_out.iter().try_for_each(|one| writeln!(f, "ABSENT  {one}"))
    }
}

/// The members by path.
type Members<'p> = BTreeMap<String, &'p [u8]>;

/// Looks at a package, under a key from elsewhere or, without one, under its own.
#[must_use]
pub fn check(package: &[u8], known: Option<&Verifier>) -> Checklist {
    let mut list = Checklist::default();
    let members: Members<'_> = match zip::read(package) {
        Ok(members) => members.into_iter().map(|one| (one.path, one.bytes)).collect(),
        Err(bad) => {
            list.add("the zip file", Err(bad.to_string()));
            return list;
        }
    };
    let manifest = match manifest(&members) {
        Ok(manifest) => manifest,
        Err(fault) => {
            list.add(MANIFEST, Err(fault));
            return list;
        }
    };
    list.left_out = manifest.left_out.iter().map(|one| format!("entry {}: {}", one.index, one.en)).collect();
    let verifier = match key(&manifest, known) {
        Ok(verifier) => verifier,
        Err(fault) => {
            list.add("vkey", Err(fault));
            return list;
        }
    };
    list.add(
        format!("{NOTE}: {MANIFEST} is signed by {}", verifier.name()),
        signed(&members, &manifest, &verifier),
    );
    list.add(
        format!(
            "{CHECKPOINT}: the journal of {} entries is signed by {}",
            manifest.journal.size,
            verifier.name()
        ),
        checkpoint(&members, &manifest, &verifier),
    );
    files(&mut list, &members, &manifest);
    for entry in &manifest.entries {
        let what = format!("{}: entry {}, {}, {}", entry.proof, entry.index, entry.kind, entry.at);
        match proved(&members, entry, &verifier) {
            Ok(proven) => {
                list.add(what, Ok(()));
                belongings(&mut list, &members, entry, &proven, &manifest);
            }
            Err(fault) => list.add(what, Err(fault)),
        }
    }
    list
}

fn member<'p>(members: &Members<'p>, path: &str) -> Result<&'p [u8], String> {
    members.get(path).copied().ok_or_else(|| "it is not in the package".to_owned())
}

fn text<'p>(members: &Members<'p>, path: &str) -> Result<&'p str, String> {
    std::str::from_utf8(member(members, path)?).map_err(|_| "it is not UTF-8 text".to_owned())
}

fn manifest(members: &Members<'_>) -> Result<Manifest, String> {
    let manifest: Manifest = serde_json::from_slice(member(members, MANIFEST)?)
        .map_err(|error| format!("it is no manifest of a package: {error}"))?;
    if manifest.format == FORMAT {
        return Ok(manifest);
    }
    Err(format!("its format is {:?}, where {FORMAT:?} is known", manifest.format))
}

fn key(manifest: &Manifest, known: Option<&Verifier>) -> Result<Verifier, String> {
    let own = Verifier::parse(&manifest.journal.vkey)
        .map_err(|bad| format!("{MANIFEST} names a bad key: {bad}"))?;
    match known {
        Some(known) if *known != own => {
            Err(format!("the package is under {own}, not under the given {known}"))
        }
        _ => Ok(own),
    }
}

fn signed(members: &Members<'_>, manifest: &Manifest, verifier: &Verifier) -> Result<(), String> {
    let opened = open(text(members, NOTE)?, std::slice::from_ref(verifier)).map_err(|bad| bad.to_string())?;
    if opened.text == note(&manifest.case.id, member(members, MANIFEST)?) {
        return Ok(());
    }
    Err(format!("it signs another {MANIFEST}, or another case"))
}

fn checkpoint(members: &Members<'_>, manifest: &Manifest, verifier: &Verifier) -> Result<(), String> {
    let opened = Checkpoint::open(text(members, CHECKPOINT)?, std::slice::from_ref(verifier))
        .map_err(|bad| bad.to_string())?;
    let said = (manifest.journal.origin.as_str(), manifest.journal.size);
    if (opened.origin.as_str(), opened.size) == said {
        return Ok(());
    }
    Err(format!(
        "it is of {} at {} entries; {MANIFEST} says {} at {}",
        opened.origin.as_str(),
        opened.size,
        said.0,
        said.1
    ))
}

/// Exactly the files of the manifest, each with its digest.
fn files(list: &mut Checklist, members: &Members<'_>, manifest: &Manifest) {
    let mut good = 0;
    for file in &manifest.files {
        let outcome = member(members, &file.path).and_then(|bytes| {
            let (size, sha256) = (bytes.len() as u64, Digest::of(bytes));
            if (size, sha256) == (file.size, file.sha256) {
                return Ok(());
            }
            Err(format!(
                "it has {size} bytes, SHA-256 {sha256}; {MANIFEST} says {}, {}",
                file.size, file.sha256
            ))
        });
        match outcome {
            Ok(()) => good += 1,
            bad => list.add(&file.path, bad),
        }
    }
    for path in members.keys() {
        let named = path == MANIFEST || path == NOTE || manifest.files.iter().any(|file| file.path == *path);
        if !named {
            list.add(path, Err(format!("{MANIFEST} does not name it")));
        }
    }
    list.add(format!("{good} files are what {MANIFEST} says"), Ok(()));
}

/// An entry that the journal holds, with the salt of its body.
struct Proven {
    fact: Value,
    salt: Option<[u8; 32]>,
}

fn proved(members: &Members<'_>, entry: &Entry, verifier: &Verifier) -> Result<Proven, String> {
    let proof = Proof::parse(text(members, &entry.proof)?).map_err(|bad| bad.to_string())?;
    let extra: Value = serde_json::from_slice(proof.extra.as_deref().unwrap_or_default())
        .map_err(|_| "its `extra` line is no JSON".to_owned())?;
    let told = extra["entry"].as_str().ok_or("its `extra` line holds no entry")?;
    proof.verify(told.as_bytes(), std::slice::from_ref(verifier)).map_err(|bad| bad.to_string())?;
    if proof.checkpoint != text(members, CHECKPOINT)? {
        return Err("it is for another checkpoint than the package's".to_owned());
    }
    let fact: Value = serde_json::from_str(told).map_err(|_| "the entry is no JSON".to_owned())?;
    if proof.index != entry.index || fact["at"] != entry.at.as_str() || fact["type"] != entry.kind.as_str() {
        return Err(format!(
            "it proves entry {}, {}, {}, which is another than {MANIFEST} says",
            proof.index, fact["type"], fact["at"]
        ));
    }
    let salt = extra["salt"].as_str().and_then(|salt| hex::decode(salt).ok()?.try_into().ok());
    Ok(Proven { fact, salt })
}

/// What belongs to an entry: its body or file, its records.
fn belongings(
    list: &mut Checklist,
    members: &Members<'_>,
    entry: &Entry,
    proven: &Proven,
    manifest: &Manifest,
) {
    let salted = |path: &str, name: &str, of: fn(&[u8]) -> Vec<u8>| {
        let bytes = of(member(members, path)?);
        let salt = proven.salt.ok_or_else(|| format!("{} holds no salt", entry.proof))?;
        let found = Digest::salted(&salt, &bytes).to_string();
        if proven.fact[name] == found.as_str() {
            return Ok(());
        }
        Err(format!(
            "entry {} is for other bytes: it has {}, these give {found}",
            entry.index, proven.fact[name]
        ))
    };
    if let Some(path) = &entry.body {
        list.add(format!("{path}: the bytes of entry {}", entry.index), salted(path, "body", <[u8]>::to_vec));
    }
    if let Some(path) = &entry.file {
        let of = |bytes: &[u8]| Digest::of(bytes).as_bytes().to_vec();
        list.add(format!("{path}: the file of entry {}", entry.index), salted(path, "file", of));
    }
    for (name, here) in [("body", &entry.body), ("file", &entry.file)] {
        let absent = manifest.left_out.iter().any(|one| one.index == entry.index);
        if proven.fact[name].is_string() && here.is_none() && !absent {
            let fault = format!("the {name} of entry {} is not here, and nothing says why", entry.index);
            list.add(&entry.proof, Err(fault));
        }
    }
    for path in &entry.records {
        list.add(format!("{path}: a record of entry {}", entry.index), record(members, path, &proven.fact));
    }
}

/// As far as an entry names its record: by kind, and by id where it has many or is the platform's.
fn record(members: &Members<'_>, path: &str, fact: &Value) -> Result<(), String> {
    let record: Value =
        serde_json::from_slice(member(members, path)?).map_err(|_| "it is no JSON".to_owned())?;
    for (ours, theirs) in [("kind", "kind"), ("id", "record")] {
        if fact[theirs].is_string() && fact[theirs] != record[ours] {
            return Err(format!("its {ours} is {}, the entry says {}", record[ours], fact[theirs]));
        }
    }
    Ok(())
}
