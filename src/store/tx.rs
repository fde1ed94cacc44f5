//! A transaction on either database, and the three things one can do with it: execute, fetch, insert many.
//!
//! The methods that say what is stored live one idea per file beside this one.

use futures_util::future::BoxFuture;
use sqlx::postgres::PgTransaction;
use sqlx::sqlite::SqliteTransaction;
use sqlx::{AssertSqlSafe, Postgres, Sqlite};
use tokio::sync::{OwnedMutexGuard, oneshot};

use crate::store::StoreError;
use crate::store::gather::Gathered;
use crate::store::value::{Row, Sql, Value, postgres_arguments, postgres_columns, sqlite_arguments};

/// A transaction, lent to the closure that works in it. The store ends it when the closure has: committed if that
/// succeeded, rolled back if not.
pub struct Tx {
    // Absent only while it is dropped.
    lent: Option<Transaction>,
    back: Option<oneshot::Sender<Transaction>>,
}

impl Drop for Tx {
    fn drop(&mut self) {
        if let (Some(lent), Some(back)) = (self.lent.take(), self.back.take()) {
            // If nobody waits for it any more it is dropped, which rolls it back.
            let _ = back.send(lent);
        }
    }
}

/// The one or the other database's transaction.
pub(super) enum Transaction {
    Sqlite(SqliteTx),
    Postgres(PgTransaction<'static>),
}

/// A transaction on SQLite; a writer's also holds the turn.
pub(super) struct SqliteTx {
    // Declared before the turn: the connection is given back first.
    pub(super) inner: SqliteTransaction<'static>,
    pub(super) gathered: Option<Gathered>,
    pub(super) _turn: Option<OwnedMutexGuard<()>>,
}

/// Many rows in one statement: `head` is the text up to the values, `tail` what follows them.
#[derive(Clone, Copy)]
pub(super) struct Insert {
    pub(super) head: &'static str,
    /// PostgreSQL's type of each column; also says how many there are.
    pub(super) types: &'static [&'static str],
    pub(super) tail: &'static str,
}

// Measured on SQLite: with one row per statement 48 us per row go to the hop to the driver's thread; chunks of 50
// were faster than one statement for the whole batch (its text would vary too much to stay prepared).
const SQLITE_CHUNK: usize = 50;

impl Tx {
    /// Executes a statement; how many rows it touched.
    pub(super) fn execute<'a>(
        &'a mut self,
        sql: Sql,
        values: &'a [Value<'a>],
    ) -> BoxFuture<'a, Result<u64, StoreError>> {
        Box::pin(async move {
            self.send_before().await?;
            match self.lent() {
                Transaction::Sqlite(tx) => {
                    let query = sqlx::query_with::<Sqlite, _>(sql.sqlite, sqlite_arguments(values)?);
                    Ok(query.execute(&mut *tx.inner).await?.rows_affected())
                }
                Transaction::Postgres(tx) => {
                    let query = sqlx::query_with::<Postgres, _>(sql.postgres, postgres_arguments(values)?);
                    Ok(query.execute(&mut **tx).await?.rows_affected())
                }
            }
        })
    }

    /// Fetches all rows of a query.
    pub(super) fn fetch<'a>(
        &'a mut self,
        sql: Sql,
        values: &'a [Value<'a>],
    ) -> BoxFuture<'a, Result<Vec<Row>, StoreError>> {
        Box::pin(async move {
            self.send_before().await?;
            match self.lent() {
                Transaction::Sqlite(tx) => {
                    let query = sqlx::query_with::<Sqlite, _>(sql.sqlite, sqlite_arguments(values)?);
                    Ok(query.fetch_all(&mut *tx.inner).await?.into_iter().map(Row::Sqlite).collect())
                }
                Transaction::Postgres(tx) => {
                    let query = sqlx::query_with::<Postgres, _>(sql.postgres, postgres_arguments(values)?);
                    Ok(query.fetch_all(&mut **tx).await?.into_iter().map(Row::Postgres).collect())
                }
            }
        })
    }

    /// Fetches the first row of a query.
    pub(super) fn fetch_one<'a>(
        &'a mut self,
        sql: Sql,
        values: &'a [Value<'a>],
    ) -> BoxFuture<'a, Result<Option<Row>, StoreError>> {
        Box::pin(async move { Ok(self.fetch(sql, values).await?.into_iter().next()) })
    }

    /// Fetches rows by many keys at once. `$1` is, on SQLite, a JSON array of arrays of texts, and on PostgreSQL
    /// the first of `width` arrays of texts.
    pub(super) fn fetch_by_keys<'a>(
        &'a mut self,
        sql: Sql,
        keys: &'a [&'a str],
        width: usize,
    ) -> BoxFuture<'a, Result<Vec<Row>, StoreError>> {
        Box::pin(async move {
            match self.lent() {
                Transaction::Sqlite(_) => {
                    let rows: Vec<&[&str]> = keys.chunks(width).collect();
                    let json = serde_json::to_string(&rows).expect("texts are always JSON");
                    self.fetch(sql, &[Value::from(json.as_str())]).await
                }
                Transaction::Postgres(tx) => {
                    let values: Vec<Value<'_>> = keys.iter().map(|key| Value::from(*key)).collect();
                    let arguments = postgres_columns(&values, width)?;
                    let query = sqlx::query_with::<Postgres, _>(sql.postgres, arguments);
                    Ok(query.fetch_all(&mut **tx).await?.into_iter().map(Row::Postgres).collect())
                }
            }
        })
    }

    /// Inserts many rows, their values one after another in `values`; what the tail's RETURNING yields.
    pub(super) fn insert<'a>(
        &'a mut self,
        insert: Insert,
        values: &'a [Value<'a>],
    ) -> BoxFuture<'a, Result<Vec<Row>, StoreError>> {
        Box::pin(async move {
            if values.is_empty() {
                return Ok(Vec::new());
            }
            let width = insert.types.len();
            debug_assert!(values.len().is_multiple_of(width), "{}", insert.head);
            match self.lent() {
                Transaction::Sqlite(tx) => {
                    let mut rows = Vec::new();
                    for chunk in values.chunks(SQLITE_CHUNK * width) {
                        let count = chunk.len() / width;
                        if let Some(gathered) = tx.gathered.as_mut().filter(|_| insert.tail.is_empty()) {
                            gathered.add(&insert.values_text(count), chunk, count as u64)?;
                            continue;
                        }
                        let text = AssertSqlSafe(insert.values_text(count));
                        let query = sqlx::query_with::<Sqlite, _>(text, sqlite_arguments(chunk)?);
                        rows.extend(query.fetch_all(&mut *tx.inner).await?.into_iter().map(Row::Sqlite));
                    }
                    Ok(rows)
                }
                Transaction::Postgres(tx) => {
                    let text = AssertSqlSafe(insert.unnest_text());
                    let query = sqlx::query_with::<Postgres, _>(text, postgres_columns(values, width)?);
                    Ok(query.fetch_all(&mut **tx).await?.into_iter().map(Row::Postgres).collect())
                }
            }
        })
    }

    /// The transaction itself.
    pub(super) fn lent(&mut self) -> &mut Transaction {
        self.lent.as_mut().expect("it is there from lend to drop")
    }
}

impl Transaction {
    /// Lends it out; it comes back when what it was lent to is dropped.
    pub(super) fn lend(self) -> (Tx, oneshot::Receiver<Self>) {
        let (back, returned) = oneshot::channel();
        (Tx { lent: Some(self), back: Some(back) }, returned)
    }

    pub(super) fn commit(self) -> BoxFuture<'static, Result<(), StoreError>> {
        Box::pin(async move {
            match self {
                Self::Sqlite(SqliteTx { inner, gathered: _, _turn }) => inner.commit().await,
                Self::Postgres(tx) => tx.commit().await,
            }
            .map_err(StoreError::at_commit)
        })
    }

    /// Rolls back. A failure of that is no news: the connection is gone, and its transaction with it.
    pub(super) fn roll_back(self) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            let outcome = match self {
                Self::Sqlite(SqliteTx { inner, gathered: _, _turn }) => inner.rollback().await,
                Self::Postgres(tx) => tx.rollback().await,
            };
            if let Err(error) = outcome {
                tracing::debug!(%error, "rollback failed");
            }
        })
    }
}

impl Insert {
    // Nameless placeholders: SQLite looks a named one up among all the earlier ones.
    fn values_text(&self, rows: usize) -> String {
        let row = format!("({})", vec!["?"; self.types.len()].join(","));
        format!("{} VALUES {} {}", self.head, vec![row.as_str(); rows].join(","), self.tail)
    }

    fn unnest_text(&self) -> String {
        let arrays: Vec<String> =
            self.types.iter().enumerate().map(|(i, of)| format!("${}::{of}[]", i + 1)).collect();
        // WHERE TRUE: with it ON CONFLICT cannot be taken for a join's ON.
        format!("{} SELECT * FROM unnest({}) WHERE TRUE {}", self.head, arrays.join(","), self.tail)
    }
}
