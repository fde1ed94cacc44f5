//! Attachments: their bytes beside the record, or kept in it, and never lost.

use regbridge::domain::digest::Digest;
use regbridge::mapping::{Aside, Attachments, Decoded, Format, Input, Profile, Refusal};
use regbridge::wire::limits::Limits;
use serde_json::{Value, json};

use super::{items, refused};
use crate::fixture::{round, taken};
use crate::profiles::with_run;

const ROWS: &str = "[\"Number\", \"number\", \"digits 2\", \"must\"],\n[\"Name\", \"file.name\"],\n\
                    [\"Data\", \"file\", \"file base64\"],\n[\"Sum\", \"file.sha256\", \"\", \"same\"],";

fn document(rest: &str) -> String {
    format!("<Items><Item><Number>01</Number>{rest}</Item></Items>")
}

/// Base64 of `hello`, on two lines.
const DATA: &str = "<Name>a.txt</Name><Data>aGVs\nbG8=</Data>";

fn aside(profile: &Profile, text: &str) -> Decoded {
    let limits = Limits::default();
    let input = Input { bytes: text.as_bytes(), format: Format::Xml, charset: None, limits: &limits };
    let none = Attachments::new();
    let aside = Aside { attachments: Some(&none), sent: None };
    with_run(|run| profile.decode_aside(&input, run, &aside)).expect("it reads")
}

fn write(profile: &Profile, message: &Value, known: Option<&Attachments>) -> Result<String, Refusal> {
    let aside = Aside { attachments: known, sent: None };
    with_run(|run| profile.encode_aside("items", Some(Format::Xml), message, run, &aside))
        .map(|encoded| String::from_utf8(encoded.bytes).expect("UTF-8"))
}

#[test]
fn a_store_takes_the_bytes_and_gives_them_back() {
    let profile = items(ROWS);
    let decoded = aside(&profile, &document(DATA));
    let digest = Digest::of(b"hello");
    assert_eq!(decoded.records[0]["file"], json!({"name": "a.txt", "sha256": digest.to_string(), "size": 5}));
    assert_eq!(decoded.attachments.bytes(&digest), Some(&b"hello"[..]));
    assert!(decoded.records[0].get("extensions").is_some(), "Sum is absent, and kept so");
    let back = write(&profile, &decoded.to_message(), Some(&decoded.attachments)).expect("it writes");
    // Equal by its bytes: the line break is nobody's.
    assert!(back.contains("<Data>aGVsbG8=</Data>") && !back.contains("Sum"), "{back}");
    let refusal = write(&profile, &decoded.to_message(), None).expect_err("nobody has the bytes");
    assert_eq!(refusal.problems[0].code, "attachment-missing");
    assert_eq!(refusal.problems[0].path, "records[1].file");
}

#[test]
fn without_a_store_the_bytes_stay_with_the_record() {
    let profile = items(ROWS);
    let (mut decoded, back) = round(&profile, Format::Xml, &document(DATA));
    assert_eq!(back, document(DATA));
    assert!(decoded.attachments.is_empty());
    // Another file than the one kept is not written as it.
    decoded.records[0]["file"]["sha256"] = json!(Digest::of(b"other").to_string());
    let refusal = write(&profile, &decoded.to_message(), None).expect_err("nobody has the bytes");
    assert_eq!(refusal.problems[0].code, "attachment-missing");
    let mut known = Attachments::new();
    known.add(b"other".to_vec());
    let written = write(&profile, &decoded.to_message(), Some(&known)).expect("it writes");
    assert!(written.contains("<Data>b3RoZXI=</Data>") && !written.contains("aGVs"), "{written}");
    // And one that is taken out is gone.
    decoded.records[0].as_object_mut().expect("a record").remove("file");
    let written = write(&profile, &decoded.to_message(), None).expect("it writes");
    assert!(!written.contains("Data"), "{written}");
}

#[test]
fn a_digest_that_is_stated_must_be_the_bytes_own() {
    let profile = items(ROWS);
    let good = document(&format!("{DATA}<Sum>{}</Sum>", Digest::of(b"hello")));
    let (_, back) = round(&profile, Format::Xml, &good);
    assert_eq!(back, good);
    let bad = document(&format!("{DATA}<Sum>{}</Sum>", Digest::of(b"hallo")));
    let refusal = crate::fixture::read(&profile, Format::Xml, &bad).expect_err("the digest is another's");
    assert_eq!(refusal.problems[0].code, "differs");
    let refusal =
        crate::fixture::read(&profile, Format::Xml, &document("<Data>a</Data>")).expect_err("no base64");
    assert_eq!((&*refusal.problems[0].code, refusal.problems[0].line), ("base64", Some(1)));
}

#[test]
fn lists_of_files_and_files_of_a_block() {
    let rows = "[\"Number\", \"number\", \"digits 2\", \"must\"],\n[\"Url\", \"files\", \"each file url\"],";
    let text = document("<Url>https://a.example/1</Url><Url>https://a.example/2</Url>");
    let (decoded, back) = round(&items(rows), Format::Xml, &text);
    assert_eq!((decoded.records[0]["files"][1]["url"].as_str(), back), (Some("https://a.example/2"), text));
    let map = "top = [[\"Item\", \"records\", \"each item\", \"must\"]]\n\
               item = [[\"Number\", \"number\", \"\", \"must\"], [\"F\", \"files\", \"each part\"]]\n\
               part = [[\"D\", \"sha256\", \"file data-uri digest\"], [\"N\", \"name\"]]\n";
    let profile = super::load("", map).expect("it loads");
    let text = document("<F><D>data:text/plain;base64,aGVsbG8=</D><N>a</N></F>");
    let (decoded, back) = round(&profile, Format::Xml, &text);
    assert_eq!(back, text);
    assert_eq!(decoded.records[0]["files"][0]["sha256"], Digest::of(b"hello").to_string());
    assert_eq!(
        taken(&profile, Format::Xml, &document("<F><N>a</N></F>")).records[0]["files"][0]["name"],
        "a"
    );
}

#[test]
fn a_file_needs_a_place_for_what_it_tells() {
    let faults = refused("[\"Number\", \"number\", \"file base64\", \"must\"],");
    assert!(
        faults.iter().any(|f| f.contains("type-disagrees") && f.contains("an attachment")),
        "{faults:#?}"
    );
    let faults = refused("[\"Number\", \"number\", \"must\"],\n[\"W\", \"weight\", \"file base64\"],");
    assert!(!faults.is_empty());
}
