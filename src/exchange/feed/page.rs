//! What makes up a page, and its bytes.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::domain::agency::Agency;
use crate::domain::kind::Kind;
use crate::domain::region::Region;
use crate::exchange::delivery::Destination;
use crate::exchange::feed::Shape;
use crate::exchange::feed::cursor::Filter;
use crate::exchange::feed::window;
use crate::exchange::gateway::World;
use crate::exchange::refused::Refused;
use crate::mapping::{Encoded, Format, Profile, Run};
use crate::store::feed::{FeedBody, FeedKey, Stretch};
use crate::store::{StoreError, Tx};

/// The most bytes that the messages of a page have together: what is ever read of a body, too.
const MOST_BYTES: u64 = 8 * 1024 * 1024;

/// How many keys are looked at in one go.
const CHUNK: u32 = 1000;

/// A page's messages, and its bytes; none when nothing waits.
pub(super) struct Body {
    pub(super) messages: Vec<FeedBody>,
    pub(super) bytes: Option<Vec<u8>>,
    pub(super) content_type: String,
}

/// At most `limit` deliveries numbered above the first and up to the second, that the agency may have now and the filter
/// lets through.
pub(super) async fn gathered(
    tx: &mut Tx,
    agency: &Agency,
    kind: Kind,
    filter: &Filter,
    (mut after, through): (u64, u64),
    superseded: bool,
    limit: u32,
) -> Result<Vec<FeedKey>, StoreError> {
    let destination = Destination::Agency(agency.id.clone()).to_text();
    let region = filter.region.as_ref().map_or("", Region::prefix);
    let (mut found, mut bytes) = (Vec::new(), 0);
    loop {
        let stretch =
            Stretch { destination: &destination, kind: kind.as_str(), after, through, region, superseded };
        let keys = tx.feed_keys(stretch, CHUNK.min(limit)).await?;
        let Some(last) = keys.last() else { return Ok(found) };
        after = last.sequence;
        for key in keys {
            if !lets(agency, kind, filter, &key) {
                continue;
            }
            bytes += key.size;
            if !superseded && bytes > MOST_BYTES && !found.is_empty() {
                return Ok(found);
            }
            found.push(key);
            if found.len() as u64 >= u64::from(limit) {
                return Ok(found);
            }
        }
    }
}

fn lets(agency: &Agency, kind: Kind, filter: &Filter, key: &FeedKey) -> bool {
    filter.category.as_ref().is_none_or(|wanted| key.categories.contains(wanted))
        && agency.may_receive(kind, &key.region, &key.categories).is_ok()
}

/// The bytes of a page of these messages, or of the first of them where the form has no room for all.
pub(super) fn write(
    world: &World,
    agency: &Agency,
    kind: Kind,
    shape: Shape,
    mut messages: Vec<FeedBody>,
) -> Result<Body, Refused> {
    if messages.is_empty() {
        return Ok(Body { messages, bytes: None, content_type: String::new() });
    }
    let format = match shape {
        Shape::Parts => {
            let boundary = format!("regbridge-{}", window::root(&messages));
            let bytes = parts(&messages, &boundary);
            let content_type = format!("multipart/mixed; boundary={boundary}");
            return Ok(Body { messages, bytes: Some(bytes), content_type });
        }
        Shape::Message(format) => format,
    };
    if messages.len() > 1 {
        let profile = world.profile_of(agency)?;
        if let Some(name) = profile.message_for(kind.as_str()) {
            let most = profile.most_records(name);
            messages.truncate(most.max(1));
            if messages.len() > 1
                && let Some(encoded) = together(world, &profile, name, format, &messages)
            {
                let Encoded { bytes, content_type, .. } = encoded;
                return Ok(Body { messages, bytes: Some(bytes), content_type });
            }
        }
    }
    // One message a page: the very bytes that were queued.
    messages.truncate(1);
    let (bytes, content_type) = (messages[0].body.clone(), messages[0].content_type.clone());
    Ok(Body { messages, bytes: Some(bytes), content_type })
}

/// Many records in one message; none where they cannot stand in one. What differs from page to page (its id, its time) is
/// taken from the records, so that the same page is the same bytes.
fn together(
    world: &World,
    profile: &Profile,
    name: &str,
    format: Option<Format>,
    messages: &[FeedBody],
) -> Option<Encoded> {
    let records: Option<Vec<Value>> =
        messages.iter().map(|message| serde_json::from_str(message.record.as_deref()?).ok()).collect();
    let (first, last) = (messages.first()?, messages.last()?);
    let mut value = json!({
        "message_id": first.id,
        "id": first.id,
        "sent_at": last.created_at.at_offset(profile.zone_seconds()),
        "records": records?,
        "window": {
            "from": first.sequence - 1,
            "to": last.sequence,
            "count": messages.len(),
            "first": first.created_at.at_offset(profile.zone_seconds()),
            "last": last.created_at.at_offset(profile.zone_seconds()),
            "root": window::root(messages),
        },
    });
    if profile.messages().any(|asked| asked.answer == Some(name)) {
        value["outcome"] = json!("accepted");
    }
    let format = format.filter(|format| {
        profile.messages().any(|known| known.name == name && known.formats.contains(format))
    });
    let run = Run { now: last.created_at, chance: &*world.chance };
    profile
        .encode(name, format, &value, &run)
        .or_else(|_| {
            // A profile that refuses what it has no place for has none for the window.
            value.as_object_mut().map(|object| object.remove("window"));
            profile.encode(name, format, &value, &run)
        })
        .ok()
}

/// RFC 2046, section 5.1: a part a message, its length said, since a message may be anything.
fn parts(messages: &[FeedBody], boundary: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for message in messages {
        let mut head = format!(
            "--{boundary}\r\nContent-Type: {}\r\nContent-Length: {}\r\nRegbridge-Delivery: {}\r\n\
             Regbridge-Sequence: {}\r\nRegbridge-Salt: {}\r\nRegbridge-Made: {}\r\n",
            message.content_type,
            message.body.len(),
            message.id,
            message.sequence,
            hex::encode(&message.salt),
            message.created_at,
        );
        if let Some(number) = &message.supersedes {
            let _ = write!(head, "Regbridge-Supersedes: {}\r\n", header(number));
        }
        bytes.extend_from_slice(head.as_bytes());
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(&message.body);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    bytes
}

/// A number as a header's value: what is not visible ASCII is percent-encoded (RFC 3986, section 2.1).
#[must_use]
pub(crate) fn header(number: &str) -> String {
    let mut text = String::new();
    for byte in number.bytes() {
        if byte.is_ascii_graphic() && byte != b'%' {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}
