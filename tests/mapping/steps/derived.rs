//! Sums and running numbers, made-up keys, and no value as `xsi:nil`.

use regbridge::mapping::Format;
use serde_json::{Value, json};

use super::load;
use crate::fixture::{read, round, written};

const MAP: &str = r#"
top = [["Count", "", "count records", "must"], ["Item", "records", "each item", "must"]]
item = [
  ["Total",  "", "sum lines.price | money yuan CNY 2", "must"],
  ["Pieces", "", "sum lines.count | int"],
  ["Number", "number", "digits 2", "must"],
  ["Line",   "lines", "each line"],
]
line = [["No", "", "running 1 pad 2", "must"], ["Price", "price", "money yuan CNY 2"], ["N", "count", "int"]]
"#;

fn document(total: &str, second: &str) -> String {
    format!(
        "<Items><Count>1</Count><Item><Total>{total}</Total><Pieces>3</Pieces><Number>01</Number>\
         <Line><No>01</No><Price>1.50</Price><N>1</N></Line><Line><No>{second}</No><Price>2.00</Price><N>2</N></Line></Item></Items>"
    )
}

#[test]
fn what_is_derived_stands_before_what_it_is_derived_from() {
    let profile = load("", MAP).expect("it loads");
    let (mut decoded, back) = round(&profile, Format::Xml, &document("3.50", "02"));
    assert_eq!(back, document("3.50", "02"));
    let line = json!({"price": {"amount": 25, "currency": "CNY"}});
    decoded.records[0]["lines"].as_array_mut().expect("a list").push(line);
    let (text, _) = written(&profile, "items", Format::Xml, &decoded.to_message());
    assert!(text.contains("<Total>3.75</Total><Pieces>3</Pieces>") && text.contains("<No>03</No>"), "{text}");
}

#[test]
fn another_spelling_is_kept_and_another_value_refused() {
    let profile = load("", MAP).expect("it loads");
    let other = document("3.5", "02");
    assert_eq!(round(&profile, Format::Xml, &other).1, other);
    for (text, wanted) in [(document("3.51", "02"), "3.50"), (document("3.50", "03"), "02")] {
        let refusal = read(&profile, Format::Xml, &text).expect_err("it is not what it must be");
        let told = &refusal.problems[0];
        assert_eq!((&*told.code, told.expected.as_deref()), ("derived", Some(wanted)));
    }
    let usd = json!({"kind": "item", "number": "01", "lines": [{"price": {"amount": 1, "currency": "USD"}}]});
    let refusal =
        crate::profiles::with_run(|run| profile.encode("items", None, &json!({"records": [usd]}), run));
    assert!(refusal.expect_err("no sum of two currencies").problems.iter().all(|p| p.code == "currency"));
}

#[test]
fn sums_are_checked_at_load() {
    let faults = |old: &str, new: &str| {
        let map = MAP.replacen(old, new, 1);
        assert_ne!(map, MAP);
        load("", &map).err().expect("it does not load")
    };
    let said = faults("sum lines.price | money yuan CNY 2", "sum lines.prise | money yuan CNY 2");
    assert!(
        said.iter().any(|f| f.contains("t.map.toml:4") && f.contains("did you mean \"price\"?")),
        "{said:#?}"
    );
    let said = faults("sum lines.price | money yuan CNY 2", "sum lines.price");
    assert!(said.iter().any(|f| f.contains("type-disagrees") && f.contains("| money")), "{said:#?}");
    let said = faults("\"\", \"running 1 pad 2\"", "\"name\", \"running 1 pad 2\"");
    assert!(said.iter().any(|f| f.contains("derived")), "{said:#?}");
}

#[test]
fn the_key_of_a_message_is_its_own() {
    let map = "top = [[\"@id\", \"id\", \"text | else key\"], [\"Item\", \"records\", \"each item\", \"must\"]]\n\
               item = [[\"Number\", \"number\", \"digits 2\", \"must\"]]\n";
    let profile = load("", map).expect("it loads");
    let key = |number: &str| {
        let message = json!({"records": [{"kind": "item", "number": number}]});
        let (text, report) = written(&profile, "items", Format::Xml, &message);
        assert_eq!(report, ["generated id"]);
        text.split("id=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("an id").to_owned()
    };
    assert_eq!((key("01"), key("01").len()), (key("01"), 36));
    assert_ne!(key("01"), key("02"));
    let text = "<Items><Item><Number>01</Number></Item></Items>";
    assert_eq!(round(&profile, Format::Xml, text).1, text);
}

#[test]
fn no_value_is_written_as_nil() {
    let map = "top = [[\"Item\", \"records\", \"each item\", \"must\"]]\n\
               item = [[\"Number\", \"number\", \"digits 2\", \"must\"], [\"Note\", \"note\"], [\"@region\", \"region\"]]\n";
    let profile = load("blank = \"nil\"\n", map).expect("it loads");
    let message = json!({"records": [{"kind": "item", "number": "01"}]});
    let (text, _) = written(&profile, "items", Format::Xml, &message);
    assert!(text.contains("<Note xsi:nil=\"true\"/>") && !text.contains("region"), "{text}");
    let start = text.find("<Items").expect("the root");
    assert_eq!(round(&profile, Format::Xml, &text[start..]).1, text[start..]);
    for other in [
        "<Items><Item><Number>01</Number></Item></Items>",
        "<Items><Item><Number>01</Number><Note/></Item></Items>",
    ] {
        let (decoded, back) = round(&profile, Format::Xml, other);
        assert_eq!(decoded.records[0].get("note"), None);
        assert_eq!(back.replace(" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"", ""), other);
    }
    let (text, _) = written(&profile, "items", Format::Json, &message);
    let value: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(value.pointer("/Item/0/Note"), Some(&Value::Null));
}
