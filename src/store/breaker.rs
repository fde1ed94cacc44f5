//! How destinations fare and how fast they may be called: one row for each that fails, or has a rate.
//!
//! Promise: of several workers that want to try a destination whose time is over just one may.

use crate::clock::Timestamp;
use crate::store::StoreError;
use crate::store::tx::Tx;
use crate::store::value::{Reader, Sql};

/// How a destination fares.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Breaker {
    /// `agency:<id>` or `webhook:<name>`.
    pub destination: String,
    /// Failures in a row.
    pub failures: u32,
    /// Since when.
    pub failing_since: Option<Timestamp>,
    /// Nothing goes there before; then one goes, as a trial. Absent: all may go.
    pub open_until: Option<Timestamp>,
    /// How often it opened since it was last well.
    pub openings: u32,
    /// The token of the lease under which it is tried at present.
    pub trial: Option<String>,
    /// What was said of the last failure.
    pub detail: Option<String>,
}

const ALL: Sql = Sql::both(
    "-- breaker.all\n\
    SELECT destination, failures, failing_since, open_until, openings, trial, detail FROM breakers \
    WHERE failures > 0 ORDER BY destination",
);

// An update that changes nothing: it keeps the row for this transaction on both databases.
const ONE: Sql = Sql::both(
    "-- breaker.one\n\
    UPDATE breakers SET failures = failures WHERE destination = $1 \
    RETURNING destination, failures, failing_since, open_until, openings, trial, detail",
);

const PUT: Sql = Sql::both(
    "-- breaker.put\n\
    INSERT INTO breakers (destination, failures, failing_since, open_until, openings, trial, detail) \
    VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (destination) DO UPDATE SET failures = excluded.failures, \
    failing_since = excluded.failing_since, open_until = excluded.open_until, openings = excluded.openings, \
    trial = excluded.trial, detail = excluded.detail",
);

const CLOSE: Sql = Sql::both(
    "-- breaker.close\n\
    UPDATE breakers SET failures = 0, failing_since = NULL, open_until = NULL, openings = 0, trial = NULL, \
    detail = NULL WHERE destination = $1 AND failures > 0",
);

// Whoever comes second finds the time moved on.
const TRY: Sql = Sql::both(
    "-- breaker.try\n\
    UPDATE breakers SET open_until = $3, trial = $4 WHERE destination = $1 AND open_until <= $2",
);

const HURRY: Sql = Sql::both(
    "-- breaker.hurry\nUPDATE breakers SET open_until = $2 WHERE destination = $1 AND open_until > $2",
);

// The row stays locked until the commit: what is begun meanwhile elsewhere is counted after this.
const PACED: Sql = Sql::both(
    "-- breaker.paced\n\
    INSERT INTO breakers (destination, failures, openings, paced_until) VALUES ($1, 0, 0, $2) \
    ON CONFLICT (destination) DO UPDATE SET paced_until = COALESCE(breakers.paced_until, excluded.paced_until) \
    RETURNING paced_until",
);

const PACE: Sql = Sql::both("-- breaker.pace\nUPDATE breakers SET paced_until = $2 WHERE destination = $1");

impl Tx {
    /// The destinations that fail at present, by name.
    pub async fn breakers(&mut self) -> Result<Vec<Breaker>, StoreError> {
        self.fetch(ALL, &[]).await?.iter().map(|row| read(&mut row.reader())).collect()
    }

    /// How a destination fares; none where nothing is known of it. Nobody else changes it until the commit.
    pub async fn breaker(&mut self, destination: &str) -> Result<Option<Breaker>, StoreError> {
        let row = self.fetch_one(ONE, &[destination.into()]).await?;
        row.map(|row| read(&mut row.reader())).transpose()
    }

    /// Writes down how a destination fares.
    pub async fn put_breaker(&mut self, breaker: &Breaker) -> Result<(), StoreError> {
        let values = [
            breaker.destination.as_str().into(),
            breaker.failures.into(),
            breaker.failing_since.into(),
            breaker.open_until.into(),
            breaker.openings.into(),
            breaker.trial.as_deref().into(),
            breaker.detail.as_deref().into(),
        ];
        self.execute(PUT, &values).await.map(drop)
    }

    /// A destination is well; whether it was not before.
    pub async fn close_breaker(&mut self, destination: &str) -> Result<bool, StoreError> {
        Ok(self.execute(CLOSE, &[destination.into()]).await? == 1)
    }

    /// Begins the trial of a destination whose time is over at `now`, under a lease until `until`; false if it is
    /// another's.
    pub async fn try_breaker(
        &mut self,
        destination: &str,
        now: Timestamp,
        until: Timestamp,
        token: &str,
    ) -> Result<bool, StoreError> {
        let values = [destination.into(), now.into(), until.into(), token.into()];
        Ok(self.execute(TRY, &values).await? == 1)
    }

    /// Has a destination tried at once; false if it may be called anyway.
    pub async fn hurry_breaker(&mut self, destination: &str, now: Timestamp) -> Result<bool, StoreError> {
        Ok(self.execute(HURRY, &[destination.into(), now.into()]).await? == 1)
    }

    /// When all that was begun towards a destination would have been due by its rate. Nobody else paces it until the
    /// commit.
    pub async fn paced_until(&mut self, destination: &str, now: Timestamp) -> Result<Timestamp, StoreError> {
        let row = self.fetch_one(PACED, &[destination.into(), now.into()]).await?;
        row.map_or(Ok(now), |row| row.reader().time())
    }

    /// Moves that on.
    pub async fn pace(&mut self, destination: &str, until: Timestamp) -> Result<(), StoreError> {
        self.execute(PACE, &[destination.into(), until.into()]).await.map(drop)
    }
}

pub(super) fn read(row: &mut Reader<'_>) -> Result<Breaker, StoreError> {
    Ok(Breaker {
        destination: row.text()?,
        failures: row.small()?,
        failing_since: row.maybe_time()?,
        open_until: row.maybe_time()?,
        openings: row.small()?,
        trial: row.maybe_text()?,
        detail: row.maybe_text()?,
    })
}
