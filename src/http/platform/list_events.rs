//! `GET /platform/v1/events`: the feed, by cursor, with long poll.

use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use tokio::time::{Instant, timeout_at};
use utoipa::IntoParams;

use crate::exchange::{Gateway, Refused, view};
use crate::http::platform::token::Reader;
use crate::http::platform::view::{EventPage, ProblemShape};
use crate::http::platform::{Answer, input};

/// Events are small; a hundred make a page of about 40 KB.
const DEFAULT: u32 = 100;
/// A consumer that caught fire catches up with this.
const MOST: u32 = 1000;
/// Proxies commonly cut an idle connection after a minute.
const LONGEST_WAIT: u32 = 30;
/// A wake-up may have gone to another listener: look again after this at the latest.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// Events behind this cursor: `next` of the page before. 0 or nothing: from the beginning.
    #[serde(default, deserialize_with = "input::number")]
    after: Option<u64>,
    /// How many at most, 1 to 1000; 100 if it is not said.
    #[serde(default, deserialize_with = "input::number")]
    limit: Option<u32>,
    /// How many seconds to wait for an event when there is none, 0 to 30; 0 if it is not said.
    #[serde(default, deserialize_with = "input::number")]
    wait: Option<u32>,
}

/// Events behind a cursor, oldest first. With `wait`, an empty page is held back until something happens.
#[utoipa::path(get, path = "/platform/v1/events", tag = "Events", params(Wanted), security(("token" = [])), responses(
    (status = 200, description = "The page; keep `next` once its events are dealt with", body = EventPage),
    (status = 400, description = "A parameter is unknown or ill-formed", body = ProblemShape, content_type = "application/problem+json"),
    (status = 401, description = "No valid token", body = ProblemShape, content_type = "application/problem+json"),
))]
pub(super) async fn list_events(_: Reader, request: HttpRequest, gateway: web::Data<Gateway>) -> Answer {
    let wanted: Wanted = input::query(&request)?;
    let after = wanted.after.unwrap_or(0);
    let limit = input::limit(wanted.limit, DEFAULT, MOST)?;
    let wait = wanted.wait.unwrap_or(0);
    if wait > LONGEST_WAIT {
        return Err(input::bad_request(
            format!("wait 应为 0 到 {LONGEST_WAIT} 秒"),
            format!("wait is 0 to {LONGEST_WAIT} seconds"),
        ));
    }
    let events = held_back(&gateway, after, limit, Duration::from_secs(wait.into())).await?;
    let next = events.last().map_or(after, |event| event.cursor);
    let events = events.into_iter().map(Into::into).collect();
    Ok(HttpResponse::Ok().json(EventPage { events, next }))
}

async fn held_back(
    gateway: &Gateway,
    after: u64,
    limit: u32,
    wait: Duration,
) -> Result<Vec<view::Event>, Refused> {
    let end = Instant::now() + wait;
    loop {
        let events = gateway.events(after, limit).await?;
        let now = Instant::now();
        if !events.is_empty() || now >= end {
            return Ok(events);
        }
        // Woken or not, the feed is asked.
        let _ = timeout_at(end.min(now + LOOK_AGAIN), gateway.told()).await;
    }
}
