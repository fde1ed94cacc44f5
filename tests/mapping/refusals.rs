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
            "count": {"type": "integer"}, "from": {"type": "string", "format": "date"},
            "note": {"type": "string"}, "other": {"type": "string"},
            "facts": {"type": "array", "items": {"type": "object", "additionalProperties": false,
                "required": ["name"], "properties": {"name": {"type": "string"}, "value": {"type": "string"}}}},
            "ids": {"type": "array", "items": {"type": "object", "additionalProperties": false, "required": ["scheme"],
                "properties": {"scheme": {"type": "string", "enum": ["uscc", "other"]}, "value": {"type": "string"}}}},
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

/// A leaf on a member of the record, in place of the row of `Total`.
fn leaf(record: &str, how: &str) -> (&'static str, &'static str, String) {
    (
        "t.map.toml",
        "[\"Total\",  \"total\", \"money yuan CNY\"]",
        format!("[\"Total\", \"{record}\", \"{how}\"]"),
    )
}

#[track_caller]
fn leaf_refused(record: &str, how: &str, wanted: &[&str]) {
    let (file, old, new) = leaf(record, how);
    refused(&[(file, old, &new)], wanted);
}

#[track_caller]
fn leaf_loads(record: &str, how: &str) {
    let (file, old, new) = leaf(record, how);
    if let Err(faults) = load(&[(file, old, &new)]) {
        panic!("{how}: {faults:#?}");
    }
}

#[test]
fn a_step_is_handed_what_it_can_take() {
    leaf_refused(
        "note + other",
        "date | split '至'",
        &[
            "t.map.toml:6:29 step-takes",
            "\"date\" gives a day, but \"split\" behind it wants text: the parts",
        ],
    );
    leaf_refused(
        "note",
        "int | text 3",
        &["step-takes", "\"int\" gives a whole number, but \"text 3\" behind it wants text"],
    );
    leaf_refused(
        "note",
        "date 'yyyyMMdd' | trim | int",
        &["\"date 'yyyyMMdd'\" gives a day, but \"int\" behind it"],
    );
    leaf_refused("from", "date 'yyyyMMdd' | date 'yyyyMMdd'", &["step-takes"]);
    leaf_refused("from", "time iso | date midnight", &["step-takes", "gives a moment"]);
    leaf_refused("note", "money yuan CNY | time iso", &["step-takes", "gives money"]);
    leaf_refused("note", "date | list '、'", &["step-takes", "\"list '、'\" behind it"]);
    leaf_refused("note", "text | chunk 2", &["step-takes", "wants what stands on the wire: it comes first"]);
    leaf_refused("note", "text 3 | present", &["it comes first"]);
    leaf_refused(
        "note",
        "list '、' | date | digits 8 | as note",
        &["\"date\" gives a day, but \"digits 8\""],
    );
    leaf_refused("note", "int | ignore '0'", &["step-takes"]);
    for (record, how) in [
        ("note", "digits 8 | date 'yyyyMMdd'"),
        ("note", "date 'yyyyMMdd' | text 10"),
        ("from", "date 'yyyy/M/d' | ignore '1900-01-01'"),
        ("count", "text 3 | int | default 1"),
        ("note", "nil '' | chunk 2"),
        ("note + other", "trim | text 20 | split '至'"),
    ] {
        leaf_loads(record, how);
    }
}

#[test]
fn literals_are_words_of_the_record() {
    let code = |new: &'static str| [map("\"code colour\"", new)];
    refused(
        &code("\"code colour | default rad\""),
        &["t.map.toml:5:25 literal-unfit", "the record cannot be 'rad' here; did you mean \"red\"?"],
    );
    refused(&code("\"code colour | default green\""), &["literal-unfit", "there are red, blue"]);
    refused(&code("\"code colour else green\""), &["literal-unfit", "'green'"]);
    refused(&code("\"code colour | else green\""), &["literal-unfit", "one of blue, red (code list colour)"]);
    refused(&code("\"code colour | nil '无'\""), &["literal-unfit", "'无'"]);
    leaf_refused("count", "int | default many", &["literal-unfit", "'many'", "a whole number (int)"]);
    leaf_refused("count", "int | else many", &["literal-unfit"]);
    leaf_refused("note", "text | default 1", &["literal-unfit", "cannot be 1 here, it is text: '1'"]);
    leaf_refused("note", "text | else 1", &["literal-unfit", "cannot take 1; they want text"]);
    leaf_refused("from", "date | else heute", &["literal-unfit", "want a date as ISO 8601 has it"]);
    leaf_refused("from", "default heute", &["literal-unfit", "it is a day"]);
    leaf_refused("note", "text 2 | default abc", &["literal-unfit", "at most 2 characters"]);
    for (record, how) in [
        ("count", "int | default 1"),
        ("count", "int | else 1"),
        ("note", "text | default '1' | else 无"),
        ("from", "date 'yyyyMMdd' | default 2026-03-09"),
        ("from", "nil '无' | date"),
        ("note", "text | else uuid"),
    ] {
        leaf_loads(record, how);
    }
    load(&code("\"code colour | default red | else blue\"")).expect("it loads");
    let need = |need: &str| {
        let new = format!("\"total\", \"money yuan CNY\", \"{need}\"");
        load(&[("t.map.toml", "\"total\", \"money yuan CNY\"", &new)]).map(drop)
    };
    let told = need("must when kind_of = 'rod'").expect_err("a word that the record does not know");
    assert!(
        told[0].contains("t.map.toml:6:41 literal-unfit") && told[0].contains("did you mean \"red\"?"),
        "{told:#?}"
    );
    assert!(need("must unless kind_of in 'red' 'green'").is_err() && need("never when count = '1'").is_err());
    assert!(need("never when ^.records = '1'").is_ok(), "the message object is open");
    need("must when kind_of != 'red' and count = 1").expect("it loads");
    refused(
        &[map("\"tags\", \"each text 10\"", "\"ids[scheme='usc'].value\", \"chunk 9\"")],
        &["literal-unfit", "did you mean \"uscc\"?"],
    );
}

#[test]
fn pairs_are_objects_of_the_record() {
    leaf_loads("facts", "pairs ';' '='");
    leaf_refused(
        "ids",
        "pairs ';' '='",
        &["unknown-record-path", "the items have no \"name\"; there are scheme, value"],
    );
    leaf_refused(
        "ids",
        "pairs ';' '='",
        &["required-unfed", "each item requires \"scheme\", too; use each BLOCK"],
    );
    refused(&[map("each text 10", "pairs ';' '='")], &["type-disagrees"]);
}

#[test]
fn a_place_is_a_value_or_an_object() {
    let row = |record: &str, how: &str| {
        format!("[\"Total\", \"extensions.firm\", \"text\"],\n  [\"@n\", \"{record}\", \"{how}\"]")
    };
    let told = |new: &str| {
        load(&[
            ("profile.toml", "schema = \"t.xsd\"\n", ""),
            ("profile.toml", "id = \"t\"", "id = \"t\"\norder = \"rows\""),
            ("t.map.toml", "[\"Total\",  \"total\", \"money yuan CNY\"]", new),
        ])
        .map(drop)
    };
    let faults = told(&row("extensions.firm.name", "text")).expect_err("a text holds nothing");
    assert!(faults[0].starts_with("t.map.toml:7:10 record-inside"), "{faults:#?}");
    assert!(
        faults[0].contains("line 6 makes \"extensions.firm\" a value, and \"extensions.firm.name\""),
        "{faults:#?}"
    );
    // The other way round, and an item of what is a text elsewhere.
    assert!(told("[\"@n\", \"extensions.firm.name\"],\n  [\"Total\", \"extensions.firm\"]").is_err());
    assert!(told(&row("extensions.firm[1].name", "text")).is_err());
    told(&row("extensions.firms.name", "text")).expect("another place");
    told("[\"Total\", \"extensions.paid\", \"money yuan CNY\"],\n  [\"@n\", \"extensions.paid.note\"]")
        .expect("an object");
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
    // Of what is missing, the end of the list; of what is too much, its line; and which row uses it.
    refused(
        &[(list, "2,blue,蓝\n", "")],
        &[
            "codes/colour.csv:2:1 code-uncovered  codes/colour.csv lacks 2, which the schema allows where t.map.toml:5 uses it",
        ],
    );
    refused(&[(list, "blue", "blau")], &["codes/colour.csv:3:1 code-outside", "\"blau\"", "t.map.toml:5"]);
    refused(
        &[(list, "", "# 赤\n3,red,赤\n"), map("\"code colour\"", "\"code colour\"")],
        &[
            "codes/colour.csv:5:1 code-outside  the schema does not allow 3 of codes/colour.csv where t.map.toml:5 uses it",
        ],
    );
    refused(&[(list, "", "2,red,赤\n")], &["codes/colour.csv:4:1 code-twice"]);
    refused(&[(list, "wire,record", "code,record")], &["codes/colour.csv:1:1 code-header"]);
    refused(&[(list, "2,blue,蓝", "2,blue,蓝,x")], &["codes/colour.csv:3:1 code-row"]);
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
