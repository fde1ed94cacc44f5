//! A name in another name space than the format's: both are told, in a message and in a map.

use regbridge::mapping::{Format, Profile};

use crate::fixture::{faults, profile, profile_of, read};

const MANIFEST: &str = r#"id = "t"
order = "rows"
[ns]
"" = "urn:t"
x = "urn:x"
[message.order]
wire = ["xml"]
root = "Orders"
kind = "order"
block = "top"
"#;

const MAP: &str = r#"
top = [["Order", "records", "each order", "must"]]
order = [
  ["Number",   "number", "text", "must"],
  ["x:Note/x:T", "note", "text", "must"],
]
"#;

const XSD: &str = r#"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:t" elementFormDefault="qualified">
<xs:element name="Orders"><xs:complexType><xs:sequence><xs:element name="Order" maxOccurs="unbounded"><xs:complexType><xs:sequence>
<xs:element name="Number" type="xs:string"/><xs:element name="Local" type="xs:string" minOccurs="0" form="unqualified"/>
</xs:sequence></xs:complexType></xs:element></xs:sequence></xs:complexType></xs:element></xs:schema>"#;

/// What is told of a document that is refused, in both languages.
fn told(profile: &Profile, text: &str) -> Vec<String> {
    let refusal = read(profile, Format::Xml, text).expect_err("it is refused");
    refusal.problems.iter().map(|p| format!("{} {} | {}", p.code, p.zh, p.en)).collect()
}

#[track_caller]
fn says(told: &[String], parts: &[&str]) {
    assert!(told.iter().any(|text| parts.iter().all(|part| text.contains(part))), "{parts:?}: {told:#?}");
}

#[test]
fn a_message_in_another_name_space_is_told_both() {
    let profile = profile(MANIFEST, MAP);
    let other = told(&profile, "<Orders xmlns='urn:T'><Order/></Orders>");
    let en = "expected Orders: its name space is \"urn:T\", expected \"urn:t\"";
    says(&other, &["message-unknown", "名称空间为“urn:T”，应为“urn:t”", en]);
    says(&told(&profile, "<Orders><Order/></Orders>"), &["its name space is none, expected \"urn:t\""]);
    let unlike = told(&profile, "<Order xmlns='urn:T'/>");
    assert!(!unlike[0].contains("name space"), "{unlike:#?}");
    // What a row looks for, where no schema says anything.
    let text = "<Orders xmlns='urn:t'><Order><Number xmlns=''>1</Number><Note xmlns='urn:x'><T xmlns='urn:y'>n</T></Note></Order></Orders>";
    let inside = told(&profile, text);
    says(&inside, &["Number", "its name space is none, expected \"urn:t\""]);
    says(&inside, &["x:Note/x:T", "名称空间为“urn:y”，应为“urn:x”"]);
    // A value that is not there at all is in no name space.
    let none = told(&profile, "<Orders xmlns='urn:t'><Order/></Orders>");
    assert!(none.iter().all(|text| !text.contains("name space")), "{none:#?}");
}

#[test]
fn a_schema_tells_both_of_a_document_and_of_a_map() {
    let manifest = format!("{MANIFEST}schema = \"t.xsd\"\n");
    let map = "top = [[\"Order\", \"records\", \"each order\", \"must\"]]\norder = [[\"Number\", \"number\", \"text\", \"must\"]]\n";
    let profile = profile_of(&[("profile.toml", &manifest), ("t.map.toml", map), ("t.xsd", XSD)]);
    let text = "<Orders xmlns='urn:t'><Order><Number xmlns='urn:x'>1</Number></Order></Orders>";
    says(
        &told(&profile, text),
        &["xsd-element", "its name space is \"urn:x\", expected \"urn:t\"", "应为“urn:t”"],
    );
    let unknown = "<Orders xmlns='urn:t'><Order><Nummer>1</Nummer></Order></Orders>";
    assert!(told(&profile, unknown).iter().all(|text| !text.contains("name space")));
    let with = |row: &str, manifest: &str| {
        let map = map.replace("[[\"Number\"", &format!("[{row}, [\"Number\""));
        faults(&[("profile.toml", manifest), ("t.map.toml", &map), ("t.xsd", XSD)])
    };
    let prefixed = with("[\"x:Number\", \"note\"]", &manifest);
    says(
        &prefixed,
        &["unknown-path", "its name space is \"urn:x\", expected \"urn:t\"; write it \"Number\""],
    );
    // A local element without a name space, below a default one, has no way to be written but by another prefix.
    says(
        &with("[\"Local\", \"note\"]", &manifest),
        &["its name space is \"urn:t\", expected none; give the name space of \"\" in [ns] a prefix"],
    );
    let unnamed = manifest
        .replace("\"\" = \"urn:t\"", "\"\" = \"urn:u\"\nt = \"urn:t\"")
        .replace("\"Orders\"", "\"t:Orders\"");
    let map = map.replace("\"Order\"", "\"t:Order\"");
    let told = faults(&[("profile.toml", &unnamed), ("t.map.toml", &map), ("t.xsd", XSD)]);
    says(&told, &["its name space is \"urn:u\", expected \"urn:t\"; write it \"t:Number\""]);
}
