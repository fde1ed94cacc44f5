//! Retention and legal hold: what goes when its time is over, what stays for ever, what nobody may remove.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use regbridge::clock::{Clock as _, Timestamp};
use regbridge::domain::id::CaseId;
use regbridge::domain::kind::Kind;
use regbridge::exchange::Refused;
use regbridge::exchange::attachments::Party;
use regbridge::exchange::delivery::Outcome;
use regbridge::exchange::keep::{Mode, Retention};
use regbridge::exchange::view::CaseFilter;
use serde_json::{Value, json};

use crate::bed::{Bed, actor, batch, closures, message, receipt};
use crate::deliveries::reply;
use crate::on_both;

const NUMBER: &str = "3301060020261123000000017";
const DIGEST: &str = "<Sha256>2a97516c354b68848cdbd8f54a226a0a55b21ed138e207ad6c5cbb9c00aa5aea</Sha256>";
const JPEG: &[u8] = b"\xFF\xD8\xFF\xE0\0\x10JFIF\0\x01 a photograph of rust";
const DAY: i64 = 24 * 3_600_000;
pub(crate) const THREE_YEARS: i64 = 3 * 366 * DAY;

fn order(id: &str) -> Vec<u8> {
    let content = format!("<Content>{}</Content>", STANDARD.encode(JPEG));
    message("order-full.xml", &[("hz-amr-20261123-0001", id), (NUMBER, NUMBER), (DIGEST, &content)])
}

fn three_years() -> Retention {
    Retention::new([("complaint".to_owned(), 3)])
}

pub(crate) async fn run(bed: &Bed, mode: Mode) -> String {
    bed.gateway.remove_expired(&three_years(), mode, bed.clock.now()).await.unwrap()
}

async fn case(bed: &Bed, number: &str) -> CaseId {
    let filter =
        CaseFilter { registration_number: Some(number.to_owned()), limit: 2, ..CaseFilter::default() };
    bed.gateway.cases(&filter).await.unwrap().remove(0).id
}

/// The webhook takes everything that is due.
pub(crate) async fn told(bed: &Bed) {
    loop {
        let leased = bed.gateway.lease_deliveries("test", 30, 50, 50).await.unwrap();
        if leased.is_empty() {
            return;
        }
        for one in leased {
            let done = Outcome::Done { status: Some(200), detail: String::new(), said: None };
            assert!(bed.gateway.settle(&one, done).await.unwrap());
        }
    }
}

async fn records(bed: &Bed, case: &CaseId) -> Vec<Value> {
    let detail = bed.gateway.case(&actor(), case).await.unwrap();
    detail.records.into_iter().map(|record| record.record).collect()
}

fn is_removed(record: &Value) -> bool {
    record["removed"]["words"].is_string() && record.as_object().unwrap().len() == 2
}

async fn removals(bed: &Bed) -> Vec<Value> {
    bed.entries().await.into_iter().filter(|entry| entry["type"] == "removal").collect()
}

on_both! {
    async fn what_was_kept_long_enough_goes_and_what_proves_it_stays(bed: &Bed) {
        let answer = bed.send("photos", order("m-1")).await.unwrap();
        let one = case(bed, NUMBER).await;
        let posted = bed.gateway.reply(&actor(), &one, reply("已退款"), Some("k-1")).await.unwrap();
        let agency = bed.agency("photos");
        bed.send("photos", closures("c-1", &[NUMBER.to_owned()])).await.unwrap();
        told(bed).await;
        bed.advance(THREE_YEARS - DAY);
        assert!(run(bed, Mode::Remove).await.starts_with("removed what 0 cases held"), "a day is left");
        bed.advance(2 * DAY);
        let line = run(bed, Mode::Remove).await;
        assert!(line.contains(" 0 cases ") && line.contains("1 with something still"), "its reply waits: {line}");
        let page = bed.gateway.pull(&agency, Kind::ComplaintReply, 0).await.unwrap();
        bed.gateway.pull(&agency, Kind::ComplaintReply, page.next).await.unwrap();
        told(bed).await;

        let size = bed.gateway.journal_size().await.unwrap();
        assert!(run(bed, Mode::Look).await.starts_with("1 cases would go"));
        assert_eq!(bed.gateway.journal_size().await.unwrap(), size, "looking changes nothing");
        assert_eq!(bed.sealed().len(), 1);
        assert!(bed.gateway.submission_body(&actor(), &answer.submission).await.is_ok());

        let line = run(bed, Mode::Remove).await;
        assert!(line.starts_with("removed what 1 cases held: 3 records, 2 submissions,"), "{line}");
        assert!(line.contains(" 1 files"), "{line}");
        assert!(bed.sealed().is_empty(), "{:?}", bed.sealed());
        assert!(bed.gateway.attachments(&Party::Platform(actor()), &one).await.unwrap().is_empty());
        let left = records(bed, &one).await;
        assert!(left.len() == 3 && left.iter().all(is_removed), "{left:?}");
        let body = bed.gateway.submission_body(&actor(), &answer.submission).await;
        assert!(matches!(body, Err(Refused::NotFound)), "{body:?}");
        let after = bed.gateway.pull(&agency, Kind::ComplaintReply, 0).await.unwrap();
        assert_eq!(after.body, None, "an earlier cursor finds no empty message");
        let entries = removals(bed).await;
        assert_eq!(entries.len(), 1);
        assert_eq!((&entries[0]["case"], &entries[0]["years"], &entries[0]["files"]), (&json!(one), &json!(3), &json!(1)));

        // For ever: the same message has the same receipt, the same reply the same answer, another is told apart.
        let again = bed.send("photos", order("m-1")).await.unwrap();
        assert!(again.duplicate);
        assert_eq!((again.receipt, again.submission), (answer.receipt, answer.submission));
        let other = bed.send("photos", closures("m-1", &[NUMBER.to_owned()])).await;
        assert!(matches!(other, Err(Refused::Conflict { .. })), "{other:?}");
        let same = bed.gateway.reply(&actor(), &one, reply("已退款"), Some("k-1")).await.unwrap();
        assert!(same.duplicate);
        assert_eq!((same.record, same.body), (posted.record, posted.body));
        let differs = bed.gateway.reply(&actor(), &one, reply("未退款"), Some("k-1")).await;
        assert!(matches!(differs, Err(Refused::Conflict { .. })), "{differs:?}");

        let line = run(bed, Mode::Remove).await;
        assert!(line.starts_with("removed what 0 cases held: 0 records"), "once: {line}");
        assert_eq!(removals(bed).await.len(), 1);
    }

    async fn a_case_under_hold_stays_and_so_does_the_message_it_came_in(bed: &Bed) {
        let numbers: Vec<String> = (1..=70).map(|index| format!("33010600202611230000{index:05}")).collect();
        let answer = bed.send("hz-amr", batch("m-1", &numbers, &[])).await.unwrap();
        bed.send("hz-amr", closures("c-1", &numbers[..69])).await.unwrap();
        told(bed).await;
        let (held, gone, open) =
            (case(bed, &numbers[0]).await, case(bed, &numbers[1]).await, case(bed, &numbers[69]).await);
        let (who, why) = ("法务 王", "仲裁未结");
        let words = |text: &str| text.parse::<regbridge::exchange::intervene::Words>().unwrap();
        assert!(bed.gateway.hold(&held, &words(who), &words(why)).await.unwrap());
        assert!(!bed.gateway.hold(&held, &words("李"), &words("再来")).await.unwrap(), "the first word stands");
        let nobody = CaseId::parse("01900000-0000-7000-8000-000000000000").unwrap();
        let unknown = bed.gateway.hold(&nobody, &words(who), &words(why)).await;
        assert!(matches!(unknown, Err(Refused::NotFound)));
        let holds = bed.gateway.holds(None, 10).await.unwrap();
        assert_eq!(holds.len(), 1);
        assert_eq!((&holds[0].case, &*holds[0].who, &*holds[0].why), (&held, who, why));
        let entry = bed.entries().await.swap_remove(usize::try_from(holds[0].journal_index).unwrap());
        assert_eq!((&entry["type"], &entry["case"], &entry["why"]), (&json!("hold"), &json!(held), &json!(why)));

        bed.advance(THREE_YEARS + DAY);
        let line = run(bed, Mode::Remove).await;
        assert!(line.starts_with("removed what 68 cases held: 136 records, 0 submissions"), "{line}");
        assert!(line.ends_with("1 under hold, 0 with something still to be delivered"), "{line}");
        assert!(records(bed, &gone).await.iter().all(is_removed));
        assert!(!records(bed, &held).await.iter().any(is_removed));
        assert!(!records(bed, &open).await.iter().any(is_removed), "it has not ended");
        assert!(bed.gateway.submission_body(&actor(), &answer.submission).await.is_ok(), "it holds the held one's record");
        // A record that comes again in another message is known as before, removed or not.
        let again = bed.send("hz-amr", batch("m-2", &numbers[..2], &[])).await.unwrap();
        let again = receipt(&again.receipt);
        let outcomes: Vec<&str> =
            again["records"].as_array().unwrap().iter().map(|one| one["outcome"].as_str().unwrap()).collect();
        assert_eq!(outcomes, ["duplicate", "duplicate"], "{again}");

        assert!(bed.gateway.release_hold(&held, &words(who), &words("裁决已生效")).await.unwrap());
        assert!(!bed.gateway.release_hold(&held, &words(who), &words("裁决已生效")).await.unwrap());
        assert_eq!(bed.entries().await.pop().unwrap()["type"], "hold-end");
        let line = run(bed, Mode::Remove).await;
        assert!(line.starts_with("removed what 1 cases held: 2 records, 1 submissions"), "the closures: {line}");
        assert!(bed.gateway.submission_body(&actor(), &answer.submission).await.is_ok(), "one case is still open");
    }

    async fn a_case_that_goes_on_is_kept_anew(bed: &Bed) {
        let numbers = ["3301060020261123000000018".to_owned()];
        bed.send("hz-amr", batch("m-1", &numbers, &[])).await.unwrap();
        bed.send("hz-amr", closures("c-1", &numbers)).await.unwrap();
        told(bed).await;
        let one = case(bed, &numbers[0]).await;
        bed.advance(THREE_YEARS + DAY);
        let early = Timestamp::from_micros(0);
        let line = bed.gateway.remove_expired(&three_years(), Mode::Remove, early).await.unwrap();
        assert!(line.contains(" 0 cases "), "what counts is the time it was scheduled for: {line}");
        let none = bed.gateway.remove_expired(&Retention::default(), Mode::Remove, bed.clock.now()).await.unwrap();
        assert!(none.contains(" 0 cases "), "for ever unless somebody says otherwise: {none}");
        assert!(run(bed, Mode::Remove).await.contains(" 1 cases "));
        // The bureau reopens it: a complaint that was removed is answered like any other.
        let returned = message("closure-returned.xml", &[]);
        let text = regbridge::wire::encoding::decode(&returned, regbridge::wire::encoding::Encoding::Gb18030).unwrap();
        let text = text.replace(NUMBER, &numbers[0]);
        bed.send("hz-amr", regbridge::wire::encoding::encode(&text, regbridge::wire::encoding::Encoding::Gb18030).unwrap())
            .await
            .unwrap();
        let posted = bed.gateway.reply(&actor(), &one, reply("已退款"), None).await.unwrap();
        assert_eq!(posted.state, "replied");
        bed.send("hz-amr", closures("c-2", &numbers)).await.unwrap();
        let agency = bed.agency("hz-amr");
        let page = bed.gateway.pull(&agency, Kind::ComplaintReply, 0).await.unwrap();
        bed.gateway.pull(&agency, Kind::ComplaintReply, page.next).await.unwrap();
        told(bed).await;
        bed.advance(THREE_YEARS - DAY);
        assert!(run(bed, Mode::Remove).await.contains(" 0 cases "), "its time begins anew");
        bed.advance(2 * DAY);
        let line = run(bed, Mode::Remove).await;
        assert!(line.starts_with("removed what 1 cases held: 3 records"), "{line}");
        assert!(records(bed, &one).await.iter().all(is_removed));
        assert_eq!(removals(bed).await.len(), 2);
    }
}
