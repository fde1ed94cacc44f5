//! Attachments: what is known of the files of a case, the keys their bytes are sealed under, and uploads that have not
//! come whole.
//!
//! Promise: a case has a file once, however often it is brought. The bytes are [`crate::files`]'; here is nothing that
//! opens them without the key-encryption key.

use crate::clock::Timestamp;
use crate::domain::digest::Digest;
use crate::domain::id::{AttachmentId, CaseId};
use crate::store::StoreError;
use crate::store::tx::{Insert, Tx};
use crate::store::value::{Reader, Sql, Value};

/// A file of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// Its id; also the name of its sealed bytes.
    pub id: AttachmentId,
    /// Whose.
    pub case: CaseId,
    /// SHA-256 of its bytes; with the case it is the key.
    pub digest: Digest,
    /// Its name.
    pub name: Option<String>,
    /// Its media type.
    pub media_type: String,
    /// Its size in bytes.
    pub size: u64,
    /// What it is to the case.
    pub role: Option<String>,
    /// `waiting`, `released` or `refused`.
    pub state: String,
    /// `agency:<id>` or `platform:<name>`.
    pub brought_by: String,
    /// When it was brought.
    pub brought_at: Timestamp,
    /// Since when the case's agency may read it.
    pub shared_at: Option<Timestamp>,
    /// Its key, wrapped under the case's.
    pub wrapped: Vec<u8>,
    /// The salt of its digest in the journal.
    pub salt: [u8; 32],
    /// Its journal entry.
    pub journal_index: u64,
    /// Tries of the scanner that came to no verdict.
    pub scans: u32,
    /// When the scanner tries next.
    pub scan_at: Option<Timestamp>,
}

macro_rules! columns {
    () => {
        "id, case_id, digest, name, media_type, size, role, state, brought_by, brought_at, shared_at, wrapped, salt, \
         journal_index, scans, scan_at"
    };
}

const INSERT: Insert = Insert {
    head: concat!("-- attachment.insert\nINSERT INTO attachments (", columns!(), ")"),
    types: &[
        "text", "text", "bytea", "text", "text", "bigint", "text", "text", "text", "bigint", "bigint",
        "bytea", "bytea", "bigint", "bigint", "bigint",
    ],
    tail: "ON CONFLICT (case_id, digest) DO NOTHING",
};

const INSERT_KEYS: Insert = Insert {
    head: "-- attachment.insert_keys\nINSERT INTO case_keys (case_id, wrapped, made_at)",
    types: &["text", "bytea", "bigint"],
    tail: "ON CONFLICT (case_id) DO NOTHING",
};

const KEYS: Sql = Sql {
    sqlite: "-- attachment.keys\n\
        SELECT c.case_id, c.wrapped FROM json_each($1) AS k CROSS JOIN case_keys AS c WHERE c.case_id = k.value ->> 0",
    postgres: "-- attachment.keys\n\
        SELECT c.case_id, c.wrapped FROM unnest($1::text[]) AS k (case_id) JOIN case_keys AS c ON c.case_id = k.case_id",
};

const OF_CASE: Sql = Sql::both(concat!(
    "-- attachment.of_case\nSELECT ",
    columns!(),
    " FROM attachments WHERE case_id = $1 ORDER BY id"
));

const BY_KEY: Sql = Sql::both(concat!(
    "-- attachment.by_key\nSELECT ",
    columns!(),
    " FROM attachments WHERE case_id = $1 AND digest = $2"
));

const SIZE: Sql = Sql::both(
    "-- attachment.size\nSELECT CAST(COALESCE(SUM(size), 0) AS bigint) FROM attachments WHERE case_id = $1",
);

const SHARE: Sql = Sql::both(
    "-- attachment.share\nUPDATE attachments SET shared_at = $2 WHERE id = $1 AND shared_at IS NULL",
);

const WAITING: Sql = Sql::both(concat!(
    "-- attachment.waiting\nSELECT ",
    columns!(),
    " FROM attachments WHERE state = 'waiting' AND scan_at <= $1 ORDER BY scan_at LIMIT $2"
));

const SETTLE: Sql = Sql::both(
    "-- attachment.settle\nUPDATE attachments SET state = $2, scan_at = NULL WHERE id = $1 AND state = 'waiting'",
);

const PUT_OFF: Sql = Sql::both(
    "-- attachment.put_off\n\
    UPDATE attachments SET scans = scans + 1, scan_at = $2 WHERE id = $1 AND state = 'waiting'",
);

const KNOWN: Sql = Sql {
    sqlite: "-- attachment.known\n\
        SELECT a.id FROM json_each($1) AS k CROSS JOIN attachments AS a WHERE a.id = k.value ->> 0 AND a.state <> 'refused' \
        UNION ALL SELECT u.id FROM json_each($1) AS k CROSS JOIN uploads AS u WHERE u.id = k.value ->> 0",
    postgres: "-- attachment.known\n\
        SELECT a.id FROM unnest($1::text[]) AS k (id) JOIN attachments AS a ON a.id = k.id AND a.state <> 'refused' \
        UNION ALL SELECT u.id FROM unnest($1::text[]) AS k (id) JOIN uploads AS u ON u.id = k.id",
};

const ANY_KEY: Sql = Sql::both(
    "-- attachment.any_key\nSELECT CAST(COUNT(*) AS bigint) FROM (SELECT 1 FROM case_keys LIMIT 1) AS k",
);

impl Tx {
    /// Whether any case has a key.
    pub async fn any_case_key(&mut self) -> Result<bool, StoreError> {
        let row = self.fetch_one(ANY_KEY, &[]).await?;
        Ok(row.map_or(Ok(0), |row| row.reader().count())? > 0)
    }

    /// Adds files to their cases; those that a case has already are passed over.
    pub async fn insert_attachments(&mut self, new: &[Attachment]) -> Result<(), StoreError> {
        let mut values = Vec::with_capacity(new.len() * INSERT.types.len());
        for one in new {
            values.extend([
                Value::from(one.id.as_str()),
                Value::from(one.case.as_str()),
                Value::from(&one.digest),
                Value::from(one.name.as_deref()),
                Value::from(one.media_type.as_str()),
                Value::from(one.size),
                Value::from(one.role.as_deref()),
                Value::from(one.state.as_str()),
                Value::from(one.brought_by.as_str()),
                Value::from(one.brought_at),
                Value::from(one.shared_at),
                Value::from(one.wrapped.as_slice()),
                Value::from(&one.salt),
                Value::from(one.journal_index),
                Value::from(one.scans),
                Value::from(one.scan_at),
            ]);
        }
        self.insert(INSERT, &values).await.map(drop)
    }

    /// The wrapped keys of those of these cases that have one.
    pub async fn case_keys(&mut self, cases: &[&CaseId]) -> Result<Vec<(CaseId, Vec<u8>)>, StoreError> {
        let keys: Vec<&str> = cases.iter().map(|case| case.as_str()).collect();
        let rows = self.fetch_by_keys(KEYS, &keys, 1).await?;
        let read = |row: &crate::store::value::Row| {
            let mut row = row.reader();
            Ok((row.parsed(CaseId::parse)?, row.blob()?))
        };
        rows.iter().map(read).collect()
    }

    /// Gives cases keys; one that has a key keeps it.
    pub async fn insert_case_keys(
        &mut self,
        new: &[(CaseId, Vec<u8>)],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let values: Vec<Value<'_>> = new
            .iter()
            .flat_map(|(case, wrapped)| {
                [Value::from(case.as_str()), Value::from(wrapped.as_slice()), Value::from(at)]
            })
            .collect();
        self.insert(INSERT_KEYS, &values).await.map(drop)
    }

    /// The files of a case, in the order they were brought.
    pub async fn attachments_of(&mut self, case: &CaseId) -> Result<Vec<Attachment>, StoreError> {
        let rows = self.fetch(OF_CASE, &[case.as_str().into()]).await?;
        rows.iter().map(|row| read(&mut row.reader())).collect()
    }

    /// One file of a case.
    pub async fn attachment(
        &mut self,
        case: &CaseId,
        digest: &Digest,
    ) -> Result<Option<Attachment>, StoreError> {
        let row = self.fetch_one(BY_KEY, &[case.as_str().into(), digest.into()]).await?;
        row.map(|row| read(&mut row.reader())).transpose()
    }

    /// How many bytes the files of a case have together.
    pub async fn attachments_size(&mut self, case: &CaseId) -> Result<u64, StoreError> {
        let row = self.fetch_one(SIZE, &[case.as_str().into()]).await?;
        row.map_or(Ok(0), |row| row.reader().count())
    }

    /// From here on the case's agency may read these files.
    pub async fn share_attachments(&mut self, ids: &[AttachmentId], at: Timestamp) -> Result<(), StoreError> {
        for id in ids {
            self.execute(SHARE, &[id.as_str().into(), at.into()]).await?;
        }
        Ok(())
    }

    /// At most `limit` files that are to be scanned by now.
    pub async fn attachments_waiting(
        &mut self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<Attachment>, StoreError> {
        let rows = self.fetch(WAITING, &[now.into(), limit.into()]).await?;
        rows.iter().map(|row| read(&mut row.reader())).collect()
    }

    /// A file that waits becomes `released` or `refused`; false if it did not wait any more.
    pub async fn settle_attachment(&mut self, id: &AttachmentId, state: &str) -> Result<bool, StoreError> {
        Ok(self.execute(SETTLE, &[id.as_str().into(), state.into()]).await? == 1)
    }

    /// The scanner came to no verdict: it tries again at `next`.
    pub async fn put_off_scan(&mut self, id: &AttachmentId, next: Timestamp) -> Result<(), StoreError> {
        self.execute(PUT_OFF, &[id.as_str().into(), next.into()]).await.map(drop)
    }

    /// Those of these ids that are an upload's, or an attachment's whose bytes are wanted.
    pub async fn known_attachments(
        &mut self,
        ids: &[&AttachmentId],
    ) -> Result<Vec<AttachmentId>, StoreError> {
        let keys: Vec<&str> = ids.iter().map(|id| id.as_str()).collect();
        let rows = self.fetch_by_keys(KNOWN, &keys, 1).await?;
        rows.iter().map(|row| row.reader().parsed(AttachmentId::parse)).collect()
    }
}

fn read(row: &mut Reader<'_>) -> Result<Attachment, StoreError> {
    Ok(Attachment {
        id: row.parsed(AttachmentId::parse)?,
        case: row.parsed(CaseId::parse)?,
        digest: row.digest()?,
        name: row.maybe_text()?,
        media_type: row.text()?,
        size: row.count()?,
        role: row.maybe_text()?,
        state: row.text()?,
        brought_by: row.text()?,
        brought_at: row.time()?,
        shared_at: row.maybe_time()?,
        wrapped: row.blob()?,
        salt: row.thirty_two()?,
        journal_index: row.count()?,
        scans: row.small()?,
        scan_at: row.maybe_time()?,
    })
}
