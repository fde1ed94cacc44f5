//! Ids inside a document, and what refers to them.

use regbridge::mapping::Format;
use serde_json::json;

use super::load;
use crate::fixture::{read, round, written};
use crate::profiles::with_run;

const MAP: &str = r#"
top = [["Item", "records", "each item", "must"]]
item = [
  ["Number", "number", "digits 2", "must"],
  ["Line", "lines", "each line"],
  ["Main", "note", "ref 'L'"],
]
line = [["@id", "id", "ident 'L'"], ["Name", "name"], ["Of", "of", "ref 'L'"]]
"#;

fn document(lines: &str) -> String {
    format!("<Items><Item><Number>01</Number>{lines}</Item></Items>")
}

#[test]
fn references_meet_ids_before_and_behind_them() {
    let profile = load("", MAP).expect("it loads");
    let text = document("<Line id=\"a\"><Of>b</Of></Line><Line id=\"b\"><Name>n</Name></Line><Main>a</Main>");
    let (decoded, back) = round(&profile, Format::Xml, &text);
    assert_eq!((decoded.records[0]["lines"][0]["of"].as_str(), back), (Some("b"), text));
    // An id that no row reads is an id.
    let text = document("<Line id=\"a\"><Of>c</Of></Line><Extra id=\"c\"/>");
    assert_eq!(round(&profile, Format::Xml, &text).1, text);
}

#[test]
fn what_meets_none_or_stands_twice_is_refused_both_ways() {
    let profile = load("", MAP).expect("it loads");
    let text = document("<Line id=\"a\"/>\n<Line id=\"a\"><Of>b</Of></Line>");
    let refusal = read(&profile, Format::Xml, &text).expect_err("both are wrong");
    let told: Vec<_> = refusal.problems.iter().map(|p| (&*p.code, p.line, p.found.as_deref())).collect();
    assert_eq!(told, [("id-twice", Some(2), Some("a")), ("no-such-id", Some(2), Some("b"))]);
    let record = json!({"kind": "item", "number": "01", "lines": [{"id": "a"}, {"id": "a", "of": "b"}]});
    let refusal = with_run(|run| profile.encode("items", None, &json!({"records": [record]}), run));
    let told: Vec<_> = refusal
        .expect_err("both are wrong")
        .problems
        .iter()
        .map(|p| (p.code.to_string(), p.path.clone()))
        .collect();
    assert_eq!(
        told,
        [
            ("id-twice".to_owned(), "records[1].lines[2].id".to_owned()),
            ("no-such-id".to_owned(), "records[1].lines[2].of".to_owned())
        ]
    );
}

#[test]
fn ids_that_nobody_gave_are_made() {
    let profile = load("", MAP).expect("it loads");
    let record = json!({"kind": "item", "number": "01", "lines": [{"name": "a"}, {"id": "L1"}, {"name": "c", "of": "L1"}]});
    let (text, report) = written(&profile, "items", Format::Xml, &json!({"records": [record]}));
    assert!(text.contains("id=\"L2\"") && text.contains("id=\"L1\"") && text.contains("id=\"L3\""), "{text}");
    assert_eq!(report.iter().filter(|told| told.starts_with("generated")).count(), 2, "{report:?}");
    // One that came without is written without.
    let text = document("<Line><Name>a</Name></Line>");
    assert_eq!(round(&profile, Format::Xml, &text).1, text);
}
