//! How the store fails, by what the caller can do about it.

use std::sync::Arc;

use sqlx::error::{DatabaseError, ErrorKind};
use sqlx::migrate::MigrateError;

/// Why the store could not do what it was asked.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Another transaction was in the way. [`Store::run_tx`](crate::store::Store::run_tx) has already tried again;
    /// whoever sees it may tell their caller to come back.
    #[error("another transaction was in the way: {0}")]
    Contended(Arc<sqlx::Error>),
    /// A row with this key is there already: somebody was faster. Read it.
    #[error("already there: {0}")]
    Taken(String),
    /// The database cannot be reached or has no room; nothing was written. The operator must act.
    #[error("the database cannot be used: {0}")]
    Unavailable(Arc<sqlx::Error>),
    /// The connection was lost while committing: it is not known whether the transaction happened. Read again
    /// before anything is repeated.
    #[error("the connection was lost while committing, so the outcome is unknown: {0}")]
    Unknown(Arc<sqlx::Error>),
    /// The journal has grown or the case has changed since it was read in another transaction.
    #[error("{what} has changed since it was read")]
    Moved {
        /// What: `journal` or `case`.
        what: &'static str,
    },
    /// A stored value is not what this program writes: somebody else has written to the database.
    #[error("column {column} holds what was never written there: {found}")]
    Corrupt {
        /// The column's position in the query, from 0.
        column: usize,
        /// What is wrong with it.
        found: String,
    },
    /// The database was made by a newer version of this program (or an older one that took another road).
    #[error(
        "the database has migration {0}, which this program does not know: use the program that wrote it"
    )]
    UnknownVersion(i64),
    /// A migration was applied in another wording than this program's.
    #[error("migration {0} was applied in another wording than this program's")]
    ChangedVersion(i64),
    /// The database is not ours, or not fit for the purpose.
    #[error("this database cannot hold the store: {0}")]
    Unfit(String),
    /// The target is neither `sqlite:PATH` nor `postgres://…`.
    #[error("the store's target must be sqlite:PATH or postgres://…: {0}")]
    Target(String),
    /// A statement failed: a defect of this program.
    #[error("a statement failed: {0}")]
    Statement(Arc<sqlx::Error>),
}

/// What a transaction may fail with: its own refusals, and the store's errors underneath them.
pub trait Failure: From<StoreError> {
    /// The store's error, if it was the store that failed; asked whether to try again.
    fn store(&self) -> Option<&StoreError>;
}

impl Failure for StoreError {
    fn store(&self) -> Option<&StoreError> {
        Some(self)
    }
}

impl StoreError {
    /// Whether the same transaction may succeed if it is simply run again: nothing of it has happened.
    #[must_use]
    pub const fn is_passing(&self) -> bool {
        matches!(self, Self::Contended(_) | Self::Moved { .. })
    }

    /// Whether it says something of the database and nothing of what was to be written: any other transaction
    /// would have fared the same.
    #[must_use]
    pub const fn is_outage(&self) -> bool {
        matches!(self, Self::Contended(_) | Self::Unavailable(_) | Self::Unknown(_) | Self::Moved { .. })
    }

    pub(super) fn corrupt(column: usize, found: &str) -> Self {
        Self::Corrupt { column, found: found.to_owned() }
    }

    /// Of an error at COMMIT: what the server itself refused has not happened; of the rest nobody knows.
    pub(super) fn at_commit(error: sqlx::Error) -> Self {
        match Self::from(error) {
            Self::Unavailable(e) => match e.as_database_error() {
                Some(refusal) if is_full(refusal) => Self::Unavailable(e),
                _ => Self::Unknown(e),
            },
            other => other,
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(refusal) => of_database(refusal),
            error @ (sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::BeginFailed) => Self::Unavailable(Arc::new(error)),
            error => Self::Statement(Arc::new(error)),
        }
    }
}

fn of_database(refusal: Box<dyn DatabaseError>) -> StoreError {
    if refusal.kind() == ErrorKind::UniqueViolation {
        // SQLite names the columns in its message, PostgreSQL the constraint; neither names a value.
        return StoreError::Taken(refusal.constraint().unwrap_or(refusal.message()).to_owned());
    }
    let wrap = if is_contention(&*refusal) {
        StoreError::Contended
    } else if is_down(&*refusal) || is_full(&*refusal) {
        StoreError::Unavailable
    } else {
        StoreError::Statement
    };
    wrap(Arc::new(sqlx::Error::Database(refusal)))
}

// SQLite: the low byte of the extended code is the primary one; 5 BUSY, 6 LOCKED.
// PostgreSQL: 40001 serialization_failure, 40P01 deadlock_detected, 55P03 lock_not_available.
fn is_contention(refusal: &dyn DatabaseError) -> bool {
    sqlite_primary(refusal).is_some_and(|code| matches!(code, 5 | 6))
        || matches!(refusal.code().as_deref(), Some("40001" | "40P01" | "55P03"))
}

// SQLite: 13 FULL. PostgreSQL: class 53 insufficient resources.
fn is_full(refusal: &dyn DatabaseError) -> bool {
    sqlite_primary(refusal) == Some(13) || (is_postgres(refusal) && has_class(refusal, "53"))
}

// SQLite: 8 READONLY, 10 IOERR, 14 CANTOPEN. PostgreSQL: class 08 connection, class 57 operator intervention,
// class 58 system error, 40003 statement_completion_unknown, 25006 read-only (a standby).
fn is_down(refusal: &dyn DatabaseError) -> bool {
    sqlite_primary(refusal).is_some_and(|code| matches!(code, 8 | 10 | 14))
        || (is_postgres(refusal)
            && (["08", "57", "58"].iter().any(|class| has_class(refusal, class))
                || matches!(refusal.code().as_deref(), Some("40003" | "25006"))))
}

fn has_class(refusal: &dyn DatabaseError, class: &str) -> bool {
    refusal.code().is_some_and(|code| code.starts_with(class))
}

fn is_postgres(refusal: &dyn DatabaseError) -> bool {
    refusal.try_downcast_ref::<sqlx::postgres::PgDatabaseError>().is_some()
}

fn sqlite_primary(refusal: &dyn DatabaseError) -> Option<u32> {
    refusal.try_downcast_ref::<sqlx::sqlite::SqliteError>()?;
    refusal.code()?.parse::<u32>().ok().map(|code| code & 0xFF)
}

impl From<MigrateError> for StoreError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::Execute(e) | MigrateError::ExecuteMigration(e, _) => Self::from(e),
            MigrateError::VersionMissing(version) => Self::UnknownVersion(version),
            MigrateError::VersionMismatch(version) => Self::ChangedVersion(version),
            other => Self::Unfit(other.to_string()),
        }
    }
}
