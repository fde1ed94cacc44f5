//! Writing a receipt: in the agency's own format where its profile has an answer, else as JSON.

use std::future::Future;
use std::sync::Arc;

use crate::domain::deadline::Laws;
use crate::domain::id::CaseId;
use crate::domain::problem::Problem;
use crate::domain::receipt::{
    Receipt, ReceiptDeadline, ReceiptKind, ReceiptOutcome, ReceiptProof, ReceiptRecord,
};
use crate::domain::record::extensions::Extensions;
use crate::domain::record::text::Moment;
use crate::exchange::bad_record::BadRecord;
use crate::exchange::deadline::told::{in_receipt, sentence};
use crate::exchange::entry::Counts;
use crate::exchange::gateway::World;
use crate::exchange::inbound::Channel;
use crate::exchange::intake::cases::Fate;
use crate::exchange::intake::facts::counts;
use crate::exchange::intake::prepare::Prepared;
use crate::exchange::intake::rows::Accepted;
use crate::exchange::journal::Grown;
use crate::mapping::Run;
use crate::store::StoreError;

/// A receipt as it is sent and stored.
pub(super) struct Written {
    pub(super) bytes: Vec<u8>,
    pub(super) content_type: String,
}

/// Writes the receipts of a batch on another thread, from now on; they are ready, in order, when the future is.
/// Measured with two and four threads: no faster, the processors have other work.
pub(super) fn write_out(
    world: &Arc<World>,
    accepted: &Arc<Vec<Accepted>>,
    grown: &Arc<Grown>,
) -> impl Future<Output = Result<Vec<Written>, StoreError>> + use<> {
    let (world, accepted, grown) = (Arc::clone(world), Arc::clone(accepted), Arc::clone(grown));
    let begun = tokio::task::spawn_blocking(move || {
        accepted.iter().map(|one| write(&world, one, grown.proof(one.index, &one.job.salt)?)).collect()
    });
    async { begun.await.unwrap_or_else(|panic| Err(StoreError::Unfit(format!("writing receipts: {panic}")))) }
}

fn write(world: &World, accepted: &Accepted, proof: String) -> Result<Written, StoreError> {
    let job = &accepted.job;
    let zone = job.profile.zone_seconds();
    let unfit = |why: String| {
        StoreError::Unfit(format!("the receipt of {} cannot be written: {why}", job.submission))
    };
    let laws = world.laws.load();
    let Told { outcome, case_id, message, problems, records, deadlines } = told(&laws, accepted);
    let receipt = Receipt {
        kind: ReceiptKind::Receipt,
        outcome,
        submission: job.submission.clone(),
        case_id,
        registration_number: job.registration_number().map(str::to_owned),
        message_id: Some(job.message_id.clone()),
        received_at: Moment::parse(&job.received_at.at_offset(zone)).map_err(|e| unfit(e.to_string()))?,
        body_sha256: job.body_sha256,
        message,
        problems,
        records,
        deadlines,
        proof: Some(ReceiptProof {
            index: accepted.index,
            origin: world.journal.origin().as_str().to_owned(),
            text: proof,
            extensions: Extensions::default(),
        }),
        extensions: Extensions::default(),
    };
    let value = serde_json::to_value(&receipt).map_err(|e| unfit(e.to_string()))?;
    // The old open platform's answer is made at each call (it carries that call's request id); what is kept for its
    // client is the receipt as it stands.
    let answer = job.profile.answer_to(&job.message).filter(|_| job.inbound.channel != Channel::Router);
    let Some(answer) = answer else {
        return Ok(Written {
            bytes: value.to_string().into_bytes(),
            content_type: "application/json".to_owned(),
        });
    };
    let run = Run { now: job.received_at, chance: &*world.chance };
    let encoded = job
        .profile
        .encode(answer, Some(job.inbound.format), &value, &run)
        .map_err(|refusal| unfit(format!("{:?}", refusal.problems)))?;
    Ok(Written { bytes: encoded.bytes, content_type: encoded.content_type })
}

/// What a receipt says of the records.
struct Told {
    outcome: ReceiptOutcome,
    case_id: Option<CaseId>,
    message: String,
    problems: Vec<Problem>,
    records: Vec<ReceiptRecord>,
    deadlines: Vec<ReceiptDeadline>,
}

fn told(laws: &Laws, accepted: &Accepted) -> Told {
    let job = &accepted.job;
    match (job.only(), &**accepted.fates) {
        (Some(item), [Fate::Taken { case, deadlines, .. }]) => {
            let (zh, en) = sentence(laws, deadlines);
            Told {
                outcome: ReceiptOutcome::Accepted,
                case_id: Some(case.id.clone()),
                message: format!("已接收，案件编号 {id}{zh} · Accepted as case {id}{en}", id = case.id),
                problems: item.record.warnings().to_vec(),
                records: Vec::new(),
                deadlines: in_receipt(laws, deadlines),
            }
        }
        (_, fates) => {
            let Counts { accepted, duplicate, refused } = counts(fates, &job.bad);
            Told {
                outcome: if accepted > 0 { ReceiptOutcome::Accepted } else { ReceiptOutcome::Duplicate },
                case_id: None,
                message: format!(
                    "共 {of} 条记录：接收 {accepted}，重复 {duplicate}，拒绝 {refused} · \
                     {of} records: {accepted} accepted, {duplicate} duplicate, {refused} refused",
                    of = job.size()
                ),
                problems: Vec::new(),
                records: each(laws, job, fates),
                deadlines: Vec::new(),
            }
        }
    }
}

/// What became of each record, in their order.
fn each(laws: &Laws, job: &Prepared, fates: &[Fate]) -> Vec<ReceiptRecord> {
    let fit = job.items.iter().zip(fates).map(|(item, fate)| {
        let number = Some(item.record.registration_number().to_owned());
        match fate {
            Fate::Taken { case, deadlines, .. } => {
                let warnings = item.record.warnings().to_vec();
                let deadlines = in_receipt(laws, deadlines);
                let taken =
                    result(item.index, ReceiptOutcome::Accepted, number, Some(case.id.clone()), warnings);
                ReceiptRecord { deadlines, ..taken }
            }
            Fate::Duplicate(case) => {
                result(item.index, ReceiptOutcome::Duplicate, number, Some(case.clone()), Vec::new())
            }
            Fate::Refused(why) => {
                let bad = BadRecord::new(item.index, number, why);
                result(bad.index, ReceiptOutcome::Refused, bad.registration_number, None, bad.problems)
            }
        }
    });
    let bad =
        job.bad.iter().cloned().map(|bad| {
            result(bad.index, ReceiptOutcome::Refused, bad.registration_number, None, bad.problems)
        });
    let mut all: Vec<ReceiptRecord> = fit.chain(bad).collect();
    all.sort_unstable_by_key(|record| record.index);
    all
}

fn result(
    index: u32,
    outcome: ReceiptOutcome,
    registration_number: Option<String>,
    case_id: Option<CaseId>,
    problems: Vec<Problem>,
) -> ReceiptRecord {
    ReceiptRecord {
        index,
        outcome,
        registration_number,
        case_id,
        problems,
        deadlines: Vec::new(),
        extensions: Extensions::default(),
    }
}
