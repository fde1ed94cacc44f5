//! Small profiles made of texts, over a small record of their own.

use std::collections::BTreeMap;

use regbridge::mapping::{Canonical, Decoded, Format, Input, Profile, ProfileFiles, Refusal};
use regbridge::wire::limits::Limits;
use serde_json::{Value, json};

use crate::profiles::with_run;

/// One record kind, `order`, with a member of each sort.
pub(crate) fn canonical() -> Canonical {
    let text = json!({"type": "string"});
    let extensions = json!({"type": "object", "additionalProperties": true});
    let money = json!({"type": "object", "properties": {"amount": {"type": "integer"}, "currency": {"type": "string"}}});
    let line = json!({
        "type": "object", "additionalProperties": false,
        "properties": {"name": text, "kind": text, "value": text, "total": money, "extensions": extensions}
    });
    let order = json!({
        "type": "object", "additionalProperties": false, "required": ["number"],
        "properties": {
            "number": text, "registration_number": text, "name": text, "given": text, "family": text,
            "note": text, "sent_at": text, "sender": text, "total": money, "quantity": {"type": "integer"},
            "tags": {"type": "array", "items": text}, "lines": {"type": "array", "items": line},
            "party": {"type": "object", "properties": {"name": text, "kind": text, "extensions": extensions}},
            "warnings": {"type": "array"}, "extensions": extensions
        }
    });
    Canonical(BTreeMap::from([("order".to_owned(), order)]))
}

/// The files of a profile.
pub(crate) fn files(texts: &[(&str, &str)]) -> ProfileFiles {
    ProfileFiles(texts.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect())
}

/// A profile of `profile.toml` and one map.
#[track_caller]
pub(crate) fn profile(manifest: &str, map: &str) -> Profile {
    profile_of(&[("profile.toml", manifest), ("t.map.toml", map)])
}

/// A profile of these files.
#[track_caller]
pub(crate) fn profile_of(texts: &[(&str, &str)]) -> Profile {
    match Profile::load(&files(texts), &canonical()) {
        Ok((profile, _)) => profile,
        Err(faults) => panic!("{:#?}", faults.iter().map(ToString::to_string).collect::<Vec<_>>()),
    }
}

/// The faults that keep a profile from loading, as `code text`.
#[track_caller]
pub(crate) fn faults(texts: &[(&str, &str)]) -> Vec<String> {
    let faults = Profile::load(&files(texts), &canonical()).map(drop).expect_err("it does not load");
    faults
        .iter()
        .map(|f| format!("{}:{}:{} {} {}", f.path, f.line.unwrap_or(0), f.column.unwrap_or(0), f.code, f.en))
        .collect()
}

/// Reads a document.
pub(crate) fn read(profile: &Profile, format: Format, text: &str) -> Result<Decoded, Refusal> {
    let limits = Limits::default();
    let input = Input { bytes: text.as_bytes(), format, charset: None, limits: &limits };
    with_run(|run| profile.decode(&input, run))
}

/// Reads a document that is taken.
#[track_caller]
pub(crate) fn taken(profile: &Profile, format: Format, text: &str) -> Decoded {
    read(profile, format, text).unwrap_or_else(|refusal| panic!("{:#?}", refusal.problems))
}

/// Writes a message object; what was reported, as `code path`.
#[track_caller]
pub(crate) fn written(
    profile: &Profile,
    message: &str,
    format: Format,
    value: &Value,
) -> (String, Vec<String>) {
    let encoded = with_run(|run| profile.encode(message, Some(format), value, run));
    let encoded = encoded.unwrap_or_else(|refusal| panic!("{:#?}", refusal.problems));
    let report = encoded.report.iter().map(|p| format!("{} {}", p.code, p.path)).collect();
    (String::from_utf8(encoded.bytes).expect("UTF-8"), report)
}

/// Reads a document and writes what was read: the round trip. Gives both, the text without its XML declaration.
#[track_caller]
pub(crate) fn round(profile: &Profile, format: Format, text: &str) -> (Decoded, String) {
    let decoded = taken(profile, format, text);
    let (back, _) = written(profile, &decoded.message, format, &decoded.to_message());
    let back = back.split_once("?>").map_or(back.as_str(), |(_, rest)| rest).trim_start().to_owned();
    (decoded, back)
}
