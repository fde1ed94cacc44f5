//! Receipts: what agencies said of the deliveries they got, and which delivery a receipt may be for.

use crate::clock::Timestamp;
use crate::domain::digest::{Digest, Fingerprint};
use crate::domain::id::{AgencyId, DeliveryId};
use crate::store::StoreError;
use crate::store::delivery::{self, Delivery};
use crate::store::tx::{Insert, Tx};
use crate::store::value::{Reader, Sql, Value};

/// What an agency said of one delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Its journal entry.
    pub journal_index: u64,
    /// The delivery.
    pub delivery: DeliveryId,
    /// The delivery's destination.
    pub destination: String,
    /// `push` (the answer to our call), `api` or `file`.
    pub channel: String,
    /// The certificate under which it came, where the agency called.
    pub certificate: Option<Fingerprint>,
    /// `accepted`, `duplicate` or `refused`; absent where the agency says only that it has it.
    pub outcome: Option<String>,
    /// The agency's own number.
    pub number: Option<String>,
    /// The agency's sentence.
    pub message: Option<String>,
    /// What is wrong, JSON.
    pub problems: String,
    /// Its media type.
    pub content_type: String,
    /// SHA-256 of its bytes.
    pub body_digest: Digest,
    /// The salt of that in the journal.
    pub salt: [u8; 32],
    /// The profile that read it.
    pub profile: String,
    /// SHA-256 over that profile's files.
    pub profile_digest: Digest,
    /// The proof of its journal entry.
    pub proof: String,
    /// When it came.
    pub at: Timestamp,
}

/// How surely a key names a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sureness {
    /// It is its id.
    Delivery,
    /// It is the id of its message.
    Message,
    /// It is the number that the agency gave it.
    Number,
    /// It is its case, or the agency's number of that.
    Case,
}

const INSERT: Insert = Insert {
    head: "-- receipt.insert\n\
        INSERT INTO receipts (journal_index, delivery_id, destination, channel, certificate, outcome, number, message, \
        problems, body, content_type, body_digest, salt, profile, profile_digest, proof, at)",
    types: &[
        "bigint", "text", "text", "text", "bytea", "text", "text", "text", "text", "bytea", "text", "bytea",
        "bytea", "text", "bytea", "text", "bigint",
    ],
    tail: "",
};

const OF_DELIVERIES: Sql = Sql {
    sqlite: "-- receipt.of_deliveries\n\
        SELECT r.journal_index, r.delivery_id, r.destination, r.channel, r.certificate, r.outcome, r.number, r.message, \
        r.problems, r.content_type, r.body_digest, r.salt, r.profile, r.profile_digest, r.proof, r.at \
        FROM json_each($1) AS k CROSS JOIN receipts AS r ON r.delivery_id = k.value ->> 0 ORDER BY r.journal_index",
    postgres: "-- receipt.of_deliveries\n\
        SELECT r.journal_index, r.delivery_id, r.destination, r.channel, r.certificate, r.outcome, r.number, r.message, \
        r.problems, r.content_type, r.body_digest, r.salt, r.profile, r.profile_digest, r.proof, r.at \
        FROM receipts AS r WHERE r.delivery_id = ANY ($1) ORDER BY r.journal_index",
};

const BODY: Sql = Sql::both("-- receipt.body\nSELECT body FROM receipts WHERE journal_index = $1");

// $1 destination, $2 the key, $3 the agency. The topics are all there are: the index of cases begins with them; and the
// index of destinations is no way to a case's few deliveries.
const NAMED: Sql = Sql::both(concat!(
    "-- receipt.named\nSELECT n.sure, ",
    delivery::columns!(),
    " FROM (SELECT id, CAST(1 AS bigint) AS sure FROM deliveries WHERE destination = $1 AND id = $2 \
      UNION ALL SELECT id, CAST(2 AS bigint) FROM deliveries WHERE destination = $1 AND message_id = $2 \
      UNION ALL SELECT delivery_id, CAST(3 AS bigint) FROM receipts WHERE destination = $1 AND number = $2 \
      UNION ALL SELECT d.id, CAST(4 AS bigint) FROM (SELECT id FROM cases WHERE id = $2 AND agency_id = $3 \
      UNION ALL SELECT id FROM cases WHERE agency_id = $3 AND registration_number = $2 AND topic IN \
      ('complaint', 'disposal', 'inspection', 'assistance', 'lead', 'service', 'certificate', 'operator')) AS c \
      JOIN deliveries AS d ON d.case_id = c.id WHERE d.destination || '' = $1) AS n \
      JOIN deliveries AS d ON d.id = n.id ORDER BY n.sure, d.sequence"
));

// Who holds it loses its lease: the agency has it.
const SETTLE: Sql = Sql::both(
    "-- receipt.settle\n\
    UPDATE deliveries SET state = $2, next_at = NULL, lease_token = NULL, lease_holder = NULL, lease_until = NULL, \
    settled_at = $3, settled_by = 'receipt' WHERE id = $1",
);

impl Tx {
    /// Stores a receipt with its bytes.
    pub async fn insert_receipt(&mut self, new: &Receipt, body: &[u8]) -> Result<(), StoreError> {
        let values = [
            Value::from(new.journal_index),
            Value::from(new.delivery.as_str()),
            Value::from(new.destination.as_str()),
            Value::from(new.channel.as_str()),
            Value::Blob(new.certificate.as_ref().map(|digest| &digest.as_bytes()[..])),
            Value::from(new.outcome.as_deref()),
            Value::from(new.number.as_deref()),
            Value::from(new.message.as_deref()),
            Value::from(new.problems.as_str()),
            Value::from(body),
            Value::from(new.content_type.as_str()),
            Value::from(&new.body_digest),
            Value::from(&new.salt),
            Value::from(new.profile.as_str()),
            Value::from(&new.profile_digest),
            Value::from(new.proof.as_str()),
            Value::from(new.at),
        ];
        self.insert(INSERT, &values).await.map(drop)
    }

    /// The receipts for these deliveries, oldest first.
    pub async fn receipts_of(&mut self, deliveries: &[&DeliveryId]) -> Result<Vec<Receipt>, StoreError> {
        if deliveries.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<&str> = deliveries.iter().map(|id| id.as_str()).collect();
        let rows = self.fetch_by_keys(OF_DELIVERIES, &ids, 1).await?;
        rows.iter().map(|row| read(&mut row.reader())).collect()
    }

    /// A receipt's bytes; none where they were removed: no receipt is empty.
    pub async fn receipt_body(&mut self, journal_index: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let row = self.fetch_one(BODY, &[journal_index.into()]).await?;
        let body = row.map(|row| row.reader().blob()).transpose()?;
        Ok(body.filter(|body| !body.is_empty()))
    }

    /// The deliveries to an agency that a key may name, without their attempts, oldest first: those that it names most
    /// surely, and no others.
    pub async fn deliveries_named(
        &mut self,
        destination: &str,
        agency: &AgencyId,
        key: &str,
    ) -> Result<(Sureness, Vec<Delivery>), StoreError> {
        let rows = self.fetch(NAMED, &[destination.into(), key.into(), agency.as_str().into()]).await?;
        let mut found: Vec<Delivery> = Vec::new();
        let mut surest = None;
        for row in &rows {
            let mut row = row.reader();
            let sure = row.int()?;
            let delivery = delivery::read(&mut row)?;
            if *surest.get_or_insert(sure) == sure && !found.iter().any(|known| known.id == delivery.id) {
                found.push(delivery);
            }
        }
        let sureness = match surest {
            Some(1) => Sureness::Delivery,
            Some(2) => Sureness::Message,
            Some(3) => Sureness::Number,
            _ => Sureness::Case,
        };
        Ok((sureness, found))
    }

    /// A delivery is in this state now, by its agency's own word.
    pub async fn settle_by_receipt(
        &mut self,
        id: &DeliveryId,
        state: delivery::DeliveryState,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.execute(SETTLE, &[id.as_str().into(), state.as_str().into(), at.into()]).await.map(drop)
    }
}

fn read(row: &mut Reader<'_>) -> Result<Receipt, StoreError> {
    Ok(Receipt {
        journal_index: row.count()?,
        delivery: row.parsed(DeliveryId::parse)?,
        destination: row.text()?,
        channel: row.text()?,
        certificate: row.maybe_digest()?,
        outcome: row.maybe_text()?,
        number: row.maybe_text()?,
        message: row.maybe_text()?,
        problems: row.text()?,
        content_type: row.text()?,
        body_digest: row.digest()?,
        salt: row.thirty_two()?,
        profile: row.text()?,
        profile_digest: row.digest()?,
        proof: row.text()?,
        at: row.time()?,
    })
}
