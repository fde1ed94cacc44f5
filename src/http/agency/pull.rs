//! `GET /agency/v1/{kind}`: an agency pulls what waits for it.
//!
//! Two ways, told apart by the parameters. With `after=NUMBER` or none at all: one message, `Regbridge-Next` is the number
//! to ask with next; what a client of five lines wants. With any of `limit`, `wait`, `since`, `region`, `category`, or a
//! signed cursor as `after`: a page of many records, `Regbridge-Next` is the cursor to ask with next. Both bear the
//! window in headers, signed, and `Regbridge-Cursor`, to change from the one way to the other.
//!
//! 200 with the page; 204 when nothing waits, or nothing came while the request waited. Asking after a cursor says that
//! the window it came with was received. 400 for a parameter that is unknown or ill-formed and for a cursor that is
//! forged, another's, or of a key that is gone; 403 without the scope, or for a filter that reaches beyond it; 404 for
//! an unknown kind; 429 when the agency has too many requests waiting.

use std::time::Duration;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::time::{Instant, timeout_at};

use crate::clock::Timestamp;
use crate::domain::kind::{Direction, Kind};
use crate::domain::region::Region;
use crate::exchange::feed::{Asked, FeedPage, MOST, Place, Shape, escaped};
use crate::http::agency::caller::Caller;
use crate::http::agency::door::Door;
use crate::http::agency::submit::kind_of;
use crate::http::problem::{ProblemDocument, ProblemType};
use crate::mapping::Format;

/// Records of a page where `limit` does not say: 100 messages of 5 KB are half a megabyte.
const DEFAULT: u32 = 100;
/// Proxies commonly cut an idle connection after a minute.
const LONGEST_WAIT: u32 = 30;
/// A wake-up may have gone to another listener: look again after this at the latest.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// What the query says.
#[derive(Debug)]
struct Query {
    asked: Asked,
    wait: u32,
    /// The client counts by numbers.
    plain: bool,
}

pub(super) async fn pull(
    door: web::Data<Door>,
    caller: Caller,
    request: HttpRequest,
) -> Result<HttpResponse, ProblemDocument> {
    let kind = kind_of(&request)?;
    caller.may(kind, Direction::Receive)?;
    let accept = request.headers().get(header::ACCEPT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let query = query(request.query_string(), accept)?;
    let page = held_back(&door, &caller, kind, &query).await?;
    let mut response = if page.body.is_some() { HttpResponse::Ok() } else { HttpResponse::NoContent() };
    response.insert_header((header::CACHE_CONTROL, "no-store"));
    tell(&mut response, &page, query.plain);
    match page.body {
        Some(body) => Ok(response.insert_header((header::CONTENT_TYPE, page.content_type)).body(body)),
        None => Ok(response.finish()),
    }
}

/// The page; an empty one is held back until something comes, or the time is over.
async fn held_back(
    door: &Door,
    caller: &Caller,
    kind: Kind,
    query: &Query,
) -> Result<FeedPage, ProblemDocument> {
    let ask = async || door.gateway.feed(&caller.agency, kind, &query.asked).await.map_err(refused);
    let mut page = ask().await?;
    if query.wait == 0 || page.body.is_some() {
        return Ok(page);
    }
    let _place = door.waits.enter(&caller.agency.id).ok_or_else(|| {
        let (zh, en) = ("该机构等待中的请求过多", "too many requests of the agency are waiting");
        ProblemDocument::new(ProblemType::TooManyRequests, zh, en).with_retry_after(1)
    })?;
    let end = Instant::now() + Duration::from_secs(query.wait.into());
    loop {
        let now = Instant::now();
        if page.body.is_some() || now >= end {
            return Ok(page);
        }
        // Woken or not, the feed is looked at; only what is there is worth a turn at writing.
        let _ = timeout_at(end.min(now + LOOK_AGAIN), door.gateway.told()).await;
        if door.gateway.anything_waits(&caller.agency, kind, &query.asked).await.map_err(refused)? {
            page = ask().await?;
        }
    }
}

/// What a feed refuses is journalled at the door: it is an attempt at an exchange that reached nothing.
fn refused(refused: crate::exchange::Refused) -> ProblemDocument {
    ProblemDocument { journalled: false, ..refused.into() }
}

fn tell(response: &mut HttpResponseBuilder, page: &FeedPage, plain: bool) {
    let window = &page.window;
    let next = if plain { window.to.to_string() } else { page.next.clone() };
    response
        .insert_header(("Regbridge-Next", next))
        .insert_header(("Regbridge-Cursor", page.next.clone()))
        .insert_header(("Regbridge-Window-Number", window.number.to_string()))
        .insert_header(("Regbridge-Window-From", window.from.to_string()))
        .insert_header(("Regbridge-Window-To", window.to.to_string()))
        .insert_header(("Regbridge-Window-Count", window.count.to_string()))
        .insert_header(("Regbridge-Window-Root", window.root.to_string()))
        .insert_header(("Regbridge-Window-Previous", window.previous.to_string()))
        .insert_header(("Regbridge-Window-Note", STANDARD.encode(&page.note)));
    for (name, time) in [("Regbridge-Window-First", window.first), ("Regbridge-Window-Last", window.last)] {
        if let Some(time) = time {
            response.insert_header((name, time.to_string()));
        }
    }
    if let Some(report) = &page.report {
        response.insert_header(("Regbridge-Report-Note", STANDARD.encode(report)));
    }
    if let Some((delivery, salt, supersedes)) = &page.only {
        response.insert_header(("Regbridge-Delivery", delivery.to_string()));
        response.insert_header(("Regbridge-Salt", hex::encode(salt)));
        if let Some(made) = window.first {
            response.insert_header(("Regbridge-Made", made.to_string()));
        }
        if let Some(number) = supersedes {
            response.insert_header(("Regbridge-Supersedes", escaped(number)));
        }
    }
}

fn query(query: &str, accept: &str) -> Result<Query, ProblemDocument> {
    let mut given: Vec<(String, String)> = Vec::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        if !["after", "since", "limit", "wait", "region", "category"].contains(&&*name) {
            return Err(bad(
                "参数只有 after、since、limit、wait、region、category",
                "the parameters are after, since, limit, wait, region, category",
            ));
        }
        // A cursor confirms what came before it: of two, neither is sure.
        if given.iter().any(|(known, _)| *known == *name) {
            return Err(bad(&format!("{name} 只能出现一次"), &format!("{name} is given once")));
        }
        given.push((name.into_owned(), value.into_owned()));
    }
    let get = |wanted: &str| given.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
    let mut asked = Asked {
        place: place(get("after"), get("since"))?,
        filter: crate::exchange::feed::cursor::Filter::default(),
        limit: number(get("limit"), "limit", DEFAULT, 1, MOST)?,
        shape: shape(accept),
    };
    let others = given.iter().any(|(name, _)| name != "after");
    let wait = number(get("wait"), "wait", 0, 0, LONGEST_WAIT)?;
    let plain = !others && !matches!(asked.place, Place::Cursor(_));
    if plain {
        asked.limit = 1;
        asked.shape = Shape::Message(None);
    } else if matches!(asked.place, Place::Number(_)) {
        return Err(bad(
            "数字游标不能与其他参数同用：请改用 Regbridge-Cursor 给出的游标，或 since",
            "a number as after goes with no other parameter: use the cursor in Regbridge-Cursor, or since",
        ));
    }
    if let Some(region) = get("region") {
        let region = Region::parse(region)
            .map_err(|_| bad("region 须为六位区划代码", "region is a six-digit division code"))?;
        asked.filter.region = Some(region);
    }
    if let Some(category) = get("category") {
        // It stands in the signed window, a line of its own.
        if category.is_empty() || category.chars().count() > 100 || category.chars().any(char::is_control) {
            return Err(bad("category 须为 1 到 100 个可见字符", "category is 1 to 100 visible characters"));
        }
        asked.filter.category = Some(category.to_owned());
    }
    Ok(Query { asked, wait, plain })
}

fn place(after: Option<&str>, since: Option<&str>) -> Result<Place, ProblemDocument> {
    match (after, since) {
        (Some(_), Some(_)) => Err(bad("after 与 since 不能同用", "after and since exclude each other")),
        (None, Some(since)) => {
            // A plus in a query is a space by rule; nobody means one in a time.
            let since = Timestamp::parse(&since.replace(' ', "+"));
            since.map(Place::Since).ok_or_else(|| {
                bad("since 须为带时区的时间（RFC 3339）", "since is a time with an offset (RFC 3339)")
            })
        }
        (None, None) => Ok(Place::Start),
        (Some(text), None) if text.bytes().all(|b| b.is_ascii_digit()) && !text.is_empty() => {
            // Beyond what a database can count to there is nothing either.
            let number = text.parse::<i64>().ok().and_then(|number| u64::try_from(number).ok());
            number.map(Place::Number).ok_or_else(|| bad("after 过大", "after is too large"))
        }
        (Some(text), None) if text.starts_with("c1.") => Ok(Place::Cursor(text.to_owned())),
        (Some(_), None) => Err(ProblemDocument::new(
            ProblemType::BadRequest,
            "after 须为非负整数或所给游标",
            "after must be a whole number, or a cursor as it was given",
        )),
    }
}

fn number(
    text: Option<&str>,
    name: &str,
    default: u32,
    least: u32,
    most: u32,
) -> Result<u32, ProblemDocument> {
    let Some(text) = text else { return Ok(default) };
    text.parse().ok().filter(|number| (least..=most).contains(number)).ok_or_else(|| {
        bad(&format!("{name} 应为 {least} 到 {most}"), &format!("{name} is {least} to {most}"))
    })
}

/// The form that `Accept` asks for; a message in its first format where it names none of ours.
fn shape(accept: &str) -> Shape {
    let mut format = None;
    for range in accept.split(',') {
        let essence = range.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if essence == "multipart/mixed" {
            return Shape::Parts;
        }
        let known = Format::ALL.into_iter().find(|known| known.media_type() == essence);
        format = format.or(known);
    }
    Shape::Message(format)
}

fn bad(zh: &str, en: &str) -> ProblemDocument {
    ProblemDocument::new(ProblemType::BadRequest, zh, en)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Query {
        query(text, "").unwrap()
    }

    #[test]
    fn a_number_alone_is_the_plain_way() {
        let plain = |text: &str| (read(text).plain, read(text).asked.limit);
        assert_eq!((plain(""), plain("after=17")), ((true, 1), (true, 1)));
        assert_eq!(read("after=17").asked.place, Place::Number(17));
        assert_eq!((plain("limit=5"), plain("after=c1.x.y.z")), ((false, 5), (false, DEFAULT)));
        assert_eq!(plain("wait=1"), (false, DEFAULT));
    }

    #[test]
    fn what_is_asked_wrongly_is_refused() {
        for text in [
            "after=-1",
            "after=x",
            "after=",
            "afer=1",
            "after=18446744073709551615",
            "after=1&after=1",
            "after=1&limit=5",
            "after=c1.x&since=2026-11-23T10:00:00Z",
            "since=yesterday",
            "since=2026-11-23T10:00:00",
            "limit=0",
            "limit=501",
            "wait=31",
            "region=33",
            "category=",
            "category=a%0Ab",
        ] {
            assert_eq!(query(text, "").unwrap_err().problem_type, ProblemType::BadRequest, "{text}");
        }
        let since = read("since=2026-11-23T10:00:00+08:00").asked.place;
        assert_eq!(
            since,
            Place::Since(Timestamp::parse("2026-11-23T02:00:00Z").unwrap()),
            "a plus as it stands"
        );
    }

    #[test]
    fn the_form_is_what_is_accepted() {
        assert_eq!(shape("*/*"), Shape::Message(None));
        assert_eq!(shape("text/csv"), Shape::Message(Some(Format::Csv)));
        assert_eq!(shape("multipart/mixed, application/xml"), Shape::Parts);
    }
}
