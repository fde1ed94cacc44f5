//! What the store knows under the keys of a batch, asked in one statement where that is safe.
//!
//! Promise: the answer is that of [`Tx::journal_lock`], [`Tx::submissions_by_key`] and [`Tx::cases_by_key`] one after
//! the other. Most batches bring nothing but new keys, so on SQLite the head is read together with the question whether
//! any key is known, and only a yes is looked up. PostgreSQL must have the lock before it looks.

use crate::domain::id::AgencyId;
use crate::store::StoreError;
use crate::store::case::Case;
use crate::store::journal::{JournalHead, head};
use crate::store::submission::Submission;
use crate::store::tx::{Transaction, Tx};
use crate::store::value::{Reader, Row, Sql, Value};

/// What is known under a batch's keys.
pub struct Known {
    /// The journal's head, held until the transaction ends.
    pub head: JournalHead,
    /// The stored submissions among the keys, in no order.
    pub submissions: Vec<Submission>,
    /// The stored cases among the keys, in no order.
    pub cases: Vec<Case>,
}

// $1: pairs of agency and message id; $2: triples of agency, topic and registration number.
const HEAD_AND_ANY: Sql = Sql::both(
    "-- known.head_and_any\n\
    SELECT size, frontier, root, checkpoint, at, \
    EXISTS (SELECT 1 FROM json_each($1) AS k CROSS JOIN submissions AS s \
    WHERE s.agency_id = k.value ->> 0 AND s.message_id = k.value ->> 1), \
    EXISTS (SELECT 1 FROM json_each($2) AS k CROSS JOIN cases AS c \
    WHERE c.agency_id = k.value ->> 0 AND c.topic = k.value ->> 1 AND c.registration_number = k.value ->> 2) \
    FROM journal_head WHERE one = 1",
);

impl Tx {
    /// Takes the journal's head for appending and looks up submissions and cases.
    pub async fn lock_and_look_up(
        &mut self,
        submissions: &[(&AgencyId, &str)],
        cases: &[(&AgencyId, &str, &str)],
    ) -> Result<Known, StoreError> {
        let (head, any_submission, any_case) = match self.lent() {
            Transaction::Sqlite(_) => {
                let (keys, more) = (json(submissions), json(cases));
                let row = self.fetch_one(HEAD_AND_ANY, &[Value::from(&*keys), Value::from(&*more)]).await?;
                let mut row = row.as_ref().map(Row::reader);
                let head = head(row.as_mut())?;
                let mut flag = || row.as_mut().map_or(Ok(0), Reader::count);
                (head, flag()? > 0, flag()? > 0)
            }
            Transaction::Postgres(_) => (self.journal_lock().await?, true, true),
        };
        Ok(Known {
            head,
            submissions: if any_submission {
                self.submissions_by_key(submissions).await?
            } else {
                Vec::new()
            },
            cases: if any_case { self.cases_by_key(cases).await? } else { Vec::new() },
        })
    }
}

fn json<T: serde::Serialize + ?Sized>(keys: &T) -> String {
    serde_json::to_string(keys).expect("texts are always JSON")
}
