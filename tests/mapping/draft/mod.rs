//! Drafted profiles: of formats that nobody wrote a profile for, the draft loads, its sample comes back, and most fields
//! have found their place.

mod real;

use std::collections::BTreeMap;

use regbridge::domain::record::schemas;
use regbridge::mapping::draft::{Draft, Source, draft};
use regbridge::mapping::{Canonical, Profile};

use crate::profiles::with_run;

fn source(id: &str, kind: &str, samples: &[(&str, &[u8])]) -> Source {
    Source {
        id: id.to_owned(),
        kind: kind.to_owned(),
        samples: samples.iter().map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec())).collect(),
        ..Source::default()
    }
}

/// Drafts, loads, and runs the samples both ways; gives the draft.
fn good(source: &Source) -> Draft {
    let canonical = Canonical(schemas());
    let made = draft(source, &canonical).unwrap_or_else(|problems| panic!("{}: {problems:#?}", source.id));
    assert!(made.refused.is_empty(), "{}: {:#?}", source.id, made.refused);
    let (profile, _) = Profile::check(&made.files, &canonical)
        .unwrap_or_else(|problems| panic!("{}: {problems:#?}", source.id));
    assert_eq!(profile.samples().count(), source.samples.len(), "{}", source.id);
    let mut faults = with_run(|run| profile.test(run));
    // What a record must have besides, and no sample says, is for whoever finishes the draft; it is told as this fault.
    faults.retain(|fault| fault.code != "record-unfit");
    assert!(faults.is_empty(), "{}: {faults:#?}", source.id);
    made
}

/// Where the draft sends a field.
fn leads(made: &Draft, wire: &str) -> Option<String> {
    let named = |(path, _): &&(String, String)| path.rsplit(": ").next() == Some(wire);
    made.matched.iter().find(named).map(|(_, record)| record.clone())
}

fn expect(made: &Draft, rows: &[(&str, &str)]) {
    for (wire, record) in rows {
        assert_eq!(
            leads(made, wire).as_deref(),
            Some(*record),
            "{wire}; {:#?} {:#?}",
            made.matched,
            made.unmatched
        );
    }
}

#[test]
fn an_emergency_alert() {
    let made = good(&source("cap", "disposal-order", &[("alert.xml", include_bytes!("cap.xml"))]));
    expect(&made, &[("identifier", "registration_number")]);
    assert!(made.files.0.contains_key("shape.xml"), "order comes from the sample");
}

#[test]
fn notifications_of_unsafe_products() {
    let made =
        good(&source("gate", "enforcement-lead", &[("weekly.xml", include_bytes!("safety-gate.xml"))]));
    expect(
        &made,
        &[("notification", "records"), ("reference", "registration_number"), ("measures", "measures")],
    );
    expect(&made, &[("brand", "goods[1].make"), ("dangerDescription", "facts")]);
}

#[test]
fn a_purchase_order() {
    let made = good(&source("ubl", "complaint-order", &[("order.xml", include_bytes!("ubl-order.xml"))]));
    expect(&made, &[("cac:OrderLine", "order.goods"), ("cac:LineItem/cac:Item/cbc:Name", "name")]);
    let amount = "cac:AnticipatedMonetaryTotal/cbc:PayableAmount + cac:AnticipatedMonetaryTotal/cbc:PayableAmount/@currencyID";
    assert!(leads(&made, amount).is_some_and(|path| path.starts_with("order.")), "{:#?}", made.matched);
}

#[test]
fn enforcement_reports() {
    let made = good(&source(
        "recalls",
        "enforcement-lead",
        &[("enforcement.json", include_bytes!("enforcement.json"))],
    ));
    expect(
        &made,
        &[("results", "records"), ("recall_number", "registration_number"), ("reason_for_recall", "facts")],
    );
}

#[test]
fn a_laboratory_report() {
    let made = good(&source("lab", "inspection-result", &[("report.json", include_bytes!("report.json"))]));
    expect(&made, &[(".", "records[1]")]);
    assert!(made.matched.len() >= 4, "{:#?}", made.matched);
}

#[test]
fn names_in_pinyin() {
    let made = good(&source("pinyin", "complaint-order", &[("gongdan.json", include_bytes!("pinyin.json"))]));
    expect(
        &made,
        &[
            ("tousushijian", "complained_at"),
            ("tsr/xm", "complainant[kind='person'].name"),
            ("tsr/lxdh", "complainant[kind='person'].phones[1]"),
            ("tsr/sfzh", "complainant[kind='person'].ids[scheme='citizen'].value"),
            ("btsr/mc", "respondent[kind='company'].name"),
            ("btsr/tyshxydm", "respondent[kind='company'].ids[scheme='uscc'].value"),
            ("btsr/fddbr", "respondent[kind='company'].legal_person"),
            ("dingdanhao", "order.number"),
            ("sfje", "order.paid"),
            ("tsnr", "facts"),
            ("jinji", "priority"),
            ("bz", "remark"),
        ],
    );
    let list = String::from_utf8_lossy(&made.files.0["codes/jinji.csv"]).into_owned();
    assert!(list.contains("紧急,urgent,"), "{list}");
}

#[test]
fn a_companys_code_is_no_persons() {
    let sample = br#"{"leadNumber":"L1","reporterName":"\u7532","reporterUscc":"91350100M000100Y43","reporterCitizenId":"11010519491231002X"}"#;
    let made = good(&source("leads", "enforcement-lead", &[("lead.json", sample)]));
    let persons = |record: &String| record.starts_with("reporter.person");
    assert!(leads(&made, "reporterCitizenId").as_ref().is_some_and(persons), "{:#?}", made.matched);
    assert!(!leads(&made, "reporterUscc").as_ref().is_some_and(persons), "{:#?}", made.matched);
    let map = String::from_utf8(made.files.0["leads.map.toml"].clone()).expect("UTF-8");
    let row = map.lines().find(|line| line.contains("reporterUscc")).expect("its row");
    assert!(!row.contains("person"), "nor is it named as near: {row}");
}

/// The rows of one element's children stand together, whatever the record makes of them.
#[test]
fn what_stands_in_one_element_stands_together_in_the_map() {
    let one = br"<Notice><Head><No>1</No><Time>2026-03-09</Time></Head><Firm><Name>a</Name></Firm><Head2><X>1</X></Head2></Notice>";
    let two = br"<Notice><Head><No>2</No><Office>o</Office></Head><Firm><Code>9</Code><Name>b</Name></Firm><Note>n</Note><Head2><Y>1</Y></Head2></Notice>";
    let made = good(&source("notices", "complaint-order", &[("one.xml", one), ("two.xml", two)]));
    let map = String::from_utf8(made.files.0["notices.map.toml"].clone()).expect("UTF-8");
    let parents: Vec<&str> = map
        .lines()
        .filter_map(|line| line.trim_start_matches(['#', ' ']).strip_prefix("[\"")?.split('"').next())
        .map(|wire| wire.split('/').next().unwrap_or_default())
        .collect();
    let mut seen: Vec<&str> = Vec::new();
    for parent in parents {
        if seen.last() != Some(&parent) {
            assert!(!seen.contains(&parent), "{parent} stands in two places:\n{map}");
            seen.push(parent);
        }
    }
}

#[test]
fn elements_of_attributes_alone_have_no_text_to_read() {
    let order = |number: u8| {
        format!(
            "<tsd bh='33010620260309000{number}'><tsr xm='张三' dh='13800000001'/><btsr mc='某某商行'/><bz>已联系</bz></tsd>"
        )
    };
    let sample = format!("<TSXX dw='330106'>{}{}</TSXX>", order(1), order(2));
    let made = good(&source("attributes", "complaint-order", &[("a.xml", sample.as_bytes())]));
    expect(
        &made,
        &[
            ("tsr/@xm", "complainant[kind='person'].name"),
            ("btsr/@mc", "respondent[kind='company'].name"),
            ("bz", "remark"),
        ],
    );
    assert_eq!((leads(&made, "tsr"), leads(&made, "btsr")), (None, None), "{:#?}", made.matched);
}

#[test]
fn a_sheet_with_hanzi() {
    let made = good(&source("sheet", "complaint-order", &[("tousu.csv", include_bytes!("complaints.csv"))]));
    expect(
        &made,
        &[
            ("row", "records"),
            ("投诉单号", "registration_number"),
            ("投诉时间", "complained_at"),
            ("投诉人姓名", "complainant[kind='person'].name"),
            ("订单号", "order.number"),
            ("'实付金额（元）'", "order.paid"),
            ("投诉内容", "facts"),
        ],
    );
}

#[test]
fn a_schema_alone_is_drafted_too() {
    let schema = r#"{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","required":["complaintNo","grade","extra"],
        "properties":{"complaintNo":{"type":"string","maxLength":32,"description":"登记编号"},
        "grade":{"enum":["1","2"],"description":"等次"},"extra":{"type":"object","required":["a"],"properties":{"a":{"type":"integer"}}},
        "lines":{"type":"array","items":{"type":"object","properties":{"goodsName":{"type":"string"}}}}}}"#;
    let made = good(&Source {
        schema: Some("c.schema.json".to_owned()),
        schemas: BTreeMap::from([("c.schema.json".to_owned(), schema.as_bytes().to_vec())]),
        ..source("json", "complaint-order", &[])
    });
    expect(&made, &[("complaintNo", "registration_number"), ("goodsName", "name")]);
    let map = String::from_utf8_lossy(&made.files.0["json.map.toml"]).into_owned();
    assert!(map.contains("\"text 32\""), "{map}");
    assert!(map.contains("[\"extra/a\",") && !map.contains("# [\"extra/a\""), "what is required runs: {map}");
    assert!(made.files.0.contains_key("codes/grade.csv"), "{map}");
}

#[test]
fn what_cannot_be_drafted_says_what_to_do() {
    let canonical = Canonical(schemas());
    let told = |source: &Source| draft(source, &canonical).err().map(|p| p[0].en.clone()).unwrap_or_default();
    let none = source("x", "complaint-order", &[]);
    assert_eq!(told(&none), "give --schema, --sample or both");
    let unknown = source("x", "complaint-oder", &[("a.json", b"{}")]);
    assert!(told(&unknown).contains("did you mean \"complaint-order\"?"), "{}", told(&unknown));
    let mixed = source("x", "complaint-order", &[("a.json", b"{}"), ("b.xml", b"<a/>")]);
    assert!(told(&mixed).contains("draft one format at a time"));
    let broken = source("x", "complaint-order", &[("a.xml", b"<a><b></a>")]);
    assert!(told(&broken).starts_with("a.xml: "), "{}", told(&broken));
    let lost = Source {
        records: Some("c".to_owned()),
        ..source("x", "complaint-order", &[("a.json", br#"{"b":{"d":1}}"#)])
    };
    assert!(told(&lost).contains("there are b"), "{}", told(&lost));
}
