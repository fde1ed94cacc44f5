//! What can be done to a message before anything is written: read, validate, map, check the scope.
//!
//! Promise: pure computing on the caller's own task, so that the one writer spends its time on nothing but writing.

use std::sync::Arc;

use serde_json::Value;

use crate::clock::Timestamp;
use crate::domain::digest::Digest;
use crate::domain::id::SubmissionId;
use crate::domain::kind::{Direction, Kind};
use crate::domain::problem::Problem;
use crate::exchange::attachments::shelve::files_of;
use crate::exchange::bad_record::BadRecord;
use crate::exchange::gateway::World;
use crate::exchange::inbound::Inbound;
use crate::exchange::intake::item::{Item, Reading, Unfit, malformed, unfit_key};
use crate::exchange::refused::Refused;
use crate::mapping::{Aside, Attachments, Decoded, Input, Profile, Run, Stage};
use crate::wire::limits::Limits;

/// A message whose records are fit to be applied to their cases.
pub(in crate::exchange) struct Prepared {
    pub(in crate::exchange) inbound: Inbound,
    pub(in crate::exchange) profile: Arc<Profile>,
    /// The name of the message in the profile: its answer is found by it.
    pub(in crate::exchange) message: String,
    pub(in crate::exchange) message_id: String,
    pub(in crate::exchange) kind: Kind,
    /// The records that are fit: at least one.
    pub(in crate::exchange) items: Vec<Item>,
    /// Those that are not, where the profile lets the others be taken.
    pub(in crate::exchange) bad: Vec<BadRecord>,
    /// Whether it has many records of which the good ones are taken when others are bad.
    pub(in crate::exchange) skips_bad: bool,
    pub(in crate::exchange) received_at: Timestamp,
    pub(in crate::exchange) body_sha256: Digest,
    pub(in crate::exchange) salt: [u8; 32],
    /// What the journal will say of the body.
    pub(in crate::exchange) body_salted: Digest,
    /// The id that it will have if it turns out to be new.
    pub(in crate::exchange) submission: SubmissionId,
}

/// Reads, validates and maps a message, and checks that its sender may send it.
pub(in crate::exchange) fn prepare(world: &World, inbound: Inbound) -> Result<Prepared, Refused> {
    let now = world.clock.now();
    let chance = &*world.chance;
    let profile = world.profile_of(&inbound.agency)?;
    let limits = Limits::default();
    let input =
        Input { bytes: &inbound.body, format: inbound.format, charset: inbound.charset, limits: &limits };
    // Who keeps files takes their bytes out of the records.
    let none = Attachments::new();
    let aside = Aside { attachments: world.attachments.as_ref().map(|_| &none), sent: None };
    let mut decoded = profile
        .decode_aside(&input, &Run { now, chance }, &aside)
        .map_err(|refusal| Refused::Malformed { stage: refusal.stage, problems: refusal.problems })?;
    let kind = kind_of(&decoded, &inbound)?;
    // A message of one record is that record: what refuses the one refuses the other.
    let many = decoded.records.len() + decoded.refused.len() > 1;
    let skips_bad = many && profile.skips_bad_records(&decoded.message);
    let reading = Reading { agency: &inbound.agency, kind, now, chance };
    let (items, bad) = records(world, &mut decoded, &reading, skips_bad)?;
    let message_id = message_id(&decoded, &items, &bad, &inbound);
    if let Some(problem) = unfit_key("message_id", &message_id) {
        return Err(malformed(problem));
    }
    let salt = chance.thirty_two();
    Ok(Prepared {
        message: decoded.message,
        message_id,
        kind,
        items,
        bad,
        skips_bad,
        body_sha256: Digest::of(&inbound.body),
        salt,
        body_salted: Digest::salted(&salt, &inbound.body),
        submission: SubmissionId::mint(now, chance),
        received_at: now,
        profile,
        inbound,
    })
}

impl Prepared {
    /// The body's media type.
    pub(in crate::exchange) const fn content_type(&self) -> &'static str {
        self.inbound.format.media_type()
    }

    /// How many records the message holds.
    pub(in crate::exchange) const fn size(&self) -> usize {
        self.items.len() + self.bad.len()
    }

    /// The one record, if it is the only one.
    pub(in crate::exchange) fn only(&self) -> Option<&Item> {
        self.items.first().filter(|_| self.size() == 1)
    }

    /// The agency's number of the matter, where all records have the same.
    pub(in crate::exchange) fn registration_number(&self) -> Option<&str> {
        let (first, others) = self.items.split_first()?;
        let number = first.record.registration_number();
        let same = others.iter().all(|item| item.record.registration_number() == number);
        (same && self.bad.is_empty()).then_some(number)
    }
}

fn kind_of(decoded: &Decoded, inbound: &Inbound) -> Result<Kind, Refused> {
    let found = Kind::parse(&decoded.kind).ok().filter(|kind| kind.travels(Direction::Submit));
    match (found, inbound.kind) {
        (Some(found), None) => Ok(found),
        (Some(found), Some(wanted)) if found == wanted => Ok(found),
        (_, Some(wanted)) => Err(Refused::WrongKind { wanted, found: decoded.kind.clone() }),
        (None, None) => Err(not_submitted(&decoded.message, &decoded.kind)),
    }
}

/// A message that an agency does not submit.
pub(in crate::exchange) fn not_submitted(message: &str, kind: &str) -> Refused {
    let problem = Problem::new(
        "kind-not-submitted",
        format!("报文“{message}”不是由机关提交的报文"),
        format!("message \"{message}\" is not one that an agency submits"),
    );
    malformed(problem.with_found(kind))
}

/// Records of one message that is sent. It is one transaction, for which all others wait: at 0.1 ms a record, a thousand
/// hold them up for a tenth of a second.
pub(in crate::exchange) const MOST_RECORDS: usize = 1000;

/// The records that are fit and those that are not. The message is refused if there is nothing left of it, or if
/// something is wrong with it and it is taken whole or not at all.
fn records(
    world: &World,
    decoded: &mut Decoded,
    reading: &Reading<'_>,
    skips_bad: bool,
) -> Result<(Vec<Item>, Vec<BadRecord>), Refused> {
    let of = decoded.records.len() + decoded.refused.len();
    if of > MOST_RECORDS {
        let problem = Problem::new(
            "record-count",
            format!("一份报文至多 {MOST_RECORDS} 条记录；更多记录请以文件导入"),
            format!("a message holds at most {MOST_RECORDS} records; more of them are imported as a file"),
        );
        return Err(malformed(problem.with_found(&of.to_string()).with_expected(MOST_RECORDS.to_string())));
    }
    let mut items = Vec::with_capacity(decoded.records.len());
    let indexes: Vec<usize> = decoded.positions().collect();
    let mut bad: Vec<BadRecord> = decoded.refused.drain(..).map(BadRecord::from).collect();
    for (index, value) in indexes.into_iter().zip(std::mem::take(&mut decoded.records)) {
        let index = u32::try_from(index).unwrap_or(u32::MAX);
        let item = reading.item(index, value).and_then(|item| with_files(world, item, decoded, reading));
        match item {
            Ok(item) => items.push(item),
            Err(unfit) if of == 1 => return Err(unfit.why),
            Err(unfit) => bad.push(unfit.into()),
        }
    }
    if items.is_empty() && bad.is_empty() {
        let problem =
            Problem::new("record-count", "报文中没有记录", "a message must hold at least one record");
        return Err(malformed(problem.with_found("0").with_expected("1")));
    }
    if items.is_empty() || !(bad.is_empty() || skips_bad) {
        return Err(Refused::Records { of, records: bad });
    }
    bad.sort_unstable_by_key(|record| record.index);
    Ok((items, bad))
}

/// The record with the files that came with it.
fn with_files(
    world: &World,
    mut item: Item,
    decoded: &Decoded,
    reading: &Reading<'_>,
) -> Result<Item, Unfit> {
    let Some(parts) = world.attachments.as_ref().filter(|_| !decoded.attachments.is_empty()) else {
        return Ok(item);
    };
    let record: Value = serde_json::from_str(&item.json).unwrap_or_default();
    match files_of(&record, &decoded.attachments, &parts.limits, reading.now, reading.chance) {
        Ok(files) => {
            item.files = files;
            Ok(item)
        }
        Err(problems) => {
            let number = item.record.registration_number();
            let registration_number = (!number.is_empty()).then(|| number.to_owned());
            let why = Refused::Malformed { stage: Stage::Map, problems };
            Err(Unfit { index: item.index, registration_number, why })
        }
    }
}

/// The document's own id, else the transport's, else the business key: one registration number opens one case, and
/// a closure, word of progress, or a message of many records is told from another by its bytes.
fn message_id(decoded: &Decoded, items: &[Item], bad: &[BadRecord], inbound: &Inbound) -> String {
    let envelope = |name: &str| decoded.envelope.get(name).and_then(Value::as_str).map(str::to_owned);
    let only = match items {
        [item] if bad.is_empty() => Some(&item.record),
        _ => None,
    };
    only.and_then(|record| record.message_id().map(str::to_owned))
        .or_else(|| envelope("message_id"))
        .or_else(|| envelope("id"))
        .or_else(|| inbound.message_id.clone())
        .unwrap_or_else(|| match only {
            Some(record) if matches!(record.kind(), Kind::ComplaintClosure | Kind::ComplaintProgress) => {
                format!("{}:{}:{}", record.kind(), record.registration_number(), Digest::of(&inbound.body))
            }
            // A matter has many results; with the number in it the key would be longer than keys are.
            Some(record) if record.kind() == Kind::InspectionResult => {
                format!("{}:{}", record.kind(), Digest::of(&inbound.body))
            }
            Some(record) => format!("{}:{}", record.kind(), record.registration_number()),
            None => format!("{}:{}", decoded.kind, Digest::of(&inbound.body)),
        })
}
