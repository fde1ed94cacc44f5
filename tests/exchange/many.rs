//! Messages of many records: each to its own case, all or the good ones, told one by one.

use regbridge::domain::digest::Digest;
use regbridge::exchange::Refused;
use regbridge::exchange::view::{CaseFilter, CaseSummary};
use regbridge::tlog::Proof;
use serde_json::Value;

use crate::bed::{Bed, MINIMAL, actor, batch, closures, message, receipt};
use crate::on_both;

fn all() -> CaseFilter {
    CaseFilter { limit: 200, ..CaseFilter::default() }
}

fn number(index: u32) -> String {
    format!("33010600202611230000{index:05}")
}

/// Each record's outcome and registration number, as the receipt tells them.
fn told(receipt: &Value) -> Vec<(String, String)> {
    let text = |record: &Value, member: &str| record[member].as_str().unwrap_or_default().to_owned();
    let records = receipt["records"].as_array().unwrap();
    records.iter().map(|record| (text(record, "outcome"), text(record, "registration_number"))).collect()
}

async fn case_of(bed: &Bed, number: &str) -> CaseSummary {
    let filter = CaseFilter { registration_number: Some(number.to_owned()), ..all() };
    bed.gateway.cases(&filter).await.unwrap().remove(0)
}

async fn stored(bed: &Bed) -> usize {
    bed.gateway.cases(&all()).await.unwrap().len()
}

on_both! {
    async fn each_record_opens_its_own_case_and_has_its_own_entry_and_event(bed: &Bed) {
        let orders: Vec<String> = (1..=60).map(number).collect();
        let body = batch("m-1", &orders, &[]);
        let answer = bed.send("hz-amr", body.clone()).await.unwrap();
        let receipt = receipt(&answer.receipt);
        assert_eq!(receipt["outcome"], "accepted");
        assert!(receipt.get("case_id").is_none() && receipt.get("registration_number").is_none());
        assert!(receipt["message"].as_str().unwrap().contains("60 accepted, 0 duplicate, 0 refused"));
        let wanted: Vec<_> = orders.iter().map(|number| ("accepted".to_owned(), number.clone())).collect();
        assert_eq!(told(&receipt), wanted);
        let cases = bed.gateway.cases(&all()).await.unwrap();
        assert_eq!(cases.len(), 60);

        let entries = bed.entries().await;
        let at = entries.iter().position(|entry| entry["type"] == "submission").unwrap();
        assert_eq!(entries[at]["records"], serde_json::json!({"accepted": 60, "duplicate": 0, "refused": 0}));
        assert!(entries[at].get("case").is_none());
        assert_eq!(entries.len(), at + 61);
        for (index, entry) in (1..).zip(&entries[at + 1..]) {
            assert_eq!((&entry["type"], &entry["index"]), (&"record".into(), &Value::from(index)));
            assert_eq!(entry["submission"], answer.submission.to_string());
        }
        let events = bed.gateway.events(0, 200).await.unwrap();
        let cursors: Vec<u64> = events.iter().map(|event| event.cursor).collect();
        assert_eq!(cursors, (at as u64 + 2..at as u64 + 62).collect::<Vec<_>>());
        for (place, case) in cases.iter().enumerate() {
            let detail = bed.gateway.case(&actor(), &case.id).await.unwrap();
            assert_eq!(detail.records.len(), 1, "{place}");
            assert_eq!(detail.submissions.len(), 1);
            let entry = &entries[usize::try_from(detail.records[0].journal_index).unwrap()];
            assert_eq!(entry["case"], case.id.to_string());
            assert_eq!(entry["record"], detail.records[0].id.to_string());
        }

        let proof = Proof::parse(receipt["proof"]["text"].as_str().unwrap()).unwrap();
        let extra: Value = serde_json::from_slice(proof.extra.as_ref().unwrap()).unwrap();
        let entry = extra["entry"].as_str().unwrap();
        proof.verify(entry.as_bytes(), std::slice::from_ref(&bed.verifier)).unwrap();
        let salt: [u8; 32] = hex::decode(extra["salt"].as_str().unwrap()).unwrap().try_into().unwrap();
        let fact: Value = serde_json::from_str(entry).unwrap();
        assert_eq!(fact["body"], Digest::salted(&salt, &body).to_string());
    }

    async fn the_good_ones_are_taken_and_the_others_told_by_themselves(bed: &Bed) {
        bed.send("hz-amr", batch("m-1", &[number(1), number(2)], &[])).await.unwrap();
        // 1 again as it was, 2 again with other facts, 3 new, 4 with too long a number, 5 of another region, 6 twice.
        let numbers: Vec<String> = [1, 2, 3, 4, 5, 6, 6].map(number).to_vec();
        let changes = [(1, "商品未按约定时间发货", "商品破损"), (3, "<RegistrationNumber>", "<RegistrationNumber>9"),
            (4, "<RegionCode>330106", "<RegionCode>110101")];
        let body = batch("m-2", &numbers, &changes);
        let answer = bed.send("hz-amr", body.clone()).await.unwrap();
        let read = receipt(&answer.receipt);
        let outcomes: Vec<String> = told(&read).into_iter().map(|(outcome, _)| outcome).collect();
        assert_eq!(outcomes, ["duplicate", "refused", "accepted", "refused", "refused", "accepted", "duplicate"]);
        let problem = |index: usize| &read["records"][index]["problems"][0];
        assert_eq!(problem(1)["code"], "already-registered");
        assert_eq!(problem(1)["found"], number(2));
        assert!(problem(3)["line"].as_u64().unwrap() > 8, "{}", problem(3));
        assert_eq!((&problem(4)["code"], &problem(4)["found"]), (&"out-of-scope".into(), &"110101".into()));
        assert!(read["records"][0]["problems"].is_null());
        assert_eq!(read["records"][0]["case_id"], case_of(bed, &number(1)).await.id.to_string());
        assert_eq!(read["records"][5]["case_id"], read["records"][6]["case_id"]);
        assert_eq!(stored(bed).await, 4);

        let entries = bed.entries().await;
        let submission = entries.iter().rfind(|entry| entry["type"] == "submission").unwrap();
        assert_eq!(submission["records"], serde_json::json!({"accepted": 2, "duplicate": 2, "refused": 3}));
        let indexes: Vec<u64> = entries[entries.len() - 2..].iter().map(|e| e["index"].as_u64().unwrap()).collect();
        assert_eq!(indexes, [3, 6]);

        let again = bed.send("hz-amr", body).await.unwrap();
        assert!(again.duplicate);
        assert_eq!(again.receipt, answer.receipt);
        assert_eq!(bed.entries().await.len(), entries.len());
        let other = batch("m-2", &numbers, &[]);
        assert!(matches!(bed.send("hz-amr", other).await, Err(Refused::Conflict { .. })));
    }

    async fn a_message_without_a_new_record_is_a_duplicate_with_a_receipt_of_its_own(bed: &Bed) {
        bed.send("hz-amr", batch("m-1", &[number(1), number(2)], &[])).await.unwrap();
        let answer = bed.send("hz-amr", batch("m-2", &[number(2), number(1)], &[])).await.unwrap();
        let read = receipt(&answer.receipt);
        assert!(!answer.duplicate, "another message");
        assert_eq!(read["outcome"], "duplicate");
        assert_eq!(told(&read), [2, 1].map(|index| ("duplicate".to_owned(), number(index))));
        assert_eq!(stored(bed).await, 2);
    }

    async fn a_message_of_nothing_but_bad_records_is_refused_and_its_id_stays_free(bed: &Bed) {
        bed.send("hz-amr", message(MINIMAL, &[("3301060020261123000000018", &number(1))])).await.unwrap();
        let changes = [(0, "商品未按约定时间发货", "商品破损"), (1, "<RegionCode>330106", "<RegionCode>110101")];
        match bed.send("hz-amr", batch("m-1", &[number(1), number(2)], &changes)).await {
            Err(Refused::Records { of, records }) => {
                let codes: Vec<_> = records.iter().map(|r| (r.index, r.problems[0].code.as_ref())).collect();
                assert_eq!((of, codes), (2, vec![(1, "already-registered"), (2, "out-of-scope")]));
            }
            other => panic!("{other:?}"),
        }
        let entries = bed.entries().await;
        let refusal = entries.last().unwrap();
        assert_eq!(refusal["why"], "records-refused");
        assert_eq!(refusal["codes"], serde_json::json!(["already-registered", "out-of-scope"]));
        bed.send("hz-amr", batch("m-1", &[number(2), number(3)], &[])).await.unwrap();
        assert_eq!(stored(bed).await, 3);
    }

    async fn where_the_profile_says_so_one_bad_record_refuses_all_and_leaves_no_trace(bed: &Bed) {
        bed.send("strict", batch("m-1", &[number(1), number(2)], &[])).await.unwrap();
        match bed.send("strict", batch("m-2", &[number(3), number(1), number(3)], &[])).await {
            Err(Refused::Records { of, records }) => {
                let found: Vec<_> = records.iter().map(|r| (r.index, r.registration_number.clone())).collect();
                assert_eq!((of, found), (3, vec![(2, Some(number(1))), (3, Some(number(3)))]));
            }
            other => panic!("{other:?}"),
        }
        let bad = [(1, "<RegionCode>330106", "<RegionCode>110101")];
        match bed.send("strict", batch("m-2", &[number(3), number(4)], &bad)).await {
            Err(Refused::Records { of: 2, records }) => assert_eq!(records[0].index, 2),
            other => panic!("{other:?}"),
        }
        assert_eq!(stored(bed).await, 2);
        // What was undone is undone for the neighbours in the same transaction, too.
        let (sunk, other) = tokio::join!(
            bed.send("strict", batch("m-3", &[number(3), number(1)], &[])),
            bed.send("strict", batch("m-4", &[number(3), number(4)], &[])),
        );
        assert!(matches!(sunk, Err(Refused::Records { of: 2, .. })), "{sunk:?}");
        assert_eq!(receipt(&other.unwrap().receipt)["outcome"], "accepted");
        assert_eq!(stored(bed).await, 4);
    }

    async fn closures_of_many_cases_come_in_one_message_and_are_told_apart(bed: &Bed) {
        bed.send("hz-amr", batch("m-1", &[number(1), number(2), number(3)], &[])).await.unwrap();
        bed.send("hz-amr", closures("c-1", &[number(1)])).await.unwrap();
        // 1 closed already by this very record, 2 open, 9 unknown.
        let answer = bed.send("hz-amr", closures("c-2", &[number(1), number(2), number(9)])).await.unwrap();
        let read = receipt(&answer.receipt);
        let outcomes: Vec<String> = told(&read).into_iter().map(|(outcome, _)| outcome).collect();
        assert_eq!(outcomes, ["duplicate", "accepted", "refused"]);
        assert_eq!(read["records"][2]["problems"][0]["code"], "unknown-case");
        for (index, state) in [(1, "closed"), (2, "closed"), (3, "received")] {
            assert_eq!(case_of(bed, &number(index)).await.state, state);
        }
    }
}
