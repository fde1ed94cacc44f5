//! One message read by two versions of a profile: which of its records become something else.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::clock::{SeededChance, Timestamp};
use crate::domain::problem::Problem;
use crate::mapping::{Difference, Format, Input, Profile, Refusal, Run, differences};
use crate::wire::encoding::Encoding;
use crate::wire::limits::Limits;

/// A message and what it is called.
pub(super) struct Document {
    pub(super) name: String,
    pub(super) format: Format,
    /// The charset that its transport named.
    pub(super) charset: Option<Encoding>,
    pub(super) bytes: Vec<u8>,
    /// When it is read.
    pub(super) now: Timestamp,
}

/// How the two readings of a message compare.
pub(super) enum Outcome {
    /// Both accept it, in whole or in part.
    Read {
        /// Where its records, and what stands around them, differ.
        found: Vec<Difference>,
        /// Records that a version refuses.
        told: Vec<Turned>,
    },
    /// Only the old version refuses it.
    Accepted,
    /// Only the new version refuses it, for this.
    Refused(Vec<Problem>),
    /// Both refuse it; the new one for other reasons, which are these.
    Otherwise(Vec<Problem>),
    /// Both refuse it for the same reasons.
    StillRefused,
}

/// A record that one version refuses, or both for other reasons: what is said of it.
pub(super) struct Turned {
    pub(super) position: usize,
    pub(super) how: &'static str,
    pub(super) problems: Vec<Problem>,
}

/// How many records met which fate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) records: usize,
    pub(super) changed: usize,
    pub(super) refused: usize,
    pub(super) accepted: usize,
    pub(super) otherwise: usize,
}

impl Tally {
    pub(super) fn add(&mut self, other: Self) {
        self.records += other.records;
        self.changed += other.changed;
        self.refused += other.refused;
        self.accepted += other.accepted;
        self.otherwise += other.otherwise;
    }
}

impl Outcome {
    /// Whether nothing would change.
    pub(super) fn is_same(&self) -> bool {
        match self {
            Self::Read { found, told } => found.is_empty() && told.is_empty(),
            Self::StillRefused => true,
            _ => false,
        }
    }
}

/// Reads a message with both. A message that a version refuses as a whole counts with as many records as the other
/// finds in it.
pub(super) fn compare(old: &Profile, new: &Profile, document: &Document) -> (Outcome, Tally) {
    match (read(old, document), read(new, document)) {
        (Ok(before), Ok(after)) => {
            let mut told = Vec::new();
            let positions: BTreeSet<usize> =
                before.records.keys().chain(after.records.keys()).copied().collect();
            let mut found = differences(&before.around, &after.around);
            // A message that is one record as a whole has none beside it.
            let whole = positions.is_empty();
            let mut tally = Tally { records: positions.len().max(1), ..Tally::default() };
            tally.changed = usize::from(whole && !found.is_empty());
            for at in positions {
                let known = found.len();
                record(at, before.records.get(&at), after.records.get(&at), &mut found, &mut told);
                tally.changed += usize::from(found.len() > known);
            }
            for turned in &told {
                match turned.how {
                    REFUSED => tally.refused += 1,
                    ACCEPTED => tally.accepted += 1,
                    _ => tally.otherwise += 1,
                }
            }
            (Outcome::Read { found, told }, tally)
        }
        (Err(_), Ok(after)) => {
            let records = after.records.len().max(1);
            (Outcome::Accepted, Tally { records, accepted: records, ..Tally::default() })
        }
        (Ok(before), Err(refusal)) => {
            let records = before.records.len().max(1);
            (Outcome::Refused(refusal.problems), Tally { records, refused: records, ..Tally::default() })
        }
        (Err(before), Err(after)) if reasons(&before.problems) == reasons(&after.problems) => {
            (Outcome::StillRefused, Tally { records: 1, ..Tally::default() })
        }
        (Err(_), Err(after)) => {
            (Outcome::Otherwise(after.problems), Tally { records: 1, otherwise: 1, ..Tally::default() })
        }
    }
}

const ACCEPTED: &str = "newly accepted";
const REFUSED: &str = "newly refused";
const OTHERWISE: &str = "refused for other reasons";

/// What a version makes of a message.
struct Reading {
    /// The message without its records; all of it where it is one record as a whole.
    around: Value,
    /// Each record by its position in the document, or what is wrong with it.
    records: BTreeMap<usize, Result<Value, Vec<Problem>>>,
}

/// One record in both versions. One that is not there for a version was folded into another.
fn record(
    position: usize,
    before: Option<&Result<Value, Vec<Problem>>>,
    after: Option<&Result<Value, Vec<Problem>>>,
    found: &mut Vec<Difference>,
    told: &mut Vec<Turned>,
) {
    let mut turned =
        |how, problems: &[Problem]| told.push(Turned { position, how, problems: problems.to_vec() });
    match (before, after) {
        (Some(Err(_)), Some(Ok(_))) => turned(ACCEPTED, &[]),
        (Some(Ok(_)), Some(Err(problems))) => turned(REFUSED, problems),
        (Some(Err(left)), Some(Err(right))) => {
            if reasons(left) != reasons(right) {
                turned(OTHERWISE, right);
            }
        }
        (left, right) => {
            let value = |side: Option<&Result<Value, _>>| side.and_then(|side| side.as_ref().ok()).cloned();
            match (value(left), value(right)) {
                (Some(left), Some(right)) => {
                    for one in differences(&left, &right) {
                        let path = format!("records[{position}].{}", one.path);
                        found.push(Difference { path, ..one });
                    }
                }
                (before, after) => {
                    found.push(Difference { path: format!("records[{position}]"), before, after });
                }
            }
        }
    }
}

/// What is wrong, apart from where the row stands that says so.
fn reasons(problems: &[Problem]) -> Vec<(&str, &str, Option<&str>, Option<&str>)> {
    problems.iter().map(|p| (&*p.code, p.path.as_str(), p.found.as_deref(), p.expected.as_deref())).collect()
}

/// What a version makes of a message, without its own name.
fn read(profile: &Profile, document: &Document) -> Result<Reading, Refusal> {
    let limits = Limits::default();
    let input =
        Input { bytes: &document.bytes, format: document.format, charset: document.charset, limits: &limits };
    // What a step makes up is the same for both versions: one moment, and chance from one seed.
    let chance = SeededChance::new(0);
    let decoded = profile.decode(&input, &Run { now: document.now, chance: &chance })?;
    let mut around = decoded.to_message();
    let mut records = BTreeMap::new();
    if let Some(Value::Array(good)) = around.as_object_mut().and_then(|object| object.remove("records")) {
        records.extend(decoded.positions().zip(good.into_iter().map(Ok)));
        records.extend(decoded.refused.into_iter().map(|bad| (bad.index, Err(bad.problems))));
        records.values_mut().flatten().for_each(forget_stamps);
    }
    forget_stamps(&mut around);
    Ok(Reading { around, records })
}

/// What is kept is stamped with the profile that kept it: that one differs is known.
fn forget_stamps(value: &mut Value) {
    match value {
        Value::Object(object) => {
            for (key, member) in object.iter_mut() {
                if key == "kept"
                    && let Value::Array(stamps) = member
                {
                    for stamp in stamps.iter_mut().filter_map(Value::as_object_mut) {
                        stamp.remove("profile");
                    }
                }
                forget_stamps(member);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(forget_stamps),
        _ => {}
    }
}
