//! Cases: the threads of everything exchanged about one matter.
//!
//! Which state may follow which is the domain's business; here a change is guarded by the version it was made from.

use crate::clock::Timestamp;
use crate::domain::id::{AgencyId, CaseId};
use crate::domain::region::Region;
use crate::store::StoreError;
use crate::store::tx::{Insert, Transaction, Tx};
use crate::store::value::{Reader, Sql, Value, postgres_columns};

/// A case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// Its id.
    pub id: CaseId,
    /// Whose.
    pub agency: AgencyId,
    /// About what: `complaint` or `disposal`.
    pub topic: String,
    /// The agency's registration number; with the agency and the topic it is the key.
    pub registration_number: String,
    /// `received`, `acknowledged`, `replied`, `closed`, `returned`, `withdrawn` or `disposed`.
    pub state: String,
    /// The division it belongs to.
    pub region: Region,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Grows by one with each change, from 1.
    pub version: u64,
}

/// Which cases to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaseFilter {
    /// In this state.
    pub state: Option<String>,
    /// Of this agency.
    pub agency: Option<AgencyId>,
    /// About this.
    pub topic: Option<String>,
    /// With this registration number.
    pub registration_number: Option<String>,
    /// With a deadline whose last moment has passed then.
    pub overdue_at: Option<Timestamp>,
    /// With a deadline that is due soon then.
    pub soon_at: Option<Timestamp>,
}

macro_rules! columns {
    () => {
        "c.id, c.agency_id, c.topic, c.registration_number, c.state, c.region, c.opened_at, c.updated_at, c.version"
    };
}

const INSERT: Insert = Insert {
    head: "-- case.insert\n\
        INSERT INTO cases (id, agency_id, topic, registration_number, state, region, opened_at, updated_at, version)",
    types: &["text", "text", "text", "text", "text", "text", "bigint", "bigint", "bigint"],
    tail: "",
};

const BY_KEY: Sql = Sql {
    sqlite: concat!(
        "-- case.by_key\nSELECT ",
        columns!(),
        " FROM json_each($1) AS k CROSS JOIN cases AS c WHERE c.agency_id = k.value ->> 0 \
          AND c.topic = k.value ->> 1 AND c.registration_number = k.value ->> 2"
    ),
    postgres: concat!(
        "-- case.by_key\nSELECT ",
        columns!(),
        " FROM unnest($1::text[], $2::text[], $3::text[]) AS k (agency_id, topic, registration_number) \
          JOIN cases AS c ON c.agency_id = k.agency_id AND c.topic = k.topic \
          AND c.registration_number = k.registration_number"
    ),
};

const BY_ID: Sql =
    Sql::both(concat!("-- case.by_id\nSELECT ", columns!(), " FROM cases AS c WHERE c.id = $1"));

// A NULL filter lets everything pass. The casts tell PostgreSQL the type of a parameter that is only compared
// with NULL; SQLite takes them as they are.
const PAGE: Sql = Sql::both(concat!(
    "-- case.page\nSELECT ",
    columns!(),
    " FROM cases AS c WHERE c.id > $1 \
      AND (CAST($2 AS text) IS NULL OR c.state = $2) \
      AND (CAST($3 AS text) IS NULL OR c.agency_id = $3) \
      AND (CAST($4 AS text) IS NULL OR c.topic = $4) \
      AND (CAST($5 AS text) IS NULL OR c.registration_number = $5) \
      AND (CAST($7 AS bigint) IS NULL OR EXISTS (SELECT 1 FROM deadlines AS d \
           WHERE d.case_id = c.id AND d.ended_at IS NULL AND d.due_at < $7)) \
      AND (CAST($8 AS bigint) IS NULL OR EXISTS (SELECT 1 FROM deadlines AS d \
           WHERE d.case_id = c.id AND d.ended_at IS NULL AND d.warn_at <= $8 AND d.due_at >= $8)) \
      ORDER BY c.id LIMIT $6"
));

// $1: per case its id, new state, region, time of change, and the version it had.
const UPDATE: Sql = Sql {
    sqlite: "-- case.update\n\
        UPDATE cases SET state = k.value ->> 1, region = k.value ->> 2, updated_at = k.value ->> 3, \
        version = version + 1 FROM json_each($1) AS k \
        WHERE cases.id = k.value ->> 0 AND cases.version = k.value ->> 4",
    postgres: "-- case.update\n\
        UPDATE cases SET state = k.state, region = k.region, updated_at = k.updated_at, version = cases.version + 1 \
        FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[]) \
        AS k (id, state, region, updated_at, version) \
        WHERE cases.id = k.id AND cases.version = k.version",
};

impl Tx {
    /// Opens cases.
    ///
    /// # Errors
    /// [`StoreError::Taken`] if the agency has a case of that topic and registration number.
    pub async fn insert_cases(&mut self, new: &[Case]) -> Result<(), StoreError> {
        let mut values = Vec::with_capacity(new.len() * INSERT.types.len());
        for c in new {
            values.extend([
                Value::from(c.id.as_str()),
                Value::from(c.agency.as_str()),
                Value::from(c.topic.as_str()),
                Value::from(c.registration_number.as_str()),
                Value::from(c.state.as_str()),
                Value::from(c.region.as_str()),
                Value::from(c.opened_at),
                Value::from(c.updated_at),
                Value::from(c.version),
            ]);
        }
        self.insert(INSERT, &values).await.map(drop)
    }

    /// Changes the state, region and time of change of cases, each named once, with the version they were read at.
    /// What is stored afterwards has the next version.
    ///
    /// # Errors
    /// [`StoreError::Moved`] if one of them has changed since; the transaction is run again.
    pub async fn update_cases(&mut self, changed: &[Case]) -> Result<(), StoreError> {
        if changed.is_empty() {
            return Ok(());
        }
        let touched = match self.lent() {
            Transaction::Sqlite(_) => {
                let json = changes_as_json(changed);
                self.execute(UPDATE, &[Value::from(json.as_str())]).await?
            }
            Transaction::Postgres(tx) => {
                let values: Vec<Value<'_>> = changed
                    .iter()
                    .flat_map(|c| {
                        [
                            Value::from(c.id.as_str()),
                            Value::from(c.state.as_str()),
                            Value::from(c.region.as_str()),
                            Value::from(c.updated_at),
                            Value::from(c.version),
                        ]
                    })
                    .collect();
                let arguments = postgres_columns(&values, 5)?;
                let query = sqlx::query_with::<sqlx::Postgres, _>(UPDATE.postgres, arguments);
                query.execute(&mut **tx).await?.rows_affected()
            }
        };
        if touched == changed.len() as u64 { Ok(()) } else { Err(StoreError::Moved { what: "case" }) }
    }

    /// The stored cases among these keys of agency, topic and registration number, in no order. One statement for
    /// them all.
    pub async fn cases_by_key(&mut self, keys: &[(&AgencyId, &str, &str)]) -> Result<Vec<Case>, StoreError> {
        let keys: Vec<&str> =
            keys.iter().flat_map(|(agency, topic, number)| [agency.as_str(), topic, number]).collect();
        let rows = self.fetch_by_keys(BY_KEY, &keys, 3).await?;
        rows.iter().map(|row| read(&mut row.reader())).collect()
    }

    /// One case.
    pub async fn case(&mut self, id: &CaseId) -> Result<Option<Case>, StoreError> {
        let row = self.fetch_one(BY_ID, &[id.as_str().into()]).await?;
        row.map(|row| read(&mut row.reader())).transpose()
    }

    /// At most `limit` cases that pass the filter, oldest first, opened after `after`.
    pub async fn case_page(
        &mut self,
        filter: &CaseFilter,
        after: Option<&CaseId>,
        limit: u32,
    ) -> Result<Vec<Case>, StoreError> {
        let values = [
            // Every id sorts after the empty text.
            Value::from(after.map_or("", CaseId::as_str)),
            Value::from(filter.state.as_deref()),
            Value::from(filter.agency.as_ref().map(AgencyId::as_str)),
            Value::from(filter.topic.as_deref()),
            Value::from(filter.registration_number.as_deref()),
            Value::from(limit),
            Value::from(filter.overdue_at),
            Value::from(filter.soon_at),
        ];
        let rows = self.fetch(PAGE, &values).await?;
        rows.iter().map(|row| read(&mut row.reader())).collect()
    }
}

// Numbers go as numbers: a text would never equal the version.
fn changes_as_json(changed: &[Case]) -> String {
    let rows: Vec<_> = changed
        .iter()
        .map(|c| (c.id.as_str(), &c.state, c.region.as_str(), c.updated_at.micros(), c.version))
        .collect();
    serde_json::to_string(&rows).expect("texts and numbers are always JSON")
}

fn read(row: &mut Reader<'_>) -> Result<Case, StoreError> {
    Ok(Case {
        id: row.parsed(CaseId::parse)?,
        agency: row.parsed(AgencyId::parse)?,
        topic: row.text()?,
        registration_number: row.text()?,
        state: row.text()?,
        region: row.parsed(Region::parse)?,
        opened_at: row.time()?,
        updated_at: row.time()?,
        version: row.count()?,
    })
}
