//! An agency's client: mutual TLS, one keep-alive connection.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use serde_json::Value;

use crate::cli::Context;
use crate::cli::world::{Which, load_profiles};
use crate::client::https::{Scheme, address};
use crate::client::identity::Identity;
use crate::mapping::Profile;
use crate::tlog::Verifier;

/// Who calls whom.
#[derive(clap::Args)]
pub(super) struct Door {
    /// Where the gateway's agency listener is, for example `https://gateway.example.cn:8443`.
    url: String,
    /// The name of the agency: its certificate and key are DIR/pki/issued/NAME.crt and .key unless files are named.
    agency: String,
    /// Its client certificate, PEM.
    #[arg(long, value_name = "FILE", requires = "key")]
    certificate: Option<PathBuf>,
    /// The key of that, PEM.
    #[arg(long, value_name = "FILE", requires = "certificate")]
    key: Option<PathBuf>,
    /// The authority of the gateway's certificate, PEM; DIR/pki/ca.crt without one.
    #[arg(long, value_name = "FILE")]
    authority: Option<PathBuf>,
    /// The profile that it speaks; the one that the gateway knows it by without one.
    #[arg(long)]
    profile: Option<String>,
}

/// A client that the gateway knows.
pub(in crate::cli) struct Peer {
    client: reqwest::Client,
    base: String,
    pub(in crate::cli) profile: Arc<Profile>,
    pub(in crate::cli) verifier: Verifier,
    /// What `GET /agency/v1` says of it.
    pub(in crate::cli) known: Value,
}

/// An answer, whole.
pub(in crate::cli) struct Answer {
    pub(in crate::cli) status: u16,
    pub(in crate::cli) headers: HeaderMap,
    pub(in crate::cli) body: Vec<u8>,
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub(super) fn media(&self) -> &str {
        self.header(CONTENT_TYPE.as_str()).unwrap_or_default()
    }

    /// What a refusal says, in one line.
    pub(in crate::cli) fn why(&self) -> String {
        let text = String::from_utf8_lossy(&self.body);
        let line: String = text.chars().filter(|c| !c.is_control()).take(600).collect();
        format!("{} {line}", self.status)
    }
}

impl Door {
    /// Knocks, and learns who the gateway takes it for.
    pub(super) async fn enter(&self, context: &Context) -> anyhow::Result<Peer> {
        let issued = |end: &str| context.folder.pki().join("issued").join(format!("{}.{end}", self.agency));
        let read = |path: &Path| std::fs::read(path).with_context(|| path.display().to_string());
        let authority = self.authority.clone().unwrap_or_else(|| context.folder.pki().join("ca.crt"));
        let certificate = self.certificate.clone().unwrap_or_else(|| issued("crt"));
        let key = self.key.clone().unwrap_or_else(|| issued("key"));
        let identity = Identity::mutual(&read(&authority)?, &read(&certificate)?, &read(&key)?)?;
        let profiles = load_profiles(&context.folder, Which::All)?;
        let peer = Peer::enter(&self.url, &identity, None, |spoken| {
            let name = self.profile.as_deref().unwrap_or(spoken);
            profiles
                .named(name)
                .with_context(|| format!("there is no profile {name} here; --profile names one"))
        });
        let peer = peer.await?;
        let Peer { known, profile, .. } = &peer;
        println!("known    as {} ({}), speaking {}", known["agency"], known["name"], profile.pin());
        Ok(peer)
    }
}

impl Peer {
    /// Knocks, and learns who the gateway takes it for; `profile` finds the one that it speaks by the name that the gateway
    /// knows. Every answer is waited for so long.
    pub(in crate::cli) async fn enter(
        url: &str,
        identity: &Identity,
        patience: Option<Duration>,
        profile: impl FnOnce(&str) -> anyhow::Result<Arc<Profile>>,
    ) -> anyhow::Result<Self> {
        let url = address(url, Scheme::HttpsOnly).map_err(|why| anyhow::anyhow!("{url}: {why}"))?;
        let here = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let mut client = reqwest::Client::builder()
            .tls_backend_preconfigured(identity.tls()?)
            .no_proxy()
            .resolve("localhost", here);
        if let Some(patience) = patience {
            client = client.timeout(patience);
        }
        let client = client.build()?;
        let base = url.as_str().trim_end_matches('/').to_owned();
        let known = get(&client, &format!("{base}/agency/v1")).await?;
        if known.status != 200 {
            bail!("the gateway does not know this certificate: {}", known.why());
        }
        let known: Value = serde_json::from_slice(&known.body)?;
        let key = get(&client, &format!("{base}/agency/v1/vkey")).await?;
        let verifier = Verifier::parse(String::from_utf8_lossy(&key.body).trim())
            .map_err(|why| anyhow::anyhow!("the journal's key: {why}"))?;
        let profile = profile(known["profile"].as_str().unwrap_or_default())?;
        Ok(Self { client, base, profile, verifier, known })
    }

    pub(in crate::cli) async fn get(&self, path: &str) -> anyhow::Result<Answer> {
        get(&self.client, &format!("{}{path}", self.base)).await
    }

    pub(in crate::cli) async fn post(
        &self,
        path: &str,
        media: &str,
        body: Vec<u8>,
    ) -> anyhow::Result<Answer> {
        let request = self.client.post(format!("{}{path}", self.base)).header(CONTENT_TYPE, media).body(body);
        answered(request.send().await?).await
    }

    /// The kinds that it may receive.
    pub(super) fn receives(&self) -> Vec<String> {
        let scopes = self.known["scopes"].as_array().into_iter().flatten();
        let mine = scopes.filter(|scope| scope["direction"] == "receive");
        let mut kinds: Vec<String> =
            mine.filter_map(|scope| scope["kind"].as_str().map(str::to_owned)).collect();
        kinds.dedup();
        kinds
    }
}

async fn get(client: &reqwest::Client, url: &str) -> anyhow::Result<Answer> {
    answered(client.get(url).send().await.with_context(|| url.to_owned())?).await
}

async fn answered(response: reqwest::Response) -> anyhow::Result<Answer> {
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Ok(Answer { status, headers, body: response.bytes().await?.to_vec() })
}
