//! Feeds: what waits for an agency, by pages of many records, each with a window that proves it.
//!
//! Promise: a page holds what the agency's scopes allow at this moment and the filter lets through, in the order in
//! which it was queued, and nothing that another record has taken the place of. Asking with a cursor says that the
//! window it came with was received. Each page that holds something is an entry of the journal, with its window and
//! root, written before the page is handed over. HTTP is left to the edge.

pub mod cursor;
mod page;
mod report;
pub mod window;

use crate::clock::Timestamp;
use crate::domain::agency::{Agency, OutOfScope};
use crate::domain::digest::Digest;
use crate::domain::id::DeliveryId;
use crate::domain::kind::{Direction, Kind};
use crate::exchange::delivery::Destination;
use crate::exchange::entry::{self, Fact};
use crate::exchange::feed::cursor::{Cursor, Filter};
use crate::exchange::feed::page::{Body, gathered};
use crate::exchange::feed::window::{Purpose, Window};
use crate::exchange::gateway::{Gateway, World};
use crate::exchange::refused::Refused;
use crate::mapping::Format;
use crate::store::feed::{FeedBody, FeedKey, FeedWindow};
use crate::store::{StoreError, Tx};

/// The most records of a page: 500 messages of 5 KB are 2.5 MB, and are mapped in some tens of milliseconds.
pub const MOST: u32 = 500;

pub(crate) use page::header as escaped;

/// Where a page begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// At the beginning.
    Start,
    /// Behind a sequence, as old clients count: all up to it was received.
    Number(u64),
    /// Behind the window of this cursor, which was received.
    Cursor(String),
    /// At what was made at this time or later; nothing is said of what came before.
    Since(Timestamp),
}

/// In what form a page comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One message of the agency's profile, in this format or in its first. It holds many records where it may, else one.
    Message(Option<Format>),
    /// A message a record, each in a part of its own (`multipart/mixed`): the very bytes that the journal has digests of.
    Parts,
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Where to begin.
    pub place: Place,
    /// What to limit it to.
    pub filter: Filter,
    /// How many records at most, 1 to [`MOST`].
    pub limit: u32,
    /// In what form.
    pub shape: Shape,
}

/// A page as it is handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedPage {
    /// The bytes; absent when nothing waits.
    pub body: Option<Vec<u8>>,
    /// Their media type.
    pub content_type: String,
    /// Of a page of one record: its delivery, its salt, and the number of the report that it takes the place of.
    pub only: Option<(DeliveryId, Vec<u8>, Option<String>)>,
    /// What to ask with next.
    pub next: String,
    /// What the page says of itself.
    pub window: Window,
    /// The same, signed.
    pub note: String,
    /// The last report that was made of this feed: its note, for agencies that want one where nothing waits.
    pub report: Option<String>,
}

/// What the chain had come to before a page.
struct Chain {
    after: u64,
    number: u64,
    previous: Digest,
    received: Received,
}

/// What the question says was received.
enum Received {
    Nothing,
    UpTo(u64),
    Between(u64, u64),
}

impl Gateway {
    /// A page of a feed.
    ///
    /// # Errors
    /// [`Refused::OutOfScope`] without the scope, or for a filter that reaches beyond it; [`Refused::BadCursor`].
    pub async fn feed(&self, agency: &Agency, kind: Kind, asked: &Asked) -> Result<FeedPage, Refused> {
        within(agency, kind, &asked.filter).map_err(Refused::OutOfScope)?;
        let world = &*self.world;
        let chain = chain(world, agency, kind, asked).await?;
        // What is handed over is written out before the transaction that says so; were something taken back in
        // between, it is written out again.
        for _ in 0..3 {
            let read = async |mut tx: Tx| look(&mut tx, agency, kind, asked, &chain).await;
            let keys = world.store.read("feed.look", read).await?;
            let ids: Vec<DeliveryId> = keys.iter().map(|key| key.id.clone()).collect();
            let bodies = async |mut tx: Tx| tx.feed_bodies(&ids).await;
            let messages: Vec<FeedBody> = if ids.is_empty() {
                Vec::new()
            } else {
                world.store.read::<_, StoreError, _>("feed.bodies", bodies).await?
            };
            let body = page::write(world, agency, kind, asked.shape, messages)?;
            if let Some(page) = self.hand_over(agency, kind, asked, &chain, body).await? {
                return Ok(page);
            }
        }
        Err(Refused::Busy { retry_after: 1 })
    }

    /// Whether anything waits there: what a page would hold is looked for, and nothing is written.
    ///
    /// # Errors
    /// As of [`Self::feed`].
    pub async fn anything_waits(&self, agency: &Agency, kind: Kind, asked: &Asked) -> Result<bool, Refused> {
        let world = &*self.world;
        let chain = chain(world, agency, kind, asked).await?;
        let one = Asked { limit: 1, ..asked.clone() };
        let read = async |mut tx: Tx| look(&mut tx, agency, kind, &one, &chain).await;
        Ok(!world.store.read("feed.waits", read).await?.is_empty())
    }

    /// Writes down that a page is handed over; none when other records make it up by now.
    async fn hand_over(
        &self,
        agency: &Agency,
        kind: Kind,
        asked: &Asked,
        chain: &Chain,
        body: Body,
    ) -> Result<Option<FeedPage>, Refused> {
        let world = &*self.world;
        let now = world.clock.now();
        let window = Window {
            agency: agency.id.clone(),
            kind,
            purpose: Purpose::Page,
            filter: asked.filter.clone(),
            number: chain.number,
            from: chain.after,
            to: body.messages.last().map_or(chain.after, |last| last.sequence),
            count: body.messages.len() as u64,
            first: body.messages.first().map(|first| first.created_at),
            last: body.messages.last().map(|last| last.created_at),
            root: window::root(&body.messages),
            previous: chain.previous,
        };
        let digest = body.bytes.as_deref().map(Digest::of);
        let note = world.journal.sign_note(&window.text(world.journal.origin().as_str(), digest, now))?;
        let ids: Vec<DeliveryId> = body.messages.iter().map(|message| message.id.clone()).collect();
        let write = async |mut tx: Tx| {
            let head = tx.journal_lock().await?;
            let still = look(&mut tx, agency, kind, asked, chain).await?;
            // A page may hold fewer than were asked for, never others.
            if still.len() < ids.len() || still.iter().zip(&ids).any(|(key, id)| key.id != *id) {
                return Ok(None);
            }
            let received = received(&mut tx, agency, kind, asked, chain, now).await?;
            let report = if agency.feed.empty_report && ids.is_empty() {
                tx.last_report(&agency.id, kind).await?.map(|report| report.note)
            } else {
                None
            };
            if ids.is_empty() && received == 0 {
                return Ok(Some(report));
            }
            tx.hand_over(&ids).await?;
            let grown = world.journal.grow(&head, vec![entry::bytes(&fact(&window), now)], now)?;
            if !ids.is_empty() {
                tx.insert_feed_window(&stored(&window, &note, grown.first(), now)).await?;
            }
            grown.write(&mut tx).await?;
            Ok::<_, StoreError>(Some(report))
        };
        let Some(report) = world.store.run_tx("feed.hand_over", write).await? else { return Ok(None) };
        let next = match window.count {
            0 => match &asked.place {
                Place::Cursor(cursor) => cursor.clone(),
                _ => self.place_of(&window, chain),
            },
            _ => self.place_of(&window, chain),
        };
        let only = match body.messages.as_slice() {
            [one] => Some((one.id.clone(), one.salt.clone(), one.supersedes.clone())),
            _ => None,
        };
        Ok(Some(FeedPage {
            body: body.bytes,
            content_type: body.content_type,
            only,
            next,
            window,
            note,
            report,
        }))
    }

    /// The cursor behind a window. An empty one is passed over in the chain: the next begins where it did.
    fn place_of(&self, window: &Window, chain: &Chain) -> String {
        let empty = window.count == 0;
        self.world.cursors.load().sign(&Cursor {
            agency: window.agency.clone(),
            kind: window.kind,
            filter: window.filter.clone(),
            from: window.from,
            to: window.to,
            number: if empty { chain.number - 1 } else { window.number },
            root: if empty { window.previous } else { window.root },
        })
    }
}

/// Whether a filter stays within what the agency's scopes allow: one of them must hold for all of it.
fn within(agency: &Agency, kind: Kind, filter: &Filter) -> Result<(), OutOfScope> {
    match &filter.region {
        None => agency.may(kind, Direction::Receive)?,
        Some(region) => agency.may_for(kind, Direction::Receive, region)?,
    }
    let Some(category) = &filter.category else { return Ok(()) };
    let holds = agency.scopes.iter().any(|scope| {
        scope.kind == kind
            && scope.direction == Direction::Receive
            && filter.region.as_ref().is_none_or(|region| scope.regions.iter().any(|own| own.covers(region)))
            && (scope.categories.is_empty() || scope.categories.contains(category))
    });
    if holds {
        return Ok(());
    }
    let (region, category) = (filter.region.clone(), Some(category.clone()));
    Err(OutOfScope { kind, direction: Direction::Receive, region, category })
}

async fn chain(world: &World, agency: &Agency, kind: Kind, asked: &Asked) -> Result<Chain, Refused> {
    let start = |after, received| Chain { after, number: 1, previous: window::empty_root(), received };
    Ok(match &asked.place {
        Place::Start => start(0, Received::Nothing),
        Place::Number(after) => start(*after, Received::UpTo(*after)),
        Place::Cursor(text) => {
            let keys = world.cursors.load();
            let cursor = keys.read(text, &agency.id, kind, &asked.filter).map_err(Refused::BadCursor)?;
            Chain {
                after: cursor.to,
                number: cursor.number + 1,
                previous: cursor.root,
                received: Received::Between(cursor.from, cursor.to),
            }
        }
        Place::Since(since) => {
            let (to, since) = (Destination::Agency(agency.id.clone()).to_text(), *since);
            let read = async |mut tx: Tx| tx.feed_since(&to, kind.as_str(), since).await;
            let after = world.store.read::<_, StoreError, _>("feed.since", read).await?;
            start(after, Received::Nothing)
        }
    })
}

async fn look(
    tx: &mut Tx,
    agency: &Agency,
    kind: Kind,
    asked: &Asked,
    chain: &Chain,
) -> Result<Vec<FeedKey>, StoreError> {
    gathered(tx, agency, kind, &asked.filter, (chain.after, u64::MAX), false, asked.limit).await
}

/// Marks what the question says was received; how much of it was new.
async fn received(
    tx: &mut Tx,
    agency: &Agency,
    kind: Kind,
    asked: &Asked,
    chain: &Chain,
    now: Timestamp,
) -> Result<u64, StoreError> {
    match chain.received {
        Received::Nothing => Ok(0),
        Received::UpTo(after) => {
            let to = Destination::Agency(agency.id.clone()).to_text();
            tx.mark_received(&to, kind.as_str(), after, now).await
        }
        Received::Between(from, to) => {
            let keys = gathered(tx, agency, kind, &asked.filter, (from, to), true, u32::MAX).await?;
            let ids: Vec<DeliveryId> = keys.into_iter().map(|key| key.id).collect();
            tx.confirm(&ids, now).await
        }
    }
}

fn fact(window: &Window) -> Fact {
    Fact::Pull {
        agency: window.agency.clone(),
        kind: window.kind.to_string(),
        purpose: window.purpose.as_str(),
        region: window.filter.region.as_ref().map(ToString::to_string),
        category: window.filter.category.clone(),
        number: window.number,
        after: window.from,
        next: window.to,
        count: window.count,
        root: window.root,
        previous: window.previous,
    }
}

fn stored(window: &Window, note: &str, journal_index: u64, at: Timestamp) -> FeedWindow {
    FeedWindow {
        journal_index,
        agency: window.agency.clone(),
        kind: window.kind,
        purpose: window.purpose.as_str().to_owned(),
        region: window.filter.region.as_ref().map(ToString::to_string),
        category: window.filter.category.clone(),
        number: window.number,
        from: window.from,
        to: window.to,
        count: window.count,
        root: *window.root.as_bytes(),
        previous: *window.previous.as_bytes(),
        note: note.to_owned(),
        at,
    }
}
