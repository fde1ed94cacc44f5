//! The published schema of journal entries, made from the types.

use std::fmt::Write as _;
use std::path::Path;

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::exchange::entry::Fact;

fn schema() -> Value {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let mut schema = generator.into_root_schema_for::<Fact>().to_value();
    schema["$id"] = json!("https://regbridge.invalid/schemas/journal/entry.schema.json");
    schema["title"] = json!("journal entry 存证日志条目");
    schema["type"] = json!("object");
    schema["properties"] = json!({
        "v": { "const": 1, "description": "The version of its type." },
        "at": { "type": "string", "format": "date-time", "description": "When it was appended." },
    });
    schema["required"] = json!(["v", "at", "type"]);
    schema["unevaluatedProperties"] = json!(false);
    schema
}

/// The type of a choice, and what is said of it.
fn types(schema: &Value) -> Vec<(String, String, Vec<String>)> {
    let choices = schema["oneOf"].as_array().unwrap();
    let mut types: Vec<_> = choices
        .iter()
        .map(|choice| {
            let name = choice["properties"]["type"]["const"].as_str().unwrap().to_owned();
            let said = choice["description"].as_str().unwrap().replace('\n', " ");
            let members = match choice["$ref"].as_str() {
                Some(path) => &schema["$defs"][path.rsplit('/').next().unwrap()]["properties"],
                None => &choice["properties"],
            };
            let named = |members: &Map<String, Value>| {
                members.keys().filter(|name| *name != "type").cloned().collect::<Vec<_>>()
            };
            (name, said, members.as_object().map(named).unwrap_or_default())
        })
        .collect();
    types.sort();
    types
}

fn table(schema: &Value) -> String {
    let mut table = "| type | what happened | members |\n|---|---|---|\n".to_owned();
    for (name, said, members) in types(schema) {
        let members: Vec<String> = members.iter().map(|member| format!("`{member}`")).collect();
        writeln!(table, "| `{name}` | {said} | {} |", members.join(" ")).unwrap();
    }
    table
}

const BEGIN: &str = "<!-- the table is made from the types -->\n";

#[test]
fn the_published_schema_and_its_table_say_what_the_types_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/journal");
    let schema = schema();
    let text = format!("{}\n", serde_json::to_string_pretty(&schema).unwrap());
    let (file, manual) = (folder.join("entry.schema.json"), folder.join("README.md"));
    let said = std::fs::read_to_string(&manual).unwrap();
    let (front, _) = said.split_once(BEGIN).unwrap();
    let wanted = format!("{front}{BEGIN}{}", table(&schema));
    if std::env::var_os("UPDATE_SCHEMAS").is_some() {
        std::fs::write(&file, &text).unwrap();
        std::fs::write(&manual, &wanted).unwrap();
    }
    let stale = "is stale: UPDATE_SCHEMAS=1 cargo test --lib entry::schema writes it";
    assert!(std::fs::read_to_string(&file).unwrap_or_default() == text, "{} {stale}", file.display());
    assert!(said == wanted || std::env::var_os("UPDATE_SCHEMAS").is_some(), "{} {stale}", manual.display());
}

#[test]
fn the_schema_refuses_what_no_type_says() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let hold = |change: &dyn Fn(&mut Value)| {
        let mut entry = json!({
            "v": 1, "at": "2026-11-28T10:00:00Z", "type": "stop",
        });
        change(&mut entry);
        validator.is_valid(&entry)
    };
    assert!(hold(&|_| ()));
    assert!(!hold(&|entry| entry["more"] = json!(1)), "a member that it has not");
    assert!(!hold(&|entry| entry["type"] = json!("stopp")), "a type that is none");
    assert!(!hold(&|entry| entry["v"] = json!(2)));
    assert!(!hold(&|entry| entry["type"] = json!("submission")), "members are wanting");
}
