//! Keeping: cases under legal hold, cases whose time is over, and the removal of what they hold.
//!
//! Promise: a removal takes bodies, and nothing else: ids, digests, salts, receipts that were given and the journal stay.
//! When a time is over, and in which transaction what is removed, is the caller's.

use crate::clock::Timestamp;
use crate::domain::digest::Digest;
use crate::domain::id::{AgencyId, AttachmentId, CaseId, DeliveryId, RecordId};
use crate::store::StoreError;
use crate::store::tx::Tx;
use crate::store::value::{Reader, Sql, Value};

/// Nothing of this case is removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// The case.
    pub case: CaseId,
    /// Who said so.
    pub who: String,
    /// Why.
    pub why: String,
    /// Since when.
    pub since: Timestamp,
    /// The journal entry.
    pub journal_index: u64,
}

/// A case whose time is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// The case.
    pub case: CaseId,
    /// Whose.
    pub agency: AgencyId,
    /// When it last changed.
    pub ended_at: Timestamp,
    /// Whether it is under hold.
    pub held: bool,
    /// Whether something is still to be delivered.
    pub open: bool,
}

/// Which cases' time is over.
#[derive(Clone, Debug)]
pub struct Ended<'a> {
    /// About this.
    pub topic: &'a str,
    /// In one of these states, a JSON array.
    pub states: &'a str,
    /// Last changed before this.
    pub before: Timestamp,
}

const HOLD: Sql = Sql::both(
    "-- keep.hold\n\
    INSERT INTO holds (case_id, who, why, since, journal_index) VALUES ($1, $2, $3, $4, $5) \
    ON CONFLICT (case_id) DO NOTHING",
);

const RELEASE: Sql = Sql::both("-- keep.release\nDELETE FROM holds WHERE case_id = $1");

const HOLDS: Sql = Sql::both(
    "-- keep.holds\nSELECT case_id, who, why, since, journal_index FROM holds WHERE case_id > $1 \
    ORDER BY case_id LIMIT $2",
);

const HOLD_OF: Sql = Sql::both(
    "-- keep.hold_of\nSELECT case_id, who, why, since, journal_index FROM holds WHERE case_id = $1",
);

// Cases in the order of their ids, so that one walk over the table's key finds them all.
macro_rules! due {
    ($states:literal) => {
        concat!(
            "-- keep.due\n\
            SELECT c.id, c.agency_id, c.updated_at, \
            CAST(CASE WHEN EXISTS (SELECT 1 FROM holds AS h WHERE h.case_id = c.id) THEN 1 ELSE 0 END AS bigint), \
            CAST(CASE WHEN EXISTS (SELECT 1 FROM deliveries AS d WHERE d.case_id = c.id \
            AND d.state IN ('queued', 'sent')) THEN 1 ELSE 0 END AS bigint) \
            FROM cases AS c LEFT JOIN removals AS m ON m.case_id = c.id \
            WHERE c.id > $1 AND c.topic = $2 AND c.updated_at < $3 AND c.state IN (",
            $states,
            ") AND (m.case_id IS NULL OR m.ended_at <> c.updated_at \
            OR EXISTS (SELECT 1 FROM attachments AS a WHERE a.case_id = c.id)) ORDER BY c.id LIMIT $5"
        )
    };
}

const DUE: Sql = Sql {
    sqlite: due!("SELECT value FROM json_each($4)"),
    postgres: due!("SELECT json_array_elements_text(CAST($4 AS json))"),
};

const REMOVED: Sql = Sql::both(
    "-- keep.removed\n\
    INSERT INTO removals (case_id, ended_at, removed_at, journal_index) VALUES ($1, $2, $3, $4) \
    ON CONFLICT (case_id) DO UPDATE SET ended_at = excluded.ended_at, removed_at = excluded.removed_at, \
    journal_index = excluded.journal_index",
);

const MARK_RECORD: Sql = Sql::both("-- keep.mark_record\nUPDATE records SET body = $2 WHERE id = $1");

const MESSAGES: Sql = Sql::both(
    "-- keep.messages\nSELECT id, body FROM deliveries WHERE case_id = $1 AND length(body) > 0 ORDER BY id",
);

const EMPTY_MESSAGE: Sql =
    Sql::both("-- keep.empty_message\nUPDATE deliveries SET body = $2, body_digest = $3 WHERE id = $1");

const MESSAGE_DIGEST: Sql =
    Sql::both("-- keep.message_digest\nSELECT body_digest FROM deliveries WHERE id = $1");

const EMPTY_RECEIPTS: Sql = Sql::both(
    "-- keep.empty_receipts\n\
    UPDATE receipts SET body = $2, message = NULL, problems = '[]' \
    WHERE delivery_id IN (SELECT id FROM deliveries WHERE case_id = $1)",
);

// A message that other cases' records came in stays until the last of those is removed too.
const EMPTY_SUBMISSIONS: Sql = Sql::both(
    "-- keep.empty_submissions\n\
    UPDATE submissions SET body = $2 WHERE length(body) > 0 \
    AND id IN (SELECT submission_id FROM records WHERE case_id = $1) \
    AND NOT EXISTS (SELECT 1 FROM records AS r LEFT JOIN removals AS m ON m.case_id = r.case_id \
    WHERE r.submission_id = submissions.id AND m.case_id IS NULL)",
);

const NOTE_FILES: Sql = Sql::both(
    "-- keep.note_files\n\
    INSERT INTO removed_attachments (id, case_id, digest, size, salt, journal_index, removed_at) \
    SELECT id, case_id, digest, size, salt, journal_index, CAST($2 AS bigint) FROM attachments WHERE case_id = $1",
);

const FILES: Sql = Sql::both("-- keep.files\nSELECT id FROM attachments WHERE case_id = $1 ORDER BY id");

const DROP_FILES: Sql = Sql::both("-- keep.drop_files\nDELETE FROM attachments WHERE case_id = $1");

const DROP_UPLOADS: Sql = Sql::both("-- keep.drop_uploads\nDELETE FROM uploads WHERE case_id = $1");

const DROP_KEY: Sql = Sql::both("-- keep.drop_key\nDELETE FROM case_keys WHERE case_id = $1");

/// No bytes.
const NONE: &[u8] = &[];

impl Tx {
    /// Puts a case under hold; false if it was.
    pub async fn hold_case(&mut self, hold: &Hold) -> Result<bool, StoreError> {
        let values = [
            Value::from(hold.case.as_str()),
            hold.who.as_str().into(),
            hold.why.as_str().into(),
            hold.since.into(),
            hold.journal_index.into(),
        ];
        Ok(self.execute(HOLD, &values).await? == 1)
    }

    /// Takes a case out of hold; false if it was not under one.
    pub async fn release_case(&mut self, case: &CaseId) -> Result<bool, StoreError> {
        Ok(self.execute(RELEASE, &[case.as_str().into()]).await? == 1)
    }

    /// The hold that a case is under.
    pub async fn hold_of(&mut self, case: &CaseId) -> Result<Option<Hold>, StoreError> {
        let row = self.fetch_one(HOLD_OF, &[case.as_str().into()]).await?;
        row.map(|row| hold(&mut row.reader())).transpose()
    }

    /// At most `limit` holds of cases after this one.
    pub async fn holds(&mut self, after: Option<&CaseId>, limit: u32) -> Result<Vec<Hold>, StoreError> {
        let after = after.map_or("", CaseId::as_str);
        let rows = self.fetch(HOLDS, &[after.into(), limit.into()]).await?;
        rows.iter().map(|row| hold(&mut row.reader())).collect()
    }

    /// At most `limit` cases after this one whose time is over and of which something is there.
    pub async fn cases_due(
        &mut self,
        ended: &Ended<'_>,
        after: Option<&CaseId>,
        limit: u32,
    ) -> Result<Vec<Due>, StoreError> {
        let values = [
            Value::from(after.map_or("", CaseId::as_str)),
            ended.topic.into(),
            ended.before.into(),
            ended.states.into(),
            limit.into(),
        ];
        let rows = self.fetch(DUE, &values).await?;
        rows.iter().map(|row| due(&mut row.reader())).collect()
    }

    /// Notes that what a case held is removed. Before its submissions are emptied.
    pub async fn note_removal(
        &mut self,
        due: &Due,
        at: Timestamp,
        journal_index: u64,
    ) -> Result<(), StoreError> {
        let values = [Value::from(due.case.as_str()), due.ended_at.into(), at.into(), journal_index.into()];
        self.execute(REMOVED, &values).await.map(drop)
    }

    /// Puts this in a record's place.
    pub async fn mark_record(&mut self, record: &RecordId, body: &str) -> Result<(), StoreError> {
        self.execute(MARK_RECORD, &[record.as_str().into(), body.into()]).await.map(drop)
    }

    /// The messages of a case that are there.
    pub async fn messages_of(&mut self, case: &CaseId) -> Result<Vec<(DeliveryId, Vec<u8>)>, StoreError> {
        let rows = self.fetch(MESSAGES, &[case.as_str().into()]).await?;
        rows.iter()
            .map(|row| {
                let mut row = row.reader();
                Ok((row.parsed(DeliveryId::parse)?, row.blob()?))
            })
            .collect()
    }

    /// Empties a message; its digest stays.
    pub async fn empty_message(&mut self, id: &DeliveryId, digest: &Digest) -> Result<(), StoreError> {
        let values = [Value::from(id.as_str()), NONE.into(), digest.into()];
        self.execute(EMPTY_MESSAGE, &values).await.map(drop)
    }

    /// The digest of a message that was emptied.
    pub async fn message_digest(&mut self, id: &DeliveryId) -> Result<Option<Digest>, StoreError> {
        let row = self.fetch_one(MESSAGE_DIGEST, &[id.as_str().into()]).await?;
        row.map_or(Ok(None), |row| row.reader().maybe_digest())
    }

    /// Empties what agencies said of a case's messages, and the submissions all of whose cases are removed; how many
    /// submissions.
    pub async fn empty_received(&mut self, case: &CaseId) -> Result<u64, StoreError> {
        let values = [Value::from(case.as_str()), NONE.into()];
        self.execute(EMPTY_RECEIPTS, &values).await?;
        self.execute(EMPTY_SUBMISSIONS, &values).await
    }

    /// Forgets the files of a case and the key that opens them; the files.
    pub async fn forget_files(
        &mut self,
        case: &CaseId,
        at: Timestamp,
    ) -> Result<Vec<AttachmentId>, StoreError> {
        let id = Value::from(case.as_str());
        let rows = self.fetch(FILES, &[id]).await?;
        let files = rows.iter().map(|row| row.reader().parsed(AttachmentId::parse));
        let files = files.collect::<Result<Vec<_>, _>>()?;
        self.execute(NOTE_FILES, &[id, at.into()]).await?;
        for drop in [DROP_FILES, DROP_UPLOADS, DROP_KEY] {
            self.execute(drop, &[id]).await?;
        }
        Ok(files)
    }
}

fn hold(row: &mut Reader<'_>) -> Result<Hold, StoreError> {
    Ok(Hold {
        case: row.parsed(CaseId::parse)?,
        who: row.text()?,
        why: row.text()?,
        since: row.time()?,
        journal_index: row.count()?,
    })
}

fn due(row: &mut Reader<'_>) -> Result<Due, StoreError> {
    Ok(Due {
        case: row.parsed(CaseId::parse)?,
        agency: row.parsed(AgencyId::parse)?,
        ended_at: row.time()?,
        held: row.int()? == 1,
        open: row.int()? == 1,
    })
}
