//! One text in several languages.

use regbridge::mapping::Format;
use serde_json::json;

use super::{items, load, refused};
use crate::fixture::{read, round, written};

const ROWS: &str =
    "[\"Number\", \"number\", \"digits 2\", \"must\"],\n[\"T\", \"title\", \"langs @xml:lang\"],";

fn document(titles: &str) -> String {
    format!("<Items><Item><Number>01</Number>{titles}</Item></Items>")
}

#[test]
fn an_element_per_language() {
    let profile = items(ROWS);
    let text = document("<T xml:lang=\"en\">Chair</T><T xml:lang=\"de\">Stuhl</T><T>椅子</T>");
    let (mut decoded, back) = round(&profile, Format::Xml, &text);
    assert_eq!(decoded.records[0]["title"], json!({"de": "Stuhl", "en": "Chair", "und": "椅子"}));
    assert_eq!(back, text);
    // An edit keeps each text with its language, whatever the order was.
    decoded.records[0]["title"]["de"] = json!("Sessel");
    decoded.records[0]["title"]["cs"] = json!("židle");
    let (text, _) = written(&profile, "items", Format::Xml, &decoded.to_message());
    for part in ["\"en\">Chair<", "\"de\">Sessel<", "\"cs\">židle<", "<T>椅子<"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn an_object_of_languages_in_json() {
    let map = "top = [[\"items\", \"records\", \"each item\", \"must\"]]\nitem = [\n[\"number\", \"number\", \"\", \"must\"],\n\
               [\"t\", \"title\", \"langs @lang\"],\n]\n";
    let profile = load("", map).expect("it loads");
    let text = r#"{"items":[{"number":"01","t":{"de":"Stuhl","en":"Chair"}}]}"#;
    let (decoded, back) = round(&profile, Format::Json, text);
    assert_eq!(decoded.records[0]["title"]["de"], "Stuhl");
    assert_eq!(back.trim(), text);
}

#[test]
fn a_language_stands_once() {
    let text = document("<T xml:lang=\"en\">a</T><T xml:lang=\"en\">b</T>");
    let refusal = read(&items(ROWS), Format::Xml, &text).expect_err("en stands twice");
    assert_eq!(refusal.problems[0].code, "lang-twice");
    assert!(refusal.problems[0].zh.contains("“en”重复"), "{}", refusal.problems[0].zh);
    let faults = refused("[\"Number\", \"number\", \"\", \"must\"],\n[\"T\", \"title\", \"langs @y:lang\"],");
    assert!(faults.iter().any(|f| f.starts_with("t.map.toml:4 unknown-prefix")), "{faults:#?}");
    let faults = refused("[\"Number\", \"number\", \"\", \"must\"],\n[\"T\", \"note\", \"langs @lang\"],");
    assert!(faults.iter().any(|f| f.contains("type-disagrees")), "{faults:#?}");
}
