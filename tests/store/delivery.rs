//! Deliveries: numbered, pulled, stopped. And the tokens of those who look at them.

use regbridge::domain::digest::Digest;
use regbridge::store::delivery::DeliveryState;
use regbridge::store::feed::Stretch;
use regbridge::store::lease::Lease;
use regbridge::store::outbox::DeliveryFilter;
use regbridge::store::token::Token;
use regbridge::store::{StoreError, Tx};

use crate::bed::{Bed, at, delivery, lease_due, opened, run};

pub(crate) async fn numbers_each_destination(bed: &Bed) {
    let case = opened(&bed.store, "1").await;
    let insert = async |destinations: Vec<&str>| {
        let new: Vec<_> = destinations.iter().map(|to| delivery(to, &case, None)).collect();
        run(&bed.store, async |mut tx| tx.insert_deliveries(&new).await).await.unwrap()
    };
    assert!(insert(vec![]).await.is_empty());
    assert_eq!(insert(vec!["agency:b", "agency:a", "agency:b"]).await, [1, 1, 2]);
    assert_eq!(insert(vec!["agency:a", "webhook:w", "agency:b"]).await, [2, 1, 3]);
    assert_eq!(insert(vec!["agency:a"; 120]).await, (3..123).collect::<Vec<_>>());

    let new = delivery("agency:c", &case, Some(at(5)));
    let stored = run(&bed.store, async |mut tx| {
        tx.insert_deliveries(std::slice::from_ref(&new)).await?;
        Ok((tx.delivery(&new.id).await?, tx.delivery_body(&new.id).await?, tx.deliveries_of(&case.id).await?))
    });
    let (stored, body, all) = stored.await.unwrap();
    let stored = stored.unwrap();
    assert_eq!(
        (stored.destination.as_str(), stored.sequence, stored.state),
        ("agency:c", 1, DeliveryState::Queued)
    );
    assert_eq!((&stored.case, &stored.kind, &stored.message), (&new.case, &new.kind, &new.message));
    assert_eq!((&stored.content_type, stored.journal_index), (&new.content_type, new.journal_index));
    assert_eq!((stored.next_at, stored.created_at, stored.begun), (Some(at(5)), at(1), 0));
    assert_eq!((stored.settled_at, stored.settled_by.clone(), stored.last_status), (None, None, None));
    assert_eq!(body, Some(new.body));
    assert_eq!(all.len(), 127);
    assert!(all.contains(&stored) && all.is_sorted_by(|a, b| a.id < b.id));
}

pub(crate) async fn numbers_without_gaps_among_writers(bed: &Bed) {
    let case = opened(&bed.store, "1").await;
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..16 {
        let (store, case) = (bed.store.clone(), case.clone());
        writers.spawn(async move {
            // In both orders: two writers must not wait for each other.
            let to = if writer % 2 == 0 { ["agency:a", "agency:b"] } else { ["agency:b", "agency:a"] };
            let new = to.map(|to| delivery(to, &case, None));
            run(&store, async |mut tx| tx.insert_deliveries(&new).await).await.unwrap();
        });
    }
    writers.join_all().await;
    for to in ["agency:a", "agency:b"] {
        let of = Stretch { destination: to, ..crate::feed::WHOLE };
        let keys = run(&bed.store, async |mut tx| tx.feed_keys(of, 99).await).await.unwrap();
        assert!(keys.iter().map(|key| key.sequence).eq(1..=16));
    }
}

pub(crate) async fn is_confirmed_up_to_a_number(bed: &Bed) {
    let case = opened(&bed.store, "1").await;
    let mut new: Vec<_> = (0..5).map(|_| delivery("agency:a", &case, None)).collect();
    new[2].kind = "complaint-acknowledgement".into();
    new.push(delivery("agency:b", &case, None));
    run(&bed.store, async |mut tx| tx.insert_deliveries(&new).await).await.unwrap();
    let confirm = async |after| {
        run(&bed.store, async |mut tx| tx.mark_received("agency:a", "complaint-reply", after, at(9)).await)
            .await
            .unwrap()
    };
    let states = async || {
        let all = run(&bed.store, async |mut tx| tx.deliveries_of(&case.id).await).await.unwrap();
        new.iter().map(|n| all.iter().find(|d| d.id == n.id).unwrap().state.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(confirm(99).await, 0, "who never had them cannot have received them");
    let given: Vec<_> = [0, 1, 2, 3, 5].iter().map(|&place: &usize| new[place].id.clone()).collect();
    run(&bed.store, async |mut tx| tx.hand_over(&given).await).await.unwrap();
    assert_eq!(states().await, ["sent", "sent", "sent", "sent", "queued", "sent"]);
    assert_eq!((confirm(2).await, confirm(2).await), (2, 0));
    assert_eq!(states().await, ["received", "received", "sent", "sent", "queued", "sent"]);
    assert_eq!(confirm(5).await, 1, "of this kind and destination alone, and what was handed over");
    assert_eq!(states().await, ["received", "received", "sent", "received", "queued", "sent"]);
    let settled = run(&bed.store, async |mut tx| tx.delivery(&new[3].id).await).await.unwrap().unwrap();
    assert_eq!((settled.settled_at, settled.settled_by.as_deref()), (Some(at(9)), Some("pull")));
}

pub(crate) async fn is_stopped_and_queued_again(bed: &Bed) {
    let case = opened(&bed.store, "1").await;
    let new = [delivery("agency:a", &case, Some(at(0)))];
    run(&bed.store, async |mut tx| tx.insert_deliveries(&new).await).await.unwrap();
    let [new] = new;
    let lease = async || {
        let lease = Lease { now: at(1), until: at(2), holder: "w", token: "t" };
        run(&bed.store, async |mut tx| lease_due(&mut tx, &lease, 9).await).await.unwrap().len()
    };
    let stop =
        async || run(&bed.store, async |mut tx| tx.stop_delivery(&new.id, at(3), "li").await).await.unwrap();
    assert!(stop().await);
    assert!(!stop().await, "it is settled already");
    assert_eq!(lease().await, 0);
    let stopped = run(&bed.store, async |mut tx| tx.delivery(&new.id).await).await.unwrap().unwrap();
    assert_eq!((stopped.state, stopped.settled_at), (DeliveryState::GivenUp, Some(at(3))));
    assert_eq!(stopped.settled_by.as_deref(), Some("li"));
    let requeue = async |mut tx: Tx| tx.requeue_delivery(&new.id, at(4), Some(at(0))).await;
    assert!(run(&bed.store, requeue).await.unwrap());
    let queued = run(&bed.store, async |mut tx| tx.delivery(&new.id).await).await.unwrap().unwrap();
    assert_eq!((queued.state, queued.settled_at, queued.settled_by), (DeliveryState::Queued, None, None));
    assert_eq!(queued.requeued_at, Some(at(4)));
    let hurry = async |seconds| {
        run(&bed.store, async |mut tx| tx.hurry_delivery(&new.id, at(seconds)).await).await.unwrap()
    };
    assert!(hurry(1).await);
    assert_eq!(lease().await, 1);
    let held =
        async |seconds| run(&bed.store, async |mut tx| tx.is_held(&new.id, at(seconds)).await).await.unwrap();
    assert_eq!((held(1).await, held(2).await), (true, false));
    assert!(!hurry(1).await, "it is being sent");
}

pub(crate) async fn is_listed_by_what_is_asked_for(bed: &Bed) {
    let (one, two) = (opened(&bed.store, "1").await, opened(&bed.store, "2").await);
    let new = [
        delivery("agency:a", &one, Some(at(0))),
        delivery("agency:a", &two, None),
        delivery("webhook:w", &one, Some(at(0))),
    ];
    run(&bed.store, async |mut tx| tx.insert_deliveries(&new).await).await.unwrap();
    run(&bed.store, async |mut tx| tx.stop_delivery(&new[2].id, at(3), "operator").await).await.unwrap();
    let listed = async |filter: DeliveryFilter, limit| {
        let page =
            run(&bed.store, async |mut tx| tx.delivery_page(&filter, None, limit).await).await.unwrap();
        page.into_iter().map(|delivery| delivery.id).collect::<Vec<_>>()
    };
    let ids = |places: &[usize]| {
        let mut ids: Vec<_> = places.iter().map(|&place| new[place].id.clone()).collect();
        ids.sort();
        ids
    };
    let all = || DeliveryFilter::default();
    assert_eq!(listed(all(), 9).await, ids(&[0, 1, 2]));
    assert_eq!(listed(all(), 2).await, ids(&[0, 1, 2])[..2]);
    let to = |name: &str| DeliveryFilter { destination: Some(name.to_owned()), ..all() };
    assert_eq!(listed(to("agency:a"), 9).await, ids(&[0, 1]));
    assert_eq!(listed(DeliveryFilter { case: Some(one.id.clone()), ..to("agency:a") }, 9).await, ids(&[0]));
    let given_up = DeliveryFilter { state: Some(DeliveryState::GivenUp), ..all() };
    assert_eq!(listed(given_up, 9).await, ids(&[2]));
    let after = ids(&[0, 1, 2]).remove(0);
    let rest = run(&bed.store, async |mut tx| tx.delivery_page(&all(), Some(&after), 9).await).await.unwrap();
    assert!(rest.len() == 2 && rest.iter().all(|delivery| delivery.id > after));
}

pub(crate) async fn tells_who_may_come_in(bed: &Bed) {
    let token = Token {
        id: "t1".to_owned(),
        name: "customer care".to_owned(),
        digest: Digest::of(b"secret"),
        rights: "write".to_owned(),
        created_at: at(1),
        revoked_at: None,
        last_used_at: None,
    };
    run(&bed.store, async |mut tx| tx.insert_token(&token).await).await.unwrap();
    let by = async |secret: &[u8]| {
        let digest = Digest::of(secret);
        run(&bed.store, async |mut tx| tx.token_by_digest(&digest).await).await.unwrap()
    };
    assert_eq!(by(b"secret").await.as_ref(), Some(&token));
    assert_eq!(by(b"other").await, None);
    let twice = Token { id: "t2".to_owned(), ..token.clone() };
    let refused = run(&bed.store, async |mut tx| tx.insert_token(&twice).await).await.unwrap_err();
    assert!(matches!(refused, StoreError::Taken(_)), "{refused:?}");

    let used = async |seconds| {
        run(&bed.store, async |mut tx| tx.note_token_used("t1", at(seconds)).await).await.unwrap();
        by(b"secret").await.unwrap().last_used_at
    };
    assert_eq!(used(100).await, Some(at(100)));
    assert_eq!(used(159).await, Some(at(100)), "within the minute nothing is written");
    assert_eq!(used(160).await, Some(at(160)));

    let revoke = async || run(&bed.store, async |mut tx| tx.revoke_token("t1", at(5)).await).await.unwrap();
    assert!(revoke().await);
    assert!(!revoke().await);
    assert_eq!(by(b"secret").await.unwrap().revoked_at, Some(at(5)));
    assert_eq!(run(&bed.store, async |mut tx| tx.tokens().await).await.unwrap().len(), 1);
}
