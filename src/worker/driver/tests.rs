//! The loop against a store and a network that a test holds.

use std::collections::{BTreeSet, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::sync::Notify;

use super::*;
use crate::client::webhook::tests::leased;
use crate::clock::{Clock, SeededChance, SystemClock, Timestamp};
use crate::domain::id::{CaseId, DeliveryId};
use crate::exchange::Refused;
use crate::exchange::delivery::Destination;

#[derive(Clone, Default)]
struct Shelf(Arc<Inner>);

#[derive(Default)]
struct Inner {
    due: Mutex<VecDeque<Leased>>,
    settled: Mutex<Vec<(DeliveryId, Outcome)>>,
    news: Notify,
    looks: AtomicUsize,
    away: AtomicBool,
}

static CHANCE: SeededChance = SeededChance::new(5);

impl Shelf {
    fn put(&self, destination: &str, case: u64) -> DeliveryId {
        let mut leased = leased(Destination::Webhook(destination.to_owned()));
        let now = SystemClock.now();
        leased.case = CaseId::mint(Timestamp::from_micros(0), &SeededChance::new(case));
        leased.id = DeliveryId::mint(now, &CHANCE);
        let id = leased.id.clone();
        self.0.due.lock().unwrap().push_back(leased);
        self.0.news.notify_one();
        id
    }

    fn settled(&self) -> Vec<DeliveryId> {
        self.0.settled.lock().unwrap().iter().map(|(id, _)| id.clone()).collect()
    }

    async fn until_settled(&self, count: usize) {
        for _ in 0..1000 {
            if self.settled().len() >= count {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("{} of {count} settled", self.settled().len());
    }
}

impl Book for Shelf {
    fn now(&self) -> Timestamp {
        SystemClock.now()
    }

    fn jitter(&self) -> u8 {
        128
    }

    async fn lease(
        &self,
        _holder: &str,
        seconds: u32,
        limit: u32,
        _share: u32,
    ) -> Result<Vec<Leased>, Refused> {
        self.0.looks.fetch_add(1, Ordering::SeqCst);
        if self.0.away.load(Ordering::SeqCst) {
            return Err(Refused::Unavailable("away".to_owned()));
        }
        let mut due = self.0.due.lock().unwrap();
        let count = due.len().min(limit as usize);
        let until = SystemClock.now().plus_millis(i64::from(seconds) * 1000);
        Ok(due.drain(..count).map(|leased| Leased { until, ..leased }).collect())
    }

    async fn settle(&self, leased: &Leased, outcome: Outcome) -> Result<bool, Refused> {
        if self.0.away.load(Ordering::SeqCst) {
            return Err(Refused::Unavailable("away".to_owned()));
        }
        self.0.settled.lock().unwrap().push((leased.id.clone(), outcome));
        Ok(true)
    }

    async fn woken(&self) {
        self.0.news.notified().await;
    }
}

/// A network that takes its time, counts what is under way, and fails where it is told to.
#[derive(Default)]
struct Wire {
    takes: Duration,
    fails: Option<&'static str>,
    under_way: AtomicUsize,
    most: AtomicUsize,
    sent: Mutex<Vec<DeliveryId>>,
}

impl Network for Wire {
    fn send<'a>(&'a self, leased: &'a Leased) -> Pin<Box<dyn Future<Output = Outcome> + Send + 'a>> {
        Box::pin(async move {
            let now = self.under_way.fetch_add(1, Ordering::SeqCst) + 1;
            self.most.fetch_max(now, Ordering::SeqCst);
            self.sent.lock().unwrap().push(leased.id.clone());
            tokio::time::sleep(self.takes).await;
            self.under_way.fetch_sub(1, Ordering::SeqCst);
            let detail = String::new();
            if self.fails.is_some_and(|name| leased.destination == Destination::Webhook(name.to_owned())) {
                Outcome::RetryAfter { millis: None, status: Some(503), detail }
            } else {
                Outcome::Done { status: Some(204), detail, said: None }
            }
        })
    }
}

struct Running {
    stop: watch::Sender<bool>,
    task: tokio::task::JoinHandle<()>,
}

fn running(shelf: &Shelf, wire: &Arc<Wire>, pace: Pace) -> Running {
    let (stop, stopped) = watch::channel(false);
    let network: Arc<dyn Network> = Arc::<Wire>::clone(wire);
    let task = tokio::spawn(run(shelf.clone(), network, "test".to_owned(), pace, stopped));
    Running { stop, task }
}

fn quick() -> Pace {
    let tick = Duration::from_millis(50);
    Pace { at_once: 8, tick, pause: Duration::from_millis(1), ..Pace::default() }
}

#[tokio::test]
async fn everything_due_is_sent_once_and_settled_within_the_bound_of_places() {
    let shelf = Shelf::default();
    let ids: Vec<DeliveryId> = (0..100).map(|n| shelf.put(if n % 2 == 0 { "a" } else { "b" }, n)).collect();
    let wire = Arc::new(Wire { takes: Duration::from_millis(2), ..Wire::default() });
    let _running = running(&shelf, &wire, quick());
    shelf.until_settled(100).await;
    let mut settled = shelf.settled();
    settled.sort();
    let mut ids = ids;
    ids.sort();
    assert_eq!(settled, ids);
    assert_eq!(wire.sent.lock().unwrap().len(), 100);
    assert!(wire.most.load(Ordering::SeqCst) <= 8);
}

#[tokio::test]
async fn news_is_taken_up_at_once_and_not_at_the_next_tick() {
    let shelf = Shelf::default();
    let wire = Arc::new(Wire::default());
    let pace = Pace { tick: Duration::from_mins(1), ..quick() };
    let _running = running(&shelf, &wire, pace);
    tokio::time::sleep(Duration::from_millis(20)).await;
    shelf.put("a", 1);
    shelf.until_settled(1).await;
}

#[tokio::test]
async fn a_case_keeps_its_order() {
    let shelf = Shelf::default();
    let wire = Arc::new(Wire { takes: Duration::from_millis(3), ..Wire::default() });
    let ids: Vec<DeliveryId> = (0..6).map(|_| shelf.put("a", 1)).collect();
    let _running = running(&shelf, &wire, quick());
    shelf.until_settled(6).await;
    assert_eq!(shelf.settled(), ids);
    assert_eq!(wire.most.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn behind_one_that_failed_nothing_of_its_case_goes() {
    let shelf = Shelf::default();
    let wire = Arc::new(Wire { fails: Some("down"), ..Wire::default() });
    let first = shelf.put("down", 1);
    shelf.put("down", 1);
    let other = shelf.put("up", 1);
    let _running = running(&shelf, &wire, quick());
    shelf.until_settled(2).await;
    tokio::time::sleep(Duration::from_millis(60)).await;
    let settled: BTreeSet<DeliveryId> = shelf.settled().into_iter().collect();
    assert_eq!(settled, BTreeSet::from([first, other]));
}

#[tokio::test]
async fn the_store_may_go_away_and_come_back() {
    let shelf = Shelf::default();
    let wire = Arc::new(Wire { takes: Duration::from_millis(40), ..Wire::default() });
    shelf.put("a", 1);
    let _running = running(&shelf, &wire, quick());
    tokio::time::sleep(Duration::from_millis(20)).await;
    // It goes while a delivery is under way: the settlement waits for it.
    shelf.0.away.store(true, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(shelf.settled().is_empty());
    let looks = shelf.0.looks.load(Ordering::SeqCst);
    assert!((2..=12).contains(&looks), "{looks} looks: it waits longer each time");
    shelf.0.away.store(false, Ordering::SeqCst);
    shelf.until_settled(1).await;
    shelf.put("a", 2);
    shelf.until_settled(2).await;
    assert_eq!(wire.sent.lock().unwrap().len(), 2, "none was sent twice");
}

#[tokio::test]
async fn a_stop_finishes_what_is_under_way_and_begins_nothing() {
    let shelf = Shelf::default();
    let wire = Arc::new(Wire { takes: Duration::from_millis(80), ..Wire::default() });
    for _ in 0..3 {
        shelf.put("a", 1);
    }
    let running = running(&shelf, &wire, quick());
    tokio::time::sleep(Duration::from_millis(30)).await;
    running.stop.send(true).unwrap();
    running.task.await.unwrap();
    assert_eq!(shelf.settled().len(), 1);
    assert_eq!(wire.sent.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_stop_waits_no_longer_than_its_grace() {
    let shelf = Shelf::default();
    let wire = Arc::new(Wire { takes: Duration::from_mins(1), ..Wire::default() });
    shelf.put("a", 1);
    let running = running(&shelf, &wire, Pace { grace: Duration::from_millis(50), ..quick() });
    tokio::time::sleep(Duration::from_millis(30)).await;
    running.stop.send(true).unwrap();
    tokio::time::timeout(Duration::from_secs(2), running.task).await.expect("bounded").unwrap();
    assert!(shelf.settled().is_empty());
}

#[tokio::test]
async fn a_lease_that_is_nearly_over_is_not_begun() {
    let shelf = Shelf::default();
    let wire = Arc::new(Wire::default());
    shelf.put("a", 1);
    let _running = running(&shelf, &wire, Pace { lease_seconds: 5, ..quick() });
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(wire.sent.lock().unwrap().is_empty());
}
