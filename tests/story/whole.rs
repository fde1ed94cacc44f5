//! The whole story, as both sides see it.

use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::endpoint::{Endpoint, Received};
use crate::house::{House, XIHU, until};
use crate::journal;
use crate::letters::{self, closure, element, give_back, number, order, withdrawal};
use crate::platform::settled;
use crate::python;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A house whose platform is told of events at this receiver.
fn house_with_webhook(receiver: &Endpoint) -> House {
    let settings = format!(
        "[[webhooks]]\nname = \"cases\"\nurl = \"http://127.0.0.1:{}/hook\"\nsecret_file = \"keys/hook\"\n",
        receiver.port
    );
    let house = House::build(&settings);
    house.write("keys/hook", SECRET.as_bytes());
    house
}

/// `regbridge verify` on what was received, with nothing but files.
fn verifies(house: &House, receipt: &[u8], body: &[u8]) -> bool {
    house.write("proof/receipt", receipt);
    house.write("proof/body", body);
    house.write("proof/vkey", house.bureau("hz-amr").get(house, "/agency/v1/vkey").body.as_slice());
    let path = |name: &str| house.file(&format!("proof/{name}")).display().to_string();
    house.run(&["verify", &path("receipt"), "--vkey", &path("vkey"), "--body", &path("body")]).ok
}

/// Whether xmllint finds the message valid against the profile's schema.
fn xmllint(message: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("message.xml");
    std::fs::write(&file, message).unwrap();
    let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/schemas/profiles/cn-amr-xml/cn-amr.xsd");
    let output = Command::new("xmllint").args(["--noout", "--schema", schema]).arg(&file).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Standard Webhooks, verified with Python's hmac.
fn signature_holds(received: &Received) -> bool {
    const CHECK: &str = r"
import base64, hashlib, hmac, sys
secret, id, timestamp, signature, body = sys.argv[1:]
key = base64.b64decode(secret.removeprefix('whsec_'))
signed = f'{id}.{timestamp}.'.encode() + base64.b64decode(body)
expected = 'v1,' + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
print(expected in signature.split(' '))
";
    use base64::Engine as _;
    let body = base64::engine::general_purpose::STANDARD.encode(&received.body);
    let header = |name| received.header(name);
    let arguments =
        [SECRET, header("webhook-id"), header("webhook-timestamp"), header("webhook-signature"), &body];
    python::run(CHECK, &arguments).trim() == "True"
}

#[test]
fn a_complaint_goes_in_and_the_reply_is_pushed_out_and_both_are_provable() {
    let hook = Endpoint::of_webhook();
    let mut house = house_with_webhook(&hook);
    let door = Endpoint::of_bureau(&house, "door");
    let url = format!("https://localhost:{}/amr/in", door.port);
    let bureau = house.add_bureau("hz-amr", XIHU, &["--push", &url]);
    house.open();
    let platform = house.platform();

    // In.
    let complaint = order(1);
    let receipt = bureau.submit(&house, "complaint-order", &complaint).is(201);
    assert_eq!(receipt.header("regbridge-outcome"), "accepted");
    assert!(receipt.header("content-type").to_ascii_lowercase().contains("gb18030"), "{:?}", receipt.headers);
    xmllint(&receipt.body);
    let text = letters::decode(&receipt.body);
    assert_eq!(element(&text, "RegistrationNumber"), number(1));
    assert_eq!(element(&text, "MessageId"), "order-1");
    assert!(verifies(&house, &receipt.body, &complaint));
    assert!(!verifies(&house, &receipt.body, &order(2)), "the receipt is for one body alone");

    // The platform reads.
    let case = platform.case_of(&house, &number(1));
    let id = case["id"].as_str().unwrap().to_owned();
    assert_eq!(element(&text, "CaseId"), id);
    assert_eq!(
        (&case["state"], &case["region"], &case["agency"]),
        (&json!("received"), &json!(XIHU), &json!("hz-amr"))
    );
    let golden = include_bytes!("../../schemas/profiles/cn-amr-xml/samples/order-full.golden.json");
    let golden: Value = serde_json::from_slice(golden).unwrap();
    let record = &case["records"][0]["record"];
    assert_eq!(record["goods"], golden["records"][0]["goods"]);
    assert_eq!(record["complainant"], golden["records"][0]["complainant"]);
    assert!(record["complainant"].to_string().contains('𠮷'), "four bytes of GB18030");
    let submission = case["submissions"][0]["id"].as_str().unwrap();
    assert_eq!(submission, receipt.header("regbridge-submission"));
    let path = format!("/platform/v1/submissions/{submission}");
    assert_eq!(platform.curl(&house, &format!("{path}/body")).call().is(200).body, complaint);
    assert_eq!(platform.curl(&house, &format!("{path}/receipt")).call().is(200).body, receipt.body);

    // Out, to an endpoint that is down at first.
    door.be_down(true);
    let posted = platform.reply(&house, &id, "reply-1").is(201).json();
    assert_eq!((&posted["state"], &posted["duplicate"]), (&json!("replied"), &json!(false)));
    let again = platform.reply(&house, &id, "reply-1").is(200).json();
    assert_eq!((&again["delivery"], &again["duplicate"]), (&posted["delivery"], &json!(true)));
    let other = json!({ "outcome": "settled", "explanation": "另一份反馈" });
    platform.post_reply(&house, &id, "reply-1", &other).is_problem(409, "conflict");
    until("a first attempt", Duration::from_secs(15), || (!door.book().is_empty()).then_some(()));
    door.be_down(false);
    let arrived = until("the reply at the bureau", Duration::from_secs(40), || {
        door.book().into_iter().find(|received| received.status == 200)
    });
    let tried = door.book();
    assert!(tried.iter().all(|one| one.header("regbridge-delivery") == posted["delivery"].as_str().unwrap()));
    assert!(tried.iter().all(|one| one.body == arrived.body), "every attempt is the same message");
    assert_eq!((arrived.path.as_str(), arrived.peer.as_deref()), ("/amr/in", Some("outbound")));
    assert_eq!(arrived.header("regbridge-kind"), "complaint-reply");
    assert_eq!(arrived.header("regbridge-case"), id);
    assert_eq!(arrived.header("idempotency-key"), arrived.header("regbridge-delivery"));
    xmllint(&arrived.body);
    assert!(arrived.body.starts_with(b"<?xml version=\"1.0\" encoding=\"GB18030\"?>"));
    let reply = letters::decode(&arrived.body);
    assert_eq!(element(&reply, "RegistrationNumber"), number(1));
    assert_eq!(element(&reply, "Explanation"), settled()["explanation"].as_str().unwrap());
    assert_eq!((element(&reply, "Refund"), element(&reply, "Compensation")), ("338.50", "1015.50"));
    let delivery = until("the delivery is received", Duration::from_secs(10), || {
        let case = platform.case(&house, &id);
        let found = case["deliveries"].as_array()?.iter().find(|d| d["id"] == posted["delivery"])?.clone();
        (found["state"] == "received").then_some(found)
    });
    assert_eq!(delivery["attempts"].as_array().unwrap().len(), tried.len());
    assert_eq!(delivery["attempts"].as_array().unwrap().last().unwrap()["outcome"], "done");

    // The end of it.
    let closed = bureau.submit(&house, "complaint-closure", &closure(1)).is(201);
    assert!(verifies(&house, &closed.body, &closure(1)));
    assert_eq!(platform.case(&house, &id)["state"], "closed");
    let late = platform.reply(&house, &id, "reply-2").is_problem(409, "wrong-state");
    assert_eq!(late["state"], "closed");

    the_platform_was_told(&house, &hook, &id);
    house.close();
    compliance_proves_it(&house, &id);
}

/// The webhook and the feed told of all of it, in order, under signatures that hold.
fn the_platform_was_told(house: &House, hook: &Endpoint, id: &str) {
    let wanted = [
        "regbridge.complaint-order.received",
        "regbridge.complaint-reply.queued",
        "regbridge.complaint-closure.received",
    ];
    let told = until("three events", Duration::from_secs(15), || {
        let book = hook.book();
        (book.len() >= wanted.len()).then_some(book)
    });
    for (received, wanted) in told.iter().zip(wanted) {
        let event: Value = serde_json::from_slice(&received.body).unwrap();
        assert_eq!(event["type"], wanted);
        assert_eq!(
            (&event["specversion"], &event["source"]),
            (&json!("1.0"), &json!("//story.example/journal"))
        );
        assert_eq!(event["subject"], id);
        assert_eq!(event["id"], received.header("webhook-id"));
        assert_eq!(received.header("content-type"), "application/cloudevents+json");
        assert!(signature_holds(received), "{event}");
    }
    let feed = house.platform().get(house, "/platform/v1/events?after=0");
    let types: Vec<&str> =
        feed["events"].as_array().unwrap().iter().map(|e| e["type"].as_str().unwrap()).collect();
    assert_eq!(types, wanted);
}

/// What compliance staff do without the gateway, with commands and files.
fn compliance_proves_it(house: &House, id: &str) {
    let entries = journal::entries(house);
    for wanted in ["start", "submission", "reply", "delivery", "submission"] {
        assert!(entries.iter().any(|entry| entry["type"] == wanted), "{wanted}");
    }
    let whole = format!("{entries:?}");
    for secret in ["13800000001", "张示例", "锈斑"] {
        assert!(!whole.contains(secret), "the journal holds digests, no contents");
    }
    journal::is_whole(house);
    let out = house.file("exported").display().to_string();
    house.must(&["journal", "export", &out]);
    house.must(&["journal", "fsck", "--exported", &out]);
    let shown: Value = serde_json::from_str(&house.must(&["case", "show", id])).unwrap();
    assert_eq!(shown["case"]["state"], "closed", "{shown}");
    assert!(house.must(&["case", "list", "--state", "closed"]).contains(id));
}

#[test]
fn a_tampered_export_or_receipt_does_not_verify() {
    let mut house = House::build("");
    let bureau = house.add_bureau("hz-amr", XIHU, &[]);
    house.open();
    let receipt = bureau.submit(&house, "complaint-order", &order(1)).is(201);
    let proof = letters::decode(&receipt.body);
    // Before it there is the start's entry, and perhaps one about a calendar.
    let (_, from) = proof.split_once("\nindex ").unwrap();
    let index = from.lines().next().unwrap();
    let changed = proof.replacen(&format!("\nindex {index}\n"), "\nindex 0\n", 1);
    assert_ne!(changed, proof);
    assert!(verifies(&house, &receipt.body, &order(1)));
    assert!(!verifies(&house, &letters::encode(&changed), &order(1)));
    let out = house.file("exported");
    house.must(&["journal", "export", &out.display().to_string()]);
    let bundles = std::fs::read_dir(out.join("tile/entries/000.p")).unwrap();
    let bundle = bundles.map(|file| file.unwrap().path()).next().unwrap();
    let mut bytes = std::fs::read(&bundle).unwrap();
    let last = bytes.len() - 2;
    bytes[last] ^= 1;
    std::fs::write(&bundle, bytes).unwrap();
    let said = house.run(&["journal", "fsck", "--exported", &out.display().to_string()]);
    assert!(!said.ok && said.out.starts_with("FAILED"), "{}", said.out);
}

#[test]
fn a_bureau_without_an_endpoint_pulls_and_acknowledges_by_asking_on() {
    let mut house = House::build("");
    let bureau = house.add_bureau("hz-amr", XIHU, &[]);
    let other = house.add_bureau("nb-amr", "330212", &[]);
    house.open();
    let platform = house.platform();
    for serial in [1, 2] {
        bureau.submit(&house, "complaint-order", &order(serial)).is(201);
    }
    assert_eq!(bureau.pull(&house, "complaint-reply", 0).is(204).header("regbridge-next"), "0");
    let case = |serial| platform.case_of(&house, &number(serial))["id"].as_str().unwrap().to_owned();
    let (first, second) = (case(1), case(2));
    let state = |case: &str, delivery: &Value| {
        let case = platform.case(&house, case);
        let all = case["deliveries"].as_array().unwrap().clone();
        all.into_iter().find(|d| d["id"] == *delivery).unwrap()["state"].clone()
    };
    let one = platform.reply(&house, &first, "r1").is(201).json()["delivery"].clone();
    let two = platform.reply(&house, &second, "r2").is(201).json()["delivery"].clone();

    assert_eq!(
        other.pull(&house, "complaint-reply", 0).is(204).body,
        b"",
        "another bureau's are not its own"
    );
    let page = bureau.pull(&house, "complaint-reply", 0).is(200);
    assert_eq!(page.header("regbridge-delivery"), one.as_str().unwrap());
    xmllint(&page.body);
    assert_eq!(element(&letters::decode(&page.body), "RegistrationNumber"), number(1));
    assert_ne!(state(&first, &one), "received", "sent is not received");
    assert_eq!(
        bureau.pull(&house, "complaint-reply", 0).is(200).body,
        page.body,
        "asked again, the same again"
    );

    let next = page.header("regbridge-next").parse().unwrap();
    let page = bureau.pull(&house, "complaint-reply", next).is(200);
    assert_eq!(page.header("regbridge-delivery"), two.as_str().unwrap());
    assert_eq!((state(&first, &one), state(&second, &two) == "received"), (json!("received"), false));
    let end = page.header("regbridge-next").parse().unwrap();
    bureau.pull(&house, "complaint-reply", end).is(204);
    assert_eq!(state(&second, &two), "received");
    let lost = bureau.pull(&house, "complaint-reply", 0).is(200);
    assert_eq!(
        lost.header("regbridge-delivery"),
        one.as_str().unwrap(),
        "a bureau that lost its books reads anew"
    );
    let pulls =
        journal::entries(&house).into_iter().filter(|e| e["type"] == "pull" && e["agency"] == "hz-amr");
    assert!(pulls.count() >= 3);
}

#[test]
fn a_case_is_acknowledged_returned_replied_again_and_another_withdrawn() {
    let mut house = House::build("");
    let bureau = house.add_bureau("hz-amr", XIHU, &[]);
    house.open();
    let platform = house.platform();
    bureau.submit(&house, "complaint-order", &order(1)).is(201);
    bureau.submit(&house, "complaint-order", &order(2)).is(201);
    let case = platform.case_of(&house, &number(1))["id"].as_str().unwrap().to_owned();
    let state = |serial| platform.case_of(&house, &number(serial))["state"].clone();

    let early = bureau.submit(&house, "complaint-closure", &give_back(1));
    assert_eq!(early.is_problem(409, "wrong-state")["state"], "received");
    let acknowledgement = json!({
        "kind": "complaint-acknowledgement", "schema_version": "1", "decision": "accepted",
        "decided_at": "2026-11-24T09:58:00+08:00", "text": "已受理",
    });
    platform.post_record(&house, &case, "a1", &acknowledgement).is(201);
    assert_eq!(state(1), "acknowledged");
    let page = bureau.pull(&house, "complaint-acknowledgement", 0).is(200);
    xmllint(&page.body);
    platform.reply(&house, &case, "r1").is(201);
    bureau.submit(&house, "complaint-closure", &give_back(1)).is(201);
    assert_eq!(state(1), "returned");
    platform.reply(&house, &case, "r2").is(201);
    assert_eq!(state(1), "replied");
    bureau.submit(&house, "complaint-closure", &closure(1)).is(201);
    assert_eq!(state(1), "closed");

    bureau.submit(&house, "complaint-closure", &withdrawal(2)).is(201);
    assert_eq!(state(2), "withdrawn");
    let gone = platform.case_of(&house, &number(2))["id"].as_str().unwrap().to_owned();
    platform.reply(&house, &gone, "r3").is_problem(409, "wrong-state");
    let unknown = bureau.submit(&house, "complaint-closure", &closure(99));
    assert_eq!(unknown.is_problem(422, "unknown-case")["registration_number"], number(99));
    house.close();
    journal::is_whole(&house);
}
