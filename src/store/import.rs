//! Imports: files of any size, known by their digest, and how far each of them came.
//!
//! Promise: an import goes forward only from where it was read to be, in the transaction of the records it takes; so
//! two that run at once cannot take a record twice.

use crate::clock::Timestamp;
use crate::domain::digest::Digest;
use crate::domain::id::{AgencyId, ImportId};
use crate::domain::kind::Kind;
use crate::store::StoreError;
use crate::store::tx::{Insert, Tx};
use crate::store::value::{Reader, Sql, Value};

/// An import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// Its id.
    pub id: ImportId,
    /// Whose file.
    pub agency: AgencyId,
    /// SHA-256 of the file; with the agency it is the key.
    pub file_digest: Digest,
    /// The file's length in bytes.
    pub file_size: u64,
    /// What it holds.
    pub kind: Kind,
    /// The salt of the file's digest in the journal.
    pub salt: [u8; 32],
    /// How far it came.
    pub progress: ImportProgress,
    /// When it last went forward.
    pub changed_at: Timestamp,
    /// When it was begun.
    pub started_at: Timestamp,
    /// `running`, `broken` or `finished`.
    pub state: String,
    /// What came of it, once it does not run any more.
    pub report: Option<String>,
}

/// How far an import came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImportProgress {
    /// The last record that is settled, from 1; 0 before the first.
    pub position: u64,
    /// Bytes of the file up to that record's end.
    pub offset: u64,
    /// Records taken.
    pub accepted: u64,
    /// Records that were there already.
    pub duplicate: u64,
    /// Records not taken.
    pub refused: u64,
}

/// A record of an import that was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportRefusal {
    /// Its place in the file, from 1.
    pub position: u64,
    /// The agency's number of the matter, where it could be read.
    pub registration_number: Option<String>,
    /// What is wrong with it, as canonical JSON.
    pub problems: String,
}

macro_rules! columns {
    () => {
        "i.id, i.agency_id, i.file_digest, i.file_size, i.kind, i.salt, i.position, i.file_offset, i.accepted, \
         i.duplicate, i.refused, i.changed_at, i.started_at, i.state, i.report"
    };
}

const INSERT: Insert = Insert {
    head: "-- import.insert\n\
        INSERT INTO imports (id, agency_id, file_digest, file_size, kind, salt, position, file_offset, accepted, \
        duplicate, refused, changed_at, started_at, state, report)",
    types: &[
        "text", "text", "bytea", "bigint", "text", "bytea", "bigint", "bigint", "bigint", "bigint", "bigint",
        "bigint", "bigint", "text", "text",
    ],
    tail: "",
};

const INSERT_REFUSALS: Insert = Insert {
    head: "-- import.insert_refusals\n\
        INSERT INTO import_refusals (import_id, position, registration_number, problems)",
    types: &["text", "bigint", "text", "text"],
    tail: "",
};

const BY_KEY: Sql = Sql::both(concat!(
    "-- import.by_key\nSELECT ",
    columns!(),
    " FROM imports AS i WHERE i.agency_id = $1 AND i.file_digest = $2"
));

const ADVANCE: Sql = Sql {
    sqlite: "-- import.advance\n\
        UPDATE imports SET position = ?, file_offset = ?, accepted = ?, duplicate = ?, refused = ?, changed_at = ? \
        WHERE id = ? AND position = ? AND state = 'running'",
    postgres: "-- import.advance\n\
        UPDATE imports SET position = $1, file_offset = $2, accepted = $3, duplicate = $4, refused = $5, \
        changed_at = $6 WHERE id = $7 AND position = $8 AND state = 'running'",
};

const SET_STATE: Sql = Sql {
    sqlite: "-- import.set_state\n\
        UPDATE imports SET state = ?, report = ?, changed_at = ? WHERE id = ? AND position = ? AND state = ?",
    postgres: "-- import.set_state\n\
        UPDATE imports SET state = $1, report = $2, changed_at = $3 WHERE id = $4 AND position = $5 AND state = $6",
};

const REFUSALS: Sql = Sql::both(
    "-- import.refusals\n\
    SELECT position, registration_number, problems FROM import_refusals \
    WHERE import_id = $1 AND position > $2 ORDER BY position LIMIT $3",
);

impl Tx {
    /// Begins an import.
    ///
    /// # Errors
    /// [`StoreError::Taken`] if the agency has one of the same file.
    pub async fn insert_import(&mut self, import: &Import) -> Result<(), StoreError> {
        let ImportProgress { position, offset, accepted, duplicate, refused } = import.progress;
        let values = [
            Value::from(import.id.as_str()),
            Value::from(import.agency.as_str()),
            Value::from(&import.file_digest),
            Value::from(import.file_size),
            Value::from(import.kind.as_str()),
            Value::from(&import.salt),
            Value::from(position),
            Value::from(offset),
            Value::from(accepted),
            Value::from(duplicate),
            Value::from(refused),
            Value::from(import.changed_at),
            Value::from(import.started_at),
            Value::from(import.state.as_str()),
            Value::from(import.report.as_deref()),
        ];
        self.insert(INSERT, &values).await.map(drop)
    }

    /// The agency's import of the file with this digest.
    pub async fn import_by_key(
        &mut self,
        agency: &AgencyId,
        file: &Digest,
    ) -> Result<Option<Import>, StoreError> {
        let row = self.fetch_one(BY_KEY, &[agency.as_str().into(), file.into()]).await?;
        row.map(|row| read(&mut row.reader())).transpose()
    }

    /// A running import has come from the position `from` to where it is now.
    ///
    /// # Errors
    /// [`StoreError::Moved`] if it does not run, or was elsewhere.
    pub async fn advance_import(
        &mut self,
        id: &ImportId,
        from: u64,
        now: ImportProgress,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let ImportProgress { position, offset, accepted, duplicate, refused } = now;
        let values = [
            Value::from(position),
            Value::from(offset),
            Value::from(accepted),
            Value::from(duplicate),
            Value::from(refused),
            Value::from(at),
            Value::from(id.as_str()),
            Value::from(from),
        ];
        self.change(ADVANCE, &values, 1, "import").await
    }

    /// An import at this position goes from one state to another.
    ///
    /// # Errors
    /// [`StoreError::Moved`] if it was in another state or elsewhere.
    pub async fn set_import_state(
        &mut self,
        (id, position): (&ImportId, u64),
        from: &str,
        to: &str,
        report: Option<&str>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let values = [
            Value::from(to),
            Value::from(report),
            Value::from(at),
            Value::from(id.as_str()),
            Value::from(position),
            Value::from(from),
        ];
        self.change(SET_STATE, &values, 1, "import").await
    }

    /// Stores what was not taken.
    pub async fn insert_import_refusals(
        &mut self,
        id: &ImportId,
        new: &[ImportRefusal],
    ) -> Result<(), StoreError> {
        let mut values = Vec::with_capacity(new.len() * INSERT_REFUSALS.types.len());
        for refusal in new {
            values.extend([
                Value::from(id.as_str()),
                Value::from(refusal.position),
                Value::from(refusal.registration_number.as_deref()),
                Value::from(refusal.problems.as_str()),
            ]);
        }
        self.insert(INSERT_REFUSALS, &values).await.map(drop)
    }

    /// At most `limit` records that were not taken, after this position.
    pub async fn import_refusals(
        &mut self,
        id: &ImportId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<ImportRefusal>, StoreError> {
        let rows = self.fetch(REFUSALS, &[id.as_str().into(), after.into(), limit.into()]).await?;
        let refusal = |row: &mut Reader<'_>| {
            Ok(ImportRefusal {
                position: row.count()?,
                registration_number: row.maybe_text()?,
                problems: row.text()?,
            })
        };
        rows.iter().map(|row| refusal(&mut row.reader())).collect()
    }
}

fn read(row: &mut Reader<'_>) -> Result<Import, StoreError> {
    Ok(Import {
        id: row.parsed(ImportId::parse)?,
        agency: row.parsed(AgencyId::parse)?,
        file_digest: row.digest()?,
        file_size: row.count()?,
        kind: row.parsed(Kind::parse)?,
        salt: row.thirty_two()?,
        progress: ImportProgress {
            position: row.count()?,
            offset: row.count()?,
            accepted: row.count()?,
            duplicate: row.count()?,
            refused: row.count()?,
        },
        changed_at: row.time()?,
        started_at: row.time()?,
        state: row.text()?,
        report: row.maybe_text()?,
    })
}
