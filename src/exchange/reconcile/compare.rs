//! Holding what an agency says of a day against our own rows.
//!
//! Promise: a comparison is one transaction: what the agency said, each difference's state, the journal's entry and the
//! trouble that staff is told of. What nobody has fetched yet, what was stopped before anybody had it, and what the
//! other side has on another day are counted, and are no differences.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{Days, NaiveDate};

use crate::clock::Timestamp;
use crate::domain::agency::{Agency, DeliveryMode};
use crate::domain::digest::{Digest, Fingerprint};
use crate::domain::id::AgencyId;
use crate::domain::kind::Direction;
use crate::exchange::entry::{self, Fact};
use crate::exchange::gateway::{Gateway, World};
use crate::exchange::notice::{self, Facts, Severity, Topic, Trouble};
use crate::exchange::reconcile::books::{self, Books};
use crate::exchange::reconcile::differ::{self, Found, What};
use crate::exchange::reconcile::fact::ReconciliationFact;
use crate::exchange::reconcile::manifest::{Line, Manifest, ManifestFault, Mark};
use crate::exchange::reconcile::{DifferenceRow, ReconciliationRow, over};
use crate::exchange::refused::{Failed, Refused};
use crate::mapping::Stage;
use crate::store::delivery::DeliveryState;
use crate::store::{StoreError, Tx};

/// Differences of a day that are kept at a time: more is no list that anybody works off, but another day's manifest, or
/// another book's. What is beyond is found when these are settled.
const MOST_DIFFERENCES: usize = 1000;

/// A manifest of the other side, as it was brought.
#[derive(Clone, Debug)]
pub struct Brought {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// `api` (over mutual TLS, sent or fetched) or `file`.
    pub channel: &'static str,
    /// The certificate, where the agency called.
    pub certificate: Option<Fingerprint>,
}

/// What a comparison came to.
#[derive(Clone, Debug)]
pub struct Compared {
    /// What was compared, without the texts.
    pub reconciliation: ReconciliationRow,
    /// All differences of that day, settled ones too.
    pub differences: Vec<DifferenceRow>,
    /// How many were not known before.
    pub found: u64,
    /// How many that were known are no more.
    pub settled: u64,
    /// How many are not settled.
    pub left: u64,
}

impl Gateway {
    /// Compares what an agency says of a day with what we have of it.
    ///
    /// # Errors
    /// [`Refused::Malformed`] with each wrong line; [`Refused::Manifest`] for another agency's, and while the day is not
    /// over; [`Refused::NotFound`] without such an agency.
    pub async fn compare(
        &self,
        agency: &AgencyId,
        day: NaiveDate,
        theirs: Brought,
    ) -> Result<Compared, Refused> {
        let world = &*self.world;
        let known = world.registry.load().by_id(agency).ok_or(Refused::NotFound)?;
        over(world, day)?;
        let manifest = read(agency, day, &theirs.bytes)?;
        self.held_against(&known, &manifest, theirs).await
    }

    /// Compares once more with what an agency said of a day before; none where it said nothing.
    pub(in crate::exchange) async fn compare_again(
        &self,
        agency: &AgencyId,
        day: NaiveDate,
    ) -> Result<Option<Compared>, Refused> {
        let Some(known) = self.world.registry.load().by_id(agency) else { return Ok(None) };
        let text = day.to_string();
        let row = async |mut tx: Tx| tx.reconciliation(agency, &text).await;
        let row = self.world.store.read::<_, StoreError, _>("reconcile.theirs", row).await?;
        let Some(row) = row else { return Ok(None) };
        let channel = if row.channel == "api" { "api" } else { "file" };
        let manifest = read(agency, day, &row.text)?;
        let theirs = Brought { bytes: row.text, channel, certificate: None };
        self.held_against(&known, &manifest, theirs).await.map(Some)
    }

    async fn held_against(
        &self,
        agency: &Arc<Agency>,
        theirs: &Manifest,
        brought: Brought,
    ) -> Result<Compared, Refused> {
        let world = &*self.world;
        let look = async |mut tx: Tx| {
            let books = books::read(&mut tx, &agency.id, theirs.day).await?;
            let kept = kept(agency, &books, theirs, &mut tx).await?;
            Ok::<_, StoreError>((books.lines.len() as u64, kept))
        };
        let (own_lines, kept) = world.store.read("reconcile.look", look).await?;
        let write = async |mut tx: Tx| write(world, theirs, (&brought, own_lines), &kept, &mut tx).await;
        let compared = world.store.run_tx("reconcile.compare", write).await.map_err(Failed::into_refused)?;
        world.bells.ring_for_events();
        Ok(compared)
    }
}

fn read(agency: &AgencyId, day: NaiveDate, bytes: &[u8]) -> Result<Manifest, Refused> {
    // Whose it is comes first: what another agency exchanged is not even told to be well written.
    let second = bytes.split(|byte| *byte == b'\n').nth(1).unwrap_or_default();
    if let Some(found) = second.strip_prefix(b"agency ").filter(|found| *found != agency.as_str().as_bytes())
    {
        let found = crate::domain::problem::cut(&String::from_utf8_lossy(found));
        return Err(ManifestFault::Foreign { wanted: agency.clone(), found }.into());
    }
    let malformed = |problems| Refused::Malformed { stage: Stage::Read, problems };
    let manifest = Manifest::parse(bytes).map_err(malformed)?;
    if manifest.day != day {
        return Err(malformed(vec![super::manifest::other_day(manifest.day, day)]));
    }
    Ok(manifest)
}

/// The differences that count, and how many of those that do not.
struct Kept {
    differences: Vec<DifferenceRow>,
    waiting: u64,
    elsewhere: u64,
}

async fn kept(agency: &Agency, books: &Books, theirs: &Manifest, tx: &mut Tx) -> Result<Kept, StoreError> {
    let found = differ::differences(&books.lines, &theirs.lines);
    let mut kept = Kept { differences: Vec::new(), waiting: 0, elsewhere: 0 };
    if found.is_empty() {
        return Ok(kept);
    }
    let around = around(agency, theirs, tx).await?;
    let (day, mut places) = (theirs.day.to_string(), BTreeMap::new());
    for one in found {
        let line = one.line();
        let sent = one.ours.and_then(|ours| books.deliveries.get(&ours.to_string()));
        match one.what {
            What::MissingThere if sent.is_some_and(|sent| waits(agency, sent.state)) => {
                kept.waiting += 1;
                continue;
            }
            What::MissingThere if line.mark == Mark::Stopped => continue,
            What::MissingThere if around.contains(&timeless(line)) => {
                kept.elsewhere += 1;
                continue;
            }
            What::MissingHere if books::have(tx, &agency.id, line).await? => {
                kept.elsewhere += 1;
                continue;
            }
            _ => {}
        }
        if kept.differences.len() == MOST_DIFFERENCES {
            break;
        }
        let place =
            places.entry((one.what.as_str(), line.direction.as_str(), line.kind, &line.id)).or_insert(0);
        let resent = sent.filter(|sent| !sent.erased && agency.delivery != DeliveryMode::Pull);
        kept.differences.push(DifferenceRow {
            id: String::new(),
            agency: agency.id.clone(),
            day: day.clone(),
            what: one.what.as_str().to_owned(),
            direction: line.direction.as_str().to_owned(),
            kind: line.kind.as_str().to_owned(),
            message: line.id.clone(),
            place: std::mem::replace(place, *place + 1),
            ours: one.ours.map(Line::to_string),
            theirs: one.theirs.map(Line::to_string),
            delivery: sent.map(|sent| sent.id.clone()),
            action: action(&one, resent.is_some()).to_owned(),
            state: "open".to_owned(),
            found_at: Timestamp::from_micros(0),
            changed_at: Timestamp::from_micros(0),
            acted_by: None,
            words: None,
        });
    }
    Ok(kept)
}

/// Whether a message was not fetched yet: nobody has it, or it lies where the agency takes it away.
fn waits(agency: &Agency, state: DeliveryState) -> bool {
    state == DeliveryState::Queued
        || (state == DeliveryState::Sent && agency.delivery == DeliveryMode::Folder)
}

/// The one thing to be done.
fn action(found: &Found<'_>, can_resend: bool) -> &'static str {
    match (found.what, found.line().direction) {
        (What::MissingThere | What::Bytes, Direction::Receive) if can_resend => "resend",
        (What::MissingHere, Direction::Submit) => "re-pull",
        _ => "ask",
    }
}

/// What the other side has on the days beside this one, and what was found missing with us on any other: what came late
/// is no loss of the day on which it came.
async fn around(agency: &Agency, theirs: &Manifest, tx: &mut Tx) -> Result<BTreeSet<String>, StoreError> {
    let mut known = BTreeSet::new();
    let days = [theirs.day.checked_sub_days(Days::new(1)), theirs.day.checked_add_days(Days::new(1))];
    for day in days.into_iter().flatten() {
        if let Some(row) = tx.reconciliation(&agency.id, &day.to_string()).await?
            && let Ok(manifest) = Manifest::parse(&row.text)
        {
            known.extend(manifest.lines.iter().map(timeless));
        }
    }
    for missing in tx.known_missing(&agency.id, &theirs.day.to_string()).await? {
        known.extend(
            missing.theirs.as_deref().and_then(|line| line.split_once(' ')).map(|(_, rest)| rest.to_owned()),
        );
    }
    Ok(known)
}

/// A line without its time.
fn timeless(line: &Line) -> String {
    let text = line.to_string();
    text.split_once(' ').map_or_else(String::new, |(_, rest)| rest.to_owned())
}

async fn write(
    world: &World,
    theirs: &Manifest,
    (brought, own_lines): (&Brought, u64),
    kept: &Kept,
    tx: &mut Tx,
) -> Result<Compared, Failed> {
    let head = tx.journal_lock().await?;
    let (now, salt, day) = (world.clock.now(), world.chance.thirty_two(), theirs.day.to_string());
    let before = tx.differences(&theirs.agency, &day).await?;
    let (now_there, known_keys): (BTreeSet<_>, BTreeSet<_>) =
        (kept.differences.iter().map(key).collect(), before.iter().map(key).collect());
    let (mut found, mut settled, mut new) = (0, 0, Vec::new());
    for known in &before {
        let still = now_there.contains(&key(known));
        match known.state.as_str() {
            "settled" if still => {
                tx.set_difference(&known.id, "open", (None, None), now).await?;
                found += 1;
            }
            "open" | "acted" if !still => {
                tx.set_difference(&known.id, "settled", (None, None), now).await?;
                settled += 1;
            }
            _ => {}
        }
    }
    for one in &kept.differences {
        if !known_keys.contains(&key(one)) {
            let id = world.chance.uuid(now).to_string();
            new.push(DifferenceRow { id, found_at: now, changed_at: now, ..one.clone() });
        }
    }
    tx.insert_differences(&new).await?;
    found += new.len() as u64;
    let differences = tx.differences(&theirs.agency, &day).await?;
    let left = differences.iter().filter(|one| one.state != "settled").count() as u64;
    let fact = Fact::Reconciliation(ReconciliationFact {
        agency: theirs.agency.clone(),
        day: day.clone(),
        channel: brought.channel.to_owned(),
        certificate: brought.certificate,
        theirs: Digest::salted(&salt, &brought.bytes),
        lines: theirs.lines.len() as u64,
        own_lines,
        found,
        settled,
        left,
    });
    let grown = world.journal.grow(&head, vec![entry::bytes(&fact, now)], now)?;
    let reconciliation = ReconciliationRow {
        agency: theirs.agency.clone(),
        day,
        text: brought.bytes.clone(),
        lines: theirs.lines.len() as u64,
        root: *theirs.root.as_bytes(),
        salt,
        channel: brought.channel.to_owned(),
        own_lines,
        waiting: kept.waiting,
        elsewhere: kept.elsewhere,
        journal_index: grown.first(),
        compared_at: now,
    };
    tx.put_reconciliation(&reconciliation).await?;
    grown.write(tx).await?;
    tell(world, theirs, &differences, left, tx).await?;
    let reconciliation = ReconciliationRow { text: Vec::new(), ..reconciliation };
    Ok(Compared { reconciliation, differences, found, settled, left })
}

/// What a difference is known by, within its day.
fn key(one: &DifferenceRow) -> (&str, &str, &str, &str, u64) {
    (&one.what, &one.direction, &one.kind, &one.message, one.place)
}

/// One trouble an agency and day; it ends when all is settled.
async fn tell(
    world: &World,
    theirs: &Manifest,
    differences: &[DifferenceRow],
    left: u64,
    tx: &mut Tx,
) -> Result<(), StoreError> {
    let key = format!("reconciliation:{}:{}", theirs.agency, theirs.day);
    if left == 0 {
        return notice::end(tx, world, &key, &Facts::new()).await.map(drop);
    }
    let count = |wanted: &[&str]| {
        let left = differences.iter().filter(|one| one.state != "settled");
        left.filter(|one| wanted.contains(&one.what.as_str())).count().to_string()
    };
    let facts = [
        ("day", theirs.day.to_string()),
        ("differences", left.to_string()),
        ("missing_here", count(&["missing-here"])),
        ("missing_there", count(&["missing-there"])),
        ("differing", count(&["bytes", "time"])),
        ("manifest", theirs.root.to_string()),
    ];
    let trouble = Trouble {
        key,
        topic: Topic::ReconciliationDifference,
        severity: Severity::Warning,
        agency: Some(theirs.agency.clone()),
        facts: facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
    };
    notice::begin(tx, world, &trouble).await.map(drop)
}
