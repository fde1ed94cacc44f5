//! Reading and mapping alone, on one thread, beside what parsing alone costs.
//!
//! The same documents for all: complaints of 2 KB in UTF-8, each another one, and one document of 16 MB with thousands of them.
//! The parse limit is quick-xml's namespace-aware walk over the same bytes, looking at every text and attribute; the
//! other limit is libxml2's `xmllint`, which parses and validates the same documents against the same schema. In JSON it
//! is `serde_json`'s parse into nothing (`IgnoredAny`). A batch goes record by record through the stream that imports read.

use std::hint::black_box;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use quick_xml::NsReader;
use quick_xml::events::Event;
use serde::de::IgnoredAny;

use crate::cli::bench::batch::{Batch, Form, JSON_PROFILE, json_message};
use crate::cli::bench::message::{PROFILE, Template};
use crate::cli::bench::xmllint;
use crate::cli::shelf::Shelf;
use crate::clock::{Clock as _, SystemChance, SystemClock};
use crate::config::Folder;
use crate::domain::record::schemas;
use crate::mapping::{Canonical, Format, Input, Profile, ProfileFiles, Run, StreamLimits};
use crate::wire::limits::Limits;

/// How many different documents: more than fit in the processor's nearest cache.
const DOCUMENTS: u64 = 512;

/// Documents, and the profile with and without its schema.
pub(super) struct Desk {
    documents: Vec<Vec<u8>>,
    files: ProfileFiles,
    with_schema: Profile,
    without_schema: Profile,
}

impl Desk {
    pub(super) fn shipped() -> anyhow::Result<Self> {
        let template = Template::shipped()?;
        let documents = (0..DOCUMENTS).map(|number| utf8(&template.message(number))).collect();
        let shelf = Shelf::read(&Folder::at("/nonexistent"))?;
        let files = shelf.named(PROFILE)?.files.clone();
        let with_schema = loaded(&files)?;
        let without_schema = loaded(&unvalidated(&files)?)?;
        Ok(Self { documents, files, with_schema, without_schema })
    }

    /// Documents a second that are read and mapped.
    pub(super) fn map(&self, length: Duration, validated: bool) -> anyhow::Result<f64> {
        let profile = if validated { &self.with_schema } else { &self.without_schema };
        let (limits, run) = (Limits::default(), Run { now: SystemClock.now(), chance: &SystemChance });
        rate(&self.documents, length, |bytes| {
            let input = Input { bytes, format: Format::Xml, charset: None, limits: &limits };
            let decoded = profile.decode(&input, &run);
            black_box(decoded.map_err(|refusal| anyhow::anyhow!("{:?}", refusal.problems))?);
            Ok(())
        })
    }

    /// Documents a second that quick-xml walks through.
    pub(super) fn walk(&self, length: Duration) -> anyhow::Result<f64> {
        rate(&self.documents, length, walk)
    }

    /// Documents a second that `xmllint` parses and validates.
    pub(super) fn xmllint(&self) -> anyhow::Result<f64> {
        xmllint::rate(&self.files, &self.documents, 20, false)
    }
}

/// Complaints in JSON, and the profile that reads them, with its schema.
pub(super) struct JsonDesk {
    documents: Vec<Vec<u8>>,
    profile: Profile,
}

impl JsonDesk {
    pub(super) fn shipped() -> anyhow::Result<Self> {
        let documents = (0..DOCUMENTS).map(json_message).collect::<anyhow::Result<_>>()?;
        let profile = loaded(&Shelf::read(&Folder::at("/nonexistent"))?.named(JSON_PROFILE)?.files)?;
        Ok(Self { documents, profile })
    }

    /// Documents a second that are read, validated and mapped.
    pub(super) fn map(&self, length: Duration) -> anyhow::Result<f64> {
        let (limits, run) = (Limits::default(), Run { now: SystemClock.now(), chance: &SystemChance });
        rate(&self.documents, length, |bytes| {
            let input = Input { bytes, format: Format::Json, charset: None, limits: &limits };
            let decoded = self.profile.decode(&input, &run);
            black_box(decoded.map_err(|refusal| anyhow::anyhow!("{:?}", refusal.problems))?);
            Ok(())
        })
    }

    /// Documents a second that `serde_json` parses into nothing.
    pub(super) fn walk(&self, length: Duration) -> anyhow::Result<f64> {
        rate(&self.documents, length, |bytes| {
            black_box(serde_json::from_slice::<IgnoredAny>(bytes)?);
            Ok(())
        })
    }
}

/// How large the batch is that is read over and over: some thousand records, more than any cache holds.
const BATCH_BYTES: u64 = 16_000_000;

/// One large document of complaints, and the profile that reads them with and without its schema.
pub(super) struct BatchDesk {
    document: [Vec<u8>; 1],
    records: u64,
    files: ProfileFiles,
    with_schema: Profile,
    without_schema: Profile,
}

impl BatchDesk {
    pub(super) fn shipped() -> anyhow::Result<Self> {
        let mut bytes = Vec::new();
        let records = Batch::shipped(Form::Xml)?.write(&mut bytes, BATCH_BYTES)?;
        let files = Shelf::read(&Folder::at("/nonexistent"))?.named(PROFILE)?.files.clone();
        let with_schema = loaded(&files)?;
        let without_schema = loaded(&unvalidated(&files)?)?;
        Ok(Self { document: [utf8(&bytes)], records, files, with_schema, without_schema })
    }

    /// Records a second that are cut, read and mapped.
    pub(super) fn map(&self, length: Duration, validated: bool) -> anyhow::Result<f64> {
        let profile = if validated { &self.with_schema } else { &self.without_schema };
        let (limits, run) = (StreamLimits::default(), Run { now: SystemClock.now(), chance: &SystemChance });
        let told = |problems| anyhow::anyhow!("{problems:?}");
        let documents = rate(&self.document, length, |bytes| {
            let stream = profile.stream(bytes, Format::Xml, None, &limits, &run);
            let mut stream = stream.map_err(|refusal| told(refusal.problems))?;
            for record in stream.by_ref() {
                black_box(record.outcome.map_err(told)?);
            }
            let records = stream.finish().map_err(|refusal| told(refusal.problems))?.records;
            (records == self.records).then_some(()).context("every record is read")
        })?;
        Ok(documents * self.each())
    }

    /// Records a second that quick-xml walks through.
    pub(super) fn walk(&self, length: Duration) -> anyhow::Result<f64> {
        Ok(rate(&self.document, length, walk)? * self.each())
    }

    /// Records a second of the document that `xmllint --stream` parses and validates.
    pub(super) fn xmllint(&self) -> anyhow::Result<f64> {
        Ok(xmllint::rate(&self.files, &self.document, 4, true)? * self.each())
    }

    #[expect(clippy::cast_precision_loss, reason = "some thousands")]
    const fn each(&self) -> f64 {
        self.records as f64
    }
}

/// Documents a second.
fn rate(
    documents: &[Vec<u8>],
    length: Duration,
    mut work: impl FnMut(&[u8]) -> anyhow::Result<()>,
) -> anyhow::Result<f64> {
    for document in documents {
        work(document)?;
    }
    let (begun, mut count) = (Instant::now(), 0.0);
    while begun.elapsed() < length {
        for document in documents {
            work(document)?;
            count += 1.0;
        }
    }
    Ok(count / begun.elapsed().as_secs_f64())
}

/// quick-xml's namespace-aware walk.
fn walk(bytes: &[u8]) -> anyhow::Result<()> {
    let mut reader = NsReader::from_str(std::str::from_utf8(bytes)?);
    let mut seen = 0_usize;
    loop {
        match reader.read_resolved_event()? {
            (namespace, Event::Start(tag) | Event::Empty(tag)) => {
                black_box(namespace);
                for attribute in tag.attributes() {
                    seen += attribute?.value.len();
                }
            }
            (_, Event::Text(text)) => seen += text.len(),
            (_, Event::Eof) => break,
            _ => {}
        }
    }
    black_box(seen);
    Ok(())
}

fn utf8(bytes: &[u8]) -> Vec<u8> {
    let (text, _) = encoding_rs::GB18030.decode_without_bom_handling(bytes);
    text.replacen("GB18030", "UTF-8", 1).into_bytes()
}

fn loaded(files: &ProfileFiles) -> anyhow::Result<Profile> {
    let loaded = Profile::load(files, &Canonical(schemas()));
    Ok(loaded.map_err(|faults| anyhow::anyhow!("{}", faults[0]))?.0)
}

/// The same profile without its schema.
fn unvalidated(files: &ProfileFiles) -> anyhow::Result<ProfileFiles> {
    let mut files = files.clone();
    let manifest = files.0.get_mut("profile.toml").context("it has a manifest")?;
    let text = String::from_utf8(std::mem::take(manifest))?;
    let lines = text.lines().filter(|line| !line.starts_with("schema ") && !line.starts_with("order "));
    *manifest = lines.collect::<Vec<_>>().join("\n").into_bytes();
    Ok(files)
}
