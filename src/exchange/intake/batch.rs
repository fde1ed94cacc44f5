//! One transaction for many messages, and the next batch made ready while one is on its way to the disk.
//!
//! Promise: submission, record, case, journal entry, event and outbox rows of each accepted message are written
//! together; the receipt is written with them and holds the proof of its own entry. Nothing has happened for anybody
//! until the transaction is committed.
//!
//! A batch that brings nothing but new keys, and most do, is planned while the one before it is being committed: what it
//! does, its journal, its rows, its receipts. Its own transaction then asks one thing: whether the journal's head is the one
//! that the plan was made for. Whatever changes a case or takes a message grows the journal in the same transaction; so
//! if the head is that one, nothing has changed since that the plan could not know ([`Ahead`]). If it is another one, the
//! plan is thrown away, and the batch is planned by what its transaction finds.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::id::AgencyId;
use crate::exchange::answer::Answer;
use crate::exchange::attachments::shelve::Shelf;
use crate::exchange::gateway::World;
use crate::exchange::intake::ahead::Ahead;
use crate::exchange::intake::cases::{Fate, Key, key_of};
use crate::exchange::intake::desk::{Decision, Desk};
use crate::exchange::intake::plan::{Plan, plan};
use crate::exchange::intake::prepare::Prepared;
use crate::exchange::refused::Refused;
use crate::store::group::{Nearly, Work};
use crate::store::journal::JournalHead;
use crate::store::{Known, StoreError, Tx};

/// What a sender is told.
pub(in crate::exchange) type Told = Result<Answer, Refused>;

/// Commits batches of messages, each in one transaction.
pub(super) struct Batches {
    world: Arc<World>,
    ahead: Arc<Ahead>,
}

impl Batches {
    pub(super) fn new(world: Arc<World>) -> Self {
        Self { world, ahead: Arc::default() }
    }
}

impl Work<Prepared> for Batches {
    type Done = Told;
    type Error = StoreError;
    type Ready = Plan;

    /// Applies a batch in one transaction; what each sender is told, in order.
    fn commit(
        &self,
        jobs: Vec<Arc<Prepared>>,
        ready: Option<Plan>,
        nearly: Nearly,
    ) -> impl Future<Output = Result<Vec<Told>, StoreError>> + Send + 'static {
        let (world, ahead) = (Arc::clone(&self.world), Arc::clone(&self.ahead));
        async move {
            let (jobs, store) = (Arc::new(jobs), world.store.clone());
            // A transaction that is run again finds nothing ready, and has told already.
            let (ready, nearly) = (Mutex::new(ready), Mutex::new(Some(nearly)));
            let told = store.run_tx("intake.accept", async |mut tx: Tx| {
                let plan = match taken(&ready) {
                    Some(plan) => {
                        let head = tx.journal_lock().await?;
                        if plan.is_behind(&head) {
                            plan
                        } else {
                            ahead.was_in_vain();
                            planned(&world, &jobs, &mut tx).await?
                        }
                    }
                    None => planned(&world, &jobs, &mut tx).await?,
                };
                let told = plan.write(&world, &mut tx).await?;
                if let Some(nearly) = taken(&nearly).filter(|_| ahead.note(&told, &jobs)) {
                    nearly.tell();
                }
                Ok::<_, StoreError>(told.answers)
            });
            let told = told.await?;
            world.bells.ring_for_events();
            if !world.webhooks.is_empty() {
                world.bells.ring_for_deliveries();
            }
            Ok(told)
        }
    }

    async fn make_ready(&self, jobs: Vec<Arc<Prepared>>) -> Option<Plan> {
        let head = self.ahead.before(&jobs)?;
        foresee(&self.world, Arc::new(jobs), head).await
    }
}

/// What is there, once.
fn taken<T>(cell: &Mutex<Option<T>>) -> Option<T> {
    cell.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// Plans a batch by what its transaction finds.
async fn planned(
    world: &Arc<World>,
    jobs: &Arc<Vec<Arc<Prepared>>>,
    tx: &mut Tx,
) -> Result<Plan, StoreError> {
    let (head, mut desk) = open_desk(world, jobs, tx).await?;
    let decisions: Vec<Decision> =
        jobs.iter().enumerate().map(|(place, job)| desk.decide(place, job)).collect();
    let shelf = open_shelf(jobs, &decisions, tx).await?;
    plan(world, jobs, head, (decisions, desk.cases.into_changes()), shelf)
}

/// Plans a batch of nothing but new keys before its transaction, on another thread; none where a key is known, or files
/// come along.
async fn foresee(world: &Arc<World>, jobs: Arc<Vec<Arc<Prepared>>>, head: JournalHead) -> Option<Plan> {
    if jobs.iter().any(|job| job.items.iter().any(|item| !item.files.is_empty())) {
        return None;
    }
    let look = async |mut tx: Tx| {
        let (messages, keys) = keys(&jobs);
        tx.lock_and_look_up(&messages, &borrowed(&keys)).await
    };
    let known = world.store.read::<_, StoreError, _>("intake.foresee", look).await.ok()?;
    if !known.submissions.is_empty() || !known.cases.is_empty() {
        return None;
    }
    let world = Arc::clone(world);
    let planned = tokio::task::spawn_blocking(move || {
        let mut desk = Desk::new(Vec::new(), Vec::new(), world.laws.load_full());
        let decisions = jobs.iter().enumerate().map(|(place, job)| desk.decide(place, job)).collect();
        plan(&world, &jobs, head, (decisions, desk.cases.into_changes()), Shelf::default())
    });
    planned.await.ok()?.ok()
}

/// A shelf that knows what the cases have to which files come; most batches bring none.
async fn open_shelf(
    jobs: &[Arc<Prepared>],
    decisions: &[Decision],
    tx: &mut Tx,
) -> Result<Shelf, StoreError> {
    let mut cases = BTreeSet::new();
    for (job, decision) in jobs.iter().zip(decisions) {
        let Decision::Accept(fates) = decision else { continue };
        for (item, fate) in job.items.iter().zip(&**fates) {
            match fate {
                Fate::Taken { case, opened: false, .. } if !item.files.is_empty() => {
                    cases.insert(case.id.clone());
                }
                _ => {}
            }
        }
    }
    Shelf::knowing(&cases.into_iter().collect::<Vec<_>>(), tx).await
}

async fn open_desk<'a>(
    world: &World,
    jobs: &'a [Arc<Prepared>],
    tx: &mut Tx,
) -> Result<(JournalHead, Desk<'a>), StoreError> {
    let (messages, keys) = keys(jobs);
    let Known { head, submissions, cases } = tx.lock_and_look_up(&messages, &borrowed(&keys)).await?;
    let mut desk = Desk::new(submissions, cases, world.laws.load_full());
    let stored = desk.cases.stored();
    if !stored.is_empty() {
        desk.cases.timed(tx.deadlines_of(&stored).await?);
    }
    let doubtful = desk.doubtful(jobs);
    if !doubtful.is_empty() {
        desk.cases.had(&tx.records_of_cases(&doubtful).await?);
    }
    Ok((head, desk))
}

/// The keys of a batch: agency and message id of each message, and those of the cases of its records.
fn keys(jobs: &[Arc<Prepared>]) -> (Vec<(&AgencyId, &str)>, Vec<Key>) {
    let messages: BTreeSet<(&AgencyId, &str)> =
        jobs.iter().map(|job| (&job.inbound.agency.id, job.message_id.as_str())).collect();
    let keys: BTreeSet<Key> = jobs
        .iter()
        .flat_map(|job| job.items.iter().map(|item| key_of(&job.inbound.agency.id, item)))
        .collect();
    (messages.into_iter().collect(), keys.into_iter().collect())
}

fn borrowed(keys: &[Key]) -> Vec<(&AgencyId, &str, &str)> {
    keys.iter().map(|(agency, topic, number)| (agency, topic.as_str(), number.as_str())).collect()
}
