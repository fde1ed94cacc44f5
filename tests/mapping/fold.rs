//! One record as several on the wire, and the matter a message belongs to.

use regbridge::mapping::{Format, Profile, ProfileFiles};
use serde_json::{Value, json};

use crate::fixture::{canonical, faults, profile, read, round, taken};
use crate::profiles::with_run;

const MAP: &str = r#"
top = [["Case", "case_id", "text"], ["Row", "records", "each row", "must"]]
row = [
  ["Number", "number", "digits 4", "must"],
  ["Name",   "name", "text"],
  [".",      "lines", "each line"],
]
line = [["Line", "name", "text"], ["Kind", "kind", "upper | text"]]
"#;

fn manifest(more: &str) -> String {
    format!(
        "id = \"t\"\n[message.rows]\nwire = [\"json\"]\nkind = \"order\"\nblock = \"top\"\nper = \"lines\"\nfold = \"number\"\n{more}"
    )
}

fn row(number: &str, name: &str, line: &str) -> Value {
    json!({"Number": number, "Name": name, "Line": line})
}

fn rows(rows: &[Value]) -> String {
    json!({"Row": rows}).to_string()
}

#[test]
fn rows_that_agree_are_one_record() {
    let profile = profile(&manifest(""), MAP);
    let text = rows(&[row("0001", "n", "a"), row("0001", "n", "b"), row("0002", "m", "c")]);
    let (decoded, back) = round(&profile, Format::Json, &text);
    assert_eq!(serde_json::from_str::<Value>(&back).ok(), serde_json::from_str(&text).ok());
    assert_eq!(decoded.records.len(), 2);
    assert_eq!(decoded.records[0]["lines"], json!([{"name": "a"}, {"name": "b"}]));
    assert_eq!(decoded.positions().collect::<Vec<_>>(), [1, 3]);
}

#[test]
fn what_is_kept_and_where_it_stood_comes_back() {
    let profile = profile(&manifest(""), MAP);
    let odd =
        |line: &str| json!({"Number": "0001", "Name": "n", "Line": line, "Kind": "k", "Odd": [line, null]});
    let text = rows(&[odd("a"), row("0002", "m", "c"), odd("b")]);
    let (decoded, back) = round(&profile, Format::Json, &text);
    assert_eq!(serde_json::from_str::<Value>(&back).ok(), serde_json::from_str(&text).ok());
    assert_eq!(decoded.records.len(), 2);
    assert_eq!(decoded.records[0]["lines"][1]["kind"], "K");
}

#[test]
fn rows_that_agree_and_differ_are_bad() {
    let text = rows(&[row("0001", "n", "a"), row("0002", "m", "c"), row("0001", "x", "b")]);
    let refusal = read(&profile(&manifest(""), MAP), Format::Json, &text).expect_err("one differs");
    assert_eq!((refusal.records[0].index, &*refusal.problems[0].code), (3, "fold-differs"));
    let profile = profile(&manifest("bad_records = \"skip\"\n"), MAP);
    let decoded = taken(&profile, Format::Json, &text);
    assert_eq!((decoded.records.len(), decoded.refused[0].index), (2, 3));
}

#[test]
fn one_record_is_as_many_messages_as_it_takes() {
    let profile = profile(&manifest("records = \"1..1\"\n"), MAP);
    let record = json!({"number": "0001", "name": "n", "lines": [{"name": "a"}, {"name": "b"}]});
    let message = json!({"case_id": "c", "records": [record]});
    let refusal = with_run(|run| profile.encode("rows", None, &message, run)).expect_err("it takes two");
    assert_eq!(refusal.problems[0].code, "per-several");
    let encoded = with_run(|run| profile.encode_all("rows", None, &message, run)).expect("it is written");
    let texts: Vec<String> =
        encoded.into_iter().map(|one| String::from_utf8(one.bytes).expect("UTF-8")).collect();
    assert_eq!(texts[1], r#"{"Case":"c","Row":[{"Number":"0001","Name":"n","Line":"b"}]}"#);
    // Read back one by one, they are the record again.
    let records = texts.iter().map(|text| taken(&profile, Format::Json, text).records.remove(0)).collect();
    let whole = profile.fold("rows", records);
    assert_eq!((whole.len(), &whole[0]["lines"]), (1, &message["records"][0]["lines"]));
}

#[test]
fn a_message_says_to_which_matter_it_belongs() {
    let by_case = profile(&manifest("correlate = \"case_id\"\n"), MAP);
    let text = r#"{"Case":"c-7","Row":[{"Number":"0001"}]}"#;
    assert_eq!(by_case.correlation(&taken(&by_case, Format::Json, text)).as_deref(), Some("c-7"));
    let by_number = profile(&manifest("correlate = \"records[1].number\"\n"), MAP);
    assert_eq!(by_number.correlation(&taken(&by_number, Format::Json, text)).as_deref(), Some("0001"));
    let none = r#"{"Row":[{"Number":"0001"}]}"#;
    assert_eq!(by_case.correlation(&taken(&by_case, Format::Json, none)), None);
}

#[test]
fn what_cannot_be_folded_or_correlated() {
    let told = |manifest: &str| faults(&[("profile.toml", manifest), ("t.map.toml", MAP)]).join("\n");
    let found = told(&manifest("").replace("per = \"lines\"", "per = \"line\""));
    assert!(
        found.contains("profile.toml:6:7 unknown-record-path") && found.contains("did you mean \"lines\"?")
    );
    assert!(told(&manifest("").replace("per = \"lines\"", "per = \"tags\"")).contains("6:7 per "));
    assert!(told(&manifest("").replace("per = \"lines\"\n", "")).contains("6:8 fold "));
    assert!(told(&manifest("").replace("\"number\"", "\"lines[1]\"")).contains("record-path"));
    let found = told(&manifest("correlate = \"case\"\n"));
    assert!(found.contains("8:13 correlate"), "{found}");
    assert!(told(&manifest("correlate = \"case_ib\"\n")).contains("did you mean \"case_id\"?"));
}

/// An answer that we read: their word for what became of what we sent, and what is wrong with it.
#[test]
fn their_answers_are_read_with_the_map_that_writes_ours() {
    let manifest = "id = \"t\"\n[message.answer]\nwire = [\"xml\", \"json\"]\nroot = { xml = \"Ack\" }\nkind = \"receipt\"\nblock = \"answer\"\ncorrelate = \"registration_number\"\n";
    let map = "answer = [\n  [\"Result\", \"outcome\", \"code result\", \"must\"],\n  [\"RefNo\", \"registration_number\", \"text 64\"],\n  [\"Msg\", \"message\", \"text 200 cut\"],\n  [\"Errors/Error\", \"problems\", \"each error\"],\n]\nerror = [\n  [\"@code\", \"code\", \"text 64\", \"must\"],\n  [\"Text\", \"zh\", \"text\", \"must\"],\n  [\"Text\", \"en\", \"text\", \"same\"],\n]\n";
    let map = map.replace("  [\"Text\", \"en\", \"text\", \"same\"],\n", "");
    let codes = "wire,record,label\n0,accepted,成功\n1,refused,失败\n2,duplicate,重复\n";
    let texts = [("profile.toml", manifest), ("t.map.toml", &*map), ("codes/result.csv", codes)];
    let files: ProfileFiles = crate::fixture::files(&texts);
    let mut kinds = canonical();
    kinds.0.extend(crate::profiles::canonical().0);
    let profile = match Profile::load(&files, &kinds) {
        Ok((profile, _)) => profile,
        Err(faults) => panic!("{faults:#?}"),
    };
    let text = "<Ack><Result>1</Result><RefNo>330106</RefNo><Msg>退回</Msg><Errors><Error code=\"E7\"><Text>电话有误</Text></Error></Errors></Ack>";
    let (decoded, back) = round(&profile, Format::Xml, text);
    assert_eq!(back, text);
    assert_eq!(profile.correlation(&decoded).as_deref(), Some("330106"));
    let answer = &decoded.records[0];
    assert_eq!((&answer["outcome"], &answer["problems"][0]["code"]), (&json!("refused"), &json!("E7")));
    let refusal = read(&profile, Format::Xml, &text.replace(">1<", ">9<")).expect_err("no such result");
    assert_eq!(refusal.problems[0].code, "code-unknown");
}
