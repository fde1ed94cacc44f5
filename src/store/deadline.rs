//! Deadlines of cases.

use crate::clock::Timestamp;
use crate::domain::deadline::{Basis, Deadline, Who};
use crate::domain::id::CaseId;
use crate::store::StoreError;
use crate::store::tx::{Insert, Tx};
use crate::store::value::{Reader, Sql, Value};

/// A deadline, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseDeadline {
    /// The case.
    pub case: CaseId,
    /// The deadline.
    pub deadline: Deadline,
}

// The columns of a CaseDeadline, in the order of `read`.
macro_rules! columns {
    () => {
        "d.case_id, d.name, d.round, d.who, d.rule_set, d.rule_set_digest, d.calendar, d.started_at, d.due_at, \
         d.missing_year, d.warn_at, d.pauses, d.extensions, d.ended_at, d.missed_at, d.warned_at"
    };
}
pub(super) use columns;

macro_rules! names {
    () => {
        "(case_id, name, round, who, rule_set, rule_set_digest, calendar, started_at, due_at, missing_year, warn_at, \
         pauses, extensions, ended_at, missed_at, warned_at)"
    };
}

const TYPES: &[&str] = &[
    "text", "text", "bigint", "text", "text", "bytea", "text", "bigint", "bigint", "bigint", "bigint",
    "text", "bigint", "bigint", "bigint", "bigint",
];

const INSERT: Insert =
    Insert { head: concat!("-- deadline.insert\nINSERT INTO deadlines ", names!()), types: TYPES, tail: "" };

// What it began with stays: who, by which set, and when.
const PUT: Insert = Insert {
    head: concat!("-- deadline.put\nINSERT INTO deadlines ", names!()),
    types: TYPES,
    tail: "ON CONFLICT (case_id, name, round) DO UPDATE SET due_at = excluded.due_at, \
        missing_year = excluded.missing_year, warn_at = excluded.warn_at, pauses = excluded.pauses, \
        extensions = excluded.extensions, ended_at = excluded.ended_at, missed_at = excluded.missed_at, \
        warned_at = excluded.warned_at",
};

const OF_CASES: Sql = Sql {
    sqlite: concat!(
        "-- deadline.of_cases\nSELECT ",
        columns!(),
        " FROM json_each($1) AS k CROSS JOIN deadlines AS d WHERE d.case_id = k.value ->> 0 \
          ORDER BY d.case_id, d.started_at, d.name, d.round"
    ),
    postgres: concat!(
        "-- deadline.of_cases\nSELECT ",
        columns!(),
        " FROM unnest($1::text[]) AS k (case_id) JOIN deadlines AS d ON d.case_id = k.case_id \
          ORDER BY d.case_id, d.started_at, d.name, d.round"
    ),
};

const TO_WARN: Sql = Sql::both(concat!(
    "-- deadline.to_warn\nSELECT ",
    columns!(),
    " FROM deadlines AS d WHERE d.ended_at IS NULL AND d.missed_at IS NULL AND d.warned_at IS NULL \
      AND d.warn_at <= $1 AND d.due_at >= $1 ORDER BY d.warn_at, d.case_id, d.name LIMIT $2"
));

const PASSED: Sql = Sql::both(concat!(
    "-- deadline.passed\nSELECT ",
    columns!(),
    " FROM deadlines AS d WHERE d.ended_at IS NULL AND d.missed_at IS NULL AND d.due_at < $1 \
      ORDER BY d.due_at, d.case_id, d.name LIMIT $2"
));

const UNCOUNTED: Sql = Sql::both(concat!(
    "-- deadline.uncounted\nSELECT ",
    columns!(),
    " FROM deadlines AS d WHERE d.ended_at IS NULL AND d.missing_year = $1 \
      ORDER BY d.case_id, d.name LIMIT $2"
));

const MISSING_YEARS: Sql = Sql::both(
    "-- deadline.missing_years\n\
    SELECT missing_year, COUNT(*) FROM deadlines WHERE ended_at IS NULL AND missing_year IS NOT NULL \
    GROUP BY missing_year ORDER BY missing_year",
);

impl Tx {
    /// Stores deadlines of cases that begin.
    pub async fn insert_deadlines(&mut self, new: &[CaseDeadline]) -> Result<(), StoreError> {
        self.write_deadlines(INSERT, new).await
    }

    /// Stores what became of deadlines, and new ones of cases that are there.
    pub async fn put_deadlines(&mut self, changed: &[CaseDeadline]) -> Result<(), StoreError> {
        self.write_deadlines(PUT, changed).await
    }

    async fn write_deadlines(&mut self, how: Insert, all: &[CaseDeadline]) -> Result<(), StoreError> {
        let pauses: Vec<String> = all.iter().map(|one| pauses(&one.deadline)).collect();
        let mut values = Vec::with_capacity(all.len() * how.types.len());
        for (CaseDeadline { case, deadline: d }, pauses) in all.iter().zip(&pauses) {
            let (set, digest, calendar) = match &d.basis {
                Basis::Rule { set, digest, calendar } => {
                    (Some(set.as_str()), Some(digest.as_bytes().as_slice()), Some(calendar.as_str()))
                }
                Basis::Stated => (None, None, None),
            };
            values.extend([
                Value::from(case.as_str()),
                Value::from(d.name.as_str()),
                Value::from(d.round),
                Value::from(d.who.as_str()),
                Value::from(set),
                Value::Blob(digest),
                Value::from(calendar),
                Value::from(d.started_at),
                Value::from(d.due_at),
                Value::Int(d.missing_year.map(i64::from)),
                Value::from(d.warn_at),
                Value::from(pauses.as_str()),
                Value::from(d.extensions),
                Value::from(d.ended_at),
                Value::from(d.missed_at),
                Value::from(d.warned_at),
            ]);
        }
        self.insert(how, &values).await.map(drop)
    }

    /// The deadlines of these cases, each case's in the order they began.
    pub async fn deadlines_of(&mut self, cases: &[CaseId]) -> Result<Vec<CaseDeadline>, StoreError> {
        let ids: Vec<&str> = cases.iter().map(CaseId::as_str).collect();
        let rows = self.fetch_by_keys(OF_CASES, &ids, 1).await?;
        rows.iter().map(|row| read(&mut row.reader())).collect()
    }

    /// Deadlines that are due soon and of which that was not told, the most urgent first.
    pub async fn deadlines_to_warn(
        &mut self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<CaseDeadline>, StoreError> {
        let rows = self.fetch(TO_WARN, &[now.into(), limit.into()]).await?;
        rows.iter().map(|row| read(&mut row.reader())).collect()
    }

    /// Deadlines whose last moment has passed and of which that was not noticed, the oldest first.
    pub async fn deadlines_passed(
        &mut self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<CaseDeadline>, StoreError> {
        let rows = self.fetch(PASSED, &[now.into(), limit.into()]).await?;
        rows.iter().map(|row| read(&mut row.reader())).collect()
    }

    /// Deadlines that could not be counted for want of this year.
    pub async fn deadlines_uncounted(
        &mut self,
        year: i32,
        limit: u32,
    ) -> Result<Vec<CaseDeadline>, StoreError> {
        let rows = self.fetch(UNCOUNTED, &[i64::from(year).into(), limit.into()]).await?;
        rows.iter().map(|row| read(&mut row.reader())).collect()
    }

    /// The years that running deadlines want, with how many want each.
    pub async fn missing_years(&mut self) -> Result<Vec<(i32, u64)>, StoreError> {
        let rows = self.fetch(MISSING_YEARS, &[]).await?;
        rows.iter()
            .map(|row| {
                let mut row = row.reader();
                Ok((year(row.int()?)?, row.count()?))
            })
            .collect()
    }
}

fn pauses(deadline: &Deadline) -> String {
    if deadline.pauses.is_empty() {
        return "[]".to_owned();
    }
    serde_json::to_string(&deadline.pauses).expect("numbers are always JSON")
}

fn year(year: i64) -> Result<i32, StoreError> {
    i32::try_from(year).map_err(|_| StoreError::Unfit(format!("{year} is no year")))
}

pub(super) fn read(row: &mut Reader<'_>) -> Result<CaseDeadline, StoreError> {
    let case = row.parsed(CaseId::parse)?;
    let (name, round) = (row.text()?, row.small()?);
    let who = row.parsed(|word| Who::parse(word).ok_or("neither platform nor agency"))?;
    let basis = match (row.maybe_text()?, row.maybe_digest()?, row.maybe_text()?) {
        (Some(set), Some(digest), Some(calendar)) => Basis::Rule { set, digest, calendar },
        _ => Basis::Stated,
    };
    let deadline = Deadline {
        name,
        round,
        who,
        basis,
        started_at: row.time()?,
        due_at: row.maybe_time()?,
        missing_year: row.maybe_int()?.map(year).transpose()?,
        warn_at: row.maybe_time()?,
        pauses: row.parsed(|text| serde_json::from_str(text))?,
        extensions: row.small()?,
        ended_at: row.maybe_time()?,
        missed_at: row.maybe_time()?,
        warned_at: row.maybe_time()?,
    };
    Ok(CaseDeadline { case, deadline })
}
