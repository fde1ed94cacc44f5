//! The exported journal, read as its published form says and not with our code.

use std::path::Path;
use std::sync::OnceLock;

use serde_json::Value;

use crate::house::House;

/// Every entry of the journal, from `journal export`.
pub(crate) fn entries(house: &House) -> Vec<Value> {
    let out = tempfile::tempdir().unwrap();
    let folder = out.path().join("out");
    house.must(&["journal", "export", &folder.display().to_string()]);
    let checkpoint = std::fs::read_to_string(folder.join("checkpoint")).unwrap();
    let size: usize = checkpoint.lines().nth(1).unwrap().parse().unwrap();
    let mut all = Vec::new();
    // Bundles of 256 entries, each entry under a length of two bytes (C2SP tlog-tiles, "Log Entries"); stories stay
    // below 256,000 entries, so three digits name a bundle.
    for bundle in 0..size.div_ceil(256) {
        let whole = folder.join(format!("tile/entries/{bundle:03}"));
        let file = if whole.is_file() {
            whole
        } else {
            folder.join(format!("tile/entries/{bundle:03}.p/{}", size % 256))
        };
        let bytes = std::fs::read(&file).unwrap_or_else(|why| panic!("{}: {why}", file.display()));
        let mut rest = bytes.as_slice();
        while let [high, low, after @ ..] = rest {
            let length = usize::from(u16::from_be_bytes([*high, *low]));
            all.push(serde_json::from_slice(&after[..length]).unwrap());
            rest = &after[length..];
        }
    }
    assert_eq!(all.len(), size);
    for entry in &all {
        let wrong: Vec<String> = schema().iter_errors(entry).map(|wrong| wrong.to_string()).collect();
        assert!(wrong.is_empty(), "schemas/journal does not know {entry}: {wrong:?}");
    }
    all
}

/// What is published of entries.
fn schema() -> &'static jsonschema::Validator {
    static SCHEMA: OnceLock<jsonschema::Validator> = OnceLock::new();
    SCHEMA.get_or_init(|| {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/journal/entry.schema.json");
        let schema = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
        jsonschema::validator_for(&schema).unwrap()
    })
}

/// The reasons of the refusals that the journal has of an agency, in order.
pub(crate) fn refusals_of(house: &House, agency: &str) -> Vec<String> {
    entries(house)
        .iter()
        .filter(|entry| entry["type"] == "refusal" && entry["agency"] == agency)
        .map(|entry| entry["why"].as_str().unwrap().to_owned())
        .collect()
}

/// The journal checks out whole.
pub(crate) fn is_whole(house: &House) {
    let said = house.must(&["journal", "fsck"]);
    assert!(said.starts_with("OK "), "{said}");
}
