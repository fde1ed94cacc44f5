//! The exchange's network, for real: finds where a delivery goes and sends it once, or lays it into its agency's folder.
//!
//! Promise: an attempt ends before its lease does, less [`MARGIN`] for writing down how it went, so that no
//! delivery is under way twice. Every push to an agency carries, beside the message itself:
//!
//! | header | value |
//! |---|---|
//! | `Regbridge-Delivery` | the delivery's id, the same in every attempt |
//! | `Idempotency-Key` | the same id |
//! | `Regbridge-Case` | the case |
//! | `Regbridge-Kind` | the record kind |
//! | `Regbridge-Attempt` | which attempt this is, from 1 |

use std::collections::BTreeMap;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};

use crate::client::folder;
use crate::client::https::{Call, Https, TOTAL};
use crate::client::trouble::Trouble;
use crate::client::verdict::{self, Attempt};
use crate::client::webhook::Webhook;
use crate::clock::{Clock, Timestamp};
use crate::domain::agency::DeliveryMode;
use crate::domain::folder::DropPaths;
use crate::domain::id::AgencyId;
use crate::domain::registry::Registry;
use crate::exchange::delivery::{Destination, Leased, Outcome};
use crate::exchange::port::Network;

/// Kept back from the lease for the settlement: one transaction, which waits for others at most a few seconds.
pub const MARGIN: Duration = Duration::from_secs(5);

/// Where the registry in force is found: asked at every attempt, for an address corrected a minute ago must be
/// the one that is called.
pub type Registries = Arc<dyn Fn() -> Arc<Registry> + Send + Sync>;

/// Sends deliveries over mutual TLS and as webhooks.
pub struct Outbound {
    agencies: Arc<Https>,
    registries: Registries,
    webhooks: BTreeMap<String, Webhook>,
    /// The data directory, where folders of agencies begin.
    data: PathBuf,
    clock: Arc<dyn Clock>,
}

impl Outbound {
    /// `agencies` speaks for us to all agencies; `webhooks` by name; `data` is the data directory.
    #[must_use]
    pub fn new(
        agencies: Arc<Https>,
        registries: Registries,
        webhooks: BTreeMap<String, Webhook>,
        data: PathBuf,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { agencies, registries, webhooks, data, clock }
    }

    async fn attempt(&self, leased: &Leased) -> Attempt {
        let now = self.clock.now();
        let Some(within) = within(leased.until, now) else {
            return Attempt::Silent(Trouble::Unreachable("the lease was over before the call".to_owned()));
        };
        match &leased.destination {
            Destination::Agency(agency) => self.push(agency, leased, within).await,
            Destination::Webhook(name) => self.tell(name, leased, now, within).await,
        }
    }

    /// The folder that a delivery is laid into, if its agency has its messages there.
    fn folder(&self, leased: &Leased) -> Option<DropPaths> {
        let Destination::Agency(agency) = &leased.destination else { return None };
        let agency = (self.registries)().by_id(agency)?;
        let folder = agency.folder.as_ref().filter(|_| agency.delivery == DeliveryMode::Folder)?;
        Some(folder.paths(&self.data, &agency.id))
    }

    async fn push(&self, agency: &AgencyId, leased: &Leased, within: Duration) -> Attempt {
        let unknown = |why: String| Attempt::Silent(Trouble::Address(why));
        let registry = (self.registries)();
        let Some(agency) = registry.by_id(agency) else {
            return unknown(format!("no agency {agency} in the registry"));
        };
        let DeliveryMode::Push { url } = &agency.delivery else {
            return unknown(format!("agency {} pulls, it has no address", agency.id));
        };
        let headers = match headers(leased) {
            Ok(headers) => headers,
            Err(why) => return unknown(why),
        };
        let body = leased.body.clone();
        self.agencies.post(Call { url, headers, body, delivery: leased.id.as_str(), within }).await
    }

    async fn tell(&self, name: &str, leased: &Leased, now: Timestamp, within: Duration) -> Attempt {
        let Some(webhook) = self.webhooks.get(name) else {
            return Attempt::Silent(Trouble::Address(format!("no webhook {name} is configured")));
        };
        match webhook.message(leased, now) {
            Ok((body, headers)) => {
                let (url, delivery) = (webhook.url.as_str(), leased.id.as_str());
                webhook.https.post(Call { url, headers, body, delivery, within }).await
            }
            Err(why) => Attempt::Silent(Trouble::Address(why)),
        }
    }
}

impl Network for Outbound {
    fn send<'a>(&'a self, leased: &'a Leased) -> Pin<Box<dyn Future<Output = Outcome> + Send + 'a>> {
        Box::pin(async move {
            match self.folder(leased) {
                Some(paths) => folder::place(paths, leased).await,
                None => verdict::judge(self.attempt(leased).await, leased.attempt),
            }
        })
    }
}

/// How long a call may take under a lease until `until`; nothing if less than a second is left.
fn within(until: Timestamp, now: Timestamp) -> Option<Duration> {
    let left = Duration::from_millis(u64::try_from(until.millis_since(now)).ok()?);
    let left = left.checked_sub(MARGIN)?;
    (left >= Duration::from_secs(1)).then(|| left.min(TOTAL))
}

fn headers(leased: &Leased) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    let content_type = HeaderValue::from_str(&leased.content_type)
        .map_err(|_| "the delivery's media type is not a header value".to_owned())?;
    headers.insert(CONTENT_TYPE, content_type);
    for (name, value) in [
        ("idempotency-key", leased.id.as_str()),
        ("regbridge-case", leased.case.as_str()),
        ("regbridge-kind", leased.kind.as_str()),
        ("regbridge-attempt", leased.attempt.to_string().as_str()),
        ("regbridge-made", leased.created_at.to_string().as_str()),
    ] {
        let value = HeaderValue::from_str(value).map_err(|_| format!("{name} is not a header value"))?;
        headers.insert(HeaderName::from_static(name), value);
    }
    Ok(headers)
}

#[cfg(test)]
mod tests;
