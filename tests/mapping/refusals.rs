//! What keeps a profile from loading: one fixture each, with place and suggestion.

use std::collections::BTreeMap;

use regbridge::mapping::{Canonical, Profile, ProfileFiles};
use serde_json::json;

const MANIFEST: &str = r#"id = "t"
[ns]
"" = "urn:t"
x = "urn:x"
[message.order]
wire = ["xml", "json"]
root = { xml = "Order" }
kind = "order"
block = "top"
"#;

const MAP: &str = r#"
top = [["@version", "version"], ["Item", "records", "each item", "must"]]
item = [
  ["Number", "number", "digits 4", "must"],
  ["Kind",   "kind_of", "code colour"],
  ["Total",  "total", "money yuan CNY"],
  ["Tag",    "tags", "each text 10"],
]
"#;

const XSD: &str = r#"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="urn:t" targetNamespace="urn:t" elementFormDefault="qualified">
<xs:element name="Order"><xs:complexType><xs:sequence>
<xs:element name="Item" maxOccurs="unbounded"><xs:complexType><xs:sequence>
<xs:element name="Number" type="xs:string"/>
<xs:element name="Kind" type="Colour" minOccurs="0"/>
<xs:element name="Total" type="xs:decimal" minOccurs="0"/>
<xs:element name="Tag" type="xs:string" minOccurs="0" maxOccurs="unbounded"/>
</xs:sequence></xs:complexType></xs:element>
</xs:sequence><xs:attribute name="version" type="xs:string"/></xs:complexType></xs:element>
<xs:simpleType name="Colour"><xs:restriction base="xs:string"><xs:enumeration value="1"/><xs:enumeration value="2"/></xs:restriction></xs:simpleType>
</xs:schema>"#;

fn canonical() -> Canonical {
    let money = json!({"type": "object", "properties": {"amount": {"type": "integer"}, "currency": {"type": "string"}}});
    let order = json!({
        "type": "object", "additionalProperties": false, "required": ["number"],
        "properties": {
            "number": {"type": "string"}, "kind_of": {"type": "string", "enum": ["red", "blue"]},
            "total": money, "tags": {"type": "array", "items": {"type": "string"}},
            "count": {"type": "integer"},
            "extensions": {"type": "object", "additionalProperties": true}
        }
    });
    Canonical(BTreeMap::from([("order".to_owned(), order)]))
}

/// The profile with some texts replaced, or files added.
fn load(changes: &[(&str, &str, &str)]) -> Result<Profile, Vec<String>> {
    let mut files: BTreeMap<String, String> = [
        ("profile.toml", MANIFEST.to_owned() + "schema = \"t.xsd\"\n"),
        ("t.map.toml", MAP.to_owned()),
        ("t.xsd", XSD.to_owned()),
        ("codes/colour.csv", "wire,record,label\n1,red,红\n2,blue,蓝\n".to_owned()),
    ]
    .into_iter()
    .map(|(path, text)| (path.to_owned(), text))
    .collect();
    for (path, old, new) in changes {
        let text = files.entry((*path).to_owned()).or_default();
        if old.is_empty() {
            text.push_str(new);
        } else {
            assert!(text.contains(old), "{path} has no {old}");
            *text = text.replacen(old, new, 1);
        }
    }
    let files = ProfileFiles(files.into_iter().map(|(path, text)| (path, text.into_bytes())).collect());
    match Profile::load(&files, &canonical()) {
        Ok((profile, _)) => Ok(profile),
        Err(faults) => Err(faults
            .iter()
            .map(|f| {
                let (line, column) = (f.line.unwrap_or(0), f.column.unwrap_or(0));
                assert!(!f.zh.is_ascii() || f.code == "toml", "no Chinese: {f:?}");
                format!("{}:{line}:{column} {}  {}", f.path, f.code, f.en)
            })
            .collect()),
    }
}

#[track_caller]
fn refused(changes: &[(&str, &str, &str)], wanted: &[&str]) {
    match load(changes) {
        Ok(_) => panic!("it loads; expected {wanted:?}"),
        Err(faults) => {
            for wanted in wanted {
                assert!(
                    faults.iter().any(|fault| fault.contains(wanted)),
                    "expected {wanted}\nfound {faults:#?}"
                );
            }
        }
    }
}

fn map(old: &'static str, new: &'static str) -> (&'static str, &'static str, &'static str) {
    ("t.map.toml", old, new)
}

#[test]
fn the_profile_as_it_stands_loads() {
    load(&[]).expect("it loads");
}

#[test]
fn what_a_message_is_told_by_is_in_its_schema() {
    let when = |when: &str| {
        let new = format!("block = \"top\"\nwhen = \"{when}\"");
        load(&[("profile.toml", "block = \"top\"", &new)])
    };
    let told = when("Item/Totel present and Item/Total present").map(drop).expect_err("no document has it");
    assert!(told[0].contains("profile.toml:") && told[0].contains("unknown-path"), "{told:#?}");
    assert!(told[0].contains("did you mean \"Total\"?"), "{told:#?}");
    assert!(when("Item/Totel = 'x'").is_err() && when("Item/Totel in 'x' 'y'").is_err());
    // What other messages have, and this one has not, is asked for in just this way.
    when("Item/Totel absent and Item/Totel != 'x'").expect("it loads");
    when("Item/Total present").expect("it loads");
}

#[test]
fn paths() {
    refused(
        &[map("\"Total\"", "\"Totel\"")],
        &["t.map.toml:6:4 unknown-path", "did you mean \"Total\"?", "t.xsd:"],
    );
    refused(
        &[map("\"number\"", "\"nummer\"")],
        &["t.map.toml:4:14 unknown-record-path", "did you mean \"number\"?"],
    );
    refused(&[map("\"Total\"", "\"y:Total\"")], &["unknown-prefix"]);
    refused(&[map("\"Total\"", "\"a//b\"")], &["wire-path"]);
    refused(&[map("\"Total\"", "\"../Totel\"")], &["unknown-path", "\"Totel\""]);
    refused(&[map("\"Total\"", "\"../../Total\"")], &["leads above the message"]);
    refused(&[map("\"Tag\"", "\"../Tag\"")], &["leads-out"]);
    refused(&[map("\"Total\"", "\"Total + Kind\"")], &["join"]);
    refused(&[map("\"code colour\"", "\"join '-' | code colour\"")], &["join"]);
    refused(&[map("\"code colour\"", "\"code colour | join '-'\"")], &["join 'SEP' stands first"]);
    refused(&[map("\"code colour\"", "\"join ''\"")], &["step-arguments", "expected: join 'SEP'"]);
    refused(&[map("\"total\"", "\"total + tags\"")], &["split"]);
    refused(&[map("money yuan CNY", "money yuan")], &["join"]);
    refused(&[map("\"Total\"", "\"Total!jsn\"")], &["wire-path", "!base64!json"]);
    refused(&[map("\"total\"", "\"to tal\"")], &["record-path"]);
    refused(&[map("\"tags\", \"each text 10\"", "\"tags\"")], &["type-disagrees"]);
    refused(&[map("\"tags\", \"each text 10\"", "\"extensions.tag\"")], &["repeats", "t.xsd:"]);
    refused(&[map("[\"Total\",", "[\"Number\", \"extensions.n\"],\n  [\"Total\",")], &["wire-twice"]);
    refused(&[map("\"total\", \"money yuan CNY\"", "\"number\"")], &["record-twice"]);
    refused(&[map("\"tags\", \"each text 10\"", "\"tags.x\", \"each text 10\"")], &["record-list"]);
    refused(&[map("[\"Total\",", "[\"*/x\", \"extensions.n\"],\n  [\"Total\",")], &["open-name"]);
}

#[test]
fn steps() {
    refused(&[map("digits 4", "digit 4")], &["t.map.toml:4:24 unknown-step", "did you mean \"digits\"?"]);
    refused(&[map("digits 4", "text x")], &["step-arguments"]);
    refused(
        &[map("digits 4", "int")],
        &["type-disagrees", "the steps give a whole number, the record has text"],
    );
    refused(&[map("money yuan CNY", "text")], &["type-disagrees"]);
    refused(&[map("each text 10", "text 10")], &["type-disagrees"]);
    refused(&[map("digits 4", "running 1")], &["derived"]);
    refused(&[map("digits 4", "pattern '['")], &["pattern"]);
    refused(&[map("digits 4", "text 'open")], &["how"]);
    refused(&[map("code colour", "code color")], &["unknown-list", "did you mean \"colour\"?"]);
    refused(&[map("code colour", "code colour hlod")], &["step-arguments", "did you mean \"hold\"?"]);
    refused(&[map("each item", "each itam")], &["unknown-block", "did you mean \"item\"?"]);
    refused(&[map("\"digits 4\", \"must\"", "\"const 'x'\"")], &["derived"]);
}

#[test]
fn needs_and_required() {
    refused(&[map("\"digits 4\", \"must\"", "\"digits 4\", \"should\"")], &["need"]);
    refused(
        &[map("\"digits 4\", \"must\"", "\"digits 4\"")],
        &["required-unfed", "the record requires \"number\""],
    );
    let rows =
        "[\"Number\", \"number\", \"digits 4\", \"must\"],\n  [\"Kind\",   \"kind_of\", \"code colour\"]";
    let swapped = "[\"Number\", \"extensions.n\"],\n  [\"Kind\", \"number\", \"text\", \"must\"]";
    refused(&[map(rows, swapped)], &["required-unfed", "\"Number\" is required by the schema"]);
    let unmapped = "[\"Kind\", \"number\", \"text\", \"must\"]";
    refused(&[map(rows, unmapped)], &["required-unmapped", "no row for \"Number\""]);
    refused(
        &[map("\"code colour\"", "\"code colour\", \"must when totl present\"")],
        &["unknown-record-path"],
    );
}

#[test]
fn codes() {
    let list = "codes/colour.csv";
    refused(&[(list, "2,blue,蓝\n", "")], &["code-uncovered", "lacks 2"]);
    refused(&[(list, "blue", "blau")], &["code-outside", "\"blau\""]);
    refused(&[(list, "", "3,red,赤\n")], &["code-outside", "does not allow 3"]);
    refused(&[(list, "", "2,red,赤\n")], &["code-twice"]);
    refused(&[(list, "wire,record", "code,record")], &["code-header"]);
}

#[test]
fn blocks() {
    refused(&[map("item = [", "text = []\nitem = [")], &["block-name"]);
    refused(&[("u.map.toml", "", "item = []\n")], &["block-twice"]);
    refused(
        &[map("[\"Total\",", "[\".\", \"extensions.again\", \"one item\"],\n  [\"Total\",")],
        &["recursion"],
    );
    refused(&[map("[\"Total\",", "[\"Total\"],\n  [\"Total\",")], &["row-cells"]);
    refused(&[map("item = [", "item = [[")], &["toml"]);
    refused(&[map("item = [", "item = [3,")], &["wrong-type"]);
}

#[test]
fn the_manifest() {
    let file = "profile.toml";
    refused(
        &[(file, "id = \"t\"", "id = \"t\"\nzoen = \"+08:00\"")],
        &["profile.toml:2:1 unknown-key", "did you mean \"zone\"?"],
    );
    refused(&[(file, "id = \"t\"", "id = \"t\"\nzone = \"8\"")], &["zone"]);
    refused(&[(file, "id = \"t\"", "id = \"t\"\nencoding = \"gb18031\"")], &["unknown-word", "gb18030"]);
    refused(&[(file, "id = \"t\"", "id = \"t\"\nextends = \"u\"")], &["profile.toml:2:11 unknown-base"]);
    refused(&[(file, "id = \"t\"\n", "")], &["key-missing"]);
    refused(&[(file, "kind = \"order\"", "kind = \"ordre\"")], &["unknown-kind", "did you mean \"order\"?"]);
    refused(&[(file, "block = \"top\"", "block = \"tip\"")], &["unknown-block", "did you mean \"top\"?"]);
    refused(&[(file, "", "answer = \"ordre\"\n")], &["unknown-message", "did you mean \"order\"?"]);
    refused(&[(file, "", "records = \"many\"\n")], &["bounds"]);
    refused(&[(file, "", "when = \"a ~ 'b'\"\n")], &["when"]);
    refused(&[(file, "root = { xml = \"Order\" }\n", "")], &["root-missing"]);
    refused(&[(file, "xml = \"Order\"", "xml = \"Ordre\"")], &["unknown-path"]);
    refused(&[(file, "t.xsd", "u.xsd")], &["file-missing"]);
    refused(&[(file, "\"json\"", "\"jason\"")], &["unknown-word", "did you mean \"json\"?"]);
}

#[test]
fn samples_and_schemas() {
    refused(&[("samples/a.xml", "", "<Order/>")], &["sample-without-golden"]);
    refused(
        &[(
            "t.xsd",
            "</xs:schema>",
            "<xs:import namespace=\"urn:u\" schemaLocation=\"https://u.invalid/u.xsd\"/></xs:schema>",
        )],
        &["u.xsd"],
    );
}
