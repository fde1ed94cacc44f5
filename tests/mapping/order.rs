//! Where the order of output comes from when there is no schema, and what has no place at all.

use regbridge::mapping::Format;
use serde_json::json;

use crate::fixture::{faults, profile_of, round, written};
use crate::profiles::with_run;

const MANIFEST: &str = "id = \"t\"\norder = \"shape\"\n[ns]\n\"\" = \"urn:a\"\nx = \"urn:x\"\n[message.order]\nwire = [\"xml\"]\nroot = \"Orders\"\nkind = \"order\"\nblock = \"top\"\n";

const MAP: &str = r#"
top = [["Order", "records", "each order", "must"], ["@version", "version"]]
order = [
  ["Note",     "note", "text"],
  ["x:Name",   "name", "text"],
  ["Number",   "number", "digits 4", "must"],
  ["Lines/Line", "lines", "each line"],
]
line = [["Kind", "kind", "text"], ["Name", "name", "text"]]
"#;

const SHAPE: &str = "<Orders xmlns='urn:a' xmlns:x='urn:x' version=''>\n <Order>\n  <Number/>\n  <x:Name/>\n  <Lines><Line><Name/><Kind/><Order/></Line></Lines>\n  <Note/>\n </Order>\n</Orders>";

#[test]
fn a_shape_gives_the_order() {
    let profile = profile_of(&[("profile.toml", MANIFEST), ("t.map.toml", MAP), ("shape.xml", SHAPE)]);
    let line = json!({"name": "a", "kind": "1"});
    let message =
        json!({"version": "2", "records": [{"number": "0001", "note": "n", "name": "b", "lines": [line]}]});
    let (text, _) = written(&profile, "order", Format::Xml, &message);
    let body = "<Order><Number>0001</Number><x:Name>b</x:Name><Lines><Line><Name>a</Name><Kind>1</Kind></Line></Lines><Note>n</Note></Order></Orders>";
    assert!(text.ends_with(body), "{text}");
    // Another order is kept.
    let text = "<Orders xmlns=\"urn:a\" xmlns:x=\"urn:x\" version=\"2\"><Order><Note>n</Note><Odd/><Number>0001</Number></Order></Orders>";
    assert_eq!(round(&profile, Format::Xml, text).1, text);
}

#[test]
fn what_is_wrong_with_a_shape() {
    let told = |manifest: &str, map: &str, shape: &str| {
        faults(&[("profile.toml", manifest), ("t.map.toml", map), ("shape.xml", shape)]).join("\n")
    };
    let found = told(MANIFEST, &MAP.replace("\"Note\"", "\"Noet\""), SHAPE);
    assert!(
        found.contains("t.map.toml:4:4 unknown-path") && found.contains("did you mean \"Note\"?"),
        "{found}"
    );
    assert!(found.contains("shape.xml:"), "{found}");
    assert!(
        told(MANIFEST, MAP, &SHAPE.replace("<Note/>", "<Note/><Note/>"))
            .contains("shape.xml:6:10 shape-twice")
    );
    assert!(told(MANIFEST, MAP, "<Orders>").contains("shape.xml:1:"));
    assert!(told(MANIFEST, MAP, "<Orders xmlns='urn:b'/>").contains("unknown-path"));
    let other = format!("{MANIFEST}shape = \"shap.xml\"\n");
    assert!(
        told(&other, MAP, SHAPE).contains("profile.toml:11:9 file-missing"),
        "{}",
        told(&other, MAP, SHAPE)
    );
    assert!(told(&other, MAP, SHAPE).contains("did you mean \"shape.xml\"?"));
    let rows = other.replace("order = \"shape\"", "order = \"rows\"");
    assert!(told(&rows, MAP, SHAPE).contains("goes with order = \"shape\""));
}

#[test]
fn record_content_without_a_place_is_reported_or_refused() {
    let manifest = MANIFEST.replace("order = \"shape\"\n", "");
    let message = json!({"records": [{"number": "0001", "sender": "s", "lines": [{"value": "v"}]}]});
    let profile = profile_of(&[("profile.toml", &manifest), ("t.map.toml", MAP)]);
    let (_, report) = written(&profile, "order", Format::Xml, &message);
    assert_eq!(report, ["no-place records[1].lines[1].value", "no-place records[1].sender"]);
    let refuse = manifest.replace("[ns]", "unwritten = \"refuse\"\n[ns]");
    let profile = profile_of(&[("profile.toml", &refuse), ("t.map.toml", MAP)]);
    let refusal = with_run(|run| profile.encode("order", None, &message, run)).expect_err("it is refused");
    let told: Vec<String> = refusal.problems.iter().map(|p| format!("{} {}", p.code, p.path)).collect();
    assert_eq!(told, ["no-place records[1].lines[1].value", "no-place records[1].sender"]);
}
