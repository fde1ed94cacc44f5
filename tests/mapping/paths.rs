//! Paths that lead out of a block, into a text, or to two places at once.

use regbridge::mapping::{Format, Profile};
use serde_json::json;

use crate::fixture::{profile, profile_of, read, round, taken, written};
use crate::profiles::with_run;

fn orders(map: &str) -> Profile {
    profile(
        "id = \"t\"\n[ns]\nxsi = \"http://www.w3.org/2001/XMLSchema-instance\"\nx = \"urn:x\"\n[message.order]\nwire = [\"xml\", \"json\", \"form\"]\nroot = { xml = \"Orders\" }\nkind = \"order\"\nblock = \"top\"\n",
        map,
    )
}

const HEADER: &str = r#"
top = [["List/Order", "records", "each order", "must"]]
order = [
  ["Number",         "number", "digits 4", "must"],
  ["../../Head/Day", "sent_at", "date"],
  ["/Sender",        "sender", "text 10"],
]
"#;

#[test]
fn parents_and_the_root_are_read_for_each_and_written_once() {
    let profile = orders(HEADER);
    let text = "<Orders xmlns:x=\"urn:x\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><List><Order><Number>0001</Number></Order><Order><Number>0002</Number></Order></List><Head><Day>2026-03-09</Day></Head><Sender>a</Sender></Orders>";
    let (decoded, back) = round(&profile, Format::Xml, text);
    assert_eq!(back, text);
    for record in &decoded.records {
        assert_eq!((&record["sent_at"], &record["sender"]), (&json!("2026-03-09"), &json!("a")));
        assert!(record.get("extensions").is_none(), "{record}");
    }
    // JSON: an item's parent is what holds the list.
    let text = r#"{"List":{"Order":[{"Number":"0001"},{"Number":"0002"}]},"Head":{"Day":"2026-03-09"},"Sender":"a"}"#;
    let (decoded, back) = round(&profile, Format::Json, text);
    assert_eq!(back, text);
    assert_eq!(decoded.records[1]["sent_at"], "2026-03-09");
    // What was not there before is kept as such, beside the records.
    let text = r#"{"List":{"Order":{"Number":"0001"}},"Head":{"Day":"2026-03-09","Night":null}}"#;
    assert_eq!(round(&profile, Format::Json, text).1, text);
}

#[test]
fn a_list_of_objects_with_one_member_is_a_list_of_texts() {
    let map = r#"
top = [["Order", "records", "each order", "must"]]
order = [
  ["Number",      "number", "digits 4", "must"],
  ["Tags*/Name",  "tags",   "each text 10"],
  ["Lines*/Line", "lines",  "each line"],
]
line = [["Name", "name", "text", "must"]]
"#;
    let profile = orders(map);
    let order = json!({"number": "0001", "tags": ["a", "b"], "lines": [{"name": "x"}, {"name": "y"}]});
    let text = r#"{"Order":[{"Number":"0001","Tags":[{"Name":"a"},{"Name":"b"}],"Lines":[{"Line":{"Name":"x"}},{"Line":{"Name":"y"}}]}]}"#;
    assert_eq!(written(&profile, "order", Format::Json, &json!({"records": [order]})).0, text);
    let (decoded, back) = round(&profile, Format::Json, text);
    assert_eq!(back, text);
    assert_eq!(
        (&decoded.records[0]["tags"], &decoded.records[0]["lines"]),
        (&order["tags"], &order["lines"])
    );
    assert!(decoded.records[0].get("extensions").is_none(), "{}", decoded.records[0]);
    // Other members of such an object are kept, a lone one too, and XML has an element for each.
    for text in [
        r#"{"Order":[{"Number":"0001","Tags":[{"Name":"a","Id":7},{"Name":"b"}]}]}"#,
        r#"{"Order":[{"Number":"0001","Tags":{"Name":"a"}}]}"#,
        r#"{"Order":[{"Number":"0001","Tags":[{"Name":["a"]},{"Name":"b"}]}]}"#,
        r#"{"Order":[{"Number":"0001","Tags":[{"Id":7},{"Name":"b"}]}]}"#,
    ] {
        assert_eq!(round(&profile, Format::Json, text).1, text);
    }
    let text = written(&profile, "order", Format::Xml, &json!({"records": [order]})).0;
    assert!(text.contains("<Tags><Name>a</Name></Tags><Tags><Name>b</Name></Tags>"), "{text}");
    assert_eq!(taken(&profile, Format::Xml, &text).records[0]["tags"], order["tags"]);
}

#[test]
fn two_values_for_what_is_written_once_are_a_problem() {
    let profile = orders(HEADER);
    let order = |number: &str, sender: Option<&str>| match sender {
        Some(sender) => json!({"number": number, "sender": sender}),
        None => json!({"number": number}),
    };
    let codes = |first, second| {
        let message = json!({"records": [order("0001", first), order("0002", second)]});
        match with_run(|run| profile.encode("order", None, &message, run)) {
            Ok(_) => Vec::new(),
            Err(refusal) => refusal.problems.iter().map(|p| format!("{} {}", p.code, p.path)).collect(),
        }
    };
    assert!(codes(Some("a"), Some("a")).is_empty());
    assert_eq!(codes(Some("a"), Some("b")), ["differs records[2].sender"]);
    assert_eq!(codes(Some("a"), None), ["differs records[2].sender"]);
    assert_eq!(codes(None, Some("b")), ["differs records[2].sender"]);
}

const PARTS: &str = r#"
top = [["Order", "records", "each order", "must"]]
order = [
  ["Number",             "number", "digits 4", "must"],
  ["Day + Time",         "sent_at", "join ' ' | time 'yyyy-MM-dd HH:mm:ss'", "", "发送时间"],
  ["Name",               "family + given", "text 20 | split '·'", "", "姓名"],
  ["Amount + Amount/@c", "total", "money yuan 2", "", "金额"],
]
"#;

#[test]
fn two_wire_places_are_one_value_and_one_text_two_record_places() {
    let profile = orders(&PARTS.replace("Amount/@c", "Currency"));
    let text = r#"{"Order":[{"Number":"0001","Day":"2026-03-09","Time":"08:05:07","Name":"欧阳·明","Amount":35.50,"Currency":"USD"}]}"#;
    let (decoded, back) = round(&profile, Format::Json, text);
    assert_eq!(back, text);
    let wanted = json!({"number": "0001", "sent_at": "2026-03-09T08:05:07+08:00", "family": "欧阳", "given": "明",
        "total": {"amount": 3550, "currency": "USD"}});
    for (key, value) in wanted.as_object().expect("an object") {
        assert_eq!(&decoded.records[0][key], value, "{key}");
    }
    // Clean, and whole without its last part.
    let message = json!({"records": [{"number": "0001", "family": "欧阳"}]});
    let (back, report) = written(&profile, "order", Format::Json, &message);
    assert_eq!((back.as_str(), report.len()), (r#"{"Order":[{"Number":"0001","Name":"欧阳"}]}"#, 0));
    assert_eq!(taken(&profile, Format::Json, &back).records[0]["family"], "欧阳");
    let origins = profile.explain(&decoded);
    assert!(origins.iter().any(|o| o.wire.ends_with("Time") && o.record == "records[1].sent_at"));
}

#[test]
fn parts_are_told_in_both_languages() {
    let profile = orders(&PARTS.replace("Amount/@c", "Currency"));
    let told = |members: &str| {
        let text = format!(r#"{{"Order":[{{"Number":"0001",{members}}}]}}"#);
        let refusal = read(&profile, Format::Json, &text).expect_err("it is refused");
        format!("{} | {}", refusal.problems[0].zh, refusal.problems[0].en)
    };
    insta::assert_snapshot!(
        [
            told(r#""Time":"08:05:07""#),
            told(r#""Day":"2026-03-09 1","Time":"08:05:07""#),
            told(r#""Day":"2026-03-09""#),
            told(r#""Amount":1"#),
            told(r#""Amount":1,"Currency":"元""#),
            told(r#""Amount":0.001,"Currency":"CNY""#),
            told(r#""Name":"·明""#),
        ]
        .join("\n")
    );
    let message = json!({"records": [{"number": "0001", "given": "明"}]});
    let refusal = with_run(|run| profile.encode("order", None, &message, run)).expect_err("no family name");
    assert_eq!(refusal.problems[0].code, "part-missing");
}

const INNER: &str = r#"
top = [["Order", "records", "each order", "must"]]
order = [
  ["Number",                   "number", "digits 4", "must"],
  ["Json!json/n",              "quantity", "int"],
  ["Json!json/s/t",            "note", "text"],
  ["Xml!xml/x:Doc/x:Name",     "name", "text"],
  ["Xml!xml/x:Doc/@id",        "extensions.id", "text"],
  ["Text!base64",              "sender", "text"],
  ["Packed!base64!json/lines", "lines", "each line"],
  ["Doc!base64!xml/x:D/x:F",   "family", "text"],
]
line = [["name", "name", "text"], ["kind", "kind", "text"]]
"#;

/// The same content by four ways: documents in texts of a document of either format.
#[test]
fn texts_that_are_documents_are_looked_into() {
    let profile = orders(INNER);
    let record = json!({"number": "0001", "quantity": 5, "note": "<&\"", "name": "n·1", "sender": "你好",
        "lines": [{"name": "a", "kind": "1"}, {"name": "b"}], "family": "f", "extensions": {"id": "i"}});
    let message = json!({"records": [record]});
    for format in [Format::Json, Format::Xml] {
        let (text, report) = written(&profile, "order", format, &message);
        assert!(report.is_empty(), "{report:?}");
        let (decoded, back) = round(&profile, format, &text);
        let mut found = decoded.records[0].clone();
        for ours in ["kind", "schema_version"] {
            found.as_object_mut().expect("an object").remove(ours);
        }
        assert_eq!(found, record, "{text}");
        assert!(text.ends_with(&back), "{text}\n{back}");
        assert!(text.contains("5L2g5aW9"), "no base64 of 你好: {text}");
    }
}

#[test]
fn the_round_trip_looks_inside() {
    let profile = orders(INNER);
    for text in [
        r#"{"Order":[{"Number":"0001","Json":"{ \"n\" : 5, \"odd\": [1, null] }"}]}"#,
        r#"{"Order":[{"Number":"0001","Xml":"<y:Doc xmlns:y='urn:x' id='1'><y:Name>n</y:Name><y:Odd a='1'/></y:Doc>"}]}"#,
        r#"{"Order":[{"Number":"0001","Text":"5L2g\n5aW9"}]}"#,
    ] {
        let decoded = taken(&profile, Format::Json, text);
        let (back, _) = written(&profile, "order", Format::Json, &decoded.to_message());
        let again = taken(&profile, Format::Json, &back);
        assert_eq!(decoded.to_message(), again.to_message(), "{back}");
        let inner = |text: &str| text.contains("odd") || text.contains("Odd") || text.contains("5L2g");
        assert!(inner(&back), "{back}");
    }
}

#[test]
fn what_a_text_does_not_hold_is_told() {
    let profile = orders(INNER);
    let code = |member: &str| {
        let text = format!(r#"{{"Order":[{{"Number":"0001",{member}}}]}}"#);
        let refusal = read(&profile, Format::Json, &text).expect_err("it is refused");
        refusal.problems[0].code.to_string()
    };
    assert_eq!(code(r#""Json":"{""#), "inner-json");
    assert_eq!(code(r#""Xml":"<a>""#), "inner-xml");
    assert_eq!(code(r#""Text":"%""#), "inner-base64");
    assert_eq!(code(r#""Text":"/w==""#), "inner-base64");
}

const TYPED: &str = r#"
top = [["Order", "records", "each order", "must"]]
order = [
  ["Number", "number", "digits 4", "must"],
  ["Party[@xsi:type='x:Person']",  "party[kind='person']",  "one person"],
  ["Party[@xsi:type='x:Company']", "party[kind='company']", "one company"],
]
person  = [["Name", "name", "text"]]
company = [["Title", "name", "text"]]
"#;

#[test]
fn an_element_is_told_by_its_type() {
    let xsd = r#"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:x="urn:x" targetNamespace="urn:x">
<xs:complexType name="Party" abstract="true"/>
<xs:complexType name="Person"><xs:complexContent><xs:extension base="x:Party"><xs:sequence><xs:element name="Name" type="xs:string"/></xs:sequence></xs:extension></xs:complexContent></xs:complexType>
<xs:complexType name="Company"><xs:complexContent><xs:extension base="x:Party"><xs:sequence><xs:element name="Title" type="xs:string"/></xs:sequence></xs:extension></xs:complexContent></xs:complexType>
<xs:element name="Orders"><xs:complexType><xs:sequence><xs:element name="Order" maxOccurs="unbounded"><xs:complexType><xs:sequence>
<xs:element name="Number" type="xs:string"/><xs:element name="Party" type="x:Party" minOccurs="0"/>
</xs:sequence></xs:complexType></xs:element></xs:sequence></xs:complexType></xs:element></xs:schema>"#;
    let manifest = "id = \"t\"\norder = \"schema\"\n[ns]\nxsi = \"http://www.w3.org/2001/XMLSchema-instance\"\nx = \"urn:x\"\n[message.order]\nwire = [\"xml\"]\nroot = \"x:Orders\"\nkind = \"order\"\nblock = \"top\"\nschema = \"t.xsd\"\n";
    let map = TYPED.replace("\"name\", \"text\"", "\"name\", \"text\", \"must\"");
    let profile = profile_of(&[("profile.toml", manifest), ("t.map.toml", &map), ("t.xsd", xsd)]);
    let text = "<x:Orders xmlns:x=\"urn:x\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><Order><Number>0001</Number><Party xsi:type=\"x:Company\"><Title>t</Title></Party></Order><Order><Number>0002</Number><Party xsi:type=\"x:Person\"><Name>n</Name></Party></Order></x:Orders>";
    let (decoded, back) = round(&profile, Format::Xml, text);
    assert_eq!(back, text);
    assert_eq!(decoded.records[0]["party"], json!({"kind": "company", "name": "t"}));
    assert_eq!(decoded.records[1]["party"], json!({"kind": "person", "name": "n"}));
    let wrong = map.replace("\"Title\"", "\"Titel\"");
    let faults =
        crate::fixture::faults(&[("profile.toml", manifest), ("t.map.toml", &wrong), ("t.xsd", xsd)]);
    assert!(faults.iter().any(|f| f.contains("did you mean \"Title\"?")), "{faults:?}");
}

#[test]
fn a_flat_object_is_several_of_ours() {
    let map = r#"
top = [["Order", "records", "each order", "must"]]
order = [
  ["Number", "number", "digits 4", "must"],
  [".", "party[kind='person']", "one person"],
  [".", "lines", "each line"],
]
person = [["Name", "name", "text"]]
line   = [["Item", "name", "text"], ["Price", "total", "money yuan CNY"]]
"#;
    let text =
        r#"{"Order":[{"Number":"0001","Name":"n","Item":"i","Price":3},{"Number":"0002","Item":"j"}]}"#;
    let (decoded, back) = round(&orders(map), Format::Json, text);
    assert_eq!(back, text);
    assert_eq!(decoded.records[0]["party"], json!({"kind": "person", "name": "n"}));
    assert_eq!(decoded.records[0]["lines"][0]["total"]["amount"], 300);
}
