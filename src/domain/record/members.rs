//! `schemas/canonical/MEMBERS.md`: the members of each kind of record, for people who write a map.
//!
//! Promise: made from the published schemas, and held equal to them by the test that holds those equal to the types.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

/// The page.
pub(super) fn page(schemas: &BTreeMap<String, Value>) -> String {
    let mut page = "# The members of the records\n\n\
        Made from the types (`UPDATE_SCHEMAS=1 cargo test --lib domain::record` writes it); do not edit it by hand. A record path of a\n\
        map is these names joined by dots: `respondent.name`, `claims[1].amount`. *must*: a record without it is refused. *list*: `each`,\n\
        `[n]` or a predicate. Names like *Party* are parts, told at the end; words of a closed list stand in `codes/`. `extensions`\n\
        stands on every object, and takes any name.\n"
        .to_owned();
    let mut parts: BTreeMap<&str, &Value> = BTreeMap::new();
    for (kind, schema) in schemas {
        // A title begins with the kind's own word.
        let title = schema.get("title").and_then(Value::as_str).unwrap_or(kind);
        let _ = write!(page, "\n## {title}\n\n");
        table(&mut page, schema, schema);
        parts.extend(definitions(schema).filter(|(_, part)| !members(part).is_empty()));
    }
    page.push_str("\n# Parts\n");
    for (name, part) in parts {
        let home = schemas.values().find(|schema| definitions(schema).any(|(known, _)| known == name));
        let _ = write!(page, "\n## {name}\n\n");
        table(&mut page, part, home.unwrap_or(part));
    }
    page
}

fn definitions(schema: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let all = schema.get("$defs").and_then(Value::as_object).into_iter().flatten();
    all.map(|(name, part)| (name.as_str(), part))
}

/// Name and schema of each member; of one of several, of all of them.
fn members(schema: &Value) -> BTreeMap<&str, &Value> {
    let own = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    let mut found: BTreeMap<&str, &Value> = own.map(|(name, member)| (name.as_str(), member)).collect();
    for one in schema.get("oneOf").and_then(Value::as_array).into_iter().flatten() {
        found.extend(members(one));
    }
    found
}

fn table(page: &mut String, schema: &Value, root: &Value) {
    page.push_str("| member | | what it is | |\n|---|---|---|---|\n");
    let required = schema.get("required").and_then(Value::as_array);
    for (name, member) in members(schema).into_iter().filter(|(name, _)| *name != "extensions") {
        let must = required.is_some_and(|all| all.iter().any(|known| known == name));
        let about = member.get("description").and_then(Value::as_str).unwrap_or_default();
        let about = about.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|");
        let must = if must { "must" } else { "" };
        let _ = writeln!(page, "| `{name}` | {must} | {} | {about} |", what(member, root));
    }
}

/// What stands at a place, in few words.
fn what(member: &Value, root: &Value) -> String {
    let word = |key: &str| member.get(key).and_then(Value::as_str);
    if let Some(target) = word("$ref") {
        let name = target.rsplit('/').next().unwrap_or_default();
        let part = root.pointer(target.trim_start_matches('#'));
        return match part {
            Some(part) if members(part).is_empty() => what(part, root),
            _ => name.to_owned(),
        };
    }
    if let Some(items) = member.get("items") {
        return format!("list of {}", what(items, root));
    }
    if let Some(words) = member.get("enum").and_then(Value::as_array) {
        return listed(words.iter().filter_map(Value::as_str));
    }
    if let Some(fixed) = word("const") {
        return format!("`{fixed}`");
    }
    let one = ["oneOf", "anyOf", "allOf"].iter().find_map(|key| member.get(*key)?.as_array());
    if let Some(several) = one {
        let words: Vec<&str> = several.iter().filter_map(|one| one.get("const")?.as_str()).collect();
        return match several.first() {
            _ if !words.is_empty() => listed(words.into_iter()),
            Some(first) => what(first, root),
            None => "anything".to_owned(),
        };
    }
    match (word("type"), word("format")) {
        (Some("string"), Some("date")) => "day".to_owned(),
        (Some("string"), Some("date-time")) => "moment".to_owned(),
        (Some("string"), _) => "text".to_owned(),
        (Some("integer"), _) => "whole number".to_owned(),
        (Some("boolean"), _) => "true or false".to_owned(),
        (Some(other), _) => other.to_owned(),
        (None, _) => "anything".to_owned(),
    }
}

/// The words of a closed list, or the first of many.
fn listed<'a>(words: impl Iterator<Item = &'a str>) -> String {
    // 8: more would make the row longer than what it says.
    let mut all: Vec<String> = words.take(9).map(|word| format!("`{word}`")).collect();
    if all.len() > 8 {
        all[8] = "…".to_owned();
    }
    all.join(" ")
}
