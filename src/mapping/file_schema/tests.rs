//! The schemas against the loader: every shipped file is valid, every wrong one is refused by both, no key is forgotten.

use std::path::Path;

use serde_json::Value;

use super::{map, profile};
use crate::domain::record::schemas;
use crate::mapping::canonical::Canonical;
use crate::mapping::files::ProfileFiles;
use crate::mapping::manifest::KEYS;
use crate::mapping::message::MESSAGE_KEYS;
use crate::mapping::profile::Profile;

fn errors(schema: &Value, text: &str) -> Vec<String> {
    let value: toml::Value = toml::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    let value = serde_json::to_value(value).unwrap();
    let validator = jsonschema::draft202012::new(schema).unwrap();
    let told = validator.iter_errors(&value).map(|error| error.to_string());
    told.collect()
}

#[test]
fn every_key_of_the_loader_is_described_and_no_other() {
    for (keys, of) in [
        (KEYS, super::profile::key as fn(&str) -> Option<Value>),
        (MESSAGE_KEYS, super::profile::message_key),
    ] {
        for key in keys {
            let said = of(key).unwrap_or_else(|| panic!("{key} is not described"));
            assert!(said["description"].as_str().is_some_and(|text| text.len() > 10), "{key}");
        }
        assert!(of("colour").is_none());
    }
    let schema = profile();
    assert_eq!(schema["properties"].as_object().map(serde_json::Map::len), Some(KEYS.len()));
    let message = &schema["properties"]["message"]["additionalProperties"]["anyOf"][0];
    assert_eq!(message["properties"].as_object().map(serde_json::Map::len), Some(MESSAGE_KEYS.len()));
}

#[test]
fn every_shipped_file_is_valid() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/profiles");
    let (profile, map) = (profile(), map());
    let mut seen = 0;
    for entry in folder.read_dir().unwrap() {
        for file in entry.unwrap().path().read_dir().unwrap() {
            let path = file.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let schema = if name == "profile.toml" {
                &profile
            } else if name.ends_with(".map.toml") {
                &map
            } else {
                continue;
            };
            let told = errors(schema, &std::fs::read_to_string(&path).unwrap());
            assert!(told.is_empty(), "{}: {told:#?}", path.display());
            seen += 1;
        }
    }
    assert!(seen > 30, "only {seen} files: is the reader blind?");
}

#[test]
fn the_published_files_are_these() {
    for (name, schema) in [("profile", profile()), ("map", map())] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("schemas/{name}.schema.json"));
        let text = format!("{}\n", serde_json::to_string_pretty(&schema).unwrap());
        if std::env::var_os("UPDATE_SCHEMAS").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let known = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            known == text,
            "{} is not what the loader knows: run this test with UPDATE_SCHEMAS=1",
            path.display()
        );
    }
}

const GOOD: &str =
    "id = \"a\"\n[message.m]\nwire = [\"json\"]\nkind = \"complaint-order\"\nblock = \"top\"\n";
const ROWS: &str = "top = [[\".\", \"records[1]\", \"one thing\"]]\nthing = [[\"n\", \"registration_number\", \"text\", \"must\"]]\n";

fn loads(profile: &str, map: &str) -> bool {
    let files = [("profile.toml", profile), ("a.map.toml", map)];
    let files = files.map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec()));
    Profile::load(&ProfileFiles(files.into_iter().collect()), &Canonical(schemas())).is_ok()
}

#[test]
fn what_the_schema_refuses_the_loader_refuses() {
    assert!(loads(GOOD, ROWS) && errors(&profile(), GOOD).is_empty() && errors(&map(), ROWS).is_empty());
    for wrong in [
        GOOD.replace("id = \"a\"", ""),
        GOOD.replace("id = ", "idd = "),
        format!("colour = \"red\"\n{GOOD}"),
        format!("indent = 3\n{GOOD}").replace("indent = 3", "order = \"rwos\""),
        format!("zone = \"8\"\n{GOOD}"),
        format!("zone = 8\n{GOOD}"),
        format!("encoding = \"latin\"\n{GOOD}"),
        format!("blank = \"nill\"\n{GOOD}"),
        format!("unwritten = \"x\"\n{GOOD}"),
        format!("signed = \"verify\"\n{GOOD}"),
        format!("kept_ok = [1]\n{GOOD}"),
        format!("ns = \"x\"\n{GOOD}"),
        format!("indent = \"yes\"\n{GOOD}"),
        format!("beside = \"x\"\n{GOOD}"),
        GOOD.replace("wire = [\"json\"]", "wire = [\"yaml\"]"),
        GOOD.replace("wire = [\"json\"]\n", ""),
        GOOD.replace("kind = \"complaint-order\"\n", ""),
        GOOD.replace("block = \"top\"\n", ""),
        GOOD.replace("block = ", "blok = "),
        format!("{GOOD}records = \"1-2\"\n"),
        format!("{GOOD}bad_records = \"drop\"\n"),
        format!("{GOOD}root = 1\n"),
        format!("{GOOD}root = {{ yaml = \"x\" }}\n"),
        format!("{GOOD}label = 1\n"),
        "id = \"a\"\n".to_owned(),
    ] {
        assert!(!errors(&profile(), &wrong).is_empty(), "the schema lets it through: {wrong}");
        assert!(!loads(&wrong, ROWS), "the loader lets it through: {wrong}");
    }
    for wrong in [
        ROWS.replace("\"text\"", "\"tekst\""),
        ROWS.replace("\"text\"", "\"text | tekst\""),
        ROWS.replace("\"text\"", "\"text '\""),
        ROWS.replace("\"must\"", "\"mus\""),
        ROWS.replace("\"must\"", "\"must if a\""),
        ROWS.replace("\"text\", \"must\"", "\"text\", \"must\", \"a\", \"b\""),
        ROWS.replace("\"text\"", "3"),
        ROWS.replace("thing = [[", "text = [["),
        ROWS.replace("[[\"n\", \"registration_number\", \"text\", \"must\"]]", "[[\"n\"]]"),
        ROWS.replace("[[\"n\", \"registration_number\", \"text\", \"must\"]]", "\"n\""),
        ROWS.replace("\"n\"", "\"\""),
    ] {
        assert!(!errors(&map(), &wrong).is_empty(), "the schema lets it through: {wrong}");
        assert!(!loads(GOOD, &wrong), "the loader lets it through: {wrong}");
    }
}

#[test]
fn a_version_is_what_semver_says_without_build_metadata() {
    let pattern = super::profile::key("version").unwrap()["pattern"].as_str().unwrap().to_owned();
    let pattern = regex::Regex::new(&pattern).unwrap();
    let agree = |text: &str| {
        let parsed = semver::Version::parse(text).is_ok_and(|version| version.build.is_empty());
        assert_eq!(pattern.is_match(text), parsed, "{text:?}");
        parsed
    };
    let known = "1.0.0-.. 1.0.0-a..b 1.0.0- 1.0.0-01 1.0.0-0 1.0.0-00a 1.0.0-- 1.0.0--.- 01.0.0 1.0 1.0.0.0 1.0.0+a 1.0.0-a+b \
                 1.0.0-123456789012345678901 1.0.18446744073709551615 1.0.18446744073709551616 1.0.18446744073709551609 \
                 18446744073709551599.0.0 9999999999999999999.0.0 19000000000000000000.0.0 20000000000000000000.0.0";
    let good = known.split_whitespace().filter(|text| agree(text)).count();
    assert_eq!(good, 9);
    agree("");
    agree("1.0.0\n");
    let text = "[0-3]{1,2}[.][0-3]{1,2}[.][0-3]{1,2}(-[0-1a-b.-]{0,6})?([+][a.]{0,2})?|[0-9.a+-]{0,12}";
    let config =
        proptest::test_runner::Config { cases: 4000, failure_persistence: None, ..Default::default() };
    let seen = [std::cell::Cell::new(0), std::cell::Cell::new(0)];
    proptest::test_runner::TestRunner::new(config)
        .run(&text, |text| {
            let count = &seen[usize::from(agree(&text))];
            count.set(count.get() + 1);
            Ok(())
        })
        .unwrap();
    assert!(seen.iter().all(|count| count.get() > 300), "{seen:?}");
}
