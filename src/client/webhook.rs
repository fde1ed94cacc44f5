//! Events to the platform: CloudEvents 1.0 in structured mode, signed as Standard Webhooks 1.0 says.
//!
//! Promise: the body is one JSON event (`application/cloudevents+json`; CloudEvents 1.0.2, JSON format section 3);
//! `webhook-id` is the event's id, as the feed tells it too, the same in every attempt, so that a receiver
//! knows by it what it has already seen; the timestamp, and with it the signature, is the attempt's. The
//! receiver verifies the bytes as they came, so no canonical form is asked of it.

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde::Serialize;
use serde_json::Value;

use crate::client::https::{self, Https, Scheme};
use crate::client::signature::{self, Secret};
use crate::clock::Timestamp;
use crate::exchange::delivery::Leased;

/// The media type of a structured event.
pub const CLOUD_EVENT: &str = "application/cloudevents+json";

/// Why a webhook cannot be set up. The operator's to mend.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// Its address may not be called.
    #[error("webhook {name}: {why}")]
    Address {
        /// Which one.
        name: String,
        /// What is wrong with the address.
        why: String,
    },
    /// It has no secret: an unsigned event proves nothing.
    #[error("webhook {name}: no secret")]
    NoSecret {
        /// Which one.
        name: String,
    },
}

/// One receiver of the platform's.
pub struct Webhook {
    pub(crate) url: String,
    source: String,
    secrets: Vec<Secret>,
    pub(crate) https: Https,
}

/// An event on the wire (CloudEvents 1.0.2, section 3.1).
#[derive(Serialize)]
struct CloudEvent<'a> {
    specversion: &'static str,
    id: &'a str,
    source: &'a str,
    #[serde(rename = "type")]
    event_type: &'a str,
    subject: &'a str,
    time: String,
    datacontenttype: &'static str,
    data: &'a Value,
}

impl Webhook {
    /// Named `name`, at `url`, whose events say that they come from `source` (a URI reference, such as the
    /// gateway's public address); `secrets` newest first.
    pub fn new(
        name: &str,
        url: String,
        source: String,
        secrets: Vec<Secret>,
        https: Https,
    ) -> Result<Self, WebhookError> {
        https::address(&url, Scheme::HttpOnLoopback)
            .map_err(|why| WebhookError::Address { name: name.to_owned(), why })?;
        if secrets.is_empty() {
            return Err(WebhookError::NoSecret { name: name.to_owned() });
        }
        Ok(Self { url, source, secrets, https })
    }

    /// The body and headers of an attempt made at `now`.
    pub(crate) fn message(&self, leased: &Leased, now: Timestamp) -> Result<(Vec<u8>, HeaderMap), String> {
        let body = event(leased, &self.source)?;
        let id = leased.message.as_str();
        let signature = signature::header(&self.secrets, id, now, &body);
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(CLOUD_EVENT));
        for (name, value) in [
            ("webhook-id", id),
            ("webhook-timestamp", &now.seconds().to_string()),
            ("webhook-signature", &signature),
        ] {
            let value = HeaderValue::from_str(value).expect("ids, digits and base64 are visible ASCII");
            headers.insert(HeaderName::from_static(name), value);
        }
        Ok((body, headers))
    }
}

fn event(leased: &Leased, source: &str) -> Result<Vec<u8>, String> {
    let data: Value =
        serde_json::from_slice(&leased.body).map_err(|why| format!("the event's data is not JSON: {why}"))?;
    let event = CloudEvent {
        specversion: "1.0",
        id: leased.message.as_str(),
        source,
        event_type: &leased.kind,
        subject: leased.case.as_str(),
        time: leased.created_at.to_string(),
        datacontenttype: "application/json",
        data: &data,
    };
    Ok(serde_json::to_vec(&event).expect("strings and a JSON value always serialise"))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::client::identity::Identity;
    use crate::clock::SystemClock;
    use crate::domain::id::{CaseId, DeliveryId};
    use crate::exchange::delivery::Destination;

    pub(crate) fn leased(destination: Destination) -> Leased {
        let at = Timestamp::parse("2026-11-23T01:30:00Z").unwrap();
        Leased {
            id: DeliveryId::parse("0192f0c4-5a00-7000-8000-000000000001").unwrap(),
            destination,
            sequence: 1,
            case: CaseId::parse("0192f0c4-5a00-7000-8000-000000000002").unwrap(),
            kind: "regbridge.complaint-order.received".to_owned(),
            message: "01a20a69-c9c0-764b-87ec-cbacfc928cf0".to_owned(),
            body: br#"{"state":"received","zh":"\u6295\u8bc9"}"#.to_vec(),
            content_type: "application/json".to_owned(),
            attempt: 1,
            created_at: at,
            since: at,
            tried: 1,
            leased_at: at,
            token: "t".to_owned(),
            until: at.plus_millis(60_000),
        }
    }

    pub(crate) fn webhook(url: &str) -> Result<Webhook, WebhookError> {
        let secret = Secret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let clock = std::sync::Arc::new(SystemClock);
        let https = Https::new(&Identity::nobody(), Scheme::HttpOnLoopback, clock).unwrap();
        Webhook::new("cases", url.to_owned(), "https://regbridge.example/".to_owned(), vec![secret], https)
    }

    #[test]
    fn the_event_is_whole_and_its_id_is_the_deliverys() {
        let leased = leased(Destination::Webhook("cases".to_owned()));
        let hook = webhook("https://platform.example/hook").unwrap();
        let (body, headers) = hook.message(&leased, leased.created_at).unwrap();
        let event: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(event["specversion"], "1.0");
        assert_eq!(event["id"], leased.message.as_str());
        assert_eq!(event["source"], "https://regbridge.example/");
        assert_eq!(event["type"], "regbridge.complaint-order.received");
        assert_eq!(event["subject"], leased.case.as_str());
        assert_eq!(event["time"], "2026-11-23T01:30:00.000000Z");
        assert_eq!(event["datacontenttype"], "application/json");
        assert_eq!(event["data"]["zh"], "投诉");
        assert_eq!(headers["webhook-id"], leased.message.as_str());
        assert_eq!(headers["webhook-timestamp"], "1795397400");
        assert_eq!(headers[CONTENT_TYPE], CLOUD_EVENT);
    }

    #[test]
    fn a_later_attempt_keeps_body_and_id_and_signs_anew() {
        let leased = leased(Destination::Webhook("cases".to_owned()));
        let hook = webhook("https://platform.example/hook").unwrap();
        let (first, early) = hook.message(&leased, leased.created_at).unwrap();
        let (second, late) = hook.message(&leased, leased.created_at.plus_millis(5_000)).unwrap();
        assert_eq!(first, second);
        assert_eq!(early["webhook-id"], late["webhook-id"]);
        assert_ne!(early["webhook-signature"], late["webhook-signature"]);
    }

    #[test]
    fn an_address_that_may_not_be_called_is_refused_when_it_is_set_up() {
        assert!(matches!(webhook("http://platform.example/hook"), Err(WebhookError::Address { .. })));
        assert!(webhook("http://127.0.0.1:9/hook").is_ok());
    }
}
