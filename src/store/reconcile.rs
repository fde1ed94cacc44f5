//! Reconciliation: our manifests, the other side's, and the differences between them.
//!
//! Promise: a manifest of ours is written once; the other side's is replaced by its next one of the same day; of a
//! difference only how far it has come changes. What was exchanged on a day is read by [`crate::store::booked`].

use crate::clock::Timestamp;
use crate::domain::id::{AgencyId, DeliveryId};
use crate::store::StoreError;
use crate::store::tx::{Insert, Tx};
use crate::store::value::{Reader, Sql, Value};

/// A manifest of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestRow {
    /// Whose exchanges.
    pub agency: AgencyId,
    /// `YYYY-MM-DD`.
    pub day: String,
    /// The very bytes; empty where only the rest was asked for.
    pub text: Vec<u8>,
    /// How many lines.
    pub lines: u64,
    /// The root over them.
    pub root: [u8; 32],
    /// The salt of the text's digest in the journal.
    pub salt: [u8; 32],
    /// Its head, signed.
    pub note: String,
    /// Its journal entry.
    pub journal_index: u64,
    /// When it was made.
    pub made_at: Timestamp,
}

/// A manifest of the other side, and what comparing came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReconciliationRow {
    /// Whose.
    pub agency: AgencyId,
    /// `YYYY-MM-DD`.
    pub day: String,
    /// Theirs, the very bytes; empty where only the rest was asked for.
    pub text: Vec<u8>,
    /// How many lines theirs has.
    pub lines: u64,
    /// The root over theirs.
    pub root: [u8; 32],
    /// The salt of their text's digest in the journal.
    pub salt: [u8; 32],
    /// `api` (over mutual TLS, sent or fetched) or `file`.
    pub channel: String,
    /// How many lines ours had.
    pub own_lines: u64,
    /// Ours that nobody has fetched yet.
    pub waiting: u64,
    /// Those that the other side has on another day.
    pub elsewhere: u64,
    /// The comparison's journal entry.
    pub journal_index: u64,
    /// When they were compared.
    pub compared_at: Timestamp,
}

/// A difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DifferenceRow {
    /// Its id, a printed `UUIDv7`.
    pub id: String,
    /// Whose day.
    pub agency: AgencyId,
    /// `YYYY-MM-DD`.
    pub day: String,
    /// `missing-here`, `missing-there`, `bytes` or `time`.
    pub what: String,
    /// `submit` or `receive`.
    pub direction: String,
    /// A record kind.
    pub kind: String,
    /// The id as it stands in the manifest.
    pub message: String,
    /// Its place among those of one id, from 0.
    pub place: u64,
    /// Our line.
    pub ours: Option<String>,
    /// Their line.
    pub theirs: Option<String>,
    /// Our delivery, where it is about one.
    pub delivery: Option<DeliveryId>,
    /// `resend`, `re-pull` or `ask`.
    pub action: String,
    /// `open`, `acted` or `settled`.
    pub state: String,
    /// When it was first found.
    pub found_at: Timestamp,
    /// When its state last changed.
    pub changed_at: Timestamp,
    /// Who acted on it.
    pub acted_by: Option<String>,
    /// What was said then.
    pub words: Option<String>,
}

const INSERT_MANIFEST: Insert = Insert {
    head: "-- reconcile.insert_manifest\n\
        INSERT INTO manifests (agency_id, day, text, lines, root, salt, note, journal_index, made_at)",
    types: &["text", "text", "bytea", "bigint", "bytea", "bytea", "text", "bigint", "bigint"],
    tail: "",
};

const MANIFEST: Sql = Sql::both(
    "-- reconcile.manifest\n\
    SELECT agency_id, day, text, lines, root, salt, note, journal_index, made_at FROM manifests \
    WHERE agency_id = $1 AND day = $2",
);

const MANIFESTS: Sql = Sql {
    sqlite: "-- reconcile.manifests\n\
        SELECT agency_id, day, x'', lines, root, salt, note, journal_index, made_at FROM manifests \
        WHERE agency_id = $1 AND day < $2 ORDER BY day DESC LIMIT $3",
    postgres: "-- reconcile.manifests\n\
        SELECT agency_id, day, ''::bytea, lines, root, salt, note, journal_index, made_at FROM manifests \
        WHERE agency_id = $1 AND day < $2 ORDER BY day DESC LIMIT $3",
};

const PUT_RECONCILIATION: Insert = Insert {
    head: "-- reconcile.put_reconciliation\n\
        INSERT INTO reconciliations (agency_id, day, text, lines, root, salt, channel, own_lines, waiting, elsewhere, \
        journal_index, compared_at)",
    types: &[
        "text", "text", "bytea", "bigint", "bytea", "bytea", "text", "bigint", "bigint", "bigint", "bigint",
        "bigint",
    ],
    tail: "ON CONFLICT (agency_id, day) DO UPDATE SET text = excluded.text, lines = excluded.lines, \
        root = excluded.root, salt = excluded.salt, channel = excluded.channel, own_lines = excluded.own_lines, \
        waiting = excluded.waiting, elsewhere = excluded.elsewhere, journal_index = excluded.journal_index, \
        compared_at = excluded.compared_at RETURNING agency_id",
};

const RECONCILIATION: Sql = Sql::both(
    "-- reconcile.reconciliation\n\
    SELECT agency_id, day, text, lines, root, salt, channel, own_lines, waiting, elsewhere, journal_index, compared_at \
    FROM reconciliations WHERE agency_id = $1 AND day = $2",
);

macro_rules! page {
    ($empty:literal) => {
        concat!(
            "-- reconcile.page\nSELECT agency_id, day, ",
            $empty,
            ", lines, root, salt, channel, own_lines, waiting, elsewhere, journal_index, compared_at \
             FROM reconciliations WHERE (CAST($1 AS text) IS NULL OR agency_id = $1) \
             AND (day < $2 OR (day = $2 AND agency_id > $3)) \
             ORDER BY day DESC, agency_id LIMIT $4"
        )
    };
}

const PAGE: Sql = Sql { sqlite: page!("x''"), postgres: page!("''::bytea") };

macro_rules! differences {
    ($name:literal, $rest:literal) => {
        concat!(
            $name,
            "\nSELECT id, agency_id, day, what, direction, kind, message, place, ours, theirs, delivery_id, action, state, \
             found_at, changed_at, acted_by, words FROM differences WHERE ",
            $rest
        )
    };
}

const DIFFERENCES: Sql = Sql::both(differences!(
    "-- reconcile.differences",
    "agency_id = $1 AND day = $2 ORDER BY direction, kind, message, what, place"
));

const DIFFERENCE: Sql = Sql::both(differences!("-- reconcile.difference", "id = $1"));

const KNOWN_MISSING: Sql = Sql::both(differences!(
    "-- reconcile.known_missing",
    "agency_id = $1 AND day <> $2 AND what = 'missing-here'"
));

const UNSETTLED_DAYS: Sql = Sql::both(
    "-- reconcile.unsettled_days\n\
    SELECT DISTINCT day FROM differences WHERE agency_id = $1 AND state IN ('open', 'acted') ORDER BY day",
);

const INSERT_DIFFERENCES: Insert = Insert {
    head: "-- reconcile.insert_differences\n\
        INSERT INTO differences (id, agency_id, day, what, direction, kind, message, place, ours, theirs, delivery_id, \
        action, state, found_at, changed_at)",
    types: &[
        "text", "text", "text", "text", "text", "text", "text", "bigint", "text", "text", "text", "text",
        "text", "bigint", "bigint",
    ],
    tail: "",
};

const SET_STATE: Sql = Sql {
    sqlite: "-- reconcile.set_state\n\
        UPDATE differences SET state = ?, changed_at = ?, acted_by = COALESCE(?, acted_by), words = COALESCE(?, words) \
        WHERE id = ? AND state <> ?",
    postgres: "-- reconcile.set_state\n\
        UPDATE differences SET state = $1, changed_at = $2, acted_by = COALESCE($3, acted_by), \
        words = COALESCE($4, words) WHERE id = $5 AND state <> $6",
};

impl Tx {
    /// Keeps a manifest of ours.
    ///
    /// # Errors
    /// [`StoreError::Taken`] if there is one of that day.
    pub async fn insert_manifest(&mut self, new: &ManifestRow) -> Result<(), StoreError> {
        let values = [
            Value::from(new.agency.as_str()),
            Value::from(new.day.as_str()),
            Value::from(new.text.as_slice()),
            Value::from(new.lines),
            Value::from(&new.root),
            Value::from(&new.salt),
            Value::from(new.note.as_str()),
            Value::from(new.journal_index),
            Value::from(new.made_at),
        ];
        self.insert(INSERT_MANIFEST, &values).await.map(drop)
    }

    /// Our manifest of a day.
    pub async fn manifest(
        &mut self,
        agency: &AgencyId,
        day: &str,
    ) -> Result<Option<ManifestRow>, StoreError> {
        let row = self.fetch_one(MANIFEST, &[agency.as_str().into(), day.into()]).await?;
        row.map(|row| manifest(&mut row.reader())).transpose()
    }

    /// At most `limit` manifests of ours from before a day, the newest first, without their texts.
    pub async fn manifests(
        &mut self,
        agency: &AgencyId,
        before: &str,
        limit: u32,
    ) -> Result<Vec<ManifestRow>, StoreError> {
        let rows = self.fetch(MANIFESTS, &[agency.as_str().into(), before.into(), limit.into()]).await?;
        rows.iter().map(|row| manifest(&mut row.reader())).collect()
    }

    /// Keeps what the other side says of a day, in the place of what it said before.
    pub async fn put_reconciliation(&mut self, new: &ReconciliationRow) -> Result<(), StoreError> {
        let values = [
            Value::from(new.agency.as_str()),
            Value::from(new.day.as_str()),
            Value::from(new.text.as_slice()),
            Value::from(new.lines),
            Value::from(&new.root),
            Value::from(&new.salt),
            Value::from(new.channel.as_str()),
            Value::from(new.own_lines),
            Value::from(new.waiting),
            Value::from(new.elsewhere),
            Value::from(new.journal_index),
            Value::from(new.compared_at),
        ];
        self.insert(PUT_RECONCILIATION, &values).await.map(drop)
    }

    /// What the other side says of a day.
    pub async fn reconciliation(
        &mut self,
        agency: &AgencyId,
        day: &str,
    ) -> Result<Option<ReconciliationRow>, StoreError> {
        let row = self.fetch_one(RECONCILIATION, &[agency.as_str().into(), day.into()]).await?;
        row.map(|row| reconciliation(&mut row.reader())).transpose()
    }

    /// At most `limit` days that were compared, the newest first, those behind this day and agency, without their texts.
    pub async fn reconciliations(
        &mut self,
        agency: Option<&AgencyId>,
        (day, behind): (&str, &str),
        limit: u32,
    ) -> Result<Vec<ReconciliationRow>, StoreError> {
        let values = [agency.map(AgencyId::as_str).into(), day.into(), behind.into(), limit.into()];
        let rows = self.fetch(PAGE, &values).await?;
        rows.iter().map(|row| reconciliation(&mut row.reader())).collect()
    }

    /// The differences of a day, settled ones too.
    pub async fn differences(
        &mut self,
        agency: &AgencyId,
        day: &str,
    ) -> Result<Vec<DifferenceRow>, StoreError> {
        let rows = self.fetch(DIFFERENCES, &[agency.as_str().into(), day.into()]).await?;
        rows.iter().map(|row| difference(&mut row.reader())).collect()
    }

    /// One difference.
    pub async fn difference(&mut self, id: &str) -> Result<Option<DifferenceRow>, StoreError> {
        let row = self.fetch_one(DIFFERENCE, &[id.into()]).await?;
        row.map(|row| difference(&mut row.reader())).transpose()
    }

    /// What was found missing with us on other days: it may have come on this one.
    pub async fn known_missing(
        &mut self,
        agency: &AgencyId,
        day: &str,
    ) -> Result<Vec<DifferenceRow>, StoreError> {
        let rows = self.fetch(KNOWN_MISSING, &[agency.as_str().into(), day.into()]).await?;
        rows.iter().map(|row| difference(&mut row.reader())).collect()
    }

    /// The days of an agency on which something differs that is not settled, in order.
    pub async fn unsettled_days(&mut self, agency: &AgencyId) -> Result<Vec<String>, StoreError> {
        let rows = self.fetch(UNSETTLED_DAYS, &[agency.as_str().into()]).await?;
        rows.iter().map(|row| row.reader().text()).collect()
    }

    /// Keeps new differences.
    pub async fn insert_differences(&mut self, new: &[DifferenceRow]) -> Result<(), StoreError> {
        let mut values = Vec::with_capacity(new.len() * INSERT_DIFFERENCES.types.len());
        for one in new {
            values.extend([
                Value::from(one.id.as_str()),
                Value::from(one.agency.as_str()),
                Value::from(one.day.as_str()),
                Value::from(one.what.as_str()),
                Value::from(one.direction.as_str()),
                Value::from(one.kind.as_str()),
                Value::from(one.message.as_str()),
                Value::from(one.place),
                Value::from(one.ours.as_deref()),
                Value::from(one.theirs.as_deref()),
                Value::from(one.delivery.as_ref().map(DeliveryId::as_str)),
                Value::from(one.action.as_str()),
                Value::from(one.state.as_str()),
                Value::from(one.found_at),
                Value::from(one.changed_at),
            ]);
        }
        self.insert(INSERT_DIFFERENCES, &values).await.map(drop)
    }

    /// A difference goes to another state; by whom and with which words, where a person did it.
    pub async fn set_difference(
        &mut self,
        id: &str,
        state: &str,
        (who, words): (Option<&str>, Option<&str>),
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let values = [state.into(), at.into(), who.into(), words.into(), id.into(), state.into()];
        self.execute(SET_STATE, &values).await.map(drop)
    }
}

fn manifest(row: &mut Reader<'_>) -> Result<ManifestRow, StoreError> {
    Ok(ManifestRow {
        agency: row.parsed(AgencyId::parse)?,
        day: row.text()?,
        text: row.blob()?,
        lines: row.count()?,
        root: row.thirty_two()?,
        salt: row.thirty_two()?,
        note: row.text()?,
        journal_index: row.count()?,
        made_at: row.time()?,
    })
}

fn reconciliation(row: &mut Reader<'_>) -> Result<ReconciliationRow, StoreError> {
    Ok(ReconciliationRow {
        agency: row.parsed(AgencyId::parse)?,
        day: row.text()?,
        text: row.blob()?,
        lines: row.count()?,
        root: row.thirty_two()?,
        salt: row.thirty_two()?,
        channel: row.text()?,
        own_lines: row.count()?,
        waiting: row.count()?,
        elsewhere: row.count()?,
        journal_index: row.count()?,
        compared_at: row.time()?,
    })
}

fn difference(row: &mut Reader<'_>) -> Result<DifferenceRow, StoreError> {
    Ok(DifferenceRow {
        id: row.text()?,
        agency: row.parsed(AgencyId::parse)?,
        day: row.text()?,
        what: row.text()?,
        direction: row.text()?,
        kind: row.text()?,
        message: row.text()?,
        place: row.count()?,
        ours: row.maybe_text()?,
        theirs: row.maybe_text()?,
        delivery: row.maybe_parsed(DeliveryId::parse)?,
        action: row.text()?,
        state: row.text()?,
        found_at: row.time()?,
        changed_at: row.time()?,
        acted_by: row.maybe_text()?,
        words: row.maybe_text()?,
    })
}
