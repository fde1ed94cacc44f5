//! Records: what a submission held, or what the platform posted, as canonical JSON. Written once.

use crate::clock::Timestamp;
use crate::domain::id::{AgencyId, CaseId, ImportId, RecordId, SubmissionId};
use crate::domain::kind::{Direction, Kind};
use crate::store::StoreError;
use crate::store::tx::{Insert, Tx};
use crate::store::value::{Reader, Sql, Value};

/// A record. One that a submission or an import brought was submitted, any other the agency receives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its id.
    pub id: RecordId,
    /// The submission that brought it, if one did.
    pub submission: Option<SubmissionId>,
    /// The import that brought it, if one did.
    pub import: Option<ImportId>,
    /// Its case.
    pub case: CaseId,
    /// Its kind.
    pub kind: Kind,
    /// The agency on the other side.
    pub agency: AgencyId,
    /// The agency's registration number.
    pub registration_number: String,
    /// Where it stood in what brought it, from 0.
    pub position: u32,
    /// Canonical JSON.
    pub body: String,
    /// When it was stored.
    pub recorded_at: Timestamp,
    /// Who posted it, if the platform did.
    pub actor: Option<String>,
    /// The platform's key of idempotency, if it gave one; one per case.
    pub idempotency_key: Option<String>,
    /// Its journal entry.
    pub journal_index: u64,
}

macro_rules! columns {
    () => {
        "r.id, r.submission_id, r.case_id, r.kind, r.agency_id, r.registration_number, r.position, r.body, \
         r.recorded_at, r.actor, r.idempotency_key, r.journal_index, r.import_id"
    };
}

const INSERT: Insert = Insert {
    head: "-- record.insert\n\
        INSERT INTO records (id, submission_id, case_id, kind, agency_id, registration_number, position, body, \
        recorded_at, actor, idempotency_key, journal_index, direction, import_id)",
    types: &[
        "text", "text", "text", "text", "text", "text", "bigint", "text", "bigint", "text", "text", "bigint",
        "text", "text",
    ],
    tail: "",
};

const OF_CASE: Sql = Sql::both(concat!(
    "-- record.of_case\nSELECT ",
    columns!(),
    " FROM records AS r WHERE r.case_id = $1 ORDER BY r.journal_index, r.position, r.id"
));

const OF_CASES: Sql = Sql {
    sqlite: concat!(
        "-- record.of_cases\nSELECT ",
        columns!(),
        " FROM json_each($1) AS k CROSS JOIN records AS r WHERE r.case_id = k.value ->> 0"
    ),
    postgres: concat!(
        "-- record.of_cases\nSELECT ",
        columns!(),
        " FROM unnest($1::text[]) AS k (case_id) JOIN records AS r ON r.case_id = k.case_id"
    ),
};

const OF_SUBMISSION: Sql = Sql::both(concat!(
    "-- record.of_submission\nSELECT ",
    columns!(),
    " FROM records AS r WHERE r.submission_id = $1 ORDER BY r.position"
));

const BY_IDEMPOTENCY_KEY: Sql = Sql::both(concat!(
    "-- record.by_idempotency_key\nSELECT ",
    columns!(),
    " FROM records AS r WHERE r.case_id = $1 AND r.idempotency_key = $2"
));

impl Tx {
    /// Stores records. Their cases and submissions must be there already.
    ///
    /// # Errors
    /// [`StoreError::Taken`] if the case has a record with the same idempotency key.
    pub async fn insert_records(&mut self, new: &[Record]) -> Result<(), StoreError> {
        let mut values = Vec::with_capacity(new.len() * INSERT.types.len());
        for r in new {
            values.extend([
                Value::from(r.id.as_str()),
                Value::from(r.submission.as_ref().map(SubmissionId::as_str)),
                Value::from(r.case.as_str()),
                Value::from(r.kind.as_str()),
                Value::from(r.agency.as_str()),
                Value::from(r.registration_number.as_str()),
                Value::from(r.position),
                Value::from(r.body.as_str()),
                Value::from(r.recorded_at),
                Value::from(r.actor.as_deref()),
                Value::from(r.idempotency_key.as_deref()),
                Value::from(r.journal_index),
                Value::from(way(r).as_str()),
                Value::from(r.import.as_ref().map(ImportId::as_str)),
            ]);
        }
        self.insert(INSERT, &values).await.map(drop)
    }

    /// The records of a case, oldest first.
    pub async fn records_of(&mut self, case: &CaseId) -> Result<Vec<Record>, StoreError> {
        let rows = self.fetch(OF_CASE, &[case.as_str().into()]).await?;
        rows.iter().map(|row| read(&mut row.reader())).collect()
    }

    /// The records of these cases, in no order. One statement for them all.
    pub async fn records_of_cases(&mut self, cases: &[CaseId]) -> Result<Vec<Record>, StoreError> {
        let ids: Vec<&str> = cases.iter().map(CaseId::as_str).collect();
        let rows = self.fetch_by_keys(OF_CASES, &ids, 1).await?;
        rows.iter().map(|row| read(&mut row.reader())).collect()
    }

    /// The records of a submission, as they stood in it.
    pub async fn records_in(&mut self, submission: &SubmissionId) -> Result<Vec<Record>, StoreError> {
        let rows = self.fetch(OF_SUBMISSION, &[submission.as_str().into()]).await?;
        rows.iter().map(|row| read(&mut row.reader())).collect()
    }

    /// The record that the platform posted to a case under this key.
    pub async fn record_by_idempotency_key(
        &mut self,
        case: &CaseId,
        key: &str,
    ) -> Result<Option<Record>, StoreError> {
        let row = self.fetch_one(BY_IDEMPOTENCY_KEY, &[case.as_str().into(), key.into()]).await?;
        row.map(|row| read(&mut row.reader())).transpose()
    }
}

const fn way(record: &Record) -> Direction {
    if record.submission.is_some() || record.import.is_some() {
        Direction::Submit
    } else {
        Direction::Receive
    }
}

fn read(row: &mut Reader<'_>) -> Result<Record, StoreError> {
    Ok(Record {
        id: row.parsed(RecordId::parse)?,
        submission: row.maybe_parsed(SubmissionId::parse)?,
        case: row.parsed(CaseId::parse)?,
        kind: row.parsed(Kind::parse)?,
        agency: row.parsed(AgencyId::parse)?,
        registration_number: row.text()?,
        position: row.small()?,
        body: row.text()?,
        recorded_at: row.time()?,
        actor: row.maybe_text()?,
        idempotency_key: row.maybe_text()?,
        journal_index: row.count()?,
        import: row.maybe_parsed(ImportId::parse)?,
    })
}
