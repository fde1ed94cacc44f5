//! Writing a receipt: in the agency's own format where its profile has an answer, else as JSON.

use std::future::Future;
use std::sync::Arc;

use crate::domain::receipt::{Receipt, ReceiptKind, ReceiptOutcome, ReceiptProof};
use crate::domain::record::extensions::Extensions;
use crate::domain::record::text::Moment;
use crate::exchange::gateway::World;
use crate::exchange::inbound::Channel;
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
    let Accepted { job, case, index } = accepted;
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
            index: *index,
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
