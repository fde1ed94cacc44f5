//! Replies out: queued, pulled by cursor or sent under lease, tried again, settled, proved.

use regbridge::domain::digest::Digest;
use regbridge::domain::id::CaseId;
use regbridge::domain::kind::Kind;
use regbridge::exchange::Refused;
use regbridge::exchange::delivery::{Destination, Outcome};
use regbridge::exchange::view::{CaseFilter, DeliveryView};
use regbridge::tlog::Proof;
use serde_json::{Value, json};

use crate::bed::{Bed, MINIMAL, actor, message};
use crate::on_both;

pub(crate) fn reply(text: &str) -> Value {
    json!({"kind": "complaint-reply", "outcome": "settled", "explanation": text})
}

pub(crate) async fn case_of(bed: &Bed, agency: &str) -> CaseId {
    let body = match agency {
        "nb-amr" => message(MINIMAL, &[("<RegionCode>330106", "<RegionCode>330206")]),
        "numbers" => message(MINIMAL, &[("<RegionCode>330106", "<RegionCode>330302")]),
        _ => message(MINIMAL, &[]),
    };
    bed.send(agency, body).await.unwrap();
    let filter = CaseFilter { limit: 10, ..CaseFilter::default() };
    bed.gateway.cases(&filter).await.unwrap().remove(0).id
}

pub(crate) async fn to_agency(bed: &Bed, case: &CaseId) -> DeliveryView {
    let deliveries = bed.gateway.case(&actor(), case).await.unwrap().deliveries;
    deliveries.into_iter().find(|delivery| delivery.destination.starts_with("agency:")).unwrap()
}

on_both! {
    async fn a_reply_waits_to_be_pulled_and_the_cursor_says_that_it_came(bed: &Bed) {
        let case = case_of(bed, "hz-amr").await;
        let agency = bed.agency("hz-amr");
        assert_eq!(bed.gateway.pull(&agency, Kind::ComplaintReply, 0).await.unwrap().body, None);
        let posted = bed.gateway.reply(&actor(), &case, reply("已退款"), Some("k-1")).await.unwrap();
        assert_eq!((posted.state.as_str(), posted.duplicate), ("replied", false));
        let page = bed.gateway.pull(&agency, Kind::ComplaintReply, 0).await.unwrap();
        assert_eq!(Digest::of(page.body.as_ref().unwrap()), posted.body);
        assert_eq!(to_agency(bed, &case).await.state, "sent");
        let again = bed.gateway.pull(&agency, Kind::ComplaintReply, 0).await.unwrap();
        assert_eq!(again.body, page.body, "a puller that lost its place gets the same again");
        let rest = bed.gateway.pull(&agency, Kind::ComplaintReply, page.next).await.unwrap();
        assert_eq!((rest.body, rest.next), (None, page.next));
        assert_eq!(to_agency(bed, &case).await.state, "received");
        assert!(matches!(
            bed.gateway.pull(&agency, Kind::DisposalResult, 0).await,
            Err(Refused::OutOfScope(_))
        ));
    }

    async fn the_same_reply_under_one_key_is_one_and_another_is_a_conflict(bed: &Bed) {
        let case = case_of(bed, "hz-amr").await;
        let first = bed.gateway.reply(&actor(), &case, reply("已退款"), Some("k-1")).await.unwrap();
        let second = bed.gateway.reply(&actor(), &case, reply("已退款"), Some("k-1")).await.unwrap();
        assert!(second.duplicate);
        assert_eq!((&second.record, &second.delivery, second.body), (&first.record, &first.delivery, first.body));
        match bed.gateway.reply(&actor(), &case, reply("未退款"), Some("k-1")).await {
            Err(Refused::Conflict { message_id, .. }) => assert_eq!(message_id, "k-1"),
            other => panic!("{other:?}"),
        }
        assert_eq!(bed.gateway.case(&actor(), &case).await.unwrap().records.len(), 2);
    }

    async fn a_pushed_reply_is_tried_again_until_it_is_there_and_every_attempt_is_seen(bed: &Bed) {
        let case = case_of(bed, "nb-amr").await;
        bed.gateway.reply(&actor(), &case, reply("已退款"), None).await.unwrap();
        let due = async || {
            let leased = bed.gateway.lease_deliveries("test", 30, 50, 50).await.unwrap();
            leased.into_iter().find(|leased| matches!(leased.destination, Destination::Agency(_)))
        };
        let first = due().await.unwrap();
        assert_eq!(first.attempt, 1);
        assert!(due().await.is_none(), "a leased delivery is nobody else's");
        let down = Outcome::RetryAfter { millis: Some(60_000), status: Some(503), detail: "维护中".to_owned() };
        assert!(bed.gateway.settle(&first, down).await.unwrap());
        bed.advance(59_000);
        assert!(due().await.is_none(), "the peer asked for a minute");
        bed.advance(3_600_000);
        let second = due().await.unwrap();
        assert_eq!((second.attempt, &second.id, &second.body), (2, &first.id, &first.body));
        let done = Outcome::Done { status: Some(200), detail: "已收到".to_owned(), said: None };
        assert!(!bed.gateway.settle(&first, done.clone()).await.unwrap(), "an old lease settles nothing");
        assert!(bed.gateway.settle(&second, done).await.unwrap());
        let seen = to_agency(bed, &case).await;
        assert_eq!(seen.state, "received");
        let outcomes: Vec<&str> = seen.attempts.iter().map(|attempt| attempt.outcome.as_str()).collect();
        assert_eq!(outcomes, ["retry", "done"]);
        let journalled: Vec<Value> = bed.entries().await;
        let states: Vec<&str> = journalled
            .iter()
            .filter(|entry| entry["type"] == "delivery" && entry["destination"] == "agency:nb-amr")
            .map(|entry| entry["state"].as_str().unwrap())
            .collect();
        assert_eq!(states, ["queued", "received"]);
    }

    async fn what_was_sent_can_be_proved(bed: &Bed) {
        let case = case_of(bed, "hz-amr").await;
        let posted = bed.gateway.reply(&actor(), &case, reply("已退款"), None).await.unwrap();
        let (text, body) = bed.gateway.delivery_proof(&posted.delivery).await.unwrap();
        let proof = Proof::parse(&text).unwrap();
        let extra: Value = serde_json::from_slice(proof.extra.as_ref().unwrap()).unwrap();
        let entry = extra["entry"].as_str().unwrap();
        proof.verify(entry.as_bytes(), std::slice::from_ref(&bed.verifier)).unwrap();
        let salt: [u8; 32] = hex::decode(extra["salt"].as_str().unwrap()).unwrap().try_into().unwrap();
        let fact: Value = serde_json::from_str(entry).unwrap();
        assert_eq!(fact["body"], Digest::salted(&salt, &body).to_string());
        assert_eq!(fact["actor"], "platform");
    }
}
