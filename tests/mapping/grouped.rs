//! A ledger whose headings stand in two rows, groups above names, and cells that hold several objects. The format and
//! everything in it are made up here.

use regbridge::domain::record::schemas;
use regbridge::mapping::{Canonical, Decoded, Format, Input, Profile};
use regbridge::wire::limits::Limits;
use serde_json::json;

use crate::fixture::files;
use crate::profiles::with_run;

const MANIFEST: &str = r#"id = "grouped"
[message.ledger]
label = "台账"
wire = ["csv", "xlsx"]
headings = "two"
kind = "complaint-order"
block = "ledger"
"#;

const MAP: &str = r#"
ledger = [["row", "records", "each complaint"]]
complaint = [
  ["编号",          "registration_number",              "text 20", "must"],
  ["'投诉人/姓名'", "complainant[kind='person'].name",  "text 50"],
  ["'投诉人/电话'", "complainant[kind='person'].phones", "list '、'"],
  ["'商家/名称'",   "respondent[kind='company'].name",  "text 100", "must"],
  ["'商家/电话'",   "respondent[kind='company'].phones", "list '、'"],
  ["诉求",          "claims",                           "list '；' | code claim | as kind"],
  ["商品",          "order.goods",                      "list '、' | as name"],
  ["凭证",          "evidence",                         "list ' ' | file url | as file"],
]
"#;

const CLAIMS: &str = "wire,record,label\n退货,return,\n退款,refund,\n";

const SHEET: &str = "莲塘县接诉台账,,,,,,,\r\n\
编号,投诉人,,商家,,诉求,商品,凭证\r\n\
,姓名,电话,名称,电话,,,\r\n\
LT-1,周一,13800000001、13800000002,莲塘水暖店,,退货；退款,梨、桃,https://f.example/a.jpg https://f.example/b.jpg\r\n\
LT-2,,,河畔网店,0571-1,退款,,\r\n";

fn profile(manifest: &str, map: &str) -> Result<Profile, Vec<String>> {
    let texts = [("profile.toml", manifest), ("l.map.toml", map), ("codes/claim.csv", CLAIMS)];
    let loaded = Profile::load(&files(&texts), &Canonical(schemas()));
    loaded.map(|(profile, _)| profile).map_err(|faults| faults.iter().map(ToString::to_string).collect())
}

fn decode(profile: &Profile, format: Format, bytes: &[u8]) -> Decoded {
    let limits = Limits::default();
    let read = with_run(|run| profile.decode(&Input { bytes, format, charset: None, limits: &limits }, run));
    read.unwrap_or_else(|refusal| panic!("{:#?}", refusal.problems))
}

#[test]
fn two_rows_of_headings_are_read_and_written() {
    let profile = profile(MANIFEST, MAP).expect("it loads");
    let read = decode(&profile, Format::Csv, SHEET.as_bytes());
    let [first, second] = read.records.as_slice() else { panic!("two rows") };
    assert_eq!(first["complainant"]["phones"], json!(["13800000001", "13800000002"]));
    assert_eq!(second["respondent"]["phones"], json!(["0571-1"]));
    assert_eq!(first["claims"], json!([{"kind": "return"}, {"kind": "refund"}]));
    assert_eq!(first["order"]["goods"], json!([{"name": "梨"}, {"name": "桃"}]));
    assert_eq!(first["evidence"][1], json!({"file": {"url": "https://f.example/b.jpg"}}));

    let message = read.to_message();
    let encoded =
        with_run(|run| profile.encode("ledger", Some(Format::Csv), &message, run)).expect("written");
    assert_eq!(String::from_utf8(encoded.bytes).expect("UTF-8").trim_start_matches('\u{FEFF}'), SHEET);
    assert!(encoded.report.is_empty(), "{:?}", encoded.report);

    let book = with_run(|run| profile.encode("ledger", Some(Format::Xlsx), &message, run)).expect("written");
    let back = decode(&profile, Format::Xlsx, &book.bytes);
    assert_eq!(back.records[0]["claims"], first["claims"]);
    assert_eq!(back.records.len(), 2);
}

#[test]
fn a_template_has_both_rows_and_is_read_when_filled_in() {
    let texts = [("profile.toml", MANIFEST), ("l.map.toml", MAP), ("codes/claim.csv", CLAIMS)];
    let profile = profile(MANIFEST, MAP).expect("it loads");
    let csv = String::from_utf8(profile.csv_template("ledger").expect("a template")).expect("UTF-8");
    let filled = format!("{csv}LT-9,,,莲塘面馆,,,,\r\n");
    assert!(csv.contains("编号,投诉人,,商家,,诉求,商品,凭证\r\n,姓名,电话,名称,电话,,,\r\n"), "{csv}");
    assert_eq!(decode(&profile, Format::Csv, filled.as_bytes()).records[0]["registration_number"], "LT-9");
    let book = profile.template(&files(&texts), "ledger").expect("a template");
    // Nobody has filled it in: its merged headings are read, and there are no rows.
    let tree = regbridge::wire::xlsx::read_knowing(
        &book,
        &["台账"],
        &regbridge::wire::sheet::Headings {
            one: Vec::new(),
            two: vec!["投诉人/姓名", "投诉人/电话", "商家/名称", "编号"],
        },
        &Limits::default(),
    );
    let tree = tree.expect("it is read");
    assert_eq!(tree.table().and_then(|table| table.column("商家/电话")), Some(5));
    let names: Vec<&str> =
        tree.table().expect("a table").columns.iter().map(|(_, name)| name.as_str()).collect();
    assert_eq!(names[..3], ["编号", "投诉人/姓名", "投诉人/电话"]);
}

#[test]
fn an_item_with_more_than_the_cell_says_is_reported() {
    let profile = profile(MANIFEST, MAP).expect("it loads");
    let record = json!({
        "kind": "complaint-order", "registration_number": "1",
        "respondent": {"kind": "company", "name": "n"},
        "claims": [{"kind": "refund", "reason": "坏了"}],
    });
    let message = json!({"records": [record]});
    let encoded = with_run(|run| profile.encode("ledger", None, &message, run)).expect("written");
    let told: Vec<_> = encoded.report.iter().map(|problem| problem.path.clone()).collect();
    assert!(told.iter().any(|path| path.ends_with("claims[1].reason")), "{told:?}");
}

#[test]
fn what_does_not_fit_an_item_is_told_at_load() {
    let wrong = |how: &str| {
        let map = MAP.replace("list '；' | code claim | as kind", how);
        profile(MANIFEST, &map).map(drop).expect_err("it does not load").join("\n")
    };
    let told = wrong("list '；' | code claim");
    assert!(told.contains("as MEMBER for several in one text"), "{told}");
    let told = wrong("list '；' | int | as kind");
    assert!(told.contains("as kind: the steps give a whole number, that member is text"), "{told}");
    let told = wrong("list '；' | code claim | as sort");
    assert!(told.contains("the items have no \"sort\"; there are"), "{told}");
    let told = wrong("list '；' | as kind | code claim");
    assert!(told.contains("as MEMBER stands last"), "{told}");
    let told = profile(&MANIFEST.replace("\"two\"", "\"three\""), MAP).map(drop).expect_err("no").join("\n");
    assert!(told.contains("two"), "{told}");
}
