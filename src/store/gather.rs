//! Statements that go to SQLite together.
//!
//! Promise: what is gathered is executed in its order by [`Tx::send_gathered`], or before anything is read; each
//! statement touches as many rows as it should, or nothing of the transaction stays.
//!
//! Why: the driver runs SQLite on a thread of its own, and each statement costs two changes of thread. With both
//! processors busy that was two fifths of a batch's time. The driver takes several statements in one text, with their
//! values one after another. PostgreSQL does not: there everything is executed at once, as if nobody gathered.

use sqlx::sqlite::SqliteArguments;
use sqlx::{AssertSqlSafe, Sqlite};

use crate::store::StoreError;
use crate::store::tx::{SqliteTx, Transaction, Tx};
use crate::store::value::{Sql, Value, add_sqlite_arguments};

/// Statements not sent yet.
#[derive(Default)]
pub(super) struct Gathered {
    text: String,
    arguments: SqliteArguments,
    rows: u64,
}

impl Gathered {
    /// Adds a statement that must touch so many rows. Its placeholders are nameless: a named one is counted from the
    /// beginning of all.
    pub(super) fn add(&mut self, text: &str, values: &[Value<'_>], rows: u64) -> Result<(), StoreError> {
        debug_assert!(!text.contains('$'), "a named placeholder: {text}");
        self.text.push_str(text);
        self.text.push_str(";\n");
        self.rows += rows;
        Ok(add_sqlite_arguments(&mut self.arguments, values)?)
    }
}

impl Tx {
    /// From here on inserts are gathered, on SQLite: what would refuse them does so when they are sent. Whoever
    /// gathers calls [`Self::send_gathered`] before the end.
    pub fn gather(&mut self) {
        if let Transaction::Sqlite(tx) = self.lent() {
            tx.gathered.get_or_insert_default();
        }
    }

    /// Sends what was gathered; from here on nothing is.
    ///
    /// # Errors
    /// Those of the gathered calls; [`StoreError::Moved`] if one of them has touched fewer rows than it should.
    pub async fn send_gathered(&mut self) -> Result<(), StoreError> {
        match self.lent() {
            Transaction::Sqlite(SqliteTx { inner, gathered, .. }) => {
                let Some(Gathered { text, arguments, rows }) = gathered.take() else { return Ok(()) };
                if text.is_empty() {
                    return Ok(());
                }
                let query = sqlx::query_with::<Sqlite, _>(AssertSqlSafe(text), arguments);
                let touched = query.execute(&mut **inner).await?.rows_affected();
                if touched == rows { Ok(()) } else { Err(StoreError::Moved { what: "what was gathered" }) }
            }
            Transaction::Postgres(_) => Ok(()),
        }
    }

    /// Sends what was gathered before something that may depend on it; gathering goes on.
    pub(super) async fn send_before(&mut self) -> Result<(), StoreError> {
        if let Transaction::Sqlite(SqliteTx { gathered: Some(_), .. }) = self.lent() {
            self.send_gathered().await?;
            self.gather();
        }
        Ok(())
    }

    /// Executes a statement that must touch so many rows, or gathers it. Its SQLite text has nameless placeholders.
    ///
    /// # Errors
    /// [`StoreError::Moved`] with `what` if it touches fewer.
    pub(super) async fn change(
        &mut self,
        sql: Sql,
        values: &[Value<'_>],
        rows: u64,
        what: &'static str,
    ) -> Result<(), StoreError> {
        if let Transaction::Sqlite(SqliteTx { gathered: Some(gathered), .. }) = self.lent() {
            return gathered.add(sql.sqlite, values, rows);
        }
        if self.execute(sql, values).await? == rows { Ok(()) } else { Err(StoreError::Moved { what }) }
    }
}
