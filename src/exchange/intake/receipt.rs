//! Writing a receipt: in the agency's own format where its profile has an answer, else as JSON.

use crate::domain::receipt::{Receipt, ReceiptKind, ReceiptOutcome, ReceiptProof};
use crate::domain::record::extensions::Extensions;
use crate::domain::record::text::Moment;
use crate::exchange::gateway::World;
use crate::exchange::inbound::Channel;
use crate::exchange::intake::prepare::Prepared;
use crate::mapping::Run;
use crate::store::StoreError;
use crate::store::case::Case;

/// The receipt's bytes and media type.
pub(super) fn render(
    world: &World,
    job: &Prepared,
    case: &Case,
    index: u64,
    proof: String,
) -> Result<(Vec<u8>, String), StoreError> {
    let zone = job.profile.zone_seconds();
    let unfit = |why: String| {
        StoreError::Unfit(format!("the receipt of {} cannot be written: {why}", job.submission))
    };
    let receipt = Receipt {
        kind: ReceiptKind::Receipt,
        outcome: ReceiptOutcome::Accepted,
        submission: job.submission.clone(),
        case_id: Some(case.id.clone()),
        registration_number: Some(job.record.registration_number().to_owned()),
        message_id: Some(job.message_id.clone()),
        received_at: Moment::parse(&job.received_at.at_offset(zone)).map_err(|e| unfit(e.to_string()))?,
        body_sha256: job.body_sha256,
        message: format!("已接收，案件编号 {id} · Accepted as case {id}", id = case.id),
        problems: job.record.warnings().to_vec(),
        proof: Some(ReceiptProof {
            index,
            origin: world.journal.origin().as_str().to_owned(),
            text: proof,
            extensions: Extensions::default(),
        }),
        extensions: Extensions::default(),
    };
    let value = serde_json::to_value(&receipt).map_err(|e| unfit(e.to_string()))?;
    // The old open platform's answer is made at each call (it carries that call's request id); what is kept for its
    // client is the receipt as it stands.
    let answer = job.profile.answer_to(&job.message).filter(|_| job.inbound.channel == Channel::Api);
    let Some(answer) = answer else {
        return Ok((value.to_string().into_bytes(), "application/json".to_owned()));
    };
    let run = Run { now: job.received_at, chance: &*world.chance };
    let encoded = job
        .profile
        .encode(answer, Some(job.inbound.format), &value, &run)
        .map_err(|refusal| unfit(format!("{:?}", refusal.problems)))?;
    Ok((encoded.bytes, encoded.content_type))
}
