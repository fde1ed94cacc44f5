//! A bad record among good ones: told by itself, where the profile says so.

use regbridge::mapping::{Format, Profile, RefusedRecord, Stage};

use crate::fixture::{faults, profile_of, read, round, taken};

const XSD: &str = r#"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
<xs:element name="Orders"><xs:complexType><xs:sequence>
<xs:element name="Sender" type="xs:string"/>
<xs:element name="Order" maxOccurs="unbounded"><xs:complexType><xs:sequence>
<xs:element name="Number" type="xs:string"/>
<xs:element name="Quantity" type="xs:int" minOccurs="0"/>
</xs:sequence></xs:complexType></xs:element>
<xs:element name="Count" type="xs:int" minOccurs="0"/>
</xs:sequence></xs:complexType></xs:element></xs:schema>"#;

const MAP: &str = r#"
top = [
  ["Sender", "sender", "text 10", "must"],
  ["Order",  "records", "each order", "must"],
  ["Count",  "", "count records", "must"],
]
order = [
  ["Number",   "number", "digits 4", "must"],
  ["Quantity", "quantity", "int"],
]
"#;

fn batch(bad: &str, schema: bool) -> Profile {
    let manifest = format!(
        "id = \"t\"\norder = \"rows\"\n[message.orders]\nwire = [\"xml\"]\nroot = \"Orders\"\nkind = \"order\"\nblock = \"top\"\nbad_records = \"{bad}\"\nrecords = \"1..4\"\n{}",
        if schema { "schema = \"t.xsd\"\n" } else { "" }
    );
    profile_of(&[("profile.toml", &manifest), ("t.map.toml", MAP), ("t.xsd", XSD)])
}

fn orders(numbers: &[&str]) -> String {
    let order = |number: &&str| format!("<Order><Number>{number}</Number></Order>\n");
    let orders: Vec<String> = numbers.iter().map(order).collect();
    let orders = orders.concat();
    format!("<Orders><Sender>a</Sender>\n{orders}<Count>{}</Count></Orders>", numbers.len())
}

fn shown(refused: &[RefusedRecord]) -> Vec<String> {
    refused
        .iter()
        .map(|r| {
            let codes: Vec<&str> = r.problems.iter().map(|p| &*p.code).collect();
            format!("{} at {}:{} {}", r.index, r.line, r.column, codes.join(" "))
        })
        .collect()
}

#[test]
fn good_records_are_taken_and_bad_ones_told() {
    let profile = batch("skip", false);
    let decoded = taken(&profile, Format::Xml, &orders(&["0001", "x", "0003", "00004"]));
    let numbers: Vec<&str> = decoded.records.iter().filter_map(|r| r["number"].as_str()).collect();
    assert_eq!(numbers, ["0001", "0003"]);
    assert_eq!(shown(&decoded.refused), ["2 at 3:1 digits", "4 at 5:1 digits"]);
    assert_eq!(decoded.positions().collect::<Vec<_>>(), [1, 3]);
    let origins: Vec<String> = profile.explain(&decoded).into_iter().map(|e| e.record).collect();
    assert_eq!(origins[..4], ["sender", "records[1]", "records[1].number", "records[2]"], "{origins:?}");
    assert!(!serde_json::to_string(&decoded.to_message()).expect("JSON").contains("00004"));
}

#[test]
fn the_round_trip_holds_without_the_refused_records() {
    let (_, back) = round(&batch("skip", false), Format::Xml, &orders(&["0001", "x", "0003"]));
    // The count is the sender's: it is kept as it came.
    assert_eq!(back.replace('\n', ""), orders(&["0001", "0003"]).replace('\n', "").replace(">2<", ">3<"));
}

#[test]
fn what_the_schema_finds_is_the_records_it_stands_in() {
    let profile = batch("skip", true);
    let text =
        orders(&["0001", "0002", "0003"]).replace("<Number>0002</Number>", "<Number>0002</Number><Extra/>");
    let decoded = taken(&profile, Format::Xml, &text);
    assert_eq!(decoded.records.len(), 2);
    assert_eq!(decoded.refused.len(), 1);
    assert_eq!((decoded.refused[0].index, decoded.refused[0].line), (2, 3));
}

#[test]
fn the_message_around_the_records_refuses_it_whole() {
    let profile = batch("skip", true);
    let text = orders(&["0001", "x"]).replace("<Sender>a</Sender>", "<Sender></Sender>");
    let refusal = read(&profile, Format::Xml, &text).expect_err("no sender");
    assert_eq!(refusal.stage, Stage::Map);
    assert_eq!(refusal.problems.len(), 2);
    assert_eq!(shown(&refusal.records), ["2 at 3:1 digits"]);
    let refusal = read(&profile, Format::Xml, &orders(&["1"; 5])).expect_err("too many");
    assert!(refusal.problems.iter().any(|p| p.code == "record-count"));
    // An unknown element behind the last record is in none.
    let text = orders(&["0001", "0002"]).replace("<Count>", "<Odd/><Count>");
    let refusal = read(&profile, Format::Xml, &text).expect_err("an odd element");
    assert!(refusal.records.is_empty(), "{:?}", refusal.records);
}

#[test]
fn a_message_of_bad_records_alone_is_refused() {
    let refusal = read(&batch("skip", false), Format::Xml, &orders(&["x", "y"])).expect_err("none is good");
    assert_eq!(shown(&refusal.records), ["1 at 2:1 digits", "2 at 3:1 digits"]);
}

#[test]
fn by_default_one_bad_record_refuses_the_message() {
    let refusal =
        read(&batch("refuse", false), Format::Xml, &orders(&["0001", "x"])).expect_err("one is bad");
    assert_eq!(shown(&refusal.records), ["2 at 3:1 digits"]);
    assert_eq!(refusal.problems.len(), 1);
}

#[test]
fn the_policy_is_one_of_two_words() {
    let manifest = "id = \"t\"\n[message.orders]\nwire = [\"xml\"]\nroot = \"Orders\"\nkind = \"order\"\nblock = \"top\"\nbad_records = \"skipp\"\n";
    let found = faults(&[("profile.toml", manifest), ("t.map.toml", MAP)]);
    assert!(
        found[0].contains("profile.toml:7:15 unknown-word") && found[0].contains("did you mean \"skip\"?")
    );
}
