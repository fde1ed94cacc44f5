//! The schema of `profile.toml`.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::head;
use crate::mapping::manifest::{BLANKS, ENCODINGS, Format, KEYS, ORDERS, SIGNED, UNWRITTENS};
use crate::mapping::message::{BAD_RECORDS, HEADINGS, MESSAGE_KEYS, REFUSALS};

/// The JSON Schema of `profile.toml`.
#[must_use]
pub fn profile() -> Value {
    let mut schema = head(
        "profile",
        "profile.toml",
        "What a profile is: its messages, name spaces, zone and policies (schemas/README.md, \"A profile's folder\").",
    );
    schema["properties"] = properties(KEYS, key);
    schema["required"] = json!(["id"]);
    schema["additionalProperties"] = json!(false);
    // What a profile that extends another leaves out is the other's.
    schema["anyOf"] = json!([
        { "required": ["extends"] },
        { "required": ["message"], "properties": { "message": {
            "minProperties": 1,
            "additionalProperties": { "type": "object", "required": ["wire", "kind", "block"] },
        } } },
    ]);
    schema
}

/// The properties of the keys that the loader knows.
fn properties(keys: &[&str], of: fn(&str) -> Option<Value>) -> Value {
    let all = keys.iter().map(|key| ((*key).to_owned(), of(key).unwrap_or(Value::Bool(false))));
    Value::Object(all.collect::<Map<_, _>>())
}

fn words<'a>(description: &str, words: impl Iterator<Item = &'a str>, default: &str) -> Value {
    json!({ "description": description, "enum": words.collect::<Vec<_>>(), "default": default })
}

fn text(description: &str, examples: &[&str]) -> Value {
    json!({ "description": description, "type": "string", "examples": examples })
}

fn texts(description: &str) -> Value {
    let many = json!({ "type": "array", "items": { "type": "string" } });
    json!({ "description": description, "anyOf": [{ "type": "string" }, many] })
}

/// What a key of the manifest may be.
pub(super) fn key(name: &str) -> Option<Value> {
    Some(match name {
        "id" => json!({
            "description": "The profile's id. Folders of one id are versions of one profile.",
            "type": "string", "minLength": 1, "examples": ["cn-amr-xml"],
        }),
        "name" => text("What people call it.", &["市场监管投诉工单（XML）"]),
        "version" => json!({
            "description": "The version of this folder, as semver.org orders them; 0.0.0 if left out. An agency speaks \
                            the newest of an id, or the one it names: cn-amr-xml@1.2.0.",
            "type": "string", "default": "0.0.0", "examples": ["1.2.0"],
            "pattern": version_pattern(),
        }),
        "extends" => {
            text("The id of the profile that this one is written as the differences from.", &["cn-xzcf"])
        }
        "zone" => json!({
            "description": "The zone of times without an offset; +08:00 if left out.",
            "type": "string", "pattern": "^[+-](0[0-9]|1[0-4]):[0-5][0-9]$", "default": "+08:00",
        }),
        "encoding" => {
            let about = "The encoding of XML and CSV that we write. A character it lacks is an error.";
            words(about, ENCODINGS.iter().copied(), "utf-8")
        }
        "blank" => words(
            "How we write no value; null is JSON's, nil is xsi:nil of XML.",
            BLANKS.iter().map(|(word, _)| *word),
            "absent",
        ),
        "order" => words(
            "Where the order of output comes from: the agency's schema, shape.xml, or the rows.",
            ORDERS.iter().map(|(word, _)| *word),
            "rows",
        ),
        "unwritten" => words(
            "Record content with no place on this wire is reported, or refused.",
            UNWRITTENS.iter().map(|(word, _)| *word),
            "report",
        ),
        "indent" => {
            json!({ "description": "Line breaks in what we write.", "type": "boolean", "default": false })
        }
        "signed" => words(
            "A document with an XML signature is refused, since nobody here verifies it, or read like any other.",
            SIGNED.iter().map(|(word, _)| *word),
            "ignore",
        ),
        "ns" => json!({
            "description": "Prefixes of paths and output; \"\" is the default name space.",
            "type": "object", "additionalProperties": { "type": "string" },
        }),
        "message" => json!({
            "description": "The messages of the format, by name; \"-\" removes one of the profile that this one extends.",
            "type": "object",
            "additionalProperties": { "anyOf": [message(), { "const": "-" }] },
        }),
        "kept_ok" => texts("Wire paths whose spelling in samples is known to be kept, and accepted."),
        "official" => json!({ "description": "What of this is official: a note for people." }),
        "beside" => json!({
            "description": "Files that are not ours to hand on: \"file\" = \"where to get it\". An operator puts them beside.",
            "type": "object", "additionalProperties": { "type": "string" },
        }),
        _ => return None,
    })
}

fn message() -> Value {
    json!({
        "description": "One document of the format.",
        "type": "object",
        "properties": properties(MESSAGE_KEYS, message_key),
        "additionalProperties": false,
    })
}

/// What a key of a message may be.
pub(super) fn message_key(name: &str) -> Option<Value> {
    let formats: Vec<&str> = Format::ALL.into_iter().map(Format::as_str).collect();
    let roots: Map<String, Value> =
        formats.iter().map(|format| ((*format).to_owned(), json!({ "type": "string" }))).collect();
    Some(match name {
        "wire" => json!({
            "description": "Its formats; the first is written by default.",
            "anyOf": [
                { "enum": formats },
                { "type": "array", "items": { "enum": formats }, "minItems": 1, "uniqueItems": true },
            ],
        }),
        "when" => text(
            "How it is told from others of the same root, by tests on places of the wire.",
            &["method = 'x'", "a present and b absent"],
        ),
        "root" => json!({
            "description": "Its root element, or the member that holds it; per format; for xlsx the sheet.",
            "anyOf": [
                { "type": "string" },
                { "type": "object", "properties": roots, "additionalProperties": false },
            ],
        }),
        "kind" => text("The canonical kind of its records, or receipt.", &["complaint-order", "receipt"]),
        "block" => text("Its top block in the maps.", &["message"]),
        "answer" => text("The message that answers it.", &["receipt"]),
        "schema" => json!({
            "description": "The agency's schema in this folder: .xsd for XML, .json for JSON.",
            "type": "string", "examples": ["agency.xsd"],
        }),
        "shape" => text("With order = \"shape\": the document with every element once.", &["shape.xml"]),
        "records" => json!({
            "description": "Bounds on the number of records.",
            "type": "string", "pattern": "^[0-9]+\\.\\.[0-9]+$", "examples": ["1..100"],
        }),
        "bad_records" => words(
            "A bad record refuses the message, or is told by itself while the others are taken.",
            BAD_RECORDS.iter().map(|(word, _)| *word),
            "refuse",
        ),
        "headings" => words(
            "Of a table: the headings stand in one row, or in two, where a column is called 'GROUP/NAME'.",
            HEADINGS.iter().map(|(word, _)| *word),
            "one",
        ),
        "refusal" => words(
            "How a message of this sort that is refused as a whole is answered: as an RFC 9457 problem, or as the message \
             that `answer` names, with outcome refused.",
            REFUSALS.iter().map(|(word, _)| *word),
            "problem",
        ),
        "per" => text("The record's list, one item of which stands in each record of the wire.", &["lines"]),
        "fold" => text("With per: records that agree here are one.", &["letter.number"]),
        "correlate" => text("Where the message says to which matter it belongs.", &["case_id"]),
        "label" => text("What people call it.", &["投诉工单"]),
        _ => return None,
    })
}

/// What the loader takes for a version: semver.org without build metadata. Its numbers are 64 bits wide with us; up to
/// nineteen digits always fit, and of those with twenty the pattern takes those that do.
fn version_pattern() -> String {
    let most = u64::MAX.to_string();
    let mut number = format!("0|[1-9][0-9]{{0,{}}}", most.len() - 2);
    // Of as many digits as the largest: those that are the same up to some digit, and smaller there.
    for (at, digit) in most.bytes().enumerate() {
        let least = if at == 0 { b'1' } else { b'0' };
        if digit > least {
            let (same, less) = (&most[..at], char::from(digit - 1));
            let rest = match most.len() - at - 1 {
                0 => String::new(),
                rest => format!("[0-9]{{{rest}}}"),
            };
            let _ = write!(number, "|{same}[{}-{less}]{rest}", char::from(least));
        }
    }
    let _ = write!(number, "|{most}");
    let part = "(0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)";
    format!("^({number})[.]({number})[.]({number})(-{part}([.]{part})*)?$")
}
