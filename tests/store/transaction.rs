//! Named transactions: all or nothing, again when others were in the way, never again when nobody knows.

use std::sync::atomic::{AtomicU32, Ordering};

use regbridge::store::{StoreError, Target, Tx};
use sqlx::Connection as _;

use crate::bed::{Bed, append, case, delivery, event, open, record, run, submission};
use crate::postgres;

pub(crate) async fn leaves_nothing_of_a_failure(bed: &Bed) {
    let (new, case) = (submission("hz-amr", "1"), case("hz-amr", "1"));
    let everything = async |mut tx: Tx| -> Result<(), StoreError> {
        append(&mut tx, 2).await?;
        tx.insert_submissions(std::slice::from_ref(&new)).await?;
        tx.insert_cases(std::slice::from_ref(&case)).await?;
        tx.insert_records(&[record(&case, Some(&new))]).await?;
        tx.insert_events(&[event(&case, 0)]).await?;
        tx.insert_deliveries(&[delivery("agency:a", &case, None)]).await?;
        Err(StoreError::Unfit("no".to_owned()))
    };
    let refused = run(&bed.store, everything).await.unwrap_err();
    assert!(matches!(refused, StoreError::Unfit(_)), "{refused:?}");
    let read = async |mut tx: Tx| {
        assert_eq!(tx.journal_head().await?.size, 0);
        assert!(tx.journal_entries(0..9).await?.is_empty());
        assert!(tx.submission(&new.submission.id).await?.is_none());
        assert!(tx.case(&case.id).await?.is_none());
        assert!(tx.records_of(&case.id).await?.is_empty());
        assert!(tx.events_after(None, 9).await?.is_empty());
        assert!(tx.deliveries_of(&case.id).await?.is_empty());
        Ok::<_, StoreError>(())
    };
    bed.store.read("test", read).await.unwrap();
}

pub(crate) async fn runs_again_when_others_moved(bed: &Bed) {
    let runs = AtomicU32::new(0);
    let done = run(&bed.store, async |mut tx| {
        append(&mut tx, 1).await?;
        match runs.fetch_add(1, Ordering::SeqCst) {
            0 | 1 => Err(StoreError::Moved { what: "case" }),
            _ => Ok("done"),
        }
    });
    assert_eq!(done.await.unwrap(), "done");
    assert_eq!(runs.into_inner(), 3);
    let head = run(&bed.store, async |mut tx| tx.journal_head().await).await.unwrap();
    assert_eq!(head.size, 1, "only the last run counts");
}

pub(crate) async fn gives_up_after_five_runs(bed: &Bed) {
    for (error, expected) in
        [(StoreError::Moved { what: "case" }, 5), (StoreError::Unfit("no".to_owned()), 1)]
    {
        let runs = AtomicU32::new(0);
        let refused = run(&bed.store, async |_| -> Result<(), _> {
            runs.fetch_add(1, Ordering::SeqCst);
            Err(error.clone())
        });
        refused.await.unwrap_err();
        assert_eq!(runs.into_inner(), expected, "{error}");
    }
}

pub(crate) async fn reads_without_writing(bed: &Bed) {
    let case = case("hz-amr", "1");
    let wrote =
        bed.store.read("test", async |mut tx| tx.insert_cases(std::slice::from_ref(&case)).await).await;
    wrote.unwrap_err();
    // A view is consistent: what is committed meanwhile is not in it, but is in the next one.
    bed.store
        .read("test", async |mut tx| {
            assert_eq!(tx.journal_head().await?.size, 0);
            run(&bed.store, async |mut tx| append(&mut tx, 1).await).await?;
            assert_eq!(tx.journal_head().await?.size, 0);
            Ok::<_, StoreError>(())
        })
        .await
        .unwrap();
    let next = bed.store.read("test", async |mut tx| tx.journal_head().await).await.unwrap();
    assert_eq!(next.size, 1);
}

pub(crate) async fn is_rolled_back_when_abandoned(bed: &Bed) {
    let abandoned = run(&bed.store, async |mut tx| {
        append(&mut tx, 1).await?;
        std::future::pending::<()>().await;
        Ok(())
    });
    tokio::time::timeout(std::time::Duration::from_millis(300), abandoned).await.unwrap_err();
    let first = run(&bed.store, async |mut tx| append(&mut tx, 1).await).await.unwrap();
    assert_eq!(first, 0, "the next writer finds the journal as it was, and is not blocked");
}

const KILL: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
    WHERE datname = current_database() AND pid <> pg_backend_pid()";

#[tokio::test]
async fn never_runs_again_when_the_connection_is_lost_at_commit() {
    let Some(bed) = Bed::postgres().await else { return };
    let Target::Postgres(url) = &bed.target else { unreachable!() };
    let mut other = sqlx::PgConnection::connect(url).await.unwrap();
    let other = tokio::sync::Mutex::new(&mut other);
    let runs = AtomicU32::new(0);
    let lost = run(&bed.store, async |mut tx| {
        runs.fetch_add(1, Ordering::SeqCst);
        append(&mut tx, 1).await?;
        sqlx::raw_sql(KILL).execute(&mut **other.lock().await).await.unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        Ok(())
    });
    let refused = lost.await.unwrap_err();
    assert!(matches!(refused, StoreError::Unknown(_)), "{refused:?}");
    assert!(refused.is_outage() && !refused.is_passing());
    assert_eq!(runs.into_inner(), 1);
    // Read again before anything is repeated: here it did not happen.
    let store = open(&bed.target).await.unwrap();
    assert_eq!(run(&store, async |mut tx| tx.journal_head().await).await.unwrap().size, 0);
    store.close().await;
    postgres::drop_database(url).await;
}
