//! A profile: loaded from its files, compiled, asked about.

use crate::domain::digest::Digest;
use crate::domain::problem::Problem;
use crate::domain::profile_name::ProfileName;
use crate::mapping::canonical::Canonical;
use crate::mapping::codes::CodeLists;
use crate::mapping::compile::{self, Map};
use crate::mapping::correlate;
use crate::mapping::files::ProfileFiles;
use crate::mapping::fold::Fold;
use crate::mapping::manifest::{self, Format, Manifest};
use crate::mapping::message::{BadRecords, Refusals};
use crate::mapping::recognise::{self, Message, lists_itself};
use crate::mapping::{rows, schemas, table};

/// A compiled profile.
#[derive(Debug)]
pub struct Profile {
    pub(crate) manifest: Manifest,
    pub(crate) map: Map,
    pub(crate) messages: Vec<Message>,
    digest: Digest,
    samples: Vec<Sample>,
}

/// What a caller may know of a message.
#[derive(Clone, Copy, Debug)]
pub struct MessageInfo<'a> {
    /// Its name.
    pub name: &'a str,
    /// What it is called in the agency's language.
    pub label: &'a str,
    /// The kind of its records.
    pub kind: &'a str,
    /// Its formats, the first being written by default.
    pub formats: &'a [Format],
    /// The message that answers it.
    pub answer: Option<&'a str>,
}

/// A sample document and the record it must become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Its path in the profile, `samples/order-1.xml`.
    pub path: String,
    /// Its format, by its ending.
    pub format: Format,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The golden: the message object it must become, as JSON.
    pub golden: Vec<u8>,
}

impl Profile {
    /// Loads a profile: everything it says is parsed and checked. Gives warnings beside it, or all its faults.
    pub fn load(files: &ProfileFiles, canonical: &Canonical) -> Result<(Self, Vec<Problem>), Vec<Problem>> {
        // A sample is no rule: what is wrong with its golden is told beside whatever is wrong with the rules.
        let mut about_samples = Vec::new();
        let samples = samples(files, &mut about_samples);
        match Self::compiled(files, canonical, samples) {
            Ok(loaded) if about_samples.is_empty() => Ok(loaded),
            Ok(_) => Err(about_samples),
            Err(mut faults) => {
                faults.append(&mut about_samples);
                Err(faults)
            }
        }
    }

    fn compiled(
        files: &ProfileFiles,
        canonical: &Canonical,
        samples: Vec<Sample>,
    ) -> Result<(Self, Vec<Problem>), Vec<Problem>> {
        let manifest = manifest::read(files)?;
        let mut faults = files.wanting();
        if !faults.is_empty() {
            return Err(faults);
        }
        recognise::together(&manifest, &mut faults);
        let raw = rows::read(files).unwrap_or_else(|wrong| {
            faults.extend(wrong);
            Vec::new()
        });
        let lists = CodeLists::read(files).unwrap_or_else(|wrong| {
            faults.extend(wrong);
            CodeLists::default()
        });
        if !faults.is_empty() {
            return Err(faults);
        }
        let (mut map, mut warnings) = compile::compile(&manifest, &raw, &lists, canonical)?;
        let mut messages: Vec<Message> = manifest
            .messages
            .iter()
            .map(|entry| {
                let block = map.blocks.iter().position(|block| block.name == entry.block).unwrap_or_default();
                Message::compile(entry, block, &mut map.names, &mut faults)
            })
            .collect();
        table::bind(&map, &mut messages, &mut faults);
        for message in &mut messages {
            message.fold = Fold::compile(&message.entry, canonical, &mut faults);
            message.lists = lists_itself(&map.blocks[message.block]);
            message.correlate = correlate::compile(&message.entry, &map.blocks[message.block], &mut faults);
        }
        schemas::bind(files, &manifest, &map, &mut messages, &mut faults, &mut warnings);
        schemas::shapes(files, &manifest, &map, &mut messages, &mut faults, &mut warnings);
        if !faults.is_empty() {
            // A slip in a path is why the schema misses a row: told beside it.
            faults.extend(warnings.into_iter().filter(|warning| warning.code == "undeclared-path"));
            return Err(faults);
        }
        Ok((Self { manifest, map, messages, digest: files.digest(), samples }, warnings))
    }

    /// Its short name.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.manifest.id
    }

    /// Its version, as its manifest says it: what orders the versions of one id. Which files it is, the digest says.
    #[must_use]
    pub fn version(&self) -> &semver::Version {
        &self.manifest.version
    }

    /// The name that pins it: id and version.
    #[must_use]
    pub fn pin(&self) -> ProfileName {
        ProfileName::pinned(self.id().to_owned(), self.version().clone())
    }

    /// Its name for people.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.manifest.name
    }

    /// The digest of all its files: the version of the map.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Its zone, in seconds east of Greenwich.
    #[must_use]
    pub fn zone_seconds(&self) -> i32 {
        self.manifest.zone_seconds
    }

    /// The message in which `kind` is written: the first that carries it and is not itself something that we answer
    /// (a query for results carries their kind, too), else the first.
    #[must_use]
    pub fn message_for(&self, kind: &str) -> Option<&str> {
        let carriers = || self.messages.iter().filter(|message| message.entry.kind == kind);
        let found = carriers().find(|message| message.entry.answer.is_none()).or_else(|| carriers().next());
        found.map(|message| message.entry.name.as_str())
    }

    /// The message that answers `message`.
    #[must_use]
    pub fn answer_to(&self, message: &str) -> Option<&str> {
        let found = self.messages.iter().find(|known| known.entry.name == message)?;
        found.entry.answer.as_ref().map(|(name, _)| name.as_str())
    }

    /// The message that tells a sender that a message of `kind`, in this format, is refused as a whole, where the profile
    /// has one for it (`refusal = "answer"`).
    #[must_use]
    pub fn refusal_of(&self, kind: &str, format: Format) -> Option<&str> {
        let entries = self.messages.iter().map(|known| &known.entry);
        let told = entries.filter(|entry| entry.kind == kind && entry.wire.contains(&format));
        let mut told = told.filter(|entry| entry.refusal == Refusals::Answer);
        told.find_map(|entry| entry.answer.as_ref()).map(|(name, _)| name.as_str())
    }

    /// How many records `message` may hold.
    #[must_use]
    pub fn most_records(&self, message: &str) -> usize {
        let found = self.messages.iter().find(|known| known.entry.name == message);
        found.map_or(0, |known| known.entry.records.1)
    }

    /// Whether the good records of `message` are taken when others are bad (`bad_records = "skip"`).
    #[must_use]
    pub fn skips_bad_records(&self, message: &str) -> bool {
        let found = self.messages.iter().find(|known| known.entry.name == message);
        found.is_some_and(|known| known.entry.bad_records == BadRecords::Skip)
    }

    /// Its messages, in the order of the manifest.
    pub fn messages(&self) -> impl Iterator<Item = MessageInfo<'_>> {
        self.messages.iter().map(|message| MessageInfo {
            name: &message.entry.name,
            label: &message.entry.label,
            kind: &message.entry.kind,
            formats: &message.entry.wire,
            answer: message.entry.answer.as_ref().map(|(name, _)| name.as_str()),
        })
    }

    /// Its samples.
    pub fn samples(&self) -> impl Iterator<Item = &Sample> {
        self.samples.iter()
    }

    /// Rows whose kept spellings in samples are known and accepted.
    pub(crate) fn kept_ok(&self) -> &[String] {
        &self.manifest.kept_ok
    }
}

const SAMPLES: &str = "samples/";
const GOLDEN: &str = ".golden.json";

/// The golden of the sample at a path of the profile; `None` for what is no sample.
#[must_use]
pub fn golden_path(path: &str) -> Option<String> {
    let (stem, ending) = path.strip_prefix(SAMPLES).filter(|_| !path.ends_with(GOLDEN))?.rsplit_once('.')?;
    Format::parse(ending)?;
    Some(format!("{SAMPLES}{stem}{GOLDEN}"))
}

/// `samples/x.xml` and `samples/x.golden.json`; a sample without golden is a fault, and so are two samples that share
/// one, and a golden that no sample becomes.
fn samples(files: &ProfileFiles, faults: &mut Vec<Problem>) -> Vec<Sample> {
    let mut found: Vec<Sample> = Vec::new();
    for path in files.0.keys().filter(|path| path.starts_with(SAMPLES) && path.ends_with(GOLDEN)) {
        if !files.0.keys().any(|sample| golden_path(sample).is_some_and(|golden| golden == *path)) {
            let stem = path.trim_end_matches(GOLDEN);
            faults.push(crate::mapping::fault::Spot::top(path).fault(
                "golden-without-sample",
                format!("没有得出它的样例：应有 {stem}.xml、.json、.form、.csv 或 .xlsx；不再需要就删去"),
                format!("no sample becomes it: expected {stem}.xml, .json, .form, .csv or .xlsx; take it away if it is not needed"),
            ));
        }
    }
    for (path, bytes) in &files.0 {
        let Some(golden) = golden_path(path) else { continue };
        let ending = path.rsplit_once('.').and_then(|(_, ending)| Format::parse(ending));
        let stem = |path: &str| path.rsplit_once('.').map(|(stem, _)| stem.to_owned());
        if let Some(other) = found.iter().find(|other| stem(&other.path) == stem(path)) {
            faults.push(crate::mapping::fault::Spot::top(path).fault(
                "sample-twice",
                format!("与 {} 同用一个 {golden}：请改文件名", other.path),
                format!("shares {golden} with {}: give it another name", other.path),
            ));
            continue;
        }
        match (files.0.get(&golden), ending) {
            (Some(golden), Some(format)) => found.push(Sample {
                path: path.clone(),
                format,
                bytes: bytes.clone(),
                golden: golden.clone(),
            }),
            _ => faults.push(crate::mapping::fault::Spot::top(path).fault(
                "sample-without-golden",
                format!("样例没有 {golden}；用 profile test --update 生成后通读一遍"),
                format!("the sample has no {golden}; make it by profile test --update, and read it"),
            )),
        }
    }
    found
}
