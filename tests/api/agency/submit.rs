//! `POST /agency/v1/{kind}`.

use regbridge::domain::digest::Digest;
use regbridge::wire::limits::Limits;

use crate::support::{HZ, LS, NB, open, sample};

const ORDERS: &str = "/agency/v1/complaint-order";
const XML: &str = "application/xml; charset=gb18030";

#[test]
fn a_complaint_is_accepted_once_and_answered_with_the_same_bytes_for_ever() {
    let house = open();
    let mut client = house.connect_as(HZ);
    let body = sample("order-minimal.xml");
    let first = client.post(ORDERS, XML, &body);
    assert_eq!(first.status, 201, "{}", first.text());
    assert_eq!(first.header("regbridge-outcome"), Some("accepted"));
    let again = client.post(ORDERS, XML, &body);
    assert_eq!((again.status, again.header("regbridge-outcome")), (200, Some("duplicate")));
    assert_eq!(first.body, again.body);
    let stored = client.get(first.header("location").unwrap());
    assert_eq!((stored.status, &stored.body), (200, &first.body));
    assert_eq!(stored.header("content-type"), first.header("content-type"));
    let other = house.connect_as(NB).get(first.header("location").unwrap());
    assert_eq!(other.status, 404, "another agency's receipt is none of its business");
    assert_eq!(house.journal().iter().filter(|e| e["type"] == "submission").count(), 1);
}

#[test]
fn the_same_id_with_another_body_is_a_conflict_with_both_digests() {
    let house = open();
    let mut client = house.connect_as(HZ);
    let body = sample("order-minimal.xml");
    assert_eq!(client.post(ORDERS, XML, &body).status, 201);
    let mut changed = body.clone();
    let at = changed.windows(11).position(|w| w == b"13800000002").unwrap();
    changed[at + 10] = b'3';
    let reply = client.post(ORDERS, XML, &changed);
    assert_eq!(reply.status, 409);
    assert!(reply.header("content-type").unwrap().starts_with("application/problem+xml"), "{reply:?}");
    let text = reply.text();
    assert!(text.contains("<type>urn:regbridge:problem:conflict</type>"), "{text}");
    assert!(text.contains("<stored_sha256>") && text.contains("<found_sha256>"), "{text}");
    assert_eq!(house.journal().iter().filter(|e| e["type"] == "conflict").count(), 1);
}

#[test]
fn a_refusal_is_told_in_the_agencys_own_receipt_where_its_profile_says_so() {
    let house = open();
    let mut client = house.connect_as(LS);
    let good = sample("order-minimal.xml");
    let at = good.windows(3).position(|w| w == b"<Or").unwrap();
    let broken = [&good[..at], b"<Wrong/>", &good[at..]].concat();
    let reply = client.post(ORDERS, XML, &broken);
    assert_eq!((reply.status, reply.header("regbridge-outcome")), (422, Some("refused")));
    assert!(
        reply.header("content-type").unwrap().starts_with("application/xml; charset=gb18030"),
        "{reply:?}"
    );
    let (tree, _) = regbridge::wire::xml::read(&reply.body, None, &Limits::default()).unwrap();
    let text = tree.source();
    assert!(text.contains("<Receipt ") && text.contains("<Outcome>2</Outcome>"), "{text}");
    assert!(text.contains("<Problem>") && text.contains("<Line>") && text.contains("Wrong"), "{text}");
    assert!(text.contains("报文不符合要求"), "{text}");
    assert!(text.contains(&Digest::of(&broken).to_string()), "{text}");
    // Whoever asks for ours gets ours.
    let reply =
        client.post_with(ORDERS, &[("Content-Type", XML), ("Accept", "application/problem+json")], &broken);
    assert_eq!((reply.status, reply.problem().as_str()), (422, "malformed"));
    // A conflict is one of the document, too.
    assert_eq!(client.post(ORDERS, XML, &good).status, 201);
    let mut changed = good.clone();
    let at = changed.windows(11).position(|w| w == b"13800000002").unwrap();
    changed[at + 10] = b'3';
    let reply = client.post(ORDERS, XML, &changed);
    let (tree, _) = regbridge::wire::xml::read(&reply.body, None, &Limits::default()).unwrap();
    assert_eq!(reply.status, 409);
    assert!(tree.source().contains("<Code>conflict</Code>"), "{}", tree.source());
    // What is not about the document stays ours; and every attempt is in the journal.
    let reply = client.post("/agency/v1/inspection-result", XML, &good);
    assert_eq!((reply.status, reply.header("regbridge-outcome")), (403, None));
    assert_eq!(house.refusals(LS), ["malformed", "malformed", "out-of-scope"]);
    assert_eq!(house.journal().iter().filter(|e| e["type"] == "conflict").count(), 1);
}

#[test]
fn the_scope_is_asked_before_the_body_and_the_region_after() {
    let house = open();
    let mut client = house.connect_as(NB);
    // No body ever comes.
    let head = "POST /agency/v1/complaint-closure HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
                Content-Length: 100\r\n\r\n";
    client.send(head, b"").unwrap();
    let reply = client.reply().unwrap();
    assert_eq!((reply.status, reply.problem().as_str()), (403, "out-of-scope"));
    let mut client = house.connect_as(NB);
    let reply = client.post_with(
        ORDERS,
        &[("Content-Type", XML), ("Accept", "application/json")],
        &sample("order-minimal.xml"),
    );
    assert_eq!((reply.status, reply.problem().as_str()), (403, "out-of-scope"), "Hangzhou's is not Ningbo's");
    assert_eq!(house.refusals(NB), ["out-of-scope", "out-of-scope"]);
}

#[test]
fn a_bad_document_is_told_line_column_and_path_in_both_languages() {
    let house = open();
    let mut client = house.connect_as(HZ);
    let text = "<?xml version='1.0'?>\n<!DOCTYPE x [<!ENTITY a 'b'>]>\n<x/>";
    let headers = [("Content-Type", "application/xml"), ("Accept", "application/json")];
    let reply = client.post_with(ORDERS, &headers, text.as_bytes());
    assert_eq!((reply.status, reply.problem().as_str()), (422, "malformed"));
    let problem = &reply.json()["problems"][0];
    assert_eq!(problem["line"], 2, "{problem}");
    assert!(problem["zh"].is_string() && problem["en"].is_string());
    assert_eq!(house.refusals(HZ), ["malformed"], "journalled once");
    let reply = client.post_with(ORDERS, &headers, b"<a/><b/>");
    assert_eq!(reply.problem(), "malformed");
}

#[test]
fn media_types_charsets_and_packing_that_are_not_read_are_refused() {
    let house = open();
    for headers in [
        vec![("Content-Type", "text/plain")],
        vec![("Content-Type", "application/xml; charset=big5")],
        vec![("Content-Type", "application/json"), ("Content-Encoding", "gzip")],
    ] {
        let mut headers = headers;
        headers.push(("Accept", "application/json"));
        let reply = house.connect_as(HZ).post_with(ORDERS, &headers, b"x");
        assert_eq!((reply.status, reply.problem().as_str()), (415, "unsupported-media"), "{headers:?}");
    }
    assert_eq!(house.refusals(HZ).len(), 3);
}

#[test]
fn a_key_is_one_line_whatever_the_profile_lets_through() {
    let house = open();
    let headers = [("Content-Type", "application/xml"), ("Accept", "application/json")];
    for id in ["a&#10;b", "a&#9;b", "a&#x85;b", "a&#x2028;b"] {
        let text = sample("order-minimal.xml");
        let at = text.windows(20).position(|w| w == b"hz-amr-20261123-0002").unwrap();
        let body = [&text[..at], id.as_bytes(), &text[at + 20..]].concat();
        let reply = house.connect_as(HZ).post_with(ORDERS, &headers, &body);
        assert_eq!((reply.status, reply.problem().as_str()), (422, "malformed"), "{id}");
        assert_eq!(reply.json()["problems"][0]["code"], "key-unfit", "{id}");
    }
    assert_eq!(house.journal().iter().filter(|e| e["type"] == "submission").count(), 0);
}

#[test]
fn good_bad_and_known_records_of_one_message_are_told_one_by_one() {
    let house = open();
    let mut client = house.connect_as(HZ);
    let known = sample("order-minimal.xml");
    assert_eq!(client.post(ORDERS, XML, &known).status, 201);
    // The known order again, a good one, and one whose facts are missing.
    let at = |what: &[u8]| known.windows(what.len()).position(|w| w == what).unwrap();
    let (start, end) = (at(b"  <Order>"), at(b"</ComplaintOrder>"));
    let order = &known[start..end];
    let good = replaced(order, b"3301060020261123000000018", b"3301060020261123000000028");
    let bad = replaced(order, b"3301060020261123000000018", b"3301060020261123000000038");
    let bad = replaced(&replaced(&bad, b"<Facts>", b"<!--"), b"</Facts>", b"-->");
    let body = [&known[..end], &good, &bad, &known[end..]].concat();
    let body = replaced(&body, b"hz-amr-20261123-0002", b"hz-amr-20261123-0003");
    let reply = client.post(ORDERS, XML, &body);
    assert_eq!(reply.status, 201, "{}", reply.text());
    let receipt = reply.text();
    let records: Vec<&str> = receipt.split("<Record>").skip(1).collect();
    assert_eq!(records.len(), 3, "{receipt}");
    for (index, (record, outcome)) in (1..).zip(records.iter().zip(["11", "1", "2"])) {
        assert!(record.contains(&format!("<Index>{index}</Index>")), "{record}");
        assert!(record.contains(&format!("<Outcome>{outcome}</Outcome>")), "{record}");
        assert_eq!(record.contains("<CaseId>"), outcome != "2", "{record}");
        assert_eq!(record.contains("<Problem>"), outcome == "2", "{record}");
    }
    assert!(records[2].contains("3301060020261123000000038") && records[2].contains("<Line>"), "{receipt}");
    let again = client.post(ORDERS, XML, &body);
    assert_eq!((again.status, &again.body), (200, &reply.body));
    assert_eq!(client.get(reply.header("location").unwrap()).body, reply.body);

    // Nothing but bad ones: refused, and told under their places.
    let worst = [&known[..start], &replaced(&bad, b"000000038", b"000000039"), &bad, &known[end..]].concat();
    let headers = [("Content-Type", XML), ("Accept", "application/json")];
    let reply = client.post_with(ORDERS, &headers, &replaced(&worst, b"20261123-0002", b"20261123-0004"));
    assert_eq!((reply.status, reply.problem().as_str()), (422, "malformed"));
    let foreign = replaced(&body, b"<RegionCode>330106", b"<RegionCode>110101");
    let foreign = replaced(&replaced(&foreign, b"<!--", b"<Facts>"), b"-->", b"</Facts>");
    let reply = client.post_with(ORDERS, &headers, &replaced(&foreign, b"20261123-0003", b"20261123-0005"));
    assert_eq!((reply.status, reply.problem().as_str()), (422, "records-refused"));
    let problems = reply.json()["problems"].as_array().unwrap().clone();
    let paths: Vec<&str> = problems.iter().map(|problem| problem["path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["records[1]", "records[2]", "records[3]"]);
    assert!(problems.iter().all(|problem| problem["code"] == "out-of-scope"));
    assert_eq!(house.journal().iter().filter(|e| e["type"] == "record").count(), 1);
}

fn replaced(text: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.windows(from.len()).position(|w| w == from) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(to);
        rest = &rest[at + from.len()..];
    }
    assert!(!out.is_empty(), "{} is not there", String::from_utf8_lossy(from));
    out.extend_from_slice(rest);
    out
}
