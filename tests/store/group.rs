//! Group commit: shared transactions, honest answers, and no neighbour sunk by a bad job.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use regbridge::store::StoreError;
use regbridge::store::group::{BATCH, Committer, GroupError};
use regbridge::store::submission::NewSubmission;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::bed::{Bed, append, run, submission};

type Done = (u64, usize);

/// A committer of submissions, each with a journal entry; answers the batch's first index and its size.
fn committer(
    bed: &Bed,
    gate: Arc<Semaphore>,
    commits: Arc<AtomicU32>,
) -> Committer<NewSubmission, Done, StoreError> {
    let store = bed.store.clone();
    let (committer, _) = Committer::start(256, move |jobs: Vec<Arc<NewSubmission>>| {
        let (store, gate, commits) = (store.clone(), gate.clone(), commits.clone());
        async move {
            gate.acquire().await.unwrap().forget();
            commits.fetch_add(1, Ordering::SeqCst);
            run(&store, async |mut tx| {
                let first = append(&mut tx, jobs.len() as u64).await?;
                let new: Vec<_> = jobs.iter().map(|job| NewSubmission::clone(job)).collect();
                tx.insert_submissions(&new).await?;
                Ok((0..jobs.len()).map(|_| (first, jobs.len())).collect())
            })
            .await
        }
    });
    committer
}

/// Submits these at once: the first alone (the gate is still shut), the others while it waits.
async fn submit(
    committer: &Arc<Committer<NewSubmission, Done, StoreError>>,
    gate: &Semaphore,
    jobs: Vec<NewSubmission>,
) -> Vec<Result<Done, GroupError<StoreError>>> {
    let mut submitters = JoinSet::new();
    for (i, job) in jobs.into_iter().enumerate() {
        let committer = committer.clone();
        submitters.spawn(async move { (i, committer.submit(job).await) });
        if i == 0 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    gate.add_permits(1000);
    let mut outcomes = submitters.join_all().await;
    outcomes.sort_by_key(|(i, _)| *i);
    outcomes.into_iter().map(|(_, outcome)| outcome).collect()
}

pub(crate) async fn shares_a_transaction(bed: &Bed) {
    let (gate, commits) = (Arc::new(Semaphore::new(0)), Arc::new(AtomicU32::new(0)));
    let committer = Arc::new(committer(bed, gate.clone(), commits.clone()));
    let jobs: Vec<_> = (0..100).map(|i| submission("hz-amr", &format!("{i}"))).collect();
    let outcomes = submit(&committer, &gate, jobs).await;
    let sizes: Vec<usize> = outcomes.iter().map(|outcome| outcome.as_ref().unwrap().1).collect();
    assert_eq!(sizes[0], 1);
    assert_eq!(sizes.iter().filter(|size| **size == BATCH).count(), BATCH);
    assert_eq!(sizes.iter().filter(|size| **size == 35).count(), 35);
    assert_eq!(commits.load(Ordering::SeqCst), 3);

    // One of the next has a key that is taken: it alone hears of it, and the journal has no trace of the failed try.
    let (gate, commits) = (Arc::new(Semaphore::new(0)), Arc::new(AtomicU32::new(0)));
    let committer = Arc::new(self::committer(bed, gate.clone(), commits));
    let mut jobs: Vec<_> = (100..120).map(|i| submission("hz-amr", &format!("{i}"))).collect();
    jobs[7] = submission("hz-amr", "7");
    let outcomes = submit(&committer, &gate, jobs).await;
    for (i, outcome) in outcomes.iter().enumerate() {
        match outcome {
            Err(GroupError::Failed(StoreError::Taken(_))) if i == 7 => {}
            Ok(_) if i != 7 => {}
            other => panic!("job {i}: {other:?}"),
        }
    }
    let head = run(&bed.store, async |mut tx| tx.journal_head().await).await.unwrap();
    assert_eq!(head.size, 119);
}

#[tokio::test]
async fn says_at_once_that_the_queue_is_full() {
    let gate = Arc::new(Semaphore::new(0));
    let (committer, task) = Committer::start(2, {
        let gate = gate.clone();
        move |jobs: Vec<Arc<u32>>| {
            let gate = gate.clone();
            async move {
                gate.acquire().await.unwrap().forget();
                Ok::<_, StoreError>(jobs.iter().map(|job| **job * 10).collect())
            }
        }
    });
    let committer = Arc::new(committer);
    let mut submitters = JoinSet::new();
    for job in 0..3 {
        let committer = committer.clone();
        submitters.spawn(async move { committer.submit(job).await });
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // One is being committed, two wait.
    assert!(matches!(committer.submit(3).await, Err(GroupError::Busy)));
    gate.add_permits(9);
    let mut done: Vec<u32> = submitters.join_all().await.into_iter().map(Result::unwrap).collect();
    done.sort_unstable();
    assert_eq!(done, [0, 10, 20]);
    drop(committer);
    task.await.unwrap();
}

#[tokio::test]
async fn tells_everybody_of_an_outage_without_trying_each() {
    let commits = Arc::new(AtomicU32::new(0));
    let (committer, _task) = Committer::start(64, {
        let commits = commits.clone();
        move |_: Vec<Arc<u32>>| {
            commits.fetch_add(1, Ordering::SeqCst);
            async {
                tokio::time::sleep(Duration::from_millis(50)).await;
                Err::<Vec<()>, _>(StoreError::Unknown(Arc::new(sqlx::Error::WorkerCrashed)))
            }
        }
    });
    let committer = Arc::new(committer);
    let mut submitters = JoinSet::new();
    for job in 0..20 {
        let committer = committer.clone();
        submitters.spawn(async move { committer.submit(job).await });
    }
    for outcome in submitters.join_all().await {
        assert!(matches!(outcome, Err(GroupError::Failed(StoreError::Unknown(_)))), "{outcome:?}");
    }
    assert!(commits.load(Ordering::SeqCst) <= 2);
}

#[tokio::test]
async fn outlives_a_job_that_panics() {
    let (committer, _task) = Committer::start(64, |jobs: Vec<Arc<u32>>| async move {
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert!(!jobs.iter().any(|job| **job == 7), "seven is not to be borne");
        Ok::<_, StoreError>(jobs.iter().map(|job| **job).collect())
    });
    let committer = Arc::new(committer);
    let mut submitters = JoinSet::new();
    for job in 0..20_u32 {
        let committer = committer.clone();
        submitters.spawn(async move { (job, committer.submit(job).await) });
    }
    for (job, outcome) in submitters.join_all().await {
        match outcome {
            Err(GroupError::Stopped) if job == 7 => {}
            Ok(done) if done == job => {}
            other => panic!("job {job}: {other:?}"),
        }
    }
    assert_eq!(committer.submit(8).await.unwrap(), 8);
}

#[tokio::test]
async fn finishes_what_is_queued_before_it_ends() {
    let finished = Arc::new(AtomicU32::new(0));
    let (committer, task) = Committer::start(64, {
        let finished = finished.clone();
        move |jobs: Vec<Arc<u32>>| {
            let finished = finished.clone();
            async move {
                tokio::time::sleep(Duration::from_millis(20)).await;
                finished.fetch_add(u32::try_from(jobs.len()).unwrap(), Ordering::SeqCst);
                Ok::<_, StoreError>(vec![(); jobs.len()])
            }
        }
    });
    for job in 0..10 {
        // The submitter goes away; its job does not.
        tokio::time::timeout(Duration::from_millis(1), committer.submit(job)).await.ok();
    }
    drop(committer);
    task.await.unwrap();
    assert_eq!(finished.load(Ordering::SeqCst), 10);
}
