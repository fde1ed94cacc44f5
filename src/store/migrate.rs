//! The schema, in versions that only grow.
//!
//! Promise: both dialects have the same versions under the same names, compiled into the program. A database that
//! has a version which this program does not know, or knows in another wording, is refused and left untouched.

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::postgres::PgPool;
use sqlx::sqlite::SqlitePool;
use sqlx::{AssertSqlSafe, SqlSafeStr as _};

use crate::store::StoreError;

/// A version of the schema.
#[derive(Clone, Copy, Debug)]
pub struct Version {
    /// The name of both its files: `NNNN_words.sql`.
    pub name: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
}

macro_rules! version {
    ($name:literal) => {
        Version {
            name: $name,
            sqlite: include_str!(concat!("../../migrations/sqlite/", $name)),
            postgres: include_str!(concat!("../../migrations/postgres/", $name)),
        }
    };
}

/// All versions, oldest first. A new one is a line here and a file in each of `migrations/sqlite` and
/// `migrations/postgres`; a published one never changes.
pub const VERSIONS: &[Version] = &[
    version!("0001_ground.sql"),
    version!("0002_imports.sql"),
    version!("0003_attachments.sql"),
    version!("0004_feeds.sql"),
    version!("0005_deliveries.sql"),
    version!("0006_files.sql"),
    version!("0007_certificates.sql"),
    version!("0008_jobs.sql"),
    version!("0009_notices.sql"),
    version!("0010_deadlines.sql"),
    version!("0011_reconciliation.sql"),
    version!("0012_keeping.sql"),
    version!("0013_witnesses.sql"),
];

pub(super) async fn sqlite(pool: &SqlitePool) -> Result<(), StoreError> {
    // One writer at a time: of two programs that start at once the second finds everything done. (On PostgreSQL
    // sqlx takes an advisory lock for that.)
    let mut turn = pool.begin_with("BEGIN IMMEDIATE").await?;
    migrator(|version| version.sqlite).run(&mut *turn).await?;
    Ok(turn.commit().await?)
}

pub(super) async fn postgres(pool: &PgPool) -> Result<(), StoreError> {
    Ok(migrator(|version| version.postgres).run(pool).await?)
}

/// Holds the version of a database that is not to be migrated against this program's.
pub(super) fn expect(version: i64) -> Result<(), StoreError> {
    let newest = (1..).zip(VERSIONS).map(|(number, _)| number).last().unwrap_or(0);
    match version.cmp(&newest) {
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Greater => Err(StoreError::UnknownVersion(version)),
        std::cmp::Ordering::Less => Err(StoreError::Unfit(format!(
            "its schema is of version {version}, this program's of {newest}: a command that may write migrates it"
        ))),
    }
}

fn migrator(text: fn(&Version) -> &'static str) -> Migrator {
    let migrations = VERSIONS.iter().zip(1..).map(|(version, number)| {
        let sql = AssertSqlSafe(text(version)).into_sql_str();
        Migration::new(number, version.name.into(), MigrationType::Simple, sql, false)
    });
    Migrator::with_migrations(migrations.collect())
}
