//! Statements that are sent together, and what a batch asks first.

use regbridge::store::StoreError;
use regbridge::store::journal::JournalHead;

use crate::bed::{Bed, agency, append, case, event, opened, record, run, submission};

/// Everything that intake writes, gathered, is there after the commit; what is read in between sees it.
pub(crate) async fn writes_all_that_was_gathered(bed: &Bed) {
    let store = &bed.store;
    let (opened, sent) = (case("hz-amr", "1"), submission("hz-amr", "m-1"));
    run(store, async |mut tx| {
        let head = tx.journal_lock().await?;
        tx.gather();
        tx.insert_cases(std::slice::from_ref(&opened)).await?;
        tx.insert_records(&[record(&opened, Some(&sent))]).await?;
        tx.insert_events(&[event(&opened, 0)]).await?;
        let grown = JournalHead { size: head.size + 1, ..head };
        tx.journal_append(head.size, &[b"entry".to_vec()], &[], &grown).await?;
        assert_eq!(tx.case(&opened.id).await?.as_ref(), Some(&opened), "a read sends what was gathered");
        tx.insert_submissions(std::slice::from_ref(&sent)).await?;
        tx.send_gathered().await
    })
    .await
    .unwrap();
    run(store, async |mut tx| {
        assert_eq!(tx.records_in(&sent.submission.id).await?.len(), 1);
        assert_eq!(tx.events_after(None, 9).await?.len(), 1);
        assert_eq!(tx.journal_head().await?.size, 1);
        assert_eq!(tx.submission_body(&sent.submission.id).await?, Some(sent.body.clone()));
        Ok(())
    })
    .await
    .unwrap();
}

/// More rows than one statement takes, and two statements of different widths: no value lands in another's column.
pub(crate) async fn keeps_values_apart(bed: &Bed) {
    let cases: Vec<_> = (0..120).map(|number| case("hz-amr", &number.to_string())).collect();
    let sent: Vec<_> = (0..120).map(|number| submission("hz-amr", &format!("m-{number}"))).collect();
    run(&bed.store, async |mut tx| {
        tx.gather();
        tx.insert_cases(&cases).await?;
        tx.insert_submissions(&sent).await?;
        tx.send_gathered().await
    })
    .await
    .unwrap();
    run(&bed.store, async |mut tx| {
        for (case, sent) in cases.iter().zip(&sent) {
            assert_eq!(tx.case(&case.id).await?.as_ref(), Some(case));
            assert_eq!(tx.submission(&sent.submission.id).await?.as_ref(), Some(&sent.submission));
        }
        Ok(())
    })
    .await
    .unwrap();
}

/// What refuses one of them refuses all, and leaves nothing.
pub(crate) async fn is_all_or_nothing(bed: &Bed) {
    opened(&bed.store, "taken").await;
    let refused = run(&bed.store, async |mut tx| {
        tx.gather();
        tx.insert_cases(&[case("hz-amr", "new")]).await?;
        tx.insert_cases(&[case("hz-amr", "taken")]).await?;
        tx.send_gathered().await
    })
    .await;
    assert!(matches!(refused, Err(StoreError::Taken { .. })), "{refused:?}");
    let known =
        run(&bed.store, async |mut tx| tx.cases_by_key(&[(&agency("hz-amr"), "complaint", "new")]).await);
    assert_eq!(known.await.unwrap(), []);
}

/// A head that has moved is found, gathered or not.
pub(crate) async fn finds_a_head_that_has_moved(bed: &Bed) {
    let refused = run(&bed.store, async |mut tx| {
        let head = tx.journal_head().await?;
        tx.gather();
        tx.journal_append(7, &[b"entry".to_vec()], &[], &JournalHead { size: 8, ..head }).await?;
        tx.send_gathered().await
    })
    .await;
    assert!(matches!(refused, Err(StoreError::Moved { .. })), "{refused:?}");
    let head = run(&bed.store, async |mut tx| tx.journal_head().await).await.unwrap();
    assert_eq!(head.size, 0);
}

/// One question gives what three would.
pub(crate) async fn knows_what_is_stored_under_keys(bed: &Bed) {
    let stored = opened(&bed.store, "1").await;
    let sent = submission("hz-amr", "m-1");
    run(&bed.store, async |mut tx| {
        tx.insert_submissions(std::slice::from_ref(&sent)).await?;
        append(&mut tx, 3).await.map(drop)
    })
    .await
    .unwrap();
    let amr = agency("hz-amr");
    let ask = |message: &'static str, number: &'static str| {
        let amr = amr.clone();
        run(&bed.store, move |mut tx| {
            let amr = amr.clone();
            async move { tx.lock_and_look_up(&[(&amr, message)], &[(&amr, "complaint", number)]).await }
        })
    };
    let known = ask("m-1", "1").await.unwrap();
    assert_eq!((known.submissions, known.cases), (vec![sent.submission.clone()], vec![stored.clone()]));
    let size = known.head.size;
    let head = run(&bed.store, async |mut tx| tx.journal_head().await).await.unwrap();
    assert_eq!((size, known.head), (head.size, head));
    let known = ask("m-1", "2").await.unwrap();
    assert_eq!((known.submissions.len(), known.cases.len()), (1, 0));
    let known = ask("m-2", "1").await.unwrap();
    assert_eq!((known.submissions.len(), known.cases.len()), (0, 1));
    let known = ask("m-2", "2").await.unwrap();
    assert_eq!((known.submissions.len(), known.cases.len()), (0, 0));
}
