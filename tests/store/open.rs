//! Opening: the right database in the right version, or none.

use std::collections::BTreeSet;
use std::path::Path;

use regbridge::store::migrate::VERSIONS;
use regbridge::store::{StoreError, Target};
use sqlx::{AssertSqlSafe, Connection as _};

use crate::bed::{Bed, append, open, run};

async fn meddle(bed: &Bed, sql: &str) {
    match &bed.target {
        Target::Sqlite(path) => {
            let url = format!("sqlite:{}", path.display());
            let mut connection = sqlx::SqliteConnection::connect(&url).await.unwrap();
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
            connection.close().await.unwrap();
        }
        Target::Postgres(url) => {
            let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
        }
    }
}

pub(crate) async fn opens_again(bed: &Bed) {
    run(&bed.store, async |mut tx| append(&mut tx, 3).await).await.unwrap();
    let again = open(&bed.target).await.unwrap();
    assert_eq!(run(&again, async |mut tx| tx.journal_head().await).await.unwrap().size, 3);
    again.close().await;
}

pub(crate) async fn refuses_an_unknown_version(bed: &Bed) {
    meddle(bed, "UPDATE _sqlx_migrations SET version = 9999 WHERE version = 1").await;
    let refused = open(&bed.target).await.err().unwrap();
    assert!(matches!(refused, StoreError::UnknownVersion(9999)), "{refused:?}");
}

pub(crate) async fn refuses_another_wording(bed: &Bed) {
    // Forty-eight bytes, as a SHA-384 has.
    let zero = "00".repeat(48);
    let literal =
        if matches!(bed.target, Target::Sqlite(_)) { format!("x'{zero}'") } else { format!("'\\x{zero}'") };
    meddle(bed, &format!("UPDATE _sqlx_migrations SET checksum = {literal}")).await;
    let refused = open(&bed.target).await.err().unwrap();
    assert!(matches!(refused, StoreError::ChangedVersion(1)), "{refused:?}");
}

#[tokio::test]
async fn refuses_another_programs_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("other.db");
    let url = format!("sqlite:{}?mode=rwc", path.display());
    let mut connection = sqlx::SqliteConnection::connect(&url).await.unwrap();
    sqlx::raw_sql("CREATE TABLE theirs (x)").execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    let before = std::fs::read(&path).unwrap();
    let refused = open(&Target::Sqlite(path.clone())).await.err().unwrap();
    assert!(matches!(refused, StoreError::Unfit(_)), "{refused:?}");
    assert!(std::fs::read(&path).unwrap() == before, "it must be left as it was");
    std::fs::write(&path, b"no database at all, but long enough to look at".repeat(50)).unwrap();
    open(&Target::Sqlite(path)).await.err().unwrap();
}

/// A database of an earlier version, with what stood in it then.
#[tokio::test]
async fn submissions_of_before_files_stay_and_files_need_no_certificate() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/sqlite");
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}?mode=rwc", directory.path().join("store.db").display());
    let mut connection = sqlx::SqliteConnection::connect(&url).await.unwrap();
    let mut run = async |sql: String| sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await;
    let row = |id: &str, certificate: &str| {
        let digest = "x'".to_owned() + &"00".repeat(32) + "'";
        format!(
            "INSERT INTO submissions (id, agency_id, message_id, kind, body_digest, body, content_type, channel, \
             certificate, profile, profile_digest, received_at, salt, receipt, receipt_content_type, journal_index) \
             VALUES ('{id}', 'a', '{id}', 'complaint-order', {digest}, x'00', 'application/xml', 'file', \
             {certificate}, 'p', {digest}, 1, {digest}, x'00', 'application/json', 1)"
        )
    };
    let one = "x'".to_owned() + &"01".repeat(32) + "'";
    for version in VERSIONS {
        if version.name == "0006_files.sql" {
            run(row("before", &one)).await.unwrap();
            run(row("none", "NULL")).await.unwrap_err();
        }
        let text = std::fs::read_to_string(folder.join(version.name)).unwrap();
        run(format!("BEGIN IMMEDIATE;\n{text};\nCOMMIT")).await.unwrap();
    }
    run(row("file", "NULL")).await.unwrap();
    run(row("short", "x'00'")).await.unwrap_err();
    let sound: String =
        sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut connection).await.unwrap();
    assert_eq!(sound, "ok");
    let kept: Vec<(String, Option<Vec<u8>>)> =
        sqlx::query_as("SELECT id, certificate FROM submissions ORDER BY id")
            .fetch_all(&mut connection)
            .await
            .unwrap();
    assert_eq!(kept, [("before".to_owned(), Some(vec![1; 32])), ("file".to_owned(), None)]);
}

#[tokio::test]
async fn opens_where_two_start_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let sqlite = Target::Sqlite(directory.path().join("store.db"));
    let mut targets = vec![sqlite];
    targets.extend(crate::postgres::database().await.map(Target::Postgres));
    for target in targets {
        let (one, two) = tokio::join!(open(&target), open(&target));
        for store in [one.unwrap(), two.unwrap()] {
            run(&store, async |mut tx| append(&mut tx, 1).await).await.unwrap();
            store.close().await;
        }
        if let Target::Postgres(url) = &target {
            crate::postgres::drop_database(url).await;
        }
    }
}

#[test]
fn has_the_same_versions_in_both_folders() {
    let expected: BTreeSet<String> = VERSIONS.iter().map(|version| version.name.to_owned()).collect();
    for (number, version) in VERSIONS.iter().enumerate() {
        assert!(version.name.starts_with(&format!("{:04}_", number + 1)), "{}", version.name);
    }
    for dialect in ["sqlite", "postgres"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(dialect);
        let names = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
        assert_eq!(names.collect::<BTreeSet<_>>(), expected, "{dialect}");
    }
}

#[test]
fn reads_targets_and_hides_passwords() {
    assert_eq!(Target::parse("sqlite:data/store.db").unwrap(), Target::Sqlite("data/store.db".into()));
    let target = Target::parse("postgres://gate:s3cret@db.example:5433/regbridge").unwrap();
    assert_eq!(target.to_string(), "postgres://db.example:5433/regbridge");
    assert!(!format!("{target:?}").contains("s3cret"));
    for wrong in ["", "sqlite:", "store.db", "mysql://x/y", "postgres:s3cret@:x"] {
        let refused = Target::parse(wrong).unwrap_err();
        assert!(
            matches!(refused, StoreError::Target(_)) && !refused.to_string().contains("s3cret"),
            "{wrong}"
        );
    }
}
