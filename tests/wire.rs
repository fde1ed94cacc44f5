//! The readers and schemas on real formats: those of the folder `REGBRIDGE_FORMATS` names, or `../shared/formats`.
//!
//! The folder holds other people's files and is not part of the project; where it is absent, these tests say so and
//! pass.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test may fail, and says what it skipped")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use regbridge::domain::problem::Problem;
use regbridge::wire::encoding::Encoding;
use regbridge::wire::limits::Limits;
use regbridge::wire::schema::Schema;
use regbridge::wire::tree::Tree;
use regbridge::wire::xml::XmlStyle;
use regbridge::wire::{json, xml};

#[path = "support/dice.rs"]
mod dice;
#[path = "support/growth.rs"]
mod growth;
#[path = "wire/linear.rs"]
mod linear;
#[path = "wire/xsd/mod.rs"]
mod xsd;

fn formats() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/formats");
    let folder = std::env::var_os("REGBRIDGE_FORMATS").map_or(beside, PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: {} does not exist", folder.display());
    None
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn read_xml(path: &Path) -> Result<Tree, Vec<Problem>> {
    xml::read(&std::fs::read(path).unwrap(), None, &Limits::default()).map(|(tree, _)| tree)
}

#[test]
fn real_xml_is_read_and_written_back() {
    let Some(folder) = formats() else { return };
    for extension in ["xml", "xsd"] {
        for path in files(&folder, extension) {
            let tree = read_xml(&path).unwrap_or_else(|p| panic!("{}: {p:?}", path.display()));
            let style =
                XmlStyle { encoding: Encoding::Utf8, prefixes: &[], declaration: true, indent: false };
            let again = xml::write(&tree, &style).unwrap();
            let (again, _) = xml::read(&again, None, &Limits::default()).unwrap();
            assert_eq!(again.len(), tree.len(), "{}", path.display());
            let root = tree.root().unwrap();
            assert_eq!(xml::write(&again, &style).unwrap(), xml::write(&tree, &style).unwrap());
            println!("{}: {} nodes below {}", path.display(), tree.len(), tree.local(root));
        }
    }
}

#[test]
fn real_json_is_read_and_written_back() {
    let Some(folder) = formats() else { return };
    for path in files(&folder, "json") {
        let tree = json::read(&std::fs::read(&path).unwrap(), &Limits::default())
            .unwrap_or_else(|p| panic!("{}: {p:?}", path.display()));
        let again = json::read(&json::write(&tree, true), &Limits::default()).unwrap();
        let value = |tree: &Tree| json::to_value(tree, tree.root().unwrap());
        assert_eq!(value(&again), value(&tree), "{}", path.display());
    }
}

#[test]
fn the_goaml_schemas_judge_their_samples() {
    let Some(folder) = formats() else { return };
    for path in files(&folder.join("goaml/schema"), "xsd") {
        let given = BTreeMap::from([("main.xsd".to_owned(), std::fs::read(&path).unwrap())]);
        let schema = match Schema::xsd("main.xsd", &given, &BTreeMap::new()) {
            Ok(schema) => schema,
            Err(problems) => {
                println!(
                    "{}: not admitted: {} problems, first {}",
                    path.display(),
                    problems.len(),
                    problems[0]
                );
                continue;
            }
        };
        let shape = schema.shape();
        println!("{}: {} types, {} roots", path.display(), shape.types.len(), shape.roots.len());
        assert!(shape.root("", "report").is_some());
        for sample in files(&folder.join("goaml/samples"), "xml") {
            let Ok(tree) = read_xml(&sample) else { continue };
            let problems = schema.validate(tree.source().as_bytes(), &tree);
            println!("  {}: {} problems", sample.display(), problems.len());
            if path.ends_with("goAMLSchema-5.0.2.xsd") && !sample.ends_with("thecury-generated-report.xml") {
                assert_eq!(problems, [], "{}", sample.display());
            }
            problems.iter().take(3).for_each(|problem| {
                println!("    {problem} found {:?} expected {:?}", problem.found, problem.expected);
            });
        }
    }
}

#[test]
fn the_ptb_schemas_are_admitted() {
    let Some(folder) = formats() else { return };
    let schemas = folder.join("ptb-dcc/schemas");
    let given: BTreeMap<String, Vec<u8>> = files(&schemas, "xsd")
        .into_iter()
        .map(|path| {
            (path.strip_prefix(&schemas).unwrap().to_str().unwrap().to_owned(), std::fs::read(&path).unwrap())
        })
        .collect();
    let catalogue = ["v1.3.1", "v2.0.0"].map(|v| {
        (
            format!("https://ptb.de/si/{v}/SI_Format.xsd"),
            format!("SI_Format/{}/SI_Format.xsd", v.replace('.', "_")),
        )
    });
    let catalogue = BTreeMap::from(catalogue);
    for main in given.keys() {
        match Schema::xsd(main, &given, &catalogue) {
            Ok(schema) => println!("{main}: {} types", schema.shape().types.len()),
            Err(problems) => panic!("{main}: {problems:?}"),
        }
    }
}
