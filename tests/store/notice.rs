//! Troubles and notices: one row a key, one lease at a time, nobody's settlement but the holder's.

use regbridge::exchange::notice::{Edge, Severity, Topic};
use regbridge::store::notice::{NewNotice, NoticeSettlement, NoticeState};
use regbridge::store::trouble::Trouble;

use crate::bed::{Bed, agency, at, run};

fn trouble(key: &str) -> Trouble {
    Trouble {
        key: key.to_owned(),
        topic: "overdue".to_owned(),
        severity: "warning".to_owned(),
        agency: Some(agency("hz-amr")),
        facts: r#"{"case":"1"}"#.to_owned(),
        times: 1,
        since: at(1),
        last_at: at(1),
        ended_at: None,
    }
}

fn notice(id: &str, next_at: i64) -> NewNotice {
    NewNotice {
        id: id.to_owned(),
        recipient: format!("{id}@example.cn"),
        role: "legal".to_owned(),
        topic: "overdue".to_owned(),
        edge: Edge::Begins.as_str(),
        severity: "warning".to_owned(),
        items: "[]".to_owned(),
        once: None,
        next_at: at(next_at),
        created_at: at(0),
    }
}

async fn insert(bed: &Bed, new: &[NewNotice]) -> Vec<String> {
    run(&bed.store, async |mut tx| tx.insert_notices(new).await).await.unwrap()
}

pub(crate) async fn keeps_a_trouble_under_its_key(bed: &Bed) {
    let first = trouble("overdue:1:reply");
    run(&bed.store, async |mut tx| tx.put_trouble(&first).await).await.unwrap();
    let read = async || run(&bed.store, async |mut tx| tx.trouble("overdue:1:reply").await).await.unwrap();
    assert_eq!(read().await.as_ref(), Some(&first));
    let ended = Trouble { ended_at: Some(at(9)), times: 3, last_at: at(5), ..first.clone() };
    run(&bed.store, async |mut tx| tx.put_trouble(&ended).await).await.unwrap();
    assert_eq!(read().await.as_ref(), Some(&ended));
    let other = Trouble { agency: None, topic: "crl-stale".to_owned(), ..trouble("crl:1") };
    run(&bed.store, async |mut tx| tx.put_trouble(&other).await).await.unwrap();
    let under_way = run(&bed.store, async |mut tx| tx.troubles_under_way(9).await).await.unwrap();
    assert_eq!(under_way, [other]);
    let counts = run(&bed.store, async |mut tx| tx.count_troubles().await).await.unwrap();
    assert_eq!(counts, [("crl-stale".to_owned(), None, 1)]);
}

pub(crate) async fn knows_every_topic_and_no_other(bed: &Bed) {
    for (place, topic) in Topic::ALL.iter().enumerate() {
        for severity in Severity::ALL {
            let one = Trouble {
                topic: topic.as_str().to_owned(),
                severity: severity.as_str().to_owned(),
                ..trouble(&format!("k:{place}"))
            };
            run(&bed.store, async |mut tx| tx.put_trouble(&one).await).await.unwrap();
        }
    }
    let strange = Trouble { topic: "weather".to_owned(), ..trouble("k") };
    assert!(run(&bed.store, async |mut tx| tx.put_trouble(&strange).await).await.is_err());
    for edge in Edge::ALL {
        let one = NewNotice { edge: edge.as_str(), ..notice(edge.as_str(), 0) };
        assert_eq!(insert(bed, &[one]).await.len(), 1);
    }
}

pub(crate) async fn is_sent_by_one_at_a_time(bed: &Bed) {
    assert_eq!(insert(bed, &[notice("a", 10), notice("b", 20), notice("c", 10)]).await.len(), 3);
    let lease = async |now: i64, token: &'static str, limit: u32| {
        let taken =
            run(&bed.store, async |mut tx| tx.lease_notices(at(now), at(now + 60), token, limit).await);
        taken.await.unwrap().into_iter().map(|notice| (notice.id, notice.attempts)).collect::<Vec<_>>()
    };
    assert_eq!(lease(9, "t0", 9).await, []);
    assert_eq!(lease(10, "t1", 1).await, [("a".to_owned(), 1)], "the oldest first");
    assert_eq!(lease(20, "t2", 9).await, [("b".to_owned(), 1), ("c".to_owned(), 1)]);
    assert_eq!(lease(69, "t3", 9).await, []);
    assert_eq!(lease(70, "t4", 9).await, [("a".to_owned(), 2)], "whoever had it died");
    let settle = async |token: &str, state: NoticeState| {
        let next_at = (state == NoticeState::Queued).then(|| at(100));
        let (status, detail) = (Some(250), "OK");
        let end = NoticeSettlement { id: "a", token, state, next_at, status, detail, at: at(71) };
        run(&bed.store, async |mut tx| tx.settle_notice(&end).await).await.unwrap()
    };
    assert!(!settle("t1", NoticeState::Sent).await, "the lease is another's");
    assert!(settle("t4", NoticeState::Queued).await);
    assert!(!settle("t4", NoticeState::Sent).await, "it is settled");
    assert_eq!(lease(99, "t5", 1).await, [("c".to_owned(), 2)], "what has waited longest");
    assert_eq!(lease(100, "t6", 9).await, [("a".to_owned(), 3), ("b".to_owned(), 2)]);
    assert!(settle("t6", NoticeState::Sent).await);
    let sent = run(&bed.store, async |mut tx| tx.notice_page(Some(NoticeState::Sent), None, 9).await);
    let sent = sent.await.unwrap();
    assert_eq!((sent.len(), sent[0].id.as_str(), sent[0].settled_at), (1, "a", Some(at(71))));
    let forget = async |now: i64| run(&bed.store, async |mut tx| tx.forget_notices(at(now)).await).await;
    assert_eq!((forget(71).await.unwrap(), forget(72).await.unwrap()), (0, 1), "what is queued stays");
}

pub(crate) async fn never_shares_a_notice(bed: &Bed) {
    let all: Vec<NewNotice> = (0..40).map(|n| notice(&format!("n{n:02}"), 0)).collect();
    insert(bed, &all).await;
    let mut workers = tokio::task::JoinSet::new();
    for worker in 0..4 {
        let store = bed.store.clone();
        workers.spawn(async move {
            let (mut mine, token) = (Vec::new(), format!("w{worker}"));
            loop {
                let leased =
                    run(&store, async |mut tx| tx.lease_notices(at(1), at(61), &token, 3).await).await;
                let leased = leased.unwrap();
                if leased.is_empty() {
                    return mine;
                }
                mine.extend(leased.into_iter().map(|notice| notice.id));
            }
        });
    }
    let mut ids = workers.join_all().await.concat();
    ids.sort();
    assert_eq!(ids, all.iter().map(|notice| notice.id.clone()).collect::<Vec<_>>());
}

pub(crate) async fn is_one_where_there_may_be_but_one(bed: &Bed) {
    let once = |id: &str| NewNotice { once: Some("daily:2026-11-23:a@b".to_owned()), ..notice(id, 0) };
    assert_eq!(insert(bed, &[once("a"), notice("b", 0)]).await, ["a", "b"]);
    assert_eq!(insert(bed, &[once("c"), notice("d", 0)]).await, ["d"], "without one there may be any number");
}

pub(crate) async fn is_changed_while_nobody_has_tried_it(bed: &Bed) {
    insert(bed, &[notice("a", 5), notice("b", 0)]).await;
    let waiting = async || {
        let found = run(&bed.store, async |mut tx| tx.waiting_notices("overdue", "begins").await);
        found.await.unwrap().into_iter().map(|notice| (notice.id, notice.items)).collect::<Vec<_>>()
    };
    run(&bed.store, async |mut tx| tx.rewrite_notice("a", "[1]", "critical").await).await.unwrap();
    run(&bed.store, async |mut tx| tx.postpone_notice("a", at(50)).await).await.unwrap();
    let taken = run(&bed.store, async |mut tx| tx.lease_notices(at(5), at(65), "t", 9).await).await.unwrap();
    assert_eq!(taken.iter().map(|notice| notice.id.as_str()).collect::<Vec<_>>(), ["b"], "the other waits");
    assert_eq!(waiting().await, [("a".to_owned(), "[1]".to_owned())]);
    run(&bed.store, async |mut tx| tx.recall_notice("a").await).await.unwrap();
    run(&bed.store, async |mut tx| tx.recall_notice("b").await).await.unwrap();
    assert_eq!(waiting().await, []);
    assert!(run(&bed.store, async |mut tx| tx.notice("a").await).await.unwrap().is_none());
    assert!(run(&bed.store, async |mut tx| tx.notice("b").await).await.unwrap().is_some(), "it is under way");
}

pub(crate) async fn shows_whom_the_server_refused_last(bed: &Bed) {
    let to = |id: &str| NewNotice { recipient: "x@example.cn".to_owned(), ..notice(id, 0) };
    insert(bed, &[to("a"), to("b"), notice("c", 0)]).await;
    run(&bed.store, async |mut tx| tx.lease_notices(at(1), at(61), "t", 9).await).await.unwrap();
    let settle = async |id: &str, state: NoticeState, seconds: i64| {
        let (token, next_at, status, detail) = ("t", None, Some(550), "no such user");
        let end = NoticeSettlement { id, token, state, next_at, status, detail, at: at(seconds) };
        assert!(run(&bed.store, async |mut tx| tx.settle_notice(&end).await).await.unwrap());
    };
    let refused = async || {
        let found = run(&bed.store, async |mut tx| tx.refused_notices().await).await.unwrap();
        found.into_iter().map(|notice| (notice.recipient, notice.id)).collect::<Vec<_>>()
    };
    settle("a", NoticeState::Refused, 2).await;
    assert_eq!(refused().await, [("x@example.cn".to_owned(), "a".to_owned())]);
    settle("b", NoticeState::Sent, 3).await;
    assert_eq!(refused().await, [], "it takes mails again");
}
