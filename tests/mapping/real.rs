//! Samples that nobody here wrote, from the folder of formats beside the project: read, written, compared.
//!
//! They are no part of the project. Where the folder is not there, [`sample()`] says so and gives nothing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use regbridge::mapping::{Decoded, Format, Input, Profile, ProfileFiles};
use regbridge::wire::limits::Limits;
use regbridge::wire::tree::{NodeId, NodeKind, Tree};
use serde_json::{Value, json};

use crate::profiles::{canonical, with_run};

/// The bytes of a file of the folder of formats.
pub(crate) fn sample(path: &str) -> Option<Vec<u8>> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let named = std::env::var_os("REGBRIDGE_FORMATS").map(PathBuf::from);
    let beside = here.ancestors().map(|above| above.join("shared/formats")).find(|folder| folder.is_dir());
    let Some(folder) = named.or(beside) else {
        eprintln!("skipped {path}: there is no folder of formats beside the project");
        return None;
    };
    Some(std::fs::read(folder.join(path)).unwrap_or_else(|error| panic!("{path}: {error}")))
}

/// A profile that only tests use, from `tests/mapping/profiles/`.
pub(crate) fn test_profile(id: &str) -> Profile {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mapping/profiles").join(id);
    let mut found = BTreeMap::new();
    let mut todo = vec![root.clone()];
    while let Some(folder) = todo.pop() {
        for entry in std::fs::read_dir(&folder).expect("the profile's folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                todo.push(path);
            } else {
                let name = path.strip_prefix(&root).expect("below it").to_string_lossy().into_owned();
                found.insert(name, std::fs::read(&path).expect("a file"));
            }
        }
    }
    let loaded = Profile::load(&ProfileFiles(found), &canonical());
    match loaded {
        Ok((profile, _)) => profile,
        Err(faults) => {
            let shown: Vec<String> = faults.iter().map(|f| format!("{f}")).collect();
            panic!("{id} does not load:\n{}", shown.join("\n"))
        }
    }
}

/// Reads a document, which must be accepted.
pub(crate) fn read(profile: &Profile, format: Format, bytes: &[u8]) -> Decoded {
    let limits = Limits::default();
    let input = Input { bytes, format, charset: None, limits: &limits };
    with_run(|run| profile.decode(&input, run))
        .unwrap_or_else(|refusal| panic!("{}\n{:#?}", String::from_utf8_lossy(bytes), refusal.problems))
}

/// Writes a message object, which must be possible.
pub(crate) fn write(profile: &Profile, message: &str, format: Format, value: &Value) -> Vec<u8> {
    with_run(|run| profile.encode(message, Some(format), value, run))
        .unwrap_or_else(|refusal| panic!("{value:#}\n{:#?}", refusal.problems))
        .bytes
}

/// Wire → record → wire: what is written must equal what came. Gives the message object.
pub(crate) fn there_and_back(profile: &Profile, message: &str, format: Format, bytes: &[u8]) -> Value {
    let decoded = read(profile, format, bytes);
    assert_eq!(decoded.message, message);
    let value = decoded.to_message();
    let written = write(profile, message, format, &value);
    assert_eq!(plain(format, bytes), plain(format, &written), "{value:#}");
    value
}

/// What equality looks at, whatever the format: of XML expanded names, attributes, text and order.
pub(crate) fn plain(format: Format, bytes: &[u8]) -> Value {
    match format {
        Format::Xml => {
            let (tree, _) = regbridge::wire::xml::read(bytes, None, &Limits::default()).expect("XML");
            element(&tree, tree.root().expect("a root"))
        }
        Format::Json => {
            let tree = regbridge::wire::json::read(bytes, &Limits::default()).expect("JSON");
            node(&tree, tree.root().expect("a root"))
        }
        _ => {
            let pairs: BTreeMap<String, String> = form_urlencoded::parse(bytes).into_owned().collect();
            json!(pairs)
        }
    }
}

/// Every `(address, entry)` of what was kept in a message object.
pub(crate) fn kept(value: &Value) -> Vec<Value> {
    let mut found = Vec::new();
    let mut todo = vec![value];
    while let Some(here) = todo.pop() {
        match here {
            Value::Object(members) => {
                let stamps = members.get("extensions").and_then(|e| e.get("kept")).and_then(Value::as_array);
                for stamp in stamps.into_iter().flatten() {
                    found.extend(stamp["entries"].as_array().into_iter().flatten().cloned());
                }
                todo.extend(members.iter().filter(|(name, _)| *name != "extensions").map(|(_, v)| v));
            }
            Value::Array(items) => todo.extend(items),
            _ => {}
        }
    }
    found
}

fn element(tree: &Tree, node: NodeId) -> Value {
    let (namespace, local) = tree.expanded(tree.name(node));
    let mut attributes = BTreeMap::new();
    let mut children = Vec::new();
    for child in tree.children(node) {
        match tree.kind(child) {
            NodeKind::Attribute => {
                let (namespace, local) = tree.expanded(tree.name(child));
                attributes.insert(format!("{{{namespace}}}{local}"), tree.text(child).to_owned());
            }
            NodeKind::Text => children.push(json!(tree.text(child))),
            _ => children.push(element(tree, child)),
        }
    }
    json!([format!("{{{namespace}}}{local}"), attributes, tree.text(node), children])
}

/// JSON with the literals of its numbers.
fn node(tree: &Tree, here: NodeId) -> Value {
    match tree.kind(here) {
        NodeKind::Object => {
            Value::Object(tree.children(here).map(|c| (tree.local(c).to_owned(), node(tree, c))).collect())
        }
        NodeKind::Array => tree.children(here).map(|child| node(tree, child)).collect(),
        NodeKind::Number => json!({ "literal": tree.text(here) }),
        NodeKind::Bool => json!(tree.text(here) == "true"),
        NodeKind::Null => Value::Null,
        _ => json!(tree.text(here)),
    }
}
