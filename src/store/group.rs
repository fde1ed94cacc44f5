//! Group commit: many submitters, one transaction, one fsync.
//!
//! Promise: each submitter is answered only after the transaction that holds its job has ended; a full queue is
//! said at once; and one bad job never sinks its neighbours: if a batch fails by what is in it, its jobs are
//! committed again one by one.

use std::future::Future;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::store::error::{Failure, StoreError};

/// How many jobs one transaction takes at most: as many as wait at once under the bench's 64 callers. Measured there:
/// 5,770 submissions a second made 362 calls of fsync, those of checkpoints included, so 16 jobs a batch or more.
pub const BATCH: usize = 64;

/// Why a job was not done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GroupError<E> {
    /// The queue is full: come back later. Nothing was done.
    #[error("the queue is full")]
    Busy,
    /// The committer has ended. Nothing is known of the job; read before repeating it.
    #[error("the committer has ended")]
    Stopped,
    /// The transaction failed.
    #[error("{0}")]
    Failed(E),
}

/// A queue of jobs and the one task that commits them in batches.
pub struct Committer<Job, Done, E> {
    queue: mpsc::Sender<Waiting<Job, Done, E>>,
}

struct Waiting<Job, Done, E> {
    job: Arc<Job>,
    answer: oneshot::Sender<Result<Done, GroupError<E>>>,
}

impl<Job, Done, E> Committer<Job, Done, E>
where
    Job: Send + Sync + 'static,
    Done: Send + 'static,
    E: Failure + Clone + Send + 'static,
{
    /// Starts the task. At most `capacity` jobs wait; `commit` runs ONE transaction for the batch it is given and
    /// yields one answer per job, in their order. The task ends when the committer is dropped and the queue is
    /// empty; await the handle for that.
    pub fn start<F, Fut>(capacity: usize, commit: F) -> (Self, JoinHandle<()>)
    where
        F: Fn(Vec<Arc<Job>>) -> Fut + Send + 'static,
        Fut: Future<Output = Result<Vec<Done>, E>> + Send + 'static,
    {
        let (queue, jobs) = mpsc::channel(capacity);
        (Self { queue }, tokio::spawn(drive(jobs, commit)))
    }

    /// Hands a job over and waits until it is durable, or is not.
    pub async fn submit(&self, job: Job) -> Result<Done, GroupError<E>> {
        let (answer, answered) = oneshot::channel();
        let waiting = Waiting { job: Arc::new(job), answer };
        self.queue.try_send(waiting).map_err(|e| match e {
            mpsc::error::TrySendError::Full(_) => GroupError::Busy,
            mpsc::error::TrySendError::Closed(_) => GroupError::Stopped,
        })?;
        answered.await.unwrap_or(Err(GroupError::Stopped))
    }
}

async fn drive<Job, Done, E, F, Fut>(mut jobs: mpsc::Receiver<Waiting<Job, Done, E>>, commit: F)
where
    Done: Send + 'static,
    E: Failure + Clone + Send + 'static,
    F: Fn(Vec<Arc<Job>>) -> Fut,
    Fut: Future<Output = Result<Vec<Done>, E>> + Send + 'static,
{
    let mut batch = Vec::with_capacity(BATCH);
    while jobs.recv_many(&mut batch, BATCH).await > 0 {
        let together = batch.iter().map(|waiting| Arc::clone(&waiting.job)).collect();
        match attempt(commit(together), batch.len()).await {
            Ok(done) => {
                for (waiting, done) in batch.drain(..).zip(done) {
                    // Who has gone away finds the stored answer when it comes back.
                    let _ = waiting.answer.send(Ok(done));
                }
            }
            Err(GroupError::Failed(e))
                if batch.len() == 1 || e.store().is_some_and(StoreError::is_outage) =>
            {
                for waiting in batch.drain(..) {
                    let _ = waiting.answer.send(Err(GroupError::Failed(e.clone())));
                }
            }
            Err(_) => {
                for waiting in batch.drain(..) {
                    let alone = attempt(commit(vec![Arc::clone(&waiting.job)]), 1).await;
                    let answer = alone.and_then(|done| done.into_iter().next().ok_or(GroupError::Stopped));
                    let _ = waiting.answer.send(answer);
                }
            }
        }
    }
}

/// Runs one commit on a task of its own, so that a panic in it ends that task and not the committer.
async fn attempt<Done, E, Fut>(commit: Fut, jobs: usize) -> Result<Vec<Done>, GroupError<E>>
where
    Done: Send + 'static,
    E: Send + 'static,
    Fut: Future<Output = Result<Vec<Done>, E>> + Send + 'static,
{
    match tokio::spawn(commit).await {
        Ok(Ok(done)) => {
            debug_assert_eq!(done.len(), jobs, "a commit answers each of its jobs");
            Ok(done)
        }
        Ok(Err(e)) => Err(GroupError::Failed(e)),
        Err(panic) => {
            tracing::error!(%panic, "a commit panicked");
            Err(GroupError::Stopped)
        }
    }
}
