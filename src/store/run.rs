//! Running a named transaction: begin, the caller's closure, commit; again if others were in the way.

use std::future::Future;
use std::time::Duration;

use futures_util::future::BoxFuture;
use sqlx::postgres::PgPool;
use sqlx::sqlite::SqlitePool;
use tokio::sync::{OwnedMutexGuard, oneshot};
use tracing::Instrument as _;

use crate::store::error::Failure;
use crate::store::tx::{SqliteTx, Transaction, Tx};
use crate::store::{Database, Store, StoreError};

/// How often a transaction is run before its caller hears of the contention. With waits of 2, 4, 8 and 16 ms (and
/// as much jitter again) five runs outlast any transaction of this program, the longest of which takes 20 ms.
const RUNS: u32 = 5;

impl Store {
    /// Runs `work` in a transaction named `name` and commits it if it succeeds. The name is the metric label.
    ///
    /// If another transaction was in the way, everything is rolled back and `work` runs again, at most five times.
    /// So `work` must have no effect but on the transaction.
    ///
    /// # Errors
    /// Whatever `work` fails with, after a rollback; [`StoreError::Contended`] and [`StoreError::Moved`] after five
    /// runs; [`StoreError::Unknown`] if the connection was lost while committing: never run again from here.
    pub async fn run_tx<T, E, Fut>(&self, name: &'static str, work: impl Fn(Tx) -> Fut) -> Result<T, E>
    where
        E: Failure,
        Fut: Future<Output = Result<T, E>>,
    {
        let span = tracing::debug_span!("tx", name, runs = tracing::field::Empty);
        async {
            let mut run = 1;
            loop {
                let outcome = self.run_once(&work).await;
                match outcome.as_ref().err().and_then(E::store) {
                    Some(error) if error.is_passing() && run < RUNS => {
                        tracing::debug!(%error, run, "again");
                    }
                    _ => {
                        tracing::Span::current().record("runs", run);
                        return outcome;
                    }
                }
                tokio::time::sleep(self.pause(run)).await;
                run += 1;
            }
        }
        .instrument(span)
        .await
    }

    /// Runs `work` on one consistent view of the database, which it cannot change.
    pub async fn read<T, E, Fut>(&self, name: &'static str, work: impl FnOnce(Tx) -> Fut) -> Result<T, E>
    where
        E: Failure,
        Fut: Future<Output = Result<T, E>>,
    {
        let span = tracing::debug_span!("read", name);
        async {
            let (tx, returned) = self.begin_read().await?.lend();
            let outcome = work(tx).await;
            given_back(returned).await.roll_back().await;
            outcome
        }
        .instrument(span)
        .await
    }

    async fn run_once<T, E, Fut>(&self, work: &impl Fn(Tx) -> Fut) -> Result<T, E>
    where
        E: Failure,
        Fut: Future<Output = Result<T, E>>,
    {
        let (tx, returned) = self.begin_write().await?.lend();
        let outcome = work(tx).await;
        let tx = given_back(returned).await;
        match outcome {
            Ok(done) => {
                tx.commit().await?;
                Ok(done)
            }
            Err(refusal) => {
                tx.roll_back().await;
                Err(refusal)
            }
        }
    }

    async fn begin_write(&self) -> Result<Transaction, StoreError> {
        match &self.database {
            Database::Sqlite { writer, turn, .. } => {
                // First come, first served; the pool behind it has one connection.
                let turn = turn.clone().lock_owned().await;
                begin_sqlite(writer, "BEGIN IMMEDIATE", Some(turn)).await
            }
            Database::Postgres(pool) => begin_postgres(pool, "BEGIN ISOLATION LEVEL READ COMMITTED").await,
        }
    }

    async fn begin_read(&self) -> Result<Transaction, StoreError> {
        match &self.database {
            Database::Sqlite { readers, .. } => begin_sqlite(readers, "BEGIN", None).await,
            Database::Postgres(pool) => {
                begin_postgres(pool, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await
            }
        }
    }

    fn pause(&self, run: u32) -> Duration {
        let most = 1_000 << run;
        let mut random = [0; 8];
        self.chance.fill(&mut random);
        Duration::from_micros(most + u64::from_le_bytes(random) % most)
    }
}

// If `work` has handed its transaction on to a task of its own, this waits until that task has done with it.
async fn given_back(returned: oneshot::Receiver<Transaction>) -> Transaction {
    returned.await.expect("Tx gives it back when it is dropped")
}

fn begin_sqlite<'a>(
    pool: &'a SqlitePool,
    begin: &'static str,
    turn: Option<OwnedMutexGuard<()>>,
) -> BoxFuture<'a, Result<Transaction, StoreError>> {
    Box::pin(async move {
        let inner = pool.begin_with(begin).await?;
        Ok(Transaction::Sqlite(SqliteTx { inner, gathered: None, _turn: turn }))
    })
}

fn begin_postgres<'a>(
    pool: &'a PgPool,
    begin: &'static str,
) -> BoxFuture<'a, Result<Transaction, StoreError>> {
    Box::pin(async move { Ok(Transaction::Postgres(pool.begin_with(begin).await?)) })
}
