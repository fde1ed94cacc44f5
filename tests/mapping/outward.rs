//! One record of the wire as several of ours: the list in it is our records, and what stands around the list is read by
//! each of them and written once.

use regbridge::mapping::Format;
use serde_json::json;

use crate::fixture::{profile, read, round, written};

const MANIFEST: &str = "id = \"t\"\n[message.alert]\nwire = [\"xml\", \"json\"]\nroot = { xml = \"Alert\", json = \"\" }\nkind = \"order\"\nblock = \"top\"\n";

const MAP: &str = r#"
top = [["Goods/Item", "records", "each item", "must"]]
item = [
  ["../../Number", "registration_number", "text 20"],
  ["../../Issuer", "sender", "text"],
  ["@no",          "number", "digits 2", "must"],
  ["Name",         "name",   "text"],
]
"#;

const ALERT: &str = r#"<Alert><Number>A-7</Number><Issuer>县局</Issuer><Goods><Item no="01"><Name>梨</Name></Item><Item no="02"><Name>桃</Name></Item></Goods></Alert>"#;

#[test]
fn an_alert_about_two_goods_is_two_records() {
    let profile = profile(MANIFEST, MAP);
    let (decoded, back) = round(&profile, Format::Xml, ALERT);
    assert_eq!(back.trim(), ALERT);
    let [first, second] = decoded.records.as_slice() else { panic!("two goods") };
    assert_eq!((&first["registration_number"], &first["number"]), (&json!("A-7"), &json!("01")));
    assert_eq!((&second["registration_number"], &second["name"]), (&json!("A-7"), &json!("桃")));
    let (json, _) = written(&profile, "alert", Format::Json, &decoded.to_message());
    assert_eq!(
        json,
        r#"{"Goods":{"Item":[{"no":"01","Name":"梨"},{"no":"02","Name":"桃"}]},"Number":"A-7","Issuer":"县局"}"#
    );
}

#[test]
fn records_that_disagree_about_what_stands_once_are_refused() {
    let profile = profile(MANIFEST, MAP);
    let mut message = read(&profile, Format::Xml, ALERT).expect("it is read").to_message();
    message["records"][1]["sender"] = json!("市局");
    let refused = crate::profiles::with_run(|run| profile.encode("alert", None, &message, run));
    let problems = refused.expect_err("one place has one value").problems;
    assert_eq!((problems[0].code.as_ref(), problems[0].path.as_str()), ("differs", "records[2].sender"));
}
