//! Batches of any size: one document with complaint after complaint, as an agency would hand in a year of them.
//!
//! The XML one is the exchange's own, of the complaints of 2 KB that intake is measured with, in GB18030; the JSON one
//! a list of the 12315 interface. Records differ in their registration number, and nothing in them is doubtful.

use std::io::{self, Write};

use anyhow::Context as _;
use serde_json::{Value, json};

use crate::cli::bench::message::{PROFILE, Template, registration_number};
use crate::cli::shelf::Shelf;
use crate::config::Folder;

/// The profile of JSON messages.
pub(super) const JSON_PROFILE: &str = "cn-12315-json";

/// About as long as a complaint in XML.
const JSON_BYTES: usize = 2000;

/// In which format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Xml,
    Json,
}

impl Form {
    pub(super) const fn profile(self) -> &'static str {
        match self {
            Self::Xml => PROFILE,
            Self::Json => JSON_PROFILE,
        }
    }

    /// What a file's name ends in.
    pub(super) const fn ending(self) -> &'static str {
        match self {
            Self::Xml => "xml",
            Self::Json => "json",
        }
    }
}

/// A document with a place for records, each of which has a place for its number.
pub(super) struct Batch {
    head: Vec<u8>,
    before: Vec<u8>,
    after: Vec<u8>,
    between: &'static [u8],
    tail: Vec<u8>,
}

impl Batch {
    pub(super) fn shipped(form: Form) -> anyhow::Result<Self> {
        match form {
            Form::Xml => Self::xml().context("the sample has an order with a registration number"),
            Form::Json => {
                let record = complaint()?;
                let (before, after) = split(&record, JSON_NUMBER).context("it has its number")?;
                let [before, after] = [before, after].map(|text| text.as_bytes().to_vec());
                let (head, tail) = (b"{\"data\":[\n".to_vec(), b"\n]}\n".to_vec());
                Ok(Self { head, before, after, between: b",\n", tail })
            }
        }
    }

    fn xml() -> Option<Self> {
        let message = Template::shipped().ok()?.message(0);
        let (text, _) = encoding_rs::GB18030.decode_without_bom_handling(&message);
        let (head, rest) = text.split_once("<Order>")?;
        let (record, tail) = rest.rsplit_once("</Order>")?;
        let (before, after) = split(record, &registration_number(0))?;
        let bytes = |text: &str| encoding_rs::GB18030.encode(text).0.into_owned();
        Some(Self {
            head: bytes(head),
            before: bytes(&format!("<Order>{before}")),
            after: bytes(&format!("{after}</Order>")),
            between: b"\n",
            tail: bytes(tail),
        })
    }

    /// Writes records until the document has `size` bytes; how many those are.
    pub(super) fn write(&self, out: &mut impl Write, size: u64) -> io::Result<u64> {
        out.write_all(&self.head)?;
        let (mut records, mut written) = (0, (self.head.len() + self.tail.len()) as u64);
        while records == 0 || written < size {
            if records > 0 {
                out.write_all(self.between)?;
            }
            records += 1;
            let number = registration_number(records);
            for part in [&*self.before, number.as_bytes(), &*self.after] {
                out.write_all(part)?;
                written += part.len() as u64;
            }
            written += self.between.len() as u64;
        }
        out.write_all(&self.tail)?;
        out.flush()?;
        Ok(records)
    }
}

/// The number that the shipped sample has.
const JSON_NUMBER: &str = "00000000000000000000000000";

/// A complaint in JSON, its number [`JSON_NUMBER`].
fn complaint() -> anyhow::Result<String> {
    let shelf = Shelf::read(&Folder::at("/nonexistent"))?;
    let files = &shelf.named(JSON_PROFILE)?.files;
    let sample = files.0.get("samples/complaint.json").context("the sample is shipped")?;
    let mut value: Value = serde_json::from_slice(sample)?;
    value["complaint_id"] = json!(JSON_NUMBER);
    let detail = value["complaint_detail"].as_str().context("it has facts")?.to_owned();
    let mut facts = detail.clone();
    loop {
        value["complaint_detail"] = json!(facts);
        let text = value.to_string();
        if text.len() >= JSON_BYTES {
            return Ok(text);
        }
        facts = format!("{facts}；{detail}");
    }
}

/// A message of one complaint in JSON, of this number.
pub(super) fn json_message(number: u64) -> anyhow::Result<Vec<u8>> {
    Ok(complaint()?.replacen(JSON_NUMBER, &registration_number(number), 1).into_bytes())
}

fn split<'t>(text: &'t str, at: &str) -> Option<(&'t str, &'t str)> {
    text.split_once(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::world::{Which, load_profiles};
    use crate::clock::{Clock as _, SystemChance, SystemClock};
    use crate::mapping::{Format, Run, StreamLimits};

    #[test]
    fn a_batch_streams_record_by_record_without_a_doubt() {
        let profiles = load_profiles(&Folder::at("/nonexistent"), Which::All).unwrap();
        let limits = StreamLimits::default();
        let run = Run { now: SystemClock.now(), chance: &SystemChance };
        for (form, format) in [(Form::Xml, Format::Xml), (Form::Json, Format::Json)] {
            let mut bytes = Vec::new();
            let records = Batch::shipped(form).unwrap().write(&mut bytes, 500_000).unwrap();
            assert!((500_000..505_000).contains(&bytes.len()), "{form:?}: {}", bytes.len());
            assert!((180..300).contains(&records), "{form:?}: {records} records");
            let profile = profiles.named(form.profile()).unwrap();
            let mut stream = profile.stream(&*bytes, format, None, &limits, &run).unwrap();
            for (streamed, number) in stream.by_ref().zip(1..) {
                let record = streamed.outcome.unwrap();
                assert!(record.warnings.is_empty(), "{form:?}: {:?}", record.warnings);
                assert_eq!(record.value["registration_number"], registration_number(number));
            }
            assert_eq!(stream.finish().unwrap().records, records, "{form:?}");
        }
    }

    #[test]
    fn a_json_message_has_two_kilobytes() {
        let bytes = json_message(7).unwrap();
        assert!((1_950..2_250).contains(&bytes.len()), "{}", bytes.len());
    }
}
