//! Reconciliation: a day's manifest, and each thing that can differ from it, found, acted on and settled.

use std::path::Path;

use chrono::NaiveDate;
use regbridge::domain::digest::Digest;
use regbridge::domain::id::{AgencyId, DeliveryId};
use regbridge::exchange::Refused;
use regbridge::exchange::delivery::Outcome;
use regbridge::exchange::intervene::Words;
use regbridge::exchange::reconcile::manifest::{Line, Manifest, day, escape};
use regbridge::exchange::reconcile::{Brought, Compared};
use serde_json::json;

use crate::bed::{Bed, MINIMAL, actor, message};
use crate::deliveries::{case_of, reply};
use crate::on_both;

const NB: &str = "nb-amr";

fn id(agency: &str) -> AgencyId {
    AgencyId::parse(agency).unwrap()
}

/// The day on which every bed begins.
fn monday() -> NaiveDate {
    day("2026-11-23").unwrap()
}

/// It is 00:10 of the next day, and a moment.
fn midnight(bed: &Bed) {
    bed.advance(14 * 3_600_000 + 600_000 + 1);
}

async fn ours(bed: &Bed) -> Manifest {
    Manifest::parse(&bed.gateway.manifest(&id(NB), monday()).await.unwrap().text).unwrap()
}

async fn compare(bed: &Bed, lines: Vec<Line>) -> Result<Compared, Refused> {
    let bytes = Manifest::of(id(NB), monday(), lines).text().into_bytes();
    brought(bed, bytes).await
}

async fn brought(bed: &Bed, bytes: Vec<u8>) -> Result<Compared, Refused> {
    let brought = Brought { bytes, channel: "file", certificate: None };
    bed.gateway.compare(&id(NB), monday(), brought).await
}

/// A bureau that is pushed to sends a complaint, and the platform's reply reaches it.
async fn exchanged(bed: &Bed) -> DeliveryId {
    let case = case_of(bed, NB).await;
    let posted = bed.gateway.reply(&actor(), &case, reply("已退款"), None).await.unwrap();
    push(bed, &posted.delivery).await;
    posted.delivery
}

/// What is due is pushed, and taken; the bytes of one.
async fn push(bed: &Bed, id: &DeliveryId) -> Vec<u8> {
    let mut body = Vec::new();
    for leased in bed.gateway.lease_deliveries("test", 30, 50, 50).await.unwrap() {
        let done = Outcome::Done { status: Some(200), detail: "ok".to_owned(), said: None };
        assert!(bed.gateway.settle(&leased, done).await.unwrap());
        if leased.id == *id {
            body.clone_from(&leased.body);
        }
    }
    body
}

fn told(compared: &Compared) -> Vec<(&str, &str, &str, &str)> {
    let of = |one| {
        let one: &regbridge::exchange::reconcile::DifferenceRow = one;
        (one.what.as_str(), one.direction.as_str(), one.action.as_str(), one.state.as_str())
    };
    compared.differences.iter().map(of).collect()
}

async fn act(bed: &Bed, id: &str) -> Result<regbridge::exchange::reconcile::Acted, Refused> {
    let words = |text: &str| text.parse::<Words>().unwrap();
    bed.gateway.act_on_difference(id, &words("李工"), &words("已电话确认")).await
}

pub(crate) async fn execute(bed: &Bed, sqlite: &str, postgres: &str) {
    let url = bed.url();
    if url.starts_with("sqlite:") {
        let pool = sqlx::SqlitePool::connect(&url).await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(format!("PRAGMA foreign_keys = OFF; {sqlite}")))
            .execute(&pool)
            .await
            .unwrap();
        pool.close().await;
    } else {
        let pool = sqlx::PgPool::connect(&url).await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(postgres.to_owned())).execute(&pool).await.unwrap();
        pool.close().await;
    }
}

/// Whether a trouble of this agency and day is under way, by the journal.
async fn trouble(bed: &Bed) -> Vec<String> {
    let entries = bed.entries().await;
    let mine = entries.iter().filter(|e| e["key"] == json!("reconciliation:nb-amr:2026-11-23"));
    mine.map(|e| e["edge"].as_str().unwrap().to_owned()).collect()
}

on_both! {
    async fn a_day_is_written_once_and_is_the_same_bytes_ever_after(bed: &Bed) {
        let delivery = exchanged(bed).await;
        let early = bed.gateway.manifest(&id(NB), monday()).await.unwrap_err();
        assert_eq!(early.name(), "day-not-over");
        midnight(bed);
        let first = bed.gateway.manifest(&id(NB), monday()).await.unwrap();
        let manifest = Manifest::parse(&first.text).unwrap();
        let ways: Vec<&str> = manifest.lines.iter().map(|line| line.direction.as_str()).collect();
        assert_eq!((first.lines, ways), (2, vec!["receive", "submit"]));
        let text = String::from_utf8(first.text.clone()).unwrap();
        assert!(text.starts_with("regbridge manifest v1\nagency nb-amr\nday 2026-11-23\nzone +08:00\ncount 2\n"), "{text}");
        let (head, _) = text.split_once("\n\n").unwrap();
        let opened = regbridge::tlog::open(&first.note, std::slice::from_ref(&bed.verifier)).unwrap();
        assert_eq!(opened.text, format!("{head}\n"));
        let entry = bed.entries().await.pop().unwrap();
        assert_eq!((&entry["type"], &entry["lines"]), (&json!("manifest"), &json!(2)));
        assert_eq!(entry["manifest"], json!(Digest::salted(&first.salt, &first.text).to_string()));
        // It is sent once more on another day: the day on which it was made keeps it.
        bed.advance(86_400_000);
        let words = |text: &str| text.parse::<Words>().unwrap();
        let replay = regbridge::exchange::intervene::Action::Replay;
        bed.gateway.intervene(&delivery, replay, &words("a"), &words("b")).await.unwrap();
        assert_eq!(bed.gateway.manifest(&id(NB), monday()).await.unwrap(), first);
        let empty = bed.gateway.manifest(&id(NB), day("2026-11-24").unwrap()).await.unwrap();
        assert_eq!((empty.lines, Digest::from_bytes(empty.root)), (0, Digest::of(b"")));
        let line = bed.gateway.reconcile_night(&id(NB), bed.advance(0)).await.unwrap();
        assert!(line.starts_with("nb-amr 2026-11-24: 0 exchanges"), "{line}");
        let days: Vec<String> = bed.gateway.manifests(&id(NB), None, 10).await.unwrap().into_iter().map(|m| m.day).collect();
        assert_eq!(days, ["2026-11-24", "2026-11-23"]);
    }

    async fn what_the_agency_lost_is_sent_again_and_settled(bed: &Bed) {
        let delivery = exchanged(bed).await;
        midnight(bed);
        let all = ours(bed).await.lines;
        let kept: Vec<Line> = all.iter().filter(|line| line.direction.as_str() == "submit").cloned().collect();
        let compared = compare(bed, kept.clone()).await.unwrap();
        assert_eq!(told(&compared), [("missing-there", "receive", "resend", "open")]);
        assert_eq!((compared.found, compared.settled, compared.left), (1, 0, 1));
        assert_eq!(compare(bed, kept).await.unwrap().found, 0, "it is known");
        let one = &compared.differences[0];
        assert_eq!(one.delivery.as_ref(), Some(&delivery));
        let acted = act(bed, &one.id).await.unwrap();
        assert_eq!((acted.difference.state.as_str(), acted.delivery.as_ref()), ("acted", Some(&delivery)));
        let entries = bed.entries().await;
        let entry = &entries[usize::try_from(acted.journal_index).unwrap()];
        assert_eq!((&entry["type"], &entry["action"], &entry["who"]), (&json!("difference"), &json!("resend"), &json!("李工")));
        let again = push(bed, &delivery).await;
        let line = all.iter().find(|line| line.direction.as_str() == "receive").unwrap();
        assert_eq!(line.digest, Some(Digest::of(&again)), "the very bytes");
        let compared = compare(bed, all).await.unwrap();
        assert_eq!((compared.settled, compared.left), (1, 0));
        assert_eq!(told(&compared), [("missing-there", "receive", "resend", "settled")]);
        assert_eq!(act(bed, &compared.differences[0].id).await.unwrap_err().name(), "difference-settled");
        assert_eq!(trouble(bed).await, ["begins", "ends"]);
        let (row, differences) = bed.gateway.reconciliation(&id(NB), monday()).await.unwrap();
        assert_eq!((row.lines, row.own_lines, differences.len()), (2, 2, 1));
    }

    async fn what_we_lost_is_found_though_our_manifest_was_made_before(bed: &Bed) {
        exchanged(bed).await;
        midnight(bed);
        let all = ours(bed).await.lines;
        let gone = "DELETE FROM submissions WHERE agency_id = 'nb-amr'";
        let unbound = format!("UPDATE records SET submission_id = NULL WHERE agency_id = 'nb-amr'; {gone}");
        execute(bed, &unbound, &unbound).await;
        let compared = compare(bed, all).await.unwrap();
        assert_eq!(told(&compared), [("missing-here", "submit", "re-pull", "open")]);
        let acted = act(bed, &compared.differences[0].id).await.unwrap();
        assert_eq!((acted.difference.state.as_str(), acted.difference.words.as_deref()), ("acted", Some("已电话确认")));
        assert_eq!(compare_left(bed).await, 1, "nothing has come yet");
    }

    async fn what_comes_again_on_a_later_day_settles_the_day_it_was_missing_on(bed: &Bed) {
        exchanged(bed).await;
        midnight(bed);
        let lost = message(MINIMAL, &[("hz-amr-20261123-0002", "nb-lost"), ("3301060020261123000000018", "3302060020261123000000777"), ("<RegionCode>330106", "<RegionCode>330206")]);
        let mut line = ours(bed).await.lines.into_iter().find(|line| line.direction.as_str() == "submit").unwrap();
        (line.id, line.digest) = (escape("nb-lost"), Some(Digest::of(&lost)));
        let theirs: Vec<Line> = ours(bed).await.lines.into_iter().chain([line]).collect();
        let compared = compare(bed, theirs).await.unwrap();
        assert_eq!(told(&compared), [("missing-here", "submit", "re-pull", "open")]);
        bed.send(NB, lost).await.unwrap();
        // The nightly look settles it by what the agency said before.
        bed.advance(86_400_000);
        let said = bed.gateway.reconcile_night(&id(NB), bed.advance(0)).await.unwrap();
        assert!(said.contains("1 differences settled, 0 left"), "{said}");
        assert_eq!(trouble(bed).await, ["begins", "ends"]);
        // And the day on which it came does not miss it on the other side.
        let tuesday = day("2026-11-24").unwrap();
        let bytes = Manifest::of(id(NB), tuesday, Vec::new()).text().into_bytes();
        let brought = Brought { bytes, channel: "file", certificate: None };
        let compared = bed.gateway.compare(&id(NB), tuesday, brought).await.unwrap();
        assert_eq!((compared.left, compared.reconciliation.elsewhere), (0, 1));
    }

    async fn changed_bytes_other_times_and_what_waits_are_told_apart(bed: &Bed) {
        exchanged(bed).await;
        midnight(bed);
        let mut lines = ours(bed).await.lines;
        lines[0].digest = Some(Digest::of(b"another"));
        "2026-11-23T07:00:00+08:00".clone_into(&mut lines[1].at);
        let compared = compare(bed, lines.clone()).await.unwrap();
        assert_eq!(told(&compared), [("bytes", "receive", "resend", "open"), ("time", "submit", "ask", "open")]);
        "-".clone_into(&mut lines[1].at);
        let compared = compare(bed, lines).await.unwrap();
        assert_eq!((compared.settled, compared.left), (1, 1), "a time that is not known is no difference");
        // What was erased with us cannot be sent again.
        execute(bed, "UPDATE deliveries SET body = x''", "UPDATE deliveries SET body = ''").await;
        let id = &compared.differences.iter().find(|one| one.state == "open").unwrap().id;
        assert_eq!(act(bed, id).await.unwrap_err().name(), "body-gone");
        let (_, differences) = bed.gateway.reconciliation(&super::id(NB), monday()).await.unwrap();
        assert!(differences.iter().all(|one| one.state != "acted"), "nothing was done");
        let compared = compare(bed, ours(bed).await.lines).await.unwrap();
        assert_eq!(compared.left, 0);
    }

    async fn what_nobody_fetched_yet_is_no_difference(bed: &Bed) {
        let case = case_of(bed, NB).await;
        bed.gateway.reply(&actor(), &case, reply("已退款"), None).await.unwrap();
        midnight(bed);
        let lines = ours(bed).await.lines.into_iter().filter(|line| line.direction.as_str() == "submit").collect();
        let compared = compare(bed, lines).await.unwrap();
        assert_eq!((compared.left, compared.reconciliation.waiting), (0, 1));
    }

    async fn a_manifest_that_lies_or_is_anothers_changes_nothing(bed: &Bed) {
        exchanged(bed).await;
        let text = Manifest::of(id(NB), monday(), Vec::new()).text();
        assert_eq!(brought(bed, text.clone().into_bytes()).await.unwrap_err().name(), "day-not-over");
        midnight(bed);
        let size = bed.gateway.journal_size().await.unwrap();
        let lie = |from: &str, to: &str| text.replacen(from, to, 1).into_bytes();
        for (bytes, name) in [
            (lie("count 0", "count 1"), "malformed"),
            (lie("root e3", "root e4"), "malformed"),
            (lie("day 2026-11-23", "day 2026-11-22"), "malformed"),
            (lie("nb-amr", "hz-amr"), "foreign-manifest"),
        ] {
            assert_eq!(brought(bed, bytes).await.unwrap_err().name(), name);
        }
        assert_eq!(bed.gateway.reconciliation(&id(NB), monday()).await.unwrap_err().name(), "not-found");
        assert_eq!(bed.gateway.journal_size().await.unwrap(), size);
    }
}

/// What is left when the agency's last manifest is compared once more.
async fn compare_left(bed: &Bed) -> u64 {
    bed.gateway.reconcile_day(&id(NB), monday(), bed.advance(0)).await.unwrap();
    let (_, differences) = bed.gateway.reconciliation(&id(NB), monday()).await.unwrap();
    differences.iter().filter(|one| one.state != "settled").count() as u64
}

#[tokio::test]
async fn ten_thousand_lines_are_compared_in_seconds_and_all_missing_ones_are_no_flood() {
    let bed = Bed::sqlite().await;
    midnight(&bed);
    let line = |n: u32| {
        let digest = Digest::of(&n.to_be_bytes());
        format!("2026-11-23T09:30:00+08:00 submit complaint-order m-{n:05} {digest} -\n")
    };
    let start = std::time::Instant::now();
    let lines: String = (0..10_000).map(line).collect();
    let one = Manifest::of(id(NB), monday(), Vec::new()).text();
    // The head's figures are learnt from what is refused.
    let head = one.replace("count 0\n", "count 10000\nsubmit complaint-order 10000\n");
    let refused = brought(&bed, (head.clone() + &lines).into_bytes()).await.unwrap_err();
    let Refused::Malformed { problems, .. } = refused else { panic!("{refused}") };
    assert_eq!((problems.len(), problems[0].line), (1, Some(7)));
    let root = problems[0].expected.clone().unwrap();
    let old = head.lines().nth(6).unwrap().to_owned();
    let compared = brought(&bed, (head.replace(&old, &root) + &lines).into_bytes()).await.unwrap();
    assert_eq!(
        (compared.left, compared.reconciliation.lines),
        (1000, 10_000),
        "at most a thousand at a time"
    );
    assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
}

#[test]
fn the_worked_example_is_what_both_programs_make() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read(root.join("schemas/reconciliation/example/2026-11-23.manifest")).unwrap();
    let manifest = Manifest::parse(&text).unwrap();
    assert_eq!(
        Manifest::of(manifest.agency.clone(), manifest.day, manifest.lines.clone()).text().into_bytes(),
        text
    );
    let made = std::process::Command::new("python3")
        .arg(root.join("ops/examples/manifest.py"))
        .args(["make", "hz-amr", "2026-11-23"])
        .arg(root.join("schemas/reconciliation/example/messages"))
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&made.stderr), "");
    assert_eq!(String::from_utf8(made.stdout).unwrap().into_bytes(), text);
    let readme = std::fs::read_to_string(root.join("schemas/reconciliation/README.md")).unwrap();
    assert!(readme.contains(&*String::from_utf8(text).unwrap()), "the README shows another");
}
