//! Leases: one holder, in order, fenced.

use std::collections::BTreeSet;

use regbridge::clock::Timestamp;
use regbridge::domain::id::DeliveryId;
use regbridge::store::delivery::{Attempt, DeliveryState, NewDelivery};
use regbridge::store::lease::{DueDestination, Lease, LeasedDelivery, Next, Settlement};

use crate::bed::{Bed, at, delivery, lease_due, opened, run};

async fn insert(bed: &Bed, new: &[NewDelivery]) {
    run(&bed.store, async |mut tx| tx.insert_deliveries(new).await).await.unwrap();
}

async fn lease(bed: &Bed, now: i64, until: i64, token: &str) -> Vec<LeasedDelivery> {
    let lease = Lease { now: at(now), until: at(until), holder: "worker", token };
    run(&bed.store, async |mut tx| lease_due(&mut tx, &lease, 99).await).await.unwrap()
}

async fn settle(bed: &Bed, id: &DeliveryId, token: &str, next: Next) -> bool {
    let end = Settlement {
        id,
        token,
        started_at: at(10),
        finished_at: at(11),
        next,
        status: Some(503),
        detail: "later",
        by: "worker",
        placed_in: None,
    };
    run(&bed.store, async |mut tx| tx.settle_delivery(&end).await).await.unwrap()
}

async fn next_due(bed: &Bed) -> Option<Timestamp> {
    run(&bed.store, async |mut tx| tx.next_due().await).await.unwrap()
}

fn ids(leased: &[LeasedDelivery]) -> Vec<DeliveryId> {
    leased.iter().map(|l| l.id.clone()).collect()
}

pub(crate) async fn takes_only_what_is_due(bed: &Bed) {
    assert_eq!(next_due(bed).await, None);
    let new = [
        delivery("agency:a", &opened(&bed.store, "1").await, Some(at(10))),
        delivery("agency:a", &opened(&bed.store, "2").await, Some(at(20))),
        delivery("agency:a", &opened(&bed.store, "3").await, None),
    ];
    insert(bed, &new).await;
    assert_eq!(next_due(bed).await, Some(at(10)));
    assert_eq!(lease(bed, 9, 19, "t1").await, []);
    let leased = lease(bed, 10, 30, "t2").await;
    assert_eq!(ids(&leased), [new[0].id.clone()]);
    let it = &leased[0];
    assert_eq!((it.destination.as_str(), it.sequence, it.attempt), ("agency:a", 1, 1));
    assert_eq!((&it.case, &it.kind, &it.message), (&new[0].case, &new[0].kind, &new[0].message));
    assert_eq!((&it.body, &it.content_type), (&new[0].body, &new[0].content_type));
    assert_eq!((it.journal_index, it.created_at), (8, at(1)));
    assert_eq!(lease(bed, 10, 30, "t3").await, [], "it is held");
    assert_eq!(next_due(bed).await, Some(at(20)));
    assert_eq!(ids(&lease(bed, 20, 50, "t4").await), [new[1].id.clone()]);
    assert_eq!(next_due(bed).await, Some(at(30)), "the first lease's end");
}

pub(crate) async fn keeps_the_order_of_a_case(bed: &Bed) {
    let (one, two) = (opened(&bed.store, "1").await, opened(&bed.store, "2").await);
    let new = [
        delivery("agency:a", &one, Some(at(5))),
        delivery("agency:a", &one, Some(at(0))),
        delivery("agency:a", &two, Some(at(0))),
        delivery("webhook:w", &one, Some(at(0))),
    ];
    insert(bed, &new).await;
    let leased: BTreeSet<_> = ids(&lease(bed, 1, 90, "t1").await).into_iter().collect();
    assert_eq!(leased, [new[2].id.clone(), new[3].id.clone()].into(), "the oldest of case 1 is not due yet");
    assert_eq!(ids(&lease(bed, 5, 90, "t2").await), [new[0].id.clone()]);
    assert_eq!(lease(bed, 6, 90, "t3").await, [], "the oldest of case 1 is being sent");
    assert!(settle(bed, &new[0].id, "t2", Next::Retry(at(50))).await);
    assert_eq!(lease(bed, 40, 90, "t4").await, [], "the oldest of case 1 waits for its next attempt");
    assert_eq!(ids(&lease(bed, 50, 90, "t5").await), [new[0].id.clone()]);
    assert!(settle(bed, &new[0].id, "t5", Next::GivenUp).await);
    assert_eq!(ids(&lease(bed, 51, 90, "t6").await), [new[1].id.clone()]);
}

pub(crate) async fn never_shares_a_delivery(bed: &Bed) {
    let mut new = Vec::new();
    for i in 0..40 {
        let case = opened(&bed.store, &format!("{i}")).await;
        new.push(delivery(["agency:a", "agency:b"][i % 2], &case, Some(at(0))));
    }
    insert(bed, &new).await;
    let mut lessees = tokio::task::JoinSet::new();
    for lessee in 0..8 {
        let store = bed.store.clone();
        lessees.spawn(async move {
            let mut mine = Vec::new();
            for turn in 0..6 {
                let token = format!("{lessee}/{turn}");
                let leased = run(&store, async |mut tx| {
                    let lease = Lease { now: at(1), until: at(60), holder: "w", token: &token };
                    let leased = lease_due(&mut tx, &lease, 3).await?;
                    tokio::time::sleep(std::time::Duration::from_millis(3)).await;
                    Ok(leased)
                });
                mine.extend(ids(&leased.await.unwrap()));
            }
            mine
        });
    }
    let all: Vec<_> = lessees.join_all().await.into_iter().flatten().collect();
    let different: BTreeSet<_> = all.iter().collect();
    assert_eq!((all.len(), different.len()), (40, 40));
}

pub(crate) async fn fences_off_who_lost_it(bed: &Bed) {
    let new = delivery("agency:a", &opened(&bed.store, "1").await, Some(at(0)));
    insert(bed, std::slice::from_ref(&new)).await;
    assert_eq!(lease(bed, 0, 10, "first").await.len(), 1);
    assert_eq!(lease(bed, 9, 20, "early").await, []);
    assert_eq!(lease(bed, 10, 20, "second").await[0].attempt, 2);
    assert!(!settle(bed, &new.id, "first", Next::Accepted).await, "its lease ran out");
    assert!(!settle(bed, &new.id, "early", Next::Accepted).await, "it never had one");
    assert!(settle(bed, &new.id, "second", Next::Received).await);
    assert!(!settle(bed, &new.id, "second", Next::GivenUp).await, "it is settled");
    let stored = run(&bed.store, async |mut tx| tx.delivery(&new.id).await).await.unwrap().unwrap();
    assert_eq!(stored.state, DeliveryState::Received);
    let ended = Attempt {
        number: 2,
        started_at: at(10),
        finished_at: at(11),
        outcome: "done".to_owned(),
        status: Some(503),
        detail: "later".to_owned(),
    };
    assert_eq!(stored.attempts, [ended], "the first worker's attempt leaves a gap");
}

pub(crate) async fn ends_in_the_state_it_is_told(bed: &Bed) {
    let ends = [
        (Next::Received, DeliveryState::Received, "done"),
        (Next::Accepted, DeliveryState::Accepted, "done"),
        (Next::Refused, DeliveryState::Refused, "give_up"),
        (Next::GivenUp, DeliveryState::GivenUp, "give_up"),
    ];
    for (i, (next, state, outcome)) in ends.into_iter().enumerate() {
        let new = delivery("agency:a", &opened(&bed.store, &format!("{i}")).await, Some(at(0)));
        insert(bed, std::slice::from_ref(&new)).await;
        assert_eq!(lease(bed, 0, 10, "t").await.len(), 1);
        assert!(settle(bed, &new.id, "t", next).await);
        let stored = run(&bed.store, async |mut tx| tx.delivery(&new.id).await).await.unwrap().unwrap();
        assert_eq!((stored.state, stored.attempts[0].outcome.as_str()), (state, outcome));
        assert_eq!((stored.next_at, stored.settled_at), (None, Some(at(11))));
        assert_eq!(stored.settled_by.as_deref(), Some("worker"));
        assert_eq!(lease(bed, 99, 100, "t").await, []);
    }
}

pub(crate) async fn retries_at_the_time_it_is_told(bed: &Bed) {
    let new = delivery("agency:a", &opened(&bed.store, "1").await, Some(at(0)));
    insert(bed, std::slice::from_ref(&new)).await;
    for attempt in 1..=3_i64 {
        let now = attempt * 100;
        assert_eq!(
            lease(bed, now - 1, now, "t").await.len(),
            usize::from(attempt == 1),
            "not before its time"
        );
        let token = format!("t{attempt}");
        if attempt > 1 {
            assert_eq!(lease(bed, now, now + 9, &token).await[0].attempt, u32::try_from(attempt).unwrap());
        }
        let token = if attempt == 1 { "t" } else { &token };
        assert!(settle(bed, &new.id, token, Next::Retry(at(now + 100))).await);
    }
    let stored = run(&bed.store, async |mut tx| tx.deliveries_of(&new.case).await).await.unwrap().remove(0);
    assert_eq!((stored.state, stored.next_at, stored.begun), (DeliveryState::Queued, Some(at(400)), 3));
    assert_eq!((stored.settled_at, stored.settled_by), (None, None));
    assert_eq!((stored.last_status, stored.last_detail.as_deref()), (Some(503), Some("later")));
    assert!(stored.attempts.iter().map(|a| a.number).eq(1..=3));
    assert!(stored.attempts.iter().all(|a| a.outcome == "retry"));
}

pub(crate) async fn is_taken_from_the_dead(bed: &Bed) {
    let new = [delivery("agency:a", &opened(&bed.store, "1").await, Some(at(10)))];
    insert(bed, &new).await;
    let first = lease(bed, 10, 100, "t1").await;
    assert_eq!(lease(bed, 11, 100, "t2").await, []);
    let released = run(&bed.store, async |mut tx| tx.release_leases().await).await.unwrap();
    assert_eq!(released, 1);
    let second = lease(bed, 11, 100, "t3").await;
    assert_eq!((ids(&second), second[0].attempt), (ids(&first), 2));
    assert!(!settle(bed, &new[0].id, "t1", Next::Received).await, "the dead do not settle");
}

pub(crate) async fn tells_what_waits_longest_and_what_is_in_hand(bed: &Bed) {
    let mut new = Vec::new();
    for (number, to, due) in
        [("1", "agency:a", 5), ("2", "agency:a", 6), ("3", "agency:b", 4), ("4", "agency:c", 50)]
    {
        new.push(delivery(to, &opened(&bed.store, number).await, Some(at(due))));
    }
    insert(bed, &new).await;
    let due = async |now: i64, holder: &str| {
        run(&bed.store, async |mut tx| tx.due_destinations(at(now), holder).await).await.unwrap()
    };
    let entry = |name: &str, held| DueDestination { name: name.to_owned(), held, on_trial: false };
    assert_eq!(due(9, "one").await, [entry("agency:b", 0), entry("agency:a", 0)]);
    let lease = Lease { now: at(9), until: at(20), holder: "one", token: "t" };
    let leased =
        run(&bed.store, async |mut tx| tx.lease_deliveries("agency:a", &lease, 1).await).await.unwrap();
    assert_eq!(ids(&leased), [new[0].id.clone()], "of that destination alone, and so many");
    assert_eq!(due(9, "one").await, [entry("agency:b", 0), entry("agency:a", 1)]);
    assert_eq!(due(9, "two").await, [entry("agency:b", 0), entry("agency:a", 0)], "another holder's hands");
    assert_eq!(due(30, "one").await, [entry("agency:b", 0), entry("agency:a", 0)], "its lease is over");
}

pub(crate) async fn begins_anew_when_it_is_queued_again(bed: &Bed) {
    let new = delivery("agency:a", &opened(&bed.store, "1").await, Some(at(0)));
    insert(bed, std::slice::from_ref(&new)).await;
    let first = lease(bed, 0, 10, "t1").await.remove(0);
    assert_eq!((first.attempt, first.tried, first.since), (1, 1, at(1)), "since it was made");
    assert!(settle(bed, &new.id, "t1", Next::GivenUp).await);
    run(&bed.store, async |mut tx| tx.requeue_delivery(&new.id, at(500), Some(at(600))).await).await.unwrap();
    assert_eq!(lease(bed, 599, 700, "t2").await, []);
    let second = lease(bed, 600, 700, "t3").await.remove(0);
    assert_eq!((second.attempt, second.tried, second.since), (2, 1, at(500)));
}
