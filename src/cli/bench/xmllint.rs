//! libxml2's `xmllint`, which parses and validates documents of ours: a limit that nobody here wrote.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, bail};

use crate::cli::bench::stage::Stage;
use crate::mapping::ProfileFiles;

/// Whether it is installed.
pub(super) fn is_there() -> bool {
    let version =
        Command::new("xmllint").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    version.is_ok_and(|status| status.success())
}

/// Documents a second that it parses and validates against the profile's schema, each `times` over: the time of all
/// less the time of one, so that its start and its reading of the schema do not count. With `stream` it keeps no tree.
pub(super) fn rate(
    files: &ProfileFiles,
    documents: &[Vec<u8>],
    times: usize,
    stream: bool,
) -> anyhow::Result<f64> {
    let stage = Stage::make(None)?;
    let is_schema = |name: &str| Path::new(name).extension().is_some_and(|ending| ending == "xsd");
    let schema = files.0.iter().find(|(name, _)| is_schema(name)).context("the profile has a schema")?;
    fs::write(stage.path().join("schema.xsd"), schema.1)?;
    let mut names = Vec::new();
    for (number, document) in documents.iter().enumerate() {
        let name = format!("{number}.xml");
        fs::write(stage.path().join(&name), document)?;
        names.push(name);
    }
    let time = |names: &[&String]| {
        let begun = Instant::now();
        let mut command = Command::new("xmllint");
        command.args(["--nonet", "--noout", "--schema", "schema.xsd"]);
        command.args(stream.then_some("--stream")).args(names).current_dir(stage.path());
        let output = command.output().context("xmllint (Debian: libxml2-utils)")?;
        if !output.status.success() {
            bail!("xmllint: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(begun.elapsed().as_secs_f64())
    };
    let all: Vec<&String> = names.iter().cycle().take(names.len() * times).collect();
    let (one, many) = (time(&all[..1])?, time(&all)?);
    #[expect(clippy::cast_precision_loss, reason = "some thousands")]
    Ok((all.len() - 1) as f64 / (many - one))
}
