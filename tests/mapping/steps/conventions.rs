//! The numbers of the field, against vectors that nobody here made. They are no part of the project: the folder is the
//! one `REGBRIDGE_FORMATS` names, or `shared/formats` in a folder above. Where it is not there, the test says so and
//! looks at our own alone.

use std::path::{Path, PathBuf};

use regbridge::mapping::{Format, Profile};

use super::load;
use crate::fixture::taken;

fn formats() -> Option<PathBuf> {
    let named = std::env::var_os("REGBRIDGE_FORMATS").map(PathBuf::from);
    let above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().map(|above| above.join("shared/formats"));
    named.into_iter().chain(above).map(|folder| folder.join("cn-conventions")).find(|folder| folder.is_dir())
}

fn profile(step: &str) -> Profile {
    let map = format!(
        "top = [[\"Item\", \"records\", \"each item\", \"must\"]]\nitem = [[\"Number\", \"number\", \"{step}\", \"must\"]]\n"
    );
    load("", &map).expect("it loads")
}

/// Whether a number is doubted; it is never refused, and never changed.
fn doubted(profile: &Profile, number: &str) -> bool {
    let text = format!("<Items><Item><Number>{number}</Number></Item></Items>");
    let decoded = taken(profile, Format::Xml, &text);
    assert_eq!(decoded.records[0]["number"], number);
    assert_eq!(decoded.records[0].get("warnings").is_some(), !decoded.warnings.is_empty());
    !decoded.warnings.is_empty()
}

#[test]
fn every_vector() {
    let (uscc, citizen) = (profile("uscc"), profile("citizen-id"));
    assert!(!doubted(&uscc, "91350100M000100Y43") && doubted(&uscc, "91350100M000100Y44"));
    let Some(folder) = formats() else {
        eprintln!("no vectors here: only our own were looked at");
        return;
    };
    let valid = std::fs::read_to_string(folder.join("uscc-valid.txt")).expect("a file");
    let wrong: Vec<&str> =
        valid.lines().map(str::trim).filter(|n| !n.is_empty() && doubted(&uscc, n)).collect();
    assert!(wrong.is_empty(), "valid, but doubted: {wrong:?}");
    assert!(valid.lines().count() >= 200);
    // A changed check character is seen: it is the only one that fits the other seventeen.
    for number in valid.lines().map(str::trim).filter(|n| !n.is_empty()) {
        let last = if number.ends_with('0') { '1' } else { '0' };
        assert!(doubted(&uscc, &format!("{}{last}", &number[..17])), "{number}");
    }
    let vectors = std::fs::read_to_string(folder.join("gb-test-vectors.tsv")).expect("a file");
    for line in vectors.lines().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        let [kind, number, expected, ..] = cells.as_slice() else { panic!("{line}") };
        let doubt = doubted(if *kind == "uscc" { &uscc } else { &citizen }, number);
        // 15 digits have no check digit, and a small x is what it stands for.
        assert_eq!(doubt, *expected == "invalid", "{line}");
    }
}
