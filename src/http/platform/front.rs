//! The listener through its front door: a real gateway on SQLite, real sockets.

use std::sync::Arc;

use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::Value;

use crate::clock::{Clock, SystemChance, SystemClock};
use crate::domain::digest::Digest;
use crate::domain::registry::Registry;
use crate::exchange::Gateway;
use crate::exchange::gateway::Parts;
use crate::exchange::job::{CurrentJobs, Jobs};
use crate::exchange::journal::Journal;
use crate::exchange::profiles::Profiles;
use crate::http::platform::ROUTES;
use crate::http::platform::serve::bind;
use crate::store::token::Token;
use crate::store::{Store, StoreError, Target, Tx};
use crate::tlog::Origin;

pub(super) struct House {
    base: String,
    client: Client,
    pub(super) gateway: Gateway,
    pub(super) store: Store,
    _directory: tempfile::TempDir,
}

impl House {
    pub(super) async fn new() -> Self {
        Self::with(Jobs::default()).await
    }

    pub(super) async fn with(jobs: Jobs) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let target = Target::Sqlite(directory.path().join("store.db"));
        let store = Store::open(&target, Arc::new(SystemChance)).await.unwrap();
        for (secret, rights) in [("reader-token", "read"), ("writer-token", "write")] {
            let token = Token {
                id: secret.to_owned(),
                name: rights.to_owned(),
                digest: Digest::of(secret.as_bytes()),
                rights: rights.to_owned(),
                created_at: SystemClock.now(),
                revoked_at: None,
                last_used_at: None,
            };
            let insert = async |mut tx: Tx| tx.insert_token(&token).await;
            store.run_tx::<(), StoreError, _>("token.insert", insert).await.unwrap();
        }
        let parts = Parts {
            store: store.clone(),
            journal: Journal::new(Origin::parse("regbridge.example/journal").unwrap(), &[7; 32]).unwrap(),
            profiles: Profiles::default(),
            registry: Registry::default(),
            webhooks: Vec::new(),
            attachments: None,
            cursors: crate::exchange::feed::cursor::CursorKeys::new(&[[9; 32]]),
            clock: Arc::new(SystemClock),
            chance: Arc::new(SystemChance),
        };
        let (gateway, _writer) = Gateway::open(parts);
        let jobs = Arc::new(jobs);
        let current: CurrentJobs = Arc::new(move || Arc::clone(&jobs));
        let bound = bind(gateway.clone(), current, "127.0.0.1:0".parse().unwrap(), None).unwrap();
        let base = format!("http://{}", bound.addresses[0]);
        tokio::spawn(bound.server);
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(rustls::RootCertStore::empty())
            .with_no_client_auth();
        let client = Client::builder().tls_backend_preconfigured(tls).no_proxy().build().unwrap();
        Self { base, client, gateway, store, _directory: directory }
    }

    pub(super) fn ask(&self, method: &str, path: &str) -> RequestBuilder {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        self.client.request(method, format!("{}{path}", self.base))
    }

    pub(super) async fn get(&self, path: &str) -> Response {
        self.ask("GET", path).header("authorization", "Bearer reader-token").send().await.unwrap()
    }
}

pub(super) async fn json(response: Response) -> Value {
    serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
}

#[tokio::test]
async fn every_guarded_route_wants_a_token_that_is_known() {
    let house = House::new().await;
    for (method, pattern) in ROUTES.iter().filter(|(_, path)| path.starts_with("/platform/")) {
        let path = pattern.replace(":.+}", "}").replace(['{', '}'], "");
        for token in [None, Some("Bearer other-token"), Some("Basic reader-token")] {
            let mut request = house.ask(method, &path);
            if let Some(token) = token {
                request = request.header("authorization", token);
            }
            let response = request.send().await.unwrap();
            assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{method} {path} with {token:?}");
            assert!(response.headers().contains_key("www-authenticate"), "{method} {path}");
            assert_eq!(response.headers()["content-type"], "application/problem+json");
        }
    }
}

#[tokio::test]
async fn who_may_read_may_not_write() {
    let house = House::new().await;
    let path = "/platform/v1/cases/0192f0c4-5a00-7000-8000-000000000002/replies";
    for (token, status) in [("reader-token", 403), ("writer-token", 404)] {
        let request = house.ask("POST", path).header("authorization", format!("Bearer {token}"));
        let request = request.header("content-type", "application/json").body("{}");
        assert_eq!(request.send().await.unwrap().status(), status, "{token}");
    }
}

#[tokio::test]
async fn an_empty_gateway_answers_what_it_has() {
    let house = House::new().await;
    assert_eq!(house.ask("GET", "/healthz").send().await.unwrap().status(), 200);
    assert_eq!(house.ask("GET", "/readyz").send().await.unwrap().status(), 200);
    let response = house.get("/platform/v1/cases?state=received&limit=3").await;
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert_eq!(response.headers()["x-content-type-options"], "nosniff");
    assert_eq!(json(response).await, serde_json::json!({ "cases": [] }));
    for topic in crate::exchange::view::topics() {
        let page = json(house.get(&format!("/platform/v1/cases?topic={topic}")).await).await;
        assert_eq!(page, serde_json::json!({ "cases": [] }), "{topic}");
    }
    let page = json(house.get("/platform/v1/events?after=4").await).await;
    assert_eq!(page, serde_json::json!({ "events": [], "next": 4 }));
    let schema = json(house.get("/platform/v1/schemas/complaint-reply").await).await;
    assert_eq!(schema, crate::domain::record::schemas()["complaint-reply"]);
    let key = house.get("/platform/v1/journal/vkey").await;
    assert!(key.text().await.unwrap().starts_with("regbridge.example/journal+"));
}

#[tokio::test]
async fn what_is_asked_for_wrongly_is_said_clearly() {
    let house = House::new().await;
    for (path, status, told) in [
        ("/platform/v1/cases?sate=received", 400, "unknown field `sate`"),
        ("/platform/v1/cases?state=open", 400, "received | acknowledged"),
        ("/platform/v1/cases?limit=201", 400, "limit is 1 to 200"),
        ("/platform/v1/cases?topic=leads", 400, "complaint | disposal | inspection"),
        ("/platform/v1/events?wait=31", 400, "0 to 30 seconds"),
        ("/platform/v1/deliveries?state=open", 400, "given_up"),
        ("/platform/v1/deliveries?agency=a&webhook=b", 400, "exclude each other"),
        ("/platform/v1/deliveries?after=1", 400, "a UUID"),
        ("/platform/v1/deliveries/1", 404, "a UUID"),
        ("/platform/v1/cases/1", 404, "a UUID"),
        ("/platform/v1/schemas/lead", 404, "complaint-reply"),
    ] {
        let response = house.get(path).await;
        assert_eq!(response.status(), status, "{path}");
        let problem = json(response).await;
        assert!(problem["detail"].as_str().unwrap().contains(told), "{path}: {problem}");
    }
    let write = |media: &'static str, body: &'static str| {
        let request = house.ask("POST", "/platform/v1/cases/0192f0c4-5a00-7000-8000-000000000002/records");
        request.header("authorization", "Bearer writer-token").header("content-type", media).body(body)
    };
    let status = async |media, body| write(media, body).send().await.unwrap().status();
    assert_eq!(status("text/plain", "{}").await, 415);
    assert_eq!(status("application/json", r#"{"a":1,"a":2}"#).await, 422, "a key twice");
    assert_eq!(status("application/json", "[]").await, 422);
}

#[tokio::test]
async fn a_long_poll_waits_as_long_as_it_was_told() {
    let house = House::new().await;
    let start = std::time::Instant::now();
    let page = json(house.get("/platform/v1/events?wait=1").await).await;
    assert_eq!(page["next"], 0);
    assert!(start.elapsed() >= std::time::Duration::from_millis(950));
}
