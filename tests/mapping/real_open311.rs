//! Open311 `GeoReport` v2: the samples of cities and of the standard's pages, through the shipped profile.

use std::collections::BTreeMap;

use regbridge::mapping::Format;
use regbridge::wire::limits::Limits;
use regbridge::wire::schema::Schema;
use serde_json::{Value, json};

use crate::profiles::profile;
use crate::real::{plain, read, sample, there_and_back, write};

const FOLDER: &str = "open311";

fn through(message: &str, format: Format, path: &str) -> Option<Value> {
    let bytes = sample(&format!("{FOLDER}/{path}"))?;
    Some(there_and_back(&profile("open311-v2"), message, format, &bytes))
}

/// A message object without what was kept.
fn bare(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut bare_members = serde_json::Map::new();
            for (name, member) in members.iter().filter(|(name, _)| *name != "kept") {
                let member = bare(member);
                if name != "extensions" || member != json!({}) {
                    bare_members.insert(name.clone(), member);
                }
            }
            Value::Object(bare_members)
        }
        Value::Array(items) => items.iter().map(bare).collect(),
        other => other.clone(),
    }
}

/// Writes what was read in the other format; what that reads as must be the same.
fn crosses(message: &str, value: &Value, to: Format) -> Vec<u8> {
    let profile = profile("open311-v2");
    let written = write(&profile, message, to, value);
    let again = read(&profile, to, &written);
    assert_eq!(again.message, message);
    assert_eq!(bare(&again.to_message()), bare(value), "{}", String::from_utf8_lossy(&written));
    written
}

/// What the community's schema says of a JSON document.
fn judged(main: &str, others: &[&str], document: &[u8]) -> Option<Vec<String>> {
    let mut files = BTreeMap::new();
    for file in std::iter::once(&main).chain(others) {
        files.insert((*file).to_owned(), sample(&format!("{FOLDER}/schema/{file}"))?);
    }
    let schema = Schema::json(main, &files).unwrap_or_else(|faults| panic!("{faults:#?}"));
    let tree = regbridge::wire::json::read(document, &Limits::default()).expect("JSON");
    Some(schema.validate(document, &tree).iter().map(ToString::to_string).collect())
}

#[test]
fn requests_of_toronto_in_xml() {
    for (path, count) in [("samples/requests_single.xml", 1), ("samples/requests_many.xml", 2)] {
        let Some(value) = through("requests", Format::Xml, path) else { return };
        let records = value["records"].as_array().expect("records");
        assert_eq!(records.len(), count);
        assert_eq!(records[0]["registration_number"], "101005420892");
        assert_eq!(records[0]["place"]["longitude"], "-79.272306875");
        assert_eq!(records[0]["service"]["responsible"], "311 Toronto");
        assert_eq!(records[0].get("facts"), None, "an empty description is no value");
        let written = crosses("requests", &value, Format::Json);
        if let Some(faults) = judged("requests.json", &["request.json"], &written) {
            assert!(faults.is_empty(), "{faults:?}");
        }
    }
}

#[test]
fn requests_of_chicago_in_json() {
    let Some(value) = through("requests", Format::Json, "samples/service_requests.json") else { return };
    assert_eq!(value["records"][0]["place"]["latitude"], "41.858724777757864", "all seventeen digits");
    assert_eq!(value["records"][1]["state_text"], "Locked");
    crosses("requests", &value, Format::Xml);
    let written = write(&profile("open311-v2"), "requests", Format::Json, &bare(&value));
    if let Some(faults) = judged("requests.json", &["request.json"], &written) {
        assert!(faults.is_empty(), "{faults:?}");
    }
}

#[test]
fn services_in_both_formats() {
    let Some(value) = through("services", Format::Json, "samples/service_list.json") else { return };
    assert_eq!(value["records"][0]["keywords"], json!(["lorem", "ipsum", "dolor"]));
    crosses("services", &value, Format::Xml);
    let Some(value) = through("services", Format::Xml, "samples/services_giessen.xml") else { return };
    let records = value["records"].as_array().expect("records");
    assert_eq!(records.len(), 8);
    assert_eq!(records[4]["name"], "Straßen- und Gehwegschäden");
    let written = crosses("services", &value, Format::Json);
    if let Some(faults) = judged("services.json", &["service.json"], &written) {
        assert!(faults.is_empty(), "{faults:?}");
    }
}

/// The fenced examples of the standard's page, in their order.
fn examples() -> Option<Vec<String>> {
    let page = String::from_utf8(sample("open311/spec-georeport-v2.md")?).expect("UTF-8");
    let fenced: Vec<String> =
        page.split("~~~~").skip(1).step_by(2).map(|text| text.trim().to_owned()).collect();
    Some(fenced)
}

#[test]
fn every_example_of_the_standards_page() {
    let Some(examples) = examples() else { return };
    let profile = profile("open311-v2");
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for example in examples {
        // A status line and headers stand before a body; `006` without quotes, as the page has it, is no JSON.
        let body = example.rsplit("\n\n").next().expect("a body");
        let unquoted = |text: &str| {
            let mut fixed = text.to_owned();
            for code in ["001", "002", "003", "006"] {
                fixed = fixed.replace(&format!(":{code},"), &format!(":\"{code}\","));
            }
            fixed
        };
        let (format, body) = match body.chars().next() {
            Some('<') => (Format::Xml, body.to_owned()),
            Some('[' | '{') => (Format::Json, unquoted(body)),
            Some(c) if c.is_ascii_alphabetic() && body.contains('=') => (Format::Form, body.to_owned()),
            _ => continue,
        };
        let decoded = read(&profile, format, body.as_bytes());
        let value = decoded.to_message();
        let written = write(&profile, &decoded.message, format, &value);
        assert_eq!(plain(format, &written), plain(format, body.as_bytes()), "{body}");
        if format != Format::Form {
            let other = if format == Format::Xml { Format::Json } else { Format::Xml };
            crosses(&decoded.message, &value, other);
        }
        *seen.entry(format!("{} {}", decoded.message, format.as_str())).or_default() += 1;
    }
    let wanted = [
        ("errors json", 1),
        ("errors xml", 1),
        ("requests json", 2),
        ("requests xml", 2),
        ("service-definition json", 1),
        ("service-definition xml", 1),
        ("services json", 1),
        ("services xml", 1),
        ("submit form", 1),
        ("submit-answer json", 2),
        ("submit-answer xml", 2),
    ];
    assert_eq!(seen, wanted.map(|(name, count)| (name.to_owned(), count)).into());
}

#[test]
fn our_own_samples_cross_from_one_format_to_the_other() {
    let profile = profile("open311-v2");
    let mut crossed = 0;
    for sample in profile.samples().filter(|sample| sample.format != Format::Form) {
        let value = there_and_back(
            &profile,
            &read(&profile, sample.format, &sample.bytes).message,
            sample.format,
            &sample.bytes,
        );
        let message = read(&profile, sample.format, &sample.bytes).message;
        crosses(&message, &value, if sample.format == Format::Xml { Format::Json } else { Format::Xml });
        crossed += 1;
    }
    assert!(crossed >= 14, "{crossed}");
}

#[test]
fn a_request_says_where() {
    let profile = profile("open311-v2");
    for (form, right) in [
        ("service_code=1&lat=1&long=2", true),
        ("service_code=1&address_string=x", true),
        ("service_code=1&address_id=x", true),
        ("service_code=1&lat=1&address_id=7", false),
        ("service_code=1&description=x", false),
    ] {
        let limits = Limits::default();
        let input = regbridge::mapping::Input {
            bytes: form.as_bytes(),
            format: Format::Form,
            charset: None,
            limits: &limits,
        };
        let decoded = crate::profiles::with_run(|run| profile.decode(&input, run));
        assert_eq!(decoded.is_ok(), right, "{form}");
    }
}
