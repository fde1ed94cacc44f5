//! Holds, and what is removed: one hold a case, only what ended and is due, bodies and nothing else.

use regbridge::domain::digest::Digest;
use regbridge::store::Tx;
use regbridge::store::keep::{Due, Ended, Hold};

use crate::bed::{Bed, at, case, delivery, opened, record, run, submission};

async fn due(bed: &Bed, before: i64, limit: u32) -> Vec<Due> {
    let ended = Ended { topic: "complaint", states: r#"["closed","withdrawn"]"#, before: at(before) };
    run(&bed.store, async |mut tx| tx.cases_due(&ended, None, limit).await).await.unwrap()
}

pub(crate) async fn holds_a_case_once_and_by_the_first_word(bed: &Bed) {
    let mut both = [opened(&bed.store, "R1").await, opened(&bed.store, "R2").await];
    both.sort_by(|a, b| a.id.cmp(&b.id));
    let [one, two] = both;
    let hold = |case: &regbridge::store::case::Case, who: &str| Hold {
        case: case.id.clone(),
        who: who.to_owned(),
        why: "仲裁未结".to_owned(),
        since: at(4),
        journal_index: 9,
    };
    let put = async |hold: &Hold| run(&bed.store, async |mut tx| tx.hold_case(hold).await).await.unwrap();
    let of = async |id| run(&bed.store, async |mut tx| tx.hold_of(id).await).await.unwrap();
    assert_eq!(of(&one.id).await, None);
    assert!(
        put(&hold(&one, "法务 王")).await && !put(&hold(&one, "李")).await && put(&hold(&two, "李")).await
    );
    assert_eq!(of(&one.id).await, Some(hold(&one, "法务 王")));
    // Page by page, by the cases' ids.
    let page =
        async |after, limit| run(&bed.store, async |mut tx| tx.holds(after, limit).await).await.unwrap();
    assert_eq!(page(None, 9).await, [hold(&one, "法务 王"), hold(&two, "李")]);
    assert_eq!(page(None, 1).await, [hold(&one, "法务 王")]);
    assert_eq!(page(Some(&one.id), 9).await, [hold(&two, "李")]);
    let release = async || run(&bed.store, async |mut tx| tx.release_case(&one.id).await).await.unwrap();
    assert!(release().await && !release().await);
    assert_eq!((of(&one.id).await, page(None, 9).await.len()), (None, 1));
    // Of no case there is no hold.
    let nobody = hold(&case("hz-amr", "R3"), "李");
    run(&bed.store, async |mut tx| tx.hold_case(&nobody).await).await.expect_err("no such case");
}

pub(crate) async fn finds_what_ended_before_a_time_and_says_what_stands_against_it(bed: &Bed) {
    let mut cases = Vec::new();
    for (number, state, topic) in [
        ("R1", "closed", "complaint"),
        ("R2", "received", "complaint"),
        ("R3", "withdrawn", "complaint"),
        ("R4", "closed", "disposal"),
    ] {
        let state = state.to_owned();
        cases.push(regbridge::store::case::Case { state, topic: topic.to_owned(), ..case("hz-amr", number) });
    }
    // By their ids, which are random within a millisecond.
    let mut minted: Vec<_> = cases.iter().map(|case| case.id.clone()).collect();
    minted.sort();
    cases.iter_mut().zip(minted).for_each(|(case, id)| case.id = id);
    run(&bed.store, async |mut tx| tx.insert_cases(&cases).await).await.unwrap();
    let ids = |due: &[Due]| due.iter().map(|one| one.case.clone()).collect::<Vec<_>>();
    assert!(due(bed, 1, 9).await.is_empty(), "they ended at that second, not before it");
    let found = due(bed, 2, 9).await;
    assert_eq!(ids(&found), [cases[0].id.clone(), cases[2].id.clone()], "ended, and of the topic");
    assert_eq!((found[0].ended_at, found[0].held, found[0].open), (at(1), false, false));
    assert_eq!(ids(&due(bed, 2, 1).await), [cases[0].id.clone()]);

    let hold = Hold {
        case: cases[0].id.clone(),
        who: "w".to_owned(),
        why: "y".to_owned(),
        since: at(2),
        journal_index: 1,
    };
    let waits = delivery("agency:hz-amr", &cases[2], None);
    run(&bed.store, async |mut tx: Tx| {
        tx.hold_case(&hold).await?;
        tx.insert_deliveries(std::slice::from_ref(&waits)).await.map(drop)
    })
    .await
    .unwrap();
    let found = due(bed, 2, 9).await;
    assert_eq!((found[0].held, found[0].open, found[1].held, found[1].open), (true, false, false, true));

    // Once removed it is not due again, until it changed.
    run(&bed.store, async |mut tx| tx.note_removal(&found[1], at(3), 5).await).await.unwrap();
    assert_eq!(ids(&due(bed, 9, 9).await), [cases[0].id.clone()]);
    let again = Due { ended_at: at(0), ..found[1].clone() };
    run(&bed.store, async |mut tx| tx.note_removal(&again, at(4), 6).await).await.unwrap();
    assert_eq!(due(bed, 9, 9).await.len(), 2, "it ended at another time than the one that was removed");
}

pub(crate) async fn empties_bodies_and_leaves_what_proves_them(bed: &Bed) {
    let (one, two) = (opened(&bed.store, "R1").await, opened(&bed.store, "R2").await);
    let sent = submission("hz-amr", "m-1");
    let records = [record(&one, Some(&sent)), record(&two, Some(&sent))];
    let message = delivery("agency:hz-amr", &one, None);
    run(&bed.store, async |mut tx: Tx| {
        tx.insert_submissions(std::slice::from_ref(&sent)).await?;
        tx.insert_records(&records).await?;
        tx.insert_deliveries(std::slice::from_ref(&message)).await.map(drop)
    })
    .await
    .unwrap();
    let ended = |case: &regbridge::store::case::Case| Due {
        case: case.id.clone(),
        agency: case.agency.clone(),
        ended_at: at(1),
        held: false,
        open: false,
    };
    let messages = run(&bed.store, async |mut tx| tx.messages_of(&one.id).await).await.unwrap();
    assert_eq!(messages, [(message.id.clone(), message.body.clone())]);

    let digest = Digest::of(&message.body);
    let emptied = run(&bed.store, async |mut tx: Tx| {
        tx.note_removal(&ended(&one), at(5), 9).await?;
        tx.mark_record(&records[0].id, r#"{"removed":true}"#).await?;
        tx.empty_message(&message.id, &digest).await?;
        tx.empty_received(&one.id).await
    })
    .await
    .unwrap();
    assert_eq!(emptied, 0, "another case's record came in the same submission");
    assert_eq!(run(&bed.store, async |mut tx| tx.messages_of(&one.id).await).await.unwrap(), []);
    let kept = run(&bed.store, async |mut tx| tx.message_digest(&message.id).await).await.unwrap();
    assert_eq!(kept, Some(digest));
    let body =
        async || run(&bed.store, async |mut tx| tx.submission_body(&sent.submission.id).await).await.unwrap();
    assert_eq!(body().await, Some(sent.body.clone()));
    let marked = run(&bed.store, async |mut tx| tx.records_of(&one.id).await).await.unwrap();
    assert_eq!(marked[0].body, r#"{"removed":true}"#);

    let emptied = run(&bed.store, async |mut tx: Tx| {
        tx.note_removal(&ended(&two), at(6), 10).await?;
        tx.empty_received(&two.id).await
    })
    .await
    .unwrap();
    assert_eq!(emptied, 1);
    assert!(body().await.is_none_or(|body| body.is_empty()));
    let row = run(&bed.store, async |mut tx| tx.submission(&sent.submission.id).await).await.unwrap();
    assert_eq!(row, Some(sent.submission), "row, digest, salt and receipt stay");
}
