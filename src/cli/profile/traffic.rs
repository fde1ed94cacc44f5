//! `regbridge profile diff --traffic`: two versions of a profile on what agencies sent.
//!
//! Promise: the store is only read, a page of submissions at a time and one body of them in memory; values are shown
//! only when that is asked for.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use serde_json::Value;

use crate::cli::profile::against::{Document, Outcome, Tally, compare};
use crate::cli::profile::diff::Diff;
use crate::cli::world::World;
use crate::cli::{Context, block_on};
use crate::domain::id::SubmissionId;
use crate::mapping::{Difference, Format, Profile};
use crate::store::submission::{Submission, SubmissionFilter};
use crate::store::{Store, StoreError, Tx};
use crate::wire::encoding::Encoding;

/// Submissions that are listed at once, without their bodies: with receipts of some 4 KB each, 256 KB.
const PAGE: u32 = 64;

/// How often the progress is told.
const TICK: Duration = Duration::from_secs(1);

/// Paths that are counted by name. A map has some hundreds of rows; a member's name that came from a message could make
/// more of them, and is then counted with the others.
const PATHS: usize = 1000;

/// What is printed in place of a value: the same mask as a sealed one's.
const MASK: &str = "•••";

pub(super) fn run(diff: &Diff, old: &Profile, new: &Profile, context: &Context) -> anyhow::Result<bool> {
    let world = World::load(context)?;
    block_on(async {
        let store = world.look_at_store().await?;
        let same = go(diff, old, new, &store).await;
        store.close().await;
        same
    })
}

async fn go(diff: &Diff, old: &Profile, new: &Profile, store: &Store) -> anyhow::Result<bool> {
    let filter =
        SubmissionFilter { profile: old.id().to_owned(), agency: diff.agency.clone(), since: diff.since };
    let most = diff.limit.unwrap_or(u64::MAX);
    let mut sum = Sum::default();
    let mut told = Instant::now();
    let mut before: Option<SubmissionId> = None;
    'pages: while sum.messages < most {
        let page = async |mut tx: Tx| tx.submission_page(&filter, before.as_ref(), PAGE).await;
        let page = store.read::<_, StoreError, _>("traffic.page", page).await?;
        let Some(last) = page.last() else { break };
        let next = last.id.clone();
        for submission in &page {
            if sum.messages == most {
                break 'pages;
            }
            let document = document(store, submission).await?;
            let (outcome, tally) = compare(old, new, &document);
            diff.show(&document.name, &outcome);
            sum.add(&outcome, tally);
            if told.elapsed() >= TICK {
                told = Instant::now();
                let (messages, changed) = (sum.messages, sum.changed);
                eprintln!(
                    "{messages} messages read, back to {}; {changed} would change",
                    submission.received_at
                );
            }
        }
        before = Some(next);
    }
    if sum.messages == 0 {
        bail!("the store holds no submission of profile {} that fits", old.id());
    }
    sum.show();
    Ok(sum.changed == 0)
}

/// A submission as it came.
async fn document(store: &Store, submission: &Submission) -> anyhow::Result<Document> {
    let id = &submission.id;
    let body = async |mut tx: Tx| tx.submission_body(id).await;
    let bytes = store.read::<_, StoreError, _>("traffic.body", body).await?;
    let media = &submission.content_type;
    let format = Format::ALL.into_iter().find(|format| format.media_type() == media);
    Ok(Document {
        name: format!("{id}  {}  {}  {}", submission.agency, submission.kind, submission.received_at),
        format: format.with_context(|| format!("submission {id} is of the type {media}"))?,
        charset: submission.charset.as_deref().and_then(Encoding::parse),
        bytes: bytes.with_context(|| format!("submission {id} has no body"))?,
        now: submission.received_at,
    })
}

/// What was found in all.
#[derive(Default)]
struct Sum {
    messages: u64,
    changed: u64,
    tally: Tally,
    /// How many messages differ at a path, positions in lists apart.
    paths: BTreeMap<String, u64>,
    /// Those beyond [`PATHS`].
    more: u64,
}

impl Sum {
    fn add(&mut self, outcome: &Outcome, tally: Tally) {
        self.messages += 1;
        self.changed += u64::from(!outcome.is_same());
        self.tally.add(tally);
        let Outcome::Read { found, .. } = outcome else { return };
        for path in found.iter().map(|one| anywhere(&one.path)).collect::<std::collections::BTreeSet<_>>() {
            if self.paths.len() < PATHS || self.paths.contains_key(&path) {
                *self.paths.entry(path).or_default() += 1;
            } else {
                self.more += 1;
            }
        }
    }

    fn show(&self) {
        let mut often: Vec<_> = self.paths.iter().collect();
        often.sort_by_key(|(path, count)| (std::cmp::Reverse(**count), *path));
        for (path, count) in often {
            println!("{count:>8}  {path}");
        }
        if self.more > 0 {
            println!("{:>8}  at other paths", self.more);
        }
        let Tally { records, changed, refused, accepted, otherwise } = self.tally;
        println!(
            "{} messages, {} would change; {records} records: {changed} changed, {refused} newly refused, {accepted} newly \
             accepted, {otherwise} refused for other reasons",
            self.messages, self.changed
        );
    }
}

/// The same path in any item of its lists: `records[].claims[].amount`.
fn anywhere(path: &str) -> String {
    let mut parts = path.split('[');
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        whole.push('[');
        whole.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit()));
    }
    whole
}

/// The difference without its values: whether there is one on either side stays.
pub(super) fn masked(one: &Difference) -> Difference {
    let mask = |value: &Option<Value>| value.as_ref().map(|_| Value::from(MASK));
    Difference { path: one.path.clone(), before: mask(&one.before), after: mask(&one.after) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_counted_whatever_its_items() {
        assert_eq!(anywhere("records[12].claims[1].amount"), "records[].claims[].amount");
        assert_eq!(anywhere("sent_at"), "sent_at");
    }
}
