//! `regbridge profile new`: a first draft of a profile folder, from a schema and samples.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;

use super::{schema, tell};
use crate::domain::record::schemas;
use crate::mapping::Canonical;
use crate::mapping::draft::{Draft, Source, draft, references};

/// Lines of each list that are shown; the rest stands in the files.
const SHOWN: usize = 12;

#[derive(Args)]
pub(in crate::cli) struct New {
    /// The new profile's id: small letters, digits and hyphens.
    id: String,
    /// What the records are, for example complaint-order.
    #[arg(long)]
    kind: String,
    /// The agency's schema; say it again for each file that it imports from elsewhere.
    #[arg(long, value_name = "FILE.xsd|FILE.json")]
    schema: Vec<PathBuf>,
    /// A document of the format (.xml .json .form .csv), with invented data; may be said again.
    #[arg(long)]
    sample: Vec<PathBuf>,
    /// The root element, where the schema has several; the member of a JSON document that holds the message.
    #[arg(long, value_name = "NAME")]
    root: Option<String>,
    /// The path to the records below the root, where it is not to be guessed; `.` for the root itself.
    #[arg(long, value_name = "PATH")]
    records: Option<String>,
    /// The folder in which the profile's folder is made.
    #[arg(long, value_name = "DIR", default_value = ".")]
    out: PathBuf,
}

pub(super) fn run(new: &New) -> anyhow::Result<bool> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
    if new.id.is_empty()
        || !new.id.starts_with(|c: char| c.is_ascii_lowercase())
        || !new.id.chars().all(plain)
    {
        bail!(
            "\"{}\": an id has small letters, digits, hyphens and points, and begins with a letter",
            new.id
        );
    }
    let folder = new.out.join(&new.id);
    if folder.exists() {
        bail!(
            "{} is there already: choose another id, another --out, or take it away first",
            folder.display()
        );
    }
    if new.schema.is_empty() && new.sample.is_empty() {
        bail!("give --schema FILE (an XSD or a JSON Schema), --sample FILE (a document), or both");
    }
    let mut source = Source {
        id: new.id.clone(),
        kind: new.kind.clone(),
        root: new.root.clone(),
        records: new.records.clone(),
        ..Source::default()
    };
    read_schemas(&new.schema, &mut source)?;
    for file in &new.sample {
        source.samples.push((name(file), read(file)?));
    }
    let made = match draft(&source, &Canonical(schemas())) {
        Ok(made) => made,
        Err(problems) => return Ok(tell(&problems)),
    };
    write(&folder, &made)?;
    schema::put_into(&new.out)?;
    report(&folder, &new.id, &made);
    Ok(made.refused.is_empty())
}

fn name(file: &Path) -> String {
    file.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(file).with_context(|| file.display().to_string())
}

/// The schema, and what it leads to: among the files that were given, or beside it.
fn read_schemas(given: &[PathBuf], source: &mut Source) -> anyhow::Result<()> {
    let Some(main) = given.first() else { return Ok(()) };
    source.schema = Some(name(main));
    for file in given {
        source.schemas.insert(name(file), read(file)?);
    }
    let beside = main.parent().unwrap_or(Path::new("."));
    let mut todo: Vec<String> = source.schemas.keys().cloned().collect();
    let mut missing: BTreeMap<String, String> = BTreeMap::new();
    while let Some(file) = todo.pop() {
        for reference in references(&file, &source.schemas[&file]) {
            let location = reference.location.trim_start_matches("./").to_owned();
            let last = location.rsplit('/').next().unwrap_or(&location).to_owned();
            if location == "http://www.w3.org/XML/1998/namespace" || location.contains("json-schema.org/") {
                continue;
            }
            if !source.schemas.contains_key(&last) {
                let path = beside.join(if location.contains("://") { &last } else { &location });
                let Ok(bytes) = std::fs::read(&path) else {
                    missing.insert(location, file.clone());
                    continue;
                };
                source.schemas.insert(last.clone(), bytes);
                todo.push(last.clone());
            }
            if location != last && file.to_ascii_lowercase().ends_with(".xsd") {
                source.catalogue.insert(reference.location, last);
            }
        }
    }
    // A JSON Schema may refer to itself by its address.
    missing.retain(|_, by| by.to_ascii_lowercase().ends_with(".xsd"));
    if let Some((location, by)) = missing.first_key_value() {
        let all: Vec<String> = missing.keys().map(|location| format!("  {location}")).collect();
        bail!(
            "{by} imports {location}, which is not beside it. Nothing is fetched: get these files, and give each by one \
             more --schema FILE (the main one first):\n{}",
            all.join("\n")
        );
    }
    Ok(())
}

fn write(folder: &Path, made: &Draft) -> anyhow::Result<()> {
    for (path, bytes) in &made.files.0 {
        let file = folder.join(path);
        if let Some(parent) = file.parent() {
            std::fs::create_dir_all(parent).with_context(|| parent.display().to_string())?;
        }
        std::fs::write(&file, bytes).with_context(|| file.display().to_string())?;
    }
    Ok(())
}

fn report(folder: &Path, id: &str, made: &Draft) {
    println!("{}", folder.display());
    for path in made.files.0.keys() {
        println!("  {path}");
    }
    let wide =
        made.matched.iter().chain(&made.unmatched).map(|(wire, _)| wire.chars().count()).max().unwrap_or(0);
    let wide = wide.min(48);
    let list = |title: &str, all: &[(String, String)], sign: &str| {
        println!("\n{title}: {}", all.len());
        for (wire, record) in all.iter().take(SHOWN) {
            let sign = if record.is_empty() { "" } else { sign };
            println!("  {wire:<wide$}  {sign}{record}");
        }
        if all.len() > SHOWN {
            println!("  … and {} more, in {id}.map.toml", all.len() - SHOWN);
        }
    };
    list("matched", &made.matched, "→ ");
    list(
        "not matched (they wait behind # in the map, or go to extensions, and are kept)",
        &made.unmatched,
        "nearest: ",
    );
    if !made.doubts.is_empty() {
        println!("\nlook at these first: {}", made.doubts.len());
        for doubt in &made.doubts {
            println!("  {doubt}");
        }
    }
    if !made.refused.is_empty() {
        println!("\nsamples that were left out: the draft, or the agency's schema, refuses them");
        for problem in &made.refused {
            println!("  {problem}");
        }
    }
    let folder = folder.display();
    println!(
        "\nnext:\n  1. read {folder}/{id}.map.toml beside the agency's list of fields; correct second cells, take # away\n  \
         2. regbridge profile check {folder}\n  3. read samples/*.golden.json: what each sample becomes; after a change\n     \
         regbridge profile test --update {folder}\n  4. answer the questions of {folder}/README.md"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(out: &Path, id: &str, schema: &[&str], sample: &[&str]) -> New {
        let files = |names: &[&str]| names.iter().map(|name| out.join(name)).collect();
        New {
            id: id.to_owned(),
            kind: "complaint-order".to_owned(),
            schema: files(schema),
            sample: files(sample),
            root: None,
            records: None,
            out: out.to_owned(),
        }
    }

    fn refusal(new: &New) -> String {
        run(new).map_or_else(|error| error.to_string(), |done| format!("done: {done}"))
    }

    #[test]
    fn a_folder_is_written_once_with_the_schemas_beside_it() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("a.json"), r#"{"complaint_id": "1", "detail": "x"}"#)
            .expect("written");
        let order = new(folder.path(), "lake", &[], &["a.json"]);
        assert!(run(&order).expect("a draft"));
        for file in
            ["lake/profile.toml", "lake/lake.map.toml", "lake/samples/a.golden.json", "map.schema.json"]
        {
            assert!(folder.path().join(file).is_file(), "{file}");
        }
        let manifest = std::fs::read_to_string(folder.path().join("lake/profile.toml")).expect("text");
        assert!(manifest.starts_with("#:schema ../profile.schema.json\n"), "{manifest}");
        assert!(refusal(&order).contains("is there already"));
    }

    #[test]
    fn an_import_is_read_beside_the_schema_or_asked_for() {
        let folder = tempfile::tempdir().expect("a folder");
        let main = r#"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:b="urn:b">
            <xs:import namespace="urn:b" schemaLocation="https://b.example/b.xsd"/>
            <xs:element name="Order"><xs:complexType><xs:sequence><xs:element ref="b:OrderNumber"/></xs:sequence>
            </xs:complexType></xs:element></xs:schema>"#;
        std::fs::write(folder.path().join("a.xsd"), main).expect("written");
        let order = new(folder.path(), "lake", &["a.xsd"], &[]);
        let told = refusal(&order);
        assert!(
            told.contains("https://b.example/b.xsd") && told.contains("one more --schema FILE"),
            "{told}"
        );
        let part = r#"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:b">
            <xs:element name="OrderNumber" type="xs:string"/></xs:schema>"#;
        std::fs::write(folder.path().join("b.xsd"), part).expect("written");
        assert_eq!(refusal(&order), "done: true");
        let catalogue = std::fs::read_to_string(folder.path().join("lake/catalog.toml")).expect("text");
        assert!(catalogue.contains("\"https://b.example/b.xsd\" = \"b.xsd\""), "{catalogue}");
    }

    #[test]
    fn what_is_missing_is_asked_for() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(refusal(&new(folder.path(), "Lake", &[], &["a.json"])).contains("begins with a letter"));
        assert!(refusal(&new(folder.path(), "lake", &[], &[])).contains("give --schema FILE"));
        assert!(!folder.path().join("lake").exists());
    }
}
