//! 红盾云桥 as an old client calls it: signed by Python, over mutual TLS.

use serde_json::{Value, json};

use crate::bureau::Bureau;
use crate::house::{House, XIHU};
use crate::journal;
use crate::letters::element;
use crate::python;

const SUBMIT: &str = "taobao.sungari.dispose.submit";
const QUERY: &str = "taobao.sungari.dispose.query";
const SECRET: &str = "helloworld";
const DISPOSALS: [&str; 2] = ["disposal-order", "disposal-result"];

/// A bureau with an old client.
struct Client {
    bureau: Bureau,
    secret: &'static str,
}

/// A house with a client whose application key is `12345678`, and another whose key is `87654321`.
fn house_with_clients() -> (House, Client, Client) {
    let mut house = House::build("");
    for (id, region, key, secret) in
        [("xh-amr", XIHU, "12345678", SECRET), ("nb-amr", "330212", "87654321", "another")]
    {
        house.write(&format!("keys/router-{id}"), secret.as_bytes());
        house.must(&["pki", "issue", id]);
        let certificate = house.file(&format!("pki/issued/{id}.crt"));
        let file = format!("keys/router-{id}");
        let more = ["--profile", "cn-hongdun-yunqiao", "--app-key", key, "--secret-file", &file];
        house.add_agency(id, region, &certificate, &DISPOSALS, &more);
    }
    house.open();
    let client = |id, secret| Client { bureau: house.bureau(id), secret };
    let (one, other) = (client("xh-amr", SECRET), client("nb-amr", "another"));
    (house, one, other)
}

impl Client {
    /// Makes the call; its media type and text.
    fn call(&self, house: &House, parameters: &Value) -> (String, String) {
        let url = format!("{}/router/rest", house.agencies());
        let path = |path: &std::path::Path| path.display().to_string();
        let Bureau { authority, certificate, key } = &self.bureau;
        let (authority, certificate, key) = (path(authority), path(certificate), path(key));
        let call = parameters.to_string();
        let said = python::run(
            include_str!("router.py"),
            &[&url, &authority, &certificate, &key, self.secret, &call],
        );
        let said: Value = serde_json::from_str(&said).unwrap();
        assert_eq!(said["status"], 200, "the open platform answers 200 always");
        let text = |name: &str| said[name].as_str().unwrap().to_owned();
        (text("type"), text("body"))
    }

    /// Makes a JSON call; its answer.
    fn json(&self, house: &House, parameters: &Value) -> Value {
        let (media, body) = self.call(house, parameters);
        assert!(media.starts_with("application/json"), "{media}");
        serde_json::from_str(&body).unwrap()
    }
}

/// A letter that orders an item off the platform.
fn letter(number: u32) -> Value {
    json!({
        "api_type": 1, "company_name": "杭州市西湖区市场监督管理局（演示）", "create_time": "2026-11-23 09:00:00",
        "dispose_content": "70000000001", "dispose_type": 2, "doc_name": format!("西市监处函〔2026〕{number}号"),
        "licence_no": "91330106MA00000016", "link_man": "赵处置", "oss_key": "demo/letter.pdf", "phone": "0571-00012315",
        "platform_type": 2, "reason": "抽检不合格", "remark": "请于五个工作日内下架",
        "source_address": "示例路3号", "source_company_name": "示例省市场监督管理局（演示）", "source_link_man": "钱原始",
        "source_oss_key": "demo/source.pdf", "source_phone": "0571-00000003", "source_post_code": "310000",
        "source_time": "2026-11-20 15:04:05",
    })
}

/// A submission as a bare JSON call.
fn submission(number: u32) -> Value {
    json!({
        "method": SUBMIT, "app_key": "12345678", "format": "json", "simplify": "true",
        "info": letter(number).to_string(),
    })
}

fn with(mut call: Value, more: &Value) -> Value {
    call.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    call
}

#[test]
fn each_signature_submits_and_the_same_letter_again_is_eleven() {
    let (house, client, _) = house_with_clients();
    for (number, method) in [(1, "md5"), (2, "hmac"), (3, "hmac-sha256")] {
        let call = with(submission(number), &json!({ "client": { "sign_method": method } }));
        let first = client.json(&house, &call);
        assert_eq!(first["resule_code"], 1, "{first}");
        // Another time, another signature, another method even: the letter is the same.
        let again = client.json(&house, &with(submission(number), &json!({ "client": { "minutes": 1 } })));
        assert_eq!(again["resule_code"], 11, "{again}");
        assert_eq!(again["data"], first["data"]);
        assert_ne!(again["request_id"], first["request_id"]);
    }
    let cases = house.platform().cases(&house);
    assert_eq!(cases.len(), 3);
    assert!(cases.iter().all(|case| case["topic"] == "disposal" && case["agency"] == "xh-amr"), "{cases:?}");
    let case = house.platform().case_of(&house, "西市监处函〔2026〕1号");
    let record = &case["records"][0]["record"];
    assert_eq!((&record["target"]["content"], &record["platform"]), (&json!("70000000001"), &json!("tmall")));
    assert_eq!(record["origin"]["received_at"], "2026-11-20T15:04:05+08:00");
}

#[test]
fn answers_come_in_json_or_xml_wrapped_or_bare() {
    let (house, client, _) = house_with_clients();
    let wrapped = client.json(&house, &with(submission(1), &json!({ "simplify": "false" })));
    let answer = &wrapped["sungari_dispose_submit_response"];
    assert_eq!(answer["resule_code"], 1, "{wrapped}");
    assert_eq!(client.json(&house, &submission(1))["data"], answer["data"], "bare");
    for format in [json!({ "format": "xml" }), json!({ "format": null })] {
        let mut call = with(submission(1), &format);
        // XML is the documented default.
        call.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        let (media, body) = client.call(&house, &call);
        assert!(media.starts_with("text/xml"), "{media}");
        assert!(body.contains("<sungari_dispose_submit_response>"), "{body}");
        assert_eq!(
            (element(&body, "resule_code"), element(&body, "data")),
            ("11", answer["data"].as_str().unwrap())
        );
    }
    let query =
        with(submission(4), &json!({ "client": { "query": ["method", "app_key", "timestamp", "sign"] } }));
    assert_eq!(client.json(&house, &query)["resule_code"], 1, "half of it in the address");
}

#[test]
fn twenty_letters_are_asked_about_at_once_and_the_platforms_result_is_told() {
    let (house, client, other) = house_with_clients();
    let mut keys = Vec::new();
    for number in 1..=20 {
        let answer = client.json(&house, &submission(number));
        keys.push(answer["data"].as_str().unwrap().to_owned());
    }
    let platform = house.platform();
    let done = json!({
        "kind": "disposal-result", "schema_version": "1", "status": "done", "result": "商品已下架",
        "finished_at": "2026-11-24T08:00:00+08:00", "entered_by": "平台专员",
    });
    platform.post_record(&house, &keys[0], "done", &done).is(201);
    let asked = |keys: &str, more: &Value| {
        let call = json!({
            "method": QUERY, "app_key": "12345678", "format": "json", "simplify": "true", "param_list": keys,
        });
        with(call, more)
    };
    let answer = client.json(&house, &asked(&keys.join(","), &json!({})));
    let list = answer["result"]["list"].as_array().unwrap();
    assert_eq!((list.len(), &answer["result"]["result_code"]), (20, &json!(1)), "{answer}");
    assert_eq!(
        list.iter().map(|one| one["id"].as_str().unwrap()).collect::<Vec<_>>(),
        keys,
        "in the order asked"
    );
    let first = &list[0];
    let told = (&first["status"], &first["result"], &first["finish_time"], &first["create_person"]);
    assert_eq!(
        told,
        (&json!("处理完成"), &json!("商品已下架"), &json!("2026-11-24 08:00:00"), &json!("平台专员"))
    );
    assert_ne!(list[1]["status"], first["status"]);

    let by_document = client.json(&house, &asked("西市监处函〔2026〕1号", &json!({})));
    assert_eq!(by_document["result"]["list"][0]["result"], "商品已下架");
    let as_list = json!([keys[0], keys[1]]).to_string();
    let wrapped = client.json(&house, &asked(&as_list, &json!({ "simplify": "false" })));
    let found = &wrapped["sungari_dispose_query_response"]["result"]["list"];
    assert_eq!(found.as_array().unwrap().len(), 2, "{wrapped}");
    let (_, xml) = client.call(&house, &asked(&keys[0], &json!({ "format": "xml" })));
    assert!(
        xml.contains("<sungari_dispose_query_response>")
            && element(&xml, "finish_time") == "2026-11-24 08:00:00",
        "{xml}"
    );

    let many = client.json(&house, &asked(&format!("{},one-more", keys.join(",")), &json!({})));
    assert_eq!(many["error_response"]["code"], 41, "{many}");
    let theirs = other.json(&house, &asked(&keys[0], &json!({ "app_key": "87654321" })));
    assert_eq!(
        theirs["result"]["list"].as_array().map_or(0, Vec::len),
        0,
        "another agency's letters are not there: {theirs}"
    );
}

#[test]
fn a_call_that_is_not_what_it_says_is_refused_and_journalled() {
    let (house, client, other) = house_with_clients();
    let code = |client: &Client, more: Value| {
        let answer = client.json(&house, &with(submission(1), &more));
        assert!(answer["error_response"]["sub_code"].is_string(), "{answer}");
        answer["error_response"]["code"].as_u64().unwrap()
    };
    assert_eq!(code(&client, json!({ "client": { "minutes": 11 } })), 31, "a clock that is ahead");
    assert_eq!(code(&client, json!({ "client": { "minutes": -11 } })), 31, "a clock that is behind");
    assert_eq!(code(&client, json!({ "client": { "sign": "00".repeat(16) } })), 25);
    assert_eq!(code(&Client { bureau: client.bureau.clone(), secret: "guessed" }, json!({})), 25);
    assert_eq!(code(&client, json!({ "app_key": "87654321" })), 29, "another agency's key");
    assert_eq!(code(&other, json!({})), 29, "and the other way round, with the right secret or not");
    assert_eq!(code(&Client { bureau: other.bureau.clone(), secret: SECRET }, json!({})), 29);
    assert_eq!(code(&client, json!({ "app_key": "00000000" })), 29);
    assert_eq!(code(&client, json!({ "v": "1.0" })), 33);
    assert_eq!(code(&client, json!({ "method": "taobao.item.get" })), 22);
    assert_eq!(code(&client, json!({ "info": "" })), 40);
    assert!(house.platform().cases(&house).is_empty(), "nothing of it was taken");

    let wanted = [
        "router-timestamp",
        "router-timestamp",
        "router-signature",
        "router-signature",
        "router-app-key",
        "router-app-key",
    ];
    assert_eq!(journal::refusals_of(&house, "xh-amr"), wanted);
    assert_eq!(journal::refusals_of(&house, "nb-amr"), ["router-app-key", "router-app-key"]);
}

#[test]
fn a_bad_letter_is_result_two_with_its_place() {
    let (house, client, _) = house_with_clients();
    let answer = |info: String| client.json(&house, &with(submission(1), &json!({ "info": info })));
    let mut bad = letter(1);
    bad["api_type"] = json!(9);
    let said = answer(bad.to_string());
    assert_eq!(said["resule_code"], 2, "{said}");
    assert!(said["message"].as_str().unwrap().contains("api_type"), "{said}");
    let twice = letter(1).to_string().replacen('{', "{\"api_type\":1,", 1);
    let said = answer(twice);
    assert_eq!(said["resule_code"], 2, "{said}");
    assert!(said["message"].as_str().unwrap().contains("api_type"), "a key that is there twice: {said}");
    let said = answer("{\"api_type\":".to_owned());
    assert_eq!(said["resule_code"], 2, "{said}");
    assert!(house.platform().cases(&house).is_empty());
    assert_eq!(journal::refusals_of(&house, "xh-amr"), ["malformed"; 3]);
}
