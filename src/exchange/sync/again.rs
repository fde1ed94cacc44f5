//! What an agency has and we do not: the window that held it is fetched once more.
//!
//! The run during which the agency gave it knows which window was asked for; asked for again it gives the same pages, if the
//! agency has not changed them. Where no such run is known, the window is the day of the difference.

use chrono::NaiveDate;
use serde_json::{Value, json};

use crate::clock::Timestamp;
use crate::domain::agency::Agency;
use crate::domain::calendar::{begin_of, end_of};
use crate::domain::sync::Sync;
use crate::exchange::sync::Course;
use crate::store::job::RunRow;
use crate::store::{StoreError, Tx};

/// By how much the agency's clock may differ from ours, and how long after its end a run may have given something.
const NEAR_MILLIS: i64 = 5 * 60_000;

/// Runs before a moment that are looked through: one a minute for as long as clocks may differ, and its attempts.
const LOOK: u32 = 50;

/// The job that fetches what is missing of this kind, and what it is asked; none where nothing of it is fetched. `at` is when
/// the agency says that it gave it, if it says so.
pub(in crate::exchange) async fn asked(
    tx: &mut Tx,
    agency: &Agency,
    (kind, day, at): (&str, NaiveDate, Option<Timestamp>),
) -> Result<Option<(String, Value)>, StoreError> {
    let syncs = || agency.syncs.iter().filter(|sync| sync.kind.as_str() == kind);
    let named = |sync: &Sync| format!("sync:{}:{}", agency.id, sync.name);
    if let Some(at) = at {
        let mut nearest: Option<(i64, String, Course)> = None;
        for sync in syncs().filter(|sync| sync.window.is_some()) {
            let before = at.plus_millis(NEAR_MILLIS);
            for run in tx.runs(Some(&named(sync)), Some((before, "")), LOOK).await? {
                let Some((apart, course)) = gave(&run, at) else { continue };
                if nearest.as_ref().is_none_or(|(known, ..)| apart < *known) {
                    nearest = Some((apart, run.job, course));
                }
            }
        }
        if let Some((_, job, Course { from, to, .. })) = nearest {
            return Ok(Some((job, json!({ "from": from, "to": to, "again": day }))));
        }
    }
    let Some(sync) = syncs().find(|sync| sync.window.is_some()).or_else(|| syncs().next()) else {
        return Ok(None);
    };
    let mut asked = json!({ "again": day });
    if sync.window.is_some() {
        asked["from"] = begin_of(day).micros().into();
        asked["to"] = (end_of(day).micros() + 1).into();
    }
    Ok(Some((named(sync), asked)))
}

/// How far a run was from this moment while it was under way, and the window that it asked for.
fn gave(run: &RunRow, at: Timestamp) -> Option<(i64, Course)> {
    let course: Course = serde_json::from_str(&run.progress).ok()?;
    course.from.and(course.to)?;
    let (begun, ended) = (run.started_at?, run.finished_at?);
    let apart = begun.millis_since(at).max(at.millis_since(ended)).max(0);
    (apart <= NEAR_MILLIS).then_some((apart, course))
}
