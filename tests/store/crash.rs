//! Killed at any moment: what was acknowledged is there, whole, and nothing is there by halves.
//!
//! A child process commits as fast as it can and says each acknowledgement on its output; it is killed with -9 in
//! the middle. This shows that nobody is answered before the commit and that a torn transaction leaves no trace;
//! that the disk keeps what it was told to keep is SQLite's `synchronous=FULL`, and no test without pulling the
//! plug can show it.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};
use std::sync::Arc;

use regbridge::store::group::Committer;
use regbridge::store::submission::NewSubmission;
use regbridge::store::{Store, StoreError, Target, Tx};

use crate::bed::{agency, append, case, delivery, event, open, record, run, submission};

const CHILD: &str = "REGBRIDGE_CRASH_CHILD";

/// One submission with all that goes with it.
pub(crate) async fn commit(tx: &mut Tx, jobs: &[Arc<NewSubmission>]) -> Result<(), StoreError> {
    let first = append(tx, jobs.len() as u64).await?;
    let mut new: Vec<_> = jobs.iter().map(|job| NewSubmission::clone(job)).collect();
    for (new, index) in new.iter_mut().zip(first..) {
        new.submission.journal_index = index;
    }
    let cases: Vec<_> = new.iter().map(|new| case("hz-amr", &new.submission.message_id)).collect();
    let of = || cases.iter().zip(&new);
    tx.insert_submissions(&new).await?;
    tx.insert_cases(&cases).await?;
    tx.insert_records(&of().map(|(case, new)| record(case, Some(new))).collect::<Vec<_>>()).await?;
    let events = of().map(|(case, new)| event(case, new.submission.journal_index));
    tx.insert_events(&events.collect::<Vec<_>>()).await
}

pub(crate) fn committer(store: &Store) -> Committer<NewSubmission, (), StoreError> {
    let store = store.clone();
    let (committer, _) = Committer::start(1024, move |jobs: Vec<Arc<NewSubmission>>| {
        let store = store.clone();
        async move {
            run(&store, async |mut tx| commit(&mut tx, &jobs).await).await?;
            Ok(vec![(); jobs.len()])
        }
    });
    committer
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the child of the test below"]
async fn child() {
    let Ok(path) = std::env::var(CHILD) else { return };
    let store = open(&Target::Sqlite(path.into())).await.unwrap();
    let committer = Arc::new(committer(&store));
    let mut submitters = tokio::task::JoinSet::new();
    for submitter in 0..8 {
        let committer = committer.clone();
        submitters.spawn(async move {
            for i in 0.. {
                let message_id = format!("{}/{submitter}/{i}", std::process::id());
                committer.submit(submission("hz-amr", &message_id)).await.unwrap();
                let mut output = std::io::stdout().lock();
                writeln!(output, "acknowledged {message_id}").unwrap();
                output.flush().unwrap();
            }
        });
    }
    submitters.join_all().await;
}

#[tokio::test]
async fn keeps_what_was_acknowledged_before_a_kill() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.db");
    let mut acknowledged: Vec<String> = Vec::new();
    for wanted in [1, 40, 150, 400] {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "crash::child", "--ignored", "--nocapture"])
            .env(CHILD, &path)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut heard = 0;
        loop {
            let mut line = String::new();
            // A line without its end was torn by the kill.
            if output.read_line(&mut line).unwrap() == 0 || !line.ends_with('\n') {
                break;
            }
            // The first one may follow the test runner's own words on the line.
            if let Some((_, message_id)) = line.trim_end().split_once("acknowledged ") {
                acknowledged.push(message_id.to_owned());
                heard += 1;
            }
            if heard == wanted {
                child.kill().unwrap();
            }
        }
        child.wait().unwrap();
        assert!(heard >= wanted, "the child ended by itself after {heard}");
    }

    let store = open(&Target::Sqlite(path)).await.unwrap();
    let of = agency("hz-amr");
    let keys: Vec<_> = acknowledged.iter().map(|message_id| (&of, message_id.as_str())).collect();
    let whole = store.read("test", async |mut tx: Tx| {
        let submissions = tx.submissions_by_key(&keys).await?;
        assert_eq!(submissions.len(), acknowledged.len(), "an acknowledged submission is lost");
        let head = tx.journal_head().await?;
        let entries = tx.journal_entries(0..u64::MAX).await?;
        let events = tx.events_after(None, u32::MAX).await?;
        assert_eq!(entries.len() as u64, head.size);
        assert!(events.iter().map(|event| event.journal_index).eq(0..head.size), "a torn transaction");
        for submission in &submissions {
            assert_eq!(tx.records_in(&submission.id).await?.len(), 1);
            assert!(submission.journal_index < head.size);
        }
        Ok::<_, StoreError>(())
    });
    whole.await.unwrap();
    // And it goes on.
    let case = case("hz-amr", "after");
    let after = run(&store, async |mut tx| {
        tx.insert_cases(std::slice::from_ref(&case)).await?;
        tx.insert_deliveries(&[delivery("agency:a", &case, None)]).await
    });
    assert_eq!(after.await.unwrap(), [1]);
}
