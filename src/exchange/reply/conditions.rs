//! What must hold in the case besides its state before a record of the platform's is taken: two persons for what an
//! office asked for, an account of every listing for a sweep.

use crate::domain::id::CaseId;
use crate::domain::kind::Kind;
use crate::domain::problem::Problem;
use crate::domain::record::Record;
use crate::domain::record::assistance_reply::{AssistanceDecision, AssistanceReply};
use crate::domain::record::disposal_order::TargetKind;
use crate::domain::record::disposal_result::DisposalResult;
use crate::exchange::outgoing::unfit;
use crate::exchange::refused::{Failed, Refused};
use crate::exchange::view::Actor;
use crate::mapping::Stage;
use crate::store::Tx;
use crate::store::record::Record as Stored;

/// Asks for them; the case does not change meanwhile.
pub(super) async fn hold(actor: &Actor, case: &CaseId, record: &Record, tx: &mut Tx) -> Result<(), Failed> {
    match record {
        Record::AssistanceReply(reply) => by_another(actor, case, reply, tx).await,
        Record::DisposalResult(result) => swept(case, result, tx).await,
        _ => Ok(()),
    }
}

/// What is released was approved by somebody else: under another token, and under the name that the release states.
async fn by_another(
    actor: &Actor,
    case: &CaseId,
    reply: &AssistanceReply,
    tx: &mut Tx,
) -> Result<(), Failed> {
    if reply.decision != AssistanceDecision::Released {
        return Ok(());
    }
    let records = tx.records_of(case).await?;
    let approval = records.iter().rev().find_map(|record| match stored(record)? {
        Record::AssistanceReply(reply) if reply.decision == AssistanceDecision::Approved => {
            Some((record, reply))
        }
        _ => None,
    });
    let Some((record, approval)) = approval else {
        return Err(Refused::Unavailable(format!("case {case} is approved, and no record says so")).into());
    };
    if record.actor.as_deref() == Some(&*actor.name) {
        return Err(Refused::SecondPerson { actor: actor.name.clone() }.into());
    }
    if approval.approved_by != reply.approved_by {
        let who = approval.approved_by.unwrap_or_default();
        return Err(unfit(
            "approved_by 不是批准此案的人",
            "approved_by is not the person who approved it",
            &who,
        )
        .into());
    }
    Ok(())
}

/// A record of the case as it was stored.
fn stored(record: &Stored) -> Option<Record> {
    Record::from_value(serde_json::from_str(&record.body).ok()?).ok()
}

/// How many open ends of a sweep are told: whoever mends a hundred posts it again.
const MOST_TOLD: usize = 100;

/// A sweep for a keyword is over when its manifest leaves nothing open.
async fn swept(case: &CaseId, result: &DisposalResult, tx: &mut Tx) -> Result<(), Failed> {
    let open = result.open_ends();
    if open.is_empty() {
        return Ok(());
    }
    let records = tx.records_of(case).await?;
    let order = records.iter().rev().find(|record| record.kind == Kind::DisposalOrder);
    let sweep = |order: Record| matches!(order, Record::DisposalOrder(order) if order.target.kind == TargetKind::Keyword);
    if !order.and_then(stored).is_some_and(sweep) {
        return Ok(());
    }
    let problem = |(path, member): (String, &str)| {
        let (zh, en) = match member {
            "manifest" => (
                "全网排查须列出所涉商品，或在 result 中说明未查到",
                "a sweep lists what it found, or says in result that it found nothing",
            ),
            "listing" => ("同一商品只列一次", "a listing stands once"),
            "why_not" => ("未处置的须说明原因", "where nothing was done, it says why not"),
            "at" => ("须写明处置时间", "it says when it was done"),
            _ => ("须有处置凭证的 SHA-256", "it has the SHA-256 of what shows it"),
        };
        Problem::new("manifest-open", zh, en).with_path(path).with_expected(member)
    };
    let problems = open.into_iter().take(MOST_TOLD).map(problem).collect();
    Err(Refused::Malformed { stage: Stage::Map, problems }.into())
}
