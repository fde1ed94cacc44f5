//! Sums over agencies and destinations, for digests and notices.
//!
//! Promise: no body is read; what is counted by period is found by ids, which sort by time, or by a small index.

use crate::clock::Timestamp;
use crate::domain::id::AgencyId;
use crate::store::StoreError;
use crate::store::tx::Tx;
use crate::store::value::{Reader, Sql};

/// What was exchanged with an agency in a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchanged {
    /// With whom.
    pub agency: AgencyId,
    /// Records that came from it.
    pub received: u64,
    /// Records that the platform posted for it.
    pub posted: u64,
}

// Ids are UUIDv7 and minted in the moment of their record: a period is a range of them.
const EXCHANGED: Sql = Sql::both(
    "-- sums.exchanged\n\
    SELECT agency_id, count(CASE WHEN actor IS NULL THEN 1 END), count(actor) FROM records \
    WHERE id >= $1 AND id < $2 GROUP BY agency_id",
);

const CASES: Sql =
    Sql::both("-- sums.cases\nSELECT agency_id, state, count(*) FROM cases GROUP BY agency_id, state");

const WAITING: Sql = Sql::both(
    "-- sums.waiting\n\
    SELECT destination, count(*) FROM deliveries WHERE state IN ('queued', 'sent') GROUP BY destination",
);

const GIVEN_UP: Sql = Sql::both(
    "-- sums.given_up\n\
    SELECT destination, count(*) FROM deliveries WHERE state = 'given_up' AND settled_at >= $1 AND settled_at < $2 \
    GROUP BY destination",
);

const WAITING_FOR: Sql = Sql::both(
    "-- sums.waiting_for\n\
    SELECT count(*), min(created_at) FROM deliveries WHERE destination = $1 AND state IN ('queued', 'sent')",
);

impl Tx {
    /// What was exchanged from `from` until before `to`, by agency.
    pub async fn exchanged(&mut self, from: Timestamp, to: Timestamp) -> Result<Vec<Exchanged>, StoreError> {
        let (from, to) = (first_id(from), first_id(to));
        let rows = self.fetch(EXCHANGED, &[from.as_str().into(), to.as_str().into()]).await?;
        let read = |mut row: Reader<'_>| {
            Ok(Exchanged {
                agency: row.parsed(AgencyId::parse)?,
                received: row.count()?,
                posted: row.count()?,
            })
        };
        rows.iter().map(|row| read(row.reader())).collect()
    }

    /// How many cases an agency has in which state.
    pub async fn count_cases(&mut self) -> Result<Vec<(AgencyId, String, u64)>, StoreError> {
        let rows = self.fetch(CASES, &[]).await?;
        let read = |mut row: Reader<'_>| Ok((row.parsed(AgencyId::parse)?, row.text()?, row.count()?));
        rows.iter().map(|row| read(row.reader())).collect()
    }

    /// How many deliveries wait, by destination.
    pub async fn count_waiting(&mut self) -> Result<Vec<(String, u64)>, StoreError> {
        let rows = self.fetch(WAITING, &[]).await?;
        rows.iter().map(|row| counted(row.reader())).collect()
    }

    /// How many deliveries were given up from `from` until before `to`, by destination.
    pub async fn count_given_up(
        &mut self,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<(String, u64)>, StoreError> {
        let rows = self.fetch(GIVEN_UP, &[from.into(), to.into()]).await?;
        rows.iter().map(|row| counted(row.reader())).collect()
    }

    /// How many deliveries wait for a destination, and since when the oldest does.
    pub async fn deliveries_waiting(
        &mut self,
        destination: &str,
    ) -> Result<(u64, Option<Timestamp>), StoreError> {
        let row = self.fetch_one(WAITING_FOR, &[destination.into()]).await?;
        row.map_or(Ok((0, None)), |row| {
            let mut row = row.reader();
            Ok((row.count()?, row.maybe_time()?))
        })
    }
}

fn counted(mut row: Reader<'_>) -> Result<(String, u64), StoreError> {
    Ok((row.text()?, row.count()?))
}

/// The least id that could be minted at a moment: a UUIDv7 begins with its milliseconds (RFC 9562, section 5.7).
fn first_id(at: Timestamp) -> String {
    let millis = u64::try_from(at.micros().div_euclid(1000)).unwrap_or(0);
    format!("{:08x}-{:04x}", millis >> 16, millis & 0xffff)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{Chance as _, SeededChance};

    #[test]
    fn ids_of_a_period_lie_between_its_bounds() {
        let chance = SeededChance::new(3);
        let at = Timestamp::parse("2026-11-23T00:00:00+08:00").unwrap();
        let id = |millis: i64| chance.uuid(at.plus_millis(millis)).to_string();
        let bound = first_id(at);
        assert!(id(-1) < bound && bound < id(0), "{bound} {}", id(0));
        assert!(id(86_399_999) < first_id(at.plus_millis(86_400_000)));
    }
}
