//! Manifests that are fetched from the agency: the day before's, and those of days on which something still differs.
//!
//! Promise: what was fetched is compared as if the agency had sent it. A manifest that is not there yet is asked for again,
//! as the job's attempts say; one that is wrong is told, with its first fault, and changes nothing.

use std::collections::BTreeSet;

use chrono::{Days, NaiveDate};

use crate::clock::Timestamp;
use crate::domain::calendar::day_of;
use crate::domain::id::AgencyId;
use crate::domain::reconcile::Reconcile;
use crate::exchange::gateway::Gateway;
use crate::exchange::job::{Done, Fault};
use crate::exchange::port::Source;
use crate::exchange::reconcile::{Brought, Compared, manifest};
use crate::exchange::refused::Refused;
use crate::store::{StoreError, Tx};

/// What is asked for.
const MEDIA: &str = "text/plain";

impl Gateway {
    /// The nightly work for one agency: [`Self::reconcile_night`], and then its manifests, where its registry file says from
    /// where they are fetched.
    ///
    /// # Errors
    /// [`Fault::Passing`] while its manifest of the day before cannot be had; [`Fault::Final`] when it is wrong.
    pub async fn reconcile_fetching(
        &self,
        agency: &AgencyId,
        scheduled: Timestamp,
        source: &dyn Source,
    ) -> Done {
        let made = self.reconcile_night(agency, scheduled).await?;
        let known = self.registry().by_id(agency);
        let Some(from) = known.and_then(|agency| agency.reconcile.clone()) else { return Ok(made) };
        let last = day_of(scheduled).checked_sub_days(Days::new(1)).unwrap_or(NaiveDate::MIN);
        let read = async |mut tx: Tx| tx.unsettled_days(agency).await;
        let unsettled = self.world.store.read::<_, StoreError, _>("reconcile.unsettled", read).await?;
        let earlier: BTreeSet<NaiveDate> =
            unsettled.iter().filter_map(|day| manifest::day(day)).filter(|day| *day != last).collect();
        let mut said = vec![made];
        for day in earlier {
            match self.fetch_manifest(agency, &from, day, source).await {
                Ok(compared) => said.push(format!("of {day} {} differ", compared.left)),
                // What an agency gives no more is no reason against the day that is due.
                Err(fault) => said.push(format!("{day} is as it was: {fault}")),
            }
        }
        let compared = self.fetch_manifest(agency, &from, last, source).await?;
        let theirs = compared.reconciliation.lines;
        said.push(format!("theirs has {theirs}, {} new differences, {} left", compared.found, compared.left));
        Ok(said.join("; "))
    }

    async fn fetch_manifest(
        &self,
        agency: &AgencyId,
        from: &Reconcile,
        day: NaiveDate,
        source: &dyn Source,
    ) -> Result<Compared, Fault> {
        let url = from.address(day);
        let got = source.fetch(&url, MEDIA).await.map_err(|fault| match fault {
            // It may only not have been made yet.
            Fault::Passing(what) | Fault::Final(what) => Fault::Passing(format!("{url}: {what}")),
            Fault::Lost => Fault::Lost,
        })?;
        if got.body.is_empty() {
            return Err(Fault::Passing(format!("{url}: nothing is there yet")));
        }
        let brought = Brought { bytes: got.body, channel: "api", certificate: None };
        self.compare(agency, day, brought).await.map_err(|refused| match &refused {
            Refused::Malformed { problems, .. } => {
                let first = problems.first().map(ToString::to_string).unwrap_or_default();
                Fault::Final(format!("{url} has no manifest of {agency} and {day}: {first}"))
            }
            Refused::Manifest(_) => Fault::Final(format!("{url}: {refused}")),
            _ => Fault::from(refused),
        })
    }
}
