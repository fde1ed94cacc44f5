//! JSON Schemas of a profile's own files, `profile.toml` and `*.map.toml`, so that editors complete and check them.
//!
//! Promise: every key, word and step comes from the tables that the loader reads by, so that the two cannot drift; a
//! file that loads is valid here. Not everything that is valid loads: paths and types are the loader's to judge.
//! Published as `schemas/profile.schema.json` and `schemas/map.schema.json`, and by `regbridge profile schema`.

mod map;
mod profile;
#[cfg(test)]
mod tests;

use serde_json::{Value, json};

pub use map::map;
pub use profile::profile;

/// The head that both share.
fn head(name: &str, title: &str, description: &str) -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": format!("https://regbridge.invalid/schemas/{name}.schema.json"),
        "title": title,
        "description": description,
        "type": "object",
    })
}
