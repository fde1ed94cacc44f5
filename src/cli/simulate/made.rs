//! Messages made from a profile's samples, each a new one.

use anyhow::{Context as _, bail};
use serde_json::{Map, Value};

use crate::clock::{Chance, Clock as _, SystemChance, SystemClock};
use crate::domain::kind::{Direction, Kind};
use crate::mapping::{Encoded, Format, Input, Profile, Run};
use crate::wire::encoding::Encoding;
use crate::wire::limits::Limits;

/// A sample of one record, as the message object that it is.
pub(in crate::cli) struct Sample {
    message: String,
    format: Format,
    object: Map<String, Value>,
    number: String,
    /// What is new in every run.
    run: u64,
}

/// A message of its own.
pub(in crate::cli) struct Made {
    pub(in crate::cli) number: String,
    pub(in crate::cli) encoded: Encoded,
}

impl Sample {
    /// The first sample of this kind that an agency submits.
    pub(in crate::cli) fn of(profile: &Profile, kind: Kind) -> anyhow::Result<Self> {
        if !kind.travels(Direction::Submit) {
            bail!("{kind} is nothing that an agency submits");
        }
        for sample in profile.samples().filter(|sample| !sample.format.is_table()) {
            let Ok((message, found, mut object)) = read(profile, &sample.bytes, sample.format, None) else {
                continue;
            };
            let Some(Value::Array(records)) = object.get_mut("records") else { continue };
            let (1, true) = (records.len(), found == kind.as_str()) else { continue };
            let number = records[0]["registration_number"].as_str().unwrap_or_default().to_owned();
            let mut run = [0; 8];
            SystemChance.fill(&mut run);
            return Ok(Self { message, format: sample.format, object, number, run: u64::from_be_bytes(run) });
        }
        bail!("profile {} has no sample of one {kind}", profile.id())
    }

    /// The message of this number in the run.
    pub(in crate::cli) fn number(&self, profile: &Profile, index: u32) -> anyhow::Result<Made> {
        let digits = (self.run % 100_000) * 10_000 + u64::from(index % 10_000);
        self.about(profile, renumbered(&self.number, digits), format!("sim-{:08x}-{index}", self.run >> 32))
    }

    /// A number like the sample's with other digits at its end: nine of them, where the sample's end in so many.
    pub(in crate::cli) fn renumbered(&self, digits: u64) -> String {
        renumbered(&self.number, digits)
    }

    /// The message of this id, about this registration number.
    pub(in crate::cli) fn about(
        &self,
        profile: &Profile,
        number: String,
        id: String,
    ) -> anyhow::Result<Made> {
        let mut object = self.object.clone();
        if object.contains_key("message_id") {
            object.insert("message_id".to_owned(), Value::from(id.clone()));
        }
        if let Some(record) = object.get_mut("records").and_then(|records| records.get_mut(0)) {
            record["registration_number"] = Value::from(number.clone());
            if record.get("message_id").is_some() {
                record["message_id"] = Value::from(id);
            }
        }
        Ok(Made { number, encoded: write(profile, &self.message, self.format, &Value::Object(object))? })
    }
}

/// The same number with other digits at its end, as long as it was; or with more behind it where it has too few.
fn renumbered(number: &str, new: u64) -> String {
    let digits = number.chars().rev().take_while(char::is_ascii_digit).count();
    if digits < 9 {
        return format!("{number}-{new:09}");
    }
    let kept = &number[..number.len() - 9];
    format!("{kept}{:09}", new % 1_000_000_000)
}

/// A document as the message object that it is: name, kind, object.
pub(super) fn read(
    profile: &Profile,
    bytes: &[u8],
    format: Format,
    charset: Option<Encoding>,
) -> anyhow::Result<(String, String, Map<String, Value>)> {
    let limits = Limits::default();
    let input = Input { bytes, format, charset, limits: &limits };
    let run = Run { now: SystemClock.now(), chance: &SystemChance };
    let decoded = profile.decode(&input, &run).map_err(|refusal| {
        let told: Vec<String> = refusal.problems.iter().map(ToString::to_string).collect();
        anyhow::anyhow!(told.join("\n"))
    })?;
    let mut object = decoded.envelope;
    object.insert("records".to_owned(), Value::Array(decoded.records));
    Ok((decoded.message, decoded.kind, object))
}

/// A message object in the profile's words.
pub(super) fn write(
    profile: &Profile,
    message: &str,
    format: Format,
    object: &Value,
) -> anyhow::Result<Encoded> {
    let run = Run { now: SystemClock.now(), chance: &SystemChance };
    profile.encode(message, Some(format), object, &run).map_err(|refusal| {
        let told: Vec<String> = refusal.problems.iter().map(ToString::to_string).collect();
        anyhow::anyhow!("a message cannot be written: {}", told.join("\n"))
    })
}

/// The message of the profile that carries this kind, and its first format that is no table.
pub(super) fn message_of(profile: &Profile, kind: Kind) -> anyhow::Result<(String, Format)> {
    let found = profile.messages().find_map(|message| {
        let format = message.formats.iter().copied().find(|format| !format.is_table())?;
        (message.kind == kind.as_str()).then(|| (message.name.to_owned(), format))
    });
    found.with_context(|| format!("profile {} has no message for {kind}", profile.id()))
}

/// The format and charset of an answer.
pub(super) fn format_of(media: &str) -> Option<(Format, Option<Encoding>)> {
    let essence = media.split(';').next().unwrap_or_default().trim();
    let format = match essence.rsplit(['/', '+']).next()? {
        "xml" => Format::Xml,
        "json" => Format::Json,
        "csv" => Format::Csv,
        _ => return None,
    };
    let charset = media.split(';').find_map(|part| part.trim().strip_prefix("charset="));
    Some((format, charset.and_then(|label| Encoding::parse(label.trim_matches('"')))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_keeps_its_length_where_it_has_digits_to_give() {
        assert_eq!(renumbered("3301060020261123000000017", 234_560_007), "3301060020261123234560007");
        assert_eq!(renumbered("杭市监函〔2026〕17号", 50_003), "杭市监函〔2026〕17号-000050003");
        assert_ne!(renumbered("123456789", 10_001), renumbered("123456789", 10_002));
    }

    #[test]
    fn the_media_type_names_the_format() {
        assert_eq!(
            format_of("application/xml; charset=gb18030"),
            Some((Format::Xml, Some(Encoding::Gb18030)))
        );
        assert_eq!(format_of("application/problem+json"), Some((Format::Json, None)));
        assert_eq!(format_of("multipart/mixed; boundary=x"), None);
    }
}
