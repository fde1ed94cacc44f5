//! What is done by the clock: jobs, and their runs.
//!
//! Promise: every time at which a job is due is one run, whoever makes it and however many gateways look at the clock; a
//! run is under way in one place at a time; one whose gateway dies is taken up by another, from where it last wrote down
//! how far it was; and what was missed is run, passed over or summed up as its job says, and told either way. A clock that
//! jumps loses no run and repeats none: what was made once is never made again.
//!
//! | file | idea |
//! |---|---|
//! | `make` | which runs are due, and which were missed |
//! | `drive` | leasing a run, doing it, ending it |
//! | `oversee` | what an operator sees and says |

mod drive;
mod make;
mod oversee;

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use serde_json::Value;

use crate::clock::Timestamp;
use crate::domain::id::AgencyId;
use crate::domain::schedule::{Missed, Schedule};
use crate::exchange::gateway::Gateway;
use crate::exchange::refused::Refused;
use crate::store::{StoreError, Tx};

pub(in crate::exchange) use oversee::run_now;
pub use oversee::{JobView, RunView};

/// Something that is done by the clock.
#[derive(Clone)]
pub struct Job {
    /// Its name, for ever: `sync:hz-amr:orders`, `keep:deadlines`.
    pub name: String,
    /// When.
    pub schedule: Schedule,
    /// What becomes of times at which nobody was there.
    pub missed: Missed,
    /// Whose, where it is one agency's.
    pub agency: Option<AgencyId>,
    /// Whether each of its runs has an entry in the journal of its own when it ends well; one that does so every minute
    /// journals what it does instead.
    pub journalled: bool,
    /// What is done.
    pub work: Arc<dyn Work>,
}

/// The jobs there are, by name.
#[derive(Clone, Default)]
pub struct Jobs(BTreeMap<String, Arc<Job>>);

impl Jobs {
    /// These.
    #[must_use]
    pub fn new(jobs: impl IntoIterator<Item = Job>) -> Self {
        Self(jobs.into_iter().map(|job| (job.name.clone(), Arc::new(job))).collect())
    }

    /// The one of this name.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&Arc<Job>> {
        self.0.get(name)
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Job>> {
        self.0.values()
    }
}

/// The jobs as they are at each moment: agencies come and go.
pub type CurrentJobs = Arc<dyn Fn() -> Arc<Jobs> + Send + Sync>;

/// What a job does.
pub trait Work: Send + Sync {
    /// Does it, for one run; one line of what was done. It may be stopped at any `await`, and is then begun again with what
    /// [`Run::save`] wrote down last.
    fn run(&self, gateway: Gateway, run: Run) -> Pin<Box<dyn Future<Output = Done> + Send>>;
}

/// How the work of a run ended.
pub type Done = Result<String, Fault>;

impl<F, Fut> Work for F
where
    F: Fn(Gateway, Run) -> Fut + Send + Sync,
    Fut: Future<Output = Done> + Send + 'static,
{
    fn run(&self, gateway: Gateway, run: Run) -> Pin<Box<dyn Future<Output = Done> + Send>> {
        Box::pin(self(gateway, run))
    }
}

/// Why a run did not do its work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It may go better in a while.
    #[error("{0}")]
    Passing(String),
    /// It will not go better by itself.
    #[error("{0}")]
    Final(String),
    /// Somebody else has the run by now: nothing more is written.
    #[error("another gateway has the run")]
    Lost,
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Passing(error.to_string())
    }
}

impl From<Refused> for Fault {
    fn from(refused: Refused) -> Self {
        Self::Passing(refused.to_string())
    }
}

/// A run under way.
#[derive(Clone, Debug)]
pub struct Run {
    /// Its id.
    pub id: String,
    /// Its job's name.
    pub job: String,
    /// The time it is for.
    pub scheduled_at: Timestamp,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// How far the run is, as it wrote down last; an empty object at first.
    pub progress: Value,
    /// How far the job is over all its runs, likewise.
    pub mark: Value,
    token: String,
}

impl Run {
    /// Writes down how far the run is and, where it changes, how far its job is.
    ///
    /// # Errors
    /// [`Fault::Lost`] when the run is another's by now; [`Fault::Passing`] when the store cannot be written to.
    pub async fn save(
        &mut self,
        gateway: &Gateway,
        progress: Value,
        mark: Option<Value>,
    ) -> Result<(), Fault> {
        let (text, mark_text) = (progress.to_string(), mark.as_ref().map(Value::to_string));
        let named = mark_text.as_deref().map(|mark| (&*self.job, mark));
        let put = async |mut tx: Tx| tx.put_progress((&self.id, &self.token), &text, named).await;
        if !gateway.world.store.run_tx::<_, StoreError, _>("job.progress", put).await? {
            return Err(Fault::Lost);
        }
        self.progress = progress;
        if let Some(mark) = mark {
            self.mark = mark;
        }
        Ok(())
    }
}
