//! `POST /agency/v1/receipts`.

use regbridge::tlog::{Proof, Verifier};
use serde_json::json;

use crate::support::{HZ, House, NB, open, sample};

const RECEIPTS: &str = "/agency/v1/receipts";
const XML: &str = "application/xml; charset=gb18030";
const NUMBER: &str = "3301060020261123000000018";

/// A reply that the bureau has fetched; the id of its message.
fn fetched(house: &House) -> String {
    let mut client = house.connect_as(HZ);
    assert_eq!(client.post("/agency/v1/complaint-order", XML, &sample("order-minimal.xml")).status, 201);
    let reply = json!({"kind": "complaint-reply", "outcome": "settled", "explanation": "已退款"});
    assert_eq!(house.post(NUMBER, reply), "replied");
    let page = client.get("/agency/v1/complaint-reply");
    assert_eq!(page.status, 200);
    let text = String::from_utf8_lossy(&page.body).into_owned();
    let id = text.split("<MessageId>").nth(1).and_then(|rest| rest.split("</MessageId>").next());
    id.expect("our message bears an id").to_owned()
}

fn receipt(sample_name: &str, original: &str) -> Vec<u8> {
    let text = sample(sample_name);
    let from = b"platform-20261203-0001";
    let at = text.windows(from.len()).position(|window| window == from).unwrap();
    [&text[..at], original.as_bytes(), &text[at + from.len()..]].concat()
}

#[test]
fn a_receipt_is_taken_once_and_its_proof_holds() {
    let house = open();
    let original = fetched(&house);
    let mut client = house.connect_as(HZ);
    let body = receipt("reply-receipt-accepted.xml", &original);
    let first = client.post(RECEIPTS, XML, &body);
    assert_eq!(first.status, 201, "{}", first.text());
    assert_eq!(first.header("regbridge-delivery-state"), Some("accepted"));
    let proof = Proof::parse(&first.text()).unwrap();
    let extra: serde_json::Value = serde_json::from_slice(proof.extra.as_ref().unwrap()).unwrap();
    let entry = extra["entry"].as_str().unwrap();
    let key = Verifier::parse(client.get("/agency/v1/vkey").text().trim()).unwrap();
    proof.verify(entry.as_bytes(), &[key]).unwrap();
    let fact: serde_json::Value = serde_json::from_str(entry).unwrap();
    assert_eq!((&fact["type"], &fact["state"]), (&json!("receipt"), &json!("accepted")));
    assert_eq!(first.header("regbridge-delivery"), fact["delivery"].as_str());
    let again = client.post(RECEIPTS, XML, &body);
    assert_eq!((again.status, again.header("regbridge-outcome")), (200, Some("duplicate")));
    assert_eq!(again.body, first.body);
    assert_eq!(house.journal().iter().filter(|entry| entry["type"] == "receipt").count(), 1);
}

#[test]
fn what_it_is_for_must_be_known_its_givers_and_not_answered_otherwise() {
    let house = open();
    let original = fetched(&house);
    let headers = [("Content-Type", XML), ("Accept", "application/json")];
    let give = |agency: &str, body: &[u8]| {
        let reply = house.connect_as(agency).post_with(RECEIPTS, &headers, body);
        (reply.status, reply.problem())
    };
    let unknown = receipt("reply-receipt-accepted.xml", "m-unknown");
    assert_eq!(give(HZ, &unknown), (422, "unknown-delivery".to_owned()));
    let accepted = receipt("reply-receipt-accepted.xml", &original);
    assert_eq!(give(NB, &accepted), (422, "unknown-delivery".to_owned()), "another agency's");
    assert_eq!(house.connect_as(HZ).post(RECEIPTS, XML, &accepted).status, 201);
    assert_eq!(
        give(HZ, &receipt("reply-receipt-refused.xml", &original)),
        (409, "answered-before".to_owned())
    );
    assert_eq!(give(HZ, &sample("order-minimal.xml")), (422, "malformed".to_owned()), "no receipt");
    assert_eq!(give(HZ, b"<a/>"), (422, "malformed".to_owned()));
    assert_eq!(house.refusals(HZ), ["unknown-delivery", "answered-before", "malformed", "malformed"]);
    assert_eq!(house.refusals(NB), ["unknown-delivery"]);
    let reply = house.connect_as(HZ).get(RECEIPTS);
    assert_eq!((reply.status, reply.header("allow")), (405, Some("POST")));
    let reply = house.connect_as(HZ).post_with(RECEIPTS, &[("Content-Type", "text/plain")], b"x");
    assert_eq!(reply.status, 415);
}
