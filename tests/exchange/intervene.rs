//! An operator's word about a delivery: who and why in the journal, and nothing without its bytes.

use regbridge::domain::id::{CaseId, DeliveryId};
use regbridge::domain::kind::Kind;
use regbridge::exchange::Refused;
use regbridge::exchange::delivery::{Leased, Outcome};
use regbridge::exchange::intervene::{Action, Intervened, Words};
use regbridge::exchange::view::{DeliveryFilter, DeliveryState};
use serde_json::{Value, json};

use crate::bed::{Bed, actor};
use crate::deliveries::{case_of, reply};
use crate::on_both;

async fn queued(bed: &Bed, agency: &str) -> (CaseId, DeliveryId) {
    let case = case_of(bed, agency).await;
    let posted = bed.gateway.reply(&actor(), &case, reply("已退款"), None).await.unwrap();
    (case, posted.delivery)
}

async fn due(bed: &Bed, id: &DeliveryId) -> Option<Leased> {
    let leased = bed.gateway.lease_deliveries("test", 30, 50, 50).await.unwrap();
    leased.into_iter().find(|leased| leased.id == *id)
}

async fn does(bed: &Bed, id: &DeliveryId, action: Action) -> Result<Intervened, Refused> {
    let words = |text: &str| text.parse::<Words>().unwrap();
    bed.gateway.intervene(id, action, &words("李工"), &words("对方来电要求")).await
}

async fn state(bed: &Bed, id: &DeliveryId) -> String {
    bed.gateway.delivery(id).await.unwrap().state
}

async fn erase(bed: &Bed, id: &DeliveryId) {
    const ERASE: &str = "UPDATE deliveries SET body = '' WHERE id = $1";
    let url = bed.url();
    if url.starts_with("sqlite:") {
        let erase = "UPDATE deliveries SET body = x'' WHERE id = $1";
        let pool = sqlx::SqlitePool::connect(&url).await.unwrap();
        sqlx::query(erase).bind(id.as_str()).execute(&pool).await.unwrap();
    } else {
        let pool = sqlx::PgPool::connect(&url).await.unwrap();
        sqlx::query(ERASE).bind(id.as_str()).execute(&pool).await.unwrap();
        pool.close().await;
    }
}

on_both! {
    async fn what_is_stopped_goes_nowhere_until_it_is_tried_again(bed: &Bed) {
        let (case, id) = queued(bed, "nb-amr").await;
        let done = does(bed, &id, Action::Stop).await.unwrap();
        assert_eq!((done.before, done.state, done.under_way), (DeliveryState::Queued, DeliveryState::GivenUp, false));
        assert!(due(bed, &id).await.is_none());
        let entry = bed.entries().await.pop().unwrap();
        assert_eq!((&entry["type"], &entry["action"]), (&json!("intervention"), &json!("stop")));
        assert_eq!((&entry["who"], &entry["why"]), (&json!("李工"), &json!("对方来电要求")));
        assert_eq!((&entry["before"], &entry["state"]), (&json!("queued"), &json!("given_up")));
        let event = bed.gateway.events(0, 100).await.unwrap().pop().unwrap();
        assert_eq!(event.event_type, "regbridge.complaint-reply.given_up");
        assert!(matches!(does(bed, &id, Action::Stop).await, Err(Refused::Delivery(_))), "it is settled");

        bed.advance(400 * 3_600_000);
        does(bed, &id, Action::Retry).await.unwrap();
        let leased = due(bed, &id).await.unwrap();
        assert_eq!((leased.attempt, leased.tried), (1, 1));
        let down = Outcome::RetryAfter { millis: None, status: Some(503), detail: "down".to_owned() };
        assert!(bed.gateway.settle(&leased, down).await.unwrap());
        assert_eq!(state(bed, &id).await, "queued", "its 72 hours begin anew");
        let listed = DeliveryFilter { case: Some(case), limit: 10, ..DeliveryFilter::default() };
        let listed = bed.gateway.deliveries(&listed).await.unwrap();
        assert!(listed.iter().any(|one| one.id == id && one.next_at.is_some()), "{listed:?}");
    }

    async fn a_retry_does_not_wait_for_the_backoff_and_leaves_what_is_being_sent(bed: &Bed) {
        let (_, id) = queued(bed, "nb-amr").await;
        let first = due(bed, &id).await.unwrap();
        let busy = does(bed, &id, Action::Retry).await;
        assert_eq!(busy.unwrap_err().name(), "delivery-state", "it is being sent");
        let down = Outcome::RetryAfter { millis: Some(3_600_000), status: Some(503), detail: "down".to_owned() };
        assert!(bed.gateway.settle(&first, down).await.unwrap());
        assert!(due(bed, &id).await.is_none());
        does(bed, &id, Action::Retry).await.unwrap();
        assert_eq!(due(bed, &id).await.unwrap().attempt, 2);
        let stopped = does(bed, &id, Action::Stop).await.unwrap();
        assert!(stopped.under_way, "it may arrive all the same");
    }

    async fn what_was_delivered_is_sent_once_more_as_it_was(bed: &Bed) {
        let (_, id) = queued(bed, "nb-amr").await;
        assert_eq!(does(bed, &id, Action::Replay).await.unwrap_err().name(), "delivery-state", "nobody had it");
        let first = due(bed, &id).await.unwrap();
        let done = || Outcome::Done { status: Some(200), detail: String::new(), said: None };
        assert!(bed.gateway.settle(&first, done()).await.unwrap());
        assert_eq!(does(bed, &id, Action::Retry).await.unwrap_err().name(), "delivery-state", "it arrived");
        does(bed, &id, Action::Replay).await.unwrap();
        let second = due(bed, &id).await.unwrap();
        assert_eq!((&second.id, &second.body, second.attempt), (&first.id, &first.body, 2));
        assert!(bed.gateway.settle(&second, done()).await.unwrap());
        let actions: Vec<Value> = bed.entries().await.into_iter().filter(|e| e["type"] == "intervention").collect();
        assert_eq!(actions.len(), 1, "what is refused is not done");
        assert_eq!((&actions[0]["action"], &actions[0]["before"]), (&json!("replay"), &json!("received")));
    }

    async fn what_was_erased_cannot_be_sent_again(bed: &Bed) {
        let (_, id) = queued(bed, "nb-amr").await;
        let first = due(bed, &id).await.unwrap();
        let done = Outcome::Done { status: Some(200), detail: String::new(), said: None };
        assert!(bed.gateway.settle(&first, done).await.unwrap());
        erase(bed, &id).await;
        let size = bed.gateway.journal_size().await.unwrap();
        let gone = does(bed, &id, Action::Replay).await.unwrap_err();
        assert_eq!(gone.name(), "body-gone");
        assert!(gone.to_string().contains("erased"), "{gone}");
        assert_eq!((state(bed, &id).await.as_str(), bed.gateway.journal_size().await.unwrap()), ("received", size));
    }

    async fn what_is_fetched_is_not_sent(bed: &Bed) {
        let (_, id) = queued(bed, "hz-amr").await;
        let pull = async || bed.gateway.pull(&bed.agency("hz-amr"), Kind::ComplaintReply, 0).await.unwrap().body;
        for action in [Action::Retry, Action::Replay] {
            assert_eq!(does(bed, &id, action).await.unwrap_err().name(), "delivery-state", "{action:?}");
        }
        does(bed, &id, Action::Stop).await.unwrap();
        assert_eq!(pull().await, None, "what is stopped is not given out");
        does(bed, &id, Action::Retry).await.unwrap();
        assert!(pull().await.is_some());
        assert_eq!(state(bed, &id).await, "sent");
    }
}

#[test]
fn words_for_the_journal_are_one_line() {
    for bad in ["", "  ", "a\nb", "a\u{2028}b"] {
        assert!(bad.parse::<Words>().is_err(), "{bad:?}");
    }
    assert!("字".repeat(201).parse::<Words>().is_err() && "字".repeat(200).parse::<Words>().is_ok());
}
