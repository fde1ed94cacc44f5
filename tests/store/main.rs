//! The store's contract, stamped for SQLite and PostgreSQL.

use regbridge::clock::SystemChance;
use regbridge::domain::id::AgencyId;
use regbridge::store::group::Committer;
use regbridge::store::{Store, StoreError, Target};
use std::sync::Arc;

#[tokio::test]
async fn smoke() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&Target::Sqlite(dir.path().join("a.db")), Arc::new(SystemChance)).await.unwrap();
    let s2 = store.clone();
    let agency = AgencyId::parse("hz").unwrap();
    tokio::spawn(async move {
        let names = vec!["a".to_owned()];
        let n = s2
            .run_tx("x", async |mut tx| {
                let h = tx.journal_lock().await?;
                let keys: Vec<(&AgencyId, &str)> = names.iter().map(|n| (&agency, n.as_str())).collect();
                let s = tx.submissions_by_key(&keys).await?;
                Ok::<_, StoreError>((h.size, s.len()))
            })
            .await
            .unwrap();
        assert_eq!(n, (0, 0));
    })
    .await
    .unwrap();
    let s3 = store.clone();
    let (committer, _task) = Committer::start(8, move |jobs: Vec<Arc<String>>| {
        let store = s3.clone();
        async move {
            store
                .run_tx("y", async |mut tx| {
                    let _ = tx.journal_lock().await?;
                    Ok::<_, StoreError>(jobs.iter().map(|j| j.len()).collect())
                })
                .await
        }
    });
    assert_eq!(committer.submit("abc".to_owned()).await.unwrap(), 3);
}
