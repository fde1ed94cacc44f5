//! Cases and their records.

use std::collections::BTreeSet;

use regbridge::domain::region::Region;
use regbridge::store::StoreError;
use regbridge::store::case::{Case, CaseFilter};
use regbridge::store::submission::NewSubmission;

use crate::bed::{Bed, agency, append, at, case, opened, record, run, submission};

pub(crate) async fn keeps_cases(bed: &Bed) {
    let cases: Vec<Case> = (0..60).map(|i| case("hz-amr", &format!("R{i}"))).collect();
    run(&bed.store, async |mut tx| tx.insert_cases(&cases).await).await.unwrap();
    for case in &cases {
        let stored = run(&bed.store, async |mut tx| tx.case(&case.id).await).await.unwrap();
        assert_eq!(stored.as_ref(), Some(case));
    }
    let nobody = case("hz-amr", "nobody").id;
    assert_eq!(run(&bed.store, async |mut tx| tx.case(&nobody).await).await.unwrap(), None);
    let again = [case("hz-amr", "R7")];
    let refused = run(&bed.store, async |mut tx| tx.insert_cases(&again).await).await.unwrap_err();
    assert!(matches!(refused, StoreError::Taken(_)), "{refused:?}");
}

pub(crate) async fn finds_many_keys_at_once(bed: &Bed) {
    let mut disposal = case("a", "1");
    disposal.topic = "disposal".into();
    let cases = [case("a", "1"), disposal, case("b", "1"), case("a", "001")];
    let (a, b) = (agency("a"), agency("b"));
    let found = run(&bed.store, async |mut tx| {
        tx.insert_cases(&cases).await?;
        let keys =
            [(&a, "disposal", "1"), (&a, "complaint", "001"), (&b, "complaint", "1"), (&b, "disposal", "1")];
        tx.cases_by_key(&keys).await
    });
    let found: BTreeSet<_> = found.await.unwrap().into_iter().map(|c| c.id).collect();
    assert_eq!(found, cases[1..].iter().map(|c| c.id.clone()).collect());
}

pub(crate) async fn changes_from_the_version_read(bed: &Bed) {
    let cases = [opened(&bed.store, "1").await, opened(&bed.store, "2").await, opened(&bed.store, "3").await];
    let mut changed = cases.clone();
    for case in &mut changed[..2] {
        case.state = "acknowledged".into();
        case.region = Region::parse("330106").unwrap();
        case.updated_at = at(9);
    }
    run(&bed.store, async |mut tx| tx.update_cases(&changed[..2]).await).await.unwrap();
    let stored =
        async |i: usize| run(&bed.store, async |mut tx| tx.case(&cases[i].id).await).await.unwrap().unwrap();
    assert_eq!(stored(0).await, Case { version: 2, ..changed[0].clone() });
    assert_eq!(stored(1).await, Case { version: 2, ..changed[1].clone() });
    assert_eq!(stored(2).await, cases[2]);

    // The third may change, the first has moved: neither does.
    let mut stale = [changed[2].clone(), changed[0].clone()];
    stale[0].state = "withdrawn".into();
    let refused = run(&bed.store, async |mut tx| tx.update_cases(&stale).await).await.unwrap_err();
    assert!(matches!(refused, StoreError::Moved { what: "case" }), "{refused:?}");
    assert_eq!(stored(2).await, cases[2]);
}

pub(crate) async fn pages_by_filter(bed: &Bed) {
    let mut cases: Vec<Case> = (0..7).map(|i| case(["a", "b"][i % 2], &format!("R{i}"))).collect();
    cases[3].state = "closed".into();
    cases[4].topic = "disposal".into();
    cases.sort_by(|a, b| a.id.cmp(&b.id));
    run(&bed.store, async |mut tx| tx.insert_cases(&cases).await).await.unwrap();
    let page = async |filter: CaseFilter, after: Option<&Case>, limit| {
        let after = after.map(|case| &case.id);
        run(&bed.store, async |mut tx| tx.case_page(&filter, after, limit).await).await.unwrap()
    };
    let that = |keep: &dyn Fn(&&Case) -> bool| cases.iter().filter(keep).cloned().collect::<Vec<_>>();
    assert_eq!(page(CaseFilter::default(), None, 100).await, cases);
    assert_eq!(page(CaseFilter::default(), None, 3).await, cases[..3]);
    assert_eq!(page(CaseFilter::default(), Some(&cases[2]), 3).await, cases[3..6]);
    assert_eq!(page(CaseFilter::default(), Some(&cases[6]), 3).await, []);
    let filter = CaseFilter { agency: Some(agency("b")), ..CaseFilter::default() };
    assert_eq!(page(filter, None, 100).await, that(&|c| c.agency.as_str() == "b"));
    let filter = CaseFilter { state: Some("closed".to_owned()), ..CaseFilter::default() };
    assert_eq!(page(filter, None, 100).await, that(&|c| c.state == "closed"));
    let filter = CaseFilter { topic: Some("disposal".to_owned()), ..CaseFilter::default() };
    assert_eq!(page(filter, None, 100).await, that(&|c| c.topic == "disposal"));
    let filter = CaseFilter { registration_number: Some("R5".to_owned()), ..CaseFilter::default() };
    assert_eq!(page(filter, None, 100).await, that(&|c| c.registration_number == "R5"));
}

pub(crate) async fn keeps_records_in_order(bed: &Bed) {
    let new = submission("hz-amr", "1");
    let case = opened(&bed.store, "1").await;
    let records: Vec<_> = (0..55)
        .map(|position| regbridge::store::record::Record {
            position,
            // The journal's order is neither that of the message nor that of the ids.
            journal_index: u64::from(7 * position % 11),
            ..record(&case, Some(&new))
        })
        .collect();
    let posted = record(&case, None);
    let (of_case, in_submission) = run(&bed.store, async |mut tx| {
        tx.insert_submissions(std::slice::from_ref(&new)).await?;
        tx.insert_records(&records).await?;
        tx.insert_records(std::slice::from_ref(&posted)).await?;
        Ok((tx.records_of(&case.id).await?, tx.records_in(&new.submission.id).await?))
    })
    .await
    .unwrap();
    let mut expected = records.clone();
    assert_eq!(in_submission, expected);
    expected.push(posted);
    expected.sort_by_key(|record| (record.journal_index, record.position, record.id.clone()));
    assert_eq!(of_case, expected);
}

/// Within a transaction either may come first; at its end both must be there.
pub(crate) async fn keeps_no_record_without_its_submission(bed: &Bed) {
    let case = opened(&bed.store, "1").await;
    let new = submission("hz-amr", "1");
    let records = [record(&case, Some(&new))];
    let insert = async |with: &[NewSubmission]| {
        run(&bed.store, async |mut tx| {
            tx.insert_records(&records).await?;
            tx.insert_submissions(with).await
        })
        .await
    };
    let refused = insert(&[]).await.unwrap_err();
    assert!(matches!(refused, StoreError::Statement(_)), "{refused:?}");
    let kept = run(&bed.store, async |mut tx| tx.records_of(&case.id).await).await.unwrap();
    assert!(kept.is_empty(), "{kept:?}");
    insert(std::slice::from_ref(&new)).await.unwrap();
    let kept = run(&bed.store, async |mut tx| tx.records_of(&case.id).await).await.unwrap();
    assert_eq!(kept, records);
}

pub(crate) async fn takes_an_idempotency_key_once(bed: &Bed) {
    let (one, two) = (opened(&bed.store, "1").await, opened(&bed.store, "2").await);
    let keyed = |case: &Case, key: Option<&str>| {
        let key = key.map(str::to_owned);
        [regbridge::store::record::Record { idempotency_key: key, ..record(case, None) }]
    };
    let insert = async |records: [regbridge::store::record::Record; 1]| {
        run(&bed.store, async |mut tx| tx.insert_records(&records).await).await
    };
    let first = keyed(&one, Some("k"));
    insert(first.clone()).await.unwrap();
    insert(keyed(&two, Some("k"))).await.unwrap();
    insert(keyed(&one, None)).await.unwrap();
    insert(keyed(&one, None)).await.unwrap();
    let refused = insert(keyed(&one, Some("k"))).await.unwrap_err();
    assert!(matches!(refused, StoreError::Taken(_)), "{refused:?}");
    let found = run(&bed.store, async |mut tx| {
        let none = tx.record_by_idempotency_key(&two.id, "other").await?;
        Ok((tx.record_by_idempotency_key(&one.id, "k").await?, none))
    });
    let [first] = first;
    assert_eq!(found.await.unwrap(), (Some(first), None));
}

pub(crate) async fn loses_no_change_among_writers(bed: &Bed) {
    let case = opened(&bed.store, "1").await;
    let mut writers = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let (store, id) = (bed.store.clone(), case.id.clone());
        writers.spawn(async move {
            run(&store, async |mut tx| {
                append(&mut tx, 1).await?;
                let case = tx.case(&id).await?.unwrap();
                tx.update_cases(&[case]).await
            })
            .await
            .unwrap();
        });
    }
    writers.join_all().await;
    let stored = run(&bed.store, async |mut tx| tx.case(&case.id).await).await.unwrap().unwrap();
    assert_eq!(stored.version, 17);
}

pub(crate) async fn knows_only_the_named_states(bed: &Bed) {
    let mut wrong = case("a", "1");
    wrong.state = "delivered".into();
    let refused = run(&bed.store, async |mut tx| tx.insert_cases(std::slice::from_ref(&wrong)).await);
    let refused = refused.await.unwrap_err();
    assert!(matches!(refused, StoreError::Statement(_)), "{refused:?}");
    assert!(!refused.is_outage(), "a bad row says nothing of its neighbours");
}

pub(crate) async fn finds_the_records_of_many_cases(bed: &Bed) {
    let cases = [opened(&bed.store, "1").await, opened(&bed.store, "2").await, opened(&bed.store, "3").await];
    let records: Vec<_> = [0, 0, 1, 2].into_iter().map(|i: usize| record(&cases[i], None)).collect();
    let found = run(&bed.store, async |mut tx| {
        tx.insert_records(&records).await?;
        let nobody = case("hz-amr", "nobody").id;
        tx.records_of_cases(&[cases[0].id.clone(), nobody, cases[2].id.clone()]).await
    });
    let mut found = found.await.unwrap();
    found.sort_by_key(|found| records.iter().position(|record| record.id == found.id));
    assert!(found.iter().eq([&records[0], &records[1], &records[3]]), "{found:?}");
}
