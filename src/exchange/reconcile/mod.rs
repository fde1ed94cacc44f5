//! Reconciliation (对账): what was exchanged with an agency on a day, held against what the agency says of it.
//!
//! Promise: the manifest of a day is made once, when the day is over, and is the same bytes ever after. A comparison
//! reads our own rows anew, so that it finds what was lost here too; each difference is kept with the one thing to be
//! done about it until a comparison does not find it any more. All is journalled in the transaction that writes it.
//!
//! **Which day.** A day is of China, from 00:00:00 to before 24:00:00. One clock decides, ours, so that neither a slow
//! line nor midnight moves an exchange from one side's day to the other's: what an agency sent belongs to the day on
//! which we received it, which its receipt says; what we sent belongs to the day on which it was made, which goes with
//! it (`Regbridge-Made`). A message that is made at 23:59 and fetched at 00:05, tried for three days or sent again
//! a month later stays in the day on which it was made.
//!
//! Whose turn it is when is left to whoever calls; how the other side makes its manifest, to `schemas/reconciliation`.

mod act;
mod books;
mod compare;
pub mod differ;
pub mod fact;
mod fault;
mod fetch;
pub mod manifest;

use chrono::{Days, NaiveDate};

use crate::clock::Timestamp;
use crate::domain::calendar::{CHINA, day_of, end_of};
use crate::domain::digest::Digest;
use crate::domain::id::AgencyId;
use crate::exchange::entry::{self, Fact};
use crate::exchange::gateway::{Gateway, World};
use crate::exchange::reconcile::fact::ManifestFact;
use crate::exchange::reconcile::manifest::{Manifest, ManifestFault};
use crate::exchange::refused::{Failed, Refused};
pub use crate::store::reconcile::{DifferenceRow, ManifestRow, ReconciliationRow};
use crate::store::{StoreError, Tx};

pub use act::Acted;
pub use compare::{Brought, Compared};

/// How long after midnight a day is let be: what was received before midnight is on disk within a lease's time, and
/// ten minutes are ten of those.
const SETTLE_MILLIS: i64 = 600_000;

impl Gateway {
    /// The nightly work for one agency: its day's manifest, and another look at what still differs on earlier days. What
    /// was done, on one line. `scheduled` is when it was to run; it decides nothing.
    ///
    /// # Errors
    /// [`Refused::Manifest`] while the day is not over; [`Refused::NotFound`] without such an agency.
    pub async fn reconcile_day(
        &self,
        agency: &AgencyId,
        day: NaiveDate,
        scheduled: Timestamp,
    ) -> Result<String, Refused> {
        let manifest = self.manifest(agency, day).await?;
        let days = async |mut tx: Tx| tx.unsettled_days(agency).await;
        let days = self.world.store.read::<_, StoreError, _>("reconcile.unsettled", days).await?;
        let (mut settled, mut left) = (0, 0);
        for day in days.iter().filter_map(|day| manifest::day(day)) {
            if let Some(compared) = self.compare_again(agency, day).await? {
                (settled, left) = (settled + compared.settled, left + compared.left);
            }
        }
        Ok(format!(
            "{agency} {day}: {} exchanges, root {}; {settled} differences settled, {left} left (due {scheduled})",
            manifest.lines,
            Digest::from_bytes(manifest.root)
        ))
    }

    /// The same for the day before the one on which it was to run; `fetch` gets theirs besides, where they are fetched.
    ///
    /// # Errors
    /// As [`Self::reconcile_day`].
    pub async fn reconcile_night(&self, agency: &AgencyId, scheduled: Timestamp) -> Result<String, Refused> {
        let day = day_of(scheduled).checked_sub_days(Days::new(1)).unwrap_or(NaiveDate::MIN);
        self.reconcile_day(agency, day, scheduled).await
    }

    /// The manifest of a day, made now if there is none yet.
    ///
    /// # Errors
    /// [`Refused::Manifest`] while the day is not over; [`Refused::NotFound`] without such an agency.
    pub async fn manifest(&self, agency: &AgencyId, day: NaiveDate) -> Result<ManifestRow, Refused> {
        let world = &*self.world;
        world.registry.load().by_id(agency).ok_or(Refused::NotFound)?;
        over(world, day)?;
        // The day is past: what is read here does not change before it is written. Nobody waits meanwhile.
        let read = async |mut tx: Tx| {
            if let Some(known) = tx.manifest(agency, &day.to_string()).await? {
                return Ok((Some(known), books::Books::default()));
            }
            Ok::<_, StoreError>((None, books::read(&mut tx, agency, day).await?))
        };
        let (known, books) = world.store.read("reconcile.books", read).await?;
        if let Some(known) = known {
            return Ok(known);
        }
        let manifest = Manifest::of(agency.clone(), day, books.lines);
        let write = async |mut tx: Tx| write(world, &manifest, &mut tx).await;
        world.store.run_tx("reconcile.manifest", write).await.map_err(Failed::into_refused)
    }

    /// At most `limit` manifests of an agency from before a day, the newest first, without their texts.
    ///
    /// # Errors
    /// [`Refused::Unavailable`] when the store cannot be asked.
    pub async fn manifests(
        &self,
        agency: &AgencyId,
        before: Option<NaiveDate>,
        limit: u32,
    ) -> Result<Vec<ManifestRow>, Refused> {
        // Every day sorts before it.
        let before = before.map_or("a".to_owned(), |day| day.to_string());
        let read = async |mut tx: Tx| tx.manifests(agency, &before, limit).await;
        Ok(self.world.store.read::<_, StoreError, _>("reconcile.manifests", read).await?)
    }

    /// At most `limit` days that were compared, the newest first, those behind this day and agency; without texts.
    ///
    /// # Errors
    /// [`Refused::Unavailable`] when the store cannot be asked.
    pub async fn reconciliations(
        &self,
        agency: Option<&AgencyId>,
        after: Option<(NaiveDate, AgencyId)>,
        limit: u32,
    ) -> Result<Vec<ReconciliationRow>, Refused> {
        let after =
            after.map_or(("a".to_owned(), String::new()), |(day, id)| (day.to_string(), id.to_string()));
        let read = async |mut tx: Tx| tx.reconciliations(agency, (&after.0, &after.1), limit).await;
        Ok(self.world.store.read::<_, StoreError, _>("reconcile.list", read).await?)
    }

    /// What was compared of a day, and all its differences.
    ///
    /// # Errors
    /// [`Refused::NotFound`] where nothing was.
    pub async fn reconciliation(
        &self,
        agency: &AgencyId,
        day: NaiveDate,
    ) -> Result<(ReconciliationRow, Vec<DifferenceRow>), Refused> {
        let day = day.to_string();
        let read = async |mut tx: Tx| {
            let known = tx.reconciliation(agency, &day).await?;
            let differences = tx.differences(agency, &day).await?;
            Ok::<_, StoreError>(known.map(|known| (known, differences)))
        };
        self.world.store.read("reconcile.show", read).await?.ok_or(Refused::NotFound)
    }
}

/// Refuses a day that is not over.
fn over(world: &World, day: NaiveDate) -> Result<(), Refused> {
    let from = end_of(day).plus_millis(SETTLE_MILLIS);
    if world.clock.now() > from {
        return Ok(());
    }
    // The end of a day is a microsecond before midnight; people are told the whole second.
    let from = Timestamp::from_micros(from.micros() + 1).at_offset(CHINA);
    Err(ManifestFault::NotOver { day, from }.into())
}

/// Writes it down, unless another was quicker: then that one holds.
async fn write(world: &World, manifest: &Manifest, tx: &mut Tx) -> Result<ManifestRow, Failed> {
    let head = tx.journal_lock().await?;
    let day = manifest.day.to_string();
    if let Some(known) = tx.manifest(&manifest.agency, &day).await? {
        return Ok(known);
    }
    let (now, salt) = (world.clock.now(), world.chance.thirty_two());
    let text = manifest.text().into_bytes();
    let fact = Fact::Manifest(ManifestFact {
        agency: manifest.agency.clone(),
        day: day.clone(),
        lines: manifest.lines.len() as u64,
        manifest: Digest::salted(&salt, &text),
    });
    let grown = world.journal.grow(&head, vec![entry::bytes(&fact, now)], now)?;
    let row = ManifestRow {
        agency: manifest.agency.clone(),
        day,
        text,
        lines: manifest.lines.len() as u64,
        root: *manifest.root.as_bytes(),
        salt,
        note: world.journal.sign_note(&manifest.head())?,
        journal_index: grown.first(),
        made_at: now,
    };
    tx.insert_manifest(&row).await?;
    grown.write(tx).await?;
    Ok(row)
}
