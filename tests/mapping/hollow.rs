//! What a schema requires though it may stand empty is written by itself; nothing else is made up.

use regbridge::mapping::{Format, Profile};
use serde_json::{Value, json};

use crate::fixture::{faults, profile_of, read, taken, written};

const XML: &str = r#"id = "t"
[ns]
"" = "urn:t"
[message.order]
wire = ["xml"]
root = "Orders"
kind = "order"
block = "top"
schema = "t.xsd"
"#;

const JSON: &str = r#"id = "t"
[message.order]
wire = ["json"]
kind = "order"
block = "top"
schema = "t.json"
"#;

const MAP: &str = r#"
top = [["Order", "records", "each order", "must"]]
order = [
  ["Number",         "number", "text", "must"],
  ["Lines/Line",     "lines",  "each line"],
  ["Party/Name",     "party.name", "text"],
  ["Note",           "note",   "text"],
]
line = [["Name", "name", "text", "must"]]
"#;

/// An order: `Lines`, `Party` with `Deep` in it are required, and nothing in them is.
const XSD: &str = r#"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="urn:t" targetNamespace="urn:t" elementFormDefault="qualified">
<xs:element name="Orders"><xs:complexType><xs:sequence><xs:element name="Order" maxOccurs="unbounded"><xs:complexType><xs:sequence>
<xs:element name="Number" type="xs:string"/>
<xs:element name="Lines"><xs:complexType><xs:sequence><xs:element name="Line" minOccurs="0" maxOccurs="unbounded"><xs:complexType><xs:sequence><xs:element name="Name" type="xs:string"/></xs:sequence></xs:complexType></xs:element></xs:sequence></xs:complexType></xs:element>
<xs:element name="Party"><xs:complexType><xs:sequence><xs:element name="Name" type="xs:string" minOccurs="0"/><xs:element name="Deep"><xs:complexType/></xs:element></xs:sequence></xs:complexType></xs:element>
<xs:element name="Note" type="xs:string" minOccurs="0"/>
</xs:sequence></xs:complexType></xs:element></xs:sequence></xs:complexType></xs:element></xs:schema>"#;

const SCHEMA: &str = r#"{"type": "object", "required": ["Order"], "properties": {"Order": {"type": "array", "items": {
  "type": "object", "required": ["Number", "Lines", "Party", "Extra"], "properties": {
    "Number": {"type": "string"},
    "Lines": {"type": "object", "required": ["Line"], "properties": {"Line": {"type": "array", "items": {"type": "object", "properties": {"Name": {"type": "string"}}}}}},
    "Party": {"type": "object", "properties": {"Name": {"type": "string"}}},
    "Extra": {"type": "object"},
    "Note": {"type": "string"}}}}}}"#;

fn xml(xsd: &str) -> Profile {
    profile_of(&[("profile.toml", XML), ("t.map.toml", MAP), ("t.xsd", xsd)])
}

fn bare() -> Value {
    json!({"records": [{"number": "1", "note": "n"}]})
}

#[test]
fn an_xml_wrapper_that_may_be_empty_is_written_in_its_place() {
    let profile = xml(XSD);
    let order = |inside: &str| {
        format!("<Orders xmlns=\"urn:t\"><Order><Number>1</Number>{inside}<Note>n</Note></Order></Orders>")
    };
    let (text, _) = written(&profile, "order", Format::Xml, &bare());
    assert!(text.ends_with(&order("<Lines/><Party><Deep/></Party>")), "{text}");
    // What rows give stands in it; what came without is refused, as ever.
    let full =
        json!({"records": [{"number": "1", "lines": [{"name": "a"}], "party": {"name": "p"}, "note": "n"}]});
    let (text, _) = written(&profile, "order", Format::Xml, &full);
    let inside = "<Lines><Line><Name>a</Name></Line></Lines><Party><Name>p</Name><Deep/></Party>";
    assert!(text.ends_with(&order(inside)), "{text}");
    assert!(read(&profile, Format::Xml, &order("")).is_err());
    // What came in such a wrapper and no row reads is there again, once.
    let came = order("<Lines/><Party><Deep/></Party>");
    let decoded = taken(&profile, Format::Xml, &came);
    let (back, _) = written(&profile, "order", Format::Xml, &decoded.to_message());
    assert!(back.ends_with(&came), "{back}");
}

#[test]
fn a_json_list_or_object_that_may_be_empty_is_written() {
    let profile = profile_of(&[("profile.toml", JSON), ("t.map.toml", MAP), ("t.json", SCHEMA)]);
    let (text, _) = written(&profile, "order", Format::Json, &bare());
    let found: Value = serde_json::from_str(&text).expect("JSON");
    let wanted =
        json!({"Order": [{"Number": "1", "Lines": {"Line": []}, "Party": {}, "Extra": {}, "Note": "n"}]});
    assert_eq!(found, wanted);
    let came = r#"{"Order":[{"Number":"1","Lines":{"Line":[]},"Party":{},"Extra":{"x":1}}]}"#;
    let decoded = taken(&profile, Format::Json, came);
    let (back, _) = written(&profile, "order", Format::Json, &decoded.to_message());
    assert_eq!(back, came);
}

#[test]
fn what_cannot_stand_empty_still_needs_its_row() {
    let told = |from: &str, to: &str, manifest: &str, schema: &str, file: &str| {
        assert!(schema.contains(from), "{from}");
        let schema = schema.replacen(from, to, 1);
        faults(&[("profile.toml", manifest), ("t.map.toml", MAP), (file, &schema)])
    };
    let xsd = |from, to| told(from, to, XML, XSD, "t.xsd");
    let json = |from, to| told(from, to, JSON, SCHEMA, "t.json");
    // An attribute, a text, one of two, an item.
    let deep = "<xs:element name=\"Deep\"><xs:complexType/></xs:element>";
    let attribute = xsd(
        "<xs:element name=\"Deep\"><xs:complexType/>",
        "<xs:element name=\"Deep\"><xs:complexType><xs:attribute name=\"a\" use=\"required\"/></xs:complexType>",
    );
    assert!(
        attribute.iter().any(|f| f.contains("required-unfed") && f.contains("\"Party\"")),
        "{attribute:#?}"
    );
    for other in [
        "<xs:element name=\"Deep\" type=\"xs:string\"/>",
        "<xs:choice><xs:element name=\"A\"/><xs:element name=\"B\"/></xs:choice>",
        "<xs:any namespace=\"##other\" processContents=\"lax\"/>",
    ] {
        let faults = xsd(deep, other);
        assert!(
            faults.iter().any(|f| f.contains("required-unfed") && f.contains("\"Party\"")),
            "{faults:#?}"
        );
    }
    let items = json("\"Line\": {\"type\": \"array\", ", "\"Line\": {\"type\": \"array\", \"minItems\": 1, ");
    assert!(items.iter().any(|f| f.contains("required-unfed") && f.contains("\"Lines\"")), "{items:#?}");
    let chosen =
        json("\"Extra\": {\"type\": \"object\"}", "\"Extra\": {\"type\": \"object\", \"minProperties\": 1}");
    assert!(chosen.iter().any(|f| f.contains("required-unmapped") && f.contains("\"Extra\"")), "{chosen:#?}");
    // With nothing between several to choose from, there is nothing to say.
    let optional = XSD.replacen(
        deep,
        "<xs:choice minOccurs=\"0\"><xs:element name=\"A\"/><xs:element name=\"B\"/></xs:choice>",
        1,
    );
    let (text, _) = written(&xml(&optional), "order", Format::Xml, &bare());
    assert!(text.contains("<Lines/><Party/><Note>"), "{text}");
}
