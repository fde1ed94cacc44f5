//! Records that answer nothing: whom they go to, what they open, what they take the place of.

use regbridge::domain::id::AgencyId;
use regbridge::domain::kind::Kind;
use regbridge::exchange::Refused;
use regbridge::exchange::answer::Posted;
use regbridge::exchange::delivery::Destination;
use regbridge::exchange::post::Posting;
use serde_json::{Value, json};

use crate::bed::{Bed, actor};
use crate::on_both;

/// A result of the platform's own check.
pub(crate) fn result(number: &str, region: &str, category: &str, verdict: &str) -> Value {
    json!({
        "registration_number": number, "region": region, "verdict": verdict,
        "report": { "number": format!("R-{number}") },
        "samples": [{ "goods": { "name": "示例饼干", "category": category } }],
    })
}

pub(crate) fn lead(number: &str, region: &str) -> Value {
    json!({ "registration_number": number, "jurisdiction": { "region": region }, "offence": "counterfeit", "facts": "假货" })
}

pub(crate) fn posting(record: Value) -> Posting {
    Posting { record, to: Vec::new(), key: None, split: false }
}

pub(crate) async fn post(bed: &Bed, kind: Kind, posting: Posting) -> Result<(Vec<Posted>, bool), Refused> {
    bed.gateway.post(&actor(), kind, posting).await
}

fn to(ids: &[&str]) -> Vec<AgencyId> {
    ids.iter().map(|id| AgencyId::parse(id).unwrap()).collect()
}

fn names(posted: &[Posted]) -> Vec<&str> {
    posted.iter().map(|one| one.agency.as_str()).collect()
}

async fn routed(bed: &Bed, kind: Kind, record: Value) -> Vec<String> {
    let (posted, _) = post(bed, kind, posting(record)).await.unwrap();
    names(&posted).into_iter().map(str::to_owned).collect()
}

on_both! {
    async fn a_result_goes_to_all_who_may_have_it_and_a_lead_to_the_nearest(bed: &Bed) {
        let results = Kind::InspectionResult;
        assert_eq!(routed(bed, results, result("1", "330106", "食品", "pass")).await, ["hz-fda", "zj-fda"]);
        assert_eq!(routed(bed, results, result("2", "330106", "玩具", "pass")).await, ["zj-fda"]);
        assert_eq!(routed(bed, results, result("3", "330200", "食品", "pass")).await, ["zj-fda"]);
        let nobody = post(bed, results, posting(result("4", "110105", "食品", "pass"))).await;
        assert!(matches!(nobody, Err(Refused::Nobody { .. })), "{nobody:?}");
        let leads = Kind::EnforcementLead;
        assert_eq!(routed(bed, leads, lead("L-1", "330106")).await, ["hz-fda"]);
        assert_eq!(routed(bed, leads, lead("L-2", "330200")).await, ["zj-fda"]);
        let named = Posting { to: to(&["zj-fda", "hz-fda", "zj-fda"]), ..posting(lead("L-3", "330106")) };
        assert_eq!(names(&post(bed, leads, named).await.unwrap().0), ["hz-fda", "zj-fda"]);
        for (ids, region) in [(&["hz-fda"][..], "330200"), (&["hz-amr"], "330106")] {
            let named = Posting { to: to(ids), ..posting(lead("L-4", region)) };
            let refused = post(bed, leads, named).await;
            assert!(matches!(refused, Err(Refused::OutOfScope(_))), "{ids:?}: {refused:?}");
        }
        let stranger = Posting { to: to(&["nobody"]), ..posting(lead("L-4", "330106")) };
        assert!(matches!(post(bed, leads, stranger).await, Err(Refused::Malformed { .. })));
    }

    async fn a_lead_goes_where_its_respondent_is_registered_and_is_split_if_the_platform_says_so(bed: &Bed) {
        let against = |number: &str, codes: &[&str]| {
            let subjects: Vec<Value> = codes
                .iter()
                .map(|code| json!({"subject": {"kind": "company", "name": code, "ids": [{"scheme": "uscc", "value": code}]}}))
                .collect();
            json!({"registration_number": number, "facts": "假货", "subjects": subjects})
        };
        let leads = Kind::EnforcementLead;
        let (hangzhou, ningbo, beijing) = ("91330106MA00000016", "91330200MA00000012", "91110105MA00000014");
        assert_eq!(routed(bed, leads, against("L-1", &[hangzhou])).await, ["hz-fda"]);
        assert_eq!(routed(bed, leads, against("L-2", &[ningbo])).await, ["zj-fda"]);
        let nobody = post(bed, leads, posting(against("L-3", &[beijing]))).await;
        assert!(matches!(nobody, Err(Refused::Nobody { .. })), "{nobody:?}");
        // Nothing is guessed where it says nothing, or two things.
        for codes in [&[][..], &[hangzhou, ningbo]] {
            let refused = post(bed, leads, posting(against("L-4", codes))).await;
            assert!(matches!(refused, Err(Refused::Malformed { .. })), "{codes:?}: {refused:?}");
        }
        let split = |record: Value| Posting { split: true, key: Some("k-5".to_owned()), ..posting(record) };
        let whole = || split(against("L-5", &[hangzhou, ningbo, hangzhou]));
        let (posted, again) = post(bed, leads, whole()).await.unwrap();
        let told: Vec<(&str, &str)> =
            posted.iter().map(|one| (one.agency.as_str(), one.registration_number.as_str())).collect();
        assert_eq!((told, again), (vec![("hz-fda", "L-5-330106"), ("zj-fda", "L-5-330200")], false));
        for (one, region, names) in [(&posted[0], "330106", vec![hangzhou, hangzhou]), (&posted[1], "330200", vec![ningbo])] {
            let detail = bed.gateway.case(&actor(), &one.case).await.unwrap();
            let record = &detail.records[0].record;
            assert_eq!((detail.case.region.as_str(), &record["jurisdiction"]["region"]), (region, &json!(region)));
            assert_eq!(record["jurisdiction"]["reason"], "被举报方登记机关所在地");
            let named: Vec<&str> =
                record["subjects"].as_array().unwrap().iter().map(|party| party["subject"]["name"].as_str().unwrap()).collect();
            assert_eq!(named, names);
        }
        assert_eq!(post(bed, leads, whole()).await.unwrap(), (posted, true));
        let other = Posting { split: false, ..whole() };
        assert!(matches!(post(bed, leads, other).await, Err(Refused::Conflict { .. })));
        // Both parts to one agency are two cases there.
        let both = split(against("L-6", &[ningbo, "91330302MA0000001X"]));
        let (posted, _) = post(bed, leads, Posting { key: None, ..both }).await.unwrap();
        assert_eq!(names(&posted), ["zj-fda", "zj-fda"]);
        assert_ne!(posted[0].case, posted[1].case);
        let named = post(bed, leads, Posting { key: None, ..split(lead("L-7", "330106")) }).await;
        assert!(matches!(named, Err(Refused::Malformed { .. })), "{named:?}");
        // What was refused left nothing.
        assert_eq!(routed(bed, leads, against("L-4", &[hangzhou])).await, ["hz-fda"]);
    }

    async fn each_agency_has_its_case_and_everything_is_written_together(bed: &Bed) {
        let before = bed.gateway.journal_size().await.unwrap();
        let (posted, again) =
            post(bed, Kind::InspectionResult, posting(result("1", "330106", "食品", "fail"))).await.unwrap();
        assert!(!again);
        assert_eq!(posted.iter().map(|one| one.journal_index).collect::<Vec<_>>(), [before, before + 1]);
        for one in &posted {
            let detail = bed.gateway.case(&actor(), &one.case).await.unwrap();
            assert_eq!((detail.case.state.as_str(), detail.case.topic.as_str()), ("tested", "inspection"));
            assert_eq!((detail.case.agency.clone(), detail.case.region.as_str()), (one.agency.clone(), "330106"));
            assert_eq!((detail.records.len(), detail.records[0].id.clone()), (1, one.record.clone()));
            let to: Vec<&str> = detail.deliveries.iter().map(|d| d.destination.as_str()).collect();
            let agency = format!("agency:{}", one.agency);
            assert_eq!(to.iter().filter(|to| **to == agency).count(), 1, "{to:?}");
            assert_eq!(to.iter().filter(|to| **to == "webhook:cases").count(), 1, "{to:?}");
        }
        let events = bed.gateway.events(before, 10).await.unwrap();
        let types: Vec<&str> = events.iter().map(|event| event.event_type.as_str()).collect();
        assert_eq!(types, ["regbridge.inspection-result.queued"; 2]);
        let entry = &bed.entries().await[usize::try_from(before).unwrap()];
        assert_eq!((&entry["type"], &entry["opened"], &entry["state"]), (&json!("reply"), &json!(true), &json!("tested")));
        let (lead, _) = post(bed, Kind::EnforcementLead, posting(lead("L-1", "330106"))).await.unwrap();
        assert_eq!((lead[0].state.as_str(), lead[0].opened), ("pushed", true));
        let twice = post(bed, Kind::EnforcementLead, posting(self::lead("L-1", "330106"))).await;
        assert!(matches!(twice, Err(Refused::AlreadyRegistered { .. })), "{twice:?}");
    }

    async fn the_same_under_one_key_is_one_and_another_is_a_conflict(bed: &Bed) {
        let kind = Kind::InspectionResult;
        let keyed = |record: Value| Posting { key: Some("k-1".to_owned()), ..posting(record) };
        let record = result("1", "330106", "食品", "pass");
        let (first, again) = post(bed, kind, keyed(record.clone())).await.unwrap();
        assert!(!again);
        let size = bed.gateway.journal_size().await.unwrap();
        let (second, again) = post(bed, kind, keyed(record)).await.unwrap();
        assert!(again && second == first);
        assert_eq!(bed.gateway.journal_size().await.unwrap(), size, "nothing was written");
        let other = post(bed, kind, keyed(result("2", "330106", "食品", "pass"))).await;
        assert!(matches!(other, Err(Refused::Conflict { .. })), "of another number, too: {other:?}");
    }

    async fn what_answers_something_opens_nothing(bed: &Bed) {
        let refused = async |kind: Kind, record: Value| post(bed, kind, posting(record)).await.unwrap_err();
        let mut handling = result("1", "330106", "食品", "pass");
        handling["stage"] = json!("handling");
        assert!(matches!(refused(Kind::InspectionResult, handling).await, Refused::UnknownCase { .. }));
        let reply = json!({ "registration_number": "1", "outcome": "settled" });
        assert!(matches!(refused(Kind::ComplaintReply, reply).await, Refused::Malformed { .. }));
        let mut other = result("1", "330106", "食品", "pass");
        other["kind"] = json!("enforcement-lead");
        assert!(matches!(refused(Kind::InspectionResult, other).await, Refused::Malformed { .. } | Refused::WrongKind { .. }));
        let mut nameless = result("1", "330106", "食品", "pass");
        nameless.as_object_mut().unwrap().remove("registration_number");
        assert!(matches!(refused(Kind::InspectionResult, nameless).await, Refused::Malformed { .. }));
        let mut nowhere = result("1", "330106", "食品", "pass");
        nowhere.as_object_mut().unwrap().remove("region");
        assert!(matches!(refused(Kind::InspectionResult, nowhere).await, Refused::Malformed { .. }));
        assert!(bed.gateway.cases(&regbridge::exchange::view::CaseFilter { limit: 9, ..Default::default() }).await.unwrap().is_empty());
    }

    async fn what_fails_is_pushed_at_once_and_what_passes_waits(bed: &Bed) {
        for (number, verdict) in [("1", "pass"), ("2", "fail"), ("3", "pass")] {
            post(bed, Kind::InspectionResult, posting(result(number, "330200", "食品", verdict))).await.unwrap();
        }
        let leased = bed.gateway.lease_deliveries("test", 30, 50, 50).await.unwrap();
        let pushed: Vec<_> =
            leased.into_iter().filter(|leased| matches!(leased.destination, Destination::Agency(_))).collect();
        assert_eq!(pushed.len(), 1, "only the failing one");
        assert!(String::from_utf8_lossy(&pushed[0].body).contains("R-2"));
        let waiting = crate::feeds::parts(bed, "zj-fda", crate::feeds::asked()).await;
        assert_eq!(waiting.window.count, 3, "the feed has them all");
    }

    async fn a_later_result_of_the_same_matter_goes_on_in_its_case(bed: &Bed) {
        let kind = Kind::InspectionResult;
        let (first, _) = post(bed, kind, posting(result("1", "330106", "玩具", "fail"))).await.unwrap();
        let mut last = result("1", "330106", "玩具", "pass");
        (last["stage"], last["supersedes"]) = (json!("final"), json!("R-1"));
        last["report"]["number"] = json!("R-1b");
        let (second, _) = post(bed, kind, posting(last)).await.unwrap();
        assert_eq!((&second[0].case, second[0].state.as_str(), second[0].opened), (&first[0].case, "final", false));
        let page = crate::feeds::parts(bed, "zj-fda", crate::feeds::asked()).await;
        assert_eq!(page.window.count, 1, "what it takes the place of is not served");
        let (delivery, _, supersedes) = page.only.unwrap();
        assert_eq!((delivery, supersedes.as_deref()), (second[0].delivery.clone(), Some("R-1")));
    }
}
