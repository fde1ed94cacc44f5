//! `extends`: a dialect written as its differences.

use std::collections::BTreeMap;

use regbridge::mapping::{Format, Profile, ProfileFiles};

use crate::fixture::{canonical, files, round, taken};

const BASE: &[(&str, &str)] = &[
    (
        "profile.toml",
        "id = \"base\"\nzone = \"+09:00\"\n[ns]\n\"\" = \"urn:b\"\n[message.order]\nwire = [\"xml\"]\nroot = \"Order\"\nkind = \"order\"\nblock = \"top\"\n[message.other]\nwire = [\"json\"]\nkind = \"order\"\nblock = \"top\"\n",
    ),
    (
        "m.map.toml",
        "top = [[\".\", \"records[1]\", \"one order\"]]\norder = [\n  [\"Number\", \"number\", \"digits 4\", \"must\"],\n  [\"Old\", \"note\"],\n  [\"Name\", \"name\", \"code colour\"],\n]\n",
    ),
    ("codes/colour.csv", "wire,record,label\n1,red,红\n"),
    ("samples/a.xml", "<Order xmlns='urn:b'/>"),
    ("samples/a.golden.json", "{}"),
];

const OWN: &[(&str, &str)] = &[
    (
        "profile.toml",
        "id = \"own\"\nextends = \"base\"\n[message]\nother = \"-\"\n[message.order]\nroot = \"Bill\"\n",
    ),
    (
        "m.map.toml",
        "order = [\n  [\"Number\", \"number\", \"digits 6\", \"must\"],\n  [\"Old\", \"-\"],\n  [\"New\", \"note\"],\n]\n",
    ),
    ("codes/colour.csv", "wire,record,label\n1,blue,蓝\n"),
];

fn changed(of: &[(&str, &str)], path: &str, old: &str, new: &str) -> ProfileFiles {
    let mut files = files(of);
    let text = String::from_utf8(files.0[path].clone()).expect("UTF-8");
    assert!(text.contains(old), "{path} has no {old}");
    files.0.insert(path.to_owned(), text.replacen(old, new, 1).into_bytes());
    files
}

fn load(own: &ProfileFiles, base: &ProfileFiles) -> Result<Profile, Vec<String>> {
    let all = BTreeMap::from([("base".to_owned(), base.clone()), ("own".to_owned(), own.clone())]);
    own.complete(&all)
        .and_then(|files| Profile::load(&files, &canonical()))
        .map(|(profile, _)| profile)
        .map_err(|faults| faults.iter().map(|f| format!("{f} [{}]", f.code)).collect())
}

#[track_caller]
fn refused(own: &ProfileFiles, base: &ProfileFiles, wanted: &[&str]) {
    let faults = load(own, base).expect_err("it does not load").join("\n");
    assert!(wanted.iter().all(|wanted| faults.contains(wanted)), "{faults}");
}

#[test]
fn rows_files_and_keys_lie_over_the_base() {
    let profile = load(&files(OWN), &files(BASE)).unwrap_or_else(|faults| panic!("{faults:#?}"));
    assert_eq!((profile.id(), profile.zone_seconds()), ("own", 9 * 3600));
    assert_eq!(profile.messages().map(|m| m.name).collect::<Vec<_>>(), ["order"]);
    assert_eq!(profile.samples().count(), 0);
    let text = "<Bill xmlns=\"urn:b\"><Number>000001</Number><Old>o</Old><Name>1</Name><New>n</New></Bill>";
    let (decoded, back) = round(&profile, Format::Xml, text);
    assert_eq!(back, text);
    let record = &decoded.records[0];
    assert_eq!((&record["note"], &record["name"]), (&"n".into(), &"blue".into()));
    // What no row reads any more is kept.
    assert_eq!(record["extensions"]["kept"][0]["entries"][0]["at"], "Old");
    let rules: Vec<String> = profile.explain(&decoded).into_iter().map(|e| e.rule).collect();
    assert!(rules.contains(&"own/m.map.toml:2".to_owned()), "{rules:?}");
    assert!(rules.contains(&"base/m.map.toml:5".to_owned()), "{rules:?}");
}

#[test]
fn the_base_is_as_it_was_and_part_of_the_version() {
    let base = load(&files(BASE), &files(BASE)).unwrap_or_else(|faults| panic!("{faults:#?}"));
    let text = "<Order xmlns=\"urn:b\"><Number>0001</Number><Old>o</Old><Name>1</Name></Order>";
    assert_eq!(taken(&base, Format::Xml, text).records[0]["name"], "red");
    let own = load(&files(OWN), &files(BASE)).expect("it loads");
    let later = load(&files(OWN), &changed(BASE, "m.map.toml", "digits 4", "digits 5")).expect("it loads");
    assert_ne!(own.digest(), later.digest());
}

#[test]
fn what_cannot_be_extended() {
    let base = files(BASE);
    let own = changed(OWN, "profile.toml", "extends = \"base\"", "extends = \"bass\"");
    refused(&own, &base, &["2:11", "unknown-base", "did you mean \"base\"?"]);
    let files_of_own = files(OWN);
    let faults = Profile::load(&files_of_own, &canonical()).map(drop).expect_err("the base is not there");
    assert_eq!(faults[0].code, "unknown-base");
    let twice = changed(BASE, "profile.toml", "id = \"base\"", "id = \"base\"\nextends = \"own\"");
    refused(&files(OWN), &twice, &["extends-twice", "one level only"]);
    let nothing = changed(OWN, "m.map.toml", "[\"Old\", \"-\"]", "[\"Olb\", \"-\"]");
    refused(&nothing, &base, &["removes-nothing", "did you mean \"Old\"?", "3:4  m.map.toml"]);
    let alone = changed(BASE, "m.map.toml", "[\"Old\", \"note\"]", "[\"Old\", \"-\"]");
    refused(&alone, &base, &["removes-nothing"]);
    let wrong = changed(BASE, "m.map.toml", "digits 4", "digit 4");
    let own = changed(OWN, "m.map.toml", "[\"Number\", \"number\", \"digits 6\", \"must\"],", "");
    refused(&own, &wrong, &["../base/m.map.toml", "unknown-step"]);
}

#[test]
fn a_base_may_be_pinned_to_a_version() {
    let older = changed(BASE, "m.map.toml", "\"code colour\"", "\"text 3\"");
    let all = BTreeMap::from([("base@1.9.0".to_owned(), older), ("base".to_owned(), files(BASE))]);
    let load = |extends: &str| {
        let own = changed(OWN, "profile.toml", "extends = \"base\"", &format!("extends = \"{extends}\""));
        let complete = own.complete(&all);
        complete.and_then(|files| Profile::load(&files, &canonical())).map(|(profile, _)| profile)
    };
    let text = "<Bill xmlns=\"urn:b\"><Number>000001</Number><Name>1</Name></Bill>";
    let (pinned, newest) = (load("base@1.9.0").expect("it loads"), load("base").expect("it loads"));
    assert_eq!(taken(&pinned, Format::Xml, text).records[0]["name"], "1");
    assert_eq!(taken(&newest, Format::Xml, text).records[0]["name"], "blue");
    assert_ne!(pinned.digest(), newest.digest());
    let (decoded, back) = round(&pinned, Format::Xml, text);
    assert_eq!(back, text);
    let rules: Vec<String> = pinned.explain(&decoded).into_iter().map(|one| one.rule).collect();
    assert!(rules.contains(&"base@1.9.0/m.map.toml:5".to_owned()), "{rules:?}");
    let faults = load("base@1.9.1").map(drop).expect_err("there is no such version");
    assert_eq!(faults[0].code, "unknown-base");
    assert!(faults[0].en.contains("did you mean \"base@1.9.0\"?"), "{}", faults[0].en);
}
