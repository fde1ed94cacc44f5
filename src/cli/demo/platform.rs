//! The simulated platform: a client of the platform listener.

use std::net::SocketAddr;

use serde_json::Value;

/// A caller with a token.
pub(super) struct Caller {
    client: reqwest::Client,
    base: String,
    token: String,
}

impl Caller {
    pub(super) fn new(token: &str, gateway: SocketAddr) -> anyhow::Result<Self> {
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(crate::client::identity::Identity::nobody().tls()?)
            .no_proxy()
            .build()?;
        Ok(Self { client, base: format!("http://{gateway}/platform/v1"), token: token.to_owned() })
    }

    pub(super) async fn get(&self, path: &str) -> anyhow::Result<Value> {
        let request = self.client.get(format!("{}{path}", self.base)).bearer_auth(&self.token);
        Ok(serde_json::from_slice(&request.send().await?.bytes().await?)?)
    }

    /// The status and the answer.
    pub(super) async fn post(&self, path: &str, key: &str, record: &Value) -> anyhow::Result<(u16, Value)> {
        let request = self
            .client
            .post(format!("{}{path}", self.base))
            .bearer_auth(&self.token)
            .header("idempotency-key", key)
            .header("content-type", "application/json")
            .body(record.to_string());
        let response = request.send().await?;
        Ok((response.status().as_u16(), serde_json::from_slice(&response.bytes().await?)?))
    }
}
