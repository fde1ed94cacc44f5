//! One record of a message: fit to be applied to its case, or refused by itself.
//!
//! Promise: pure. A record is an [`Item`] only if it fits the platform schema, its sender may send it for its division,
//! and its registration number can be a key.

use serde_json::Value;

use crate::clock::{Chance, Timestamp};
use crate::domain::agency::Agency;
use crate::domain::id::{CaseId, RecordId};
use crate::domain::kind::{Direction, Kind};
use crate::domain::problem::Problem;
use crate::domain::record::Record;
use crate::exchange::attachments::shelve::RecordFile;
use crate::exchange::bad_record::BadRecord;
use crate::exchange::refused::Refused;
use crate::mapping::Stage;

/// A record that is fit to be applied to its case.
pub(in crate::exchange) struct Item {
    /// Its place in what brought it, from 1.
    pub(in crate::exchange) index: u32,
    pub(in crate::exchange) record: Record,
    /// The record as it is stored.
    pub(in crate::exchange) json: String,
    /// Ids that it will have if it turns out to be new.
    pub(in crate::exchange) id: RecordId,
    pub(in crate::exchange) case: CaseId,
    /// The files that came with it.
    pub(in crate::exchange) files: Vec<RecordFile>,
}

/// Whose records are read, and when.
pub(in crate::exchange) struct Reading<'a> {
    pub(in crate::exchange) agency: &'a Agency,
    pub(in crate::exchange) kind: Kind,
    pub(in crate::exchange) now: Timestamp,
    pub(in crate::exchange) chance: &'a dyn Chance,
}

/// A record that is refused by itself.
pub(in crate::exchange) struct Unfit {
    pub(super) index: u32,
    pub(super) registration_number: Option<String>,
    pub(in crate::exchange) why: Refused,
}

impl From<Unfit> for BadRecord {
    fn from(Unfit { index, registration_number, why }: Unfit) -> Self {
        Self::new(index, registration_number, &why)
    }
}

impl Reading<'_> {
    /// Reads the record at this place, from 1.
    pub(in crate::exchange) fn item(&self, index: u32, value: Value) -> Result<Item, Unfit> {
        let record = Record::from_value(value).map_err(|error| {
            // The maps are checked against the records' schemas when they load, so this is a defect of a map.
            let problem = Problem::new(
                "record-unfit",
                "报文映射后的记录不符合平台数据规范",
                format!("the mapped record does not fit the platform schema: {error}"),
            );
            let rule = format!("schemas/canonical/{}.schema.json", self.kind);
            Unfit { index, registration_number: None, why: malformed(problem.with_rule(rule)) }
        })?;
        match self.unfit(&record) {
            Some(why) => {
                let number = record.registration_number();
                let registration_number = (!number.is_empty()).then(|| number.to_owned());
                Err(Unfit { index, registration_number, why })
            }
            None => Ok(Item {
                index,
                json: serde_json::to_string(&record).expect("a record has text keys and no failing members"),
                id: RecordId::mint(self.now, self.chance),
                case: CaseId::mint(self.now, self.chance),
                files: Vec::new(),
                record,
            }),
        }
    }

    fn unfit(&self, record: &Record) -> Option<Refused> {
        let lacks = record.lacks();
        if !lacks.is_empty() {
            let problems = lacks.into_iter().map(lacking).collect();
            return Some(Refused::Malformed { stage: Stage::Map, problems });
        }
        let region = record.region().unwrap_or(&self.agency.region);
        if let Err(scope) = self.agency.may_for(self.kind, Direction::Submit, region) {
            return Some(Refused::OutOfScope(scope));
        }
        unfit_key("registration_number", record.registration_number()).map(malformed)
    }
}

fn lacking(member: &'static str) -> Problem {
    Problem::new(
        "member-missing",
        format!("缺少“{member}”：本决定必须填写"),
        format!("\"{member}\" is missing: this decision asks for it"),
    )
    .with_expected(member)
}

/// The longest key: the longest that a shipped profile lets through (100 characters after its kind), rounded up; at
/// four bytes each it stays far below what a database indexes (2,704 bytes).
const KEY_CHARACTERS: usize = 128;

/// Whatever a profile lets through: keys are indexed, looked up, shown in lists and printed on one line, and
/// PostgreSQL does not hold U+0000.
pub(super) fn unfit_key(member: &'static str, key: &str) -> Option<Problem> {
    if (1..=KEY_CHARACTERS).contains(&key.chars().count()) && is_one_line(key) {
        return None;
    }
    let problem = Problem::new(
        "key-unfit",
        format!("“{member}”须为 1 至 {KEY_CHARACTERS} 个字符，且不含控制字符"),
        format!("\"{member}\" must be 1 to {KEY_CHARACTERS} characters without control characters"),
    );
    Some(problem.with_found(&key.escape_debug().to_string()).with_rule(member))
}

/// Whether a text has no control characters and no line ends of Unicode's.
pub(in crate::exchange) fn is_one_line(text: &str) -> bool {
    !text.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'))
}

pub(super) fn malformed(problem: Problem) -> Refused {
    Refused::Malformed { stage: Stage::Map, problems: vec![problem] }
}
