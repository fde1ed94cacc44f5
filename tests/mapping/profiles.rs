//! The shipped profiles load, and their samples keep the laws.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use regbridge::clock::{SeededChance, Timestamp};
use regbridge::mapping::{Canonical, Profile, ProfileFiles, Run, golden_path, golden_text};

/// The shipped profiles.
pub(crate) const IDS: &[&str] = &[
    "cn-12315-json",
    "cn-amr-xml",
    "cn-cert-check",
    "cn-hongdun-yunqiao",
    "cn-operator-report",
    "cn-police-lead",
    "cn-xzcf-exchange",
    "cn-xzcf-exchange-2019",
    "county-sheet",
    "open311-v2",
];

/// The files of a shipped profile.
pub(crate) fn files(id: &str) -> ProfileFiles {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/profiles").join(id);
    let mut found = BTreeMap::new();
    let mut todo: Vec<PathBuf> = vec![root.clone()];
    while let Some(folder) = todo.pop() {
        for entry in std::fs::read_dir(&folder).expect("the profile's folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                todo.push(path);
            } else {
                let name = path.strip_prefix(&root).expect("below it").to_string_lossy().replace('\\', "/");
                found.insert(name, std::fs::read(&path).expect("a file"));
            }
        }
    }
    let files = ProfileFiles(found);
    match files.base() {
        Some(base) => {
            let all = BTreeMap::from([(base.clone(), self::files(&base))]);
            files.complete(&all).expect("a base that is shipped")
        }
        None => files,
    }
}

/// The canonical schemas.
pub(crate) fn canonical() -> Canonical {
    Canonical(regbridge::domain::record::schemas())
}

/// A shipped profile.
pub(crate) fn profile(id: &str) -> Profile {
    match Profile::load(&files(id), &canonical()) {
        Ok((profile, _)) => profile,
        Err(faults) => {
            let shown: Vec<String> = faults.iter().map(|f| format!("{f}")).collect();
            panic!("{id} does not load:\n{}", shown.join("\n"));
        }
    }
}

/// Runs with a clock that stands still, as [`Profile::test`] reads samples.
pub(crate) fn with_run<T>(with: impl FnOnce(&Run<'_>) -> T) -> T {
    let chance = SeededChance::new(7);
    let now = Timestamp::parse("2026-11-23T01:30:00Z").expect("RFC 3339");
    with(&Run { now, chance: &chance })
}

#[test]
fn every_sample_becomes_its_golden_and_is_written_back_equal() {
    for id in IDS {
        let profile = profile(id);
        assert!(profile.samples().count() > 0, "{id} has no sample");
        let faults = with_run(|run| profile.test(run));
        let shown: Vec<String> = faults.iter().map(|f| format!("{f}")).collect();
        assert!(faults.is_empty(), "{id}:\n{}", shown.join("\n"));
    }
}

/// Writes every golden anew: `UPDATE_GOLDEN=1 cargo test --test mapping -- --ignored goldens`, then review the diff.
#[test]
#[ignore = "writes into the source tree"]
fn goldens_are_written_anew() {
    if std::env::var_os("UPDATE_GOLDEN").is_none() {
        return;
    }
    for id in IDS {
        let profile = profile(id);
        for sample in profile.samples() {
            let decoded = profile
                .golden(sample)
                .unwrap_or_else(|refusal| panic!("{}: {:#?}", sample.path, refusal.problems));
            let text = golden_text(&decoded.to_message());
            let path = Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("schemas/profiles")
                .join(id)
                .join(golden_path(&sample.path).expect("a sample's path"));
            std::fs::write(path, text).expect("a golden");
        }
    }
}
