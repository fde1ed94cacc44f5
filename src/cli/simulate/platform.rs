//! The platform: reads the events, acknowledges and replies.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use serde_json::{Value, json};

use crate::client::https::{Scheme, address};
use crate::client::identity::Identity;

#[derive(clap::Args)]
pub(in crate::cli) struct Args {
    /// Where the gateway's platform listener is, for example `http://127.0.0.1:8080`; https with `--authority`.
    url: String,
    /// The file with its token.
    #[arg(long, value_name = "FILE")]
    token_file: PathBuf,
    /// The authority of the listener's certificate where it is behind TLS, PEM.
    #[arg(long, value_name = "FILE")]
    authority: Option<PathBuf>,
    /// Events after this cursor.
    #[arg(long, default_value_t = 0)]
    after: u64,
    /// Wait so long for the first event.
    #[arg(long, value_name = "SECONDS", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=30))]
    wait: u32,
}

/// Events read, and answers posted, at once.
const PAGE: usize = 1000;

pub(super) async fn run(args: &Args) -> anyhow::Result<bool> {
    let platform = Platform::new(args)?;
    let (mut after, mut wait, mut good) = (args.after, args.wait, true);
    loop {
        let page =
            platform.get(&format!("/platform/v1/events?after={after}&limit={PAGE}&wait={wait}")).await?;
        let events = page["events"].as_array().cloned().unwrap_or_default();
        if events.is_empty() {
            println!("read     to cursor {after}");
            return Ok(good);
        }
        let came: Vec<(String, String)> = events
            .iter()
            .filter(|event| event["type"] == "regbridge.complaint-order.received")
            .filter_map(|event| Some((event["case"].as_str()?.to_owned(), event["id"].as_str()?.to_owned())))
            .collect();
        // A run that died half-way makes no second record: the key is the event's.
        let acknowledgement = json!({ "kind": "complaint-acknowledgement", "decision": "accepted" });
        good &= platform.answer(&came, "ack", &acknowledgement).await?;
        let reply = json!({
            "kind": "complaint-reply", "outcome": "settled", "explanation": "模拟回复：已与消费者协商一致。",
        });
        good &= platform.answer(&came, "reply", &reply).await?;
        after = page["next"].as_u64().context("a page says where to go on")?;
        wait = 0;
    }
}

struct Platform {
    client: reqwest::Client,
    base: String,
    token: String,
}

impl Platform {
    fn new(args: &Args) -> anyhow::Result<Self> {
        let url = address(&args.url, Scheme::HttpOnLoopback)
            .map_err(|why| anyhow::anyhow!("{}: {why}", args.url))?;
        let identity = match &args.authority {
            Some(file) => {
                Identity::anonymous(&std::fs::read(file).with_context(|| file.display().to_string())?)?
            }
            None => Identity::nobody(),
        };
        let client =
            reqwest::Client::builder().tls_backend_preconfigured(identity.tls()?).no_proxy().build()?;
        let token = std::fs::read_to_string(&args.token_file)
            .with_context(|| args.token_file.display().to_string())?;
        let base = url.as_str().trim_end_matches('/').to_owned();
        Ok(Self { client, base, token: token.trim().to_owned() })
    }

    async fn get(&self, path: &str) -> anyhow::Result<Value> {
        let request = self.client.get(format!("{}{path}", self.base)).bearer_auth(&self.token);
        told(request.send().await?).await
    }

    /// Posts the same record for each of these cases.
    async fn answer(&self, came: &[(String, String)], name: &str, record: &Value) -> anyhow::Result<bool> {
        if came.is_empty() {
            return Ok(true);
        }
        let items: Vec<Value> = came
            .iter()
            .map(|(case, event)| {
                json!({ "case": case, "record": record, "idempotency_key": format!("{event}-{name}") })
            })
            .collect();
        let request = self.client.post(format!("{}/platform/v1/records", self.base)).bearer_auth(&self.token);
        let request = request.header("content-type", "application/json").body(json!(items).to_string());
        let answers = told(request.send().await?).await?;
        let mut good = true;
        for (answer, (case, _)) in answers["items"].as_array().into_iter().flatten().zip(came) {
            match answer["problem"]["detail"].as_str() {
                None => println!("posted   {case}  {}", record["kind"].as_str().unwrap_or_default()),
                Some(why) => {
                    println!("refused  {case}  {why}");
                    good = false;
                }
            }
        }
        Ok(good)
    }
}

async fn told(response: reqwest::Response) -> anyhow::Result<Value> {
    let status = response.status();
    let body = response.bytes().await?;
    if !status.is_success() {
        bail!("{status} {}", String::from_utf8_lossy(&body));
    }
    Ok(serde_json::from_slice(&body)?)
}
