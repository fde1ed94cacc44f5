//! Manifests, what the other side says of a day, and the differences: every word kept, only what may change changes.

use regbridge::store::StoreError;
use regbridge::store::reconcile::{DifferenceRow, ManifestRow, ReconciliationRow};

use crate::bed::{Bed, agency, at, delivery, opened, run};

fn manifest(name: &str, day: &str) -> ManifestRow {
    ManifestRow {
        agency: agency(name),
        day: day.to_owned(),
        text: format!("{name} {day} 对账\n").into_bytes(),
        lines: 2,
        root: [3; 32],
        salt: [4; 32],
        note: "signed".to_owned(),
        journal_index: 5,
        made_at: at(6),
    }
}

fn theirs(name: &str, day: &str, channel: &str) -> ReconciliationRow {
    ReconciliationRow {
        agency: agency(name),
        day: day.to_owned(),
        text: b"theirs\n".to_vec(),
        lines: 3,
        root: [7; 32],
        salt: [8; 32],
        channel: channel.to_owned(),
        own_lines: 4,
        waiting: 1,
        elsewhere: 2,
        journal_index: 9,
        compared_at: at(10),
    }
}

fn difference(id: &str, name: &str, day: &str, what: &str) -> DifferenceRow {
    DifferenceRow {
        id: id.to_owned(),
        agency: agency(name),
        day: day.to_owned(),
        what: what.to_owned(),
        direction: "submit".to_owned(),
        kind: "complaint-order".to_owned(),
        message: format!("m-{id}"),
        place: 0,
        ours: None,
        theirs: Some("their line".to_owned()),
        delivery: None,
        action: "re-pull".to_owned(),
        state: "open".to_owned(),
        found_at: at(11),
        changed_at: at(11),
        acted_by: None,
        words: None,
    }
}

pub(crate) async fn keeps_a_manifest_of_ours_once(bed: &Bed) {
    let days = ["2026-11-20", "2026-11-21", "2026-11-22"];
    for day in days {
        let new = manifest("hz-amr", day);
        run(&bed.store, async |mut tx| tx.insert_manifest(&new).await).await.unwrap();
    }
    let other = ManifestRow { text: b"another".to_vec(), ..manifest("hz-amr", days[1]) };
    let again = run(&bed.store, async |mut tx| tx.insert_manifest(&other).await).await;
    assert!(matches!(again, Err(StoreError::Taken(_))), "{again:?}");
    let kept = run(&bed.store, async |mut tx| tx.manifest(&agency("hz-amr"), days[1]).await).await.unwrap();
    assert_eq!(kept, Some(manifest("hz-amr", days[1])));
    let none = run(&bed.store, async |mut tx| tx.manifest(&agency("nb-amr"), days[1]).await).await.unwrap();
    assert_eq!(none, None);
    let page = async |before, limit| {
        let read = async |mut tx: regbridge::store::Tx| tx.manifests(&agency("hz-amr"), before, limit).await;
        run(&bed.store, read).await.unwrap()
    };
    let bare = |day| ManifestRow { text: Vec::new(), ..manifest("hz-amr", day) };
    assert_eq!(page("a", 2).await, [bare(days[2]), bare(days[1])]);
    assert_eq!(page(days[1], 9).await, [bare(days[0])]);
}

pub(crate) async fn keeps_the_last_that_the_other_side_says(bed: &Bed) {
    for new in [
        theirs("nb-amr", "2026-11-20", "api"),
        theirs("hz-amr", "2026-11-20", "file"),
        theirs("hz-amr", "2026-11-21", "api"),
        ReconciliationRow { lines: 8, ..theirs("hz-amr", "2026-11-20", "api") },
    ] {
        run(&bed.store, async |mut tx| tx.put_reconciliation(&new).await).await.unwrap();
    }
    let wanted = ReconciliationRow { lines: 8, ..theirs("hz-amr", "2026-11-20", "api") };
    let read = async |mut tx: regbridge::store::Tx| tx.reconciliation(&agency("hz-amr"), "2026-11-20").await;
    assert_eq!(run(&bed.store, read).await.unwrap(), Some(wanted.clone()));
    let page = async |of: Option<&str>, after, limit| {
        let of = of.map(agency);
        let rows = run(&bed.store, async |mut tx| tx.reconciliations(of.as_ref(), after, limit).await).await;
        let shown = rows.unwrap().into_iter().map(|row| {
            assert!(row.text.is_empty(), "without texts");
            format!("{} {}", row.day, row.agency)
        });
        shown.collect::<Vec<_>>()
    };
    let all = ["2026-11-21 hz-amr", "2026-11-20 hz-amr", "2026-11-20 nb-amr"];
    assert_eq!(page(None, ("a", ""), 9).await, all);
    assert_eq!(page(None, ("a", ""), 1).await, all[..1]);
    assert_eq!(page(None, ("2026-11-20", "hz-amr"), 9).await, all[2..]);
    assert_eq!(page(Some("hz-amr"), ("a", ""), 9).await, all[..2]);
    let unknown = theirs("hz-amr", "2026-11-20", "pigeon");
    run(&bed.store, async |mut tx| tx.put_reconciliation(&unknown).await).await.expect_err("no such channel");
}

pub(crate) async fn keeps_a_difference_until_it_is_settled(bed: &Bed) {
    let case = opened(&bed.store, "R1").await;
    let sent = delivery("agency:hz-amr", &case, None);
    run(&bed.store, async |mut tx| tx.insert_deliveries(std::slice::from_ref(&sent)).await).await.unwrap();
    let lost = DifferenceRow {
        delivery: Some(sent.id),
        ours: Some("our line".to_owned()),
        theirs: None,
        action: "resend".to_owned(),
        ..difference("3", "hz-amr", "2026-11-21", "missing-there")
    };
    let all = [
        difference("1", "hz-amr", "2026-11-20", "missing-here"),
        difference("2", "hz-amr", "2026-11-20", "bytes"),
        lost,
        difference("4", "nb-amr", "2026-11-20", "missing-here"),
    ];
    run(&bed.store, async |mut tx| tx.insert_differences(&all).await).await.unwrap();
    let of = async |day| {
        run(&bed.store, async |mut tx| tx.differences(&agency("hz-amr"), day).await).await.unwrap()
    };
    let one = async |id| run(&bed.store, async |mut tx| tx.difference(id).await).await.unwrap();
    let days =
        async || run(&bed.store, async |mut tx| tx.unsettled_days(&agency("hz-amr")).await).await.unwrap();
    assert_eq!(of("2026-11-20").await, all[..2]);
    assert_eq!((one("3").await.as_ref(), one("9").await), (Some(&all[2]), None));
    assert_eq!(days().await, ["2026-11-20", "2026-11-21"]);
    let missing = async |day| {
        run(&bed.store, async |mut tx| tx.known_missing(&agency("hz-amr"), day).await).await.unwrap()
    };
    assert_eq!(missing("2026-11-22").await, all[..1]);
    assert!(missing("2026-11-20").await.is_empty(), "of other days");

    let goes_to = async |id, state, words, seconds| {
        run(&bed.store, async |mut tx| tx.set_difference(id, state, words, at(seconds)).await).await.unwrap();
    };
    goes_to("3", "acted", (Some("李工"), Some("重发")), 20).await;
    let acted = one("3").await.unwrap();
    assert_eq!((acted.state.as_str(), acted.changed_at), ("acted", at(20)));
    assert_eq!((acted.acted_by.as_deref(), acted.words.as_deref()), (Some("李工"), Some("重发")));
    goes_to("3", "acted", (Some("王"), Some("再来")), 21).await;
    assert_eq!(one("3").await.unwrap(), acted, "what is so already does not change");
    goes_to("3", "settled", (None, None), 22).await;
    let settled = one("3").await.unwrap();
    assert_eq!((settled.state.as_str(), settled.acted_by.as_deref()), ("settled", Some("李工")));
    assert_eq!(days().await, ["2026-11-20"]);
    let again = DifferenceRow { id: "7".to_owned(), ..all[0].clone() };
    run(&bed.store, async |mut tx| tx.insert_differences(std::slice::from_ref(&again)).await)
        .await
        .expect_err("one difference has one row");
}
