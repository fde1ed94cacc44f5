//! A record of a message that is not taken, and why.
//!
//! Promise: whatever refuses a record (the agency's schema, a row, the scope, its case) is told in the same form, in
//! Chinese and English, under the record's place in its message.

use crate::domain::problem::Problem;
use crate::exchange::refused::Refused;
use crate::mapping::RefusedRecord;

/// A record that is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadRecord {
    /// Its place among the message's records, from 1.
    pub index: u32,
    /// The agency's number of the matter, where it could be read.
    pub registration_number: Option<String>,
    /// Everything wrong with it.
    pub problems: Vec<Problem>,
}

impl BadRecord {
    /// The record at this place, refused as if it had come alone.
    pub(in crate::exchange) fn new(index: u32, registration_number: Option<String>, why: &Refused) -> Self {
        Self { index, registration_number, problems: problems(why) }
    }

    /// The codes of its problems.
    pub(in crate::exchange) fn codes(&self) -> impl Iterator<Item = String> {
        self.problems.iter().map(|problem| problem.code.to_string())
    }
}

impl From<RefusedRecord> for BadRecord {
    fn from(RefusedRecord { index, registration_number, problems, .. }: RefusedRecord) -> Self {
        Self { index: u32::try_from(index).unwrap_or(u32::MAX), registration_number, problems }
    }
}

/// All problems of all these records, each with its record's place where it has no place of its own.
#[must_use]
pub fn flat(records: Vec<BadRecord>) -> Vec<Problem> {
    let placed = |BadRecord { index, problems, .. }: BadRecord| {
        problems.into_iter().map(move |problem| {
            if problem.path.is_empty() { problem.with_path(format!("records[{index}]")) } else { problem }
        })
    };
    records.into_iter().flat_map(placed).collect()
}

/// A refusal as problems of the record that met it.
pub(in crate::exchange) fn problems(why: &Refused) -> Vec<Problem> {
    if let Refused::Malformed { problems, .. } = why {
        return problems.clone();
    }
    let (zh, en) = why.words();
    let problem = Problem::new(why.name(), zh, en);
    vec![match why {
        Refused::AlreadyRegistered { registration_number, .. }
        | Refused::UnknownCase { registration_number } => problem.with_found(registration_number),
        Refused::WrongState { state, wanted } => problem.with_found(state).with_expected(wanted),
        Refused::OutOfScope(scope) => match &scope.region {
            Some(region) => problem.with_found(region.as_str()),
            None => problem,
        },
        _ => problem,
    }]
}
