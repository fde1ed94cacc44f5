//! Receipts: kept with their bytes, and found by whatever an agency names.

use regbridge::domain::digest::Digest;
use regbridge::domain::id::DeliveryId;
use regbridge::store::delivery::{DeliveryState, NewDelivery};
use regbridge::store::lease::Lease;
use regbridge::store::receipt::{Receipt, Sureness};

use crate::bed::{Bed, agency, at, delivery, lease_due, opened, run};

fn receipt(delivery: &NewDelivery, journal_index: u64, number: Option<&str>) -> Receipt {
    Receipt {
        journal_index,
        delivery: delivery.id.clone(),
        destination: delivery.destination.clone(),
        channel: "api".to_owned(),
        certificate: Some(Digest::of(b"certificate")),
        outcome: Some("refused".to_owned()),
        number: number.map(str::to_owned),
        message: Some("退回".to_owned()),
        problems: r#"[{"code":"E1"}]"#.to_owned(),
        content_type: "application/xml".to_owned(),
        body_digest: Digest::of(b"<R/>"),
        salt: [3; 32],
        profile: "p".to_owned(),
        profile_digest: Digest::of(b"p"),
        proof: "proof".to_owned(),
        at: at(9),
    }
}

pub(crate) async fn keeps_every_word(bed: &Bed) {
    let new = delivery("agency:hz-amr", &opened(&bed.store, "1").await, None);
    let other = delivery("agency:hz-amr", &opened(&bed.store, "2").await, None);
    let all = [new, other];
    run(&bed.store, async |mut tx| tx.insert_deliveries(&all).await).await.unwrap();
    let [new, other] = all;
    let had = Receipt { outcome: None, certificate: None, ..receipt(&new, 20, Some("G1")) };
    let said = receipt(&new, 21, None);
    for receipt in [&said, &had] {
        run(&bed.store, async |mut tx| tx.insert_receipt(receipt, b"<R/>\x00\xFF").await).await.unwrap();
    }
    let of =
        async |ids: &[&DeliveryId]| run(&bed.store, async |mut tx| tx.receipts_of(ids).await).await.unwrap();
    assert_eq!(of(&[&new.id, &other.id]).await, [had, said], "oldest first");
    assert_eq!(of(&[&other.id]).await, []);
    assert_eq!(of(&[]).await, []);
}

pub(crate) async fn finds_what_a_key_names_most_surely(bed: &Bed) {
    let case = opened(&bed.store, "330106").await;
    let theirs = opened(&bed.store, "5").await;
    let one = NewDelivery { message_id: Some("m-1".to_owned()), ..delivery("agency:hz-amr", &case, None) };
    let two =
        NewDelivery { message_id: Some("330106".to_owned()), ..delivery("agency:hz-amr", &theirs, None) };
    let elsewhere =
        NewDelivery { message_id: Some("m-1".to_owned()), ..delivery("agency:nb-amr", &case, None) };
    let all = [one, two, elsewhere];
    run(&bed.store, async |mut tx| tx.insert_deliveries(&all).await).await.unwrap();
    let [one, two, _] = all;
    run(&bed.store, async |mut tx| tx.insert_receipt(&receipt(&two, 30, Some("G7")), b"x").await)
        .await
        .unwrap();
    let named = async |key: &str| {
        let (sure, found) = run(&bed.store, async |mut tx| {
            tx.deliveries_named("agency:hz-amr", &agency("hz-amr"), key).await
        })
        .await
        .unwrap();
        (sure, found.into_iter().map(|delivery| delivery.id).collect::<Vec<_>>())
    };
    assert_eq!(named(one.id.as_str()).await, (Sureness::Delivery, vec![one.id.clone()]));
    assert_eq!(named("m-1").await, (Sureness::Message, vec![one.id.clone()]), "never another agency's");
    assert_eq!(named("G7").await, (Sureness::Number, vec![two.id.clone()]));
    assert_eq!(named(case.id.as_str()).await, (Sureness::Case, vec![one.id.clone()]));
    assert_eq!(
        named("330106").await,
        (Sureness::Message, vec![two.id.clone()]),
        "surer than the case's number"
    );
    assert_eq!(named("5").await, (Sureness::Case, vec![two.id.clone()]));
    assert_eq!(named("nothing").await.1, []);
}

pub(crate) async fn settles_and_takes_the_lease(bed: &Bed) {
    let new = delivery("agency:hz-amr", &opened(&bed.store, "1").await, Some(at(0)));
    run(&bed.store, async |mut tx| tx.insert_deliveries(std::slice::from_ref(&new)).await).await.unwrap();
    let lease = Lease { now: at(0), until: at(90), holder: "w", token: "t" };
    assert_eq!(run(&bed.store, async |mut tx| lease_due(&mut tx, &lease, 9).await).await.unwrap().len(), 1);
    let settle = async |mut tx: regbridge::store::Tx| {
        tx.settle_by_receipt(&new.id, DeliveryState::Accepted, at(5)).await
    };
    run(&bed.store, settle).await.unwrap();
    let stored = run(&bed.store, async |mut tx| tx.delivery(&new.id).await).await.unwrap().unwrap();
    assert_eq!(
        (stored.state, stored.settled_at, stored.next_at),
        (DeliveryState::Accepted, Some(at(5)), None)
    );
    assert_eq!(stored.settled_by.as_deref(), Some("receipt"));
    assert!(!run(&bed.store, async |mut tx| tx.is_held(&new.id, at(6)).await).await.unwrap());
}
