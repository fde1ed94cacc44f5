//! Deadlines: kept whole, changed without what they began with, found when they press, and with their cases on the radar.

use regbridge::domain::deadline::{Basis, Deadline, Span, Who};
use regbridge::domain::digest::Digest;
use regbridge::store::StoreError;
use regbridge::store::case::{Case, CaseFilter};
use regbridge::store::deadline::CaseDeadline;
use regbridge::store::radar::Load;

use crate::bed::{Bed, agency, at, case, record, run};

fn deadline(case: &Case, name: &str, due: Option<i64>) -> CaseDeadline {
    CaseDeadline {
        case: case.id.clone(),
        deadline: Deadline {
            name: name.to_owned(),
            round: 1,
            who: Who::Platform,
            basis: Basis::Rule {
                set: "cn-order-121".to_owned(),
                digest: Digest::of(b"the file"),
                calendar: "cn".to_owned(),
            },
            started_at: at(1),
            due_at: due.map(at),
            missing_year: None,
            warn_at: due.map(|due| at(due - 100)),
            pauses: Vec::new(),
            extensions: 0,
            ended_at: None,
            missed_at: None,
            warned_at: None,
        },
    }
}

async fn put(bed: &Bed, cases: &[Case], deadlines: &[CaseDeadline]) {
    run(&bed.store, async |mut tx| {
        tx.insert_cases(cases).await?;
        tx.insert_deadlines(deadlines).await
    })
    .await
    .unwrap();
}

pub(crate) async fn keeps_every_word_and_changes_but_the_beginning(bed: &Bed) {
    let cases = [case("a", "1"), case("b", "2")];
    let mut stated = deadline(&cases[0], "stated", Some(500));
    stated.deadline.basis = Basis::Stated;
    let mut paused = deadline(&cases[0], "mediate", None);
    paused.deadline.who = Who::Agency;
    paused.deadline.pauses = vec![Span { from: at(2), to: Some(at(3)) }, Span { from: at(4), to: None }];
    let other = deadline(&cases[1], "accept", Some(900));
    put(bed, &cases, &[stated.clone(), paused.clone(), other.clone()]).await;
    let of = async |case: &Case| {
        run(&bed.store, async |mut tx| tx.deadlines_of(std::slice::from_ref(&case.id)).await).await.unwrap()
    };
    assert_eq!(of(&cases[0]).await, [paused.clone(), stated.clone()]);
    assert_eq!(of(&cases[1]).await, [other]);
    let ended = Deadline {
        due_at: Some(at(77)),
        ended_at: Some(at(70)),
        missed_at: Some(at(78)),
        warned_at: Some(at(60)),
        extensions: 2,
        pauses: Vec::new(),
        ..paused.deadline.clone()
    };
    let lies = Deadline { started_at: at(50), who: Who::Platform, basis: Basis::Stated, ..ended.clone() };
    let again = Deadline { round: 2, ..deadline(&cases[0], "stated", Some(800)).deadline };
    let changed = [lies, again.clone()].map(|deadline| CaseDeadline { case: cases[0].id.clone(), deadline });
    run(&bed.store, async |mut tx| tx.put_deadlines(&changed).await).await.unwrap();
    let found: Vec<Deadline> = of(&cases[0]).await.into_iter().map(|one| one.deadline).collect();
    assert_eq!(found, [ended, stated.deadline.clone(), again]);
    let refused =
        run(&bed.store, async |mut tx| tx.insert_deadlines(std::slice::from_ref(&stated)).await).await;
    assert!(matches!(refused, Err(StoreError::Taken(_))), "{refused:?}");
}

pub(crate) async fn are_found_when_they_press(bed: &Bed) {
    let cases: Vec<Case> = (0..6).map(|i| case("a", &format!("R{i}"))).collect();
    let mut all: Vec<CaseDeadline> = [Some(1000), Some(2000), Some(3000), None, None, Some(1000)]
        .iter()
        .zip(&cases)
        .map(|(due, case)| deadline(case, "accept", *due))
        .collect();
    all[3].deadline.missing_year = Some(2027);
    all[4].deadline.pauses = vec![Span { from: at(2), to: None }];
    all[5].deadline.ended_at = Some(at(5));
    put(bed, &cases, &all).await;
    let names = |found: Vec<CaseDeadline>| -> Vec<usize> {
        found.iter().map(|one| cases.iter().position(|case| case.id == one.case).unwrap()).collect()
    };
    let warn = async |now: i64, limit: u32| {
        names(run(&bed.store, async |mut tx| tx.deadlines_to_warn(at(now), limit).await).await.unwrap())
    };
    let passed = async |now: i64| {
        names(run(&bed.store, async |mut tx| tx.deadlines_passed(at(now), 9).await).await.unwrap())
    };
    assert!(warn(899, 9).await.is_empty());
    assert_eq!(warn(900, 9).await, [0]);
    // The last moment still is in time.
    assert_eq!((warn(1000, 9).await, passed(1000).await), (vec![0], vec![]));
    assert_eq!((warn(1001, 9).await, passed(1001).await), (vec![], vec![0]));
    assert_eq!((passed(2500).await, warn(2950, 9).await), (vec![0, 1], vec![2]));
    all[0].deadline.missed_at = Some(at(1001));
    all[1].deadline.warned_at = Some(at(1900));
    run(&bed.store, async |mut tx| tx.put_deadlines(&all[..2]).await).await.unwrap();
    assert_eq!((passed(1500).await, warn(1950, 9).await), (vec![], vec![]));
    let years = run(&bed.store, async |mut tx| tx.missing_years().await).await.unwrap();
    assert_eq!(years, [(2027, 1)]);
    let waiting = run(&bed.store, async |mut tx| tx.deadlines_uncounted(2027, 9).await).await.unwrap();
    assert_eq!(names(waiting), [3]);
    let filter = |overdue: Option<i64>, soon: Option<i64>| CaseFilter {
        overdue_at: overdue.map(at),
        soon_at: soon.map(at),
        ..CaseFilter::default()
    };
    let listed = async |filter: CaseFilter| {
        let page = run(&bed.store, async |mut tx| tx.case_page(&filter, None, 9).await).await.unwrap();
        let mut numbers: Vec<String> = page.into_iter().map(|case| case.registration_number).collect();
        numbers.sort();
        numbers
    };
    assert_eq!(listed(filter(Some(2500), None)).await, ["R0", "R1"]);
    assert_eq!(listed(filter(None, Some(2950))).await, ["R2"]);
    assert_eq!(listed(filter(None, Some(950))).await, ["R0"]);
}

pub(crate) async fn stand_on_the_radar_with_their_cases(bed: &Bed) {
    let cases = [case("b", "1"), case("a", "2"), case("a", "3")];
    let mut all = [
        deadline(&cases[0], "accept", Some(1000)),
        deadline(&cases[1], "accept", Some(2000)),
        deadline(&cases[2], "accept", None),
        deadline(&cases[2], "stated", Some(5000)),
    ];
    all[2].deadline.missing_year = Some(2027);
    put(bed, &cases, &all).await;
    let mut acted = record(&cases[0], None);
    acted.recorded_at = at(7);
    let mut later = record(&cases[0], None);
    (later.recorded_at, later.actor) = (at(9), Some("somebody".to_owned()));
    run(&bed.store, async |mut tx| tx.insert_records(&[acted.clone(), later.clone()]).await).await.unwrap();
    let now = at(1950);
    let (passed, soon, loads) = run(&bed.store, async |mut tx| {
        Ok((tx.radar_passed(now, 9).await?, tx.radar_soon(now, 9).await?, tx.radar_loads(now).await?))
    })
    .await
    .unwrap();
    assert_eq!((passed.len(), &passed[0].deadline, &passed[0].agency), (1, &all[0], &agency("b")));
    assert_eq!(passed[0].last_action, Some((at(9), "somebody".to_owned())));
    assert_eq!((soon.len(), &soon[0].deadline, soon[0].registration_number.as_str()), (1, &all[1], "2"));
    assert_eq!(soon[0].last_action, None);
    let load = |id: &str, [overdue, soon, running, paused, uncounted]: [u64; 5]| Load {
        agency: agency(id),
        topic: "complaint".to_owned(),
        overdue,
        soon,
        running,
        paused,
        uncounted,
    };
    assert_eq!(loads, [load("a", [0, 1, 1, 0, 1]), load("b", [1, 0, 0, 0, 0])]);
}

pub(crate) async fn come_from_texts_that_are_kept_once(bed: &Bed) {
    let sets = [(Digest::of(b"one"), "a", "one"), (Digest::of(b"two"), "a", "two")];
    let know = async |sets: &[(Digest, &str, &str)], now: i64| {
        run(&bed.store, async |mut tx| tx.know_rule_sets(sets, at(now)).await).await.unwrap();
    };
    know(&sets[..1], 1).await;
    know(&sets, 2).await;
    know(&[], 3).await;
    let kept = run(&bed.store, async |mut tx| tx.rule_sets().await).await.unwrap();
    assert_eq!(kept, [("a".to_owned(), "one".to_owned()), ("a".to_owned(), "two".to_owned())]);
}
