//! What a backup takes of the store, and what a restored one is given back.
//!
//! Promise: a snapshot is one moment of the database, taken while others write; it holds no key of a case. Keys go their own
//! way, so that a case whose key was destroyed cannot be read from any backup that is older.

use std::path::Path;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Row as _};

use crate::clock::Timestamp;
use crate::domain::id::{AttachmentId, CaseId};
use crate::seal::chunks;
use crate::store::tx::{Insert, Tx};
use crate::store::value::{Sql, Value};
use crate::store::{Database, Store, StoreError};

/// The key of a case, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseKey {
    /// Whose.
    pub case: CaseId,
    /// Wrapped under the key-encryption key.
    pub wrapped: Vec<u8>,
    /// When it was made.
    pub made_at: Timestamp,
}

const KEYS: Sql = Sql::both(
    "-- backup.keys\nSELECT case_id, wrapped, made_at FROM case_keys WHERE case_id > $1 ORDER BY case_id LIMIT $2",
);

const HAS_CASE: Sql = Sql::both("-- backup.has_case\nSELECT CAST(1 AS bigint) FROM cases WHERE id = $1");

const INSERT_KEYS: Insert = Insert {
    head: "-- backup.insert_keys\nINSERT INTO case_keys (case_id, wrapped, made_at)",
    types: &["text", "bytea", "bigint"],
    tail: "ON CONFLICT (case_id) DO NOTHING",
};

const FORGET_KEYS: &str = "-- backup.forget_keys\nDELETE FROM case_keys";

const FILES: Sql =
    Sql::both("-- backup.files\nSELECT id, size FROM attachments WHERE id > $1 ORDER BY id LIMIT $2");

impl Store {
    /// Writes the embedded database as it is at one moment to a new file, without the keys of cases. Others go on writing.
    ///
    /// # Errors
    /// [`StoreError::Unfit`] for a PostgreSQL database, whose own program dumps it; else what SQLite says, a full disk say.
    pub async fn snapshot(&self, to: &Path) -> Result<(), StoreError> {
        let Database::Sqlite { writer, .. } = &self.database else {
            return Err(StoreError::Unfit("a PostgreSQL database is dumped by pg_dump".to_owned()));
        };
        let target =
            to.to_str().ok_or_else(|| StoreError::Unfit(format!("{} is not UTF-8", to.display())))?;
        let mut source = writer.connect_options().connect().await?;
        sqlx::query("VACUUM INTO $1").bind(target).execute(&mut source).await?;
        source.close().await?;
        let mut copy = plain(to).connect().await?;
        // The freed pages are overwritten with zeros.
        for statement in ["PRAGMA secure_delete = ON", FORGET_KEYS] {
            sqlx::query(statement).execute(&mut copy).await?;
        }
        Ok(copy.close().await?)
    }

    /// Whether this is the embedded database.
    #[must_use]
    pub const fn is_embedded(&self) -> bool {
        matches!(self.database, Database::Sqlite { .. })
    }

    /// What SQLite finds wrong with a database file: pages, indexes, references. PostgreSQL checks references as it restores.
    pub async fn faults(file: &Path) -> Result<Vec<String>, StoreError> {
        let mut connection = plain(file).create_if_missing(false).connect().await?;
        let mut faults = said(&mut connection, "PRAGMA integrity_check").await?;
        faults.retain(|line| line != "ok");
        let references = said(&mut connection, "PRAGMA foreign_key_check").await?;
        faults.extend(references.into_iter().map(|table| format!("a row of {table} refers to none")));
        connection.close().await?;
        Ok(faults)
    }

    /// Makes a database on a PostgreSQL server, beside the one of this address.
    ///
    /// # Errors
    /// What the server says: the user may not create databases, say.
    pub async fn make_database(beside: &str, name: &str) -> Result<(), StoreError> {
        on_server(beside, &format!("CREATE DATABASE \"{name}\" TEMPLATE template0")).await
    }

    /// Drops a database that [`Self::make_database`] made.
    pub async fn drop_database(beside: &str, name: &str) -> Result<(), StoreError> {
        on_server(beside, &format!("DROP DATABASE IF EXISTS \"{name}\"")).await
    }
}

impl Tx {
    /// Keys of cases after this one, in the order of the cases.
    pub async fn keys_after(&mut self, case: &str, limit: u32) -> Result<Vec<CaseKey>, StoreError> {
        let rows = self.fetch(KEYS, &[case.into(), limit.into()]).await?;
        rows.iter()
            .map(|row| {
                let mut row = row.reader();
                Ok(CaseKey { case: row.parsed(CaseId::parse)?, wrapped: row.blob()?, made_at: row.time()? })
            })
            .collect()
    }

    /// Gives keys back to the cases that there are; of how many.
    pub async fn give_keys_back(&mut self, keys: &[CaseKey]) -> Result<u64, StoreError> {
        let mut values = Vec::new();
        let mut given = 0;
        for key in keys {
            if self.fetch_one(HAS_CASE, &[key.case.as_str().into()]).await?.is_some() {
                given += 1;
                values.extend([
                    Value::from(key.case.as_str()),
                    Value::from(key.wrapped.as_slice()),
                    Value::from(key.made_at),
                ]);
            }
        }
        self.insert(INSERT_KEYS, &values).await?;
        Ok(given)
    }

    /// Attachments after this one, each with the length of its sealed bytes.
    pub async fn sealed_files_after(
        &mut self,
        id: &str,
        limit: u32,
    ) -> Result<Vec<(AttachmentId, u64)>, StoreError> {
        let rows = self.fetch(FILES, &[id.into(), limit.into()]).await?;
        rows.iter()
            .map(|row| {
                let mut row = row.reader();
                Ok((row.parsed(AttachmentId::parse)?, chunks::sealed_length(row.count()?)))
            })
            .collect()
    }
}

fn plain(file: &Path) -> SqliteConnectOptions {
    // One file, and nothing beside it.
    SqliteConnectOptions::new()
        .filename(file)
        .journal_mode(SqliteJournalMode::Delete)
        .disable_statement_logging()
}

/// The first column of what a pragma says.
async fn said(connection: &mut SqliteConnection, pragma: &'static str) -> Result<Vec<String>, StoreError> {
    let rows = sqlx::query(pragma).fetch_all(connection).await?;
    Ok(rows.iter().map(|row| row.try_get::<String, _>(0)).collect::<Result<_, _>>()?)
}

async fn on_server(beside: &str, statement: &str) -> Result<(), StoreError> {
    let options: sqlx::postgres::PgConnectOptions =
        beside.parse().map_err(|_| StoreError::Target("not a PostgreSQL address".to_owned()))?;
    let mut connection = options.disable_statement_logging().connect().await?;
    sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(&mut connection).await?;
    Ok(connection.close().await?)
}
