//! Of which documents the mirror holds. That it is right then, the reader itself asserts wherever anything is tested.

use std::path::Path;

use serde_json::{Value, json};

use crate::clock::{SeededChance, Timestamp};
use crate::domain::record::schemas;
use crate::mapping::keep::Kept;
use crate::mapping::recognise::recognise;
use crate::mapping::{Canonical, Format, Input, Profile, ProfileFiles, Run, read};
use crate::wire::limits::Limits;

fn files() -> ProfileFiles {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/profiles/cn-amr-xml");
    let mut files = ProfileFiles::default();
    for folder in ["", "codes", "samples"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap().map(Result::unwrap) {
            if entry.file_type().unwrap().is_file() {
                let name = entry.path().strip_prefix(&root).unwrap().to_string_lossy().into_owned();
                files.0.insert(name, std::fs::read(entry.path()).unwrap());
            }
        }
    }
    files
}

fn loaded(change: impl Fn(&str) -> String) -> Profile {
    let mut files = files();
    let manifest = String::from_utf8(files.0["profile.toml"].clone()).unwrap();
    files.0.insert("profile.toml".to_owned(), change(&manifest).into_bytes());
    Profile::load(&files, &Canonical(schemas())).unwrap().0
}

fn sample(name: &str) -> String {
    let bytes = &files().0[&format!("samples/{name}.xml")];
    encoding_rs::GB18030.decode_without_bom_handling(bytes).0.replace("GB18030", "UTF-8")
}

/// What the mirror says is kept, where it holds.
fn mirrored(profile: &Profile, text: &str) -> Option<Kept> {
    let (limits, chance) = (Limits::default(), SeededChance::new(1));
    let run = Run { now: Timestamp::parse("2026-11-23T01:30:00Z").unwrap(), chance: &chance };
    let input = Input { bytes: text.as_bytes(), format: Format::Xml, charset: None, limits: &limits };
    let (tree, _) = profile.read_tree(&input).unwrap();
    let (message, top) = recognise(&profile.messages, &tree, &profile.map.names, Format::Xml).unwrap();
    let out = read::read(&profile.map, &tree, message.block, top, run);
    assert!(out.problems.is_empty());
    let rank = profile.rank(message, top, Format::Xml);
    let mirror = out.mirror.filter(|mirror| mirror.holds(&tree, rank.as_ref()))?;
    Some(mirror.kept(&profile.map, &tree, &out.items))
}

#[test]
fn documents_that_are_read_whole_need_not_be_written() {
    let in_schema_order = loaded(str::to_owned);
    let in_row_order = loaded(|manifest| manifest.replace("order = \"schema\"", "order = \"rows\""));
    for profile in [in_schema_order, in_row_order] {
        for name in ["order-full", "receipt-accepted", "receipt-batch", "reply", "closure-closed"] {
            let kept = mirrored(&profile, &sample(name)).expect(name);
            assert!(kept.values().flatten().all(|entry| entry["as"] == "899"), "{name}: {kept:?}");
        }
    }
}

#[test]
fn another_spelling_is_kept_with_its_item() {
    let text = sample("order-full")
        .replace("<Price>179.00<", "<Price>+179.0<")
        .replace("<Amount>338.50<", "<Amount>338.5<");
    let kept = mirrored(&loaded(str::to_owned), &text).unwrap();
    let entries: Vec<&Value> = kept.values().flatten().collect();
    assert_eq!(
        entries,
        [
            &json!({"at": "Price", "as": "+179.0", "while": "179.00"}),
            &json!({"at": "Amount", "as": "338.5", "while": "338.50"})
        ]
    );
}

#[test]
fn nothing_is_said_of_what_no_row_reads() {
    let (profile, text) = (loaded(str::to_owned), sample("order-full"));
    let changed = [
        ("an element", "<Facts>", "<Other/><Facts>"),
        ("an attribute", "<Facts>", "<Facts other=''>"),
        ("an empty element", "<Brand>示例牌</Brand>", "<Brand/>"),
        ("a blank one", "<Brand>示例牌</Brand>", "<Brand> </Brand>"),
        ("text beside children", "<Header>", "<Header>text"),
        ("one of two", "<Facts>", "<Facts>one</Facts><Facts>"),
        ("two wrappers", "<Claims>", "<Claims></Claims><Claims>"),
        ("another order", "<Email>shili@example.com</Email>", ""),
        ("a wrong check digit", "91330106MA00000016", "91330106MA00000017"),
    ];
    for (what, from, to) in changed {
        let mut other = text.replacen(from, to, 1);
        assert_ne!(other, text, "{what}");
        if what == "another order" {
            other = other.replacen("<CitizenId>", "<Email>shili@example.com</Email><CitizenId>", 1);
        }
        assert_eq!(mirrored(&profile, &other), None, "{what}");
    }
}
