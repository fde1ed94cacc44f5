//! A ledger as a county bureau keeps it: a title above the headings, days and amounts as people write them, several
//! values in one cell, `/` for nothing. The format and everything in it are made up here.

use regbridge::domain::record::schemas;
use regbridge::mapping::draft::{Source, draft};
use regbridge::mapping::{Canonical, Decoded, Format, Input, Profile, ProfileFiles};
use regbridge::wire::encoding::{Encoding, encode};
use regbridge::wire::limits::Limits;

use crate::fixture::files;
use crate::profiles::with_run;

const MANIFEST: &str = r#"id = "ledger"
encoding = "gbk"
[message.ledger]
label = "台账"
wire = ["csv", "xlsx"]
kind = "complaint-order"
block = "ledger"
bad_records = "skip"
"#;

const MAP: &str = r#"
ledger = [["row", "records", "each complaint"]]
complaint = [
  ["台账号",     "registration_number",             "text 20", "must"],
  ["接诉日",     "registered_at",                   "time 'yyyy/M/d' 'yyyy-MM-dd'"],
  ["诉求人",     "complainant[kind='person'].name", "text 50"],
  ["诉求人电话", "complainant[kind='person'].phones", "ignore common | list '、' | trim"],
  ["商户",       "respondent[kind='company'].name", "text 100", "must"],
  ["购买日",     "order.goods[1].produced_on",      "ignore common | date 'yyyy年M月d日' 'yyyy/M/d'"],
  ["金额",       "order.paid",                      "before '￥' '¥' | after '元' | grouped | money yuan CNY 2"],
  ["标记",       "tags",                            "ignore common | list '；' | code mark"],
  ["凭证",       "linked_orders[1].goods[1].licences", "list ','"],
  ["群诉",       "marks.group",                     "bool '是' '否'"],
  ["经过",       "facts",                           "text 2000"],
]
"#;

const MARKS: &str = "wire,record,label\n老年人,elder,\n重复投诉,again,\n";

const SHEET: &str = "石桥县市场监管所2026年3月接诉台账,,,,,,,,,,\r\n\
填报人：陈一,,,,,,,,,,2026年3月31日\r\n\
台账号,接诉日,诉求人,诉求人电话,商户,购买日,金额,标记,凭证,群诉,经过\r\n\
SQ-001,2026/3/5,周一,13800000001、13800000002,石桥水暖店,2026年3月1日,358.00元,老年人；重复投诉,a,否,\"漏水，\n不修\"\r\n\
SQ-002,2026/3/16,吴二,/,河畔网店,2026/2/28,\"￥1,200.00元\",无,\"a,b\",是,多人未收到货\r\n\
SQ-003,2026-03-17,郑三,13800000003,石桥面馆,/,68.5,,,否,异物\r\n";

fn profile() -> Profile {
    let texts = [("profile.toml", MANIFEST), ("l.map.toml", MAP), ("codes/mark.csv", MARKS)];
    match Profile::load(&files(&texts), &Canonical(schemas())) {
        Ok((profile, _)) => profile,
        Err(faults) => panic!("{:#?}", faults.iter().map(ToString::to_string).collect::<Vec<_>>()),
    }
}

fn decode(profile: &Profile, format: Format, bytes: &[u8]) -> Decoded {
    let limits = Limits::default();
    let read = with_run(|run| profile.decode(&Input { bytes, format, charset: None, limits: &limits }, run));
    read.unwrap_or_else(|refusal| panic!("{:#?}", refusal.problems))
}

#[test]
fn a_ledger_is_read_as_it_comes_and_comes_back() {
    let profile = profile();
    let bytes = encode(SHEET, Encoding::Gbk).expect("GBK has it all");
    let read = decode(&profile, Format::Csv, &bytes);
    assert!(read.refused.is_empty(), "{:#?}", read.refused);
    let [first, second, third] = read.records.as_slice() else { panic!("three rows") };
    assert_eq!(first["registered_at"], "2026-03-05T00:00:00+08:00");
    assert_eq!(third["registered_at"], "2026-03-17T00:00:00+08:00");
    assert_eq!(first["order"]["paid"]["amount"], 35_800);
    assert_eq!(second["order"]["paid"]["amount"], 120_000);
    assert_eq!(third["order"]["paid"]["amount"], 6_850);
    assert_eq!(first["tags"], serde_json::json!(["elder", "again"]));
    assert!(second.get("tags").is_none() && second["complainant"].get("phones").is_none());
    assert_eq!(second["order"]["goods"][0]["produced_on"], "2026-02-28");
    assert_eq!(second["linked_orders"][0]["goods"][0]["licences"], serde_json::json!(["a", "b"]));
    assert_eq!(second["marks"]["group"], true);

    let message = read.to_message();
    let encoded =
        with_run(|run| profile.encode("ledger", Some(Format::Csv), &message, run)).expect("written");
    // All but blank cells and the order of columns is as it was: the title, too.
    let (again, _) = regbridge::wire::csv::read(&encoded.bytes, Some(Encoding::Gbk), &Limits::default())
        .expect("it is read");
    for line in SHEET.split("\r\n").filter(|line| line.contains("石桥县") || line.contains("SQ-001")) {
        let first = line.split(',').next().expect("a cell");
        assert!(again.source().contains(first), "{}", again.source());
    }
    let twice = decode(&profile, Format::Csv, &encoded.bytes);
    assert_eq!(twice.to_message(), message);
    assert!(again.source().starts_with("石桥县市场监管所2026年3月接诉台账,"), "{}", again.source());
    assert!(again.source().contains("2026年3月31日"), "{}", again.source());

    // Written as a workbook and read again, it says the same.
    let mut clean = message;
    strip(&mut clean);
    let book = with_run(|run| profile.encode("ledger", Some(Format::Xlsx), &clean, run)).expect("written");
    let mut back = decode(&profile, Format::Xlsx, &book.bytes).to_message();
    strip(&mut back);
    assert_eq!(back, clean);
}

/// Takes away what is kept.
fn strip(value: &mut serde_json::Value) {
    if let Some(object) = value.as_object_mut() {
        object.retain(|key, value| {
            key != "extensions" || value.as_object().is_some_and(|e| !e.contains_key("kept"))
        });
        object.values_mut().for_each(strip);
    }
    value.as_array_mut().into_iter().flatten().for_each(strip);
}

#[test]
fn a_wrong_item_of_a_cell_is_told_by_its_number() {
    let profile = profile();
    let bytes = encode(&SHEET.replace("老年人；重复投诉", "老年人；重访"), Encoding::Gbk).expect("GBK");
    let read = decode(&profile, Format::Csv, &bytes);
    assert_eq!(read.records.len(), 2);
    let problem = &read.refused[0].problems[0];
    assert_eq!((problem.code.as_ref(), problem.path.as_str()), ("code-unknown", "H4"));
    assert!(problem.zh.contains("第 2 项“重访”"), "{problem}");
}

#[test]
fn a_sample_whose_row_is_set_aside_fails_with_that_rows_problems() {
    let bytes = encode(&SHEET.replace("老年人；重复投诉", "老年人；重访"), Encoding::Gbk).expect("GBK");
    let texts = [
        ("profile.toml", MANIFEST),
        ("l.map.toml", MAP),
        ("codes/mark.csv", MARKS),
        ("samples/a.golden.json", "{}"),
    ];
    let mut files: ProfileFiles = files(&texts);
    files.0.insert("samples/a.csv".to_owned(), bytes);
    let (profile, _) = Profile::load(&files, &Canonical(schemas())).expect("it loads");
    let faults = with_run(|run| profile.test(run));
    assert!(
        faults.iter().any(|fault| fault.code == "sample-refused" && fault.en.contains("\"重访\"")),
        "{faults:#?}"
    );
}

#[test]
fn a_draft_of_a_ledger_knows_its_words() {
    let sheet = "石桥县接诉台账,,,,,,,\n\
序号,登记编号,投诉人,联系电话,被投诉单位,统一社会信用代码,金额,是否群体投诉\n\
1,SQ-001,周一,13800000001,石桥水暖店,无,358.00元,否\n\
2,SQ-002,吴二,/,河畔网店,91330500MA2B000011,\"1,200元\",是\n";
    let source = Source {
        id: "ledger".to_owned(),
        kind: "complaint-order".to_owned(),
        samples: vec![("ledger.csv".to_owned(), sheet.as_bytes().to_vec())],
        ..Source::default()
    };
    let canonical = Canonical(schemas());
    let made = draft(&source, &canonical).unwrap_or_else(|problems| panic!("{problems:#?}"));
    assert!(made.refused.is_empty(), "{:#?}", made.refused);
    let map = String::from_utf8(made.files.0["ledger.map.toml"].clone()).expect("UTF-8");
    for (wire, record) in [
        ("登记编号", "registration_number"),
        ("联系电话", "complainant[kind='person'].phones"),
        ("统一社会信用代码", "respondent[kind='company'].ids[scheme='uscc'].value"),
    ] {
        let row = map.lines().find(|line| line.contains(&format!("\"{wire}\""))).unwrap_or_default();
        assert!(row.contains(record) && !row.trim_start().starts_with('#'), "{wire}: {row}\n{map}");
    }
    assert!(map.contains("after '元' | grouped | money yuan CNY") || !map.contains("money"), "{map}");
    let (profile, _) = Profile::load(&made.files, &canonical).expect("it loads");
    let faults = with_run(|run| profile.test(run));
    assert!(faults.is_empty(), "{faults:#?}");
}
