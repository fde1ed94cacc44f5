//! Who told of a matter stays with the matter: nothing that goes out besides the record itself has a name, a number or an
//! address of theirs. A platform hands on to its sellers what it hears by event and list, and so these must not tell.

use regbridge::domain::kind::Kind;
use regbridge::exchange::delivery::Destination;
use regbridge::exchange::view::CaseFilter;
use serde_json::json;

use crate::bed::{MINIMAL, actor, message};
use crate::deliveries::reply;
use crate::on_both;
use crate::posts::{post, posting, result};

/// What tells who it was, in the order of the minimal message and the lead.
const TELLING: [&str; 5] = ["钱不愿名", "13812349999", "孙不愿名", "13912348888", "330102199001011234"];

on_both! {
    async fn nothing_but_the_record_tells_who_it_was(bed: &Bed) {
        let [complainant, phone, informant, other_phone, number] = TELLING;
        let order = message(MINIMAL, &[("钱示例", complainant), ("13800000002", phone)]);
        bed.send("hz-amr", order).await.unwrap();
        // One that is refused, and its problems with what was found, is the sender's affair alone.
        let odd = message(MINIMAL, &[("钱示例", complainant), ("13800000002", "not a phone at all, but 13812349999")]);
        let _ = bed.send("nb-amr", odd).await;
        let lead = json!({
            "registration_number": "L-9", "jurisdiction": { "region": "330106" }, "offence": "counterfeit",
            "facts": "销售假冒商品",
            "reporter": {
                "identity_protected": true,
                "person": {
                    "kind": "person", "name": informant, "phones": [{ "number": other_phone }],
                    "ids": [{ "scheme": "citizen", "value": number }],
                },
            },
        });
        let (posted, _) = post(bed, Kind::EnforcementLead, posting(lead)).await.unwrap();
        post(bed, Kind::InspectionResult, posting(result("R-9", "330106", "食品", "fail"))).await.unwrap();
        let cases = bed.gateway.cases(&CaseFilter { limit: 50, ..CaseFilter::default() }).await.unwrap();
        let complaint = cases.iter().find(|case| case.topic == "complaint").unwrap();
        bed.gateway.reply(&actor(), &complaint.id, reply("已退款"), None).await.unwrap();

        let mut out: Vec<(String, Vec<u8>)> = Vec::new();
        let mut put = |what: &str, bytes: Vec<u8>| out.push((what.to_owned(), bytes));
        put("the list of cases", serde_json::to_vec(&cases).unwrap());
        put("the events", format!("{:?}", bed.gateway.events(0, 200).await.unwrap()).into_bytes());
        put("the journal", serde_json::to_vec(&bed.entries().await).unwrap());
        let leased = bed.gateway.lease_deliveries("test", 30, 200, 200).await.unwrap();
        let mut hooks = 0;
        for delivery in leased {
            hooks += usize::from(matches!(delivery.destination, Destination::Webhook(_)));
            put(&format!("the delivery to {:?}", delivery.destination), delivery.body);
        }
        assert!(hooks >= 4, "{hooks}: what is told by webhook was looked at");
        for agency in ["hz-amr", "nb-amr", "hz-fda", "zj-fda"] {
            for kind in [Kind::ComplaintReply, Kind::InspectionResult, Kind::EnforcementLead] {
                if let Ok(page) = bed.gateway.pull(&bed.agency(agency), kind, 0).await {
                    put(&format!("{kind} pulled by {agency}"), page.body.unwrap_or_default());
                }
            }
        }
        assert!(out.iter().any(|(what, bytes)| what.contains("pulled") && !bytes.is_empty()));
        for (what, bytes) in &out {
            for telling in TELLING {
                let texts = [telling.as_bytes().to_vec(), regbridge::wire::encoding::encode(
                    telling, regbridge::wire::encoding::Encoding::Gb18030).unwrap()];
                for text in texts {
                    assert!(!bytes.windows(text.len()).any(|window| window == text), "{what} tells {telling}");
                }
            }
        }
        // The record itself has it, for those who may read it: the lead was taken with its reporter.
        let detail = bed.gateway.case(&actor(), &posted[0].case).await.unwrap();
        assert!(serde_json::to_string(&detail).unwrap().contains(informant));
    }
}
