//! Jobs and runs: made once, leased once, one run of a job at a time, ended by who holds them.

use regbridge::store::Tx;
use regbridge::store::job::{NewRun, Paused, RunEnd, RunLease, RunRow};

use crate::bed::{Bed, at, run};

fn new(id: &str, seconds: i64, cause: &'static str) -> NewRun {
    NewRun {
        id: id.to_owned(),
        job: "sync:a:b".to_owned(),
        scheduled_at: at(seconds),
        cause,
        next_at: Some(at(seconds)),
        detail: None,
    }
}

async fn met(bed: &Bed) {
    run(&bed.store, async |mut tx| tx.meet_job("sync:a:b", at(0)).await).await.unwrap();
}

async fn due(bed: &Bed, seconds: i64) -> Vec<RunRow> {
    run(&bed.store, async |mut tx| tx.due_runs(at(seconds), 9).await).await.unwrap()
}

async fn lease(bed: &Bed, row: &RunRow, token: &str, seconds: i64) -> bool {
    let lease = RunLease { now: at(seconds), until: at(seconds + 60), holder: "h", token };
    run(&bed.store, async |mut tx| tx.lease_run(row, lease).await).await.unwrap()
}

async fn settle(bed: &Bed, id: &str, token: &str, end: RunEnd) -> bool {
    run(&bed.store, async |mut tx| tx.settle_run((id, token), end, at(9), "said").await).await.unwrap()
}

pub(crate) async fn makes_each_time_once(bed: &Bed) {
    met(bed).await;
    let make = async |from, until, runs: &[NewRun]| {
        run(&bed.store, async |mut tx| tx.make_runs("sync:a:b", (at(from), at(until)), runs).await)
            .await
            .unwrap()
    };
    assert!(make(0, 10, &[new("1", 5, "clock"), NewRun { next_at: None, ..new("2", 6, "clock") }]).await);
    // Another who saw the same, and one whose clock went back.
    assert!(!make(0, 10, &[new("3", 5, "clock")]).await);
    assert!(make(10, 0, &[]).await && make(0, 11, &[new("4", 5, "clock"), new("5", 11, "clock")]).await);
    let runs = run(&bed.store, async |mut tx| tx.runs(Some("sync:a:b"), None, 9).await).await.unwrap();
    let shown: Vec<_> = runs.iter().map(|run| (run.id.as_str(), run.state.as_str())).collect();
    assert_eq!(shown, [("5", "waiting"), ("2", "skipped"), ("1", "waiting")]);
    // By hand at the very moment is another run.
    let by_hand = new("6", 5, "hand");
    assert!(run(&bed.store, async |mut tx| tx.insert_run(&by_hand, at(5)).await).await.unwrap());
    // Page by page, and of two of one time the later id first.
    let page = async |before, limit| {
        let read = async |mut tx: Tx| tx.runs(Some("sync:a:b"), before, limit).await;
        let rows = run(&bed.store, read).await.unwrap();
        rows.into_iter().map(|run| run.id).collect::<Vec<_>>()
    };
    assert_eq!(page(None, 2).await, ["5", "2"]);
    assert_eq!(page(Some((at(6), "2")), 1).await, ["6"]);
    assert_eq!(page(Some((at(5), "6")), 9).await, ["1"]);
    assert!(page(Some((at(5), "1")), 9).await.is_empty());
}

pub(crate) async fn lets_one_lease_of_a_job_at_a_time(bed: &Bed) {
    met(bed).await;
    for (id, seconds) in [("1", 1), ("2", 2)] {
        let made = new(id, seconds, "clock");
        run(&bed.store, async |mut tx| tx.insert_run(&made, at(0)).await).await.unwrap();
    }
    let both = due(bed, 3).await;
    assert_eq!(both.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), ["1", "2"]);
    let (first, second) = tokio::join!(lease(bed, &both[0], "x", 3), lease(bed, &both[1], "y", 3));
    assert!(first != second, "one of the two");
    let (held, token, other) = if first { ("1", "x", "2") } else { ("2", "y", "1") };
    assert_eq!(due(bed, 4).await, []);
    // Its holder says how far it is; nobody else does, and nobody else ends it.
    let put = async |token: &str| {
        run(&bed.store, async |mut tx| {
            tx.put_progress((held, token), r#"{"page":2}"#, Some(("sync:a:b", r#"{"until":5}"#))).await
        })
        .await
        .unwrap()
    };
    assert!(put(token).await && !put("z").await && !settle(bed, held, "z", RunEnd::Done).await);
    let job = run(&bed.store, async |mut tx| tx.job("sync:a:b").await).await.unwrap().unwrap();
    assert_eq!(job.mark, r#"{"until":5}"#);
    // It died: a minute later it is taken up where it was, and its first holder is too late.
    assert_eq!(due(bed, 64).await.len(), 2);
    let row = due(bed, 64).await.into_iter().find(|row| row.id == held).unwrap();
    assert_eq!((row.attempts, row.progress.as_str(), row.state.as_str()), (1, r#"{"page":2}"#, "running"));
    assert!(lease(bed, &row, "w", 64).await && !settle(bed, held, token, RunEnd::Done).await);
    assert!(settle(bed, held, "w", RunEnd::Retry(at(100))).await);
    assert_eq!(due(bed, 70).await[0].id, other);
    assert_eq!(due(bed, 100).await.len(), 2);
    let row = due(bed, 100).await.into_iter().find(|row| row.id == held).unwrap();
    assert!(lease(bed, &row, "v", 100).await && settle(bed, held, "v", RunEnd::Failed).await);
    let ended = run(&bed.store, async |mut tx| tx.run(held).await).await.unwrap().unwrap();
    assert_eq!((ended.state.as_str(), ended.attempts, ended.detail.as_deref()), ("failed", 3, Some("said")));
    assert_eq!(run(&bed.store, async |mut tx| tx.forget_runs(at(10)).await).await.unwrap(), 1);
}

pub(crate) async fn pauses_all_but_what_is_run_by_hand(bed: &Bed) {
    met(bed).await;
    for made in [new("1", 1, "clock"), new("2", 2, "hand")] {
        run(&bed.store, async |mut tx| tx.insert_run(&made, at(0)).await).await.unwrap();
    }
    let paused = Paused { at: at(2), by: "who".to_owned(), why: "why".to_owned() };
    let pause =
        async || run(&bed.store, async |mut tx| tx.pause_job("sync:a:b", &paused).await).await.unwrap();
    assert!(pause().await && !pause().await);
    let job = run(&bed.store, async |mut tx| tx.job("sync:a:b").await).await.unwrap().unwrap();
    assert_eq!(job.paused.as_ref(), Some(&paused));
    assert_eq!(due(bed, 3).await.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), ["2"]);
    assert!(run(&bed.store, async |mut tx| tx.resume_job("sync:a:b").await).await.unwrap());
    assert_eq!(due(bed, 3).await.len(), 2);
}
