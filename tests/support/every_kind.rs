//! A format with a message for every kind of record, each with as little in it as its kind asks for.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

/// A row: wire name, record place, steps.
type Row = (&'static str, &'static str, &'static str);

/// Every kind, and what its records must have besides number and region.
const KINDS: &[(&str, &[Row])] = &[
    ("complaint-order", &[]),
    ("complaint-acknowledgement", &[("word", "decision", "code taken")]),
    ("complaint-reply", &[("word", "outcome", "code settled"), ("text", "explanation", "text 99")]),
    ("complaint-closure", &[("word", "decision", "code closed")]),
    ("complaint-progress", &[]),
    (
        "disposal-order",
        &[
            ("word", "action", "code goods"),
            ("on", "target.kind", "code item"),
            ("item", "target.content", "text 99"),
            ("text", "reason", "text 99"),
            ("office", "letter.body", "text 99"),
        ],
    ),
    ("disposal-result", &[("word", "status", "code received")]),
    ("inspection-instruction", &[]),
    ("inspection-result", &[]),
    ("assistance-request", &[("text", "legal_basis", "text 99"), ("office", "letter.body", "text 99")]),
    ("assistance-reply", &[("word", "decision", "code received")]),
    ("enforcement-lead", &[]),
    ("lead-outcome", &[("word", "decision", "code received")]),
    ("service-definition", &[]),
    ("certificate-check", &[]),
    ("certificate-status", &[("word", "status", "code valid")]),
    (
        "operator-identity",
        &[
            ("period", "period", "text 9"),
            ("is", "operator.kind", "code company"),
            ("name", "operator.name", "text 99"),
        ],
    ),
];

/// What was done to a listing.
const LISTING: &str = r#"
listing = [
  ["id",  "listing", "text 64", "must", "商品"],
  ["did", "action", "code did", "must", "措施"],
  ["at",  "at",      "time iso", "",    "时间"],
  ["sha", "evidence.sha256", "text 64", "", "证据"],
  ["why", "why_not", "text 200", "",    "未处置原因"],
]
"#;

/// The one word of each code list.
const WORDS: &[(&str, &str)] = &[
    ("taken", "accepted"),
    ("settled", "settled"),
    ("closed", "closed"),
    ("goods", "goods"),
    ("item", "item"),
    ("received", "received"),
    ("valid", "valid"),
    ("company", "company"),
];

/// The files of the profile `every-json`.
pub(crate) fn files() -> BTreeMap<String, Vec<u8>> {
    let mut profile =
        "id = \"every-json\"\nname = \"各类记录（测试）\"\nzone = \"+08:00\"\nencoding = \"utf-8\"\n\
                       order = \"rows\"\n"
            .to_owned();
    let mut map = String::new();
    for (kind, rows) in KINDS {
        write!(
            profile,
            "[message.{kind}]\nlabel = \"{kind}\"\nwire = [\"json\"]\nwhen = \"{kind} present\"\nkind = \"{kind}\"\n\
             block = \"{kind}-message\"\nrecords = \"1..1\"\n"
        )
        .unwrap();
        write!(map, "{kind}-message = [[\"{kind}\", \"records[1]\", \"one {kind}\", \"must\", \"记录\"]]\n{kind} = [\n")
            .unwrap();
        let common = [("number", "registration_number", "text 64"), ("region", "region", "digits 6")];
        for (wire, record, steps) in common.iter().chain(*rows) {
            let need = if *wire == "region" { "" } else { "must" };
            writeln!(map, "  [\"{wire}\", \"{record}\", \"{steps}\", \"{need}\", \"{wire}\"],").unwrap();
        }
        if *kind == "disposal-result" {
            map.push_str("  [\"listings\", \"manifest\", \"each listing\", \"\", \"listings\"],\n");
        }
        map.push_str("]\n");
    }
    map.push_str(LISTING);
    let lists = WORDS.iter().map(|(list, word)| {
        (format!("codes/{list}.csv"), format!("wire,record,label\n1,{word},{word}\n").into_bytes())
    });
    let did = ("codes/did.csv".to_owned(), b"wire,record,label\n1,delisted,a\n0,nothing,b\n".to_vec());
    let lists = lists.chain([did]);
    let texts = [("profile.toml", profile), ("every.map.toml", map)];
    texts.into_iter().map(|(name, text)| (name.to_owned(), text.into_bytes())).chain(lists).collect()
}

/// A message of this kind.
pub(crate) fn message(kind: &str, number: &str, region: &str) -> Vec<u8> {
    let (_, rows) = KINDS.iter().find(|(known, _)| *known == kind).unwrap();
    let mut record = json!({ "number": number, "region": region });
    for (wire, _, steps) in *rows {
        let value = if steps.starts_with("code") { "1" } else { "某" };
        record[wire] = Value::from(value);
    }
    json!({ kind: record }).to_string().into_bytes()
}

/// The canonical record of this kind, as the platform posts it.
pub(crate) fn record(kind: &str, number: &str, region: &str) -> Value {
    let (_, rows) = KINDS.iter().find(|(known, _)| *known == kind).unwrap();
    let mut record = json!({ "kind": kind, "registration_number": number, "region": region });
    for (_, place, steps) in *rows {
        let list = steps.strip_prefix("code ");
        let word = list.map_or("某", |list| WORDS.iter().find(|(known, _)| *known == list).unwrap().1);
        match place.split_once('.') {
            Some((part, member)) => record[part][member] = Value::from(word),
            None => record[place] = Value::from(word),
        }
    }
    record
}
