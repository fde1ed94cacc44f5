//! `WeChat` Pay's published complaint samples, through the shipped profile of 12315 complaints.

use regbridge::mapping::Format;
use serde_json::{Value, json};

use crate::profiles::profile;
use crate::real::{kept, sample, there_and_back};

const FOLDER: &str = "cn-wechatpay-complaints/samples";

fn through(message: &str, file: &str) -> Option<Value> {
    let bytes = sample(&format!("{FOLDER}/{file}.json"))?;
    Some(there_and_back(&profile("cn-12315-json"), message, Format::Json, &bytes))
}

/// The one spelling there is to keep: nothing but forms may be, since every member has a row.
fn only_forms(value: &Value, forms: &[Value]) {
    assert_eq!(kept(value), forms, "{value:#}");
}

fn complaint(record: &Value) {
    assert_eq!(record["kind"], "complaint-order");
    assert_eq!(record["registration_number"], "200201820200101080076610000", "27 digits");
    assert_eq!(record["complained_at"], "2015-05-20T13:29:35.120+08:00", "its milliseconds");
    assert_eq!(record["facts"], "反馈一个重复扣费的问题");
    assert_eq!(record["complainant"]["sealed_phone"], "18500000000");
    let order = &record["linked_orders"][0];
    assert_eq!(order["total"], json!({ "amount": 3, "currency": "CNY" }), "3 分");
    assert_eq!(order["number"], "4200000404201909069117582536");
    let claim = json!({ "kind": "refund", "amount": { "amount": 10, "currency": "CNY" } });
    assert_eq!(record["claims"], json!([claim]));
    assert_eq!(record["service_orders"][0]["state"], "DOING");
    assert_eq!(record["tags"], json!(["TRUSTED"]));
    assert_eq!(record["marks"]["fully_refunded"], true);
    let file = "https://api.mch.weixin.qq.com/v3/merchant-service/images/xxxxx";
    assert_eq!(record["evidence"][0], json!({ "role": "USER_COMPLAINT_IMAGE", "files": [{ "url": file }] }));
    assert_eq!(record["giving_back"]["place"]["longitude"], "113.93535488533665");
    assert_eq!(record["giving_back"]["same_place"], false);
}

#[test]
fn a_list_of_complaints() {
    let Some(value) = through("complaint-list", "QueryMerchantServiceComplaintsResponse") else { return };
    assert_eq!(value["page"], json!({ "limit": 5, "offset": 10, "total": 1000 }));
    assert_eq!(value["records"].as_array().map(Vec::len), Some(1));
    complaint(&value["records"][0]);
    only_forms(&value, &[]);
}

#[test]
fn one_complaint() {
    let Some(value) = through("complaint", "GetMerchantServiceComplaintByComplaintIdResponse") else {
        return;
    };
    complaint(&value["records"][0]);
    assert_eq!(value["records"][0]["complainant"]["account"], "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o");
    only_forms(&value, &[]);
}

#[test]
fn a_negotiation_history_with_an_object_in_one_entry_and_a_list_in_the_next() {
    let Some(value) =
        through("negotiation-history", "QueryMerchantServiceComplaintNegotiationHistoriesResponse")
    else {
        return;
    };
    let history = &value["records"][0]["history"];
    for entry in history.as_array().expect("a list") {
        assert_eq!(entry["evidence"][0]["role"], "USER_COMPLAINT_IMAGE");
        assert_eq!(entry["number"], "300285320210322170000071077");
        assert_eq!(entry["files"], json!([{ "url": "https://qpic.cn/xxx" }]));
    }
    assert_eq!(history[1]["appeal"]["reason"], "商家响应不及时", "under its official misspelling");
    only_forms(&value, &[json!({ "at": "complaint_media_list", "form": "one" })]);
}

#[test]
fn callback_events_with_a_history_as_object_and_as_list() {
    for (file, forms) in [
        ("ComplaintCallbackEvent.1", vec![json!({ "at": "history", "form": "one" })]),
        ("ComplaintCallbackEvent.2", vec![]),
    ] {
        let Some(value) = through("callback", file) else { return };
        let record = &value["records"][0];
        assert_eq!(record["registration_number"], "2157");
        assert_eq!(record["order"]["paid"], json!({ "amount": 5000, "currency": "CNY" }));
        assert_eq!(record["history"][0]["at"], "2025-04-10T08:20:06+08:00");
        assert_eq!(value["sent_at"], "2025-04-10T08:20:07+08:00");
        let mut found = kept(&value);
        found.retain(|entry| entry.get("node") != Some(&json!([])));
        assert_eq!(found, forms);
    }
}

#[test]
fn the_notice_inside_an_encrypted_callback() {
    let Some(value) = through("notice", "ComplaintResource") else { return };
    assert_eq!(value["records"][0]["event"], "CREATE_COMPLAINT");
    only_forms(&value, &[]);
}

#[test]
fn an_edit_of_a_kept_form_is_written_and_the_rest_stays() {
    let Some(bytes) = sample(&format!("{FOLDER}/ComplaintCallbackEvent.1.json")) else { return };
    let profile = profile("cn-12315-json");
    let mut value = there_and_back(&profile, "callback", Format::Json, &bytes);
    value["records"][0]["history"][0]["text"] = json!("已补充说明");
    let written = crate::real::write(&profile, "callback", Format::Json, &value);
    let mut wanted: Value = serde_json::from_slice(&bytes).expect("JSON");
    wanted["history"]["content"] = json!("已补充说明");
    assert_eq!(serde_json::from_slice::<Value>(&written).expect("JSON"), wanted);
}
