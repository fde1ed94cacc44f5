//! What the tools say to somebody who writes a profile for the first time: every slip names its place and what to do.

use regbridge::domain::record::schemas;
use regbridge::mapping::draft::{Source, draft};
use regbridge::mapping::{Canonical, Profile};

use crate::fixture::files;
use crate::profiles::with_run;

const MANIFEST: &str = r#"id = "g"
kept_ok = []
[message.push]
wire = ["json"]
kind = "complaint-order"
block = "push"
schema = "push.json"
"#;

const MAP: &str = r#"
push = [[".", "records[1]", "one complaint", "must"]]
complaint = [
  ["no",    "registration_number", "text",           "must", "单号"],
  ["state", "state",               "code state number"],
  ["at",    "registered_at",       "time 'yyyy-MM-dd HH:mm:ss'"],
  ["paid",  "order.paid",          "money yuan CNY 2 quoted"],
]
"#;

const SCHEMA: &str = r#"{
 "type": "object", "required": ["no"],
 "properties": {
  "no": {"type": "string"},
  "state": {"enum": [0, 1]},
  "at": {"type": "string"},
  "paid": {"type": "string"}
 }
}"#;

const CODES: &str = "wire,record,label\n0,待处理,\n1,处理中,\n";
const SAMPLE: &str = r#"{"no":"A1","state":0,"at":"2026-03-09 08:05:07","paid":"35.50"}"#;

const TEXTS: [(&str, &str); 6] = [
    ("profile.toml", MANIFEST),
    ("g.map.toml", MAP),
    ("push.json", SCHEMA),
    ("codes/state.csv", CODES),
    ("samples/a.json", SAMPLE),
    ("samples/a.golden.json", "{}"),
];

/// Faults and warnings of the profile with one text replaced in one file, each as `file:line code text`.
fn told(file: &str, from: &str, to: &str) -> Vec<String> {
    let (_, before) = TEXTS.iter().find(|(name, _)| *name == file).expect("a file of the profile");
    assert!(before.contains(from), "{from}");
    told_of(&[(file, &before.replacen(from, to, 1))])
}

/// Faults and warnings of the profile with these files in the place of its own.
fn told_of(others: &[(&str, &str)]) -> Vec<String> {
    let own = TEXTS.iter().filter(|(name, _)| others.iter().all(|(other, _)| other != name)).copied();
    let files = files(&own.chain(others.iter().copied()).collect::<Vec<_>>());
    let problems = match Profile::check(&files, &Canonical(schemas())) {
        Ok((profile, mut warnings)) => {
            warnings.extend(with_run(|run| profile.test(run)));
            warnings
        }
        Err(faults) => faults,
    };
    let line = |p: &regbridge::domain::problem::Problem| {
        format!("{}:{} {} {}", p.path, p.line.unwrap_or(0), p.code, p.en)
    };
    problems.iter().map(line).collect()
}

#[track_caller]
fn says(told: &[String], parts: &[&str]) {
    assert!(told.iter().any(|text| parts.iter().all(|part| text.contains(part))), "{parts:?}: {told:#?}");
}

/// The schema of a list of such messages.
fn listed() -> String {
    format!("{{\"type\": \"array\", \"items\": {SCHEMA}}}")
}

#[test]
fn a_schema_of_a_list_is_looked_into_like_one_of_an_object() {
    let each = "push = [[\".\", \"records\", \"each complaint\"]]";
    let with = |from: &str, to: &str| {
        let map = MAP.replacen("push = [[\".\", \"records[1]\", \"one complaint\", \"must\"]]", each, 1);
        assert!(map.contains(from), "{from}");
        let map = map.replacen(from, to, 1);
        let sample = format!("[{SAMPLE}, {SAMPLE}]").replacen("A1", "A2", 1);
        told_of(&[("g.map.toml", &map), ("push.json", &listed()), ("samples/a.json", &sample)])
    };
    let as_it_is = with("[\"paid\"", "[\"paid\"");
    assert!(
        as_it_is.iter().all(|text| !text.contains("-path") && !text.contains("required")),
        "{as_it_is:#?}"
    );
    says(
        &with("[\"paid\"", "[\"piad\""),
        &["g.map.toml:7 undeclared-path", "did you mean \"paid\"?", "push.json:"],
    );
    says(&with("[\"no\", ", "[\"on\", "), &["required-unmapped", "\"no\""]);
    let wanted = listed().replacen("[\"no\"]", "[\"no\", \"paid\"]", 1);
    let map = MAP.replacen("push = [[\".\", \"records[1]\", \"one complaint\", \"must\"]]", each, 1);
    let unfed = told_of(&[("g.map.toml", &map), ("push.json", &wanted)]);
    says(&unfed, &["g.map.toml:7 required-unfed", "\"paid\" is required by the schema"]);
    // A list in a list, and a list below a member, likewise.
    let deep = format!("{{\"type\": \"array\", \"items\": {}}}", listed());
    let map = MAP.replacen("push = [[\".\", \"records[1]\", \"one complaint\", \"must\"]]", each, 1);
    let map = map.replacen("[\"no\", ", "[\"on\", ", 1);
    says(&told_of(&[("g.map.toml", &map), ("push.json", &deep)]), &["required-unmapped", "\"no\""]);
}

#[test]
fn an_object_that_only_optional_rows_give_is_told() {
    let map = |name: &str| {
        format!(
            "push = [[\".\", \"records[1]\", \"one order\", \"must\"]]\norder = [\n\
               [\"no\", \"registration_number\", \"text\", \"must\"],\n  [\"a\", \"action\", \"default goods\"],\n\
               [\"why\", \"reason\", \"text\", \"must\"],\n\
               [\"what\", \"target[kind='item'].content\"],\n\
               [\"wh\", \"letter.number\"{name}],\n  [\"date\", \"letter.issued_on\", \"date\"],\n]\n"
        )
    };
    let manifest = MANIFEST.replacen("complaint-order", "disposal-order", 1);
    let told = |name: &str| told_of(&[("profile.toml", &manifest), ("g.map.toml", &map(name))]);
    let what =
        "the record requires \"letter\", and every row that gives it (wh, date) may be without a value";
    says(&told(""), &["g.map.toml:7 required-optional", what, "is refused; say must"]);
    let must = told(", \"text\", \"must\"");
    assert!(must.iter().any(|text| text.contains("never-fed")), "it loads: {must:#?}");
    assert!(must.iter().all(|text| !text.contains("required-optional")), "{must:#?}");
}

#[test]
fn a_path_that_an_open_json_schema_lets_through_is_doubted() {
    let told = told("g.map.toml", "[\"paid\"", "[\"piad\"");
    says(&told, &["g.map.toml:7 undeclared-path", "did you mean \"paid\"?", "push.json:"]);
    let must = self::told("g.map.toml", "[\"no\", ", "[\"on\", ");
    says(&must, &["required-unmapped", "no row for \"no\""]);
    says(&must, &["g.map.toml:4 undeclared-path", "did you mean \"no\"?"]);
    let dotted = self::told("g.map.toml", "[\"paid\"", "[\"order.paid\"");
    says(&dotted, &["undeclared-path", "a path is joined by /: did you mean \"order/paid\"?"]);
}

#[test]
fn a_row_that_no_sample_feeds_is_held_against_what_the_samples_have() {
    let texts = [
        ("profile.toml", &*MANIFEST.replace("schema = \"push.json\"\n", "")),
        ("g.map.toml", &*MAP.replace("[\"paid\"", "[\"piad\"")),
        ("codes/state.csv", CODES),
        ("samples/a.json", SAMPLE),
        ("samples/a.golden.json", "{}"),
    ];
    let (_, warnings) = Profile::check(&files(&texts), &Canonical(schemas())).expect("it loads");
    let found = warnings.iter().find(|w| w.code == "row-reads-nothing").expect("the slip is told");
    assert_eq!((found.path.as_str(), found.line), ("g.map.toml", Some(7)));
    assert!(found.en.contains("one has \"paid\", which no row reads"), "{found}");
    assert_eq!(warnings.iter().filter(|w| w.code == "row-reads-nothing").count(), 1, "{warnings:#?}");
}

#[test]
fn types_name_the_place_and_the_steps_that_fit() {
    says(
        &told("g.map.toml", "time 'yyyy-MM-dd HH:mm:ss'", "date 'yyyy-MM-dd'"),
        &[
            "g.map.toml:6 type-disagrees",
            "\"registered_at\": the steps give a day, the record has a moment (time …)",
        ],
    );
    says(
        &told("g.map.toml", "time 'yyyy-MM-dd HH:mm:ss'", "text"),
        &[
            "g.map.toml:6 type-disagrees",
            "\"registered_at\": the steps give text, the record has a moment (time …)",
        ],
    );
    says(
        &told("g.map.toml", "money yuan CNY 2 quoted", "text"),
        &["type-disagrees", "\"order.paid\": the steps give text, the record has money (money yuan CNY)"],
    );
    says(
        &told("g.map.toml", "\"registration_number\", \"text\"", "\"registration_number\", \"int\""),
        &["type-disagrees", "text (text; decimal for a number as text)"],
    );
    says(
        &told(
            "g.map.toml",
            "\"state\",               \"code state number\"",
            "\"claims\", \"list '；' | code state\"",
        ),
        &["type-disagrees", "a list of objects (each BLOCK, or list '、' | as MEMBER"],
    );
}

#[test]
fn steps_say_what_was_found_and_what_was_meant() {
    says(
        &told("g.map.toml", "yyyy-MM-dd HH:mm:ss", "YYYY-MM-DD HH:mm:ss"),
        &["step-arguments", "did you mean \"yyyy-MM-dd HH:mm:ss\"?"],
    );
    says(
        &told("g.map.toml", "time 'yyyy-MM-dd HH:mm:ss'", "time ‘yyyy-MM-dd’"),
        &["step-arguments", "quotes are straight ones"],
    );
    says(
        &told("g.map.toml", "money yuan CNY 2 quoted", "money CNY yuan"),
        &["\"money CNY yuan\": expected:"],
    );
    says(&told("g.map.toml", "money yuan CNY 2 quoted", "list ',' | each x"), &["each stands first"]);
    says(
        &told("g.map.toml", "\"must\", \"单号\"", "\"单号\""),
        &["g.map.toml:4 need", "the agency's word is the fifth cell"],
    );
}

#[test]
fn a_spelling_that_is_kept_says_both_and_what_to_do() {
    let told = told("g.map.toml", "money yuan CNY 2 quoted", "money yuan CNY 2");
    says(
        &told,
        &[
            "kept-spelling",
            "\"paid\" was kept (g.map.toml:7)",
            "it came as \"35.50\"",
            "add quoted to the step",
            "kept_ok",
        ],
    );
}

#[test]
fn codes_samples_and_kinds() {
    says(
        &told("codes/state.csv", "1,处理中,\n", ""),
        &["code-uncovered", "codes/state.csv lacks 1", "CODE,WORD,LABEL"],
    );
    says(
        &told("profile.toml", "complaint-order", "complaint"),
        &["profile.toml:5 unknown-kind", "there are assistance-reply"],
    );
    let mut texts = vec![("profile.toml", MANIFEST), ("g.map.toml", MAP), ("push.json", SCHEMA)];
    texts.extend([("samples/a.json", SAMPLE), ("samples/b.golden.json", "{}"), ("samples/c.json", SAMPLE)]);
    texts.extend([("samples/c.golden.json", "{}"), ("samples/c.form", "no=1")]);
    let faults = Profile::load(&files(&texts), &Canonical(schemas())).map(drop).expect_err("no code list");
    let codes: Vec<&str> = faults.iter().map(|fault| fault.code.as_ref()).collect();
    for code in ["unknown-list", "sample-without-golden", "golden-without-sample", "sample-twice"] {
        assert!(codes.contains(&code), "{code}: {codes:?}");
    }
}

#[test]
fn a_schema_that_is_none_is_told_at_its_line() {
    says(
        &told("push.json", "\"at\": {\"type\": \"string\"}", "\"at\": {\"type\": \"strnig\"}"),
        &["push.json:6 schema-invalid", "a type is one of string number"],
    );
    says(
        &told("push.json", "\"at\": {\"type\": \"string\"}", "\"at\": {\"$ref\": \"parts.json#/a\"}"),
        &["push.json:6 schema-missing", "put parts.json there"],
    );
}

#[test]
fn one_missing_bracket_is_one_fault() {
    let told = told("g.map.toml", "complaint = [", "complaint =");
    assert_eq!(told.iter().filter(|text| text.contains("unclosed table")).count(), 1, "{told:#?}");
    says(&told, &["does the block it stands in lack its"]);
}

#[test]
fn what_the_path_of_the_records_says_is_fed_and_has_its_place() {
    let manifest =
        MANIFEST.replace("complaint-order", "disposal-order").replace("schema = \"push.json\"\n", "");
    let map = r#"
push = [["items", "records[action='goods']", "each item"]]
item = [
  ["no",   "registration_number",          "text", "must"],
  ["why",  "reason",                       "text", "must"],
  ["what", "target[kind='item'].content",  "text", "must"],
  ["on",   "letter.issued_on",             "date", "must"],
]
"#;
    let texts = [("profile.toml", &*manifest), ("g.map.toml", map)];
    let (profile, warnings) = Profile::check(&files(&texts), &Canonical(schemas())).expect("it loads");
    assert!(!warnings.iter().any(|w| w.en.contains("\"action\"")), "{warnings:#?}");
    let message = serde_json::json!({"records": [{
        "kind": "disposal-order", "registration_number": "1", "action": "goods", "reason": "r",
        "target": {"kind": "item", "content": "c"}, "letter": {"issued_on": "2026-03-09"}
    }]});
    let encoded = with_run(|run| profile.encode("push", None, &message, run)).expect("it is written");
    assert!(encoded.report.is_empty(), "{:#?}", encoded.report);
}

#[test]
fn a_draft_looks_into_texts_that_are_json_and_finds_what_a_search_answers_with() {
    let canonical = Canonical(schemas());
    let source = |sample: &str| Source {
        id: "d".to_owned(),
        kind: "complaint-order".to_owned(),
        samples: vec![("a.json".to_owned(), sample.as_bytes().to_vec())],
        ..Source::default()
    };
    let push = r#"{"msgId":"7","sendTime":1773014707123,"content":"{\"complaint_no\":\"T1\",\"complaint_reason\":\"漏水\",\"state\":1}"}"#;
    let made = draft(&source(push), &canonical).unwrap_or_else(|problems| panic!("{problems:#?}"));
    assert!(made.refused.is_empty(), "{:#?}", made.refused);
    let map = String::from_utf8(made.files.0["d.map.toml"].clone()).expect("UTF-8");
    assert!(map.contains("content!json"), "{map}");
    let search = r#"{"took":3,"_shards":{"total":5,"failed":0},"hits":{"total":1,"list":[
        {"complaint_no":"T1","reason":"x","at":"2026-03-09","company":"c","state":"open","a":"1","b":"2","d":"3"}]}}"#;
    let made = draft(&source(search), &canonical).unwrap_or_else(|problems| panic!("{problems:#?}"));
    assert!(
        made.matched.iter().any(|(wire, record)| wire.ends_with("hits/list") && record == "records"),
        "{:#?}",
        made.matched
    );
}

#[test]
fn a_word_of_a_predicate_that_the_record_does_not_know_is_told_at_load() {
    let faults = |from: &str, to: &str| {
        let mut files = crate::profiles::files("cn-cert-check");
        let text = String::from_utf8(files.0["check.map.toml"].clone()).expect("UTF-8");
        assert!(text.contains(from), "no {from}");
        files.0.insert("check.map.toml".to_owned(), text.replace(from, to).into_bytes());
        let faults = Profile::load(&files, &Canonical(schemas())).map(drop).expect_err("it does not load");
        faults.iter().map(|f| format!("{}:{} {}", f.code, f.line.unwrap_or(0), f.en)).collect::<Vec<_>>()
    };
    let told = faults("holder[kind='company']", "holder[kind='firm']");
    says(
        &told,
        &[
            "literal-unfit:20",
            "\"holder[kind=…]\": the record cannot be 'firm' here; there are person, company",
        ],
    );
    let told = faults("ids[scheme='uscc']", "ids[scheme='ucss']");
    says(&told, &["literal-unfit:20", "cannot be 'ucss' here; there are citizen, uscc, "]);
}

#[test]
fn a_sample_whose_record_the_platform_does_not_know_is_a_fault_and_says_why() {
    let fault = |file: &str, from: &str, to: &str| {
        let mut files = crate::profiles::files("cn-cert-check");
        let text = String::from_utf8(files.0[file].clone()).expect("UTF-8");
        assert!(text.contains(from), "{file} has no {from}");
        files.0.insert(file.to_owned(), text.replace(from, to).into_bytes());
        let (profile, _) = Profile::load(&files, &Canonical(schemas())).expect("it loads");
        let found = with_run(|run| profile.test(run));
        found
            .into_iter()
            .filter(|fault| fault.code == "record-unfit")
            .map(|fault| fault.en)
            .collect::<Vec<_>>()
    };
    // An object of which the map gives too little.
    let told = fault("check.map.toml", "holder[kind='company']", "holder");
    assert!(told.iter().any(|text| text.contains("records[1]") && text.contains("`kind`")), "{told:#?}");
    assert_eq!(fault("check.map.toml", "证书编号", "证号"), [""; 0]);
}
