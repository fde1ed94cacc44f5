//! What can be done to a message before anything is written: read, validate, map, check the scope.
//!
//! Promise: pure computing on the caller's own task, so that the one writer spends its time on nothing but writing.

use serde_json::Value;

use crate::clock::Timestamp;
use crate::domain::digest::Digest;
use crate::domain::id::{CaseId, RecordId, SubmissionId};
use crate::domain::kind::{Direction, Kind};
use crate::domain::problem::Problem;
use crate::domain::record::Record;
use crate::exchange::gateway::World;
use crate::exchange::inbound::Inbound;
use crate::exchange::refused::Refused;
use crate::mapping::{Decoded, Format, Input, Profile, Run, Stage};
use crate::wire::limits::Limits;

use std::sync::Arc;

/// A message that is fit to be applied to its case.
pub(in crate::exchange) struct Prepared {
    pub(in crate::exchange) inbound: Inbound,
    pub(in crate::exchange) profile: Arc<Profile>,
    /// The name of the message in the profile: its answer is found by it.
    pub(in crate::exchange) message: String,
    pub(in crate::exchange) message_id: String,
    pub(in crate::exchange) record: Record,
    /// The record as it is stored.
    pub(in crate::exchange) record_json: String,
    pub(in crate::exchange) received_at: Timestamp,
    pub(in crate::exchange) body_sha256: Digest,
    pub(in crate::exchange) salt: [u8; 32],
    /// What the journal will say of the body.
    pub(in crate::exchange) body_salted: Digest,
    /// Ids that it will have if it turns out to be new.
    pub(in crate::exchange) submission: SubmissionId,
    pub(in crate::exchange) record_id: RecordId,
    pub(in crate::exchange) case: CaseId,
}

/// Reads, validates and maps a message, and checks that its sender may send it.
pub(in crate::exchange) fn prepare(world: &World, inbound: Inbound) -> Result<Prepared, Refused> {
    let now = world.clock.now();
    let chance = &*world.chance;
    let profile = world.profile_of(&inbound.agency)?;
    let limits = Limits::default();
    let input =
        Input { bytes: &inbound.body, format: inbound.format, charset: inbound.charset, limits: &limits };
    let mut decoded = profile
        .decode(&input, &Run { now, chance })
        .map_err(|refusal| Refused::Malformed { stage: refusal.stage, problems: refusal.problems })?;
    let kind = kind_of(&decoded, &inbound)?;
    let record = one_record(std::mem::take(&mut decoded.records), &decoded)?;
    let region = record.region().unwrap_or(&inbound.agency.region);
    inbound.agency.may_for(kind, Direction::Submit, region).map_err(Refused::OutOfScope)?;
    let message_id = message_id(&decoded, &record, &inbound);
    let keys = [("message_id", message_id.as_str()), ("registration_number", record.registration_number())];
    let unfit: Vec<Problem> = keys.into_iter().filter_map(|(member, key)| unfit_key(member, key)).collect();
    if !unfit.is_empty() {
        return Err(Refused::Malformed { stage: Stage::Map, problems: unfit });
    }
    let salt = chance.thirty_two();
    Ok(Prepared {
        message: decoded.message,
        message_id,
        body_sha256: Digest::of(&inbound.body),
        salt,
        body_salted: Digest::salted(&salt, &inbound.body),
        submission: SubmissionId::mint(now, chance),
        record_id: RecordId::mint(now, chance),
        case: CaseId::mint(now, chance),
        received_at: now,
        record_json: serde_json::to_string(&record).expect("a record has text keys and no failing members"),
        profile,
        record,
        inbound,
    })
}

impl Prepared {
    /// The body's media type.
    pub(in crate::exchange) const fn content_type(&self) -> &'static str {
        match self.inbound.format {
            Format::Xml => "application/xml",
            Format::Json => "application/json",
            Format::Form => "application/x-www-form-urlencoded",
        }
    }
}

fn kind_of(decoded: &Decoded, inbound: &Inbound) -> Result<Kind, Refused> {
    let found = Kind::parse(&decoded.kind).ok().filter(|kind| kind.travels(Direction::Submit));
    match (found, inbound.kind) {
        (Some(found), None) => Ok(found),
        (Some(found), Some(wanted)) if found == wanted => Ok(found),
        (_, Some(wanted)) => Err(Refused::WrongKind { wanted, found: decoded.kind.clone() }),
        (None, None) => Err(malformed(
            Problem::new(
                "kind-not-submitted",
                format!("报文“{}”不是由机关提交的报文", decoded.message),
                format!("message \"{}\" is not one that an agency submits", decoded.message),
            )
            .with_found(&decoded.kind),
        )),
    }
}

fn one_record(records: Vec<Value>, decoded: &Decoded) -> Result<Record, Refused> {
    let [record] = <[Value; 1]>::try_from(records).map_err(|records| {
        malformed(
            Problem::new(
                "record-count",
                "每份报文须恰好包含一条记录",
                "a message must hold exactly one record",
            )
            .with_found(&records.len().to_string())
            .with_expected("1"),
        )
    })?;
    let record = Record::from_value(record).map_err(|error| {
        // The maps are checked against the records' schemas when they load, so this is a defect of a map.
        malformed(
            Problem::new(
                "record-unfit",
                "报文映射后的记录不符合平台数据规范",
                format!("the mapped record does not fit the platform schema: {error}"),
            )
            .with_rule(format!("schemas/canonical/{}.schema.json", decoded.kind)),
        )
    })?;
    let lacks = record.lacks();
    if lacks.is_empty() {
        return Ok(record);
    }
    let problems = lacks.into_iter().map(|member| {
        Problem::new(
            "member-missing",
            format!("缺少“{member}”：本决定必须填写"),
            format!("\"{member}\" is missing: this decision asks for it"),
        )
        .with_expected(member)
    });
    Err(Refused::Malformed { stage: Stage::Map, problems: problems.collect() })
}

/// The document's own id, else the transport's, else the business key: one registration number opens one case and
/// a closure, or word of progress, is told from another by its bytes.
fn message_id(decoded: &Decoded, record: &Record, inbound: &Inbound) -> String {
    let envelope = |name: &str| decoded.envelope.get(name).and_then(Value::as_str).map(str::to_owned);
    record
        .message_id()
        .map(str::to_owned)
        .or_else(|| envelope("message_id"))
        .or_else(|| envelope("id"))
        .or_else(|| inbound.message_id.clone())
        .unwrap_or_else(|| match record.kind() {
            Kind::ComplaintClosure | Kind::ComplaintProgress => {
                format!("{}:{}:{}", record.kind(), record.registration_number(), Digest::of(&inbound.body))
            }
            // A matter has many results; with the number in it the key would be longer than keys are.
            kind @ Kind::InspectionResult => format!("{kind}:{}", Digest::of(&inbound.body)),
            kind => format!("{kind}:{}", record.registration_number()),
        })
}

/// The longest key: the longest that a shipped profile lets through (100 characters after its kind), rounded up; at
/// four bytes each it stays far below what a database indexes (2,704 bytes).
const KEY_CHARACTERS: usize = 128;

/// Whatever a profile lets through: keys are indexed, looked up, shown in lists and printed on one line, and
/// PostgreSQL does not hold U+0000.
fn unfit_key(member: &'static str, key: &str) -> Option<Problem> {
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

fn malformed(problem: Problem) -> Refused {
    Refused::Malformed { stage: Stage::Map, problems: vec![problem] }
}
