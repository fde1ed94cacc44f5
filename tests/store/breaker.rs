//! How destinations fare: kept, tried by one at a time, paced.

use regbridge::store::breaker::Breaker;
use regbridge::store::lease::DueDestination;

use crate::bed::{Bed, at, delivery, opened, run};

fn open_until(destination: &str, seconds: i64) -> Breaker {
    Breaker {
        destination: destination.to_owned(),
        failures: 5,
        failing_since: Some(at(1)),
        open_until: Some(at(seconds)),
        openings: 1,
        trial: None,
        detail: Some("timed out".to_owned()),
    }
}

pub(crate) async fn keeps_how_a_destination_fares(bed: &Bed) {
    let read = async || run(&bed.store, async |mut tx| tx.breaker("agency:a").await).await.unwrap();
    assert_eq!(read().await, None);
    let breaker = open_until("agency:a", 30);
    run(&bed.store, async |mut tx| tx.put_breaker(&breaker).await).await.unwrap();
    assert_eq!(read().await.as_ref(), Some(&breaker));
    let worse = Breaker { failures: 6, openings: 2, ..breaker.clone() };
    run(&bed.store, async |mut tx| tx.put_breaker(&worse).await).await.unwrap();
    let all = async || run(&bed.store, async |mut tx| tx.breakers().await).await.unwrap();
    assert_eq!(all().await, [worse]);
    let close = async || run(&bed.store, async |mut tx| tx.close_breaker("agency:a").await).await.unwrap();
    assert!(close().await);
    assert!(!close().await, "it was well");
    assert_eq!(all().await, []);
}

pub(crate) async fn lets_one_try_when_its_time_is_over(bed: &Bed) {
    let new = delivery("agency:a", &opened(&bed.store, "1").await, Some(at(0)));
    run(&bed.store, async |mut tx| tx.insert_deliveries(std::slice::from_ref(&new)).await).await.unwrap();
    run(&bed.store, async |mut tx| tx.put_breaker(&open_until("agency:a", 30)).await).await.unwrap();
    let due = async |seconds: i64| {
        run(&bed.store, async |mut tx| tx.due_destinations(at(seconds), "w").await).await.unwrap()
    };
    assert_eq!(due(29).await, [], "nothing goes there");
    let entry = DueDestination { name: "agency:a".to_owned(), held: 0, on_trial: true };
    assert_eq!(due(30).await, [entry]);
    let mut workers = tokio::task::JoinSet::new();
    for worker in 0..6 {
        let store = bed.store.clone();
        workers.spawn(async move {
            let token = format!("t{worker}");
            run(&store, async |mut tx| tx.try_breaker("agency:a", at(30), at(120), &token).await)
                .await
                .unwrap()
        });
    }
    let tries = workers.join_all().await;
    assert_eq!(tries.iter().filter(|tried| **tried).count(), 1, "{tries:?}");
    assert_eq!(due(119).await, [], "until its lease is over");
    assert_eq!(due(120).await.len(), 1, "whoever tried it died");
    let hurry = async |seconds: i64| {
        run(&bed.store, async |mut tx| tx.hurry_breaker("agency:a", at(seconds)).await).await.unwrap()
    };
    assert!(hurry(60).await);
    assert!(!hurry(60).await && due(60).await.len() == 1);
}

pub(crate) async fn counts_what_is_begun_at_once_by_several(bed: &Bed) {
    let mut workers = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let store = bed.store.clone();
        workers.spawn(async move {
            run(&store, async |mut tx| {
                let until = tx.paced_until("agency:a", at(0)).await?;
                tokio::time::sleep(std::time::Duration::from_millis(2)).await;
                tx.pace("agency:a", until.plus_millis(1_000)).await
            })
            .await
            .unwrap();
        });
    }
    workers.join_all().await;
    let until = run(&bed.store, async |mut tx| tx.paced_until("agency:a", at(0)).await).await.unwrap();
    assert_eq!(until, at(8));
    assert_eq!(run(&bed.store, async |mut tx| tx.breakers().await).await.unwrap(), [], "it does not fail");
}
