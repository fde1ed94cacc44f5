//! Uploads: files that have not come whole. What came of one is a file of its id; how much that is, the file says.

use crate::clock::Timestamp;
use crate::domain::digest::Digest;
use crate::domain::id::{AttachmentId, CaseId};
use crate::store::StoreError;
use crate::store::tx::Tx;
use crate::store::value::{Reader, Sql, Value};

/// A file on its way to a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// The id that the attachment will have.
    pub id: AttachmentId,
    /// Whose it will be.
    pub case: CaseId,
    /// What its bytes must come to.
    pub digest: Digest,
    /// Who sends it: `agency:<id>` or `platform`; with case and digest it is the key.
    pub owner: String,
    /// Its length in bytes, where that was said.
    pub length: Option<u64>,
    /// Its name.
    pub name: Option<String>,
    /// Its media type, as declared.
    pub media_type: String,
    /// What it is to the case.
    pub role: Option<String>,
    /// Its key, wrapped under the case's.
    pub wrapped: Vec<u8>,
    /// When it was begun.
    pub begun_at: Timestamp,
}

const INSERT: Sql = Sql::both(
    "-- upload.insert\n\
    INSERT INTO uploads (id, case_id, digest, owner, length, name, media_type, role, wrapped, begun_at) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
);

const BY_KEY: Sql = Sql::both(
    "-- upload.by_key\n\
    SELECT id, case_id, digest, owner, length, name, media_type, role, wrapped, begun_at FROM uploads \
    WHERE case_id = $1 AND digest = $2 AND owner = $3",
);

const SET_LENGTH: Sql =
    Sql::both("-- upload.set_length\nUPDATE uploads SET length = $2 WHERE id = $1 AND length IS NULL");

const DELETE: Sql = Sql::both("-- upload.delete\nDELETE FROM uploads WHERE id = $1");

const DELETE_OLD: Sql = Sql::both("-- upload.delete_old\nDELETE FROM uploads WHERE begun_at < $1");

// Of what is on its way only the lengths that were said count: what was not said is bounded as it comes.
const SIZE: Sql = Sql::both(
    "-- upload.size\n\
    SELECT CAST(COALESCE(SUM(length), 0) AS bigint) FROM uploads WHERE case_id = $1 AND id <> $2",
);

impl Tx {
    /// Begins an upload.
    ///
    /// # Errors
    /// [`StoreError::Taken`] if its owner has begun one of the same file.
    pub async fn insert_upload(&mut self, upload: &Upload) -> Result<(), StoreError> {
        let length = upload.length.map(|length| i64::try_from(length).unwrap_or(i64::MAX));
        let values = [
            Value::from(upload.id.as_str()),
            Value::from(upload.case.as_str()),
            Value::from(&upload.digest),
            Value::from(upload.owner.as_str()),
            Value::Int(length),
            Value::from(upload.name.as_deref()),
            Value::from(upload.media_type.as_str()),
            Value::from(upload.role.as_deref()),
            Value::from(upload.wrapped.as_slice()),
            Value::from(upload.begun_at),
        ];
        self.execute(INSERT, &values).await.map(drop)
    }

    /// The upload of this file by this owner.
    pub async fn upload(
        &mut self,
        case: &CaseId,
        digest: &Digest,
        owner: &str,
    ) -> Result<Option<Upload>, StoreError> {
        let row = self.fetch_one(BY_KEY, &[case.as_str().into(), digest.into(), owner.into()]).await?;
        row.map(|row| read(&mut row.reader())).transpose()
    }

    /// How many bytes are on their way to a case, apart from this upload's.
    pub async fn uploads_size(&mut self, case: &CaseId, but: &AttachmentId) -> Result<u64, StoreError> {
        let row = self.fetch_one(SIZE, &[case.as_str().into(), but.as_str().into()]).await?;
        row.map_or(Ok(0), |row| row.reader().count())
    }

    /// Says how long an upload will be.
    pub async fn set_upload_length(&mut self, id: &AttachmentId, length: u64) -> Result<(), StoreError> {
        self.execute(SET_LENGTH, &[id.as_str().into(), length.into()]).await.map(drop)
    }

    /// Ends an upload; false if it had ended.
    pub async fn delete_upload(&mut self, id: &AttachmentId) -> Result<bool, StoreError> {
        Ok(self.execute(DELETE, &[id.as_str().into()]).await? == 1)
    }

    /// Ends the uploads that were begun before `then`; how many.
    pub async fn delete_old_uploads(&mut self, then: Timestamp) -> Result<u64, StoreError> {
        self.execute(DELETE_OLD, &[then.into()]).await
    }
}

fn read(row: &mut Reader<'_>) -> Result<Upload, StoreError> {
    Ok(Upload {
        id: row.parsed(AttachmentId::parse)?,
        case: row.parsed(CaseId::parse)?,
        digest: row.digest()?,
        owner: row.text()?,
        length: row.maybe_int()?.map(|length| u64::try_from(length).unwrap_or(0)),
        name: row.maybe_text()?,
        media_type: row.text()?,
        role: row.maybe_text()?,
        wrapped: row.blob()?,
        begun_at: row.time()?,
    })
}
