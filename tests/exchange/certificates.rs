//! Certificates: asked about, answered, lapsed by the authority's word or by their last day.

use regbridge::clock::{Clock as _, Timestamp};
use regbridge::domain::kind::Kind;
use regbridge::exchange::feed::{Asked, Shape};
use regbridge::exchange::file::{Content, GivenFile, HandedIn};
use regbridge::exchange::inbound::Sender;
use regbridge::exchange::view::{CaseFilter, DeliveryFilter};
use regbridge::mapping::Format;
use serde_json::{Value, json};

use crate::bed::Bed;
use crate::feeds::asked;
use crate::on_both;
use crate::posts::{post, posting};

async fn ask(bed: &Bed, number: &str) {
    let check = json!({"registration_number": number, "scheme": "compulsory", "reason": "商家上传"});
    let (posted, _) = post(bed, Kind::CertificateCheck, posting(check)).await.unwrap();
    assert_eq!(posted.iter().map(|one| one.agency.as_str()).collect::<Vec<_>>(), ["cnca"]);
}

/// The authority says something of certificates; the receipt.
async fn say(bed: &Bed, id: &str, statuses: Value) -> Value {
    let body = json!({"msgId": id, "statuses": statuses}).to_string().into_bytes();
    let agency = bed.agency("cnca");
    let sender = Sender::Certificate(agency.certificates[0]);
    let given = GivenFile { agency, sender, kind: None, format: Format::Json, charset: None, body };
    let content = Content::Message(Some(Kind::CertificateStatus));
    match bed.gateway.hand_in(given, content).await.unwrap() {
        HandedIn::Message(answer) => serde_json::from_slice(&answer.receipt).unwrap(),
        HandedIn::Receipt(_) => unreachable!("it is a message"),
    }
}

fn status(number: &str, status: &str, until: Option<&str>) -> Value {
    let mut value = json!({"certNo": number, "status": status});
    if let Some(until) = until {
        value["expireDate"] = json!(until);
    }
    value
}

async fn state(bed: &Bed, number: &str) -> String {
    let filter =
        CaseFilter { registration_number: Some(number.to_owned()), limit: 2, ..CaseFilter::default() };
    let mut cases = bed.gateway.cases(&filter).await.unwrap();
    assert_eq!(cases.len(), 1, "{number}");
    cases.remove(0).state
}

async fn lapsed_events(bed: &Bed) -> Vec<Value> {
    let events = bed.gateway.events(0, 1000).await.unwrap();
    let lapsed = events.into_iter().filter(|event| event.event_type == "regbridge.certificate-status.lapsed");
    lapsed.map(|event| event.data).collect()
}

on_both! {
    async fn a_certificate_is_asked_about_answered_and_restored(bed: &Bed) {
        for number in ["C-1", "C-2", "C-3"] {
            ask(bed, number).await;
            assert_eq!(state(bed, number).await, "asked");
        }
        let page = Asked { shape: Shape::Message(None), ..asked() };
        let page = bed.gateway.feed(&bed.agency("cnca"), Kind::CertificateCheck, &page).await.unwrap();
        let message: Value = serde_json::from_slice(page.body.as_ref().unwrap()).unwrap();
        let numbers: Vec<&str> =
            message["queries"].as_array().unwrap().iter().map(|query| query["certNo"].as_str().unwrap()).collect();
        assert_eq!((numbers, &message["window"]["count"]), (vec!["C-1", "C-2", "C-3"], &json!(3)));

        let word = json!([
            status("C-1", "01", Some("2029-02-28")),
            status("C-2", "02", None),
            status("C-3", "01", None),
            status("C-4", "03", None),
        ]);
        let receipt = say(bed, "m-1", word).await;
        let results: Vec<&str> =
            receipt["results"].as_array().unwrap().iter().map(|one| one["result"].as_str().unwrap()).collect();
        assert_eq!(results, ["0", "0", "2", "0"], "valid without a last day is no answer: {receipt}");
        assert_eq!(state(bed, "C-1").await, "valid");
        assert_eq!(state(bed, "C-2").await, "suspended");
        assert_eq!(state(bed, "C-3").await, "asked");
        assert_eq!(state(bed, "C-4").await, "lapsed", "nobody had asked about it");
        // To ask again says nothing new; what was taken back by mistake is restored.
        ask(bed, "C-1").await;
        assert_eq!(state(bed, "C-1").await, "valid");
        say(bed, "m-2", json!([status("C-4", "01", Some("2030-01-01"))])).await;
        assert_eq!(state(bed, "C-4").await, "valid");
    }

    async fn a_certificate_lapses_when_its_last_day_is_over_and_the_platform_is_told_once(bed: &Bed) {
        ask(bed, "C-1").await;
        let word = json!([
            status("C-1", "01", Some("2026-11-30")),
            status("C-2", "02", Some("2026-11-30")),
            status("C-3", "01", Some("2026-12-01")),
            status("C-4", "03", Some("2026-11-30")),
            status("C-5", "01", Some("2026-11-30")),
        ]);
        say(bed, "m-1", word).await;
        // The authority's later word counts.
        say(bed, "m-2", json!([status("C-5", "01", Some("2027-11-30"))])).await;
        let at = |text: &str| bed.clock.advance_millis(Timestamp::parse(text).unwrap().millis_since(bed.clock.now()));
        at("2026-11-30T23:59:59+08:00");
        assert_eq!(bed.gateway.lapse_certificates().await.unwrap(), 0, "the last day counts");
        at("2026-12-01T00:00:00+08:00");
        assert_eq!(bed.gateway.lapse_certificates().await.unwrap(), 2);
        assert_eq!(bed.gateway.lapse_certificates().await.unwrap(), 0, "once");
        for (number, wanted) in [("C-1", "lapsed"), ("C-2", "lapsed"), ("C-3", "valid"), ("C-4", "lapsed"), ("C-5", "valid")] {
            assert_eq!(state(bed, number).await, wanted, "{number}");
        }
        let events = lapsed_events(bed).await;
        let mut told: Vec<&str> = events.iter().map(|data| data["registration_number"].as_str().unwrap()).collect();
        told.sort_unstable();
        assert_eq!(told, ["C-1", "C-2"]);
        assert_eq!(events[0]["valid_until"], "2026-11-30");
        let journalled = bed.entries().await.into_iter().filter(|entry| entry["type"] == "certificate-lapse");
        assert_eq!(journalled.count(), 2);
        // Prolonged, it holds again, and lapses again.
        say(bed, "m-3", json!([status("C-1", "01", Some("2026-12-31"))])).await;
        assert_eq!(state(bed, "C-1").await, "valid");
        at("2027-01-01T00:00:00+08:00");
        assert_eq!(bed.gateway.lapse_certificates().await.unwrap(), 2, "C-1 and C-3");
        assert_eq!(lapsed_events(bed).await.len(), 4);
        let filter = DeliveryFilter { state: None, destination: None, case: None, after: None, limit: 1000 };
        let deliveries = bed.gateway.deliveries(&filter).await.unwrap();
        let webhooks = deliveries.iter().filter(|one| one.kind == "regbridge.certificate-status.lapsed");
        assert_eq!(webhooks.count(), 4);
    }

    async fn all_operators_of_a_period_reach_the_bureau_and_the_report_says_how_many(bed: &Bed) {
        for number in 0..250 {
            let operator = json!({
                "registration_number": format!("op-{number:03}"), "period": "2027-01", "region": "330106",
                "operator": {"kind": "company", "name": format!("示例{number}")},
            });
            let (posted, _) = post(bed, Kind::OperatorIdentity, posting(operator)).await.unwrap();
            assert_eq!(posted.iter().map(|one| one.agency.as_str()).collect::<Vec<_>>(), ["zj-amr"]);
        }
        let agency = bed.agency("zj-amr");
        let report = bed.gateway.report_feed(&agency.id, Kind::OperatorIdentity).await.unwrap();
        assert_eq!(report.count, 250);
        let mut seen = Vec::new();
        let mut next = Asked { shape: Shape::Message(None), limit: 200, ..asked() };
        let mut last = None;
        loop {
            let page = bed.gateway.feed(&agency, Kind::OperatorIdentity, &next).await.unwrap();
            let Some(body) = &page.body else { break };
            let message: Value = serde_json::from_slice(body).unwrap();
            let operators = message["operators"].as_array().unwrap();
            assert_eq!(operators.len() as u64, page.window.count);
            if let Some(last) = last.replace(page.window.root) {
                assert_eq!(page.window.previous, last, "the windows follow each other");
            }
            seen.extend(operators.iter().map(|operator| operator["operatorId"].as_str().unwrap().to_owned()));
            next.place = regbridge::exchange::feed::Place::Cursor(page.next.clone());
        }
        assert_eq!(seen, (0..250).map(|number| format!("op-{number:03}")).collect::<Vec<_>>());
        // The next period goes on in the same cases.
        let again = json!({
            "registration_number": "op-007", "period": "2027-07", "region": "330106", "change": "left",
            "operator": {"kind": "company", "name": "示例7"},
        });
        let (posted, _) = post(bed, Kind::OperatorIdentity, posting(again)).await.unwrap();
        assert_eq!((posted[0].opened, posted[0].state.as_str()), (false, "reported"));
        assert_eq!(bed.gateway.report_feed(&agency.id, Kind::OperatorIdentity).await.unwrap().count, 1);
    }
}
