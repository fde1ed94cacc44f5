//! Submissions: every byte, and one key for ever.

use regbridge::domain::id::SubmissionId;
use regbridge::store::StoreError;
use regbridge::store::submission::NewSubmission;

use crate::bed::{Bed, agency, case, record, run, submission};

pub(crate) async fn keeps_every_byte(bed: &Bed) {
    let mut plain = submission("hz-amr", "M2");
    plain.submission.registration_number = None;
    plain.submission.charset = None;
    plain.submission.channel = "router".into();
    let new = [submission("hz-amr", "M1"), plain];
    run(&bed.store, async |mut tx| tx.insert_submissions(&new).await).await.unwrap();
    for NewSubmission { submission, body } in &new {
        let (stored, stored_body) = bed
            .store
            .read("test", async |mut tx| {
                let stored = tx.submission(&submission.id).await?;
                Ok::<_, StoreError>((stored, tx.submission_body(&submission.id).await?))
            })
            .await
            .unwrap();
        assert_eq!(stored.as_ref(), Some(submission));
        assert_eq!(stored_body.as_ref(), Some(body));
    }
    let nobody = SubmissionId::parse("00000000-0000-7000-8000-000000000000").unwrap();
    let found = run(&bed.store, async |mut tx| {
        Ok((tx.submission(&nobody).await?, tx.submission_body(&nobody).await?))
    });
    assert_eq!(found.await.unwrap(), (None, None));
}

pub(crate) async fn inserts_any_number(bed: &Bed) {
    // Around the chunk of fifty.
    for count in [0, 1, 49, 50, 51, 100, 131] {
        let new: Vec<_> = (0..count).map(|i| submission("hz-amr", &format!("{count}/{i}"))).collect();
        let stored = run(&bed.store, async |mut tx| {
            tx.insert_submissions(&new).await?;
            let of = agency("hz-amr");
            let ids: Vec<String> = (0..count).map(|i| format!("{count}/{i}")).collect();
            let keys: Vec<_> = ids.iter().map(|id| (&of, id.as_str())).collect();
            tx.submissions_by_key(&keys).await
        });
        let mut stored = stored.await.unwrap();
        stored.sort_by_key(|s| new.iter().position(|n| n.submission.id == s.id));
        assert!(stored.iter().eq(new.iter().map(|n| &n.submission)), "{count}");
    }
}

pub(crate) async fn finds_many_keys_at_once(bed: &Bed) {
    let new = [submission("a", "1"), submission("a", "2"), submission("b", "1"), submission("b", "\"]'")];
    run(&bed.store, async |mut tx| tx.insert_submissions(&new).await).await.unwrap();
    let (a, b) = (agency("a"), agency("b"));
    let found = run(&bed.store, async |mut tx| {
        tx.submissions_by_key(&[(&a, "1"), (&b, "2"), (&b, "1"), (&b, "\"]'"), (&a, "3")]).await
    });
    let mut found: Vec<_> =
        found.await.unwrap().into_iter().map(|s| (s.agency.to_string(), s.message_id)).collect();
    found.sort();
    assert_eq!(found, [("a", "1"), ("b", "\"]'"), ("b", "1")].map(|(a, m)| (a.to_owned(), m.to_owned())));
    let case = case("a", "1");
    let records = [record(&case, Some(&new[1])), record(&case, Some(&new[0]))];
    let of = run(&bed.store, async |mut tx| {
        tx.insert_cases(std::slice::from_ref(&case)).await?;
        tx.insert_records(&records).await?;
        tx.submissions_of(&case.id).await
    });
    let mut expected: Vec<_> = new[..2].iter().map(|n| n.submission.clone()).collect();
    expected.sort_by(|a, b| a.id.cmp(&b.id));
    assert_eq!(of.await.unwrap(), expected);
}

pub(crate) async fn takes_a_key_once(bed: &Bed) {
    let (first, again, other) = (submission("a", "1"), submission("a", "1"), submission("b", "1"));
    let fresh = submission("a", "2");
    let insert = async |new: Vec<NewSubmission>| {
        run(&bed.store, async |mut tx| tx.insert_submissions(&new).await).await
    };
    insert(vec![first]).await.unwrap();
    let refused = insert(vec![fresh.clone(), again]).await.unwrap_err();
    assert!(matches!(refused, StoreError::Taken(_)), "{refused:?}");
    let gone = run(&bed.store, async |mut tx| tx.submission(&fresh.submission.id).await);
    assert_eq!(gone.await.unwrap(), None, "the neighbour of a refused row must not stay");
    insert(vec![other]).await.unwrap();
}

pub(crate) async fn lets_one_of_many_writers_win(bed: &Bed) {
    let mut writers = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let store = bed.store.clone();
        writers.spawn(async move {
            let new = [submission("a", "1")];
            run(&store, async |mut tx| tx.insert_submissions(&new).await).await
        });
    }
    let outcomes = writers.join_all().await;
    let won = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    let lost = outcomes.iter().filter(|outcome| matches!(outcome, Err(StoreError::Taken(_)))).count();
    assert_eq!((won, lost), (1, 15), "{outcomes:?}");
}
