//! Asking a witness, over HTTPS.

use std::future::Future;
use std::pin::Pin;

use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Url};

use crate::client::https::{self, Scheme};
use crate::client::identity::Identity;
use crate::client::trouble::Trouble;
use crate::exchange::port::{Answered, Witness};

/// What is read of an answer: a cosignature's line has some 200 bytes, and a witness may have several keys.
const ANSWER: usize = 64 * 1024;

/// A witness at its address.
pub struct WitnessAt {
    url: Url,
    client: Client,
}

impl WitnessAt {
    /// The witness whose submission prefix this is. Plain `http` goes to this machine alone: an answer that says what was
    /// cosigned bears no signature.
    ///
    /// # Errors
    /// Why the address or the authorities cannot be used.
    pub fn new(prefix: &str, peers: &Identity) -> Result<Self, String> {
        let whole = format!("{}/add-checkpoint", prefix.trim_end_matches('/'));
        let url = https::address(&whole, Scheme::HttpOnLoopback)?;
        Ok(Self { url, client: https::build(peers).map_err(|why| why.to_string())? })
    }

    async fn ask(&self, body: String) -> Result<Answered, Trouble> {
        let request = self.client.post(self.url.clone()).header(CONTENT_TYPE, "text/plain; charset=utf-8");
        let mut answer = request.body(body).send().await.map_err(|error| Trouble::of(&error))?;
        let (status, mut body) = (answer.status().as_u16(), Vec::new());
        while let Some(chunk) = answer.chunk().await.map_err(|error| Trouble::of(&error))? {
            if body.len() + chunk.len() > ANSWER {
                return Err(Trouble::Unreachable(format!("it sends more than {ANSWER} bytes")));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answered { status, body })
    }
}

impl Witness for WitnessAt {
    fn add_checkpoint(
        &self,
        body: String,
    ) -> Pin<Box<dyn Future<Output = Result<Answered, String>> + Send + '_>> {
        Box::pin(async move { self.ask(body).await.map_err(|trouble| trouble.to_string()) })
    }
}
