//! Our XML Schema validation beside xmllint's, document by document, on samples and on damaged ones.
//!
//! Where the two differ, `differences.tsv` must say who is right. `REGBRIDGE_XMLLINT` says how many damaged documents
//! of each schema are compared.

mod corpus;
mod element;
mod expected;
mod features;
mod models;
mod mutate;
mod oracle;
mod values;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use regbridge::domain::problem::Problem;
use regbridge::wire::limits::Limits;
use regbridge::wire::schema::Schema;
use regbridge::wire::xml;

use self::corpus::Corpus;
use self::mutate::{Stock, mutate};
use self::oracle::Verdict;
use crate::dice::Dice;

/// Damaged documents of each schema in a run that nobody asked more of.
const FEW: usize = 150;

fn many() -> usize {
    std::env::var("REGBRIDGE_XMLLINT").ok().and_then(|text| text.parse().ok()).unwrap_or(FEW)
}

/// Our judgement of a document.
fn ours(schema: &Schema, document: &str) -> Vec<Problem> {
    match xml::read(document.as_bytes(), None, &Limits::default()) {
        Ok((tree, _)) => schema.validate(tree.source().as_bytes(), &tree),
        Err(problems) => problems,
    }
}

/// What two judges say of the same documents.
#[derive(Default)]
struct Comparison {
    compared: usize,
    valid: usize,
    expected: usize,
    /// By what was said, numbers and names left out: how often, and the shortest document.
    differ: BTreeMap<String, (usize, String)>,
}

impl Comparison {
    fn add(&mut self, of: &str, document: &str, ours: &[Problem], theirs: &Verdict) {
        self.compared += 1;
        self.valid += usize::from(theirs.is_ok());
        if ours.is_empty() == theirs.is_ok() {
            return;
        }
        let words = match theirs {
            Ok(()) => format!("we: {}", ours[0].en),
            Err(words) => format!("xmllint: {words}"),
        };
        if expected::is(of, document, &words) {
            self.expected += 1;
            return;
        }
        let entry = self
            .differ
            .entry(format!("{of} {}", blurred(&words)))
            .or_insert((0, words.clone() + "\n" + document));
        entry.0 += 1;
        if document.len() < entry.1.len() {
            entry.1 = words + "\n" + document;
        }
    }

    fn refused(&mut self, of: &str, schema: &str, words: &str) {
        self.compared += 1;
        if expected::is(of, schema, words) {
            self.expected += 1;
            return;
        }
        let entry = self
            .differ
            .entry(format!("{of} {}", blurred(words)))
            .or_insert((0, format!("{words}\n{schema}")));
        entry.0 += 1;
    }

    fn tell(&self, name: &str) {
        eprintln!(
            "{name}: {} compared, {} valid by xmllint, {} kinds of difference",
            self.compared,
            self.valid,
            self.differ.len()
        );
    }

    fn assert_none(&self, name: &str) {
        let shown: Vec<String> = self
            .differ
            .iter()
            .map(|(kind, (count, example))| format!("{count} × {kind}\n{example}"))
            .collect();
        assert!(shown.is_empty(), "{name}: {} kinds of difference:\n{}", shown.len(), shown.join("\n\n"));
    }
}

/// Without what is quoted and counted.
fn blurred(words: &str) -> String {
    let mut out = String::new();
    let mut quoted = false;
    for c in words.chars() {
        match c {
            '\'' => quoted = !quoted,
            '\u{201c}' => quoted = true,
            '\u{201d}' => quoted = false,
            c if !quoted && !c.is_ascii_digit() => out.push(c),
            _ => {}
        }
    }
    out
}

#[test]
fn damaged_documents_are_judged_as_xmllint_judges_them() {
    if !oracle::here() {
        return;
    }
    let mut all = Comparison::default();
    for Corpus { name, schema, path, samples, types, .. } in &corpus::all() {
        let stock = Stock::new(samples, types.clone());
        let mut documents: Vec<String> = samples.iter().map(element::Element::write).collect();
        documents.extend((0..many()).map(|number| {
            let mut dice = Dice::new(u64::try_from(number).expect("small"));
            let sample = dice.pick(samples);
            mutate(sample, &stock, &mut dice).write()
        }));
        let theirs = oracle::judge(path, &documents).unwrap_or_else(|words| panic!("{name}: {words}"));
        let mut here = Comparison::default();
        for (document, theirs) in documents.iter().zip(&theirs) {
            here.add(name, document, &ours(schema, document), theirs);
        }
        here.tell(name);
        let share = here.compared / 20;
        assert!(here.valid < here.compared - share, "{name}: too little is damaged");
        assert!(
            here.valid > share || theirs[..samples.len()].iter().all(Result::is_err),
            "{name}: all is damaged"
        );
        all.differ.extend(here.differ);
    }
    all.assert_none("corpus");
}

/// A schema of one file, for both judges; nothing where ours refuses it.
fn compiled(text: &str, folder: &std::path::Path) -> (Result<Schema, Vec<Problem>>, std::path::PathBuf) {
    let path = folder.join("small.xsd");
    std::fs::write(&path, text).expect("a file");
    let given = BTreeMap::from([("small.xsd".to_owned(), text.as_bytes().to_vec())]);
    (Schema::xsd("small.xsd", &given, &BTreeMap::new()), path)
}

/// Both judge documents by a schema.
fn compare(all: &mut Comparison, of: &str, text: &str, documents: &[String]) {
    let folder = tempfile::tempdir().expect("a folder");
    let (schema, path) = compiled(text, folder.path());
    let theirs = oracle::judge(&path, documents);
    match (schema, theirs) {
        (Ok(schema), Ok(theirs)) => {
            for (document, theirs) in documents.iter().zip(&theirs) {
                all.add(of, document, &ours(&schema, document), theirs);
            }
        }
        (Ok(_), Err(words)) => all.refused(of, text, &format!("xmllint refuses the schema: {words}")),
        (Err(problems), Ok(_)) => all.refused(of, text, &format!("we refuse the schema: {}", problems[0].en)),
        (Err(_), Err(_)) => all.compared += 1,
    }
}

#[test]
fn each_feature_is_judged_as_xmllint_judges_it() {
    if !oracle::here() {
        return;
    }
    let mut all = Comparison::default();
    for (name, inner, documents) in features::FEATURES {
        let documents: Vec<String> = documents.iter().map(|text| features::document(text)).collect();
        compare(&mut all, name, &format!("{}{inner}</xs:schema>", features::HEAD), &documents);
    }
    all.tell("features");
    all.assert_none("features");
}

#[test]
fn values_of_every_type_are_judged_as_xmllint_judges_them() {
    if !oracle::here() {
        return;
    }
    let mut all = Comparison::default();
    let step = (values::VALUES.len() * 10 / many()).max(1);
    let mut schema = features::HEAD.to_owned();
    let mut documents = Vec::new();
    for (number, name) in features::BUILT_IN.iter().enumerate() {
        write!(schema, "<xs:element name='{name}' type='xs:{name}'/>").expect("a text takes it");
        documents.push((name, number));
    }
    schema += "</xs:schema>";
    for (name, number) in documents {
        let values = values::VALUES.iter().skip(number % step).step_by(step);
        let texts: Vec<String> =
            values.map(|value| format!("<{name} xmlns:xs='urn:x'>{value}</{name}>")).collect();
        compare(&mut all, name, &schema, &texts);
    }
    for (number, (base, facets)) in features::FACETS.iter().enumerate() {
        let schema = format!(
            "{}<xs:element name='r'><xs:simpleType><xs:restriction base='{base}'>{facets}</xs:restriction></xs:simpleType></xs:element></xs:schema>",
            features::HEAD
        );
        let values = values::VALUES.iter().skip(number % step).step_by(step);
        let texts: Vec<String> = values.map(|value| format!("<r xmlns:xs='urn:x'>{value}</r>")).collect();
        compare(&mut all, &format!("{base} {facets}"), &schema, &texts);
    }
    all.tell("values");
    all.assert_none("values");
}

#[test]
fn content_models_are_followed_as_xmllint_follows_them() {
    if !oracle::here() {
        return;
    }
    let mut all = Comparison::default();
    for number in 0..many() / 5 {
        let mut dice = Dice::new(u64::try_from(number).expect("small"));
        let schema = models::schema(&mut dice);
        let documents: Vec<String> = (0..40).map(|_| models::document(&mut dice)).collect();
        compare(&mut all, &schema, &schema, &documents);
    }
    all.tell("models");
    all.assert_none("models");
}
