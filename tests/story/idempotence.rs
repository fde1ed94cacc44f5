//! The same again is the same receipt, for ever; another body under the same id is told apart.

use serde_json::json;

use crate::house::{House, XIHU};
use crate::journal;
use crate::letters::{self, element, number, order, order_text};
use crate::python;

/// SHA-256 in hexadecimal, by Python.
fn sha256(bytes: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("body");
    std::fs::write(&file, bytes).unwrap();
    let script = "import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], 'rb').read()).hexdigest())";
    python::run(script, &[&file.display().to_string()]).trim().to_owned()
}

#[test]
fn a_repetition_gets_the_very_same_bytes_also_after_a_restart_and_a_power_cut() {
    let mut house = House::build("");
    let bureau = house.add_bureau("hz-amr", XIHU, &[]);
    house.open();
    let first = bureau.submit(&house, "complaint-order", &order(1)).is(201);
    let again = bureau.submit(&house, "complaint-order", &order(1)).is(200);
    assert_eq!(again.header("regbridge-outcome"), "duplicate");
    assert_eq!(
        (&again.body, again.header("regbridge-submission")),
        (&first.body, first.header("regbridge-submission"))
    );
    bureau.submit(&house, "complaint-order", &order(2)).is(201);
    house.close();
    house.open();
    assert_eq!(bureau.submit(&house, "complaint-order", &order(1)).is(200).body, first.body);
    house.cut_power();
    house.open();
    assert_eq!(bureau.submit(&house, "complaint-order", &order(1)).is(200).body, first.body);
    assert_eq!(bureau.get(&house, first.header("location")).is(200).body, first.body);
    let case = house.platform().case_of(&house, &number(1));
    assert_eq!(case["records"].as_array().unwrap().len(), 1);
    journal::is_whole(&house);
}

#[test]
fn another_body_under_the_same_id_is_a_conflict_with_both_digests() {
    let mut house = House::build("");
    let bureau = house.add_bureau("hz-amr", XIHU, &[]);
    house.open();
    let receipt = bureau.submit(&house, "complaint-order", &order(1)).is(201);
    let changed = letters::encode(&order_text(1).replace("请于期限内反馈", "请于三日内反馈"));
    let (stored, found) = (sha256(&order(1)), sha256(&changed));
    assert_ne!(stored, found);
    let before = journal::entries(&house).len();

    let problem = bureau.submit(&house, "complaint-order", &changed).is_problem(409, "conflict");
    assert_eq!((&problem["stored_sha256"], &problem["found_sha256"]), (&json!(stored), &json!(found)));
    assert_eq!(problem["message_id"], "order-1");
    let xml = bureau
        .curl(&house, "/agency/v1/complaint-order")
        .header("Content-Type: application/xml")
        .post(&changed)
        .call()
        .is(409);
    assert!(xml.header("content-type").starts_with("application/problem+xml"), "{:?}", xml.headers);
    assert_eq!(
        (element(xml.text(), "stored_sha256"), element(xml.text(), "found_sha256")),
        (&*stored, &*found)
    );
    assert_eq!(element(xml.text(), "title_zh"), "同一报文编号已用于另一内容");

    let entries = journal::entries(&house);
    assert_eq!(entries.len(), before + 2, "the two attempts, and nothing else");
    for entry in &entries[before..] {
        assert_eq!((&entry["type"], &entry["agency"]), (&json!("conflict"), &json!("hz-amr")));
    }
    assert!(!format!("{entries:?}").contains(&found), "a plain digest of a body would let it be guessed");
    let case = house.platform().case_of(&house, &number(1));
    assert_eq!(case["submissions"].as_array().unwrap().len(), 1);
    assert_eq!(bureau.submit(&house, "complaint-order", &order(1)).is(200).body, receipt.body);
}

#[test]
fn another_message_with_the_same_registration_number_is_told_of_its_case() {
    let mut house = House::build("");
    let bureau = house.add_bureau("hz-amr", XIHU, &[]);
    house.open();
    bureau.submit(&house, "complaint-order", &order(1)).is(201);
    let other = letters::encode(&order_text(1).replace(">order-1<", ">order-1-bis<"));
    let problem = bureau.submit(&house, "complaint-order", &other).is_problem(409, "already-registered");
    assert_eq!(problem["case"], house.platform().case_of(&house, &number(1))["id"]);
}

#[test]
fn fifty_at_once_are_one_record_and_fifty_identical_receipts() {
    let mut house = House::build("");
    let bureau = house.add_bureau("hz-amr", XIHU, &[]);
    house.open();
    let answers: Vec<_> = std::thread::scope(|scope| {
        let calls: Vec<_> =
            (0..50).map(|_| scope.spawn(|| bureau.submit(&house, "complaint-order", &order(1)))).collect();
        calls.into_iter().map(|call| call.join().unwrap()).collect()
    });
    let first = &answers[0];
    assert!(answers.iter().all(|answer| answer.body == first.body));
    let count = |status| answers.iter().filter(|answer| answer.status == status).count();
    assert_eq!((count(201), count(200)), (1, 49));
    let case = house.platform().case_of(&house, &number(1));
    assert_eq!(
        (case["records"].as_array().unwrap().len(), case["submissions"].as_array().unwrap().len()),
        (1, 1)
    );
    let written = journal::entries(&house).iter().filter(|entry| entry["type"] == "submission").count();
    assert_eq!(written, 1);
}
