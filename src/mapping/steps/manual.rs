//! The manual's examples, run: `schemas/README.md`, section *Steps*.
//!
//! An example is `` `STEPS`: `wire` ↔ `record as JSON` ``, with → for reading alone, ← for writing alone, and `none` for
//! no value.

use std::collections::BTreeSet;

use regex::Regex;
use serde_json::Value;

use crate::mapping::steps::parse::STEPS;
use crate::mapping::steps::testing::{read, read_none, write};

const README: &str = include_str!("../../../schemas/README.md");

fn rows() -> impl Iterator<Item = &'static str> {
    let section = README.split("## Steps").nth(1).expect("the section").split("\n## ").next();
    section.expect("its end").lines().filter(|line| line.starts_with("| `"))
}

#[test]
fn every_example_of_the_manual_holds() {
    let form = Regex::new("`([^`]+)`: (?:`([^`]*)`|none) (↔|→|←) (?:`([^`]+)`|none)").expect("an expression");
    let mut seen = 0;
    for row in rows() {
        let row = row.replace("\\|", "|");
        for example in form.captures_iter(&row) {
            seen += 1;
            let (how, way) = (&example[1], &example[3]);
            let wire = example.get(2).map(|text| text.as_str());
            let value: Value = example.get(4).map_or(Value::Null, |json| {
                serde_json::from_str(json.as_str()).unwrap_or_else(|wrong| panic!("{}: {wrong}", &example[0]))
            });
            if way != "←" {
                let found = wire.map_or_else(|| read_none(how), |wire| read(how, wire));
                assert_eq!(found.map(Option::unwrap_or_default).as_ref(), Ok(&value), "{}", &example[0]);
            }
            if way != "→" {
                let found = write(how, &value).map(|written| written.map(|(text, _)| text));
                assert_eq!(found.as_ref().map(Option::as_deref), Ok(wire), "{}", &example[0]);
            }
        }
    }
    assert!(seen >= 45, "only {seen} examples: is the reader blind?");
}

/// Steps whose examples are documents; they are tested with profiles.
const WITH_DOCUMENTS: &[&str] = &["chunk", "langs"];

#[test]
fn every_step_is_in_the_manual_with_an_example() {
    let table: String = rows().collect::<Vec<_>>().join("\n").replace("\\|", "|");
    let missing: BTreeSet<&str> = STEPS
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| {
            let ends =
                [format!("`{name}`:"), format!("`{name} "), format!("| {name} "), format!("| {name}`")];
            let example = ends.iter().any(|end| table.contains(end.as_str()));
            let told = table.contains(&format!("`{name}`")) || table.contains(&format!("`{name} "));
            !told || (!example && !WITH_DOCUMENTS.contains(name))
        })
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}
