//! `xmllint` as the second judge: many documents in one process.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// Documents of one process: xmllint compiles the schema once for all of them, and a command line holds 2 MB.
const BATCH: usize = 1_000;

/// What it says of each document: nothing for valid, else its first words.
pub(super) type Verdict = Result<(), String>;

/// Whether there is one; says so if not.
pub(super) fn here() -> bool {
    let found = Command::new("xmllint").arg("--version").output().is_ok();
    if !found {
        eprintln!("skipped: xmllint is not here, and there is no second judge");
    }
    found
}

/// Judges documents by a schema file; `Err` if it refuses the schema.
pub(super) fn judge(schema: &Path, documents: &[String]) -> Result<Vec<Verdict>, String> {
    let folder = tempfile::tempdir().expect("a folder");
    let mut verdicts = Vec::new();
    for batch in documents.chunks(BATCH) {
        let mut command = Command::new("xmllint");
        command.current_dir(folder.path()).args(["--nonet", "--noout", "--schema"]).arg(schema);
        for (number, document) in batch.iter().enumerate() {
            let name = format!("{number}.xml");
            std::fs::write(folder.path().join(&name), document).expect("a file");
            command.arg(name);
        }
        let judged = command.output().expect("xmllint runs");
        let words = String::from_utf8_lossy(&judged.stderr).into_owned();
        if words.contains("WXS schema") && words.contains("failed to compile") {
            return Err(words);
        }
        verdicts.extend(read(&words, batch.len()));
    }
    Ok(verdicts)
}

fn read(words: &str, count: usize) -> Vec<Verdict> {
    let mut said: BTreeMap<usize, String> = BTreeMap::new();
    let mut verdicts: Vec<Option<Verdict>> = vec![None; count];
    for line in words.lines() {
        let Some((number, rest)) = line.split_once(".xml") else { continue };
        let Ok(number) = number.parse::<usize>() else { continue };
        if rest == " validates" {
            verdicts[number] = Some(Ok(()));
        } else if rest.starts_with(" fails to validate") {
            verdicts[number] = Some(Err(said.get(&number).cloned().unwrap_or_default()));
        } else {
            said.entry(number).or_insert_with(|| rest.to_owned());
        }
    }
    verdicts
        .into_iter()
        .enumerate()
        .map(|(number, verdict)| {
            verdict.unwrap_or_else(|| Err(format!("unreadable: {:?}", said.get(&number))))
        })
        .collect()
}
