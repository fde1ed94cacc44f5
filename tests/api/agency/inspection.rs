//! Inspections on the old open platform's road: the instruction, and the quality-test report.

use serde_json::{Value, json};

use crate::agency::router::{Call, code};
use crate::support::{House, YQ, client::Reply, open};

const INSTRUCTION: &str = "西市监抽函〔2026〕8号";
const REPORT: &str = "QT2026112300017";

/// The parameters of a shipped sample that are the method's own.
fn own(sample: &str) -> Vec<(String, String)> {
    let path = format!("schemas/profiles/cn-hongdun-yunqiao/samples/{sample}.form");
    let bytes = std::fs::read(path).unwrap();
    let common = ["method", "app_key", "session", "timestamp", "v", "format", "sign_method", "sign"];
    form_urlencoded::parse(&bytes).into_owned().filter(|(name, _)| !common.contains(&name.as_str())).collect()
}

fn call(house: &House, method: &str, parameters: &[(String, String)]) -> Call {
    let parameters: Vec<(&str, &str)> = parameters.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    Call::of(house, method, &parameters)
}

fn instruct(house: &House) -> Call {
    call(house, "taobao.sungari.inspection.submit", &own("inspection-submit"))
}

fn add(house: &House, sample: &str) -> Call {
    call(house, "taobao.qt.report.add", &own(sample))
}

fn ask(house: &House, number: &str) -> Reply {
    Call::of(house, "taobao.qt.report.get", &[("qt_code", number)]).signed().send(house)
}

#[test]
fn an_instruction_is_taken_once_and_answered_with_what_the_platform_says_since() {
    let house = open();
    let first = instruct(&house).signed().send(&house).json();
    let answer = &first["sungari_inspection_submit_response"];
    assert_eq!((&answer["return_code"], answer.get("data")), (&json!(1), None), "{first}");
    assert_eq!(house.states(INSTRUCTION), ["instructed"]);
    let again = instruct(&house).with("simplify", "true").signed().send(&house).json();
    assert_eq!((&again["return_code"], again.get("data")), (&json!(11), None), "{again}");
    let handled = json!({
        "kind": "inspection-result", "stage": "handling", "measures_text": "商品已下架",
        "measures": [{ "kind": "delisted", "at": "2026-11-23T12:00:00+08:00" }],
        "seller": { "account": "demo_kids_shop", "licence": "91330106MA00000019", "name": "示例服饰有限公司" },
    });
    assert_eq!(house.post(INSTRUCTION, handled), "instructed");
    let told = instruct(&house).signed().send(&house).json();
    let data = &told["sungari_inspection_submit_response"]["data"];
    assert_eq!(
        *data,
        json!({
            "seller_nick": "demo_kids_shop", "licence_no": "91330106MA00000019",
            "certification_name": "示例服饰有限公司", "dispose_result": "商品已下架"
        }),
        "{told}"
    );
    let xml = instruct(&house).without("format").signed().send(&house).text();
    assert!(xml.contains("<dispose_result>商品已下架</dispose_result>"), "{xml}");
    assert_eq!(house.journal().iter().filter(|e| e["type"] == "submission").count(), 1);
}

#[test]
fn a_bad_instruction_is_answered_two_and_says_why() {
    let house = open();
    let mut parameters = own("inspection-submit");
    let data = parameters.iter_mut().find(|(name, _)| name == "data").unwrap();
    let mut value: Value = serde_json::from_str(&data.1).unwrap();
    value["platform_type"] = json!(7);
    data.1 = value.to_string();
    let reply = call(&house, "taobao.sungari.inspection.submit", &parameters).signed().send(&house).json();
    let answer = &reply["sungari_inspection_submit_response"];
    assert_eq!(answer["return_code"], 2, "{reply}");
    assert!(answer["message"].as_str().unwrap().contains("platform_type"), "{reply}");
    assert_eq!(code(&instruct(&house).without("method_name").signed().send(&house)), 40);
}

#[test]
fn a_report_grows_from_state_to_state_and_is_told_as_it_stands() {
    let house = open();
    assert_eq!(code(&ask(&house, REPORT)), 41, "nothing is known of it");
    let added = add(&house, "report-add-received").signed().send(&house).json();
    assert_eq!(added["qt_report_add_response"]["is_success"], true, "{added}");
    assert_eq!(house.states(REPORT), ["sampled"]);
    let report = ask(&house, REPORT).json()["qt_report_get_response"]["qt_report"].clone();
    assert_eq!((&report["status"], report.get("is_passed")), (&json!(1), None), "{report}");
    for _ in 0..2 {
        let added = add(&house, "report-add-reported").signed().send(&house).json();
        assert_eq!(added["qt_report_add_response"]["is_success"], true, "brought again it is there: {added}");
    }
    assert_eq!(house.states(REPORT), ["tested"]);
    let report = ask(&house, REPORT).json()["qt_report_get_response"]["qt_report"].clone();
    assert_eq!((&report["status"], &report["is_passed"]), (&json!(3), &json!(false)), "{report}");
    assert_eq!(report["gmt_expiry"], "2027-12-01 23:59:59");
    assert_eq!(house.journal().iter().filter(|e| e["type"] == "submission").count(), 2);
}

#[test]
fn a_report_without_what_its_status_asks_for_is_a_failed_call_that_says_so() {
    let house = open();
    for (missing, label) in
        [("qt_standard", "质检标准"), ("report_url", "质检报告源文件url"), ("gmt_expiry", "质检有效到期时间")]
    {
        let reply = add(&house, "report-add-reported").without(missing).signed().send(&house);
        assert_eq!(code(&reply), 41);
        assert!(reply.text().contains(label), "{missing}: {}", reply.text());
    }
    let early = add(&house, "report-add-received").with("is_passed", "true").signed().send(&house);
    assert!(code(&early) == 41 && early.text().contains("是否合格"), "{}", early.text());
    assert!(house.states(REPORT).is_empty());
    house.amend(YQ, |text| text.replace("inspection-result", "disposal-result"));
    assert_eq!(code(&add(&house, "report-add-received").signed().send(&house)), 11);
    assert_eq!(code(&ask(&house, REPORT)), 11);
}
