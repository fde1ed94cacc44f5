//! Schemas with documents that are valid by them: the shipped profile's, and published ones where they are beside the
//! project.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use regbridge::wire::limits::Limits;
use regbridge::wire::schema::Schema;
use regbridge::wire::xml;

use super::element::Element;
use crate::{files, formats};

/// A schema and documents to damage.
pub(super) struct Corpus {
    pub(super) name: String,
    pub(super) schema: Schema,
    /// Where xmllint finds the schema.
    pub(super) path: PathBuf,
    pub(super) samples: Vec<Element>,
    pub(super) types: Vec<String>,
    /// Holds the path, if the schema had to be written for xmllint.
    _folder: Option<tempfile::TempDir>,
}

/// All that is at hand.
pub(super) fn all() -> Vec<Corpus> {
    let profile = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/profiles/cn-amr-xml");
    let mut found =
        vec![one("cn-amr-xml", &profile.join("cn-amr.xsd"), &xml_files(&profile.join("samples")))];
    let Some(folder) = formats() else { return found };
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/profiles");
    let mut samples = xml_files(&folder.join("goaml/samples"));
    samples.extend(xml_files(&ours.join("goaml-5.0.2/samples")));
    for version in ["5.0.2", "5.0.1-thecury"] {
        let schema = folder.join(format!("goaml/schema/goAMLSchema-{version}.xsd"));
        found.push(one(&format!("goaml-{version}"), &schema, &samples));
    }
    let mut samples = vec![folder.join("ptb-dcc/samples/siliziumkugel_2_4_0.xml")];
    samples.extend(xml_files(&ours.join("dcc-2.4/samples")));
    found.push(certificate("2.4.0", "v2_4_0", ("v1.3.1", "v1_3_1"), &folder, &samples));
    let samples = xml_files(&folder.join("ptb-dcc/samples"));
    found.push(certificate("3.0.0", "v3_0_0", ("v2.0.0", "v2_0_0"), &folder, &samples));
    found
}

fn xml_files(folder: &Path) -> Vec<PathBuf> {
    files(folder, "xml").into_iter().filter(|path| path.parent() == Some(folder)).collect()
}

/// Documents as UTF-8 text, those first that are valid or nearly so.
fn documents(paths: &[PathBuf]) -> Vec<Element> {
    let mut read = Vec::new();
    for path in paths {
        let bytes = std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let Ok((tree, _)) = xml::read(&bytes, None, &Limits::default()) else { continue };
        read.push(Element::read(tree.source().trim_start_matches('\u{feff}')));
    }
    read
}

fn one(name: &str, path: &Path, samples: &[PathBuf]) -> Corpus {
    let bytes = std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let given = BTreeMap::from([("main.xsd".to_owned(), bytes)]);
    let schema =
        Schema::xsd("main.xsd", &given, &BTreeMap::new()).unwrap_or_else(|p| panic!("{name}: {p:?}"));
    let text = String::from_utf8_lossy(&given["main.xsd"]).into_owned();
    Corpus {
        name: name.to_owned(),
        schema,
        path: path.to_owned(),
        samples: documents(samples),
        types: types(&text, ""),
        _folder: None,
    }
}

/// PTB's, with the one import led to the file beside.
fn certificate(name: &str, dcc: &str, si: (&str, &str), folder: &Path, samples: &[PathBuf]) -> Corpus {
    let schemas = folder.join("ptb-dcc/schemas");
    let text =
        |path: &str| std::fs::read_to_string(schemas.join(path)).unwrap_or_else(|e| panic!("{path}: {e}"));
    let dcc = text(&format!("dcc/{dcc}/dcc.xsd"));
    let quantities = text(&format!("SI_Format/{}/SI_Format.xsd", si.1));
    let import = format!("https://ptb.de/si/{}/SI_Format.xsd", si.0);
    assert!(dcc.contains(&import));
    let beside = tempfile::tempdir().expect("a folder");
    let path = beside.path().join("dcc.xsd");
    std::fs::write(&path, dcc.replace(&import, "si.xsd")).expect("a file");
    std::fs::write(beside.path().join("si.xsd"), &quantities).expect("a file");
    let given = BTreeMap::from([
        ("dcc.xsd".to_owned(), dcc.clone().into_bytes()),
        ("si.xsd".to_owned(), quantities.clone().into_bytes()),
    ]);
    let catalogue = BTreeMap::from([(import, "si.xsd".to_owned())]);
    let mut types = types(&dcc, "dcc:");
    types.extend(self::types(&quantities, "si:"));
    Corpus {
        name: format!("dcc-{name}"),
        schema: Schema::xsd("dcc.xsd", &given, &catalogue).unwrap_or_else(|p| panic!("{name}: {p:?}")),
        path,
        samples: documents(samples),
        types,
        _folder: Some(beside),
    }
}

/// The names of the types that a schema declares.
fn types(schema: &str, prefix: &str) -> Vec<String> {
    let root = Element::read(schema);
    let declared =
        root.elements().filter(|e| e.name.ends_with("complexType") || e.name.ends_with("simpleType"));
    let named = declared.filter_map(|e| e.attributes.iter().find(|(name, _)| name == "name"));
    named.map(|(_, name)| format!("{prefix}{name}")).collect()
}
