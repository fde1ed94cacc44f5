//! goAML 5.0.2 with the schema that may not be passed on: its own samples and ours, `xmllint` as the second judge.
//!
//! Schema and samples are no part of the project: without the folder of formats beside it only the load without a
//! schema is tested, and the rest says that it was left out.

use std::path::{Path, PathBuf};
use std::process::Command;

use regbridge::mapping::{Decoded, Format, Input, Profile, ProfileFiles, Stage};
use regbridge::wire::limits::Limits;
use serde_json::{Value, json};

use crate::profiles::{canonical, files, with_run};

const ID: &str = "goaml-5.0.2";
const SCHEMA: &str = "goAMLSchema-5.0.2.xsd";

/// The samples of 5.0.2 that nobody here wrote.
pub(crate) const SAMPLES: &[&str] = &[
    "TR.2079.200000309.xml",
    "TR.2079.200000310.xml",
    "USG-dpmsr-activity.xml",
    "golden-AIF.xml",
    "golden-AIFT.xml",
    "golden-DPMSR.xml",
    "golden-ECDD.xml",
    "golden-ECDDT.xml",
    "golden-SAR.xml",
    "golden-STR.xml",
];

fn folder() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/formats");
    let folder = std::env::var_os("REGBRIDGE_FORMATS").map_or(beside, PathBuf::from).join("goaml");
    if !folder.is_dir() {
        eprintln!("left out: there is no folder of formats beside the project, hence no schema of goAML");
        return None;
    }
    Some(folder)
}

/// The profile's files with the schema that its operator must get.
fn complete(folder: &Path) -> ProfileFiles {
    let mut files = files(ID);
    files.0.insert(SCHEMA.to_owned(), std::fs::read(folder.join("schema").join(SCHEMA)).expect("the schema"));
    files
}

fn load(folder: &Path) -> Profile {
    match Profile::load(&complete(folder), &canonical()) {
        Ok((profile, _)) => profile,
        Err(faults) => {
            let shown: Vec<String> = faults.iter().map(|f| format!("{f}")).collect();
            panic!("{ID} does not load:\n{}", shown.join("\n"));
        }
    }
}

/// The profile with its schema, where the folder of formats is here.
pub(crate) fn whole() -> Option<Profile> {
    folder().map(|folder| load(&folder))
}

fn read(profile: &Profile, bytes: &[u8]) -> Decoded {
    let limits = Limits::default();
    let input = Input { bytes, format: Format::Xml, charset: None, limits: &limits };
    with_run(|run| profile.decode(&input, run)).unwrap_or_else(|refusal| {
        let shown: Vec<String> = refusal.problems.iter().map(|f| format!("{f}")).collect();
        panic!("{}", shown.join("\n"))
    })
}

fn write(profile: &Profile, value: &Value) -> Vec<u8> {
    with_run(|run| profile.encode("report", Some(Format::Xml), value, run))
        .unwrap_or_else(|refusal| panic!("{:#?}", refusal.problems))
        .bytes
}

/// The second judge: valid by libxml2.
fn valid(folder: &Path, name: &str, bytes: &[u8]) {
    let place = tempfile::tempdir().expect("a folder");
    let file = place.path().join("written.xml");
    std::fs::write(&file, bytes).expect("a file");
    let schema = folder.join("schema").join(SCHEMA);
    let judged =
        Command::new("xmllint").args(["--nonet", "--noout", "--schema"]).arg(schema).arg(&file).output();
    match judged {
        Ok(judged) => assert!(judged.status.success(), "{name}: {}", String::from_utf8_lossy(&judged.stderr)),
        Err(_) => eprintln!("xmllint is not here; its judgement of {name} is left out"),
    }
}

/// Names, attributes and texts in document order, without layout: what must not change.
fn plain(bytes: &[u8]) -> Vec<String> {
    let (tree, _) = regbridge::wire::xml::read(bytes, None, &Limits::default()).expect("XML");
    let mut out = Vec::new();
    let mut todo = vec![tree.root().expect("a root")];
    while let Some(node) = todo.pop() {
        let below: Vec<_> = tree.children(node).collect();
        let text = if below.is_empty() { tree.text(node).trim() } else { "" };
        out.push(format!("{}={text}", tree.path(node)));
        todo.extend(below.into_iter().rev());
    }
    out
}

/// How many kept entries there are, and how many of them are nodes that no row reads.
fn kept(value: &Value) -> Vec<String> {
    match value {
        Value::Object(members) => members
            .iter()
            .flat_map(|(name, member)| {
                if name != "kept" {
                    return kept(member);
                }
                let stamps = member.as_array().into_iter().flatten();
                stamps
                    .flat_map(|s| s["entries"].as_array().cloned().unwrap_or_default())
                    .map(|e| e.to_string())
                    .collect()
            })
            .collect(),
        Value::Array(items) => items.iter().flat_map(kept).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn without_its_schema_the_profile_says_where_to_get_it() {
    let faults = Profile::load(&files(ID), &canonical()).expect_err("the schema is not ours to ship");
    assert_eq!((faults.len(), &*faults[0].code), (1, "file-beside"), "{faults:#?}");
    let said = faults[0].to_string();
    assert!(
        said.contains("profile.toml") && said.contains("profiles/goaml-5.0.2/goAMLSchema-5.0.2.xsd"),
        "{said}"
    );
    assert!(said.contains("portal"), "{said}");
}

#[test]
fn every_published_sample_comes_back_valid_and_whole() {
    let Some(folder) = folder() else { return };
    let profile = load(&folder);
    for name in SAMPLES {
        let bytes = std::fs::read(folder.join("samples").join(name)).expect("a sample");
        valid(&folder, name, &bytes);
        let decoded = read(&profile, &bytes);
        let value = decoded.to_message();
        let written = write(&profile, &value);
        valid(&folder, name, &written);
        assert_eq!(plain(&bytes), plain(&written), "{name}");
        // Without what was kept, every mapped field is still there: only empty elements and known spellings are not.
        let kept = kept(&value);
        for entry in &kept {
            let spelling = entry.contains("\"as\"") && entry.contains("birthdate");
            let empty = entry.contains("\"node\":[\"comments\"") || entry.contains("\"node\":[\"item_make\"");
            // Where an empty element stood among the others.
            let place = entry.contains("\"order\":") && entry.contains("\"item_make\"");
            assert!(spelling || empty || place, "{name}: {entry}");
        }
    }
}

#[test]
fn what_a_record_says_without_anything_kept_is_valid_too() {
    let Some(folder) = folder() else { return };
    let profile = load(&folder);
    for name in SAMPLES {
        let bytes = std::fs::read(folder.join("samples").join(name)).expect("a sample");
        let mut value = read(&profile, &bytes).to_message();
        forget(&mut value);
        let written = write(&profile, &value);
        valid(&folder, name, &written);
        let mut again = read(&profile, &written).to_message();
        forget(&mut again);
        assert_eq!(value, again, "{name}");
    }
}

/// Takes out what is kept.
fn forget(value: &mut Value) {
    match value {
        Value::Object(members) => {
            if let Some(Value::Object(extensions)) = members.get_mut("extensions") {
                extensions.remove("kept");
                if extensions.is_empty() {
                    members.remove("extensions");
                }
            }
            members.values_mut().for_each(forget);
        }
        Value::Array(items) => items.iter_mut().for_each(forget),
        _ => {}
    }
}

#[test]
fn an_edited_record_stays_valid_and_keeps_the_rest() {
    let Some(folder) = folder() else { return };
    let profile = load(&folder);
    let bytes = std::fs::read(folder.join("samples/USG-dpmsr-activity.xml")).expect("a sample");
    let mut value = read(&profile, &bytes).to_message();
    let lead = &mut value["records"][0];
    lead["subjects"][0]["subject"]["related"][0]["subject"]["family_name"] = json!("Changed");
    lead["goods"][0]["sold_value"] = json!("10050000.0001");
    lead["indicators"] = json!(["DPMSJ", "STRUC"]);
    let written = write(&profile, &value);
    valid(&folder, "edited", &written);
    let text = String::from_utf8(written.clone()).expect("UTF-8");
    assert!(text.contains("<last_name>Changed</last_name>") && text.contains("10050000.0001"), "{text}");
    let before = plain(&bytes).len();
    assert_eq!(plain(&written).len(), before + 1, "one indicator more, and nothing less");
}

#[test]
fn another_version_is_refused_where_it_differs() {
    let Some(folder) = folder() else { return };
    let profile = load(&folder);
    let bytes = std::fs::read(folder.join("samples/thecury-generated-report.xml")).expect("a sample");
    let limits = Limits::default();
    let input = Input { bytes: &bytes, format: Format::Xml, charset: None, limits: &limits };
    let refusal = with_run(|run| profile.decode(&input, run)).expect_err("a report of 5.0.1");
    assert_eq!(refusal.stage, Stage::Validate);
    let shown: Vec<String> = refusal.problems.iter().map(|f| format!("{f}")).collect();
    assert!(shown.iter().any(|s| s.contains("report_code") && s.contains("IRF")), "{}", shown.join("\n"));
    assert!(shown.iter().any(|s| s.contains("report_date")), "{}", shown.join("\n"));
}

#[test]
fn our_samples_become_their_goldens() {
    let Some(folder) = folder() else { return };
    let files = complete(&folder);
    let profile = load(&folder);
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    for sample in profile.samples() {
        valid(&folder, &sample.path, &sample.bytes);
        if update {
            let text =
                serde_json::to_string_pretty(&read(&profile, &sample.bytes).to_message()).expect("JSON");
            let path = sample.path.replace(".xml", ".golden.json");
            let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/profiles").join(ID);
            std::fs::write(root.join(path), text + "\n").expect("a golden");
        }
    }
    if !update {
        assert!(files.0.keys().filter(|path| path.ends_with(".golden.json")).count() >= 2);
        let faults = with_run(|run| profile.test(run));
        let shown: Vec<String> = faults.iter().map(|f| format!("{f}")).collect();
        assert!(faults.is_empty(), "{}", shown.join("\n"));
    }
}
