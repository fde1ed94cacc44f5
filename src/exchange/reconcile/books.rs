//! Our books of a day: what was exchanged with an agency, from the rows themselves.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::clock::Timestamp;
use crate::domain::calendar::{CHINA, begin_of, end_of};
use crate::domain::digest::Digest;
use crate::domain::id::{AgencyId, DeliveryId};
use crate::domain::kind::Direction;
use crate::exchange::delivery::Destination;
use crate::exchange::reconcile::manifest::{Line, Mark, escape, unescape};
use crate::store::booked::{BookedIn, BookedOut};
use crate::store::delivery::DeliveryState;
use crate::store::{StoreError, Tx};

/// Bodies read at a time: 100 of the largest messages of 8 MiB would be too many, but those are none in a thousand.
const CHUNK: u32 = 100;

/// What was exchanged on a day, and how far each delivery has come.
#[derive(Debug, Default)]
pub(super) struct Books {
    pub(super) lines: Vec<Line>,
    /// By line: our delivery.
    pub(super) deliveries: BTreeMap<String, Sent>,
}

/// A delivery as a difference needs it.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    pub(super) id: DeliveryId,
    pub(super) state: DeliveryState,
    pub(super) erased: bool,
}

/// Reads a day's exchanges.
pub(super) async fn read(tx: &mut Tx, agency: &AgencyId, day: NaiveDate) -> Result<Books, StoreError> {
    let (from, last) = (begin_of(day), end_of(day));
    let until = Timestamp::from_micros(last.micros() + 1);
    let mut books = Books::default();
    books.lines.extend(tx.booked_in(agency, from, until).await?.iter().map(line_in));
    let destination = Destination::Agency(agency.clone()).to_text();
    // Numbers begin at 1: so this is before the first of that moment.
    let mut behind = (from, 0);
    loop {
        let some = tx.booked_out(&destination, behind, until, CHUNK).await?;
        let Some(last) = some.last() else { return Ok(books) };
        behind = (last.at, last.sequence);
        for out in &some {
            let line = line_out(out);
            let sent = Sent { id: out.id.clone(), state: out.state, erased: out.body.is_empty() };
            books.deliveries.insert(line.to_string(), sent);
            books.lines.push(line);
        }
    }
}

/// Whether we have, on whatever day, what a line of theirs says.
pub(super) async fn have(tx: &mut Tx, agency: &AgencyId, line: &Line) -> Result<bool, StoreError> {
    let Some(id) = unescape(&line.id).filter(|id| !id.contains('\0')) else { return Ok(false) };
    let fits = |digest: Option<Digest>| line.digest.is_none() || digest.is_none() || digest == line.digest;
    match line.direction {
        Direction::Submit => {
            let known = tx.submissions_by_key(&[(agency, &id)]).await?;
            Ok(known.iter().any(|one| one.kind == line.kind && fits(Some(one.body_digest))))
        }
        Direction::Receive => {
            let destination = Destination::Agency(agency.clone()).to_text();
            let known = tx.booked_named(&destination, &id).await?;
            Ok(known.iter().any(|one| one.kind == line.kind && fits(digest(one))))
        }
    }
}

fn line_in(one: &BookedIn) -> Line {
    // A file has no message: it is named by what everybody can compute of it.
    let id = one.message_id.clone().unwrap_or_else(|| format!("sha256:{}", one.digest));
    Line {
        at: one.at.at_offset(CHINA),
        direction: Direction::Submit,
        kind: one.kind,
        id: escape(&id),
        digest: (!one.erased).then_some(one.digest),
        mark: Mark::None,
    }
}

fn line_out(one: &BookedOut) -> Line {
    let by_us = matches!(one.settled_by.as_deref(), Some("operator" | "superseded"));
    let mark = match one.state {
        DeliveryState::Refused => Mark::Refused,
        DeliveryState::GivenUp if by_us => Mark::Stopped,
        _ => Mark::None,
    };
    Line {
        at: one.at.at_offset(CHINA),
        direction: Direction::Receive,
        kind: one.kind,
        id: escape(&one.name),
        digest: digest(one),
        mark,
    }
}

fn digest(one: &BookedOut) -> Option<Digest> {
    (!one.body.is_empty()).then(|| Digest::of(&one.body))
}
