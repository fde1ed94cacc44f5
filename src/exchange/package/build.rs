//! The members of a package, from what was gathered.
//!
//! Promise: each member's name says whose entry it belongs to: `messages/12-in.xml` came with entry 12. The salt of a body is
//! given only where the body is.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::clock::Timestamp;
use crate::domain::digest::Digest;
use crate::domain::profile_name::ProfileName;
use crate::exchange::gateway::World;
use crate::exchange::journal::extra;
use crate::exchange::package::explain;
use crate::exchange::package::gather::{Gathered, Held};
use crate::exchange::package::manifest::{
    About, Basis, CHECKPOINT, Entry, FORMAT, File, LeftOut, MANIFEST, Manifest, NOTE, note,
};
use crate::exchange::package::proofs::Proven;
use crate::exchange::package::report::report;
use crate::exchange::package::trail::Told;
use crate::exchange::refused::Refused;
use crate::tlog::Proof;
use crate::wire::zip::{self, Member};

const SCRIPT: &str = include_str!("../../../ops/examples/verify.py");
const MANUAL: &str = include_str!("VERIFY.md");

/// A package as it grows.
struct Build<'w> {
    world: &'w World,
    members: BTreeMap<String, Vec<u8>>,
    entries: BTreeMap<u64, Entry>,
    /// The salts of the bodies that are here.
    salts: BTreeMap<u64, [u8; 32]>,
    left_out: Vec<LeftOut>,
}

/// A body that an entry tells of.
struct Body<'b> {
    index: u64,
    salt: Option<[u8; 32]>,
    held: Held,
    media_type: &'b str,
    charset: Option<&'b str>,
    /// Its folder, and what follows its entry's number.
    place: (&'static str, &'static str),
}

/// The zip file.
pub(super) fn build(
    world: &World,
    gathered: Gathered,
    trail: &[Told],
    proven: &Proven,
) -> Result<Vec<u8>, Refused> {
    let case = About {
        id: gathered.case.id.to_string(),
        agency: gathered.case.agency.to_string(),
        topic: gathered.case.topic.clone(),
        registration_number: gathered.case.registration_number.clone(),
    };
    let entries = trail.iter().map(|told| (told.index, entry(told))).collect();
    let (members, salts, left_out) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
    let mut build = Build { world, members, entries, salts, left_out };
    build.add_rows(gathered, trail);
    build.prove(trail, proven);
    let Build { mut members, entries, mut left_out, .. } = build;
    left_out.sort_by_key(|one| one.index);
    let journal = Basis {
        origin: world.journal.origin().to_string(),
        vkey: world.journal.verifier().to_string(),
        size: proven.size,
    };
    let mut manifest = Manifest {
        format: FORMAT.to_owned(),
        case,
        journal,
        files: Vec::new(),
        entries: entries.into_values().collect(),
        left_out,
    };
    members.insert(CHECKPOINT.to_owned(), proven.checkpoint.clone().into_bytes());
    members.insert("vkey".to_owned(), format!("{}\n", manifest.journal.vkey).into_bytes());
    members.insert("verify.py".to_owned(), SCRIPT.as_bytes().to_vec());
    members.insert("VERIFY.md".to_owned(), MANUAL.as_bytes().to_vec());
    manifest.files = files(&members);
    members.insert("report.html".to_owned(), report(&manifest, trail, &members).into_bytes());
    manifest.files = files(&members);
    let mut text = serde_json::to_vec_pretty(&manifest).expect("texts and numbers are always JSON");
    text.push(b'\n');
    let signed = world.journal.sign_note(&note(&manifest.case.id, &text))?;
    members.insert(MANIFEST.to_owned(), text);
    members.insert(NOTE.to_owned(), signed.into_bytes());
    let members: Vec<_> = members.into_iter().map(|(path, bytes)| Member { path, bytes }).collect();
    zip::write(&members).map_err(|bad| Refused::Unavailable(format!("the package cannot be written: {bad}")))
}

fn files(members: &BTreeMap<String, Vec<u8>>) -> Vec<File> {
    let file = |(path, bytes): (&String, &Vec<u8>)| File {
        path: path.clone(),
        size: bytes.len() as u64,
        sha256: Digest::of(bytes),
    };
    members.iter().map(file).collect()
}

fn entry(told: &Told) -> Entry {
    let text = |member: &str| told.text_of(member).unwrap_or_default().to_owned();
    Entry {
        index: told.index,
        at: text("at"),
        kind: text("type"),
        proof: format!("proofs/{}.tlog-proof", told.index),
        body: None,
        file: None,
        records: Vec::new(),
        receipt: None,
        explained: None,
    }
}

impl Build<'_> {
    fn add_rows(&mut self, gathered: Gathered, trail: &[Told]) {
        for (one, held) in gathered.submissions {
            let shared = matches!(held, Held::Shared);
            self.add_body(
                trail,
                Body {
                    index: one.journal_index,
                    salt: Some(one.salt),
                    held,
                    media_type: &one.content_type,
                    charset: one.charset.as_deref(),
                    place: ("messages", "in"),
                },
            );
            if !shared && let Some(entry) = self.entries.get_mut(&one.journal_index) {
                let ending = ending(&one.receipt_content_type);
                let path = format!("receipts/{}-given.{ending}", one.journal_index);
                entry.receipt = Some(path.clone());
                self.members.insert(path, one.receipt);
            }
        }
        for (one, held) in gathered.deliveries {
            let (index, salt, media_type) = (one.journal_index, one.salt, &one.content_type);
            let place = ("messages", "out");
            self.add_body(trail, Body { index, salt, held, media_type, charset: None, place });
        }
        for (one, held) in gathered.receipts {
            let (index, salt, media_type) = (one.journal_index, Some(one.salt), &one.content_type);
            let place = ("receipts", "received");
            self.add_body(trail, Body { index, salt, held, media_type, charset: None, place });
        }
        for (one, held) in gathered.attachments {
            let (index, salt, media_type) = (one.journal_index, Some(one.salt), &one.media_type);
            let place = ("attachments", "file");
            self.add_body(trail, Body { index, salt, held, media_type, charset: None, place });
        }
        for one in gathered.records {
            let Some(entry) = self.entries.get_mut(&one.journal_index) else { continue };
            let path = format!("records/{}-{}.json", one.journal_index, entry.records.len() + 1);
            entry.records.push(path.clone());
            let body: Value = serde_json::from_str(&one.body).unwrap_or(Value::String(one.body));
            let file = json!({ "id": one.id, "kind": one.kind.as_str(), "record": body });
            let text = serde_json::to_string_pretty(&file).expect("JSON that was read is written");
            self.members.insert(path, format!("{text}\n").into_bytes());
        }
        self.say_what_is_gone(trail);
    }

    /// A body and its explanation, or why it is not here.
    fn add_body(&mut self, trail: &[Told], body: Body<'_>) {
        let Body { index, salt, held, media_type, charset, place: (folder, way) } = body;
        let Some(entry) = self.entries.get_mut(&index) else { return };
        let bytes = match held {
            Held::Here(bytes) => bytes,
            gone => return self.left_out.push(left_out(index, &gone)),
        };
        let path = format!("{folder}/{index}-{way}.{}", ending(media_type));
        if folder == "attachments" {
            entry.file = Some(path.clone());
        } else {
            entry.body = Some(path.clone());
        }
        if let Some(salt) = salt {
            self.salts.insert(index, salt);
        }
        let told = trail.iter().find(|told| told.index == index);
        let explained = told.and_then(|told| explained(self.world, told, &bytes, (media_type, charset)));
        if let Some(table) = explained {
            let path = format!("explain/{index}-{way}.csv");
            entry.explained = Some(path.clone());
            self.members.insert(path, table);
        }
        self.members.insert(path, bytes);
    }

    /// Entries that tell of bytes of which there is no row any more.
    fn say_what_is_gone(&mut self, trail: &[Told]) {
        let said: BTreeSet<u64> = self.left_out.iter().map(|one| one.index).collect();
        for told in trail {
            let entry = &self.entries[&told.index];
            let tells = told.text_of("body").is_some() || told.text_of("file").is_some();
            if tells && entry.body.is_none() && entry.file.is_none() && !said.contains(&told.index) {
                self.left_out.push(left_out(told.index, &Held::Removed));
            }
        }
    }

    fn prove(&mut self, trail: &[Told], proven: &Proven) {
        for told in trail {
            let extra = match self.salts.get(&told.index) {
                Some(salt) => extra(told.text.as_bytes(), salt),
                None => json!({ "entry": told.text }).to_string().into_bytes(),
            };
            let hashes = proven.hashes.get(&told.index).cloned().unwrap_or_default();
            let checkpoint = proven.checkpoint.clone();
            let proof = Proof { extra: Some(extra), index: told.index, hashes, checkpoint };
            self.members.insert(self.entries[&told.index].proof.clone(), proof.to_string().into_bytes());
        }
    }
}

/// The table that explains a body, by the very profile that its entry names.
fn explained(world: &World, told: &Told, bytes: &[u8], media: (&str, Option<&str>)) -> Option<Vec<u8>> {
    let name = ProfileName::parse(told.text_of("profile")?)?;
    let digest = Digest::parse(told.text_of("profile_sha256")?).ok()?;
    let profile = world.profiles.load().by_digest(&name.id, &digest)?;
    explain::table(&profile, bytes, media, Timestamp::parse(told.text_of("at")?)?)
}

fn left_out(index: u64, gone: &Held) -> LeftOut {
    let (zh, en) = match gone {
        Held::Here(_) | Held::Removed => ("保存期满，内容已删除", "its time was over and it was removed"),
        Held::Shared => (
            "该报文含其他案件的内容，不随本案提供",
            "the message tells of other cases too, and is not given out with this one",
        ),
        Held::NotReleased => ("尚未通过安全检查", "the scanner has not released it"),
        Held::TooLarge => (
            "文件过大，请单独调取",
            "the files are too large together; fetch this one by itself, its entry proves it",
        ),
    };
    LeftOut { index, zh: zh.to_owned(), en: en.to_owned() }
}

/// How the name of a file of this media type ends.
fn ending(media_type: &str) -> &'static str {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    match essence {
        "application/xml" | "text/xml" => "xml",
        "application/json" => "json",
        "application/x-www-form-urlencoded" => "form",
        "text/csv" => "csv",
        "text/plain" => "txt",
        "application/pdf" => "pdf",
        "image/jpeg" => "jpg",
        "image/png" => "png",
        "application/zip" => "zip",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => "xlsx",
        other if other.ends_with("+xml") => "xml",
        other if other.ends_with("+json") => "json",
        _ => "bin",
    }
}
