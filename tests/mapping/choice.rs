//! Like-named elements told apart by a predicate, in any order.

use regbridge::mapping::Format;
use serde_json::json;

use crate::fixture::{profile, round, taken, written};

const MANIFEST: &str = "id = \"t\"\n[message.order]\nwire = [\"xml\", \"json\"]\nroot = { xml = \"Order\" }\nkind = \"order\"\nblock = \"top\"\n";

const MAP: &str = r#"
top = [[".", "records[1]", "one order"]]
order = [
  ["Id[type='01']/value", "number", "digits 4", "must"],
  ["Id[type='02']/value", "name", "upper | text"],
  ["Id[type='03']/value", "note", "text"],
]
"#;

const XML: &str = "<Order><Id><type>02</type><value>b</value></Id><Id><type>09</type><value>odd</value></Id><Id><type>01</type><value>0001</value></Id></Order>";

const JSON: &str =
    r#"{"Id":[{"type":"02","value":"b"},{"type":"09","value":"odd"},{"type":"01","value":"0001"}]}"#;

#[test]
fn another_order_is_kept_as_order_and_an_edit_wins() {
    let profile = profile(MANIFEST, MAP);
    for (format, text) in [(Format::Xml, XML), (Format::Json, JSON)] {
        let (decoded, back) = round(&profile, format, text);
        assert_eq!(back, text);
        let record = &decoded.records[0];
        assert_eq!((&record["number"], &record["name"]), (&json!("0001"), &json!("B")));
        // A value edited meanwhile stands where it stood, and meets nobody else's kept text.
        let mut message = decoded.to_message();
        message["records"][0]["number"] = json!("0002");
        message["records"][0]["name"] = json!("C");
        let (edited, _) = written(&profile, "order", format, &message);
        let wanted = text.replace("0001", "0002").replace('b', "C");
        assert!(edited.ends_with(&wanted), "{edited}");
        // One that is taken away leaves the others in place.
        message["records"][0].as_object_mut().expect("an object").remove("name");
        message["records"][0]["note"] = json!("n");
        let (less, _) = written(&profile, "order", format, &message);
        let again = taken(&profile, format, &less);
        assert_eq!((&again.records[0]["number"], &again.records[0]["note"]), (&json!("0002"), &json!("n")));
        assert!(again.records[0].get("name").is_none() && less.contains("odd"), "{less}");
    }
}
