//! `POST /router/rest`: the old open platform's client.

use std::collections::BTreeMap;

use regbridge::clock::Clock;
use regbridge::exchange::Refused;
use serde_json::{Value, json};

use crate::support::{HZ, House, YQ, client::Reply, open};

const FORM: &str = "application/x-www-form-urlencoded;charset=utf-8";
/// 全网排查关键字.
const KEYWORD: u8 = 4;
const SECRET: &[u8] = b"helloworld";

pub(crate) struct Call(BTreeMap<String, String>);

impl Call {
    pub(crate) fn of(house: &House, method: &str, parameters: &[(&str, &str)]) -> Self {
        let local = house.clock.now().at_offset(8 * 3600);
        let timestamp = local[..19].replace('T', " ");
        let common = [
            ("method", method),
            ("app_key", "12345678"),
            ("timestamp", timestamp.as_str()),
            ("v", "2.0"),
            ("sign_method", "hmac-sha256"),
            ("format", "json"),
        ];
        let all = common.iter().chain(parameters).map(|(n, v)| ((*n).to_owned(), (*v).to_owned()));
        Self(all.collect())
    }

    fn submit(house: &House, doc_name: &str, parameters: &[(&str, &str)]) -> Self {
        let mut call = Self::of(house, "taobao.sungari.dispose.submit", parameters);
        call.0.insert("info".to_owned(), letter(doc_name).to_string());
        call
    }

    fn query(house: &House, keys: &str, parameters: &[(&str, &str)]) -> Self {
        let mut call = Self::of(house, "taobao.sungari.dispose.query", parameters);
        call.0.insert("param_list".to_owned(), keys.to_owned());
        call
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.0.insert(name.to_owned(), value.to_owned());
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.0.remove(name);
        self
    }

    /// Signed by other code than the gateway's: aws-lc's digest for HMAC, the textbook's construction for the rest.
    pub(crate) fn signed(mut self) -> Self {
        let text: String = self.0.iter().flat_map(|(n, v)| [n.as_str(), v.as_str()]).collect();
        let sign = match self.0.get("sign_method").map(String::as_str) {
            Some("md5") => hex::encode_upper(md5(&[SECRET, text.as_bytes(), SECRET].concat())),
            Some("hmac") => hex::encode_upper(hmac_md5(SECRET, text.as_bytes())),
            _ => {
                let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, SECRET);
                hex::encode_upper(aws_lc_rs::hmac::sign(&key, text.as_bytes()))
            }
        };
        self.0.insert("sign".to_owned(), sign);
        self
    }

    pub(crate) fn send(&self, house: &House) -> Reply {
        self.send_as(house, YQ)
    }

    fn send_as(&self, house: &House, agency: &str) -> Reply {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.0).finish();
        house.connect_as(agency).post("/router/rest", FORM, body.as_bytes())
    }
}

fn md5(bytes: &[u8]) -> Vec<u8> {
    use md5::Digest as _;
    md5::Md5::digest(bytes).to_vec()
}

/// RFC 2104, for a key shorter than a block.
fn hmac_md5(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut block = [0_u8; 64];
    block[..key.len()].copy_from_slice(key);
    let pad = |byte: u8| block.map(|b| b ^ byte).to_vec();
    md5(&[pad(0x5c), md5(&[pad(0x36), text.to_vec()].concat())].concat())
}

fn letter(doc_name: &str) -> Value {
    json!({
        "api_type": 1, "company_name": "杭州市市场监督管理局", "create_time": "2026-11-23 09:00:00",
        "dispose_content": "70000000001", "dispose_type": 2, "doc_name": doc_name, "link_man": "李示例",
        "phone": "0571-00000000", "platform_type": 1, "reason": "抽检不合格", "source_address": "杭州市",
        "source_company_name": "示例单位", "source_link_man": "王示例", "source_phone": "0571-00000001",
        "source_post_code": "310000", "source_time": "2026-11-22 09:00:00"
    })
}

pub(crate) fn code(reply: &Reply) -> u64 {
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()["error_response"]["code"].as_u64().unwrap_or_else(|| panic!("{}", reply.text()))
}

#[test]
fn a_letter_is_accepted_once_by_every_sign_method_and_form_of_answer() {
    let house = open();
    for (place, method) in ["md5", "hmac", "hmac-sha256"].into_iter().enumerate() {
        let number = format!("西市监处函〔2026〕{place}号");
        let call = || Call::submit(&house, &number, &[("sign_method", method)]);
        let first = call().signed().send(&house);
        let wrapped = &first.json()["sungari_dispose_submit_response"];
        assert_eq!(wrapped["resule_code"], 1, "{method}: {}", first.text());
        assert_eq!(wrapped["request_id"].as_str().unwrap().len(), 12);
        let bare = call().with("simplify", "true").signed().send(&house).json();
        assert_eq!((&bare["resule_code"], &bare["data"]), (&json!(11), &wrapped["data"]), "{bare}");
        house.clock.advance_millis(2000);
        let xml = call().without("format").signed().send(&house);
        assert!(xml.header("content-type").unwrap().starts_with("text/xml"));
        let text = xml.text();
        assert!(text.contains("<sungari_dispose_submit_response>"), "{text}");
        assert!(text.contains("<resule_code>11</resule_code>"), "{text}");
    }
    assert_eq!(house.journal().iter().filter(|e| e["type"] == "submission").count(), 3);
}

#[test]
fn a_bad_letter_is_answered_two_and_says_why() {
    let house = open();
    let mut bad = letter("X1");
    bad["api_type"] = json!(9);
    let reply = Call::submit(&house, "X1", &[]).with("info", &bad.to_string()).signed().send(&house);
    let answer = &reply.json()["sungari_dispose_submit_response"];
    assert_eq!(answer["resule_code"], 2, "{}", reply.text());
    assert!(answer["message"].as_str().unwrap().contains("api_type"), "{answer}");
}

#[test]
fn a_query_tells_where_letters_stand_and_nothing_of_unknown_ones() {
    let house = open();
    let submitted = Call::submit(&house, "X1", &[]).signed().send(&house).json();
    let id = submitted["sungari_dispose_submit_response"]["data"].as_str().unwrap().to_owned();
    for keys in [format!("{id},unknown"), format!("[\"{id}\"]")] {
        let reply = Call::query(&house, &keys, &[]).signed().send(&house);
        let result = &reply.json()["sungari_dispose_query_response"]["result"];
        assert_eq!(result["result_code"], 1, "{}", reply.text());
        assert_eq!(result["list"].as_array().unwrap().len(), 1, "{result}");
        assert_eq!((&result["list"][0]["id"], &result["list"][0]["status"]), (&json!(id), &json!("待处理")));
    }
    let xml = Call::query(&house, &id, &[]).without("format").signed().send(&house).text();
    assert!(xml.contains(&format!("<id>{id}</id>")), "{xml}");
    let none = Call::query(&house, "unknown", &[("simplify", "true")]).signed().send(&house);
    assert_eq!(none.json()["result"]["result_code"], 1, "{}", none.text());
    let many = vec!["k"; 21].join(",");
    assert_eq!(code(&Call::query(&house, &many, &[]).signed().send(&house)), 41);
}

#[test]
fn a_call_that_fails_as_a_call_has_the_platforms_code() {
    let house = open();
    let submit = || Call::submit(&house, "X1", &[]);
    for (call, expected) in [
        (submit().without("method").signed(), 21),
        (submit().with("method", "taobao.trade.get").signed(), 22),
        (submit().with("format", "csv").signed(), 23),
        (submit().without("app_key").signed(), 28),
        (submit().with("app_key", "87654321").signed(), 29),
        (submit().without("timestamp").signed(), 30),
        (submit().with("timestamp", "2026-01-01 00:00:00").signed(), 31),
        (submit().without("v").signed(), 32),
        (submit().with("v", "1.0").signed(), 33),
        (submit(), 24),
        (submit().signed().with("info", "{}"), 25),
        (submit().without("info").signed(), 40),
    ] {
        let reply = call.send(&house);
        if expected == 23 {
            assert!(reply.text().contains("<error_response><code>23</code>"), "{}", reply.text());
        } else {
            assert_eq!(code(&reply), expected);
        }
    }
    assert_eq!(
        house.refusals(YQ),
        ["router-app-key", "router-app-key", "router-timestamp", "router-signature", "router-signature"],
        "attempts to be somebody are journalled, slips are not"
    );
    assert_eq!(house.journal().iter().filter(|e| e["type"] == "submission").count(), 0);
}

#[test]
fn the_key_of_another_agency_is_no_key() {
    let house = open();
    let reply = Call::submit(&house, "X1", &[]).signed().send_as(&house, HZ);
    assert_eq!(code(&reply), 29);
    assert_eq!(house.refusals(HZ), ["router-app-key"]);
}

#[test]
fn parameters_may_come_in_the_query() {
    let house = open();
    let Call(mut all) = Call::submit(&house, "X1", &[]).signed();
    let info = all.remove("info").unwrap();
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(&all).finish();
    let body = form_urlencoded::Serializer::new(String::new()).append_pair("info", &info).finish();
    let reply = house.connect_as(YQ).post(&format!("/router/rest?{query}"), FORM, body.as_bytes());
    assert_eq!(reply.json()["sungari_dispose_submit_response"]["resule_code"], 1, "{}", reply.text());
}

#[test]
fn a_sweep_for_a_keyword_is_over_when_every_listing_is_accounted_for() {
    let house = open();
    let mut sweep = letter("西市监排函〔2026〕7号");
    sweep["dispose_type"] = json!(KEYWORD);
    sweep["dispose_content"] = json!("三无电热水壶");
    let call = Call::submit(&house, "西市监排函〔2026〕7号", &[]).with("info", &sweep.to_string());
    let answer = call.signed().send(&house).json();
    let id = answer["sungari_dispose_submit_response"]["data"].as_str().unwrap().to_owned();
    let number = "西市监排函〔2026〕7号";

    let shown = house.platform_brings(number, b"\x89PNG\r\n\x1a\n what shows it");
    let done =
        |manifest: Vec<Value>| json!({ "kind": "disposal-result", "status": "done", "manifest": manifest });
    let line = |n: usize| {
        let evidence = json!({ "sha256": shown });
        match n % 40 {
            0 => {
                json!({ "listing": format!("7{n:010}"), "seller": format!("s{n}"), "action": "nothing", "why_not": "与关键字无关" })
            }
            _ => json!({
                "listing": format!("7{n:010}"), "seller": format!("s{n}"), "action": "delisted",
                "at": "2026-11-24T10:00:00+08:00", "evidence": evidence,
            }),
        }
    };
    // Not without a manifest; not with lines that leave something open, each told by its place.
    let refused = |record: Value| match house.refused(number, record) {
        Refused::Malformed { problems, .. } => problems,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(done(Vec::new()))[0].path, "manifest");
    let mut wrong: Vec<Value> = (1..=50).map(line).collect();
    wrong[9]["listing"] = wrong[8]["listing"].clone();
    wrong[19].as_object_mut().unwrap().remove("at");
    wrong[29].as_object_mut().unwrap().remove("evidence");
    wrong[39].as_object_mut().unwrap().remove("why_not");
    let told: Vec<String> = refused(done(wrong)).into_iter().map(|problem| problem.path).collect();
    assert_eq!(
        told,
        ["manifest[10].listing", "manifest[20].at", "manifest[30].evidence.sha256", "manifest[40].why_not"]
    );
    assert_eq!(house.states(number), ["received"]);
    // While it goes on nothing must be complete.
    let going = json!({ "kind": "disposal-result", "status": "in_progress", "manifest": [{ "listing": "1", "action": "delisted" }] });
    assert_eq!(house.post(number, going), "received");
    let mut all = done((1..=2_000).map(line).collect());
    all["result"] = json!("共查到 2000 条，下架 1950 条");
    assert_eq!(house.post(number, all), "disposed");
    let list = Call::query(&house, &id, &[]).signed().send(&house).json();
    let result = &list["sungari_dispose_query_response"]["result"]["list"][0];
    assert_eq!(result["status"], "处理完成", "{list}");
    // What was stored is all of it.
    let stored = house.record_of(number, "disposal-result");
    assert_eq!(stored["manifest"].as_array().unwrap().len(), 2_000);
    assert_eq!(stored["manifest"][1_999]["why_not"], "与关键字无关");
}
