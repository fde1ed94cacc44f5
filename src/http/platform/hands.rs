//! An operator's hand on cases and jobs, through the front door: who may, what is answered, what the journal keeps.

use std::sync::Arc;

use reqwest::{Response, StatusCode};
use serde_json::{Value, json};

use crate::clock::{Clock as _, SystemChance, SystemClock};
use crate::domain::id::{AgencyId, CaseId};
use crate::domain::region::Region;
use crate::domain::schedule::{Missed, Schedule, Words, ZONE};
use crate::exchange::Gateway;
use crate::exchange::job::{Job, Jobs, Run};
use crate::http::platform::front::{House, json as read};
use crate::store::case::Case;
use crate::store::{StoreError, Tx};

async fn case(house: &House) -> CaseId {
    let now = SystemClock.now();
    let case = Case {
        id: CaseId::mint(now, &SystemChance),
        agency: AgencyId::parse("hz-amr").unwrap(),
        topic: "complaint".to_owned(),
        registration_number: "R1".to_owned(),
        state: "received".to_owned(),
        region: Region::parse("330100").unwrap(),
        opened_at: now,
        updated_at: now,
        version: 1,
    };
    let insert = async |mut tx: Tx| tx.insert_cases(std::slice::from_ref(&case)).await;
    house.store.run_tx::<_, StoreError, _>("test", insert).await.unwrap();
    case.id
}

async fn act(house: &House, method: &str, path: &str, token: &str, body: &Value) -> Response {
    let request = house.ask(method, path).header("authorization", format!("Bearer {token}-token"));
    let request = request.header("content-type", "application/json").body(body.to_string());
    request.send().await.unwrap()
}

/// The journal's entries of this type, oldest first.
async fn entries(house: &House, wanted: &str) -> Vec<Value> {
    let size = house.gateway.journal_size().await.unwrap();
    let read = async |mut tx: Tx| tx.journal_entries(0..size).await;
    let stored = house.store.read::<_, StoreError, _>("test", read).await.unwrap();
    let parsed = stored.iter().map(|entry| serde_json::from_slice::<Value>(entry).unwrap());
    parsed.filter(|entry| entry["type"] == wanted).collect()
}

#[tokio::test]
async fn a_case_is_held_and_let_go_by_who_may_write() {
    let house = House::new().await;
    let id = case(&house).await;
    let path = format!("/platform/v1/cases/{id}/hold");
    let why = json!({ "why": "仲裁未结" });
    let status = async |method, token, body: &Value| act(&house, method, &path, token, body).await.status();
    assert_eq!(status("PUT", "reader", &why).await, 403);
    assert_eq!(status("PUT", "writer", &json!({})).await, 422);
    assert_eq!(status("DELETE", "writer", &why).await, 404, "it is under none");
    let shown = read(house.get(&format!("/platform/v1/cases/{id}")).await).await;
    assert_eq!(shown.get("hold"), None);
    assert!(entries(&house, "hold").await.is_empty(), "nothing was done so far");

    let held = act(&house, "PUT", &path, "writer", &why).await;
    assert_eq!(held.status(), StatusCode::CREATED);
    let held = read(held).await;
    assert_eq!((&held["who"], &held["why"]), (&json!("write"), &json!("仲裁未结")));
    let again = act(&house, "PUT", &path, "writer", &json!({ "why": "再来" })).await;
    assert_eq!(again.status(), StatusCode::OK);
    assert_eq!(read(again).await, held, "the first word stands");
    let shown = read(house.get(&format!("/platform/v1/cases/{id}")).await).await;
    assert_eq!(shown["hold"], held);
    let noted = entries(&house, "hold").await;
    assert_eq!(noted.len(), 1);
    assert_eq!((&noted[0]["who"], &noted[0]["why"]), (&json!("write"), &json!("仲裁未结")));

    assert_eq!(status("DELETE", "reader", &why).await, 403);
    assert_eq!(status("DELETE", "writer", &json!({ "why": "已结" })).await, 204);
    assert_eq!(status("DELETE", "writer", &json!({ "why": "已结" })).await, 404);
    let shown = read(house.get(&format!("/platform/v1/cases/{id}")).await).await;
    assert_eq!(shown.get("hold"), None);
    let ended = entries(&house, "hold-end").await;
    assert_eq!(ended.len(), 1);
    assert_eq!((&ended[0]["case"], &ended[0]["why"]), (&json!(id), &json!("已结")));
    let nobody = "/platform/v1/cases/0192f0c4-5a00-7000-8000-000000000002/hold";
    assert_eq!(act(&house, "PUT", nobody, "writer", &why).await.status(), 404);
}

fn jobs() -> Jobs {
    let words = Words { cron: "20 3 * * *", zone: ZONE, quiet: None, working_days: false };
    let job = |name: &str| Job {
        name: name.to_owned(),
        schedule: Schedule::parse(words).unwrap(),
        missed: Missed::Skip,
        agency: None,
        journalled: true,
        work: Arc::new(|_: Gateway, _: Run| async { Ok("two steps".to_owned()) }),
    };
    Jobs::new([job("keep:records"), job("sync:hz-amr:orders")])
}

#[tokio::test]
async fn jobs_are_listed_run_paused_and_resumed() {
    let house = House::with(jobs()).await;
    let listed = read(house.get("/platform/v1/jobs").await).await;
    let first = &listed["jobs"][0];
    assert_eq!(listed["jobs"].as_array().unwrap().len(), 2);
    assert_eq!((&first["name"], &first["missed"]), (&json!("keep:records"), &json!("skip")));
    assert_eq!(first["schedule"], "20 3 * * * Asia/Shanghai");
    assert!(first["next_at"].as_str().unwrap().ends_with("T19:20:00.000000Z"), "{first}");
    assert_eq!((first.get("paused"), first.get("last")), (None, None));

    let why = json!({ "why": "对方维护" });
    let at = |action: &str| format!("/platform/v1/jobs/sync:hz-amr:orders/{action}");
    for action in ["run", "pause", "resume"] {
        assert_eq!(act(&house, "POST", &at(action), "reader", &why).await.status(), 403, "{action}");
        assert_eq!(act(&house, "POST", &at(action), "writer", &json!({})).await.status(), 422, "{action}");
        let unknown = format!("/platform/v1/jobs/sync:hz-amr:other/{action}");
        assert_eq!(act(&house, "POST", &unknown, "writer", &why).await.status(), 404, "{action}");
    }
    assert!(entries(&house, "job-change").await.is_empty(), "nothing was done so far");

    let early = act(&house, "POST", &at("resume"), "writer", &why).await;
    assert_eq!(early.status(), StatusCode::CONFLICT);
    assert_eq!(read(early).await["type"], "urn:regbridge:problem:job-state");
    assert_eq!(act(&house, "POST", &at("pause"), "writer", &why).await.status(), 204);
    assert_eq!(act(&house, "POST", &at("pause"), "writer", &why).await.status(), 409);
    let shown = read(house.get("/platform/v1/jobs").await).await["jobs"][1].clone();
    assert_eq!((&shown["paused"]["who"], &shown["paused"]["why"]), (&json!("write"), &json!("对方维护")));
    assert_eq!(shown.get("next_at"), None);

    // By hand it runs while it is paused, three times; pages of two.
    let mut made = Vec::new();
    for _ in 0..3 {
        let begun = act(&house, "POST", &at("run"), "writer", &json!({ "why": "补数据" })).await;
        assert_eq!(begun.status(), StatusCode::ACCEPTED);
        made.insert(0, read(begun).await["run"].clone());
        let leased = house.gateway.lease_run(&jobs(), "test").await.unwrap().unwrap();
        house.gateway.do_run(leased).await.unwrap().unwrap();
    }
    let ids = |page: &Value| {
        page["runs"].as_array().unwrap().iter().map(|run| run["id"].clone()).collect::<Vec<_>>()
    };
    let page = read(house.get(&at("runs?limit=2")).await).await;
    assert_eq!(ids(&page), made[..2]);
    assert_eq!((&page["runs"][0]["state"], &page["runs"][0]["cause"]), (&json!("done"), &json!("hand")));
    assert_eq!((&page["runs"][0]["detail"], &page["next"]), (&json!("two steps"), &made[1]));
    let next = page["next"].as_str().unwrap();
    let rest = read(house.get(&at(&format!("runs?limit=2&before={next}"))).await).await;
    assert_eq!((ids(&rest), rest.get("next")), (made[2..].to_vec(), None));
    assert_eq!(house.get(&at("runs?before=x")).await.status(), 404);
    assert_eq!(house.get(&at("runs?limit=201")).await.status(), 400);
    assert_eq!(house.get(&format!("/platform/v1/jobs/keep:records/runs?before={next}")).await.status(), 404);

    assert_eq!(act(&house, "POST", &at("resume"), "writer", &why).await.status(), 204);
    let noted = entries(&house, "job-change").await;
    let actions: Vec<_> = noted.iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["pause", "run", "run", "run", "resume"]);
    assert!(noted.iter().all(|entry| entry["who"] == "write" && entry["job"] == "sync:hz-amr:orders"));
    assert_eq!(noted[1]["why"], "补数据");
}

#[tokio::test]
async fn a_package_is_given_to_who_may_read_and_says_why() {
    let house = House::new().await;
    let id = case(&house).await;
    let ask = async |query: &str, token: &str| {
        let request = house.ask("GET", &format!("/platform/v1/cases/{id}/package{query}"));
        request.header("authorization", format!("Bearer {token}-token")).send().await.unwrap()
    };
    assert_eq!(ask("?why=x", "nobody").await.status(), 401);
    let refused = ask("", "reader").await;
    assert_eq!(refused.status(), 422);
    assert!(refused.text().await.unwrap().contains("?why=…"));
    assert_eq!(ask("?why=x&who=y", "reader").await.status(), StatusCode::BAD_REQUEST);
    assert!(entries(&house, "package").await.is_empty());
    let answer = ask("?why=%E6%B3%95%E9%99%A2%E8%B0%83%E5%8F%96", "reader").await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "application/zip");
    assert_eq!(
        answer.headers()["content-disposition"],
        format!("attachment; filename=\"{id}.zip\"").as_str()
    );
    let bytes = answer.bytes().await.unwrap();
    assert!(bytes.starts_with(b"PK\x03\x04"));
    let told = entries(&house, "package").await;
    let digest = crate::domain::digest::Digest::of(&bytes);
    assert_eq!(told[0]["package"], json!(digest));
    assert_eq!(
        (&told[0]["case"], &told[0]["who"], &told[0]["why"]),
        (&json!(id), &json!("read"), &json!("法院调取"))
    );
    let nothing = house.ask("GET", "/platform/v1/cases/01920000-0000-7000-8000-000000000000/package?why=x");
    let nothing = nothing.header("authorization", "Bearer reader-token").send().await.unwrap();
    assert_eq!(nothing.status(), 404);
}
