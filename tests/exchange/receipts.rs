//! What agencies say of what they were sent: at once or later, by message id, and never for another.

use std::sync::Arc;

use regbridge::domain::kind::Kind;
use regbridge::exchange::Refused;
use regbridge::exchange::delivery::{Destination, Leased, Outcome, Said};
use regbridge::exchange::inbound::Sender;
use regbridge::exchange::receipts::{Channel, Given, Taken};
use regbridge::exchange::view::DeliveryView;
use regbridge::mapping::Format;
use regbridge::tlog::Proof;
use serde_json::{Value, json};

use crate::bed::{Bed, actor, message};
use crate::deliveries::{case_of, reply, to_agency};
use crate::on_both;

const ACCEPTED: &str = "reply-receipt-accepted.xml";
const REFUSED: &str = "reply-receipt-refused.xml";
const RECEIVED: &str = "reply-receipt-received.xml";

/// A receipt for a message.
fn receipt(sample: &str, original: &str) -> Vec<u8> {
    message(sample, &[("platform-20261203-0001", original)])
}

async fn give(bed: &Bed, agency: &str, body: Vec<u8>) -> Result<Taken, Refused> {
    let agency = bed.agency(agency);
    let sender = Sender::Certificate(agency.certificates[0]);
    let given = Given { agency, sender, body, format: Format::Xml, charset: None, channel: Channel::Api };
    bed.gateway.take_receipt(given).await
}

fn name(refused: &Result<Taken, Refused>) -> &'static str {
    refused.as_ref().expect_err("it is refused").name()
}

/// A reply of the platform's, refunding, that its bureau has fetched; its delivery.
async fn fetched(bed: &Bed) -> DeliveryView {
    let case = case_of(bed, "hz-amr").await;
    let mut record = reply("已退款");
    record["resolution"] = json!({ "refund": { "amount": 33850, "currency": "CNY" } });
    bed.gateway.reply(&actor(), &case, record, None).await.unwrap();
    bed.gateway.pull(&bed.agency("hz-amr"), Kind::ComplaintReply, 0).await.unwrap();
    to_agency(bed, &case).await
}

fn original(delivery: &DeliveryView) -> &str {
    delivery.message_id.as_deref().unwrap()
}

/// A reply that is being pushed.
async fn under_way(bed: &Bed) -> Leased {
    let case = case_of(bed, "nb-amr").await;
    bed.gateway.reply(&actor(), &case, reply("已退款"), None).await.unwrap();
    let leased = bed.gateway.lease_deliveries("test", 30, 50, 50).await.unwrap();
    leased.into_iter().find(|leased| matches!(leased.destination, Destination::Agency(_))).unwrap()
}

async fn journal(bed: &Bed, kind: &str) -> Vec<Value> {
    bed.entries().await.into_iter().filter(|entry| entry["type"] == kind).collect()
}

fn said(body: Vec<u8>) -> Said {
    Said { content_type: "text/xml; charset=gb18030".to_owned(), body }
}

on_both! {
    async fn a_later_receipt_settles_what_was_sent_and_its_giver_keeps_the_proof(bed: &Bed) {
        let delivery = fetched(bed).await;
        assert_eq!(delivery.state, "sent");
        let before = bed.gateway.events(0, 100).await.unwrap().last().unwrap().cursor;
        let body = receipt(ACCEPTED, original(&delivery));
        let taken = give(bed, "hz-amr", body.clone()).await.unwrap();
        assert_eq!((&taken.delivery, taken.state, taken.duplicate), (&delivery.id, "accepted", false));
        let now = bed.gateway.delivery(&delivery.id).await.unwrap();
        assert_eq!((now.state.as_str(), now.settled_by.as_deref()), ("accepted", Some("receipt")));
        let kept = &now.receipts[0];
        assert_eq!((kept.outcome.as_deref(), kept.number.as_deref()), (Some("accepted"), Some("BL-20261204-000031")));
        assert_eq!((kept.channel.as_str(), kept.message.as_deref()), ("api", Some("已转入办理系统")));

        let entry = journal(bed, "receipt").await.pop().unwrap();
        assert_eq!((&entry["delivery"], &entry["state"]), (&json!(delivery.id), &json!("accepted")));
        let proof = Proof::parse(&taken.proof).unwrap();
        let extra: Value = serde_json::from_slice(proof.extra.as_ref().unwrap()).unwrap();
        let text = extra["entry"].as_str().unwrap();
        proof.verify(text.as_bytes(), std::slice::from_ref(&bed.verifier)).unwrap();
        let salt: [u8; 32] = hex::decode(extra["salt"].as_str().unwrap()).unwrap().try_into().unwrap();
        assert_eq!(entry["body"], regbridge::domain::digest::Digest::salted(&salt, &body).to_string());

        let told = bed.gateway.events(before, 100).await.unwrap();
        let types: Vec<&str> = told.iter().map(|event| event.event_type.as_str()).collect();
        assert_eq!(types, ["regbridge.complaint-reply.accepted"]);
        assert_eq!((&told[0].data["delivery"], &told[0].data["state"]), (&json!(delivery.id), &json!("replied")));
        let hooks = bed.gateway.case(&actor(), &delivery.case).await.unwrap().deliveries;
        assert!(hooks.iter().any(|hook| hook.kind == "regbridge.complaint-reply.accepted"));

        // The same again is known, whatever else; so is the same word in another message.
        let size = bed.gateway.journal_size().await.unwrap();
        let again = give(bed, "hz-amr", body).await.unwrap();
        assert_eq!((again.duplicate, again.proof), (true, taken.proof.clone()));
        let other = message(ACCEPTED, &[("platform-20261203-0001", original(&delivery)), ("-0003", "-0033")]);
        assert!(give(bed, "hz-amr", other).await.unwrap().duplicate);
        assert_eq!(bed.gateway.journal_size().await.unwrap(), size);
    }

    async fn their_place_is_our_path(bed: &Bed) {
        let delivery = fetched(bed).await;
        let taken = give(bed, "hz-amr", receipt(REFUSED, original(&delivery))).await.unwrap();
        assert_eq!(taken.state, "refused");
        let problems = bed.gateway.delivery(&delivery.id).await.unwrap().receipts.remove(0).problems;
        assert_eq!(problems[0]["path"], "records[1].resolution.refund", "{problems}");
        assert_eq!((&problems[0]["code"], &problems[0]["found"]), (&json!("E017"), &json!("338.50")));
        let event = bed.gateway.events(0, 100).await.unwrap().pop().unwrap();
        assert_eq!(event.event_type, "regbridge.complaint-reply.refused");
        assert_eq!(event.data["problems"], 1);
    }

    async fn a_receipt_for_nothing_of_its_givers_is_refused_and_journalled(bed: &Bed) {
        let delivery = fetched(bed).await;
        let unknown = give(bed, "hz-amr", receipt(ACCEPTED, "no-such-message")).await;
        assert_eq!(name(&unknown), "unknown-delivery");
        let others = give(bed, "nb-amr", receipt(ACCEPTED, original(&delivery))).await;
        assert_eq!(name(&others), "unknown-delivery", "of another agency's nothing is said");
        assert_eq!(bed.gateway.delivery(&delivery.id).await.unwrap().state, "sent");
        give(bed, "hz-amr", receipt(ACCEPTED, original(&delivery))).await.unwrap();
        let contrary = give(bed, "hz-amr", receipt(REFUSED, original(&delivery))).await;
        assert_eq!(name(&contrary), "answered-before");
        assert_eq!(bed.gateway.delivery(&delivery.id).await.unwrap().state, "accepted");
        let order = give(bed, "hz-amr", message(crate::bed::MINIMAL, &[])).await;
        assert!(matches!(&order, Err(Refused::Malformed { problems, .. }) if problems[0].code == "kind-not-receipt"));
        let ours = give(bed, "hz-amr", message("receipt-accepted.xml", &[])).await;
        assert!(matches!(&ours, Err(Refused::Malformed { problems, .. }) if problems[0].code == "correlation-missing"));
        let whys: Vec<Value> = journal(bed, "refusal").await.into_iter().map(|entry| entry["why"].clone()).collect();
        assert_eq!(whys, ["unknown-delivery", "unknown-delivery", "answered-before", "malformed", "malformed"]);
    }

    async fn what_nobody_has_cannot_be_answered(bed: &Bed) {
        let case = case_of(bed, "hz-amr").await;
        bed.gateway.reply(&actor(), &case, reply("已退款"), None).await.unwrap();
        let delivery = to_agency(bed, &case).await;
        let early = give(bed, "hz-amr", receipt(ACCEPTED, original(&delivery))).await;
        assert_eq!(name(&early), "unknown-delivery");
    }

    async fn the_answer_to_a_push_is_read_where_the_profile_says_so(bed: &Bed) {
        let leased = under_way(bed).await;
        let original = bed.gateway.delivery(&leased.id).await.unwrap().message_id.unwrap();
        let answer = Some(said(receipt(ACCEPTED, &original)));
        let done = Outcome::Done { status: Some(200), detail: "200".to_owned(), said: answer };
        assert!(bed.gateway.settle(&leased, done).await.unwrap());
        let now = bed.gateway.delivery(&leased.id).await.unwrap();
        assert_eq!((now.state.as_str(), now.receipts[0].channel.as_str()), ("accepted", "push"));
        let entries = bed.entries().await;
        let last: Vec<&str> = entries[entries.len() - 2..].iter().map(|e| e["type"].as_str().unwrap()).collect();
        assert_eq!(last, ["delivery", "receipt"]);
        let event = bed.gateway.events(0, 100).await.unwrap().pop().unwrap();
        assert_eq!(event.event_type, "regbridge.complaint-reply.accepted");
        assert_eq!(event.cursor, entries.len() as u64, "its entry is the receipt's");
    }

    async fn a_refusal_that_comes_with_a_document_keeps_its_problems(bed: &Bed) {
        let leased = under_way(bed).await;
        let answer = Some(said(receipt(REFUSED, "whatever")));
        let refused = Outcome::GiveUp { status: Some(422), detail: "422".to_owned(), said: answer };
        assert!(bed.gateway.settle(&leased, refused).await.unwrap());
        let now = bed.gateway.delivery(&leased.id).await.unwrap();
        assert_eq!(now.state, "refused");
        let problem = &now.receipts[0].problems[0];
        // This reply has no refund, so their place leads nowhere and stays theirs.
        assert_eq!(problem["path"], "/ComplaintReply/Reply/Resolution/Refund");
        assert_eq!(now.attempts[0].outcome, "give_up");
    }

    async fn to_have_it_is_not_yet_to_take_it(bed: &Bed) {
        let leased = under_way(bed).await;
        let original = bed.gateway.delivery(&leased.id).await.unwrap().message_id.unwrap();
        let done = Outcome::Done { status: Some(202), detail: "202".to_owned(), said: Some(said(receipt(RECEIVED, &original))) };
        assert!(bed.gateway.settle(&leased, done).await.unwrap());
        assert_eq!(bed.gateway.delivery(&leased.id).await.unwrap().state, "received");
        let events = bed.gateway.events(0, 100).await.unwrap();
        assert!(events.iter().all(|event| event.event_type != "regbridge.complaint-reply.received"));
        let taken = give(bed, "nb-amr", receipt(REFUSED, &original)).await.unwrap();
        assert_eq!((taken.delivery, taken.state), (leased.id.clone(), "refused"));
        let outcomes: Vec<Option<String>> =
            bed.gateway.delivery(&leased.id).await.unwrap().receipts.into_iter().map(|r| r.outcome).collect();
        assert_eq!(outcomes, [None, Some("refused".to_owned())]);
    }

    async fn an_answer_that_is_no_receipt_says_only_that_it_came(bed: &Bed) {
        let leased = under_way(bed).await;
        let html = Some(Said { content_type: "text/html".to_owned(), body: b"<html>OK</html>".to_vec() });
        let done = Outcome::Done { status: Some(200), detail: "200".to_owned(), said: html };
        assert!(bed.gateway.settle(&leased, done).await.unwrap());
        let now = bed.gateway.delivery(&leased.id).await.unwrap();
        assert_eq!((now.state.as_str(), now.receipts.len()), ("received", 0));
    }

    async fn a_receipt_that_comes_while_it_is_sent_again_ends_the_sending(bed: &Bed) {
        let leased = under_way(bed).await;
        let original = bed.gateway.delivery(&leased.id).await.unwrap().message_id.unwrap();
        let taken = give(bed, "nb-amr", receipt(ACCEPTED, &original)).await.unwrap();
        assert_eq!(taken.state, "accepted");
        let down = Outcome::RetryAfter { millis: None, status: None, detail: "timed out".to_owned() };
        assert!(!bed.gateway.settle(&leased, down).await.unwrap(), "the lease went with the receipt");
        bed.advance(3_600_000);
        assert!(bed.gateway.lease_deliveries("test", 30, 50, 50).await.unwrap().iter().all(|l| l.id != leased.id));
    }

    async fn a_bureau_may_speak_of_its_own_number_or_of_the_case(bed: &Bed) {
        let case = case_of(bed, "numbers").await;
        let acknowledged = json!({ "kind": "complaint-acknowledgement", "decision": "accepted" });
        bed.gateway.reply(&actor(), &case, acknowledged, None).await.unwrap();
        bed.gateway.reply(&actor(), &case, reply("已退款"), None).await.unwrap();
        let numbered = |sample: &str, number: &str| {
            let before = if sample == RECEIVED { "</OriginalMessageId>" } else { "</Outcome>" };
            message(sample, &[(before, &format!("{before}<Number>{number}</Number>"))])
        };
        let next = async || {
            let leased = bed.gateway.lease_deliveries("test", 30, 50, 50).await.unwrap();
            leased.into_iter().find(|leased| matches!(leased.destination, Destination::Agency(_))).unwrap()
        };
        // At once it gives the one a number, and the other none.
        let first = next().await;
        let has_it = said(numbered(RECEIVED, "N-1"));
        let done = Outcome::Done { status: Some(200), detail: String::new(), said: Some(has_it) };
        assert!(bed.gateway.settle(&first, done).await.unwrap());
        let second = next().await;
        let done = Outcome::Done { status: Some(200), detail: String::new(), said: None };
        assert!(bed.gateway.settle(&second, done).await.unwrap());
        // By the case both may be meant; by its number one is, and then the case means the other.
        let registered = "3301060020261123000000018";
        for case in [case.as_str(), registered] {
            assert_eq!(name(&give(bed, "numbers", numbered(REFUSED, case)).await), "several-deliveries");
        }
        let taken = give(bed, "numbers", numbered(REFUSED, "N-1")).await.unwrap();
        assert_eq!((taken.delivery, taken.state), (first.id, "refused"));
        let taken = give(bed, "numbers", numbered(RECEIVED, case.as_str())).await.unwrap();
        assert_eq!((&taken.delivery, taken.state), (&second.id, "received"));
        let taken = give(bed, "numbers", numbered(REFUSED, registered)).await.unwrap();
        assert_eq!((taken.delivery, taken.state), (second.id, "refused"));
    }

    async fn of_several_givers_at_once_one_is_first(bed: &Bed) {
        let delivery = fetched(bed).await;
        let mut givers = tokio::task::JoinSet::new();
        for word in [ACCEPTED, REFUSED, ACCEPTED, REFUSED] {
            let gateway = bed.gateway.clone();
            let agency = Arc::clone(&bed.agency("hz-amr"));
            let body = receipt(word, original(&delivery));
            givers.spawn(async move {
                let given =
                    Given { agency, sender: Sender::Folder, body, format: Format::Xml, charset: None, channel: Channel::File };
                gateway.take_receipt(given).await.map(|taken| taken.duplicate)
            });
        }
        let told = givers.join_all().await;
        assert_eq!(told.iter().filter(|told| matches!(told, Ok(false))).count(), 1, "{told:?}");
        assert_eq!(told.iter().filter(|told| matches!(told, Ok(true))).count(), 1, "{told:?}");
        assert_eq!(journal(bed, "receipt").await.len(), 1);
    }
}
