//! Requests for assistance on the old open platform's road, and what became of them.

use regbridge::exchange::Refused;
use serde_json::{Value, json};

use crate::agency::router::{Call, code};
use crate::support::{HZ, House, client::Reply, open, sample};

const NUMBER: &str = "示市监协函〔2026〕8号";
const ORDERS: &str = "/agency/v1/complaint-order";
const XML: &str = "application/xml; charset=gb18030";
const METHOD: &str = "taobao.cloudbridge.caseinvest.execute";

fn request() -> String {
    let path = "schemas/profiles/cn-hongdun-yunqiao/samples/assistance-submit.form";
    let bytes = std::fs::read(path).unwrap();
    form_urlencoded::parse(&bytes).find(|(name, _)| name == "data").unwrap().1.into_owned()
}

fn ask(house: &House, api_name: &str, data: &str) -> Call {
    Call::of(house, METHOD, &[("api_name", api_name), ("data", data)])
}

fn result(reply: &Reply) -> Value {
    let json = reply.json();
    let mut result = json["cloudbridge_caseinvest_execute_response"]["result"].clone();
    assert!(result.is_object(), "{json}");
    if let Some(text) = result["data"].as_str() {
        result["data"] = serde_json::from_str(text).unwrap();
    }
    result
}

fn queried(house: &House, key: &str) -> Value {
    let data = json!({ "param_list": [key] }).to_string();
    result(&ask(house, "query", &data).signed().send(house))["data"]["list"].clone()
}

#[test]
fn a_request_is_approved_by_one_person_and_released_by_another() {
    let house = open();
    let first = result(&ask(&house, "submit", &request()).signed().send(&house));
    assert_eq!(first["code"], 1, "{first}");
    let id = first["data"]["id"].as_str().unwrap().to_owned();
    assert_eq!(house.states(NUMBER), ["requested"]);
    let again = result(&ask(&house, "submit", &request()).signed().send(&house));
    assert_eq!((&again["code"], &again["data"]["id"]), (&json!(1), &json!(id)), "{again}");
    assert!(again["message"].as_str().unwrap().contains("重复提交"), "{again}");
    assert_eq!(queried(&house, &id), json!([{ "id": id, "status": 0 }]));

    let approved = json!({ "kind": "assistance-reply", "decision": "approved", "approved_by": "甲" });
    assert_eq!(house.post_as("jia", NUMBER, approved), "approved");
    let released = json!({
        "kind": "assistance-reply", "decision": "released", "approved_by": "甲", "released_by": "乙",
        "result": "已核查", "released_at": "2026-11-24T16:00:00+08:00",
        "parties": [{ "kind": "company", "name": "示例贸易有限公司", "account": "demo_seller_01" }],
        "masked": [{ "field": "buyer_nick", "reason": "与案件无关" }],
    });
    assert_eq!(house.post_as("yi", NUMBER, released), "released");
    for key in [id.as_str(), NUMBER] {
        let list = queried(&house, key);
        assert_eq!(list[0]["status"], 2, "{list}");
        assert_eq!(list[0]["subject_list"][0]["seller_nick"], "demo_seller_01");
        assert_eq!(list[0]["mask_list"], json!([{ "field": "buyer_nick", "reason": "与案件无关" }]));
        assert!(!list.to_string().contains('乙'), "who released it stays with the platform: {list}");
    }
    let xml = ask(&house, "query", &json!({ "param_list": NUMBER }).to_string())
        .without("format")
        .signed()
        .send(&house)
        .text();
    assert!(xml.contains("<cloudbridge_caseinvest_execute_response>") && xml.contains("已核查"), "{xml}");
    assert_eq!(queried(&house, "no such number"), Value::Null);
}

#[test]
fn nothing_is_released_by_one_person_alone_or_before_it_was_approved() {
    let house = open();
    result(&ask(&house, "submit", &request()).signed().send(&house));
    let release = |by: &str| {
        json!({
            "kind": "assistance-reply", "decision": "released", "approved_by": "甲", "released_by": by,
            "result": "已核查",
        })
    };
    assert!(
        matches!(house.refused(NUMBER, release("乙")), Refused::WrongState { .. }),
        "it was not approved"
    );
    let approved = json!({ "kind": "assistance-reply", "decision": "approved", "approved_by": "甲" });
    assert_eq!(house.post_as("jia", NUMBER, approved), "approved");
    let same = house.refused_as("yi", NUMBER, release("甲"));
    let Refused::Malformed { problems, .. } = same else { panic!("{same:?}") };
    assert!(problems[0].en.contains("released_by"), "{problems:?}");
    // Another name is not another person: the token is the one that approved.
    let one = house.refused_as("jia", NUMBER, release("乙"));
    assert!(matches!(&one, Refused::SecondPerson { actor } if actor == "jia"), "{one:?}");
    assert!(one.words().0.contains("另一人"), "{one}");
    // And who approved is not for the second person to say.
    let mut other = release("乙");
    other["approved_by"] = json!("丙");
    let Refused::Malformed { problems, .. } = house.refused_as("yi", NUMBER, other) else {
        panic!("it went out")
    };
    assert_eq!(problems[0].expected.as_deref(), Some("甲"), "{problems:?}");
    assert_eq!(house.states(NUMBER), ["approved"]);
    assert_eq!(house.post_as("yi", NUMBER, release("乙")), "released");
}

#[test]
fn every_reading_of_a_request_for_assistance_is_in_the_journal() {
    let house = open();
    result(&ask(&house, "submit", &request()).signed().send(&house));
    house.read_as("jia", NUMBER);
    house.read_as("yi", NUMBER);
    let journal = house.journal();
    let read: Vec<_> =
        journal.iter().filter(|e| e["type"] == "case-read").map(|e| e["actor"].as_str()).collect();
    assert_eq!(read, [Some("jia"), Some("yi")]);
    // A complaint's is not told, as long as nothing of a person is asked for.
    assert_eq!(house.connect_as(HZ).post(ORDERS, XML, &sample("order-minimal.xml")).status, 201);
    house.read_as("jia", "3301060020261123000000018");
    assert_eq!(house.journal().iter().filter(|e| e["type"] == "case-read").count(), 2);
}

#[test]
fn a_bad_request_says_why_and_a_bad_call_is_a_fault() {
    let house = open();
    let mut data: Value = serde_json::from_str(&request()).unwrap();
    data.as_object_mut().unwrap().remove("legal_basis");
    let reply = result(&ask(&house, "submit", &data.to_string()).signed().send(&house));
    assert_eq!(reply["code"], 2, "{reply}");
    assert!(reply["message"].as_str().unwrap().contains("法律依据"), "{reply}");
    assert_eq!(code(&ask(&house, "delete", "{}").signed().send(&house)), 41);
    assert_eq!(code(&ask(&house, "query", "[]").signed().send(&house)), 41);
    assert_eq!(code(&ask(&house, "query", "{\"param_list\":[]}").signed().send(&house)), 41);
    assert_eq!(code(&ask(&house, "submit", "").signed().send(&house)), 40);
    assert_eq!(code(&Call::of(&house, METHOD, &[("data", "{}")]).signed().send(&house)), 40);
}
