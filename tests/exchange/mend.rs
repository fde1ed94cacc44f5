//! The night's books, fetched from an agency that publishes: a record that either side lost is found, and mended.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use regbridge::clock::{Clock as _, Timestamp};
use regbridge::domain::agency::Agency;
use regbridge::domain::id::AgencyId;
use regbridge::domain::registry::{Entrant, Registry};
use regbridge::exchange::delivery::Outcome;
use regbridge::exchange::intervene::Words;
use regbridge::exchange::job::{Fault, Jobs};
use regbridge::exchange::port::{Fetched, Source};
use regbridge::exchange::reconcile::manifest::{Line, Manifest, day};
use regbridge::exchange::reconcile::{Acted, DifferenceRow};
use regbridge::exchange::view::CaseFilter;
use serde_json::json;

use crate::bed::{Bed, actor, batch};
use crate::deliveries::reply;
use crate::on_both;
use crate::reconcile::execute;

const MONDAY: &str = "2026-11-23";

/// An agency that gives what was entered in a window, always the same, and its book of a day.
struct Bureau {
    book: Mutex<Vec<Line>>,
    is_late: AtomicBool,
    asked: Mutex<Vec<String>>,
}

impl Bureau {
    fn fetched(&self, url: &str) -> Result<Vec<u8>, Fault> {
        self.asked.lock().unwrap().push(url.to_owned());
        if let Some(day) = url.strip_prefix("https://nb.example/books/") {
            if self.is_late.load(Ordering::SeqCst) {
                return Err(Fault::Final("the source answers 404".to_owned()));
            }
            let day = self::day(day).unwrap();
            let book = self.book.lock().unwrap();
            let lines = book.iter().filter(|line| line.at.starts_with(&day.to_string()));
            return Ok(Manifest::of(nb(), day, lines.cloned().collect()).text().into_bytes());
        }
        let (_, window) = url.split_once("?begin=").unwrap();
        let window = window.replace("&end=", "-");
        let number = format!("33020600{:0>17}", window.split('-').next_back().unwrap());
        Ok(batch(&window, &[number], &[(0, "<RegionCode>330106", "<RegionCode>330206")]))
    }
}

impl Source for Bureau {
    fn fetch<'a>(
        &'a self,
        url: &'a str,
        _: &'a str,
    ) -> Pin<Box<dyn Future<Output = Result<Fetched, Fault>> + Send + 'a>> {
        let fetched = self.fetched(url);
        let content_type = "application/xml".to_owned();
        Box::pin(async move { Ok(Fetched { content_type, charset: None, body: fetched? }) })
    }
}

fn nb() -> AgencyId {
    AgencyId::parse("nb-amr").unwrap()
}

/// A bureau that is fetched from each hour, is pushed to, and publishes its book.
fn publishes(bed: &Bed) -> (Arc<Bureau>, Jobs) {
    let sync = "name = 'orders'\nkind = 'complaint-order'\nurl = 'https://nb.example/orders'\nformat = 'xml'\n\
                cron = '0 * * * *'\nwindow = { from = 'begin', to = 'end', form = 'unix' }\n";
    let agency = Agency {
        syncs: vec![toml::from_str(sync).unwrap()],
        reconcile: Some(toml::from_str("url = 'https://nb.example/books/{day}'").unwrap()),
        ..Agency::clone(&bed.agency("nb-amr"))
    };
    bed.gateway.replace_registry(Registry::new(2, vec![Entrant { agency, secret: None }]).unwrap());
    let bureau =
        Arc::new(Bureau { book: Mutex::default(), is_late: AtomicBool::new(true), asked: Mutex::default() });
    let source: Arc<dyn Source> = Arc::<Bureau>::clone(&bureau);
    let jobs = Jobs::new(bed.gateway.sync_jobs(&source, bed.data()));
    (bureau, jobs)
}

fn to(bed: &Bed, time: &str) {
    let at = Timestamp::parse(&format!("{time}+08:00")).unwrap();
    bed.clock.advance_millis(at.millis_since(bed.clock.now()));
}

/// Does all that is due.
async fn tick(bed: &Bed, jobs: &Jobs) {
    bed.gateway.make_due_runs(jobs).await.unwrap();
    while let Some(leased) = bed.gateway.lease_run(jobs, "a").await.unwrap() {
        bed.gateway.do_run(leased).await.unwrap().unwrap();
    }
}

async fn push(bed: &Bed) {
    for leased in bed.gateway.lease_deliveries("test", 30, 50, 50).await.unwrap() {
        let done = Outcome::Done { status: Some(200), detail: "ok".to_owned(), said: None };
        assert!(bed.gateway.settle(&leased, done).await.unwrap());
    }
}

/// The night's work at this moment.
async fn night(bed: &Bed, bureau: &Bureau) -> Result<String, Fault> {
    bed.gateway.reconcile_fetching(&nb(), bed.clock.now(), bureau).await
}

async fn differences(bed: &Bed) -> Vec<DifferenceRow> {
    bed.gateway.reconciliation(&nb(), day(MONDAY).unwrap()).await.unwrap().1
}

async fn act(bed: &Bed, one: &DifferenceRow) -> Acted {
    let words = |text: &str| text.parse::<Words>().unwrap();
    bed.gateway.act_on_difference(&one.id, &words("李工"), &words("夜间对账")).await.unwrap()
}

/// Takes a case and the message that brought it out of our rows, as a damaged disk would.
async fn lose(bed: &Bed, case: &str) {
    let case = format!("'{case}'");
    let of = format!("(SELECT id FROM deliveries WHERE case_id = {case})");
    let lose = format!(
        "CREATE TEMP TABLE lost AS SELECT submission_id AS id FROM records WHERE case_id = {case}; \
         DELETE FROM attempts WHERE delivery_id IN {of}; DELETE FROM deliveries WHERE case_id = {case}; \
         DELETE FROM events WHERE case_id = {case}; DELETE FROM deadlines WHERE case_id = {case}; \
         DELETE FROM records WHERE case_id = {case}; DELETE FROM cases WHERE id = {case}; \
         DELETE FROM submissions WHERE id IN (SELECT id FROM lost);"
    );
    execute(bed, &lose, &lose).await;
}

on_both! {
    async fn a_record_that_either_side_lost_is_found_and_mended(bed: &Bed) {
        let (bureau, jobs) = publishes(bed);
        tick(bed, &jobs).await;
        for hour in ["11:00:00", "12:00:00"] {
            to(bed, &format!("{MONDAY}T{hour}"));
            tick(bed, &jobs).await;
            bed.advance(60_000);
        }
        let filter = CaseFilter { limit: 9, ..CaseFilter::default() };
        let cases = bed.gateway.cases(&filter).await.unwrap();
        assert_eq!(cases.len(), 2, "each window holds one");
        let posted = bed.gateway.reply(&actor(), &cases[0].id, reply("已退款"), None).await.unwrap();
        push(bed).await;
        let asked = std::mem::take(&mut *bureau.asked.lock().unwrap());

        // It has not made its book yet: that is a reason to ask again, and none to compare.
        to(bed, "2026-11-24T00:40:00");
        let early = night(bed, &bureau).await.unwrap_err();
        assert!(matches!(&early, Fault::Passing(what) if what.contains("/books/2026-11-23: the source answers 404")), "{early}");
        let ours = bed.gateway.manifest(&nb(), day(MONDAY).unwrap()).await.unwrap();
        let whole = Manifest::parse(&ours.text).unwrap().lines;
        assert_eq!(whole.len(), 3);

        // It lost the reply; we lose the second order.
        let theirs = |line: &&Line| line.direction.as_str() == "submit";
        *bureau.book.lock().unwrap() = whole.iter().filter(theirs).cloned().collect();
        bureau.is_late.store(false, Ordering::SeqCst);
        lose(bed, cases[1].id.as_str()).await;
        assert_eq!(bed.gateway.cases(&filter).await.unwrap().len(), 1);
        let said = night(bed, &bureau).await.unwrap();
        assert!(said.ends_with("; theirs has 2, 2 new differences, 2 left"), "{said}");
        let found = differences(bed).await;
        let told = |all: &[DifferenceRow]| {
            let one = |one: &DifferenceRow| format!("{} {} {}", one.what, one.action, one.state);
            all.iter().map(one).collect::<Vec<_>>()
        };
        assert_eq!(told(&found), ["missing-there resend open", "missing-here re-pull open"]);
        let troubles = bed.gateway.troubles(9).await.unwrap();
        assert_eq!(troubles.iter().map(|one| one.key.as_str()).collect::<Vec<_>>(), ["reconciliation:nb-amr:2026-11-23"]);

        // What they lost is sent again, what we lost is fetched by the very window that held it.
        let resent = act(bed, &found[0]).await;
        assert_eq!((resent.delivery, resent.run), (Some(posted.delivery), None));
        push(bed).await;
        bureau.asked.lock().unwrap().clear();
        let pulled = act(bed, &found[1]).await;
        let (job, run) = pulled.run.unwrap();
        assert_eq!(job, "sync:nb-amr:orders");
        let before = bed.gateway.job_runs(Some(&job), 9).await.unwrap();
        assert_eq!((before[0].id.as_str(), before[0].cause.as_str(), before[0].state.as_str()), (&*run, "hand", "waiting"));
        let leased = bed.gateway.lease_run(&jobs, "a").await.unwrap().unwrap();
        let said = bed.gateway.do_run(leased).await.unwrap().unwrap();
        assert_eq!(*bureau.asked.lock().unwrap(), asked[1..], "the same window");
        assert!(said.ends_with("; 1 differences left of 2026-11-23"), "{said}");
        assert_eq!(bed.gateway.cases(&filter).await.unwrap().len(), 2, "the record is there");
        assert_eq!(told(&differences(bed).await), ["missing-there resend acted", "missing-here re-pull settled"]);

        // Their book has it the next night; nothing is left, and the sync went on where it was.
        *bureau.book.lock().unwrap() = whole;
        to(bed, "2026-11-24T01:00:00");
        bureau.asked.lock().unwrap().clear();
        let next = jobs.named(&job).unwrap();
        bed.gateway.run_by_hand(next, "李工", "看窗口").await.unwrap();
        let leased = bed.gateway.lease_run(&jobs, "a").await.unwrap().unwrap();
        bed.gateway.do_run(leased).await.unwrap().unwrap();
        let end = Timestamp::parse("2026-11-23T12:00:00+08:00").unwrap().seconds();
        let first = bureau.asked.lock().unwrap()[0].clone();
        assert!(first.contains(&format!("begin={}&", end - 1800)), "it moved by the overlap alone: {first}");
        to(bed, "2026-11-25T00:40:00");
        let said = night(bed, &bureau).await.unwrap();
        assert!(said.contains("; of 2026-11-23 0 differ; theirs has 0,"), "{said}");
        assert!(differences(bed).await.iter().all(|one| one.state == "settled"));
        let entries = bed.entries().await;
        let acts: Vec<_> = entries.iter().filter(|entry| entry["type"] == "difference").collect();
        assert_eq!((acts.len(), &acts[1]["run"], &acts[1]["who"]), (2, &json!(run), &json!("李工")));
        let by_hand = entries.iter().filter(|entry| entry["type"] == "job-change" && entry["action"] == "run");
        assert_eq!(by_hand.count(), 2);
    }
}
