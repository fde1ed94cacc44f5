//! A record that an agency's format takes in several messages (`per`): so many deliveries, in order.

use std::collections::BTreeMap;

use regbridge::domain::digest::Digest;
use regbridge::domain::id::DeliveryId;
use regbridge::domain::kind::Kind;
use regbridge::exchange::delivery::{Destination, Leased, Outcome};
use regbridge::exchange::feed::{Asked, Shape};
use regbridge::exchange::post::Posting;
use regbridge::tlog::Proof;
use serde_json::{Value, json};

use crate::bed::Bed;
use crate::on_both;
use crate::posts::{post, posting};

/// The files of the profile `lines-json`: a message holds one sample of a result.
pub(crate) fn files() -> BTreeMap<String, Vec<u8>> {
    let files = [("profile.toml", PROFILE), ("lines.map.toml", MAP)];
    files.into_iter().map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec())).collect()
}

const PROFILE: &str = r#"
id = "lines-json"
encoding = "utf-8"
order = "rows"

[message.result]
wire = ["json"]
when = "result present"
kind = "inspection-result"
block = "results"
records = "1..1"
per = "samples"
"#;

const MAP: &str = r#"
results = [
  ["id",     "message_id", "text 64 | else uuid", "must"],
  ["result", "records",    "each result",         "must"],
]
result = [
  ["number", "registration_number", "text 64", "must"],
  ["region", "region",              "digits 6"],
  ["report", "report.number",       "text 64"],
  [".",      "samples",             "each sample"],
]
sample = [["sample", "number", "text 64"]]
"#;

fn result(number: &str, samples: &[&str]) -> Value {
    let samples: Vec<Value> = samples.iter().map(|number| json!({ "number": number })).collect();
    json!({
        "registration_number": number, "region": "440100", "verdict": "fail", "message_id": format!("m-{number}"),
        "report": { "number": format!("R-{number}") }, "samples": samples,
    })
}

async fn due(bed: &Bed) -> Vec<Leased> {
    let leased = bed.gateway.lease_deliveries("test", 30, 50, 50).await.unwrap();
    leased.into_iter().filter(|leased| matches!(leased.destination, Destination::Agency(_))).collect()
}

on_both! {
    async fn a_record_of_three_lines_is_three_deliveries_in_order(bed: &Bed) {
        let keyed = || Posting { key: Some("k".to_owned()), ..posting(result("1", &["a", "b", "c"])) };
        let before = bed.gateway.journal_size().await.unwrap();
        let (posted, _) = post(bed, Kind::InspectionResult, keyed()).await.unwrap();
        let posted = posted.into_iter().next().unwrap();
        assert_eq!((posted.deliveries.len(), &posted.deliveries[0]), (3, &posted.delivery));
        let entries = bed.entries().await.split_off(usize::try_from(before).unwrap());
        let types: Vec<&str> = entries.iter().map(|entry| entry["type"].as_str().unwrap()).collect();
        assert_eq!(types, ["reply", "part", "part"]);
        assert_eq!((&entries[0]["parts"], &entries[2]["part"]), (&json!(3), &json!(3)));

        let mut sent: Vec<(DeliveryId, Value)> = Vec::new();
        for _ in 0..3 {
            let leased = due(bed).await;
            assert_eq!(leased.len(), 1, "the next goes when the one before is there");
            let body: Value = serde_json::from_slice(&leased[0].body).unwrap();
            sent.push((leased[0].id.clone(), body));
            let done = Outcome::Done { status: Some(200), detail: String::new(), said: None };
            assert!(bed.gateway.settle(&leased[0], done).await.unwrap());
        }
        assert!(due(bed).await.is_empty());
        let ids: Vec<DeliveryId> = sent.iter().map(|(id, _)| id.clone()).collect();
        assert_eq!(ids, posted.deliveries);
        let samples: Vec<&str> = sent.iter().map(|(_, body)| body["result"][0]["sample"].as_str().unwrap()).collect();
        assert_eq!(samples, ["a", "b", "c"]);
        let names: Vec<&str> = sent.iter().map(|(_, body)| body["id"].as_str().unwrap()).collect();
        assert!(names[0] == "m-1" && names[1] != names[0] && names[2] != names[1], "{names:?}");

        for (id, body) in &sent {
            let (text, bytes) = bed.gateway.delivery_proof(id).await.unwrap();
            assert_eq!(serde_json::from_slice::<Value>(&bytes).unwrap(), *body);
            let extra: Value = serde_json::from_slice(Proof::parse(&text).unwrap().extra.as_ref().unwrap()).unwrap();
            let salt: [u8; 32] = hex::decode(extra["salt"].as_str().unwrap()).unwrap().try_into().unwrap();
            let entry: Value = serde_json::from_str(extra["entry"].as_str().unwrap()).unwrap();
            assert_eq!(entry["body"], Digest::salted(&salt, &bytes).to_string());
            assert_eq!(entry["delivery"], id.as_str());
        }
        let (again, duplicate) = post(bed, Kind::InspectionResult, keyed()).await.unwrap();
        assert!(duplicate && again == [posted]);
    }

    async fn its_messages_are_pulled_one_by_one_and_do_not_take_each_others_place(bed: &Bed) {
        post(bed, Kind::InspectionResult, posting(result("2", &["a", "b"]))).await.unwrap();
        let mut corrected = result("2", &["c", "d"]);
        // A corrected report under the same number takes the place of both of the first one's messages.
        (corrected["supersedes"], corrected["stage"]) = (json!("R-2"), json!("final"));
        post(bed, Kind::InspectionResult, posting(corrected)).await.unwrap();
        let (agency, kind) = (bed.agency("gd-fda"), Kind::InspectionResult);
        let page = bed.gateway.feed(&agency, kind, &crate::feeds::asked()).await.unwrap();
        assert_eq!(page.window.count, 2, "the first one's are not served");
        let asked = Asked { shape: Shape::Message(None), ..crate::feeds::asked() };
        let page = bed.gateway.feed(&agency, kind, &asked).await.unwrap();
        let body: Value = serde_json::from_slice(page.body.as_ref().unwrap()).unwrap();
        assert_eq!((page.window.count, &body["result"][0]["sample"]), (1, &json!("c")));
    }
}
