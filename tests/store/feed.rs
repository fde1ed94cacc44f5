//! Feeds: what makes a page, what takes the place of what, windows, and the answers to postings.

use regbridge::domain::id::{DeliveryId, RecordId};
use regbridge::domain::kind::Kind;
use regbridge::store::StoreError;
use regbridge::store::delivery::{DeliveryState, NewDelivery};
use regbridge::store::feed::{FeedItem, FeedWindow, Stretch};
use regbridge::store::record::Record;

use crate::bed::{Bed, agency, at, case, delivery, record, run};

struct Laid {
    new: Vec<NewDelivery>,
    records: Vec<Record>,
}

/// Deliveries to one agency, one for each pair of region and journal index, each with a record of its own.
async fn laid(bed: &Bed, places: &[(&str, u64)]) -> Laid {
    let (mut cases, mut new, mut records) = (Vec::new(), Vec::new(), Vec::new());
    for (region, index) in places {
        let mut one = case("hz-amr", &format!("n-{index}"));
        one.region = regbridge::domain::region::Region::parse(region).unwrap();
        let seconds = i64::try_from(*index).unwrap();
        let mut out = delivery("agency:a", &one, None);
        (out.journal_index, out.created_at) = (*index, at(seconds));
        out.body = format!("<Reply>{index}</Reply>").into_bytes();
        let mut what = record(&one, None);
        what.journal_index = *index;
        cases.push(one);
        new.push(out);
        records.push(what);
    }
    run(&bed.store, async |mut tx| {
        tx.insert_cases(&cases).await?;
        tx.insert_records(&records).await?;
        tx.insert_deliveries(&new).await.map(drop)
    })
    .await
    .unwrap();
    Laid { new, records }
}

fn item(laid: &Laid, place: usize, number: Option<&str>, supersedes: Option<&str>) -> FeedItem {
    FeedItem {
        delivery: laid.new[place].id.clone(),
        record: RecordId::parse(laid.records[place].id.as_str()).unwrap(),
        destination: "agency:a".to_owned(),
        categories: vec!["food".to_owned(), "饮料".to_owned()],
        number: number.map(str::to_owned),
        supersedes: supersedes.map(str::to_owned),
    }
}

pub(crate) const WHOLE: Stretch<'static> = Stretch {
    destination: "agency:a",
    kind: "complaint-reply",
    after: 0,
    through: u64::MAX,
    region: "",
    superseded: false,
};

async fn sequences(bed: &Bed, of: Stretch<'_>, limit: u32) -> Vec<u64> {
    let keys = run(&bed.store, async |mut tx| tx.feed_keys(of, limit).await).await.unwrap();
    keys.iter().map(|key| key.sequence).collect()
}

pub(crate) async fn finds_a_stretch_by_region_in_order(bed: &Bed) {
    let laid = laid(bed, &[("330106", 1), ("330200", 2), ("330102", 3), ("330106", 4)]).await;
    let items = [item(&laid, 0, None, None)];
    run(&bed.store, async |mut tx| tx.insert_feed_items(&items, at(9)).await).await.unwrap();
    assert_eq!(sequences(bed, WHOLE, 99).await, [1, 2, 3, 4]);
    assert_eq!(sequences(bed, WHOLE, 2).await, [1, 2]);
    assert_eq!(sequences(bed, Stretch { after: 1, through: 3, ..WHOLE }, 99).await, [2, 3]);
    assert_eq!(sequences(bed, Stretch { region: "3301", ..WHOLE }, 99).await, [1, 3, 4]);
    assert_eq!(sequences(bed, Stretch { region: "330106", ..WHOLE }, 99).await, [1, 4]);
    assert_eq!(sequences(bed, Stretch { kind: "lead", ..WHOLE }, 99).await, [0; 0]);
    let keys = run(&bed.store, async |mut tx| tx.feed_keys(WHOLE, 2).await).await.unwrap();
    assert_eq!(keys[0].categories, ["food", "饮料"]);
    assert_eq!((keys[1].categories.len(), keys[1].region.as_str()), (0, "330200"), "older than the table");
    assert_eq!((keys[0].size, keys[0].created_at), (16, at(1)));
    let ids = [laid.new[2].id.clone(), laid.new[0].id.clone()];
    let bodies = run(&bed.store, async |mut tx| tx.feed_bodies(&ids).await).await.unwrap();
    assert_eq!(bodies.iter().map(|body| body.sequence).collect::<Vec<_>>(), [1, 3]);
    assert_eq!((&bodies[1].body, &bodies[1].case), (&laid.new[2].body, &laid.new[2].case));
    assert_eq!(bodies[1].salt, [7; 32]);
    let json: serde_json::Value = serde_json::from_str(bodies[1].record.as_deref().unwrap()).unwrap();
    assert_eq!(json["facts"], "假货", "its own record, by case and journal entry");
    let since = async |seconds| {
        run(&bed.store, async |mut tx| tx.feed_since("agency:a", "complaint-reply", at(seconds)).await)
            .await
            .unwrap()
    };
    assert_eq!((since(0).await, since(3).await, since(99).await), (0, 2, 4));
    let end =
        async |kind: &str| run(&bed.store, async |mut tx| tx.feed_end("agency:a", kind).await).await.unwrap();
    assert_eq!((end("complaint-reply").await, end("lead").await), (4, 0));
}

pub(crate) async fn leaves_out_what_another_takes_the_place_of(bed: &Bed) {
    let laid = laid(bed, &[("330106", 1), ("330106", 2), ("330106", 3)]).await;
    let insert = async |items: Vec<FeedItem>| {
        run(&bed.store, async |mut tx| tx.insert_feed_items(&items, at(9)).await).await.unwrap();
    };
    let state = async |place: usize| {
        let id = laid.new[place].id.clone();
        let found = run(&bed.store, async |mut tx| tx.delivery(&id).await).await.unwrap().unwrap();
        (found.state, found.settled_by)
    };
    insert(vec![item(&laid, 0, Some("R-1"), None)]).await;
    assert_eq!(sequences(bed, WHOLE, 9).await, [1, 2, 3]);
    insert(vec![item(&laid, 1, Some("R-2"), Some("R-1"))]).await;
    assert_eq!(sequences(bed, WHOLE, 9).await, [2, 3]);
    assert_eq!(sequences(bed, Stretch { superseded: true, ..WHOLE }, 9).await, [1, 2, 3]);
    assert_eq!(state(0).await, (DeliveryState::GivenUp, Some("superseded".to_owned())), "nobody has it yet");
    assert_eq!(state(1).await, (DeliveryState::Queued, None));
    // One that comes after what takes its place.
    let id = [laid.new[2].id.clone()];
    run(&bed.store, async |mut tx| tx.hand_over(&id).await).await.unwrap();
    insert(vec![item(&laid, 2, Some("R-1"), None)]).await;
    assert_eq!(sequences(bed, WHOLE, 9).await, [2]);
    assert_eq!(state(2).await, (DeliveryState::Sent, None), "what was handed over was");
}

pub(crate) async fn confirms_just_what_is_named(bed: &Bed) {
    let laid = laid(bed, &[("330106", 1), ("330106", 2), ("330106", 3)]).await;
    let ids: Vec<DeliveryId> = laid.new.iter().map(|new| new.id.clone()).collect();
    let hand_over =
        async |ids: &[DeliveryId]| run(&bed.store, async |mut tx| tx.hand_over(ids).await).await.unwrap();
    let confirm = async |ids: &[DeliveryId]| {
        run(&bed.store, async |mut tx| tx.confirm(ids, at(9)).await).await.unwrap()
    };
    assert_eq!((hand_over(&ids[..2]).await, hand_over(&ids[..2]).await, hand_over(&[]).await), (2, 0, 0));
    assert_eq!(
        (confirm(&ids[1..]).await, confirm(&ids[1..]).await),
        (1, 0),
        "the third was never handed over"
    );
    let all = run(&bed.store, async |mut tx| tx.delivery(&ids[1]).await).await.unwrap().unwrap();
    assert_eq!(
        (all.state, all.settled_at, all.settled_by.as_deref()),
        (DeliveryState::Received, Some(at(9)), Some("pull"))
    );
}

pub(crate) async fn keeps_windows_and_answers(bed: &Bed) {
    let window = |journal_index: u64, purpose: &str| FeedWindow {
        journal_index,
        agency: agency("hz-fda"),
        kind: Kind::InspectionResult,
        purpose: purpose.to_owned(),
        region: (journal_index == 0).then(|| "330106".to_owned()),
        category: None,
        number: journal_index + 1,
        from: 0,
        to: 5,
        count: 5,
        root: [1; 32],
        previous: [2; 32],
        note: "note\n".to_owned(),
        at: at(3),
    };
    let all = [window(0, "page"), window(1, "report"), window(2, "report"), window(3, "page")];
    for one in &all {
        run(&bed.store, async |mut tx| tx.insert_feed_window(one).await).await.unwrap();
    }
    let page = async |after, limit| {
        let (who, kind) = (agency("hz-fda"), Kind::InspectionResult);
        run(&bed.store, async |mut tx| tx.feed_windows(&who, kind, after, limit).await).await.unwrap()
    };
    assert_eq!(page(None, 2).await, all[..2]);
    assert_eq!(page(Some(1), 9).await, all[2..]);
    let last = async |kind| {
        run(&bed.store, async |mut tx| tx.last_report(&agency("hz-fda"), kind).await).await.unwrap()
    };
    assert_eq!(last(Kind::InspectionResult).await.as_ref(), Some(&all[2]));
    assert_eq!(last(Kind::EnforcementLead).await, None);
    let wrong = window(9, "other");
    assert!(run(&bed.store, async |mut tx| tx.insert_feed_window(&wrong).await).await.is_err());

    let put = async |answer: &str| {
        run(&bed.store, async |mut tx| tx.insert_posting("k-1", &[3; 32], answer, at(1)).await).await
    };
    put("[]").await.unwrap();
    assert!(matches!(put("[1]").await, Err(StoreError::Taken(_))));
    let get = async |key: &str| run(&bed.store, async |mut tx| tx.posting(key).await).await.unwrap();
    assert_eq!((get("k-1").await, get("k-2").await), (Some(([3; 32], "[]".to_owned())), None));
}
