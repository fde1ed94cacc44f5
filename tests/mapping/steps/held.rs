//! Codes that nobody has listed yet, and codes that come and go.

use regbridge::mapping::Format;
use serde_json::json;

use super::{items, refused};
use crate::fixture::{read, round, taken, written};

const NUMBER: &str = "[\"Number\", \"number\", \"digits 2\", \"must\"],\n";

#[test]
fn a_held_code_leaves_a_warning_and_comes_back_as_it_was() {
    let profile =
        items(&format!("{NUMBER}[\"Region\", \"region\", \"code division hold\", \"must\", \"区划\"],"));
    let text = "<Items><Item><Number>01</Number><Region>990000</Region></Item></Items>";
    let (decoded, back) = round(&profile, Format::Xml, text);
    assert_eq!(back, text);
    let record = &decoded.records[0];
    assert_eq!(record.get("region"), None);
    assert_eq!(record["warnings"][0]["code"], "code-held");
    assert_eq!(record["warnings"][0]["found"], "990000");
    assert!(
        record["warnings"][0]["zh"].as_str().is_some_and(|zh| zh.contains("区划") && zh.contains("330105"))
    );
    // Once somebody has said what it is, that is written.
    let mut message = decoded.to_message();
    message["records"][0]["region"] = json!("gongshu");
    let (text, _) = written(&profile, "items", Format::Xml, &message);
    assert!(text.contains("<Region>330105</Region>") && !text.contains("990000"), "{text}");
    // No code at all is still missing.
    let refusal = read(&profile, Format::Xml, "<Items><Item><Number>01</Number></Item></Items>").err();
    assert_eq!(refusal.map(|r| r.problems[0].code.to_string()), Some("missing".to_owned()));
}

#[test]
fn what_the_record_requires_cannot_be_held() {
    let faults = refused("[\"Number\", \"number\", \"code division hold\", \"must\"],");
    assert!(faults.iter().any(|f| f.contains("required-unfed") && f.contains("\"number\"")), "{faults:#?}");
}

#[test]
fn a_code_counts_on_the_day_the_record_says() {
    let rows = format!(
        "{NUMBER}[\"At\", \"made_at\", \"time iso\"],\n[\"Region\", \"region\", \"code division on made_at\"],"
    );
    let profile = items(&rows);
    let item = |at: &str, code: &str| {
        format!("<Items><Item><Number>01</Number>{at}<Region>{code}</Region></Item></Items>")
    };
    let then = "<At>2020-05-01T10:00:00+08:00</At>";
    let (decoded, back) = round(&profile, Format::Xml, &item(then, "330103"));
    assert_eq!((decoded.records[0]["region"].as_str(), back), (Some("xiacheng"), item(then, "330103")));
    let refusal =
        read(&profile, Format::Xml, &item("", "330103")).expect_err("it is gone by the day of the run");
    assert_eq!(refusal.problems[0].code, "code-date");
    assert!(refusal.problems[0].en.contains("to 2021-04-08"), "{}", refusal.problems[0].en);
    assert_eq!(taken(&profile, Format::Xml, &item("", "330113")).records[0]["region"], "linping");
}

#[test]
fn the_day_stands_above_and_exists() {
    let code = "[\"Region\", \"region\", \"code division on made_at\"],\n";
    let faults = refused(&format!("{NUMBER}{code}[\"At\", \"made_at\", \"time iso\"],"));
    assert!(faults.iter().any(|f| f.starts_with("t.map.toml:4 row-below")), "{faults:#?}");
    let faults = refused(&format!("{NUMBER}[\"Region\", \"region\", \"code division on made_ta\"],"));
    assert!(faults.iter().any(|f| f.contains("did you mean \"made_at\"?")), "{faults:#?}");
}

#[test]
fn a_quantity_has_no_place_for_an_uncertainty() {
    let profile = items(&format!("{NUMBER}[\"Weight\", \"weight\", \"quantity\"],"));
    let text = "<Items><Item><Number>01</Number><Weight>5 kg</Weight></Item></Items>";
    let (mut decoded, back) = round(&profile, Format::Xml, text);
    assert_eq!(back, text);
    decoded.records[0]["weight"]["uncertainty"] = json!("0.1");
    let (_, report) = written(&profile, "items", Format::Xml, &decoded.to_message());
    assert_eq!(report, ["no-place records[1].weight.uncertainty"]);
    let faults = refused("[\"Number\", \"number\", \"quantity\", \"must\"],");
    assert!(faults.iter().any(|f| f.contains("type-disagrees") && f.contains("a quantity")), "{faults:#?}");
}
