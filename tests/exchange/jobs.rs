//! What is done by the clock: each time once, whoever looks, whatever the clock and the gateways do.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use regbridge::clock::{Clock as _, Timestamp};
use regbridge::domain::schedule::{Missed, Schedule, Words, ZONE};
use regbridge::exchange::Gateway;
use regbridge::exchange::job::{Fault, Job, Jobs, Run};
use serde_json::json;

use crate::bed::Bed;
use crate::on_both;

/// The times for which a job ran.
type Book = Arc<Mutex<Vec<Timestamp>>>;

fn job(missed: Missed, book: &Book) -> Jobs {
    let book = Arc::clone(book);
    let words = Words { cron: "*/10 * * * *", zone: ZONE, quiet: None, working_days: false };
    let work = move |_: Gateway, run: Run| {
        book.lock().unwrap().push(run.scheduled_at);
        async { Ok("done".to_owned()) }
    };
    Jobs::new([Job {
        name: "keep:test".to_owned(),
        schedule: Schedule::parse(words).unwrap(),
        missed,
        agency: None,
        journalled: true,
        work: Arc::new(work),
    }])
}

/// Looks once, as a gateway does each second, and does all that is due.
async fn tick(bed: &Bed, jobs: &Jobs, holder: &str) {
    bed.gateway.make_due_runs(jobs).await.unwrap();
    while let Some(leased) = bed.gateway.lease_run(jobs, holder).await.unwrap() {
        bed.gateway.do_run(leased).await.unwrap().ok();
    }
}

fn shown(book: &Book) -> Vec<String> {
    book.lock().unwrap().iter().map(|at| at.at_offset(8 * 3600)[11..16].to_owned()).collect()
}

fn to(bed: &Bed, text: &str) {
    let at = Timestamp::parse(&format!("2026-11-23T{text}:00+08:00")).unwrap();
    bed.clock.advance_millis(at.millis_since(bed.clock.now()));
}

on_both! {
    async fn each_time_is_run_once_whoever_looks_and_wherever_the_clock_jumps(bed: &Bed) {
        let book = Book::default();
        let jobs = job(Missed::Each, &book);
        tick(bed, &jobs, "a").await;
        to(bed, "10:10");
        let (one, two) = (tick(bed, &jobs, "a"), tick(bed, &jobs, "b"));
        tokio::join!(one, two);
        to(bed, "10:19");
        tick(bed, &jobs, "b").await;
        assert_eq!(shown(&book), ["10:10"]);
        to(bed, "10:35");
        tick(bed, &jobs, "b").await;
        assert_eq!(shown(&book), ["10:10", "10:20", "10:30"]);
        // An hour back: nothing is done again. On: what is due anew is done once.
        to(bed, "09:35");
        tick(bed, &jobs, "a").await;
        tick(bed, &jobs, "a").await;
        to(bed, "10:31");
        tick(bed, &jobs, "a").await;
        let so_far = shown(&book);
        let mut sorted = so_far.clone();
        sorted.sort();
        sorted.dedup();
        assert_eq!(sorted.len(), so_far.len(), "nothing twice: {so_far:?}");
        assert_eq!(&so_far[..3], ["10:10", "10:20", "10:30"]);
        to(bed, "10:41");
        tick(bed, &jobs, "a").await;
        assert_eq!(shown(&book).last().unwrap(), "10:40");
        // Each left its entry.
        let runs = bed.gateway.job_runs(Some("keep:test"), 99).await.unwrap();
        assert_eq!(runs.len(), shown(&book).len());
        assert!(runs.iter().all(|run| run.state == "done" && run.attempts == 1), "{runs:?}");
        let entries = bed.entries().await;
        assert_eq!(entries.iter().filter(|entry| entry["type"] == "run").count(), runs.len());
    }

    async fn what_was_missed_is_run_summed_up_or_passed_over(bed: &Bed) {
        for (missed, wanted, skipped) in [
            (Missed::Each, vec!["11:10", "11:20", "11:30"], 0),
            (Missed::Latest, vec!["11:30"], 2),
            (Missed::Skip, vec![], 3),
        ] {
            let book = Book::default();
            let mut jobs = job(missed, &book);
            let mut own = Job::clone(jobs.named("keep:test").unwrap());
            own.name = format!("keep:{missed:?}");
            jobs = Jobs::new([own.clone()]);
            to(bed, "11:05");
            tick(bed, &jobs, "a").await;
            to(bed, "11:37");
            tick(bed, &jobs, "a").await;
            assert_eq!(shown(&book), wanted, "{missed:?}");
            let runs = bed.gateway.job_runs(Some(&own.name), 9).await.unwrap();
            assert_eq!(runs.iter().filter(|run| run.state == "skipped").count(), skipped, "{missed:?}");
            // Paused over two times, and on.
            bed.gateway.pause_job(&own, "ops", "maintenance").await.unwrap();
            assert!(bed.gateway.pause_job(&own, "ops", "again").await.is_err());
            to(bed, "11:52");
            tick(bed, &jobs, "a").await;
            assert_eq!(shown(&book).len(), wanted.len());
            bed.gateway.resume_job(&own, "ops", "over").await.unwrap();
            tick(bed, &jobs, "a").await;
            let after = match missed { Missed::Each => 2, Missed::Latest | Missed::Skip => 1 };
            assert_eq!(shown(&book).len(), wanted.len() + after, "{missed:?}");
        }
    }

    async fn a_run_that_fails_is_tried_again_and_told_once(bed: &Bed) {
        let tries = Arc::new(AtomicUsize::new(0));
        let fails = Arc::new(AtomicUsize::new(2));
        let (counted, left) = (Arc::clone(&tries), Arc::clone(&fails));
        let words = Words { cron: "0 * * * *", zone: ZONE, quiet: None, working_days: false };
        let work = move |gateway: Gateway, mut run: Run| {
            counted.fetch_add(1, Ordering::SeqCst);
            let fail = left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
            async move {
                let far = run.progress["far"].as_u64().unwrap_or(0) + 1;
                run.save(&gateway, json!({"far": far}), Some(json!({"all": far}))).await?;
                if fail { Err(Fault::Passing("the other side is away".to_owned())) } else { Ok(format!("{far} steps")) }
            }
        };
        let schedule = Schedule::parse(words).unwrap();
        let jobs = Jobs::new([Job {
            name: "sync:a:b".to_owned(), schedule, missed: Missed::Latest, agency: None, journalled: true, work: Arc::new(work),
        }]);
        to(bed, "11:59");
        tick(bed, &jobs, "a").await;
        for time in ["12:00", "12:01", "12:02", "12:03"] {
            to(bed, time);
            tick(bed, &jobs, "a").await;
        }
        // At once, a minute later, two minutes after that.
        assert_eq!(tries.load(Ordering::SeqCst), 3);
        let last = bed.gateway.job_runs(None, 1).await.unwrap().remove(0);
        assert_eq!((last.state.as_str(), last.attempts, last.detail.as_deref()), ("done", 3, Some("3 steps")));
        assert_eq!(bed.gateway.troubles(9).await.unwrap().len(), 0);
        // Six in vain: one trouble, ended by the next run that does its work.
        fails.store(6, Ordering::SeqCst);
        for minute in 0..40 {
            to(bed, &format!("13:{minute:02}"));
            tick(bed, &jobs, "a").await;
        }
        let last = bed.gateway.job_runs(None, 1).await.unwrap().remove(0);
        assert_eq!((last.state.as_str(), last.attempts), ("failed", 6));
        let troubles = bed.gateway.troubles(9).await.unwrap();
        assert_eq!(troubles.iter().map(|trouble| trouble.key.as_str()).collect::<Vec<_>>(), ["job:sync:a:b"]);
        to(bed, "14:00");
        tick(bed, &jobs, "a").await;
        assert_eq!(bed.gateway.troubles(9).await.unwrap().len(), 0);
        assert_eq!(bed.clock.now(), Timestamp::parse("2026-11-23T14:00:00+08:00").unwrap());
    }

    async fn a_run_whose_gateway_dies_is_taken_up_where_it_was(bed: &Bed) {
        let begun = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&begun);
        let words = Words { cron: "0 * * * *", zone: ZONE, quiet: None, working_days: false };
        let work = move |gateway: Gateway, mut run: Run| {
            let first = counted.fetch_add(1, Ordering::SeqCst) == 0;
            async move {
                let before = run.progress["page"].as_u64().unwrap_or(0);
                run.save(&gateway, json!({"page": before + 1}), None).await?;
                if first { std::future::pending::<()>().await; }
                Ok(format!("went on behind page {before}"))
            }
        };
        let schedule = Schedule::parse(words).unwrap();
        let jobs = Jobs::new([Job {
            name: "sync:a:b".to_owned(), schedule, missed: Missed::Latest, agency: None, journalled: true, work: Arc::new(work),
        }]);
        to(bed, "11:59");
        tick(bed, &jobs, "a").await;
        to(bed, "12:00");
        bed.gateway.make_due_runs(&jobs).await.unwrap();
        let leased = bed.gateway.lease_run(&jobs, "a").await.unwrap().unwrap();
        let gateway = bed.gateway.clone();
        let dying = tokio::spawn(async move { gateway.do_run(leased).await.map(drop) });
        while bed.gateway.job_runs(None, 1).await.unwrap()[0].progress["page"] != 1 {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        dying.abort();
        assert!(bed.gateway.lease_run(&jobs, "b").await.unwrap().is_none(), "its lease is not over");
        to(bed, "12:02");
        tick(bed, &jobs, "b").await;
        let last = bed.gateway.job_runs(None, 1).await.unwrap().remove(0);
        let said = (last.state.as_str(), last.attempts, last.detail.as_deref());
        assert_eq!(said, ("done", 2, Some("went on behind page 1")));
        tick(bed, &jobs, "a").await;
        assert_eq!(begun.load(Ordering::SeqCst), 2);
    }
}
