//! The public sample of the customs' electronic order (CEB311), through a profile that is files alone.

use regbridge::mapping::Format;
use serde_json::json;

use crate::real::{kept, sample, test_profile, there_and_back, write};

const SAMPLE: &str = "cn-ceb-customs/sample-CEB311-redacted.xml";

#[test]
fn an_electronic_order_there_and_back() {
    let profile = test_profile("cn-ceb");
    let Some(bytes) = sample(SAMPLE) else { return };
    let value = there_and_back(&profile, "order", Format::Xml, &bytes);
    let record = &value["records"][0];
    let order = &record["orders"][0];
    let yuan = |fen: i64| json!({ "amount": fen, "currency": "CNY" });
    assert_eq!(record["released_at"], "2023-07-04T18:10:28+08:00");
    assert_eq!(order["paid"], yuan(1), "0.01 元 under its official misspelling");
    assert_eq!(order["freight"], yuan(0));
    assert_eq!(order["buyer"]["ids"], json!([{ "scheme": "citizen", "value": "11010519491231002X" }]));
    let goods = &order["goods"][0];
    assert_eq!(goods["quantity"], json!({ "value": "1", "unit": "011" }), "a unit's code keeps its zero");
    assert_eq!(goods["origin"], "136");
    assert_eq!(goods["total"], yuan(100), "1 元");
    let nodes: Vec<_> = kept(&value).into_iter().filter(|entry| entry.get("node").is_some()).collect();
    assert_eq!(nodes.len(), 1, "an empty description and nothing else: {nodes:?}");
}

#[test]
fn the_head_stands_once_though_two_blocks_fill_it() {
    let profile = test_profile("cn-ceb");
    let Some(bytes) = sample(SAMPLE) else { return };
    let mut value = there_and_back(&profile, "order", Format::Xml, &bytes);
    value["records"][0]["orders"][0].as_object_mut().expect("an order").remove("extensions");
    value["records"][0]["orders"][0]["extensions"] = json!({ "platform_name": "示例平台" });
    let written = String::from_utf8(write(&profile, "order", Format::Xml, &value)).expect("UTF-8");
    assert_eq!(written.matches("<ceb:OrderHead>").count(), 1, "{written}");
    assert!(written.contains("<ceb:guid>") && written.contains("示例平台"), "{written}");
}

#[test]
fn an_added_line_stands_after_the_others() {
    let profile = test_profile("cn-ceb");
    let Some(bytes) = sample(SAMPLE) else { return };
    let mut value = there_and_back(&profile, "order", Format::Xml, &bytes);
    let mut line = value["records"][0]["orders"][0]["goods"][0].clone();
    line["extensions"] = json!({ "line": 2 });
    line["price"] = json!({ "amount": 1250, "currency": "CNY" });
    value["records"][0]["orders"][0]["goods"].as_array_mut().expect("a list").push(line);
    let written = String::from_utf8(write(&profile, "order", Format::Xml, &value)).expect("UTF-8");
    assert_eq!(written.matches("<ceb:OrderList>").count(), 2, "{written}");
    assert!(written.contains("<ceb:price>12.5</ceb:price>"), "{written}");
    let (first, second) = (written.find("<ceb:gnum>1<"), written.find("<ceb:gnum>2<"));
    assert!(first.is_some() && first < second && second < written.find("<ceb:BaseTransfer>"), "{written}");
}
