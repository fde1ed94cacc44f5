//! An agency that is pushed to at an hour of its own: nothing before it, urgent matters at once.

use regbridge::clock::{Clock as _, Timestamp};
use regbridge::domain::agency::Agency;
use regbridge::domain::id::DeliveryId;
use regbridge::domain::registry::{Entrant, Registry};
use regbridge::exchange::delivery::{Leased, Outcome};
use regbridge::exchange::intervene::{Action, Words};
use regbridge::exchange::view::CaseFilter;

use crate::bed::{Bed, MINIMAL, actor, message};
use crate::deliveries::reply;
use crate::on_both;

const HOUR: i64 = 3_600_000;

/// The bureau of Ningbo, with these hours.
fn at(bed: &Bed, hours: &str) {
    let agency =
        Agency { deliver: Some(toml::from_str(hours).unwrap()), ..Agency::clone(&bed.agency("nb-amr")) };
    bed.gateway.replace_registry(Registry::new(2, vec![Entrant { agency, secret: None }]).unwrap());
}

/// A complaint of this number, as urgent as that code says, and the platform's reply to it.
async fn replied(bed: &Bed, number: &str, priority: &str) -> DeliveryId {
    let priority = format!("</Facts><Priority>{priority}</Priority>");
    let changes = [
        ("hz-amr-20261123-0002", number),
        ("3301060020261123000000018", number),
        ("<RegionCode>330106", "<RegionCode>330206"),
        ("</Facts>", &priority),
    ];
    bed.send("nb-amr", message(MINIMAL, &changes)).await.unwrap();
    let registration_number = Some(number.to_owned());
    let filter = CaseFilter { registration_number, limit: 2, ..CaseFilter::default() };
    let case = bed.gateway.cases(&filter).await.unwrap().remove(0).id;
    bed.gateway.reply(&actor(), &case, reply("已退款"), None).await.unwrap().delivery
}

/// What may go to the bureau now; it stays leased.
async fn due(bed: &Bed) -> Vec<Leased> {
    let leased = bed.gateway.lease_deliveries("test", 30, 50, 50).await.unwrap();
    leased.into_iter().filter(|one| one.destination.to_text() == "agency:nb-amr").collect()
}

fn ids(leased: &[Leased]) -> Vec<DeliveryId> {
    leased.iter().map(|one| one.id.clone()).collect()
}

fn to(bed: &Bed, time: &str) {
    let at = Timestamp::parse(&format!("{time}+08:00")).unwrap();
    bed.clock.advance_millis(at.millis_since(bed.clock.now()));
}

async fn next(bed: &Bed, id: &DeliveryId) -> Option<String> {
    bed.gateway.delivery(id).await.unwrap().next_at.map(|at| at.at_offset(8 * 3600))
}

const NUMBERS: [&str; 3] =
    ["3302060020261123000000001", "3302060020261123000000002", "3302060020261123000000003"];

on_both! {
    async fn what_waits_is_due_at_the_agencys_hour_and_not_before(bed: &Bed) {
        at(bed, "at = '0 17 * * *'\nworking_days = true");
        to(bed, "2026-11-27T10:00:00");
        let friday = [replied(bed, NUMBERS[0], "1").await, replied(bed, NUMBERS[1], "2").await];
        for one in &friday {
            assert_eq!(next(bed, one).await.as_deref(), Some("2026-11-27T17:00:00+08:00"), "urgent ones wait too");
        }
        to(bed, "2026-11-27T16:59:59");
        assert_eq!(ids(&due(bed).await), []);
        to(bed, "2026-11-27T17:00:00");
        let leased = due(bed).await;
        assert_eq!(ids(&leased), friday, "all that waited, in order");
        // One comes too late for Friday, and Saturday is no working day.
        let late = replied(bed, NUMBERS[2], "1").await;
        assert_eq!(next(bed, &late).await.as_deref(), Some("2026-11-30T17:00:00+08:00"));
        // What failed goes by its backoff, whatever the hour.
        let down = || Outcome::RetryAfter { millis: None, status: Some(503), detail: "down".to_owned() };
        for one in &leased {
            assert!(bed.gateway.settle(one, down()).await.unwrap());
        }
        bed.advance(2 * HOUR);
        assert_eq!(ids(&due(bed).await).len(), 2);
        // An operator does not wait for the hour.
        let words = |text: &str| text.parse::<Words>().unwrap();
        bed.gateway.intervene(&late, Action::Retry, &words("李工"), &words("对方来电")).await.unwrap();
        assert_eq!(ids(&due(bed).await), [late]);
    }

    async fn what_is_urgent_passes_where_the_agency_says_so(bed: &Bed) {
        at(bed, "at = '0 3 * * 6'\nquiet = '22:00-06:00'\nurgent = true");
        let waits = replied(bed, NUMBERS[0], "1").await;
        let urgent = replied(bed, NUMBERS[1], "2").await;
        assert_eq!(ids(&due(bed).await), [urgent], "at once");
        // Three on Saturday, and quiet until six.
        assert_eq!(next(bed, &waits).await.as_deref(), Some("2026-11-28T06:00:00+08:00"));
        to(bed, "2026-11-28T05:59:00");
        assert!(!ids(&due(bed).await).contains(&waits));
        to(bed, "2026-11-28T06:00:00");
        let leased = due(bed).await.into_iter().find(|one| one.id == waits).unwrap();
        // It waited for five days; its three days of attempts begin now.
        assert_eq!(leased.since, bed.clock.now());
    }
}
