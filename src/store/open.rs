//! Where the database is, how it is connected, and what is checked before it is trusted.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions as _, Connection as _};
use tokio::sync::Mutex;

use crate::clock::Chance;
use crate::store::{Database, Store, StoreError, migrate};

/// Which database.
#[derive(Clone, PartialEq, Eq)]
pub enum Target {
    /// A file of the embedded SQLite, made if it is not there.
    Sqlite(PathBuf),
    /// A PostgreSQL database, as a `postgres://` address.
    Postgres(String),
}

// A read takes well under a millisecond, so four in flight keep two cores busy.
const READERS: u32 = 4;
// Intake, the worker, and the two listeners' reads; PostgreSQL's own default lets a hundred in.
const CONNECTIONS: u32 = 16;
// Seven insert texts of up to fifty lengths, and some fifty fixed ones; an entry costs about 10 KiB only when used.
const STATEMENTS: usize = 512;
// Only another process (a backup, a shell) can hold the write lock: the program's own writers take turns.
const BUSY: Duration = Duration::from_secs(5);
// Long enough for a restart of the server, short enough that a request still gets its answer.
const ACQUIRE: Duration = Duration::from_secs(10);
// "RGBR": SQLite's mark of whose file it is.
const APPLICATION: i64 = 0x5247_4252;
// Oldest PostgreSQL that its makers still mend.
const OLDEST_POSTGRES: i64 = 140_000;

// The newest version that was applied; 0 stands for none.
const VERSION: &str =
    "-- open.version\nSELECT CAST(coalesce(max(version), 0) AS bigint) FROM _sqlx_migrations";

impl Target {
    /// From `sqlite:PATH` or `postgres://…`.
    pub fn parse(text: &str) -> Result<Self, StoreError> {
        match text.split_once(':') {
            Some(("sqlite", path)) if !path.is_empty() => Ok(Self::Sqlite(PathBuf::from(path))),
            Some(("postgres" | "postgresql", rest)) if rest.starts_with("//") => {
                match PgConnectOptions::from_str(text) {
                    Ok(_) => Ok(Self::Postgres(text.to_owned())),
                    // The parser's words may repeat the address, and with it the password.
                    Err(_) => Err(StoreError::Target("not a PostgreSQL address".to_owned())),
                }
            }
            _ => Err(StoreError::Target("neither sqlite: nor postgres:".to_owned())),
        }
    }
}

impl fmt::Display for Target {
    /// Without the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(url) => match PgConnectOptions::from_str(url) {
                Ok(options) => {
                    let database = options.get_database().unwrap_or_default();
                    write!(f, "postgres://{}:{}/{database}", options.get_host(), options.get_port())
                }
                Err(_) => f.write_str("postgres:"),
            },
        }
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({self})")
    }
}

impl Store {
    /// Connects, checks that the database is fit and ours, and brings its schema up to this program's version.
    ///
    /// # Errors
    /// [`StoreError::UnknownVersion`] and [`StoreError::ChangedVersion`] if it is of another program's making,
    /// [`StoreError::Unfit`] if it cannot keep the store's promises.
    pub async fn open(target: &Target, chance: Arc<dyn Chance>) -> Result<Self, StoreError> {
        let database = match target {
            Target::Sqlite(path) => {
                check_sqlite(path).await?;
                let options = sqlite_options(path);
                let writer = sqlite_pool(options.clone(), 1).await?;
                migrate::sqlite(&writer).await?;
                // A reader cannot write, whatever it is told.
                let readers = sqlite_pool(options.pragma("query_only", "ON"), READERS).await?;
                Database::Sqlite { writer, turn: Arc::new(Mutex::new(())), readers }
            }
            Target::Postgres(url) => {
                let pool = postgres_pool(url, &[]).await?;
                check_postgres(&pool).await?;
                migrate::postgres(&pool).await?;
                Database::Postgres(pool)
            }
        };
        Ok(Self { database, chance })
    }

    /// Connects to a database that is there, to look at it: nothing is made, migrated or written.
    ///
    /// # Errors
    /// [`StoreError::Unfit`] if there is none, or its schema is older than this program's; [`StoreError::UnknownVersion`] if
    /// it is newer.
    pub async fn look_at(target: &Target, chance: Arc<dyn Chance>) -> Result<Self, StoreError> {
        let (database, version) = match target {
            Target::Sqlite(path) => {
                if !path.is_file() {
                    return Err(StoreError::Unfit(format!("{} is not there", path.display())));
                }
                check_sqlite(path).await?;
                let options = sqlite_options(path).create_if_missing(false).pragma("query_only", "ON");
                let readers = sqlite_pool(options.clone(), READERS).await?;
                let writer = sqlite_pool(options, 1).await?;
                let version = sqlx::query_scalar(VERSION).fetch_one(&readers).await?;
                (Database::Sqlite { writer, turn: Arc::new(Mutex::new(())), readers }, version)
            }
            Target::Postgres(url) => {
                let pool = postgres_pool(url, &[("default_transaction_read_only", "on")]).await?;
                check_postgres(&pool).await?;
                let version = sqlx::query_scalar(VERSION).fetch_one(&pool).await?;
                (Database::Postgres(pool), version)
            }
        };
        migrate::expect(version)?;
        Ok(Self { database, chance })
    }

    /// Closes every connection, after the transactions in flight.
    pub async fn close(&self) {
        match &self.database {
            Database::Sqlite { writer, readers, .. } => {
                readers.close().await;
                writer.close().await;
            }
            Database::Postgres(pool) => pool.close().await,
        }
    }
}

fn sqlite_options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY)
        .statement_cache_capacity(STATEMENTS)
        .disable_statement_logging()
}

async fn sqlite_pool(options: SqliteConnectOptions, connections: u32) -> Result<SqlitePool, StoreError> {
    let pool = SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE)
        .idle_timeout(None)
        .max_lifetime(None)
        // A file does not hang up; the ping would cost each transaction a hop to the driver's thread.
        .test_before_acquire(false);
    Ok(pool.connect_with(options).await?)
}

async fn postgres_pool(url: &str, also: &[(&str, &str)]) -> Result<PgPool, StoreError> {
    let options = PgConnectOptions::from_str(url)
        .map_err(|_| StoreError::Target("not a PostgreSQL address".to_owned()))?
        .application_name("regbridge")
        .statement_cache_capacity(STATEMENTS)
        // Durable means durable, whatever the server's default is.
        .options([("synchronous_commit", "on")])
        .options(also.iter().copied())
        .disable_statement_logging();
    let pool = PgPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(ACQUIRE);
    Ok(pool.connect_with(options).await?)
}

/// Looks at the file before anything of it is changed, the switch to WAL included.
async fn check_sqlite(path: &Path) -> Result<(), StoreError> {
    const TABLES: &str = "-- open.sqlite_tables\nSELECT count(*) FROM sqlite_schema";
    const MARK: &str = "-- open.sqlite_mark\nPRAGMA application_id";
    let plain = SqliteConnectOptions::new().filename(path).create_if_missing(true).busy_timeout(BUSY);
    let mut connection = plain.disable_statement_logging().connect().await?;
    let tables: i64 = sqlx::query_scalar(TABLES).fetch_one(&mut connection).await?;
    let mark: i64 = sqlx::query_scalar(MARK).fetch_one(&mut connection).await?;
    connection.close().await?;
    if tables > 0 && mark != APPLICATION {
        return Err(StoreError::Unfit("the file is another program's SQLite database".to_owned()));
    }
    Ok(())
}

async fn check_postgres(pool: &PgPool) -> Result<(), StoreError> {
    const SERVER: &str = "-- open.postgres_server\n\
        SELECT current_setting('server_version_num')::bigint, current_setting('server_encoding')";
    let (version, encoding): (i64, String) = sqlx::query_as(SERVER).fetch_one(pool).await?;
    if version < OLDEST_POSTGRES {
        return Err(StoreError::Unfit(format!("PostgreSQL {version} is older than 14")));
    }
    if encoding != "UTF8" {
        return Err(StoreError::Unfit(format!("the database is encoded in {encoding}: it must be UTF8")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemChance;

    #[tokio::test]
    async fn sqlite_is_told_to_be_durable() {
        let directory = tempfile::tempdir().unwrap();
        let target = Target::Sqlite(directory.path().join("store.db"));
        let store = Store::open(&target, Arc::new(SystemChance)).await.unwrap();
        let Database::Sqlite { writer, readers, .. } = &store.database else { unreachable!() };
        for pool in [writer, readers] {
            let mode: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(pool).await.unwrap();
            // 2 is FULL.
            let synchronous: i64 = sqlx::query_scalar("PRAGMA synchronous").fetch_one(pool).await.unwrap();
            let foreign_keys: i64 = sqlx::query_scalar("PRAGMA foreign_keys").fetch_one(pool).await.unwrap();
            assert_eq!((mode.as_str(), synchronous, foreign_keys), ("wal", 2, 1));
        }
    }
}
