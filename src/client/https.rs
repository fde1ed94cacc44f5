//! One bounded call over HTTPS.
//!
//! Promise: a call connects within [`CONNECT`], ends within the time it is given, reads at most [`ANSWER`] bytes of
//! the answer, follows no redirect, uses no proxy, and repeats nothing. Addresses are `https`; plain `http` is
//! allowed only where the caller says so: to this machine's own addresses, or for what is signed by itself. A changed identity takes
//! effect with the next call: the whole client is replaced, for pooled connections and resumed sessions carry
//! the old certificate's name; calls under way end on the old one.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use reqwest::header::HeaderMap;
use reqwest::{Client, Url};

use crate::client::identity::{Identity, IdentityError};
use crate::client::retry_after;
use crate::client::said;
use crate::client::trouble::Trouble;
use crate::client::verdict::Attempt;
use crate::clock::Clock;
use crate::exchange::delivery::Said;

/// Time to connect and shake hands: a handshake is a few round trips, and one second each is already a bad line.
pub const CONNECT: Duration = Duration::from_secs(10);
/// Time for a whole call: agencies' servers check and store while we wait; half a minute is what their own
/// clients commonly allow.
pub const TOTAL: Duration = Duration::from_secs(30);
/// How much of an answer is read: acknowledgements are a few hundred bytes, refusals with a list of problems a
/// few thousand.
pub const ANSWER: usize = 64 * 1024;
/// How long an idle connection is kept: the longest that a replaced certificate can live on in the pool.
const IDLE: Duration = Duration::from_mins(1);
/// The header in which we name the delivery, and in which a peer says that it knows it.
pub const DELIVERY: &str = "regbridge-delivery";

/// Whether plain `http` is thinkable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Never.
    HttpsOnly,
    /// To this machine's own addresses: a receiver beside us, or behind a local TLS proxy.
    HttpOnLoopback,
    /// To any: what is asked for bears a signature of its own, and nothing is said.
    Http,
}

/// One call to make: a POST.
pub struct Call<'a> {
    /// Where to.
    pub url: &'a str,
    /// Its headers, content type included.
    pub headers: HeaderMap,
    /// The message.
    pub body: Vec<u8>,
    /// The delivery's id: a peer that repeats it in [`DELIVERY`] knows it.
    pub delivery: &'a str,
    /// How long it may take, at most [`TOTAL`].
    pub within: Duration,
}

/// What stood at an address.
#[derive(Debug)]
pub struct Got {
    /// The status.
    pub status: u16,
    /// The media type, as it was stated.
    pub content_type: String,
    /// The bytes.
    pub body: Vec<u8>,
}

/// A client whose identity can be replaced while it is in use.
pub struct Https {
    client: ArcSwap<Client>,
    scheme: Scheme,
    clock: Arc<dyn Clock>,
}

impl Https {
    /// With this identity.
    pub fn new(identity: &Identity, scheme: Scheme, clock: Arc<dyn Clock>) -> Result<Self, IdentityError> {
        Ok(Self { client: ArcSwap::from_pointee(build(identity)?), scheme, clock })
    }

    /// Replaces the identity; when this fails, the old one stays.
    pub fn replace(&self, identity: &Identity) -> Result<(), IdentityError> {
        self.client.store(Arc::new(build(identity)?));
        Ok(())
    }

    /// Makes the call once.
    pub async fn post(&self, call: Call<'_>) -> Attempt {
        let url = match address(call.url, self.scheme) {
            Ok(url) => url,
            Err(why) => return Attempt::Silent(Trouble::Address(why)),
        };
        let client = self.client.load_full();
        let request = client
            .post(url)
            .headers(call.headers)
            .header(DELIVERY, call.delivery)
            .timeout(call.within.min(TOTAL))
            .body(call.body);
        match request.send().await {
            Ok(answer) => self.read(answer, call.delivery).await,
            Err(error) => Attempt::Silent(Trouble::of(&error)),
        }
    }

    /// Asks once for what stands at an address; at most `most` bytes of it.
    pub async fn get(&self, url: &str, accept: &str, most: usize) -> Result<Got, Trouble> {
        let url = address(url, self.scheme).map_err(Trouble::Address)?;
        let client = self.client.load_full();
        let request = client.get(url).header(reqwest::header::ACCEPT, accept).timeout(TOTAL);
        let mut answer = request.send().await.map_err(|error| Trouble::of(&error))?;
        let text = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok());
        let content_type = text("content-type").unwrap_or_default().to_owned();
        let (status, mut body) = (answer.status().as_u16(), Vec::new());
        while let Some(chunk) = answer.chunk().await.map_err(|error| Trouble::of(&error))? {
            if body.len() + chunk.len() > most {
                return Err(Trouble::Unreachable(format!("it sends more than {most} bytes")));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Got { status, content_type, body })
    }

    async fn read(&self, mut answer: reqwest::Response, delivery: &str) -> Attempt {
        let status = answer.status().as_u16();
        let text = |name: &str| answer.headers().get(name).and_then(|v| v.to_str().ok());
        let retry_after = text("retry-after").and_then(|value| retry_after::read(value, self.clock.now()));
        let names_us = text(DELIVERY) == Some(delivery);
        let content_type = text("content-type").unwrap_or("").to_owned();
        let (mut body, mut whole) = (Vec::new(), false);
        // An answer that breaks off keeps its status: the peer has spoken, and asking it again would only
        // repeat what it has.
        loop {
            let chunk = match answer.chunk().await {
                Ok(Some(chunk)) => chunk,
                ended => {
                    whole = ended.is_ok();
                    break;
                }
            };
            let room = ANSWER - body.len();
            body.extend_from_slice(&chunk[..chunk.len().min(room)]);
            if body.len() == ANSWER {
                break;
            }
        }
        Attempt::Answered {
            status,
            retry_after,
            names_us,
            in_short: said::in_short(status, &content_type, &body),
            said: (whole && !body.is_empty()).then_some(Said { content_type, body }),
        }
    }
}

/// The address, if it may be called.
pub fn address(text: &str, scheme: Scheme) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|why| format!("not an address: {why}"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("an address carries no user name or password".to_owned());
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if scheme == Scheme::Http => Ok(url),
        "http" if scheme == Scheme::HttpOnLoopback && is_loopback(&url) => Ok(url),
        "http" if scheme == Scheme::HttpOnLoopback => {
            Err("http only to this machine (127.0.0.1, [::1], localhost); elsewhere https".to_owned())
        }
        other => Err(format!("{other} is not https")),
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or("");
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// A client that holds to the promise above, for one identity.
pub(super) fn build(identity: &Identity) -> Result<Client, IdentityError> {
    let here = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
    let client = Client::builder()
        .tls_backend_preconfigured(identity.tls()?)
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .connect_timeout(CONNECT)
        .timeout(TOTAL)
        .pool_idle_timeout(IDLE)
        .tcp_nodelay(true)
        // The name that means this machine does mean it, whatever a resolver says.
        .resolve("localhost", here)
        .user_agent(concat!("regbridge/", env!("CARGO_PKG_VERSION")))
        .build();
    Ok(client.expect("every option above is valid and the TLS backend is our own rustls"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_goes_to_this_machine_or_nowhere() {
        let may = |text| address(text, Scheme::HttpOnLoopback).is_ok();
        for good in [
            "https://a.example/x",
            "http://127.0.0.1:8080/",
            "http://127.9.9.9/",
            "http://[::1]:9/",
            "http://localhost/",
        ] {
            assert!(may(good), "{good}");
        }
        for bad in [
            "http://a.example/",
            "http://10.0.0.1/",
            "http://localhost.a.example/",
            "http://127.0.0.1.a.example/",
            "http://0.0.0.0/",
            "ftp://127.0.0.1/",
            "https://user:word@a.example/",
            "no address",
        ] {
            assert!(!may(bad), "{bad}");
        }
        assert!(address("http://127.0.0.1/", Scheme::HttpsOnly).is_err());
        assert!(address("http://a.example/", Scheme::Http).is_ok());
        assert!(address("ftp://a.example/", Scheme::Http).is_err());
    }
}
