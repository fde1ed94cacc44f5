//! `explain`: what the wire said, what the profile made up, and where what is kept stands.

use regbridge::mapping::{Format, Made};

use crate::fixture::{profile_of, round};

const MANIFEST: &str = "id = \"t\"\norder = \"rows\"\n[message.m]\nwire = [\"xml\"]\nroot = \"B\"\nkind = \"order\"\nblock = \"top\"\n";

const MAP: &str = r#"
top = [
  ["Kind", "",        "const 'orders'"],
  ["O",    "records", "each order"],
]
order = [
  ["N",   "number", "text", "must"],
  ["Q",   "quantity", "int | default 1"],
  ["M",   "note",  "ignore '无' | text | default 未说明"],
  ["C",   "name",  "code colour else red"],
  ["L",   "lines", "each line"],
]
line = [[".", "name", "text"]]
"#;

#[test]
fn what_was_made_up_is_told_apart_and_what_is_kept_has_a_place() {
    let profile = profile_of(&[
        ("profile.toml", MANIFEST),
        ("t.map.toml", MAP),
        ("codes/colour.csv", "wire,record,label\n1,red,红\n2,blue,蓝\n"),
    ]);
    let text = "<B>\n<Kind>orders</Kind>\n<O><N>1</N><Q>2</Q><M>好</M><C>2</C></O>\n<O><N>2</N><M>无</M><C>77</C>\n  <X a=\"1\">x</X>\
                <L>a</L></O></B>";
    let (decoded, _) = round(&profile, Format::Xml, text);
    let told = profile.explain(&decoded);
    let made: Vec<(Made, &str, &str, Option<&str>, u32)> = told
        .iter()
        .filter_map(|one| Some((one.made?, &*one.record, &*one.wire, one.found.as_deref(), one.line)))
        .collect();
    assert_eq!(
        made,
        [
            (Made::Const, "", "B/Kind", Some("orders"), 2),
            (Made::Default, "records[2].quantity", "B/O[2]/Q", None, 4),
            (Made::Default, "records[2].note", "B/O[2]/M", Some("无"), 4),
            (Made::Else, "records[2].name", "B/O[2]/C", Some("77"), 4),
        ]
    );
    let kept: Vec<(&str, &str, u32, u32)> = told
        .iter()
        .filter(|one| one.kept.is_some())
        .map(|one| (&*one.record, &*one.wire, one.line, one.column))
        .collect();
    for wanted in [("records[2].extensions.kept", "X", 5, 3), ("records[2].extensions.kept", "C", 4, 20)] {
        assert!(kept.contains(&wanted), "{wanted:?} is not in {kept:#?}");
    }
    assert!(kept.iter().all(|(_, _, line, column)| (4..=5).contains(line) && *column > 0), "{kept:#?}");
}
