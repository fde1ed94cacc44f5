//! Submissions: inbound messages as received, kept for ever, found by the sender's own message id.

use crate::clock::Timestamp;
use crate::domain::digest::{Digest, Fingerprint};
use crate::domain::id::{AgencyId, CaseId, SubmissionId};
use crate::domain::kind::Kind;
use crate::store::StoreError;
use crate::store::tx::{Insert, Tx};
use crate::store::value::{Reader, Sql, Value};

/// A submission without its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// Its id.
    pub id: SubmissionId,
    /// The sender.
    pub agency: AgencyId,
    /// The sender's message id; with the agency it is the key of idempotency.
    pub message_id: String,
    /// What it holds.
    pub kind: Kind,
    /// The sender's registration number, where all its records have the same one.
    pub registration_number: Option<String>,
    /// SHA-256 of the body.
    pub body_digest: Digest,
    /// The body's media type.
    pub content_type: String,
    /// The body's charset, if it was named or found.
    pub charset: Option<String>,
    /// The road it came by: `api`, `router`, `file` or `pull`.
    pub channel: String,
    /// The sender's certificate, where it presented one.
    pub certificate: Option<Fingerprint>,
    /// Who brought it, where that was somebody of the platform's.
    pub actor: Option<String>,
    /// The profile that read it.
    pub profile: String,
    /// SHA-256 over that profile's files.
    pub profile_digest: Digest,
    /// When it came.
    pub received_at: Timestamp,
    /// The salt of the body's digest in the journal.
    pub salt: [u8; 32],
    /// The answer, the very bytes.
    pub receipt: Vec<u8>,
    /// The answer's media type.
    pub receipt_content_type: String,
    /// Its journal entry.
    pub journal_index: u64,
}

/// A submission with its body, to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSubmission {
    /// All but the body.
    pub submission: Submission,
    /// The bytes, untouched.
    pub body: Vec<u8>,
}

/// Which submissions.
#[derive(Clone, Debug)]
pub struct SubmissionFilter {
    /// Read by this profile, in whatever version.
    pub profile: String,
    /// Of this agency.
    pub agency: Option<AgencyId>,
    /// Received then or later.
    pub since: Option<Timestamp>,
}

// The columns of a Submission, in the order of `read`.
macro_rules! columns {
    () => {
        "s.id, s.agency_id, s.message_id, s.kind, s.registration_number, s.body_digest, s.content_type, \
         s.charset, s.channel, s.certificate, s.actor, s.profile, s.profile_digest, s.received_at, s.salt, s.receipt, \
         s.receipt_content_type, s.journal_index"
    };
}

const INSERT: Insert = Insert {
    head: "-- submission.insert\n\
        INSERT INTO submissions (id, agency_id, message_id, kind, registration_number, body_digest, content_type, \
        charset, channel, certificate, actor, profile, profile_digest, received_at, salt, receipt, receipt_content_type, \
        journal_index, body)",
    types: &[
        "text", "text", "text", "text", "text", "bytea", "text", "text", "text", "bytea", "text", "text",
        "bytea", "bigint", "bytea", "bytea", "text", "bigint", "bytea",
    ],
    tail: "",
};

// CROSS JOIN keeps SQLite from turning the loops round: keys outside, index inside.
const BY_KEY: Sql = Sql {
    sqlite: concat!(
        "-- submission.by_key\nSELECT ",
        columns!(),
        " FROM json_each($1) AS k CROSS JOIN submissions AS s \
          WHERE s.agency_id = k.value ->> 0 AND s.message_id = k.value ->> 1"
    ),
    postgres: concat!(
        "-- submission.by_key\nSELECT ",
        columns!(),
        " FROM unnest($1::text[], $2::text[]) AS k (agency_id, message_id) \
          JOIN submissions AS s ON s.agency_id = k.agency_id AND s.message_id = k.message_id"
    ),
};

const BY_ID: Sql =
    Sql::both(concat!("-- submission.by_id\nSELECT ", columns!(), " FROM submissions AS s WHERE s.id = $1"));

const BODY: Sql = Sql::both("-- submission.body\nSELECT body FROM submissions WHERE id = $1");

// Every id sorts before $1 = 'ffffffff-…'. The casts tell PostgreSQL the type of what is only compared with NULL.
const PAGE: Sql = Sql::both(concat!(
    "-- submission.page\nSELECT ",
    columns!(),
    " FROM submissions AS s WHERE s.id < $1 AND s.profile = $2 AND length(s.body) > 0 \
      AND (CAST($3 AS text) IS NULL OR s.agency_id = $3) \
      AND (CAST($4 AS bigint) IS NULL OR s.received_at >= $4) \
      ORDER BY s.id DESC LIMIT $5"
));

const OF_CASE: Sql = Sql::both(concat!(
    "-- submission.of_case\nSELECT ",
    columns!(),
    " FROM submissions AS s WHERE s.id IN (SELECT submission_id FROM records WHERE case_id = $1) ORDER BY s.id"
));

impl Tx {
    /// Stores submissions.
    ///
    /// # Errors
    /// [`StoreError::Taken`] if the agency has sent one with the same message id.
    pub async fn insert_submissions(&mut self, new: &[NewSubmission]) -> Result<(), StoreError> {
        let mut values = Vec::with_capacity(new.len() * INSERT.types.len());
        for NewSubmission { submission: s, body } in new {
            values.extend([
                Value::from(s.id.as_str()),
                Value::from(s.agency.as_str()),
                Value::from(s.message_id.as_str()),
                Value::from(s.kind.as_str()),
                Value::from(s.registration_number.as_deref()),
                Value::from(&s.body_digest),
                Value::from(s.content_type.as_str()),
                Value::from(s.charset.as_deref()),
                Value::from(s.channel.as_str()),
                Value::Blob(s.certificate.as_ref().map(|digest| &digest.as_bytes()[..])),
                Value::from(s.actor.as_deref()),
                Value::from(s.profile.as_str()),
                Value::from(&s.profile_digest),
                Value::from(s.received_at),
                Value::from(&s.salt),
                Value::from(s.receipt.as_slice()),
                Value::from(s.receipt_content_type.as_str()),
                Value::from(s.journal_index),
                Value::from(body.as_slice()),
            ]);
        }
        self.insert(INSERT, &values).await.map(drop)
    }

    /// The stored submissions among these keys of agency and message id, in no order. One statement for them all.
    pub async fn submissions_by_key(
        &mut self,
        keys: &[(&AgencyId, &str)],
    ) -> Result<Vec<Submission>, StoreError> {
        let keys: Vec<&str> = keys.iter().flat_map(|(agency, id)| [agency.as_str(), id]).collect();
        let rows = self.fetch_by_keys(BY_KEY, &keys, 2).await?;
        rows.iter().map(|row| read(&mut row.reader())).collect()
    }

    /// One submission.
    pub async fn submission(&mut self, id: &SubmissionId) -> Result<Option<Submission>, StoreError> {
        let row = self.fetch_one(BY_ID, &[id.as_str().into()]).await?;
        row.map(|row| read(&mut row.reader())).transpose()
    }

    /// A submission's body; none where it was removed: no message is empty.
    pub async fn submission_body(&mut self, id: &SubmissionId) -> Result<Option<Vec<u8>>, StoreError> {
        let row = self.fetch_one(BODY, &[id.as_str().into()]).await?;
        let body = row.map(|row| row.reader().blob()).transpose()?;
        Ok(body.filter(|body| !body.is_empty()))
    }

    /// At most `limit` submissions that pass the filter, newest first, from before `before`.
    pub async fn submission_page(
        &mut self,
        filter: &SubmissionFilter,
        before: Option<&SubmissionId>,
        limit: u32,
    ) -> Result<Vec<Submission>, StoreError> {
        let values = [
            Value::from(before.map_or("ffffffff-ffff-ffff-ffff-ffffffffffff", SubmissionId::as_str)),
            Value::from(filter.profile.as_str()),
            Value::from(filter.agency.as_ref().map(AgencyId::as_str)),
            Value::from(filter.since),
            Value::from(limit),
        ];
        let rows = self.fetch(PAGE, &values).await?;
        rows.iter().map(|row| read(&mut row.reader())).collect()
    }

    /// The submissions that brought records of a case, oldest first.
    pub async fn submissions_of(&mut self, case: &CaseId) -> Result<Vec<Submission>, StoreError> {
        let rows = self.fetch(OF_CASE, &[case.as_str().into()]).await?;
        rows.iter().map(|row| read(&mut row.reader())).collect()
    }
}

fn read(row: &mut Reader<'_>) -> Result<Submission, StoreError> {
    Ok(Submission {
        id: row.parsed(SubmissionId::parse)?,
        agency: row.parsed(AgencyId::parse)?,
        message_id: row.text()?,
        kind: row.parsed(Kind::parse)?,
        registration_number: row.maybe_text()?,
        body_digest: row.digest()?,
        content_type: row.text()?,
        charset: row.maybe_text()?,
        channel: row.text()?,
        certificate: row.maybe_digest()?,
        actor: row.maybe_text()?,
        profile: row.text()?,
        profile_digest: row.digest()?,
        received_at: row.time()?,
        salt: row.thirty_two()?,
        receipt: row.blob()?,
        receipt_content_type: row.text()?,
        journal_index: row.count()?,
    })
}
