//! Formats that nobody here wrote: published schemas and samples, beside the project, and `xmllint` as a second judge.
//!
//! They are no part of the project: the folder is the one `REGBRIDGE_FORMATS` names, or `../shared/formats`. Where it is not there, a test that needs it says so and looks at our own
//! samples alone.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A file of the folder of formats; without the folder nothing, and a word on standard error.
pub(crate) fn format_file(path: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/formats");
    let folder = std::env::var_os("REGBRIDGE_FORMATS").map_or(beside, PathBuf::from);
    if !folder.is_dir() {
        eprintln!("{path}: the folder of formats is not here; left out");
        return None;
    }
    let file = folder.join(path);
    assert!(file.exists(), "the folder of formats has no {path}");
    Some(file)
}

/// The text of a file of the folder of formats.
pub(crate) fn format_text(path: &str) -> Option<String> {
    let file = format_file(path)?;
    Some(std::fs::read_to_string(file).unwrap_or_else(|e| panic!("{path}: {e}")))
}

/// What `xmllint` says of a document against a schema: `Ok` for valid, else its words. Nothing without `xmllint`.
pub(crate) fn xmllint(schema: &Path, document: &[u8]) -> Option<Result<(), String>> {
    if Command::new("xmllint").arg("--version").output().is_err() {
        eprintln!("xmllint is not here; its judgement is left out");
        return None;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("document.xml");
    std::fs::write(&file, document).expect("a file");
    let judged =
        Command::new("xmllint").args(["--nonet", "--noout", "--schema"]).arg(schema).arg(&file).output();
    let judged = judged.expect("xmllint runs");
    let words = String::from_utf8_lossy(&judged.stderr).into_owned();
    Some(if judged.status.success() { Ok(()) } else { Err(words) })
}

/// The canonical form of a document, as libxml2 has it. Nothing without `xmllint`.
pub(crate) fn canonical_by_xmllint(text: &str) -> Option<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("document.xml");
    std::fs::write(&file, text).expect("a file");
    let Ok(made) = Command::new("xmllint").args(["--nonet", "--c14n11"]).arg(&file).output() else {
        eprintln!("xmllint is not here; its judgement is left out");
        return None;
    };
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    Some(String::from_utf8(made.stdout).expect("UTF-8"))
}
