//! Group commit: many submitters, one transaction, one fsync.
//!
//! Promise: each submitter is answered only after the transaction that holds its job has ended; a full queue is
//! said at once; and one bad job never sinks its neighbours: if a batch fails by what is in it, its jobs are
//! committed again one by one. While a batch is on its way to the disk, what can be done for the next one is ([`Work`]).

use std::future::Future;
use std::pin::pin;
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

/// What a committer does with batches of jobs.
pub trait Work<Job>: Send + 'static {
    /// What a submitter is answered.
    type Done: Send + 'static;
    /// How a commit fails.
    type Error: Failure + Clone + Send + 'static;
    /// What was made ready for a batch while the one before it was on its way to the disk.
    type Ready: Send + 'static;

    /// Runs ONE transaction for the batch; one answer per job, in their order. `nearly` may be told when nothing but the
    /// commit is left to do.
    fn commit(
        &self,
        jobs: Vec<Arc<Job>>,
        ready: Option<Self::Ready>,
        nearly: Nearly,
    ) -> impl Future<Output = Result<Vec<Self::Done>, Self::Error>> + Send + 'static;

    /// Makes ready what can be for a batch that follows the one whose commit is under way; nothing, and it is committed
    /// without.
    fn make_ready(&self, jobs: Vec<Arc<Job>>) -> impl Future<Output = Option<Self::Ready>> + Send;
}

/// Tells the committer that a batch has nothing but its commit before it.
#[derive(Debug)]
pub struct Nearly(oneshot::Sender<()>);

impl Nearly {
    /// Tells it; a commit that is run again tells it once.
    pub fn tell(self) {
        let _ = self.0.send(());
    }
}

/// Work that makes nothing ready.
struct Plain<F>(F);

impl<Job, Done, E, F, Fut> Work<Job> for Plain<F>
where
    Job: Send + Sync + 'static,
    Done: Send + 'static,
    E: Failure + Clone + Send + 'static,
    F: Fn(Vec<Arc<Job>>) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Vec<Done>, E>> + Send + 'static,
{
    type Done = Done;
    type Error = E;
    type Ready = ();

    fn commit(
        &self,
        jobs: Vec<Arc<Job>>,
        _ready: Option<()>,
        _nearly: Nearly,
    ) -> impl Future<Output = Result<Vec<Done>, E>> + Send + 'static {
        (self.0)(jobs)
    }

    async fn make_ready(&self, _jobs: Vec<Arc<Job>>) -> Option<()> {
        None
    }
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
        F: Fn(Vec<Arc<Job>>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Vec<Done>, E>> + Send + 'static,
    {
        Self::start_work(capacity, Plain(commit))
    }

    /// The same with work that makes the next batch ready while one is on its way to the disk.
    pub fn start_work(
        capacity: usize,
        work: impl Work<Job, Done = Done, Error = E> + Sync,
    ) -> (Self, JoinHandle<()>) {
        let (queue, jobs) = mpsc::channel(capacity);
        (Self { queue }, tokio::spawn(drive(jobs, work)))
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

async fn drive<Job, W>(mut jobs: mpsc::Receiver<Waiting<Job, W::Done, W::Error>>, work: W)
where
    Job: Send + Sync + 'static,
    W: Work<Job> + Sync,
{
    let mut next = None;
    loop {
        let (batch, ready) = match next.take() {
            Some(next) => next,
            None => {
                let mut batch = Vec::with_capacity(BATCH);
                if jobs.recv_many(&mut batch, BATCH).await == 0 {
                    return;
                }
                (batch, None)
            }
        };
        let (nearly, heard) = oneshot::channel();
        let mut under_way = pin!(attempt(work.commit(jobs_of(&batch), ready, Nearly(nearly)), batch.len()));
        let outcome = tokio::select! {
            biased;
            outcome = &mut under_way => outcome,
            Ok(()) = heard => {
                let waiting = waiting(&mut jobs);
                if waiting.is_empty() {
                    under_way.await
                } else {
                    let (outcome, ready) = tokio::join!(under_way, work.make_ready(jobs_of(&waiting)));
                    next = Some((waiting, ready));
                    outcome
                }
            }
        };
        match outcome {
            Ok(done) => {
                for (waiting, done) in batch.into_iter().zip(done) {
                    // Who has gone away finds the stored answer when it comes back.
                    let _ = waiting.answer.send(Ok(done));
                }
            }
            Err(GroupError::Failed(e))
                if batch.len() == 1 || e.store().is_some_and(StoreError::is_outage) =>
            {
                for waiting in batch {
                    let _ = waiting.answer.send(Err(GroupError::Failed(e.clone())));
                }
            }
            Err(_) => {
                for waiting in batch {
                    let (nearly, _) = oneshot::channel();
                    let alone = work.commit(vec![Arc::clone(&waiting.job)], None, Nearly(nearly));
                    let alone = attempt(alone, 1).await;
                    let answer = alone.and_then(|done| done.into_iter().next().ok_or(GroupError::Stopped));
                    let _ = waiting.answer.send(answer);
                }
            }
        }
    }
}

fn jobs_of<Job, Done, E>(batch: &[Waiting<Job, Done, E>]) -> Vec<Arc<Job>> {
    batch.iter().map(|waiting| Arc::clone(&waiting.job)).collect()
}

/// The jobs that wait now, at most a batch.
fn waiting<Job, Done, E>(jobs: &mut mpsc::Receiver<Waiting<Job, Done, E>>) -> Vec<Waiting<Job, Done, E>> {
    let mut batch = Vec::new();
    while batch.len() < BATCH {
        match jobs.try_recv() {
            Ok(job) => batch.push(job),
            Err(_) => break,
        }
    }
    batch
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
