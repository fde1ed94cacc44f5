//! Reports: a word on a stretch of a feed, also and above all when there was nothing.
//!
//! Promise: reports of a feed chain like its pages do, in a chain of their own; each begins where the last one ended, so
//! that no two speak of the same record and none is left out. What it is made at is left to whoever calls: a
//! command, the platform, a schedule.

use crate::domain::id::{AgencyId, DeliveryId};
use crate::domain::kind::{Direction, Kind};
use crate::exchange::delivery::Destination;
use crate::exchange::entry;
use crate::exchange::feed::cursor::Filter;
use crate::exchange::feed::page::gathered;
use crate::exchange::feed::window::{self, Purpose, Window};
use crate::exchange::feed::{fact, stored};
use crate::exchange::gateway::Gateway;
use crate::exchange::refused::{Failed, Refused};
use crate::store::feed::FeedWindow;
use crate::store::{StoreError, Tx};

impl Gateway {
    /// Makes a report of everything of a kind that was queued for an agency since the last report: how much it was, and
    /// the root over it. The agency gets it with its next empty page, if its registry file wants empty reports.
    ///
    /// # Errors
    /// [`Refused::NotFound`] without such an agency, [`Refused::OutOfScope`] when it may not receive the kind.
    pub async fn report_feed(&self, agency: &AgencyId, kind: Kind) -> Result<FeedWindow, Refused> {
        let world = &*self.world;
        let agency = world.registry.load().by_id(agency).ok_or(Refused::NotFound)?;
        agency.may(kind, Direction::Receive).map_err(Refused::OutOfScope)?;
        let now = world.clock.now();
        let destination = Destination::Agency(agency.id.clone()).to_text();
        let write = async |mut tx: Tx| {
            let head = tx.journal_lock().await?;
            let last = tx.last_report(&agency.id, kind).await?;
            let from = last.as_ref().map_or(0, |last| last.to);
            let to = tx.feed_end(&destination, kind.as_str()).await?;
            let filter = Filter::default();
            let keys = gathered(&mut tx, &agency, kind, &filter, (from, to), true, u32::MAX).await?;
            let ids: Vec<DeliveryId> = keys.iter().map(|key| key.id.clone()).collect();
            let messages = if ids.is_empty() { Vec::new() } else { tx.feed_bodies(&ids).await? };
            let window = Window {
                agency: agency.id.clone(),
                kind,
                purpose: Purpose::Report,
                filter,
                number: last.as_ref().map_or(1, |last| last.number + 1),
                from,
                to,
                count: messages.len() as u64,
                first: messages.first().map(|first| first.created_at),
                last: messages.last().map(|last| last.created_at),
                root: window::root(&messages),
                previous: last.map_or_else(window::empty_root, |last| {
                    crate::domain::digest::Digest::from_bytes(last.root)
                }),
            };
            let text = window.text(world.journal.origin().as_str(), None, now);
            let note = world.journal.sign_note(&text)?;
            let grown = world.journal.grow(&head, vec![entry::bytes(&fact(&window), now)], now)?;
            let report = stored(&window, &note, grown.first(), now);
            tx.insert_feed_window(&report).await?;
            grown.write(&mut tx).await?;
            Ok::<_, Failed>(report)
        };
        let report = world.store.run_tx("feed.report", write).await.map_err(Failed::into_refused)?;
        world.bells.ring_for_events();
        Ok(report)
    }

    /// The windows that were handed out of a feed and the reports made of it, journalled after the entry `after`, oldest
    /// first.
    ///
    /// # Errors
    /// [`Refused::Unavailable`] when the store cannot be asked.
    pub async fn feed_windows(
        &self,
        agency: &AgencyId,
        kind: Kind,
        after: Option<u64>,
        limit: u32,
    ) -> Result<Vec<FeedWindow>, Refused> {
        let read = async |mut tx: Tx| tx.feed_windows(agency, kind, after, limit).await;
        Ok(self.world.store.read::<_, StoreError, _>("feed.windows", read).await?)
    }
}
