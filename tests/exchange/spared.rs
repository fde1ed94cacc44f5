//! A destination that fails is left alone, one that has a rate is kept to it, and none takes everybody's place.

use std::collections::BTreeMap;
use std::sync::Arc;

use regbridge::clock::SystemChance;
use regbridge::domain::agency::Agency;
use regbridge::domain::registry::{Entrant, Registry};
use regbridge::exchange::delivery::{Destination, Leased, Outcome};
use regbridge::exchange::intervene::Action;
use regbridge::exchange::view::CaseFilter;
use regbridge::store::{Store, Target};

use crate::bed::{Bed, MINIMAL, actor, message};
use crate::deliveries::reply;
use crate::on_both;

/// So many replies to a bureau that are pushed, each of a case of its own.
async fn replies(bed: &Bed, count: usize) {
    for number in 0..count {
        let order = [
            ("<RegionCode>330106", "<RegionCode>330206"),
            ("3301060020261123000000018", &*format!("33010600202611230000{number:05}")),
            ("hz-amr-20261123-0002", &*format!("m-{number}")),
        ];
        bed.send("nb-amr", message(MINIMAL, &order)).await.unwrap();
    }
    let filter = CaseFilter { limit: 200, ..CaseFilter::default() };
    for case in bed.gateway.cases(&filter).await.unwrap() {
        bed.gateway.reply(&actor(), &case.id, reply("已退款"), None).await.unwrap();
    }
}

async fn lease(bed: &Bed, limit: u32, share: u32) -> Vec<Leased> {
    bed.gateway.lease_deliveries("test", 90, limit, share).await.unwrap()
}

fn to_agency(leased: Vec<Leased>) -> Vec<Leased> {
    leased.into_iter().filter(|leased| matches!(leased.destination, Destination::Agency(_))).collect()
}

fn down(millis: Option<i64>, status: Option<u16>) -> Outcome {
    Outcome::RetryAfter { millis, status, detail: "timed out".to_owned() }
}

fn done() -> Outcome {
    Outcome::Done { status: Some(200), detail: String::new(), said: None }
}

on_both! {
    async fn after_five_failures_nothing_goes_there_but_one_trial(bed: &Bed) {
        replies(bed, 9).await;
        let leased = to_agency(lease(bed, 99, 99).await);
        assert_eq!(leased.len(), 9);
        for (count, one) in leased.iter().take(6).enumerate() {
            assert!(bed.gateway.breakers().await.unwrap().iter().all(|b| count >= 5 || b.open_until.is_none()));
            assert!(bed.gateway.settle(one, down(None, None)).await.unwrap());
        }
        let open = bed.gateway.breakers().await.unwrap().remove(0);
        assert_eq!((open.destination.as_str(), open.failures), ("agency:nb-amr", 6));
        assert!(open.open_until.is_some() && open.detail.as_deref() == Some("timed out"));
        // Their leases are over and their backoffs, too, but nothing goes there.
        bed.advance(20_000);
        assert!(to_agency(lease(bed, 99, 99).await).is_empty());
        bed.advance(11_000);
        let trial = to_agency(lease(bed, 99, 99).await);
        assert_eq!(trial.len(), 1, "one, as a trial");
        bed.advance(5_000);
        assert!(to_agency(lease(bed, 99, 99).await).is_empty(), "while it is under way no other");
        assert!(bed.gateway.settle(&trial[0], down(None, None)).await.unwrap());
        // A restart does not forget it.
        let target = Target::parse(&bed.url()).unwrap();
        let store = Store::open(&target, Arc::new(SystemChance)).await.unwrap();
        let kept = store.read("test", async |mut tx: regbridge::store::Tx| tx.breakers().await).await.unwrap();
        assert_eq!((kept[0].openings, kept[0].failures), (2, 7));
        store.close().await;
        bed.advance(44_000);
        assert!(to_agency(lease(bed, 99, 99).await).is_empty(), "longer than the first time");
        bed.advance(60_000);
        let trial = to_agency(lease(bed, 99, 99).await);
        assert_eq!(trial.len(), 1);
        assert!(bed.gateway.settle(&trial[0], done()).await.unwrap());
        assert!(bed.gateway.breakers().await.unwrap().is_empty());
        bed.advance(3_600_000);
        assert_eq!(to_agency(lease(bed, 99, 99).await).len(), 8, "all the others");
    }

    async fn a_refusal_or_a_busy_peer_is_no_failure_of_the_destination(bed: &Bed) {
        replies(bed, 6).await;
        for one in to_agency(lease(bed, 99, 99).await) {
            assert!(bed.gateway.settle(&one, down(None, Some(409))).await.unwrap());
        }
        assert!(bed.gateway.breakers().await.unwrap().is_empty());
    }

    async fn a_retry_tries_at_once_what_is_left_alone(bed: &Bed) {
        replies(bed, 6).await;
        let leased = to_agency(lease(bed, 99, 99).await);
        for one in leased.iter().take(5) {
            assert!(bed.gateway.settle(one, down(Some(3_600_000), Some(503))).await.unwrap());
        }
        bed.advance(120_000);
        assert!(to_agency(lease(bed, 99, 99).await).is_empty(), "the peer asked for an hour");
        let word = |text: &str| text.parse().unwrap();
        bed.gateway.intervene(&leased[0].id, Action::Retry, &word("li"), &word("it is back")).await.unwrap();
        assert_eq!(to_agency(lease(bed, 99, 99).await).len(), 1);
    }

    async fn one_destination_does_not_take_every_place(bed: &Bed) {
        replies(bed, 12).await;
        // The webhook has as many events waiting; both get their share and no more.
        let first = lease(bed, 8, 3).await;
        let mut of: BTreeMap<String, usize> = BTreeMap::new();
        for leased in &first {
            *of.entry(leased.destination.to_text()).or_default() += 1;
        }
        let share = BTreeMap::from([("agency:nb-amr".to_owned(), 3), ("webhook:cases".to_owned(), 3)]);
        assert_eq!(of, share);
        assert!(lease(bed, 8, 3).await.is_empty(), "what is in hand counts");
        let settled = first.iter().find(|leased| matches!(leased.destination, Destination::Agency(_))).unwrap();
        assert!(bed.gateway.settle(settled, done()).await.unwrap());
        assert_eq!(lease(bed, 8, 3).await.len(), 1);
    }

    async fn a_rate_is_kept_by_all_workers_together(bed: &Bed) {
        let slow = Agency { deliveries_per_minute: Some(120), ..Agency::clone(&bed.agency("nb-amr")) };
        let known = bed.gateway.registry();
        let others = known.agencies().filter(|agency| agency.id != slow.id);
        let mut entrants: Vec<Entrant> =
            others.map(|agency| Entrant { agency: Agency::clone(agency), secret: None }).collect();
        entrants.push(Entrant { agency: slow, secret: None });
        bed.gateway.replace_registry(Registry::new(2, entrants).unwrap());
        replies(bed, 9).await;
        let begun = async |holder: &str| {
            to_agency(bed.gateway.lease_deliveries(holder, 90, 99, 99).await.unwrap()).len()
        };
        assert_eq!((begun("one").await, begun("two").await), (2, 0), "a second's worth");
        bed.advance(500);
        assert_eq!((begun("two").await, begun("one").await), (1, 0));
        bed.advance(60_000);
        assert_eq!(begun("one").await, 2, "nothing is saved up");
    }

    async fn who_stalls_past_the_lease_finishes_nothing_of_anothers(bed: &Bed) {
        replies(bed, 1).await;
        let stalled = to_agency(lease(bed, 99, 99).await).remove(0);
        bed.advance(90_000);
        let second = to_agency(bed.gateway.lease_deliveries("other", 90, 99, 99).await.unwrap()).remove(0);
        assert_eq!((&second.id, second.attempt), (&stalled.id, 2));
        let size = bed.gateway.journal_size().await.unwrap();
        for late in [done(), down(None, None)] {
            assert!(!bed.gateway.settle(&stalled, late).await.unwrap());
        }
        assert_eq!(bed.gateway.journal_size().await.unwrap(), size, "nothing was written");
        assert!(bed.gateway.breakers().await.unwrap().is_empty());
        assert_eq!(bed.gateway.delivery(&second.id).await.unwrap().attempts.len(), 0);
        assert!(bed.gateway.settle(&second, done()).await.unwrap());
        assert_eq!(bed.gateway.delivery(&second.id).await.unwrap().attempts[0].number, 2);
    }
}
