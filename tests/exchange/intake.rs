//! Taking messages in: new, again, in conflict, out of order, out of scope, from many at once.

use futures_util::future::join_all;
use regbridge::exchange::Refused;
use regbridge::exchange::view::CaseFilter;

use crate::bed::{MINIMAL, actor, message};
use crate::on_both;

const NUMBER: &str = "3301060020261123000000018";
const ID: &str = "hz-amr-20261123-0002";

fn all() -> CaseFilter {
    CaseFilter { limit: 200, ..CaseFilter::default() }
}

fn closure(id: &str, number: &str) -> Vec<u8> {
    let changes = [("hz-amr-20261210-0001", id), ("3301060020261123000000017", number)];
    message("closure-closed.xml", &changes)
}

on_both! {
    async fn the_same_message_from_many_at_once_is_one_case_and_one_receipt(bed: &Bed) {
        let answers = join_all((0..50).map(|_| bed.send("hz-amr", message(MINIMAL, &[])))).await;
        let answers: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
        assert_eq!(answers.iter().filter(|answer| !answer.duplicate).count(), 1);
        assert!(answers.iter().all(|answer| answer.receipt == answers[0].receipt));
        assert_eq!(bed.gateway.cases(&all()).await.unwrap().len(), 1);
        // The start and one submission: a repetition has no entry of its own.
        assert_eq!(bed.gateway.journal_size().await.unwrap(), 2);
    }

    async fn different_bodies_under_one_id_at_once_leave_one_accepted(bed: &Bed) {
        let bodies: Vec<Vec<u8>> = (0..20)
            .map(|i| message(MINIMAL, &[("商品未按约定时间发货", &format!("第{i}次：未发货"))]))
            .collect();
        let answers = join_all(bodies.iter().map(|body| bed.send("hz-amr", body.clone()))).await;
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
        for answer in answers {
            match answer {
                Ok(_) => {}
                Err(Refused::Conflict { message_id, stored, found }) => {
                    assert_eq!(message_id, ID);
                    assert_ne!(stored, found);
                }
                Err(other) => panic!("{other:?}"),
            }
        }
        let entries = bed.entries().await;
        let of = |kind: &str| entries.iter().filter(|entry| entry["type"] == kind).count();
        assert_eq!((of("submission"), of("conflict")), (1, 19));
        let found = entries.iter().find(|entry| entry["type"] == "conflict").unwrap();
        assert!(found["found"].as_str().unwrap().len() == 64);
        assert!(found.get("stored").is_none());
    }

    async fn a_registration_number_opens_one_case(bed: &Bed) {
        bed.send("hz-amr", message(MINIMAL, &[])).await.unwrap();
        let other = message(MINIMAL, &[(ID, "hz-amr-20261123-0003")]);
        match bed.send("hz-amr", other).await {
            Err(Refused::AlreadyRegistered { registration_number, .. }) => assert_eq!(registration_number, NUMBER),
            other => panic!("{other:?}"),
        }
        assert_eq!(bed.gateway.cases(&all()).await.unwrap().len(), 1);
    }

    async fn a_case_goes_from_state_to_state_and_no_other_way(bed: &Bed) {
        match bed.send("hz-amr", closure("c-0", NUMBER)).await {
            Err(Refused::UnknownCase { registration_number }) => assert_eq!(registration_number, NUMBER),
            other => panic!("{other:?}"),
        }
        bed.send("hz-amr", message(MINIMAL, &[])).await.unwrap();
        let case = bed.gateway.cases(&all()).await.unwrap().remove(0);
        assert_eq!((case.state.as_str(), case.region.as_str()), ("received", "330106"));
        bed.send("hz-amr", closure("c-1", NUMBER)).await.unwrap();
        assert_eq!(bed.gateway.case(&actor(), &case.id).await.unwrap().case.state, "closed");
        let reply = serde_json::json!({"kind": "complaint-reply", "outcome": "settled", "explanation": "已退款"});
        match bed.gateway.reply(&actor(), &case.id, reply, None).await {
            Err(Refused::WrongState { state, .. }) => assert_eq!(state, "closed"),
            other => panic!("{other:?}"),
        }
        match bed.send("hz-amr", closure("c-2", NUMBER)).await {
            Err(Refused::WrongState { state, .. }) => assert_eq!(state, "closed"),
            other => panic!("{other:?}"),
        }
        let states: Vec<String> = bed
            .entries()
            .await
            .iter()
            .filter(|entry| entry["type"] == "submission")
            .map(|entry| entry["state"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(states, ["received", "closed"]);
    }

    async fn an_order_and_its_closure_may_come_in_one_batch(bed: &Bed) {
        let (order, end) = tokio::join!(
            bed.send("hz-amr", message(MINIMAL, &[])),
            bed.send("hz-amr", closure("c-1", NUMBER)),
        );
        order.unwrap();
        end.unwrap();
        assert_eq!(bed.gateway.cases(&all()).await.unwrap()[0].state, "closed");
    }

    async fn another_region_is_refused_and_journalled(bed: &Bed) {
        match bed.send("nb-amr", message(MINIMAL, &[])).await {
            Err(Refused::OutOfScope(out)) => assert_eq!(out.region.unwrap().as_str(), "330106"),
            other => panic!("{other:?}"),
        }
        let entries = bed.entries().await;
        let refusal = entries.last().unwrap();
        assert_eq!(refusal["type"], "refusal");
        assert_eq!((refusal["agency"].as_str(), refusal["why"].as_str()), (Some("nb-amr"), Some("out-of-scope")));
        assert!(bed.gateway.cases(&all()).await.unwrap().is_empty());
    }

    async fn what_is_wrong_in_a_document_is_told_and_its_codes_are_journalled(bed: &Bed) {
        let bad = message(MINIMAL, &[(NUMBER, "33010600202611230000000181")]);
        match bed.send("hz-amr", bad).await {
            Err(Refused::Malformed { problems, .. }) => {
                let problem = &problems[0];
                assert_eq!((problem.line, problem.path.as_str()), (Some(8), "ComplaintOrder/Order/RegistrationNumber"));
                assert!(problem.zh.contains("26") && problem.en.contains("26"), "{problem}");
            }
            other => panic!("{other:?}"),
        }
        let entries = bed.entries().await;
        let refusal = entries.last().unwrap();
        assert_eq!(refusal["why"], "malformed");
        assert!(!refusal["codes"].as_array().unwrap().is_empty());
        assert!(!refusal.to_string().contains("3301060020261123"), "an entry holds nothing of the body: {refusal}");
    }

    async fn a_receipt_is_its_senders_alone(bed: &Bed) {
        let answer = bed.send("hz-amr", message(MINIMAL, &[])).await.unwrap();
        let (ours, theirs) = (bed.agency("hz-amr"), bed.agency("nb-amr"));
        assert_eq!(bed.gateway.receipt(&ours, &answer.submission).await.unwrap().receipt, answer.receipt);
        assert!(matches!(bed.gateway.receipt(&theirs, &answer.submission).await, Err(Refused::NotFound)));
    }
}
