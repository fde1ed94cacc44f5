//! `regbridge profile schema`: the JSON Schemas of the profile's own files, for editors.

use std::path::Path;

use anyhow::Context as _;
use clap::ValueEnum;
use serde_json::Value;

use crate::mapping::file_schema;

#[derive(Clone, Copy, ValueEnum)]
pub(in crate::cli) enum File {
    /// `profile.toml`.
    Profile,
    /// `*.map.toml`.
    Map,
}

pub(super) fn run(file: File) -> anyhow::Result<bool> {
    print!("{}", text(file)?);
    Ok(true)
}

fn text(file: File) -> anyhow::Result<String> {
    let schema: Value = match file {
        File::Profile => file_schema::profile(),
        File::Map => file_schema::map(),
    };
    Ok(format!("{}\n", serde_json::to_string_pretty(&schema)?))
}

/// Puts both schemas into a folder, where the first lines of drafted files name them; what is there stays.
pub(super) fn put_into(folder: &Path) -> anyhow::Result<()> {
    for (name, file) in [("profile.schema.json", File::Profile), ("map.schema.json", File::Map)] {
        let path = folder.join(name);
        if !path.exists() {
            std::fs::write(&path, text(file)?).with_context(|| path.display().to_string())?;
        }
    }
    Ok(())
}
