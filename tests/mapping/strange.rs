//! What formats from elsewhere have and ours had not: a required element that may be nil, a type that is open to other
//! name spaces only, a choice whose parts require one another, lists of codes that many fields share.

use regbridge::domain::record::schemas;
use regbridge::mapping::draft::{Source, draft};
use regbridge::mapping::{Canonical, Format, Profile};

use crate::fixture::{faults, profile_of, round, taken, written};
use crate::profiles::with_run;

const XSD: &str = r#"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:g="urn:grain" targetNamespace="urn:grain" elementFormDefault="qualified">
<xs:element name="Grain"><xs:complexType><xs:sequence><xs:element name="Load" maxOccurs="unbounded"><xs:complexType><xs:sequence>
<xs:element name="Number" type="xs:string"/>
<xs:element name="Released" type="xs:date" nillable="true"/>
<xs:element name="Note" type="xs:string"/>
<xs:any namespace="http://www.w3.org/2000/09/xmldsig#" processContents="lax" minOccurs="0"/>
</xs:sequence></xs:complexType></xs:element></xs:sequence></xs:complexType></xs:element></xs:schema>"#;

const MANIFEST: &str = "id = \"t\"\norder = \"schema\"\n[ns]\n\"\" = \"urn:grain\"\n[message.order]\nwire = [\"xml\"]\nroot = \"Grain\"\nkind = \"order\"\nblock = \"top\"\nschema = \"t.xsd\"\n";

const MAP: &str = r#"
top = [["Load", "records", "each load", "must"]]
load = [
  ["Number",   "number",   "text", "must"],
  ["Released", "sent_at",  "nil | date"],
  ["Note",     "note",     "nil '' | text"],
]
"#;

#[test]
fn a_required_element_may_be_nil() {
    let profile = profile_of(&[("profile.toml", MANIFEST), ("t.map.toml", MAP), ("t.xsd", XSD)]);
    let text = "<Grain xmlns=\"urn:grain\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><Load><Number>1</Number><Released>2026-03-09</Released><Note>n</Note></Load><Load><Number>2</Number><Released xsi:nil=\"true\"/><Note/></Load></Grain>";
    let (decoded, back) = round(&profile, Format::Xml, text);
    assert_eq!(back.matches(":nil=").count(), 1, "{back}");
    assert_eq!(decoded.records[0]["sent_at"], "2026-03-09");
    assert!(decoded.records[1].get("sent_at").is_none(), "{:?}", decoded.records[1]);
    // Law 2: a record of our own, with nothing kept, is a valid document, and the same again.
    let mut clean = decoded.to_message();
    for record in clean["records"].as_array_mut().expect("records") {
        record.as_object_mut().expect("a record").remove("extensions");
    }
    let (back, _) = written(&profile, "order", Format::Xml, &clean);
    assert!(back.contains(":nil=\"true\"") && back.contains("<Note"), "{back}");
    let again = taken(&profile, Format::Xml, &back);
    assert_eq!(again.to_message(), clean);
}

#[test]
fn what_is_required_and_may_be_missing_names_nil() {
    let map = MAP.replace("nil | date", "date");
    let told = faults(&[("profile.toml", MANIFEST), ("t.map.toml", &map), ("t.xsd", XSD)]);
    assert!(told.iter().any(|f| f.contains("required-unfed") && f.contains("nil (xsi:nil)")), "{told:?}");
}

#[test]
fn a_type_that_is_open_to_others_refuses_a_slip() {
    let map = MAP.replace("[\"Note\"", "[\"Nota\"");
    let told = faults(&[("profile.toml", MANIFEST), ("t.map.toml", &map), ("t.xsd", XSD)]);
    assert!(
        told.iter().any(|f| f.contains("unknown-path") && f.contains("did you mean \"Note\"?")),
        "{told:?}"
    );
}

#[test]
fn a_fault_names_what_there_is() {
    let other = MANIFEST.replace("urn:grain", "urn:grain:2");
    let told = faults(&[("profile.toml", &other), ("t.map.toml", MAP), ("t.xsd", XSD)]);
    assert!(told.iter().any(|f| f.contains("the schema has \"urn:grain\"")), "{told:?}");
    let map = MAP.replace("\"sent_at\"", "\"colour\"");
    let told = faults(&[("profile.toml", MANIFEST), ("t.map.toml", &map), ("t.xsd", XSD)]);
    assert!(told.iter().any(|f| f.contains("there are") && f.contains("sent_at")), "{told:?}");
    let map = MAP.replace("  [\"Note\"", "  # [\"Note\"");
    let told = faults(&[("profile.toml", MANIFEST), ("t.map.toml", &map), ("t.xsd", XSD)]);
    assert!(
        told.iter().any(|f| f.contains("which the schema requires") && f.contains("[\"Note\",")),
        "{told:?}"
    );
}

/// A return of traders, as tax offices ask for it: kinds of trade to choose from, amounts by quarter.
const RETURN: &str = r#"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:r="urn:return" targetNamespace="urn:return" elementFormDefault="qualified">
<xs:simpleType name="Coin"><xs:restriction base="xs:string"><xs:enumeration value="EUR"/><xs:enumeration value="USD"/></xs:restriction></xs:simpleType>
<xs:complexType name="Sum"><xs:simpleContent><xs:extension base="xs:integer"><xs:attribute name="coin" type="r:Coin" use="required"/></xs:extension></xs:simpleContent></xs:complexType>
<xs:complexType name="Quarters"><xs:sequence><xs:element name="Q1" type="r:Sum"/><xs:element name="Q2" type="r:Sum"/></xs:sequence></xs:complexType>
<xs:complexType name="Trade"><xs:sequence><xs:element name="Takings" type="r:Quarters"/><xs:element name="Fees" type="r:Quarters"/></xs:sequence></xs:complexType>
<xs:element name="Return"><xs:complexType><xs:sequence><xs:element name="Body"><xs:complexType><xs:sequence>
<xs:element name="Office" type="xs:string"/>
<xs:element name="Trader" maxOccurs="unbounded"><xs:complexType><xs:sequence>
<xs:element name="Reference" type="xs:string"/>
<xs:element name="Left" type="xs:date" nillable="true"/>
<xs:element name="Trades"><xs:complexType><xs:choice><xs:element name="Goods" type="r:Trade"/><xs:element name="Work" type="r:Trade"/></xs:choice></xs:complexType></xs:element>
</xs:sequence></xs:complexType></xs:element></xs:sequence></xs:complexType></xs:element></xs:sequence></xs:complexType></xs:element></xs:schema>"#;

fn traders() -> String {
    let quarters = "<Q1 coin=\"EUR\">1</Q1><Q2 coin=\"USD\">2</Q2>";
    let trade = format!("<Goods><Takings>{quarters}</Takings><Fees>{quarters}</Fees></Goods>");
    format!(
        "<Return xmlns=\"urn:return\"><Body><Office>o</Office>\
         <Trader><Reference>r1</Reference><Left>2026-03-09</Left><Trades>{trade}</Trades></Trader>\
         <Trader><Reference>r2</Reference><Left xsi:nil=\"true\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"/><Trades>{trade}</Trades></Trader>\
         </Body></Return>"
    )
}

#[test]
fn a_choice_of_parts_that_require_one_another_is_drafted() {
    let mut source = Source {
        id: "traders".to_owned(),
        kind: "enforcement-lead".to_owned(),
        schema: Some("t.xsd".to_owned()),
        records: Some("Body/Trader".to_owned()),
        samples: vec![("t.xml".to_owned(), traders().into_bytes())],
        ..Source::default()
    };
    source.schemas.insert("t.xsd".to_owned(), RETURN.as_bytes().to_vec());
    let canonical = Canonical(schemas());
    let made = draft(&source, &canonical).unwrap_or_else(|problems| panic!("{problems:#?}"));
    assert!(made.refused.is_empty(), "{:#?}", made.refused);
    let (profile, _) = Profile::check(&made.files, &canonical).expect("it loads");
    let wrong = with_run(|run| profile.test(run));
    assert!(wrong.is_empty(), "{wrong:#?}");
    let map = String::from_utf8(made.files.0["traders.map.toml"].clone()).expect("text");
    assert!(map.contains("\"nil | "), "{map}");
    let lists = made.files.0.keys().filter(|path| path.starts_with("codes/")).count();
    assert!(lists <= 1, "fields of one type share their list: {lists}");
}

#[test]
fn a_message_taken_for_one_record_says_what_repeats_in_it() {
    let mut source = Source {
        id: "traders".to_owned(),
        kind: "enforcement-lead".to_owned(),
        schema: Some("t.xsd".to_owned()),
        records: None,
        ..Source::default()
    };
    let schema = RETURN.replace(
        "<xs:element name=\"Office\" type=\"xs:string\"/>",
        "<xs:element name=\"Number\" type=\"xs:string\"/>",
    );
    source.schemas.insert("t.xsd".to_owned(), schema.into_bytes());
    let made = draft(&source, &Canonical(schemas())).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let one = made.doubts.iter().any(|doubt| doubt.contains("--records Body/Trader"));
    let many = String::from_utf8_lossy(&made.files.0["traders.map.toml"]).contains("\"records\"");
    assert!(one || many, "{:?}", made.doubts);
}

#[test]
fn a_document_that_is_a_list_is_one_message_or_none() {
    let profile = crate::profiles::profile("cn-cert-check");
    let one = r#"{"queries":[{"certNo":"1"}]}"#;
    let (_, written) = crate::fixture::round(&profile, Format::Json, &format!("[{one}]"));
    assert_eq!(written, format!("[{one}]"), "a list of one is a form of that one");
    // Of several messages in one document only the first would be read.
    for text in [format!("[{one},{one}]"), format!("[[{one}]]"), format!("[{one},null]"), "[]".to_owned()] {
        let refused = crate::fixture::read(&profile, Format::Json, &text).map(|_| ()).unwrap_err();
        assert_eq!(refused.problems[0].code, "message-unknown", "{text}");
        assert_eq!(refused.problems[0].line, Some(1), "{text}");
    }
}
