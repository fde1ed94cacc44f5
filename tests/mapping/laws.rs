//! The laws: round trip on mutated samples, clean records, edits.

use std::fmt::Write as _;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use regbridge::mapping::{Format, Input, Profile};
use regbridge::wire::limits::Limits;
use serde_json::{Value, json};

use crate::profiles::{IDS, canonical, files, profile, with_run};

/// The profile without its schema, so that mutations reach the map.
pub(crate) fn without_schema(id: &str) -> Profile {
    let mut files = files(id);
    let manifest = String::from_utf8(files.0["profile.toml"].clone()).expect("UTF-8");
    let (manifest, beside) = manifest.split_once("[beside]\n").unwrap_or((&manifest, ""));
    let manifest = format!("{manifest}{}", beside.split_once("\n\n").map_or("", |(_, rest)| rest));
    let lines = manifest.lines().filter(|line| !line.starts_with("schema ") && !line.starts_with("order "));
    let text = lines.collect::<Vec<_>>().join("\n");
    files.0.insert("profile.toml".to_owned(), text.into_bytes());
    Profile::load(&files, &canonical()).map_err(|faults| format!("{faults:?}")).expect("it loads").0
}

/// Reads and writes; `None` when the document is refused, which is as good.
pub(crate) fn round_trip(profile: &Profile, format: Format, bytes: &[u8]) -> Option<Vec<u8>> {
    let limits = Limits::default();
    let input = Input { bytes, format, charset: None, limits: &limits };
    with_run(|run| {
        let decoded = profile.decode(&input, run).ok()?;
        let encoded = profile.encode(&decoded.message, Some(format), &decoded.to_message(), run);
        Some(
            encoded.unwrap_or_else(|r| panic!("{}\n{:#?}", String::from_utf8_lossy(bytes), r.problems)).bytes,
        )
    })
}

/// Lines of an indented XML sample are elements: dropping, repeating, moving, blanking a one-line element keeps it
/// well-formed.
pub(crate) fn mutated(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().collect();
    let leaf = |line: &str| {
        let line = line.trim();
        line.starts_with('<')
            && line.contains("</")
            && !line.starts_with("</")
            && line.matches('<').count() == 2
    };
    let mut found = Vec::new();
    for (index, line) in lines.iter().enumerate().filter(|(_, line)| leaf(line)) {
        let with = |change: &dyn Fn(&mut Vec<String>)| {
            let mut lines: Vec<String> = lines.iter().map(|l| (*l).to_owned()).collect();
            change(&mut lines);
            lines.join("\n")
        };
        let (open, close) = (line.find('>').expect("a tag"), line.rfind("</").expect("a tag"));
        let blank = format!("{}{}", &line[..=open], &line[close..]);
        let spaced = format!("{}  {}", &line[..=open], &line[close..]);
        let padded = format!("{}0{}{}", &line[..=open], &line[open + 1..close], &line[close..]);
        let unknown = line.replace('<', "<Un").replace("<Un/", "</Un");
        found.push(with(&|l| drop(l.remove(index))));
        found.push(with(&|l| l.insert(index, line.to_string())));
        found.push(with(&|l| l[index].clone_from(&blank)));
        found.push(with(&|l| l[index].clone_from(&spaced)));
        found.push(with(&|l| l[index].clone_from(&padded)));
        found.push(with(&|l| l[index].clone_from(&unknown)));
        if leaf(lines[index - 1]) {
            found.push(with(&|l| l.swap(index - 1, index)));
        }
    }
    found
}

#[test]
fn mutated_xml_is_refused_or_written_back_equal() {
    for (id, least) in [("cn-amr-xml", 800), ("open311-v2", 150)] {
        let profile = without_schema(id);
        let (mut accepted, mut all) = (0, 0);
        for sample in profile.samples().filter(|sample| sample.format == Format::Xml) {
            let text = encoding_rs_text(&sample.bytes);
            for document in mutated(&text) {
                all += 1;
                let document = document.replacen("GB18030", "UTF-8", 1);
                let Some(written) = round_trip(&profile, Format::Xml, document.as_bytes()) else { continue };
                accepted += 1;
                let came = canonical_xml(document.as_bytes());
                assert_eq!(came, canonical_xml(&written), "{}\n{document}", sample.path);
            }
        }
        assert!(all > least, "{id}: only {all} mutations");
        assert!(accepted * 2 > all, "{id}: only {accepted} of {all} were accepted");
    }
}

fn encoding_rs_text(bytes: &[u8]) -> String {
    use regbridge::wire::encoding::{Encoding, decode};
    decode(bytes, Encoding::Gb18030).expect("GB18030")
}

/// Expanded names, attributes sorted, text, order: what equality looks at.
pub(crate) fn canonical_xml(bytes: &[u8]) -> String {
    use regbridge::wire::tree::{NodeId, NodeKind, Tree};
    fn print(tree: &Tree, node: NodeId, out: &mut String) {
        let (namespace, local) = tree.expanded(tree.name(node));
        let _ = write!(out, "<{{{namespace}}}{local}");
        let mut attributes: Vec<String> = tree
            .children(node)
            .filter(|child| tree.kind(*child) == NodeKind::Attribute)
            .map(|child| format!(" {:?}={:?}", tree.expanded(tree.name(child)), tree.text(child)))
            .collect();
        attributes.sort();
        out.push_str(&attributes.concat());
        let _ = writeln!(out, ">{:?}", tree.text(node));
        for child in tree.children(node) {
            match tree.kind(child) {
                NodeKind::Attribute => {}
                NodeKind::Text => {
                    let _ = writeln!(out, "{:?}", tree.text(child));
                }
                _ => print(tree, child, out),
            }
        }
        out.push_str("</>\n");
    }
    let (tree, _) = regbridge::wire::xml::read(bytes, None, &Limits::default()).expect("XML");
    let mut out = String::new();
    print(&tree, tree.root().expect("a root"), &mut out);
    out
}

/// Every member of a JSON document dropped, nulled, blanked, made a text, made a list, or accompanied.
fn mutated_json(value: &Value) -> Vec<Value> {
    fn pointers(value: &Value, path: &str, found: &mut Vec<String>) {
        let children: Vec<(String, &Value)> = match value {
            Value::Object(members) => members.iter().map(|(k, v)| (k.clone(), v)).collect(),
            Value::Array(items) => items.iter().enumerate().map(|(i, v)| (i.to_string(), v)).collect(),
            _ => return,
        };
        for (key, child) in children {
            let here = format!("{path}/{key}");
            pointers(child, &here, found);
            found.push(here);
        }
    }
    let mut all = Vec::new();
    pointers(value, "", &mut all);
    let mut found = Vec::new();
    for pointer in all {
        let old = value.pointer(&pointer).expect("it is there").clone();
        let text = old.as_str().map_or_else(|| old.to_string(), str::to_owned);
        for new in
            [Value::Null, json!(""), json!(text), json!([old.clone()]), json!({"x": 1, "y": [1.5, null]})]
        {
            let mut copy = value.clone();
            *copy.pointer_mut(&pointer).expect("it is there") = new;
            found.push(copy);
        }
        let (parent, key) = pointer.rsplit_once('/').expect("a slash");
        let mut copy = value.clone();
        match copy.pointer_mut(parent).expect("it is there") {
            Value::Object(members) => {
                members.insert(format!("{key}/ext'ra"), json!([{"b": 2}]));
                members.remove(key);
            }
            Value::Array(items) => {
                items.push(json!(null));
            }
            _ => {}
        }
        found.push(copy);
    }
    found
}

#[test]
fn mutated_json_is_refused_or_written_back_equal() {
    for (id, least) in [("cn-hongdun-yunqiao", 100), ("cn-12315-json", 1500), ("open311-v2", 300)] {
        let profile = without_schema(id);
        let (mut accepted, mut all) = (0, 0);
        for sample in profile.samples().filter(|sample| sample.format == Format::Json) {
            let value: Value = serde_json::from_slice(&sample.bytes).expect("JSON");
            for document in mutated_json(&value) {
                all += 1;
                let Some(written) = round_trip(&profile, Format::Json, document.to_string().as_bytes())
                else {
                    continue;
                };
                accepted += 1;
                let back: Value = serde_json::from_slice(&written).expect("JSON");
                assert_eq!(document, back, "{}", sample.path);
            }
        }
        assert!(all > least && accepted * 5 > all, "{id}: {accepted} of {all}");
    }
}

#[test]
fn mutated_inner_json_is_refused_or_written_back_equal() {
    let profile = profile("cn-hongdun-yunqiao");
    let sample = profile.samples().find(|s| s.path == "samples/submit-goods.form").expect("a sample").clone();
    let fields: Vec<(String, String)> = form_urlencoded::parse(&sample.bytes).into_owned().collect();
    let info: Value =
        serde_json::from_str(&fields.iter().find(|f| f.0 == "info").expect("info").1).expect("JSON");
    let mut accepted = 0;
    for document in mutated_json(&info) {
        let mut out = form_urlencoded::Serializer::new(String::new());
        for (key, text) in &fields {
            out.append_pair(key, if key == "info" { document.to_string() } else { text.clone() }.as_str());
        }
        let Some(written) = round_trip(&profile, Format::Form, out.finish().as_bytes()) else { continue };
        accepted += 1;
        let mut came: Vec<(String, String)> = fields.clone();
        let mut back: Vec<(String, String)> = form_urlencoded::parse(&written).into_owned().collect();
        let inner = |fields: &mut Vec<(String, String)>| {
            let at = fields.iter().position(|f| f.0 == "info").expect("info");
            serde_json::from_str::<Value>(&fields.remove(at).1).expect("JSON")
        };
        inner(&mut came);
        assert_eq!(inner(&mut back), document);
        came.sort();
        back.sort();
        assert_eq!(came, back);
    }
    assert!(accepted > 20, "only {accepted} were accepted");
}

#[test]
fn what_is_kept_of_an_edited_record_stays_and_the_edit_wins() {
    let profile = profile("cn-amr-xml");
    let sample = profile.samples().find(|s| s.path == "samples/order-extended.xml").expect("a sample");
    let limits = Limits::default();
    let input = Input { bytes: &sample.bytes, format: Format::Xml, charset: None, limits: &limits };
    with_run(|run| {
        let mut message = profile.decode(&input, run).expect("it decodes").to_message();
        let record = &mut message["records"][0];
        record["order"]["goods"][0]["price"]["amount"] = json!(80000);
        record["remark"] = json!("已补充");
        record["complainant"]["account"] = json!("buyer_demo_03");
        let added = json!({"name": "围巾"});
        record["order"]["goods"].as_array_mut().expect("a list").insert(0, added);
        let encoded = profile.encode("complaint-order", None, &message, run);
        let encoded = encoded.unwrap_or_else(|refusal| panic!("{:#?}", refusal.problems));
        let text = encoding_rs_text(&encoded.bytes);
        assert!(text.contains("<Price>800.00</Price>"), "{text}");
        assert!(text.contains("<Remark>已补充</Remark>") && text.matches("Remark").count() == 2, "{text}");
        assert!(text.contains("00012315-0042") && text.contains("seat=\"07\""), "{text}");
        let (email, account) = (text.find("<Email").expect("kept"), text.find("<Account").expect("added"));
        assert!(email < account, "the schema's order holds: {text}");
    });
}

#[test]
fn kept_of_another_profile_is_not_written() {
    let profile = profile("cn-amr-xml");
    with_run(|run| {
        let golden = profile.samples().find(|s| s.path == "samples/order-extended.xml").expect("a sample");
        let text = String::from_utf8(golden.golden.clone()).expect("UTF-8");
        let message: Value =
            serde_json::from_str(&text.replace("\"cn-amr-xml\"", "\"another\"")).expect("JSON");
        let bytes = profile.encode("complaint-order", None, &message, run).expect("it encodes").bytes;
        assert!(!encoding_rs_text(&bytes).contains("Hotline"));
    });
}

mod generated {
    //! Records that fill every row of the map.

    use super::*;

    fn text() -> impl Strategy<Value = Value> {
        "[ -~一-龥]{0,5}[a-z一-龥€&<>]".prop_map(|t| json!(t.trim()))
    }

    fn at() -> impl Strategy<Value = Value> {
        (1i64..3_000_000_000)
            .prop_map(|s| json!(regbridge::clock::Timestamp::from_micros(s * 1_000_000).at_offset(8 * 3600)))
    }

    fn money() -> impl Strategy<Value = Value> {
        (0i64..1_000_000_000).prop_map(|n| json!({"amount": n, "currency": "CNY"}))
    }

    fn pick(words: &'static [&'static str]) -> impl Strategy<Value = Value> {
        prop::sample::select(words).prop_map(|w| json!(w))
    }

    fn object(fields: Vec<(&'static str, bool, BoxedStrategy<Value>)>) -> BoxedStrategy<Value> {
        let parts: Vec<BoxedStrategy<Option<(&'static str, Value)>>> = fields
            .into_iter()
            .map(|(name, must, values)| {
                if must {
                    values.prop_map(move |v| Some((name, v))).boxed()
                } else {
                    prop::option::of(values).prop_map(move |v| v.map(|v| (name, v))).boxed()
                }
            })
            .collect();
        parts
            .prop_map(|found| {
                Value::Object(found.into_iter().flatten().map(|(k, v)| (k.to_owned(), v)).collect())
            })
            .boxed()
    }

    fn list(of: BoxedStrategy<Value>) -> BoxedStrategy<Value> {
        prop::collection::vec(of, 1..3).prop_map(Value::Array).boxed()
    }

    fn party() -> BoxedStrategy<Value> {
        let person = object(vec![
            ("kind", true, Just(json!("person")).boxed()),
            ("name", true, text().boxed()),
            ("ids", false, Just(json!([{"scheme": "citizen", "value": "11010519491231002X"}, {"scheme": "passport", "value": "E0"}])).boxed()),
            ("phones", false, list(text().boxed())),
            ("address", false, text().boxed()),
        ]);
        let company = object(vec![
            ("kind", true, Just(json!("company")).boxed()),
            ("name", true, text().boxed()),
            ("ids", false, Just(json!([{"scheme": "uscc", "value": "91350100M000100Y43"}])).boxed()),
            ("legal_person", false, text().boxed()),
            ("shop_id", false, text().boxed()),
        ]);
        prop_oneof![person, company].boxed()
    }

    fn quantity() -> BoxedStrategy<Value> {
        (0u32..10_000, text())
            .prop_map(|(n, unit)| json!({"value": format!("{}.{}", n / 10, n % 10), "unit": unit}))
            .boxed()
    }

    pub(super) fn order() -> BoxedStrategy<Value> {
        let goods = object(vec![
            ("name", true, text().boxed()),
            ("price", false, money().boxed()),
            ("quantity", false, quantity()),
            ("licences", false, list(text().boxed())),
            ("produced_on", false, Just(json!("2026-02-28")).boxed()),
        ]);
        let trade = object(vec![
            ("number", true, text().boxed()),
            ("placed_at", false, at().boxed()),
            ("channel", false, pick(&["shop", "live", "other"]).boxed()),
            ("goods", false, list(goods)),
            ("total", false, money().boxed()),
        ]);
        let claim = object(vec![
            ("kind", true, pick(&["refund", "punitive", "other"]).boxed()),
            ("amount", false, money().boxed()),
            ("text", false, text().boxed()),
        ]);
        let letter = object(vec![("body", true, text().boxed()), ("number", false, text().boxed())]);
        let due = Just(json!({"on": "2026-12-07"})).boxed();
        object(vec![
            ("kind", true, Just(json!("complaint-order")).boxed()),
            ("schema_version", true, Just(json!("1")).boxed()),
            ("registration_number", true, "[0-9]{25}".prop_map(|t| json!(t)).boxed()),
            ("region", true, Just(json!("330106")).boxed()),
            ("complained_at", false, at().boxed()),
            ("complainant", true, party()),
            ("respondent", true, party()),
            ("order", false, trade),
            ("facts", true, text().boxed()),
            ("claims", false, list(claim)),
            ("bureau", false, letter.clone()),
            ("sender_chain", false, list(letter)),
            ("priority", false, pick(&["normal", "urgent", "immediate"]).boxed()),
            ("reply_due", false, due),
            ("marks", false, Just(json!({"group": true, "identity_protected": false})).boxed()),
            ("remark", false, text().boxed()),
        ])
    }
}

#[test]
fn a_clean_record_written_and_read_is_the_same() {
    let profile = profile("cn-amr-xml");
    let limits = Limits::default();
    let mut runner = TestRunner::new(Config { cases: 96, failure_persistence: None, ..Config::default() });
    runner
        .run(&generated::order(), |record| {
            let message =
                json!({"message_id": "m1", "sent_at": "2026-11-23T09:30:00+08:00", "records": [record]});
            with_run(|run| {
                let encoded = profile
                    .encode("complaint-order", None, &message, run)
                    .map_err(|refusal| TestCaseError::fail(format!("{:#?}", refusal.problems)))?;
                prop_assert!(encoded.report.is_empty(), "{:?}", encoded.report);
                let input =
                    Input { bytes: &encoded.bytes, format: Format::Xml, charset: None, limits: &limits };
                let decoded = profile
                    .decode(&input, run)
                    .map_err(|refusal| TestCaseError::fail(format!("{:#?}", refusal.problems)))?;
                prop_assert_eq!(decoded.to_message(), message);
                Ok(())
            })
        })
        .unwrap_or_else(|failure| panic!("{failure}"));
}

#[test]
fn every_value_has_an_origin() {
    for id in IDS {
        let profile = profile(id);
        let base = files(id).base();
        for sample in profile.samples() {
            let limits = Limits::default();
            let input = Input { bytes: &sample.bytes, format: sample.format, charset: None, limits: &limits };
            let decoded = with_run(|run| profile.decode(&input, run)).expect("it decodes");
            let explained = profile.explain(&decoded);
            for one in explained.iter().filter(|one| one.kept.is_none()) {
                // A dialect's rows are its own or those of the profile it extends.
                let of = one.rule.split('/').next().expect("a rule names its profile");
                let own = of == *id || base.as_deref() == Some(of);
                assert!(one.line > 0 && own && !one.wire.is_empty(), "{one:?}");
            }
            assert!(!explained.is_empty() || decoded.records.is_empty(), "{}", sample.path);
        }
    }
}
