//! What presses: open deadlines with their cases, and how many there are of whom.

use crate::clock::Timestamp;
use crate::domain::id::AgencyId;
use crate::store::StoreError;
use crate::store::deadline::{CaseDeadline, columns, read as read_deadline};
use crate::store::tx::Tx;
use crate::store::value::{Reader, Sql};

/// A deadline that presses, with its case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pressing {
    /// The deadline.
    pub deadline: CaseDeadline,
    /// Whose case it is.
    pub agency: AgencyId,
    /// About what.
    pub topic: String,
    /// Its registration number.
    pub registration_number: String,
    /// Its state.
    pub state: String,
    /// When somebody of the platform last did something about it, and who.
    pub last_action: Option<(Timestamp, String)>,
}

/// How many deadlines are open, by agency and topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Load {
    /// Whose.
    pub agency: AgencyId,
    /// About what.
    pub topic: String,
    /// Those whose last moment has passed.
    pub overdue: u64,
    /// Those that are due soon.
    pub soon: u64,
    /// Those that run besides.
    pub running: u64,
    /// Those that are paused.
    pub paused: u64,
    /// Those that the calendar gives no day for.
    pub uncounted: u64,
}

// Both ask for `$1`, now.
macro_rules! pressing {
    () => {
        concat!(
            columns!(),
            ", c.agency_id, c.topic, c.registration_number, c.state, \
              (SELECT MAX(r.recorded_at) FROM records AS r WHERE r.case_id = c.id AND r.actor IS NOT NULL), \
              (SELECT r.actor FROM records AS r WHERE r.case_id = c.id AND r.actor IS NOT NULL \
               ORDER BY r.recorded_at DESC, r.journal_index DESC LIMIT 1) \
              FROM deadlines AS d JOIN cases AS c ON c.id = d.case_id"
        )
    };
}

const PASSED: Sql = Sql::both(concat!(
    "-- radar.passed\nSELECT ",
    pressing!(),
    " WHERE d.ended_at IS NULL AND (d.missed_at IS NOT NULL OR (d.missed_at IS NULL AND d.due_at < $1)) \
      ORDER BY d.due_at, d.case_id, d.name LIMIT $2"
));

const SOON: Sql = Sql::both(concat!(
    "-- radar.soon\nSELECT ",
    pressing!(),
    " WHERE d.ended_at IS NULL AND d.missed_at IS NULL AND d.warn_at <= $1 AND d.due_at >= $1 \
      ORDER BY d.due_at, d.case_id, d.name LIMIT $2"
));

const LOADS: Sql = Sql::both(
    "-- radar.loads\n\
    SELECT c.agency_id, c.topic, \
    CAST(SUM(CASE WHEN d.due_at < $1 THEN 1 ELSE 0 END) AS bigint), \
    CAST(SUM(CASE WHEN d.due_at >= $1 AND d.warn_at <= $1 THEN 1 ELSE 0 END) AS bigint), \
    CAST(SUM(CASE WHEN d.due_at >= $1 AND d.warn_at > $1 THEN 1 ELSE 0 END) AS bigint), \
    CAST(SUM(CASE WHEN d.due_at IS NULL AND d.missing_year IS NULL THEN 1 ELSE 0 END) AS bigint), \
    CAST(SUM(CASE WHEN d.due_at IS NULL AND d.missing_year IS NOT NULL THEN 1 ELSE 0 END) AS bigint) \
    FROM deadlines AS d JOIN cases AS c ON c.id = d.case_id WHERE d.ended_at IS NULL \
    GROUP BY c.agency_id, c.topic ORDER BY c.agency_id, c.topic",
);

impl Tx {
    /// Deadlines whose last moment has passed, the oldest first.
    pub async fn radar_passed(&mut self, now: Timestamp, limit: u32) -> Result<Vec<Pressing>, StoreError> {
        let rows = self.fetch(PASSED, &[now.into(), limit.into()]).await?;
        rows.iter().map(|row| read(&mut row.reader())).collect()
    }

    /// Deadlines that are due soon, the most urgent first.
    pub async fn radar_soon(&mut self, now: Timestamp, limit: u32) -> Result<Vec<Pressing>, StoreError> {
        let rows = self.fetch(SOON, &[now.into(), limit.into()]).await?;
        rows.iter().map(|row| read(&mut row.reader())).collect()
    }

    /// How many deadlines are open, by agency and topic.
    pub async fn radar_loads(&mut self, now: Timestamp) -> Result<Vec<Load>, StoreError> {
        let rows = self.fetch(LOADS, &[now.into()]).await?;
        rows.iter()
            .map(|row| {
                let mut row = row.reader();
                Ok(Load {
                    agency: row.parsed(AgencyId::parse)?,
                    topic: row.text()?,
                    overdue: row.count()?,
                    soon: row.count()?,
                    running: row.count()?,
                    paused: row.count()?,
                    uncounted: row.count()?,
                })
            })
            .collect()
    }
}

fn read(row: &mut Reader<'_>) -> Result<Pressing, StoreError> {
    Ok(Pressing {
        deadline: read_deadline(row)?,
        agency: row.parsed(AgencyId::parse)?,
        topic: row.text()?,
        registration_number: row.text()?,
        state: row.text()?,
        last_action: row.maybe_time()?.zip(row.maybe_text()?),
    })
}
