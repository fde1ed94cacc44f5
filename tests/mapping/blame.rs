//! What a sender is told: line, column, path, rule, found, expected, in Chinese and English.

use regbridge::mapping::{Format, Input, Refusal};
use regbridge::wire::encoding::{Encoding, decode, encode};
use regbridge::wire::limits::Limits;

use crate::profiles::{profile, with_run};

/// The full order with some texts replaced.
fn order(changes: &[(&str, &str)]) -> Vec<u8> {
    let profile = profile("cn-amr-xml");
    let sample = profile.samples().find(|s| s.path == "samples/order-full.xml").expect("a sample");
    let mut text = decode(&sample.bytes, Encoding::Gb18030).expect("GB18030");
    for (old, new) in changes {
        assert!(text.contains(old), "no {old}");
        text = text.replacen(old, new, 1);
    }
    encode(&text, Encoding::Gb18030).expect("GB18030")
}

fn refused(id: &str, format: Format, bytes: &[u8]) -> Refusal {
    let limits = Limits::default();
    let input = Input { bytes, format, charset: None, limits: &limits };
    with_run(|run| profile(id).decode(&input, run)).expect_err("it is refused")
}

fn shown(refusal: &Refusal) -> String {
    let problems: Vec<String> = refusal.problems.iter().map(ToString::to_string).collect();
    let envelope = serde_json::to_string(&refusal.envelope).expect("JSON");
    format!("{:?} {:?}\n{}\n{envelope}", refusal.stage, refusal.message, problems.join("\n"))
}

#[test]
fn the_schema_speaks_first() {
    let bytes = order(&[
        ("<RegistrationNumber>3", "<RegistrationNumber>03"),
        ("<Type>06</Type>", "<Type>66</Type>"),
        ("<Quantity>2</Quantity>\n        <Unit>台</Unit>", "<Quantity>2</Quantity>"),
    ]);
    insta::assert_snapshot!(shown(&refused("cn-amr-xml", Format::Xml, &bytes)));
}

#[test]
fn the_rows_speak_in_both_languages() {
    let info = r#"{"api_type":3,"company_name":"","create_time":"2026/11/23","dispose_content":"1","dispose_type":2,"doc_name":"x","link_man":{"a":1},"phone":"1","platform_type":1,"reason":"r","source_address":"a","source_company_name":"c","source_link_man":"l","source_phone":"p","source_post_code":"3100000","source_time":"2026-11-20 15:04:05"}"#;
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("method", "taobao.sungari.dispose.submit").append_pair("info", info);
    let refusal = refused("cn-hongdun-yunqiao", Format::Form, form.finish().as_bytes());
    insta::assert_snapshot!(shown(&refusal));
}

#[test]
fn inner_json_says_where_it_breaks() {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("method", "taobao.sungari.dispose.submit").append_pair("info", "{\"api_type\":1,}");
    insta::assert_snapshot!(shown(&refused("cn-hongdun-yunqiao", Format::Form, form.finish().as_bytes())));
}

#[test]
fn a_condition_is_told_with_its_reason() {
    let profile = profile("cn-amr-xml");
    let sample = profile.samples().find(|s| s.path == "samples/closure-returned.xml").expect("a sample");
    let text = decode(&sample.bytes, Encoding::Gb18030).expect("GB18030");
    let text = text.replacen("<Decision>2", "<Decision>1", 1);
    let bytes = encode(&text, Encoding::Gb18030).expect("GB18030");
    insta::assert_snapshot!(shown(&refused("cn-amr-xml", Format::Xml, &bytes)));
}

#[test]
fn a_wrong_check_digit_is_a_warning() {
    let bytes = order(&[("33010619900101001", "33010619900101011")]);
    let limits = Limits::default();
    let input = Input { bytes: &bytes, format: Format::Xml, charset: None, limits: &limits };
    let decoded = with_run(|run| profile("cn-amr-xml").decode(&input, run)).expect("it is taken");
    let shown: Vec<String> = decoded.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(decoded.records[0]["warnings"].as_array().map(Vec::len), Some(1));
    insta::assert_snapshot!(shown.join("\n"));
}

#[test]
fn an_unknown_message_is_told() {
    insta::assert_snapshot!(shown(&refused("cn-amr-xml", Format::Xml, "<Order xmlns='urn:x'/>".as_bytes())));
}

#[test]
fn what_cannot_be_written_is_told() {
    let profile = profile("cn-amr-xml");
    let record = serde_json::json!({"kind": "complaint-reply", "registration_number": "1", "outcome": "won",
        "explanation": "e", "resolution": {"refund": {"amount": 1, "currency": "USD"}}});
    let message = serde_json::json!({"records": [record]});
    let refusal =
        with_run(|run| profile.encode("complaint-reply", None, &message, run)).expect_err("it is refused");
    insta::assert_snapshot!(shown(&refusal));
}

#[test]
fn a_character_that_the_encoding_lacks_is_told_by_its_place_in_what_is_written() {
    let manifest = "id = \"t\"\nencoding = \"gbk\"\n[message.m]\nwire = [\"xml\"]\nroot = \"M\"\nkind = \"order\"\nblock = \"top\"\n";
    let profile = crate::fixture::profile(
        manifest,
        "top = [[\"R\", \"records\", \"each r\"]]\nr = [[\"No\", \"number\", \"text\", \"must\"], [\"Note\", \"note\", \"text\"]]\n",
    );
    let message = serde_json::json!({"records": [{"number": "1"}, {"number": "2", "note": "已退款😀"}]});
    let refused = crate::profiles::with_run(|run| profile.encode("m", None, &message, run));
    let problem = refused.expect_err("GBK has none").problems.remove(0);
    assert_eq!(
        (problem.code.as_ref(), problem.path.as_str(), problem.found.as_deref()),
        ("encoding-lacks", "M/R[2]/Note", Some("😀"))
    );
    assert_eq!((problem.line, problem.expected.as_deref()), (None, Some("characters of GBK")));
}
