//! Steps whose work shows only in a document: what is held, sealed, dated, derived, attached.

mod conventions;
mod derived;
mod files;
mod held;
mod ids;
mod langs;
mod places;
mod sealed;

use std::collections::BTreeMap;

use regbridge::mapping::{Canonical, Profile};
use serde_json::json;

/// One record kind, `item`, with a member of each sort.
pub(crate) fn canonical() -> Canonical {
    let text = json!({"type": "string"});
    let extensions = json!({"type": "object", "additionalProperties": true});
    let part = |members: serde_json::Value| {
        let mut members = members;
        members["extensions"] = extensions.clone();
        json!({"type": "object", "additionalProperties": false, "properties": members})
    };
    let money = json!({"type": "object", "properties": {"amount": {"type": "integer"}, "currency": text}});
    let quantity = part(json!({"value": text, "unit": text, "uncertainty": text}));
    let file = part(json!({
        "sha256": text, "name": text, "media_type": text, "size": {"type": "integer"}, "url": text
    }));
    let line = part(json!({
        "id": text, "name": text, "price": money, "count": {"type": "integer"}, "weight": quantity, "of": text
    }));
    let item = json!({
        "type": "object", "additionalProperties": false, "required": ["number"],
        "properties": {
            "number": text, "region": text, "made_at": text, "phone": text, "weight": quantity, "file": file,
            "files": {"type": "array", "items": file}, "lines": {"type": "array", "items": line},
            "title": {"type": "object", "additionalProperties": text}, "note": text,
            "warnings": {"type": "array"}, "extensions": extensions
        }
    });
    Canonical(BTreeMap::from([("item".to_owned(), item)]))
}

const MANIFEST: &str = "id = \"t\"\n[message.items]\nwire = [\"xml\", \"json\"]\nroot = { xml = \"Items\" }\n\
                        kind = \"item\"\nblock = \"top\"\n";

/// A division that was dissolved, and one that came after it.
const DIVISION: &str = "wire,record,label,write,since,until\n330103,xiacheng,下城区,,,2021-04-08\n\
                        330105,gongshu,拱墅区,,,\n330113,linping,临平区,,2021-04-09,\n";

/// A profile of these rows, and further lines of the manifest.
pub(crate) fn load(manifest: &str, map: &str) -> Result<Profile, Vec<String>> {
    let manifest = format!("{manifest}{MANIFEST}");
    let files = crate::fixture::files(&[
        ("profile.toml", &manifest),
        ("t.map.toml", map),
        ("codes/division.csv", DIVISION),
    ]);
    Profile::load(&files, &canonical()).map(|(profile, _)| profile).map_err(|faults| {
        faults.iter().map(|f| format!("{}:{} {} {}", f.path, f.line.unwrap_or(0), f.code, f.en)).collect()
    })
}

/// A profile whose items have these rows.
#[track_caller]
pub(crate) fn items(rows: &str) -> Profile {
    let map = format!("top = [[\"Item\", \"records\", \"each item\", \"must\"]]\nitem = [\n{rows}\n]\n");
    load("", &map).unwrap_or_else(|faults| panic!("{faults:#?}"))
}

/// What keeps a profile whose items have these rows from loading.
#[track_caller]
pub(crate) fn refused(rows: &str) -> Vec<String> {
    let map = format!("top = [[\"Item\", \"records\", \"each item\", \"must\"]]\nitem = [\n{rows}\n]\n");
    load("", &map).expect_err("it does not load")
}
